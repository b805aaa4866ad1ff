"""BigQuery, as dbt-bigquery names its fields. Every statement is a job with our label, byte limit and time limit."""

import json
import re
from collections.abc import Mapping, Sequence
from typing import Any, ClassVar

import google.auth
import sqlalchemy as sa
from google.api_core.client_options import ClientOptions
from google.api_core.exceptions import BadRequest, GoogleAPICallError, RetryError, ServiceUnavailable
from google.auth import impersonated_credentials
from google.auth.exceptions import GoogleAuthError
from google.cloud import bigquery
from google.cloud.bigquery import dbapi
from google.cloud.bigquery.retry import DEFAULT_JOB_RETRY, DEFAULT_RETRY
from google.oauth2 import credentials, service_account
from requests.exceptions import RequestException
from sqlalchemy.exc import SQLAlchemyError

from monitor.catalog import TableRef
from monitor.errors import ConfigError, WarehouseError
from monitor.sql.bigquery import bound
from monitor.warehouse.adapters.base import Adapter, Landing, Moments, Opened, Sleep, Terms, reason
from monitor.warehouse.adapters.link import linked
from monitor.warehouse.profile import Profile

_SCOPES = ("https://www.googleapis.com/auth/bigquery", "https://www.googleapis.com/auth/cloud-platform")
_PLACEHOLDER = re.compile(r"'(?:\\.|[^'\\])*'|`(?:\\.|[^`\\])*`|@tw_(?P<name>\w+)", re.DOTALL)
"""A constant or a name, which are passed over, or a parameter."""
_UNREACHABLE = 60
"""Seconds for which a request is tried again: the library's own ten minutes would hold up every other table."""
_WIDEST = {"since": "0001-01-01 00:00:00", "until": "9999-12-31 23:59:59"}
_ROWS_AT_ONCE = 200
_LABEL = re.compile(r"[^a-z0-9_-]")


class BigQuery(Adapter):
    """One project; a schema is a dataset (`dataset`, or `project.dataset`)."""

    engine: ClassVar[str] = "bigquery"
    types: ClassVar[tuple[str, ...]] = ("bigquery",)
    kinds: ClassVar[Mapping[str, str]] = {
        "text": "STRING", "integer": "INT64", "number": "FLOAT64", "decimal": "NUMERIC(18, 2)", "boolean": "BOOL",
        "timestamp": "TIMESTAMP", "date": "DATE", "json": "JSON", "list of text": "ARRAY<STRING>", "bytes": "BYTES",
    }  # fmt: skip
    loses: ClassVar[Mapping[str, frozenset[str]]] = {
        "json": frozenset({"digits beyond 64 bits", "numbers beyond floats"}),
        "text": frozenset({"digits beyond 64 bits", "numbers beyond floats", "dots in names"}),
        "list of text": frozenset({"a list that is null"}),
    }
    together: ClassVar[int] = 20
    at_once: ClassVar[int] = 4

    def open(self, profile: Profile, terms: Terms, sleep: Sleep) -> Opened:
        """A session whose every job has our label and limits; rights to read come from the account."""
        del sleep
        project, dataset = _named(profile, "project", "database"), _named(profile, "dataset", "schema")
        where = f"bigquery {project}.{dataset}"
        given = arguments(profile, terms, project=project, dataset=dataset)
        engine = None
        try:
            client = _Client(credentials=_credentials(profile), **given)
            engine = linked(dbapi, lambda: dbapi.connect(client, prefer_bqstorage_client=False))
            connection = engine.connect()
            connection.exec_driver_sql("SELECT 1").fetchall()
        except (SQLAlchemyError, GoogleAPICallError, GoogleAuthError, OSError, ValueError) as error:
            if engine is not None:
                engine.dispose()
            told = reason(error) if isinstance(error, SQLAlchemyError) else f"{error}".splitlines()[0][:300]
            raise WarehouseError("BigQuery cannot be reached", where=where, hint=told) from None
        return Opened(engine, connection, where)

    def catalog(self, schemas: Sequence[str]) -> str:
        """From each dataset's INFORMATION_SCHEMA; without a dataset it is the connection's own."""
        if not schemas:
            return "SELECT 1 FROM UNNEST([1]) WHERE FALSE"
        columns = "table_schema, table_name, column_name, data_type"
        arms = [
            f"SELECT {'FALSE' if schema else 'TRUE'} AS own, {columns}, ordinal_position "  # noqa: S608
            f"FROM {f'{self.quoted(schema)}.' if schema else ''}INFORMATION_SCHEMA.COLUMNS"
            for schema in schemas
        ]
        ordered = "ORDER BY own, table_schema, table_name, ordinal_position"
        return f"SELECT own, {columns} FROM ({' UNION ALL '.join(arms)}) AS listed {ordered}"  # noqa: S608

    def bound(self, connection: sa.Connection, sql: str, moments: Moments, fresh: Moments) -> tuple[str, Any]:
        """The job's own parameters, spelled as the driver has them; every other percent sign is doubled for it."""
        del connection, fresh
        used: dict[str, str] = {}

        def spelled(found: re.Match[str]) -> str:
            name = found["name"]
            if name is None:
                return found[0].replace("%", "%%")
            used[f"tw_{name}"] = bound(moments[name])
            return f"%(tw_{name}:STRING)s"

        said = _PLACEHOLDER.sub(spelled, sql)
        return said, used or None

    def united(self, statements: Sequence[str]) -> str:
        """Their rows as JSON, in one job: each takes a second, and is billed for 10 MB per table at least."""
        said = (f"SELECT {n} AS place, TO_JSON_STRING(s) AS said FROM ({sql}) AS s" for n, sql in enumerate(statements))  # noqa: S608 - ours
        return " UNION ALL ".join(said)

    def estimate(self, connection: sa.Connection, sql: str) -> int | None:
        """By a dry run, which costs nothing; the widest range where the statement has one."""
        held: Any = connection.connection.driver_connection
        client: bigquery.Client = held._client  # noqa: SLF001 - the DB-API hides it
        given = [
            bigquery.ScalarQueryParameter(f"tw_{name}", "STRING", moment)
            for name, moment in _WIDEST.items()
            if f"@tw_{name}" in sql
        ]
        config = bigquery.QueryJobConfig(dry_run=True, use_query_cache=False, query_parameters=given)
        try:
            told: int | None = client.query(sql, job_config=config, timeout=_UNREACHABLE).total_bytes_processed
        except (GoogleAPICallError, GoogleAuthError, RequestException):
            return None
        return told

    # ── landing rows ────────────────────────────────────────────────────────────────────────────────

    def land(self, connection: sa.Connection, ref: TableRef, columns: Mapping[str, str], rows: Landing) -> None:
        """A table and its first rows are one job: each takes a second, however little it does."""
        natives = self.natives(columns, rows)
        parts = [
            [
                [
                    self.value(native, kind, value)
                    for native, kind, value in zip(natives.values(), columns.values(), row, strict=True)
                ]
                for row in rows[start : start + _ROWS_AT_ONCE]
            ]
            for start in range(0, len(rows), _ROWS_AT_ONCE)
        ]
        made = self.create(ref, natives)
        if parts:
            first, *others = parts[0]
            named = [f"{value} AS {self.quoted(name)}" for name, value in zip(natives, first, strict=True)]
            made += " AS " + " UNION ALL ".join(f"SELECT {', '.join(row)}" for row in (named, *others))
        for statement in (made, *(said for part in parts[1:] for said in self.insert(ref, list(columns), part))):
            connection.exec_driver_sql(statement)

    def cast(self, native: str, kind: str, literal: str) -> str:
        """JSON is parsed, as a loader would."""
        if kind == "json":
            return f"PARSE_JSON({literal}, wide_number_mode => 'round')"
        return super().cast(native, kind, literal)

    def listed(self, native: str, items: Sequence[str]) -> str:
        """`ARRAY<STRING>[…]`."""
        return f"{native}[{', '.join(items)}]"


class _Client(bigquery.Client):
    """Gives up in time, and says so as the DB-API says everything."""

    def query_and_wait(self, query: str, **given: Any) -> Any:
        """A statement's rows."""
        given.setdefault("retry", DEFAULT_RETRY.with_timeout(_UNREACHABLE))
        given.setdefault("job_retry", DEFAULT_JOB_RETRY.with_timeout(_UNREACHABLE))
        try:
            rows = super().query_and_wait(query, **given)
            # Rows have columns, if none of them came: an answer without any is a statement that wrote, or that failed.
            failed = None if rows.schema or not rows.job_id else self._failure(rows.job_id, rows.location)
        except (RetryError, GoogleAuthError, RequestException) as error:
            raise ServiceUnavailable(str(error).splitlines()[0]) from error
        if failed is not None:
            raise failed
        return rows

    def _failure(self, job: str, location: str | None) -> GoogleAPICallError | None:
        """What ended a job, where something did."""
        told = self.get_job(job, location=location, timeout=_UNREACHABLE)
        return BadRequest(str(told.error_result.get("message"))) if told.error_result else None


def arguments(profile: Profile, terms: Terms, *, project: str, dataset: str) -> dict[str, Any]:
    """What the client is made with, beside its credentials: project, place, limits."""
    fields = profile.fields
    config = bigquery.QueryJobConfig(
        default_dataset=f"{project}.{dataset}",
        labels={"application": _LABEL.sub("_", terms.label.lower())[:63]},
    )
    most = _smallest(fields.get("maximum_bytes_billed"), terms.bytes_billed)
    if most is not None:  # a limit of None is sent as the word
        config.maximum_bytes_billed = most
    if str(fields.get("priority") or "").lower() == "batch":  # a job without one takes the quicker way
        config.priority = bigquery.QueryPriority.BATCH
    seconds = _smallest(fields.get("job_execution_timeout_seconds"), terms.statement_seconds)
    if seconds is not None:
        config.job_timeout_ms = seconds * 1000
    given: dict[str, Any] = {
        "project": str(fields.get("execution_project") or project),
        "default_query_job_config": config,
    }
    if fields.get("location"):
        given["location"] = str(fields["location"])
    options = {"api_endpoint": fields.get("api_endpoint"), "quota_project_id": fields.get("quota_project")}
    if any(options.values()):
        given["client_options"] = ClientOptions(**{name: value for name, value in options.items() if value})
    return given


def _smallest(*limits: Any) -> int | None:
    said = [int(limit) for limit in limits if limit not in {None, ""}]
    return min(said) if said else None


def _named(profile: Profile, *names: str) -> str:
    found = next((profile.fields[name] for name in names if profile.fields.get(name)), None)
    if found is None:
        raise ConfigError(f"the output names no {names[0]}", where=profile.where, hint=f"add `{names[0]}: …`")
    return str(found)


def _credentials(profile: Profile) -> Any:
    """The credentials of dbt's `method`."""
    fields = profile.fields
    method = str(fields.get("method") or "oauth")
    scopes = list(fields.get("scopes") or _SCOPES)
    match method:
        case "oauth":
            found, _ = google.auth.default(scopes=scopes)
        case "service-account":
            file = profile.file.parent / str(fields.get("keyfile") or "")
            if not file.is_file():
                raise ConfigError(
                    "there is no such keyfile", where=f"{profile.where}.keyfile", hint=f"looked for {file}"
                )
            found = service_account.Credentials.from_service_account_file(str(file), scopes=scopes)
        case "service-account-json":
            held = fields.get("keyfile_json")
            info = json.loads(held) if isinstance(held, str) else held
            if not isinstance(info, Mapping):
                raise ConfigError(
                    "keyfile_json holds no key", where=profile.where, hint="paste the service account's key"
                )
            found = service_account.Credentials.from_service_account_info(dict(info), scopes=scopes)
        case "oauth-secrets":
            words = ("token", "refresh_token", "client_id", "client_secret", "token_uri")
            given = {name: fields.get(name) for name in words}
            found = credentials.Credentials(**given, scopes=scopes)
        case _:
            raise ConfigError(
                f"method '{method}' is not known",
                where=profile.where,
                hint="one of oauth, oauth-secrets, service-account, service-account-json",
            )
    target = fields.get("impersonate_service_account")
    if target:
        return impersonated_credentials.Credentials(
            source_credentials=found, target_principal=target, target_scopes=scopes
        )
    return found
