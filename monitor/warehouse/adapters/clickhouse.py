"""ClickHouse over HTTP, as dbt-clickhouse names its fields; or chdb, the same engine inside this process."""

from collections.abc import Mapping, Sequence
from contextlib import suppress
from typing import Any, ClassVar

import sqlalchemy as sa
from clickhouse_connect import dbapi
from clickhouse_connect.dbapi.connection import Connection
from clickhouse_connect.driver.exceptions import Error
from sqlalchemy.exc import SQLAlchemyError

from monitor.errors import ConfigError, WarehouseError
from monitor.sql.clickhouse import bound
from monitor.warehouse.adapters.base import Adapter, Moments, Opened, Sleep, Terms, reason
from monitor.warehouse.profile import Profile

_NATIVE_PORTS = {9000, 9440}
_HTTP, _HTTPS = 8123, 8443
_PATIENCE = 30
"""Seconds that the client waits longer than the server may take: the server then says why it ended a statement."""
_SILENCE = 300
"""Seconds in which a server says nothing: while it works, it tells of its progress."""
_WRAPPED = r"^(?:Nullable|LowCardinality|SimpleAggregateFunction)\((?:[A-Za-z_]+, )?(.*)\)$"
_MOST_WRAPS = 3


class ClickHouse(Adapter):
    """A server or a cluster's node, 24.8 or later."""

    engine: ClassVar[str] = "clickhouse"
    types: ClassVar[tuple[str, ...]] = ("clickhouse",)
    # `json` is absent: a JSON column keeps neither nulls nor how a number was written, and dots in keys become paths.
    kinds: ClassVar[Mapping[str, str]] = {
        "text": "Nullable(String)", "integer": "Nullable(Int64)", "huge integer": "Nullable(Int256)",
        "number": "Nullable(Float64)", "decimal": "Nullable(Decimal(18, 2))", "boolean": "Nullable(Bool)",
        "timestamp": "Nullable(DateTime64(6, 'UTC'))", "date": "Nullable(Date32)", "uuid": "Nullable(UUID)",
        "list of text": "Array(Nullable(String))",
    }  # fmt: skip
    loses: ClassVar[Mapping[str, frozenset[str]]] = {"list of text": frozenset({"a list that is null"})}
    at_once: ClassVar[int] = 4
    unites: ClassVar[bool] = True

    def open(self, profile: Profile, terms: Terms, sleep: Sleep) -> Opened:
        """A session in UTC that may only read, unless the terms say otherwise."""
        del sleep
        given = _arguments(profile, terms)
        where = str(given.get("path") or f"{given.get('host')}:{given.get('port')}/{given['database']}")
        settings = _settings(profile.fields.get("custom_settings"), terms)

        def connect() -> Connection:
            connection = dbapi.connect(**given)
            for name, value in settings.items():
                # An account that may not change a setting keeps its own.
                with suppress(Error):
                    connection.client.set_client_setting(name, value)
            return connection

        engine = sa.create_engine("clickhousedb://", creator=connect, hide_parameters=True)
        try:
            return Opened(engine, engine.connect(), where)
        except (SQLAlchemyError, Error, OSError) as error:
            engine.dispose()
            told = reason(error) if isinstance(error, SQLAlchemyError) else str(error).splitlines()[0][:300]
            raise WarehouseError("ClickHouse cannot be reached", where=where, hint=told) from None

    def sessions(self, profile: Profile, terms: Terms) -> int:
        """One inside this process."""
        return 1 if profile.fields.get("driver") == "chdb" else super().sessions(profile, terms)

    def lost(self, connection: sa.Connection, error: Exception) -> bool:
        """The driver's own words where no answer came; an answer with a status is one."""
        del connection
        return "executing HTTP request" in str(getattr(error, "orig", error))

    def united(self, statements: Sequence[str]) -> str:
        """A row's values in their order; what is no UTF-8 gets U+FFFD for it, as JSON holds nothing else."""
        row = "toValidUTF8(formatRow('JSONEachRow', *))"
        said = (f"SELECT {n} AS place, {row} AS said FROM ({sql}) AS s" for n, sql in enumerate(statements))  # noqa: S608 - ours
        return " UNION ALL ".join(said)

    def catalog(self, schemas: Sequence[str]) -> str:
        """From `system.columns`; what wraps a type (`Nullable(…)`, `LowCardinality(…)`) says nothing of its values."""
        native = "type"
        for _ in range(_MOST_WRAPS):
            native = f"replaceRegexpOne({native}, {self.text(_WRAPPED)}, '\\\\1')"
        named = ", ".join(self.text(schema) for schema in (*schemas, ""))
        return (
            f"SELECT database = currentDatabase() AS own, database, table, name, {native} AS native "  # noqa: S608 - quoted
            f"FROM system.columns WHERE own OR database IN ({named}) ORDER BY database, table, position"
        )

    def bound(self, connection: sa.Connection, sql: str, moments: Moments, fresh: Moments) -> tuple[str, Any]:
        """The server binds: `{tw_since:DateTime64(6, 'UTC')}`."""
        del connection, fresh
        return sql, {f"tw_{name}": bound(moment) for name, moment in moments.items() if f"{{tw_{name}:" in sql} or None

    # ── landing rows ────────────────────────────────────────────────────────────────────────────────

    def make(self, schema: str) -> Sequence[str]:
        """A schema is a database."""
        return (f"CREATE DATABASE {self.quoted(schema)}",)

    def drop(self, schema: str) -> Sequence[str]:
        """With its tables, at once."""
        return (f"DROP DATABASE IF EXISTS {self.quoted(schema)} SYNC",)

    def create(self, ref: Any, natives: Mapping[str, str]) -> str:
        """A table needs an engine and an order."""
        return f"{super().create(ref, natives)} ENGINE = MergeTree ORDER BY tuple()"

    def value(self, native: str, kind: str, value: Any) -> str:
        """A list cannot be NULL; landed as an empty one."""
        if value is None and kind.startswith("list"):
            return f"CAST([] AS {native})"
        return super().value(native, kind, value)

    def listed(self, native: str, items: Sequence[str]) -> str:
        """`[…]`."""
        return f"CAST([{', '.join(items)}] AS {native})"


def _settings(custom: Any, terms: Terms) -> Mapping[str, Any]:
    settings: dict[str, Any] = dict(custom) if isinstance(custom, Mapping) else {}
    settings |= {
        "session_timezone": "UTC",
        "log_comment": terms.label,
        "prefer_column_name_to_alias": 1,  # a landed column may be named as we name a count
        "join_use_nulls": 1,
        "transform_null_in": 0,
        "short_circuit_function_evaluation": "enable",
        "optimize_syntax_fuse_functions": 0,  # looks at every pair of aggregates, and there are a thousand
        "output_format_json_quote_64bit_integers": 0,  # counts are numbers (`united`)
    }
    settings["max_query_size"] = 16 * 1024 * 1024  # bytes of a statement; by itself 256 KiB, less than a wide scan
    settings |= {"max_ast_elements": 2_000_000, "max_expanded_ast_elements": 5_000_000}
    if terms.statement_seconds is not None:
        settings["max_execution_time"] = terms.statement_seconds
    if not terms.writes:
        settings["readonly"] = 2  # the last one: from here on nothing is written, settings may change
    return settings


def _arguments(profile: Profile, terms: Terms) -> dict[str, Any]:
    fields = profile.fields
    database = str(fields.get("schema") or fields.get("database") or "default")
    driver = str(fields.get("driver") or "http")
    if driver == "chdb":
        path = str(fields.get("path") or ":memory:")
        file = path if path == ":memory:" else str(profile.file.parent / path)
        return {"interface": "chdb", "path": file, "database": database}
    secure = _yes(fields.get("secure"))
    port = _port(profile, secure=secure)
    if driver == "native" or port in _NATIVE_PORTS:
        raise ConfigError(
            "trackwarden speaks to ClickHouse over HTTP, not by its native protocol",
            where=profile.where,
            hint=f"set `driver: http` and the HTTP port ({_HTTPS if secure else _HTTP} unless yours differs)",
        )
    if driver != "http":
        raise ConfigError(f"driver '{driver}' is not known", where=profile.where, hint="one of http, chdb")
    return {
        "host": str(fields.get("host") or "localhost"),
        "port": port,
        "username": str(fields.get("user") or "default"),
        "password": str(fields.get("password") or ""),
        "database": database,
        "secure": secure,
        "verify": fields.get("verify") is None or _yes(fields.get("verify")),
        "connect_timeout": int(fields.get("connect_timeout") or 10),
        "send_receive_timeout": int(
            fields.get("send_receive_timeout") or min(_SILENCE, (terms.statement_seconds or _SILENCE) + _PATIENCE)
        ),
        **{key: fields[key] for key in ("client_cert", "client_cert_key", "server_host_name") if fields.get(key)},
    }


def _port(profile: Profile, *, secure: bool) -> int:
    said = profile.fields.get("port")
    if said is None:
        return _HTTPS if secure else _HTTP
    try:
        return int(said)
    except (TypeError, ValueError):
        raise ConfigError("port must be a number", where=profile.where) from None


def _yes(value: Any) -> bool:
    return value is True or str(value).strip().lower() in {"1", "true", "yes"}
