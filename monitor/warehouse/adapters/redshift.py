"""Redshift, as dbt-redshift names its fields. A session is named after us, reads only, and ends slow statements."""

from collections.abc import Mapping, Sequence
from importlib import import_module
from typing import Any, ClassVar

import sqlalchemy as sa
from sqlalchemy.exc import SQLAlchemyError

from monitor.errors import ConfigError, WarehouseError
from monitor.sql.redshift import bound
from monitor.warehouse.adapters.base import Adapter, Moments, Opened, Sleep, Terms, reason
from monitor.warehouse.adapters.link import linked
from monitor.warehouse.adapters.spelled import spelled
from monitor.warehouse.profile import Profile

_PORT = 5439
_MILLISECONDS = 1_000
_METHODS = ("database", "iam")


class Redshift(Adapter):
    """One database, provisioned or serverless."""

    engine: ClassVar[str] = "redshift"
    types: ClassVar[tuple[str, ...]] = ("redshift",)
    kinds: ClassVar[Mapping[str, str]] = {
        "text": "VARCHAR(65535)", "integer": "BIGINT", "huge integer": "DECIMAL(38,0)", "number": "DOUBLE PRECISION",
        "decimal": "DECIMAL(18,2)", "boolean": "BOOLEAN", "timestamp": "TIMESTAMP", "date": "DATE", "json": "SUPER",
        "bytes": "VARBYTE",
    }  # fmt: skip

    at_once: ClassVar[int] = 4

    def open(self, profile: Profile, terms: Terms, sleep: Sleep) -> Opened:
        """A session in UTC that may only read, unless the terms say otherwise."""
        del sleep
        given = arguments(profile, terms)
        where = f"{given['host']}:{given['port']}/{given['database']}"
        try:
            driver: Any = import_module("redshift_connector")
        except ImportError:
            raise WarehouseError(
                "Redshift's driver is not installed", where=where, hint="pip install 'trackwarden[redshift]'"
            ) from None

        def connect() -> Any:
            connection = driver.connect(**given)
            connection.autocommit = True
            cursor = connection.cursor()
            for statement in settings(profile, terms):
                cursor.execute(statement)
            cursor.close()
            return connection

        driver.paramstyle = "named"
        engine = linked(driver, connect)
        try:
            return Opened(engine, engine.connect(), where)
        except (SQLAlchemyError, driver.Error, OSError, ValueError) as error:
            engine.dispose()
            told = reason(error) if isinstance(error, SQLAlchemyError) else f"{error}"[:300]
            raise WarehouseError("Redshift cannot be reached", where=where, hint=told) from None

    def catalog(self, schemas: Sequence[str]) -> str:
        """From SVV_COLUMNS, which knows local tables, late-binding views and external ones."""
        named = ", ".join(self.text(schema) for schema in (*schemas, ""))
        native = (
            "CASE WHEN data_type = 'numeric' THEN 'numeric(' || numeric_precision || ',' || numeric_scale || ')' "
            "ELSE data_type END"
        )
        return (
            f"SELECT table_schema = current_schema() AS own, table_schema, table_name, column_name, {native} AS native "  # noqa: S608
            f"FROM svv_columns WHERE table_schema = current_schema() OR table_schema IN ({named}) "
            "ORDER BY table_schema, table_name, ordinal_position"
        )

    def bound(self, connection: sa.Connection, sql: str, moments: Moments, fresh: Moments) -> tuple[str, Any]:
        """As constants, by which blocks are passed over."""
        del connection, fresh
        return spelled(sql, moments, bound), None

    def cast(self, native: str, kind: str, literal: str) -> str:
        """A document is parsed, as a loader would."""
        return f"JSON_PARSE({literal})" if kind == "json" else super().cast(native, kind, literal)


def arguments(profile: Profile, terms: Terms) -> dict[str, Any]:
    """What the driver is called with."""
    fields = profile.fields
    method = str(fields.get("method") or "database")
    if method not in _METHODS:
        raise ConfigError(f"method '{method}' is not known", where=profile.where, hint=f"one of {', '.join(_METHODS)}")
    database = fields.get("dbname") or fields.get("database")
    if not fields.get("host") or not database:
        raise ConfigError("the output names no host and dbname", where=profile.where, hint="add `host: …`, `dbname: …`")
    given: dict[str, Any] = {
        "host": str(fields["host"]),
        "port": int(fields.get("port") or _PORT),
        "database": str(database),
        "application_name": terms.label,
        "timeout": int(fields.get("connect_timeout") or 30),
        "sslmode": str(fields.get("sslmode") or "verify-ca"),
    }
    if method == "iam":
        given |= {"iam": True, "db_user": fields.get("user"), "cluster_identifier": fields.get("cluster_id")}
        given |= {"profile": fields.get("iam_profile"), "region": fields.get("region")}
    else:
        given |= {"user": fields.get("user"), "password": fields.get("password") or fields.get("pass")}
    return {name: value for name, value in given.items() if value is not None}


def settings(profile: Profile, terms: Terms) -> tuple[str, ...]:
    """What a session begins with: names and keys as they are written, UTC, a time limit, reading only."""
    quoted = Redshift().quoted
    said = [
        "SET timezone TO 'UTC'",
        "SET enable_case_sensitive_identifier TO on",
        "SET enable_case_sensitive_super_attribute TO on",
        f"SET query_group TO {Redshift().text(terms.label)}",
    ]
    if terms.statement_seconds is not None:
        said.append(f"SET statement_timeout TO {terms.statement_seconds * _MILLISECONDS}")
    if profile.fields.get("schema"):
        said.append(f"SET search_path TO {quoted(str(profile.fields['schema']))}")
    if not terms.writes:
        said.append("SET SESSION CHARACTERISTICS AS TRANSACTION READ ONLY")
    return tuple(said)
