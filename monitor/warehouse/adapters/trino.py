"""Trino (and Starburst), as dbt-trino names its fields. Every query carries our source and the session's time limit."""

from collections.abc import Mapping, Sequence
from typing import Any, ClassVar

import sqlalchemy as sa
import trino
from sqlalchemy.exc import SQLAlchemyError
from trino.exceptions import Error, TrinoConnectionError

from monitor.errors import ConfigError, WarehouseError
from monitor.sql.trino import bound
from monitor.warehouse.adapters.base import Adapter, Moments, Opened, Sleep, Terms, reason
from monitor.warehouse.adapters.link import linked
from monitor.warehouse.adapters.spelled import spelled
from monitor.warehouse.profile import Profile

_METHODS = ("none", "ldap", "jwt", "certificate", "oauth", "oauth_console", "kerberos")


class Trino(Adapter):
    """One catalog of a cluster; a schema is one of that catalog's."""

    engine: ClassVar[str] = "trino"
    types: ClassVar[tuple[str, ...]] = ("trino", "starburst")
    kinds: ClassVar[Mapping[str, str]] = {
        "text": "VARCHAR", "integer": "BIGINT", "huge integer": "DECIMAL(38,0)", "number": "DOUBLE",
        "decimal": "DECIMAL(18,2)", "boolean": "BOOLEAN", "timestamp": "TIMESTAMP(6)", "date": "DATE", "json": "JSON",
        "uuid": "UUID", "list of text": "ARRAY(VARCHAR)", "bytes": "VARBINARY",
    }  # fmt: skip

    at_once: ClassVar[int] = 4

    def open(self, profile: Profile, terms: Terms, sleep: Sleep) -> Opened:
        """A session in UTC; rights to read come from the account."""
        del sleep
        given = arguments(profile, terms)
        where = f"{given['host']}:{given['port']}/{given['catalog']}"
        engine = linked(trino.dbapi, lambda: trino.dbapi.connect(**given))  # type: ignore[no-untyped-call]
        try:
            connection = engine.connect()
            connection.exec_driver_sql("SELECT 1").fetchall()  # a connection alone asks the server nothing
        except (SQLAlchemyError, Error, OSError, ValueError) as error:
            engine.dispose()
            told = reason(error) if isinstance(error, SQLAlchemyError) else f"{error}"[:300]
            raise WarehouseError("Trino cannot be reached", where=where, hint=told) from None
        return Opened(engine, connection, where)

    def lost(self, connection: sa.Connection, error: Exception) -> bool:
        """No answer came, however often it was asked for."""
        told = getattr(error, "orig", error)
        return isinstance(told, TrinoConnectionError) or super().lost(connection, error)

    def catalog(self, schemas: Sequence[str]) -> str:
        """From the catalog's information_schema."""
        named = ", ".join(self.text(schema) for schema in (*schemas, ""))
        return (
            "SELECT table_schema = current_schema AS own, table_schema, table_name, column_name, data_type "  # noqa: S608
            f"FROM information_schema.columns WHERE table_schema = current_schema OR table_schema IN ({named}) "
            "ORDER BY table_schema, table_name, ordinal_position"
        )

    def bound(self, connection: sa.Connection, sql: str, moments: Moments, fresh: Moments) -> tuple[str, Any]:
        """As constants, by which partitions are pruned."""
        del connection, fresh
        return spelled(sql, moments, bound), None


def arguments(profile: Profile, terms: Terms) -> dict[str, Any]:
    """What the driver is called with."""
    fields = profile.fields
    for name in ("host", "database"):
        if not fields.get(name):
            raise ConfigError(f"the output names no {name}", where=profile.where, hint=f"add `{name}: …`")
    method = str(fields.get("method") or "none")
    session = {str(name): value for name, value in (fields.get("session_properties") or {}).items()}
    if terms.statement_seconds is not None:
        session["query_max_run_time"] = f"{terms.statement_seconds}s"
    secure = method != "none"
    given: dict[str, Any] = {
        "host": str(fields["host"]),
        "port": int(fields.get("port") or (443 if secure else 8080)),
        "user": str(fields.get("user") or "trackwarden"),
        "source": terms.label,
        "catalog": str(fields["database"]),
        "schema": str(fields.get("schema") or "default"),
        "http_scheme": str(fields.get("http_scheme") or ("https" if secure else "http")),
        "session_properties": session,
        "timezone": "UTC",
        "auth": _auth(method, profile),
    }
    for name in ("http_headers", "roles"):
        if fields.get(name):
            given[name] = fields[name]
    if fields.get("cert") is not None:
        given["verify"] = fields["cert"]
    return given


def _auth(method: str, profile: Profile) -> Any:
    fields = profile.fields
    match method:
        case "none":
            return None
        case "ldap":
            return trino.auth.BasicAuthentication(str(fields.get("user") or ""), str(fields.get("password") or ""))
        case "jwt":
            return trino.auth.JWTAuthentication(str(fields.get("jwt_token") or ""))
        case "certificate":
            files = (str(fields.get("client_certificate") or ""), str(fields.get("client_private_key") or ""))
            return trino.auth.CertificateAuthentication(*files)
        case "oauth" | "oauth_console":
            return trino.auth.OAuth2Authentication()
        case "kerberos":
            words = {"config": "krb5_config", "service_name": "service_name", "principal": "principal"}
            given = {name: fields[key] for name, key in words.items() if fields.get(key)}
            return trino.auth.KerberosAuthentication(**given)
        case _:
            raise ConfigError(
                f"method '{method}' is not known", where=profile.where, hint=f"one of {', '.join(_METHODS)}"
            )
