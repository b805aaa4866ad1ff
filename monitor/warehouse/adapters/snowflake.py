"""Snowflake, as dbt-snowflake names its fields. Every statement carries our query tag and the session's time limit."""

import base64
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, ClassVar

import snowflake.connector
import sqlalchemy as sa
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives import serialization
from sqlalchemy.exc import SQLAlchemyError

from monitor.errors import ConfigError, WarehouseError
from monitor.warehouse.adapters.base import Adapter, Opened, Sleep, Terms, reason
from monitor.warehouse.adapters.link import linked
from monitor.warehouse.profile import Profile

_PASSED = (
    "user", "password", "authenticator", "token", "role", "warehouse", "database", "schema", "host", "port", "protocol",
    "proxy_host", "proxy_port", "insecure_mode", "workload_identity_provider", "workload_identity_entra_resource",
)  # fmt: skip
"""Fields that dbt and the connector call the same."""
_PATIENCE = 60
"""Seconds for signing in."""
_SILENCE = 150
"""Seconds for which a request is tried again. Snowflake answers each within 45, also while a statement runs."""
_LONGEST_PAUSE = 16
_FAILED_TO_REQUEST = 250003
_LOST = frozenset({250001, 250002, _FAILED_TO_REQUEST, 390104, 390110, 390111, 390112, 390114})
"""The connector's own words for a server that cannot be reached, and Snowflake's for a session that is over."""
_HTTP_ERRORS = range(290000, 291000)


class Snowflake(Adapter):
    """One account; names are as the catalog has them, so `ORDER_ID` unless they were made in quotes."""

    engine: ClassVar[str] = "snowflake"
    types: ClassVar[tuple[str, ...]] = ("snowflake",)
    kinds: ClassVar[Mapping[str, str]] = {
        "text": "VARCHAR", "integer": "NUMBER(38,0)", "number": "FLOAT", "decimal": "NUMBER(18,2)",
        "boolean": "BOOLEAN", "timestamp": "TIMESTAMP_NTZ", "date": "DATE", "json": "VARIANT",
        "list of text": "ARRAY", "bytes": "BINARY",
    }  # fmt: skip
    loses: ClassVar[Mapping[str, frozenset[str]]] = {
        "json": frozenset({"the spelling of numbers", "numbers beyond floats"}),
        "text": frozenset({"the spelling of numbers", "numbers beyond floats"}),
    }

    at_once: ClassVar[int] = 4

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

    def lost(self, connection: sa.Connection, error: Exception) -> bool:
        """By the connector's numbers; one for an HTTP status is an answer that is none."""
        number = getattr(getattr(error, "orig", error), "errno", None)
        return number in _LOST or number in _HTTP_ERRORS or super().lost(connection, error)

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
        """A document is parsed, as a loader would; of a key that stands twice the last counts."""
        return f"PARSE_JSON({literal}, 'd')" if kind == "json" else super().cast(native, kind, literal)

    def listed(self, native: str, items: Sequence[str]) -> str:
        """An ARRAY's missing items would be `undefined`: as JSON has them, they are nulls."""
        del native
        said = ("PARSE_JSON('null')" if item == "NULL" else item for item in items)
        return f"ARRAY_CONSTRUCT({', '.join(said)})"


def waiting(seconds: float) -> Callable[[], Iterator[int]]:
    """The connector's pauses between attempts of one request, until so many seconds are over: it knows no such limit.

    Its `network_timeout` is the limit of a whole statement as well.
    """

    def pauses() -> Iterator[int]:
        began, pause = time.monotonic(), 1
        while time.monotonic() - began < seconds:
            yield pause
            pause = min(2 * pause, _LONGEST_PAUSE)
        raise snowflake.connector.OperationalError(
            msg=f"no answer to a request within {seconds:g} seconds", errno=_FAILED_TO_REQUEST
        )

    return pauses


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
        "backoff_policy": waiting(_SILENCE),
        # The connector ends a statement itself after this, however alive the server is: not before the warehouse would.
        "network_timeout": None if terms.statement_seconds is None else terms.statement_seconds + _PATIENCE,
        # The connector would ask every cloud's metadata service where it runs, for its own statistics; dbt says 0, too.
        "platform_detection_timeout_seconds": 0.0,
        "session_parameters": session,
    }
    given |= {name: fields[name] for name in _PASSED if fields.get(name) not in {None, ""}}
    if "port" in given:
        given["port"] = int(given["port"])
    return given | _signed_in(profile)


def _signed_in(profile: Profile) -> dict[str, Any]:
    """How dbt's fields say who asks: a key, a token, a browser; a password needs nothing more."""
    fields = profile.fields
    phrase = fields.get("private_key_passphrase") or None
    if fields.get("private_key_path"):
        file = profile.file.parent / Path(str(fields["private_key_path"])).expanduser()
        if not file.is_file():
            raise ConfigError("there is no such private key", where=profile.where, hint=f"looked for {file}")
        return {"authenticator": "SNOWFLAKE_JWT", "private_key": _key(file.read_bytes(), phrase, profile)}
    if fields.get("private_key"):
        text = str(fields["private_key"]).strip().encode()
        return {"authenticator": "SNOWFLAKE_JWT", "private_key": _key(text, phrase, profile)}
    way = str(fields.get("authenticator") or "").lower()
    if way == "jwt":  # an access token that another service has signed
        return {"authenticator": "oauth"}
    if way == "oauth" and fields.get("oauth_client_id"):
        problem, hint = "a refresh token is not exchanged here", "give an access token as `token`, or a private key"
        raise ConfigError(problem, where=f"{profile.where}.oauth_client_id", hint=hint)
    if way in {"externalbrowser", "username_password_mfa"}:  # asked once, not at every run
        return {"client_store_temporary_credential": True, "client_request_mfa_token": True}
    return {}


def _key(held: bytes, phrase: Any, profile: Profile) -> bytes:
    """A private key as the connector takes it; dbt reads PEM, and DER in base64."""
    password = None if phrase is None else str(phrase).encode()
    try:
        if held.lstrip().startswith(b"-"):
            key = serialization.load_pem_private_key(held, password)
        else:
            key = serialization.load_der_private_key(base64.b64decode(held), password)
    except (ValueError, TypeError, UnsupportedAlgorithm) as error:
        problem = "the private key cannot be read"
        raise ConfigError(problem, where=profile.where, hint=f"{error}".splitlines()[0][:200]) from None
    plain = serialization.NoEncryption()
    return key.private_bytes(serialization.Encoding.DER, serialization.PrivateFormat.PKCS8, plain)
