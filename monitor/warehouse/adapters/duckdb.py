"""DuckDB files, as dbt-duckdb names them."""

import os
import re
from collections.abc import Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any, ClassVar

import numpy as np
import sqlalchemy as sa
from duckdb_sqlalchemy import Dialect
from sqlalchemy.dialects import registry
from sqlalchemy.engine.default import DefaultDialect
from sqlalchemy.exc import SQLAlchemyError

from monitor.errors import ConfigError, WarehouseError
from monitor.sql.engines import writer
from monitor.values import Values
from monitor.warehouse.adapters.base import Adapter, Opened, Sleep, Terms, reason
from monitor.warehouse.profile import Profile
from monitor.warehouse.watch import Patience

_LOCKED = re.compile(r"Conflicting lock is held in (?P<program>.*?)\(PID (?P<pid>\d+)\)", re.DOTALL)
_ATTEMPTS = (0.1, 0.2, 0.4, 0.8, 1.5)
"""Seconds between attempts at a DuckDB file that another process is writing."""
_ROW_GROUP = 122_880
"""Rows that one thread reads at a time."""
_SETTINGS = (
    # DuckDB has time zones only with its icu extension; without it a session is in UTC anyway.
    "SET TimeZone = 'UTC'",
    # Rewriting IN lists is 85% of planning a scan of many events, and buys it nothing.
    "SET disabled_optimizers = 'in_clause'",
)


class _Dialect(Dialect):
    """DuckDB's, which makes a database in memory in every process to learn whether there are comments (15 ms)."""

    supports_statement_cache = True

    def initialize(self, connection: sa.Connection) -> None:
        """As any dialect; its tables have comments."""
        DefaultDialect.initialize(self, connection)


# Where the dialect is: otherwise every process looks for it in each package that is installed (60 ms).
registry.register("duckdb", __name__, "_Dialect")


class DuckDB(Adapter):
    """A file, opened read-only: many readers, or one writer."""

    engine: ClassVar[str] = "duckdb"
    types: ClassVar[tuple[str, ...]] = ("duckdb",)
    kinds: ClassVar[Mapping[str, str]] = {
        "text": "VARCHAR", "integer": "BIGINT", "huge integer": "HUGEINT", "number": "DOUBLE",
        "decimal": "DECIMAL(18,2)", "boolean": "BOOLEAN", "timestamp": "TIMESTAMP", "date": "DATE", "json": "JSON",
        "uuid": "UUID", "list of text": "VARCHAR[]", "bytes": "BLOB",
    }  # fmt: skip

    def open(self, profile: Profile, terms: Terms, sleep: Sleep) -> Opened:
        """A read-only connection, waited for while another process writes the file."""
        file = _file(profile)
        # As its dialect connects: DuckDB refuses a second connection of a process that differs in any setting, and
        # Great Expectations opens the file this way too.
        engine = sa.create_engine(
            sa.URL.create("duckdb", database=str(file)),
            connect_args={"read_only": not terms.writes},
            hide_parameters=True,
        )
        for pause in (*_ATTEMPTS, None):
            try:
                return Opened(engine, _prepared(engine.connect()), str(file))
            except SQLAlchemyError as error:
                locked = _LOCKED.search(str(error))
                if locked is None:
                    engine.dispose()
                    raise WarehouseError(
                        "the DuckDB file cannot be opened", where=str(file), hint=reason(error)
                    ) from None
                if pause is None:
                    engine.dispose()
                    raise WarehouseError(
                        f"another process is writing the file (PID {locked['pid']}, {locked['program'].strip()})",
                        where=str(file),
                        hint="DuckDB lets one writer exclude all others: run again when it has closed the file",
                    ) from None
                sleep(pause)
        raise AssertionError  # the loop returns or raises

    def patience(self, profile: Profile, terms: Terms) -> Patience | None:
        """DuckDB has no statement timeout of its own."""
        del profile
        return None if terms.statement_seconds is None else Patience(terms.statement_seconds)

    def cut(self, connection: sa.Connection) -> None:
        """The session goes on with its next statement."""
        driver: Any = connection.connection.driver_connection
        driver.interrupt()

    def catalog(self, schemas: Sequence[str]) -> str:
        """From `duckdb_columns()`, of the attached database alone."""
        parts = ("database_name", "schema_name", "table_name")
        held = sa.func.duckdb_columns().table_valued(*parts, "column_name", "data_type", "column_index")
        sizes = sa.func.duckdb_tables().table_valued(*parts, "estimated_size")
        same = sa.and_(*(held.c[part] == sizes.c[part] for part in parts))
        own = held.c.schema_name == sa.func.current_schema()
        columns = ("schema_name", "table_name", "column_name", "data_type")
        statement: sa.Select[*tuple[Any, ...]] = (
            sa.select(own.label("own"), *(held.c[name] for name in columns), sizes.c.estimated_size)
            .select_from(held.outerjoin(sizes, same))
            .where(held.c.database_name == sa.func.current_database())
            .where(sa.or_(own, held.c.schema_name.in_(schemas)))
            .order_by(held.c.schema_name, held.c.table_name, held.c.column_index)
        )
        return writer(self.engine).compile(statement)

    def prepare(self, connection: sa.Connection, rows: int | None) -> None:
        """No more threads than the table has row groups: one thread reads one, and the others only cost.

        Measured: 50,000 rows in 2,000 groups of 39 counts take .04 s CPU with two threads, .024 with one.
        """
        most = os.cpu_count() or 1
        groups = None if rows is None else max(1, -(-rows // _ROW_GROUP))
        few = groups is not None and groups < most
        connection.exec_driver_sql(f"SET threads = {groups:d}" if few else "RESET threads")

    def arrays(self, result: sa.CursorResult[Any]) -> Sequence[Values]:
        """DuckDB's own arrays: masked where NULL. Two columns of one name would be one; a scan names them apart."""
        fetched = result.cursor.fetchnumpy().values()
        return [
            Values(array.data, np.ma.getmaskarray(array)) if isinstance(array, np.ma.MaskedArray) else Values(array)
            for array in fetched
        ]


def _file(profile: Profile) -> Path:
    path = profile.fields.get("path")
    if not isinstance(path, str) or path == ":memory:":
        raise ConfigError(
            "path must name a DuckDB file", where=profile.where, hint="an in-memory database holds no rows"
        )
    if path.startswith("md:"):
        raise ConfigError("MotherDuck is not scanned yet", where=profile.where, hint="name a DuckDB file in `path`")
    file = profile.file.parent / Path(path).expanduser()
    if not file.is_file():
        raise WarehouseError(
            "there is no such DuckDB file",
            where=str(file),
            hint=f"check `path` of {profile.name}.outputs.{profile.target}",
        )
    return file


def _prepared(connection: sa.Connection) -> sa.Connection:
    for setting in _SETTINGS:
        with suppress(SQLAlchemyError):
            connection.exec_driver_sql(setting)
    return connection
