"""Databricks' way of saying the vocabulary: Spark's, VARIANT and all (Databricks Runtime 15.3, SQL warehouses).

Source: https://docs.databricks.com/en/sql/language-manual/index.html
"""

from datetime import datetime
from typing import ClassVar

import sqlalchemy as sa

from monitor.sql.spark import Spark
from monitor.sql.writer import Element


class Databricks(Spark):
    """Databricks SQL. Where Spark has a session variable, the driver sends a parameter with the statement."""

    engine: ClassVar[str] = "databricks"

    def placeholder(self, name: str) -> Element:
        return sa.literal_column(f":tw_{name}")

    def bind(self, name: str, moment: datetime) -> str:
        del name, moment
        return ""  # the driver sends parameters beside the statement
