"""Databricks SQL, as dbt-databricks names its fields. Queries carry our name and the session's time limit."""

from collections.abc import Mapping, Sequence
from datetime import UTC
from typing import Any, ClassVar

import sqlalchemy as sa
from databricks import sql as driver
from sqlalchemy.exc import SQLAlchemyError

from monitor.errors import ConfigError, WarehouseError
from monitor.warehouse.adapters.base import Adapter, Moments, Opened, Sleep, Terms, reason
from monitor.warehouse.adapters.link import linked
from monitor.warehouse.profile import Profile


class Databricks(Adapter):
    """A SQL warehouse, or a cluster of runtime 15.3 and later; one catalog of Unity Catalog."""

    engine: ClassVar[str] = "databricks"
    types: ClassVar[tuple[str, ...]] = ("databricks",)
    kinds: ClassVar[Mapping[str, str]] = {
        "text": "STRING", "integer": "BIGINT", "huge integer": "DECIMAL(38,0)", "number": "DOUBLE",
        "decimal": "DECIMAL(18,2)", "boolean": "BOOLEAN", "timestamp": "TIMESTAMP", "date": "DATE", "json": "VARIANT",
        "list of text": "ARRAY<STRING>", "bytes": "BINARY",
    }  # fmt: skip

    at_once: ClassVar[int] = 4

    def open(self, profile: Profile, terms: Terms, sleep: Sleep) -> Opened:
        """A session in UTC; rights to read come from the account."""
        del sleep
        given = arguments(profile, terms)
        where = f"{given['server_hostname']}{given['http_path']}"
        engine = linked(driver, lambda: driver.connect(**given))
        try:
            return Opened(engine, engine.connect(), where)
        except (SQLAlchemyError, driver.Error, OSError, ValueError) as error:
            engine.dispose()
            told = reason(error) if isinstance(error, SQLAlchemyError) else f"{error}"[:300]
            raise WarehouseError("Databricks cannot be reached", where=where, hint=told) from None

    def catalog(self, schemas: Sequence[str]) -> str:
        """From Unity Catalog's information_schema."""
        named = ", ".join(self.text(schema) for schema in (*schemas, ""))
        return (
            "SELECT table_schema = current_schema() AS own, table_schema, table_name, column_name, "  # noqa: S608
            "full_data_type FROM information_schema.columns "
            f"WHERE table_schema = current_schema() OR table_schema IN ({named}) "
            "ORDER BY table_schema, table_name, ordinal_position"
        )

    def bound(self, connection: sa.Connection, sql: str, moments: Moments, fresh: Moments) -> tuple[str, Any]:
        """The server binds: `:tw_until`."""
        del connection, fresh
        used = {f"tw_{name}": at.astimezone(UTC) for name, at in moments.items() if f":tw_{name}" in sql}
        return sql, used or None


def arguments(profile: Profile, terms: Terms) -> dict[str, Any]:
    """What the driver is called with."""
    fields = profile.fields
    for name in ("host", "http_path", "schema"):
        if not fields.get(name):
            raise ConfigError(f"the output names no {name}", where=profile.where, hint=f"add `{name}: …`")
    session = {"TIMEZONE": "UTC", "ANSI_MODE": "true"}
    if terms.statement_seconds is not None:
        session["STATEMENT_TIMEOUT"] = str(terms.statement_seconds)
    given: dict[str, Any] = {
        "server_hostname": str(fields["host"]).removeprefix("https://").rstrip("/"),
        "http_path": str(fields["http_path"]),
        "catalog": fields.get("catalog") or fields.get("database"),
        "schema": str(fields["schema"]),
        "session_configuration": session,
        "user_agent_entry": terms.label,
        "enable_telemetry": False,
    }
    if fields.get("token"):
        given["access_token"] = str(fields["token"])
    elif fields.get("auth_type") == "oauth":
        given["auth_type"] = "databricks-oauth"
    else:
        raise ConfigError("the output names no token", where=profile.where, hint="add `token: …`")
    return {name: value for name, value in given.items() if value is not None}
