"""Snowflake, as dbt-snowflake names its fields. Every statement carries our query tag and the session's time limit."""

from collections.abc import Mapping, Sequence
from typing import Any, ClassVar

import snowflake.connector
from sqlalchemy.exc import SQLAlchemyError

from monitor.errors import ConfigError, WarehouseError
from monitor.warehouse.adapters.base import Adapter, Opened, Sleep, Terms, reason
from monitor.warehouse.adapters.link import linked
from monitor.warehouse.profile import Profile

_PASSED = (
    "user", "password", "authenticator", "token", "private_key_passphrase", "role", "warehouse", "database", "schema",
    "host", "port", "protocol", "proxy_host", "proxy_port", "insecure_mode",
)  # fmt: skip
"""Fields that dbt and the connector call the same."""
_PATIENCE = 60
"""Seconds for signing in, and for a request that fails to be tried again."""


class Snowflake(Adapter):
    """One account; names are as the catalog has them, so `ORDER_ID` unless they were made in quotes."""

    engine: ClassVar[str] = "snowflake"
    types: ClassVar[tuple[str, ...]] = ("snowflake",)
    kinds: ClassVar[Mapping[str, str]] = {
        "text": "VARCHAR", "integer": "NUMBER(38,0)", "huge integer": "NUMBER(38,0)", "number": "FLOAT",
        "decimal": "NUMBER(18,2)", "boolean": "BOOLEAN", "timestamp": "TIMESTAMP_NTZ", "date": "DATE",
        "json": "VARIANT", "bytes": "BINARY",
    }  # fmt: skip

    def open(self, profile: Profile, terms: Terms, sleep: Sleep) -> Opened:
        """A session in UTC; rights to read come from the role."""
        del sleep
        given = arguments(profile, terms)
        where = f"snowflake {given['account']}/{given['database']}"
        engine = linked(snowflake.connector, lambda: snowflake.connector.connect(**given))
        try:
            return Opened(engine, engine.connect(), where)
        except (SQLAlchemyError, snowflake.connector.Error, OSError, ValueError) as error:
            engine.dispose()
            told = reason(error) if isinstance(error, SQLAlchemyError) else f"{error}".splitlines()[0][:300]
            raise WarehouseError("Snowflake cannot be reached", where=where, hint=told) from None

    def catalog(self, schemas: Sequence[str]) -> str:
        """From the database's INFORMATION_SCHEMA; names come as they are, and so count upper and lower case."""
        named = ", ".join(self.text(schema) for schema in (*schemas, ""))
        native = (
            "CASE WHEN data_type IN ('NUMBER', 'DECIMAL', 'NUMERIC') "
            "THEN data_type || '(' || numeric_precision || ',' || numeric_scale || ')' ELSE data_type END"
        )
        return (
            f"SELECT table_schema = CURRENT_SCHEMA() AS own, table_schema, table_name, column_name, {native} AS native "  # noqa: S608
            f"FROM information_schema.columns WHERE table_schema = CURRENT_SCHEMA() OR table_schema IN ({named}) "
            "ORDER BY table_schema, table_name, ordinal_position"
        )

    # ── landing rows ────────────────────────────────────────────────────────────────────────────────

    def cast(self, native: str, kind: str, literal: str) -> str:
        """A document is parsed, as a loader would."""
        return f"PARSE_JSON({literal})" if kind == "json" else super().cast(native, kind, literal)


def arguments(profile: Profile, terms: Terms) -> dict[str, Any]:
    """What the connector is called with."""
    fields = profile.fields
    for name in ("account", "user", "database"):
        if not fields.get(name):
            raise ConfigError(f"the output names no {name}", where=profile.where, hint=f"add `{name}: …`")
    session: dict[str, Any] = {"TIMEZONE": "UTC", "QUERY_TAG": str(fields.get("query_tag") or terms.label)}
    if terms.statement_seconds is not None:
        session["STATEMENT_TIMEOUT_IN_SECONDS"] = terms.statement_seconds
    given: dict[str, Any] = {
        "account": str(fields["account"]),
        "application": "trackwarden",
        "autocommit": True,
        "client_session_keep_alive": fields.get("client_session_keep_alive") in {True, "true", "True"},
        "login_timeout": _PATIENCE,
        "network_timeout": _PATIENCE + (terms.statement_seconds or 0) if terms.statement_seconds else None,
        "session_parameters": session,
    }
    given |= {name: fields[name] for name in _PASSED if fields.get(name) not in {None, ""}}
    if "port" in given:
        given["port"] = int(given["port"])
    if fields.get("private_key_path"):
        given["private_key_file"] = str(profile.file.parent / str(fields["private_key_path"]))
        given.setdefault("authenticator", "SNOWFLAKE_JWT")
        if "private_key_passphrase" in given:
            given["private_key_file_pwd"] = given.pop("private_key_passphrase")
    elif fields.get("private_key"):
        given["private_key"] = str(fields["private_key"])
    return {name: value for name, value in given.items() if value is not None}
