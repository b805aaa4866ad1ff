"""SQLite files, as dbt-sqlite names them, or one `path`."""

import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, ClassVar
from urllib.parse import quote

import sqlalchemy as sa
from sqlalchemy.exc import SQLAlchemyError

from monitor.errors import ConfigError, WarehouseError
from monitor.warehouse.adapters.base import Adapter, Moments, Opened, Sleep, Terms, reason
from monitor.warehouse.adapters.sqlite_functions import FUNCTIONS
from monitor.warehouse.profile import Profile

_STEPS = 100_000
"""SQLite's own instructions between two looks at the clock."""


class SQLite(Adapter):
    """One file, and others attached as schemas."""

    engine: ClassVar[str] = "sqlite"
    types: ClassVar[tuple[str, ...]] = ("sqlite",)
    kinds: ClassVar[Mapping[str, str]] = {
        "text": "TEXT", "integer": "INTEGER", "number": "REAL", "decimal": "DECIMAL(18,2)", "boolean": "BOOLEAN",
        "timestamp": "TIMESTAMP", "date": "DATE", "json": "JSON", "bytes": "BLOB",
    }  # fmt: skip

    def open(self, profile: Profile, terms: Terms, sleep: Sleep) -> Opened:
        """A read-only connection with our functions on it; a file that is being written is waited for."""
        del sleep
        files = _files(profile)
        main = files.pop("main", None)
        if main is None:
            raise ConfigError("no file is the schema main", where=profile.where, hint="name one under `main`")
        engine = sa.create_engine(
            sa.URL.create("sqlite", database=_uri(main, terms), query={"uri": "true"}),
            connect_args={"check_same_thread": False, "timeout": 30},
            hide_parameters=True,
            paramstyle="named",
            poolclass=sa.pool.NullPool,
        )
        sa.event.listen(engine, "connect", _equip)
        try:
            connection = engine.connect()
            for name, file in files.items():
                connection.exec_driver_sql(f"ATTACH :file AS {self.quoted(name)}", {"file": _uri(file, terms)})
            connection.exec_driver_sql("SELECT count(*) FROM sqlite_schema")
        except SQLAlchemyError as error:
            engine.dispose()
            raise WarehouseError("the SQLite file cannot be opened", where=str(main), hint=reason(error)) from None
        connection.info["seconds"] = terms.statement_seconds
        return Opened(engine, connection, str(main))

    def cut(self, connection: sa.Connection) -> None:
        """The session goes on with its next statement."""
        driver: Any = connection.connection.driver_connection
        driver.interrupt()

    def catalog(self, schemas: Sequence[str]) -> str:
        """From SQLite's own tables of tables; its own schema is `main`."""
        named = ", ".join(self.text(schema) for schema in (*schemas, "main"))
        # The only thing that is put in are constants, quoted by SQLAlchemy.
        return f"""
            SELECT t.schema = 'main' AS own, t.schema, t.name, c.name, c.type
            FROM pragma_table_list AS t, pragma_table_xinfo(t.name, t.schema) AS c
            WHERE t.schema IN ({named}) AND t.name NOT LIKE 'sqlite^_%' ESCAPE '^' AND c.hidden <> 1
            ORDER BY t.schema, t.name, c.cid"""  # noqa: S608

    def bound(self, connection: sa.Connection, sql: str, moments: Moments, fresh: Moments) -> tuple[str, Any]:
        """The driver binds: `:tw_until`. A statement's time begins here."""
        del fresh
        _limit(connection, connection.info.get("seconds"))
        return sql, {f"tw_{name}": int(moment.timestamp()) for name, moment in moments.items()} or None

    def make(self, schema: str) -> Sequence[str]:
        """A database in memory beside the file, which stays as it is."""
        return (f"ATTACH ':memory:' AS {self.quoted(schema)}",)

    def drop(self, schema: str) -> Sequence[str]:
        """Forget it."""
        return (f"DETACH {self.quoted(schema)}",)

    def value(self, native: str, kind: str, value: Any) -> str:
        """Columns turn texts into what they hold; a truth value is 1 or 0."""
        if value is None:
            return "NULL"
        if kind == "boolean":
            return str(int(value))
        return super().value(native, kind, value)

    def cast(self, native: str, kind: str, literal: str) -> str:
        """A CAST would make a number of a date; the column's affinity does not."""
        del native, kind
        return literal


def _files(profile: Profile) -> dict[str, Path]:
    said = profile.fields.get("schemas_and_paths") or {"main": profile.fields.get("path")}
    if not isinstance(said, Mapping) or not all(isinstance(path, str) and path for path in said.values()):
        raise ConfigError(
            "path must name a SQLite file", where=profile.where, hint="or `schemas_and_paths: {main: …}` as for dbt"
        )
    files = {str(name): profile.file.parent / Path(path).expanduser() for name, path in said.items()}
    for file in files.values():
        if not file.is_file():
            raise WarehouseError(
                "there is no such SQLite file",
                where=str(file),
                hint=f"check {profile.name}.outputs.{profile.target}",
            )
    return files


def _uri(file: Path, terms: Terms) -> str:
    return f"file:{quote(str(file.absolute()))}?mode={'rw' if terms.writes else 'ro'}"


def _equip(connection: Any, _: object) -> None:
    for name, (width, function) in FUNCTIONS.items():
        connection.create_function(name, width, function, deterministic=True)


def _limit(connection: sa.Connection, seconds: int | None) -> None:
    driver: Any = connection.connection.driver_connection
    if seconds is None:
        driver.set_progress_handler(None, 0)
        return
    ends = time.monotonic() + seconds
    driver.set_progress_handler(lambda: int(time.monotonic() > ends), _STEPS)
