"""The engines, listed by hand: adding one is a file here and a line below."""

from collections.abc import Mapping

from monitor.errors import WarehouseError
from monitor.sql.bigquery import BigQuery
from monitor.sql.clickhouse import ClickHouse
from monitor.sql.databricks import Databricks
from monitor.sql.duckdb import DuckDB
from monitor.sql.postgresql import PostgreSQL
from monitor.sql.redshift import Redshift
from monitor.sql.snowflake import Snowflake
from monitor.sql.spark import Spark
from monitor.sql.sqlite import SQLite
from monitor.sql.trino import Trino
from monitor.sql.writer import Writer

ENGINES: Mapping[str, type[Writer]] = {
    engine.engine: engine
    for engine in (DuckDB, PostgreSQL, SQLite, ClickHouse, Spark, BigQuery, Databricks, Redshift, Snowflake, Trino)
}


def writer(engine: str) -> Writer:
    """A fresh writer for an engine; `WarehouseError` where there is none."""
    try:
        return ENGINES[engine]()
    except KeyError:
        known = ", ".join(ENGINES)
        raise WarehouseError(f"scans are not written for {engine}", hint=f"supported: {known}") from None
