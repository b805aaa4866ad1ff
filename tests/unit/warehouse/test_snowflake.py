"""What the connector is called with, held against dbt-snowflake's fields; nothing here connects."""

import base64
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from sqlalchemy.exc import DBAPIError

from monitor.catalog import Family
from monitor.errors import ConfigError
from monitor.warehouse import Profile
from monitor.warehouse.adapters.base import Terms
from monitor.warehouse.adapters.snowflake import Snowflake, arguments
from monitor.warehouse.catalogs import family

KEY = rsa.generate_private_key(public_exponent=65_537, key_size=2_048)
PKCS8, DER, PEM = serialization.PrivateFormat.PKCS8, serialization.Encoding.DER, serialization.Encoding.PEM
PLAIN = KEY.private_bytes(DER, PKCS8, serialization.NoEncryption())
LOCKED = KEY.private_bytes(PEM, PKCS8, serialization.BestAvailableEncryption(b"open"))
TERMS = Terms(statement_seconds=90)


def given(folder: Path = Path("/profiles"), /, **fields: Any) -> dict[str, Any]:
    held = {"type": "snowflake", "account": "a", "user": "u", "database": "D", **fields}
    return arguments(Profile("snowflake", held, folder / "profiles.yml", "trackwarden", "dev"), TERMS)


def test_a_session_is_in_utc_has_our_tag_and_an_end() -> None:
    session = {"TIMEZONE": "UTC", "QUERY_TAG": "trackwarden", "STATEMENT_TIMEOUT_IN_SECONDS": 90}
    assert given()["session_parameters"] == session
    assert given(query_tag="dbt")["session_parameters"]["QUERY_TAG"] == "dbt"


def test_fields_that_dbt_and_the_connector_call_the_same_are_passed() -> None:
    fields = {"password": "p", "role": "R", "warehouse": "W", "schema": "S", "host": "h", "protocol": "http"}
    called = given(**fields, port="8080", client_session_keep_alive="true", insecure_mode="")
    assert {name: called[name] for name in fields} == fields
    assert (called["port"], called["client_session_keep_alive"], "insecure_mode" in called) == (8080, True, False)


def test_nobody_asks_a_clouds_metadata_service_where_we_run() -> None:
    assert given()["platform_detection_timeout_seconds"] == 0.0


@pytest.mark.parametrize("missing", ["account", "user", "database"])
def test_a_field_that_is_missing_is_named(missing: str) -> None:
    with pytest.raises(ConfigError, match=f"no {missing}"):
        given(**{missing: ""})


def test_a_key_in_a_file_is_read_from_beside_the_profile(tmp_path: Path) -> None:
    (tmp_path / "key.p8").write_bytes(LOCKED)
    called = given(tmp_path, private_key_path="key.p8", private_key_passphrase="open")
    assert (called["authenticator"], called["private_key"]) == ("SNOWFLAKE_JWT", PLAIN)


@pytest.mark.parametrize(
    ("key", "phrase"),
    [(LOCKED.decode(), "open"), (base64.b64encode(PLAIN).decode(), None), (PLAIN.hex(), None)],
    ids=["PEM", "DER in base64", "neither"],
)
def test_a_key_in_the_profile_is_pem_or_der_in_base64(key: str, phrase: str | None) -> None:
    if key == PLAIN.hex():
        with pytest.raises(ConfigError, match="the private key cannot be read"):
            given(private_key=key)
    else:
        assert given(private_key=key, private_key_passphrase=phrase)["private_key"] == PLAIN


def test_a_key_that_is_locked_or_absent_says_so(tmp_path: Path) -> None:
    (tmp_path / "key.p8").write_bytes(LOCKED)
    with pytest.raises(ConfigError, match="the private key cannot be read") as wrong:
        given(tmp_path, private_key_path="key.p8", private_key_passphrase="wrong")
    assert "wrong" not in str(wrong.value)
    with pytest.raises(ConfigError, match="no such private key"):
        given(tmp_path, private_key_path="elsewhere.p8")


def test_who_signs_in_with_a_browser_or_a_phone_is_asked_once() -> None:
    for way in ("externalbrowser", "username_password_mfa"):
        called = given(authenticator=way, password="p")
        kept = called["client_store_temporary_credential"], called["client_request_mfa_token"]
        assert (called["authenticator"], *kept) == (way, True, True)


def test_tokens_are_oauths_and_dbts_jwt_is_one() -> None:
    assert given(authenticator="oauth", token="t")["token"] == "t"
    called = given(authenticator="jwt", token="t")
    assert (called["authenticator"], called["token"]) == ("oauth", "t")
    with pytest.raises(ConfigError, match="a refresh token is not exchanged here"):
        given(authenticator="oauth", token="t", oauth_client_id="i", oauth_client_secret="s")


def test_statements_side_by_side_go_by_dbts_threads() -> None:
    def sessions(**fields: Any) -> int:
        return Snowflake().sessions(Profile("snowflake", fields, Path("/p.yml"), "t", "dev"), TERMS)

    assert (sessions(), sessions(threads=2)) == (4, 2)


@pytest.mark.parametrize(
    ("number", "lost"),
    [(250001, True), (250003, True), (290503, True), (390114, True), (2003, False), (630, False), (None, False)],
)
def test_a_refused_statement_is_told_from_a_lost_connection(number: int | None, lost: bool) -> None:  # noqa: FBT001
    class Told(Exception):  # noqa: N818 - the connector's errors have a number
        errno = number

    with sa.create_engine("sqlite://").connect() as connection:
        assert Snowflake().lost(connection, DBAPIError("SELECT 1", None, Told("no"))) is lost


@pytest.mark.parametrize(
    ("native", "expected"),
    [
        ("VARIANT", Family.JSON), ("ARRAY", Family.OTHER), ("OBJECT", Family.OTHER), ("TEXT", Family.TEXT),
        ("NUMBER(38,0)", Family.INTEGER), ("NUMBER(18,2)", Family.NUMBER), ("FLOAT", Family.NUMBER),
        ("BOOLEAN", Family.BOOLEAN), ("TIMESTAMP_NTZ", Family.TIMESTAMP), ("TIMESTAMP_LTZ", Family.TIMESTAMP),
        ("TIMESTAMP_TZ", Family.TIMESTAMP), ("DATE", Family.DATE), ("BINARY", Family.OTHER), ("TIME", Family.OTHER),
        ("GEOGRAPHY", Family.OTHER), ("MAP(VARCHAR, NUMBER)", Family.OTHER), ("VECTOR(FLOAT, 3)", Family.OTHER),
    ],
)  # fmt: skip
def test_the_catalogs_words_for_types_are_understood(native: str, expected: Family) -> None:
    assert family(native) is expected
