"""SQLAlchemy's engine over a driver alone, for warehouses whose own dialects hold SQLAlchemy or the driver back.

Scans are finished texts (monitor/sql): all that is asked of a dialect is to open, run and fetch. snowflake-sqlalchemy
fails to import with SQLAlchemy 2.1; the others need a dialect and a driver to be installed where a driver will do.
"""

from collections.abc import Callable
from types import ModuleType
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects import registry
from sqlalchemy.engine.default import DefaultDialect

_NAME = "trackwarden"


class Link(DefaultDialect):
    """Runs texts through a DB-API driver. Sessions are read-only or in autocommit: nothing is begun or ended here."""

    name = _NAME
    driver = "link"
    supports_statement_cache = False
    default_paramstyle = "named"

    def initialize(self, connection: sa.Connection) -> None:
        """Asks the warehouse nothing."""
        del connection

    def do_begin(self, dbapi_connection: Any) -> None:
        """Nothing: see above."""

    def do_commit(self, dbapi_connection: Any) -> None:
        """Nothing: see above."""

    def do_rollback(self, dbapi_connection: Any) -> None:
        """Nothing: see above."""


def linked(driver: ModuleType, connect: Callable[[], Any]) -> sa.Engine:
    """An engine whose connections `connect` opens, with the errors of that driver."""
    registry.register(_NAME, __name__, "Link")
    return sa.create_engine(f"{_NAME}://", module=driver, creator=connect, hide_parameters=True)
