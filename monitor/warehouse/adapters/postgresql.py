"""PostgreSQL, as dbt-postgres names its fields."""

import os
import re
import socket
from collections.abc import Mapping, Sequence
from datetime import UTC
from functools import partial
from typing import Any, ClassVar, Self

import psycopg
import sqlalchemy as sa
from sqlalchemy.exc import SQLAlchemyError

from monitor.errors import ConfigError, WarehouseError
from monitor.sql.postgresql import PLACEHOLDERS
from monitor.warehouse.adapters.base import Adapter, Landing, Moments, Opened, Sleep, Terms, reason
from monitor.warehouse.profile import Profile
from monitor.warehouse.watch import Patience, Watch

_OLDEST = 160000
_GRACE = 5
"""Seconds that we wait longer than the server may take: it then says itself why it ended a statement."""
_LOCK = 60
"""Seconds that a statement waits for a lock: whoever alters a table for longer has it measured by the next run."""
_ALIVE: Mapping[str, int] = {
    "keepalives_idle": 60, "keepalives_interval": 10, "keepalives_count": 3, "tcp_user_timeout": 90_000,
}  # fmt: skip
"""A server whose machine or network is dead is found out by TCP itself, unless the profile says otherwise."""
_NOT_IN_JSONB = re.compile(r"(?<!\\)(?:\\\\)*\\u0000")
_SSL = ("sslmode", "sslcert", "sslkey", "sslrootcert")


class PostgreSQL(Adapter):
    """A server, 16 or later, each statement a read-only transaction of its own: nothing is held open for long."""

    engine: ClassVar[str] = "postgresql"
    types: ClassVar[tuple[str, ...]] = ("postgres",)
    kinds: ClassVar[Mapping[str, str]] = {
        "text": "text", "integer": "bigint", "huge integer": "numeric(50,0)", "number": "double precision",
        "decimal": "numeric(18,2)", "boolean": "boolean", "timestamp": "timestamp", "date": "date", "json": "jsonb",
        "uuid": "uuid", "list of text": "text[]", "bytes": "bytea",
    }  # fmt: skip
    loses: ClassVar[Mapping[str, frozenset[str]]] = {
        "json": frozenset({"the spelling of numbers"}),
        "text": frozenset({"the spelling of numbers"}),
    }
    at_once: ClassVar[int] = 4
    unites: ClassVar[bool] = True

    def open(self, profile: Profile, terms: Terms, sleep: Sleep) -> Opened:
        """A session in UTC, without JIT (compiling a wide scan costs minutes), that writes only where terms say so."""
        del sleep
        fields = profile.fields
        where = f"{fields.get('host')}:{fields.get('port', 5432)}/{_text(profile, 'dbname', 'database')}"
        given = _arguments(profile, terms)
        engine = sa.create_engine(
            "postgresql+psycopg://",
            connect_args=given,
            isolation_level="AUTOCOMMIT",
            use_native_hstore=False,
            hide_parameters=True,
            poolclass=sa.pool.NullPool,
        )
        try:
            connection = engine.connect()
            version = self._settled(connection, _settings(fields, terms), int(given["connect_timeout"]))
        except SQLAlchemyError as error:
            engine.dispose()
            raise WarehouseError("PostgreSQL cannot be reached", where=where, hint=reason(error)) from None
        if version < _OLDEST:
            connection.close()
            engine.dispose()
            raise WarehouseError(
                f"PostgreSQL {version // 10_000} is too old: before 16 it cannot tell whether a cast would fail",
                where=where,
                hint="scan a server of version 16 or later",
            )
        return Opened(engine, connection, where)

    def _settled(self, connection: sa.Connection, settings: Sequence[str], seconds: int) -> int:
        """The session's settings, said within the time that connecting may take; the server's version."""
        watch = Watch(Patience(seconds), lambda: self.cut(connection))
        try:
            with watch:
                for setting in settings:
                    connection.exec_driver_sql(setting)
                return int(connection.exec_driver_sql("SHOW server_version_num").scalar_one())
        finally:
            watch.close()

    def patience(self, profile: Profile, terms: Terms) -> Patience:
        """The server ends its own statements; where it is silent, whoever waits looks whether it still answers."""
        seconds = None if terms.statement_seconds is None else terms.statement_seconds + _GRACE
        return Patience(seconds, partial(_answers, _arguments(profile, terms)))

    def cut(self, connection: sa.Connection) -> None:
        """The driver finds its socket closed."""
        driver: Any = connection.connection.driver_connection
        with socket.socket(fileno=os.dup(driver.fileno())) as same:
            same.shutdown(socket.SHUT_RDWR)

    def catalog(self, schemas: Sequence[str]) -> str:
        """From `pg_catalog`: tables, partitioned and foreign ones, views, materialized views; exact type names.

        Columns that the account may not read are not there for it; a table of which it may read none is, so that it
        is told apart from one that does not exist.
        """
        named = ", ".join(self.text(schema) for schema in (*schemas, ""))
        # The only thing that is put in are constants, quoted by SQLAlchemy.
        return f"""
            SELECT n.nspname = current_schema() AS own, n.nspname, c.relname, a.attname,
                   CASE WHEN t.typtype = 'e' THEN 'ENUM ' ELSE '' END
                   || format_type(CASE t.typtype WHEN 'd' THEN t.typbasetype ELSE a.atttypid END,
                                  CASE t.typtype WHEN 'd' THEN t.typtypmod ELSE a.atttypmod END),
                   CASE WHEN c.reltuples >= 0 AND c.relkind IN ('r', 'm', 'p') THEN c.reltuples::bigint END,
                   has_any_column_privilege(c.oid, 'SELECT'),
                   CASE WHEN s.n_distinct > 0 THEN s.n_distinct ELSE -s.n_distinct * greatest(c.reltuples, 0) END
            FROM pg_catalog.pg_class c
            JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
            JOIN pg_catalog.pg_attribute a ON a.attrelid = c.oid
            JOIN pg_catalog.pg_type t ON t.oid = a.atttypid
            LEFT JOIN pg_catalog.pg_stats s ON s.schemaname = n.nspname AND s.tablename = c.relname
                AND s.attname = a.attname AND s.inherited = (c.relkind = 'p')
            WHERE c.relkind IN ('r', 'p', 'v', 'm', 'f') AND a.attnum > 0 AND NOT a.attisdropped
              AND (n.nspname = current_schema() OR n.nspname IN ({named}))
              AND (has_column_privilege(c.oid, a.attnum, 'SELECT') OR NOT has_any_column_privilege(c.oid, 'SELECT'))
            ORDER BY n.nspname, c.relname, a.attnum"""  # noqa: S608

    def bound(self, connection: sa.Connection, sql: str, moments: Moments, fresh: Moments) -> tuple[str, Any]:
        """The driver binds: `$1`, `$2`."""
        del connection, fresh
        said = [name for name, mark in PLACEHOLDERS.items() if mark in sql and name in moments]
        return sql, tuple(moments[name].astimezone(UTC) for name in said) or None

    def natives(self, columns: Mapping[str, str], rows: Landing) -> Mapping[str, str]:
        """A document that jsonb does not take can only have landed in a column of `json`."""
        found = dict(super().natives(columns, rows))
        for at, (name, kind) in enumerate(columns.items()):
            if kind == "json" and any(isinstance(row[at], str) and _NOT_IN_JSONB.search(row[at]) for row in rows):
                found[name] = "json"
        return found


class _Cursor(psycopg.RawCursor[Any]):
    """Placeholders are PostgreSQL's own (`$1`): a percent sign in a name or a constant is only a percent sign."""

    def execute(self, query: Any, params: Any = None, **rest: Any) -> Self:
        """SQLAlchemy says `{}` where there are no parameters."""
        return super().execute(query, params or None, **rest)


def _arguments(profile: Profile, terms: Terms) -> dict[str, Any]:
    fields = profile.fields
    given: dict[str, Any] = {
        "host": _text(profile, "host"),
        "port": fields.get("port", 5432),
        "user": _text(profile, "user"),
        "password": _text(profile, "password", "pass"),
        "dbname": _text(profile, "dbname", "database"),
        "connect_timeout": fields.get("connect_timeout", 10),
        "application_name": terms.label,
        "cursor_factory": _Cursor,
        "prepare_threshold": None,  # a prepared statement may get a generic plan, which prunes no partitions
        **{name: fields[name] for name in _SSL if fields.get(name) is not None},
    }
    return given | {name: fields.get(name) or seconds for name, seconds in _ALIVE.items()}


def _answers(given: Mapping[str, Any]) -> bool:
    """Somebody is there: also one who refuses us."""
    try:
        psycopg.connect(**given).close()
    except psycopg.errors.ConnectionTimeout:
        return False
    except psycopg.Error:
        return True
    return True


def _text(profile: Profile, *names: str) -> str:
    for name in names:
        value = profile.fields.get(name)
        if value is not None and value != "":
            return str(value)
    raise ConfigError(f"the output has no {names[0]}", where=profile.where, hint=f"add `{names[0]}:`")


def _settings(fields: Mapping[str, Any], terms: Terms) -> list[str]:
    """Settings of the session; values go through SQLAlchemy's quoting."""
    quoted = PostgreSQL()
    path = [*str(fields.get("search_path") or "").split(","), str(fields.get("schema") or "")]
    schemas = ", ".join(quoted.quoted(name.strip().strip('"')) for name in path if name.strip())
    return [
        "SET TimeZone = 'UTC'",
        "SET DateStyle = 'ISO'",
        "SET standard_conforming_strings = on",
        "SET jit = off",
        f"SET lock_timeout = '{_LOCK}s'",
        *([f"SET search_path = {schemas}"] if schemas else []),
        *([f"SET statement_timeout = {int(terms.statement_seconds) * 1000}"] if terms.statement_seconds else []),
        *([f"SET ROLE {quoted.quoted(str(fields['role']))}"] if fields.get("role") else []),
        *([] if terms.writes else ["SET default_transaction_read_only = on"]),
    ]
