"""Redshift, Databricks, Trino: every statement compiles and parses; nothing here runs them.

Snowflake and BigQuery are held to the same, whatever their emulators take.
"""

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
import sqlglot
from sqlglot import exp

from monitor.catalog import Column, Family, Table, TableRef
from monitor.contract import bind
from monitor.contract.without import without
from monitor.errors import ConfigError
from monitor.landing.model import InColumns, InDocument, Landed, LandedEvent, LandedTable
from monitor.measure.follow import undeclared_keys
from monitor.measure.isolate import unsaid
from monitor.measure.rows import Range
from monitor.measure.scan import build
from monitor.plan.model import Event, EventVersion, Plan
from monitor.selftest.case import Case, cases
from monitor.sql import vocabulary as v
from monitor.sql.engines import writer
from monitor.sql.writer import Unsayable
from monitor.warehouse import Profile
from monitor.warehouse.adapters import adapter
from monitor.warehouse.adapters.base import Terms
from monitor.warehouse.catalogs import family

ENGINES = ("bigquery", "databricks", "redshift", "snowflake", "trino")
UNTIL = datetime(2026, 6, 1, 10, tzinfo=UTC)
TERMS = Terms(statement_seconds=90, bytes_billed=5_000_000, label="trackwarden")


def landed(case: Case, engine: str) -> LandedTable | None:
    """The case's table as that warehouse's catalog would tell; None where it lacks a type."""
    found = adapter(engine)
    assert found is not None
    if set(case.kinds.values()) - set(found.kinds):
        return None
    native = {name: found.kinds[kind] for name, kind in {**case.kinds, "at": "timestamp"}.items()}
    columns = tuple(Column(name, family(type_), type_) for name, type_ in native.items())
    payload: InColumns | InDocument = InColumns("original")
    if not case.columns:
        doc = v.Column("payload")
        payload = InDocument(v.Parsed(doc) if case.document_kind == "text" else doc, "original")
    return LandedTable(
        Table(TableRef("raw", "events"), columns),
        "0:web",
        (LandedEvent("Event", ("Event",), payload),),
        event=v.Literal("Event"),
        version=v.Literal("1-0-0"),
        source=v.Literal("web"),
        time=v.Column("at"),
        received=None,
        loaded=None,
        own_columns=frozenset({"at"}),
    )


def parsed(sql: str, engine: str) -> Any:
    return sqlglot.parse_one(sql, read=engine)


@pytest.mark.slow
@pytest.mark.parametrize("engine", ENGINES)
def test_the_scan_of_every_rule_case_parses(engine: str) -> None:
    scans = 0
    for case in cases():
        table = landed(case, engine)
        if table is None:
            continue
        plan = Plan((Event("Event", "event", (EventVersion("1-0-0", case.schema),)),), "revision")
        asked = bind(plan, Landed((table,))).tables[0]
        refused = unsaid(asked, writer(engine))
        scan = build(without(asked, refused) if refused else asked, Range(since=True, no_time=True), writer(engine))
        tree = parsed(scan.sql, engine)
        assert isinstance(tree, exp.Select), case.name
        assert not list(tree.find_all(exp.Filter)), "FILTER is no word of every engine"
        scans += 1
    assert scans > len(cases()) // 2


@pytest.mark.parametrize("engine", ENGINES)
def test_a_name_and_a_constant_that_break_naive_sql_are_only_themselves(engine: str) -> None:
    hostile = 'it\'s \\ "a" `b` %s :tw_until @tw_until $tw_until ;-- \n'
    said = writer(engine)
    statement = said.compile(said.expr(v.Compare(v.Column("plain"), "=", v.Literal(hostile))))
    if engine not in {"databricks", "trino"}:
        constants = [literal.this for literal in parsed(f"SELECT {statement}", engine).find_all(exp.Literal)]
        assert constants == [hostile]


@pytest.mark.parametrize("engine", [name for name in ENGINES if name != "redshift"])
def test_the_keys_of_documents_are_listed_from_beside_the_rows(engine: str) -> None:
    case = next(case for case in cases() if case.form == "json" and case.keyword == "additionalProperties")
    table = landed(case, engine)
    assert table is not None
    plan = Plan((Event("Event", "event", (EventVersion("1-0-0", case.schema),)),), "revision")
    sql = undeclared_keys(bind(plan, Landed((table,))).tables[0], Range(since=True, no_time=False), writer(engine))
    assert sql is not None
    assert isinstance(parsed(sql, engine), exp.Select)


@pytest.mark.parametrize("engine", ENGINES)
def test_the_catalog_of_a_schema_and_of_ones_own_parses(engine: str) -> None:
    found = adapter(engine)
    assert found is not None
    assert parsed(found.catalog(["", "web_prod"]), engine).find(exp.Table)


# ── what each says, held against the vendor's documentation ─────────────────────────────────────────

DOC = v.Column("payload")
GOLDEN: dict[str, tuple[v.Expr, dict[str, str]]] = {
    "text": (
        v.Text(v.At(DOC, ("a",))),
        {
            "redshift": "CASE WHEN (JSON_TYPEOF(\"payload\".\"a\") IN ('array', 'object')) "
            'THEN JSON_SERIALIZE("payload"."a") ELSE CAST("payload"."a" AS VARCHAR) END',
            "databricks": "try_variant_get(`payload`, '$.a', 'string')",
            "snowflake": "CAST(GET(\"payload\", 'a') AS VARCHAR)",
        },
    ),
    "a document in a text": (
        v.Is(v.At(v.Parsed(DOC), ()), ("object",)),
        {
            "redshift": 'JSON_TYPEOF(CASE WHEN CAN_JSON_PARSE("payload") THEN JSON_PARSE("payload") END) = \'object\'',
        },
    ),
    "matches": (
        v.Matches(v.Column("x"), "^[0-9]+$"),
        {
            "redshift": "REGEXP_INSTR(\"x\", '^[0-9]+\\\\z', 1, 1, 0, 'p') > 0",
            "databricks": "regexp_like(`x`, '^[0-9]+\\\\z')",
            "trino": "regexp_like(\"x\", '^[0-9]+\\z')",
            "snowflake": "REGEXP_LIKE(\"x\", '.*(^[0-9]+$).*', 's')",
            "bigquery": "REGEXP_CONTAINS(`x`, '^[0-9]+\\\\z')",
        },
    ),
    "number": (
        v.TryCast(v.Column("x"), Family.NUMBER),
        {
            "trino": 'TRY_CAST("x" AS DOUBLE)',
            "snowflake": 'TRY_TO_DOUBLE(CAST("x" AS VARCHAR))',
            "bigquery": "SAFE_CAST(`x` AS FLOAT64)",
        },
    ),
    "items": (
        v.AnyItem(v.At(DOC, ("a",)), v.Is(v.Item(), ("null",))),
        {
            "trino": "coalesce(any_match(TRY_CAST(element_at(TRY_CAST(\"payload\" AS MAP(VARCHAR, JSON)), 'a') "
            "AS ARRAY(JSON)), tw_item0 -> coalesce(substr(json_format(tw_item0), 1, 1) = 'n', false)), false)",
            "snowflake": "coalesce(ARRAY_SIZE(FILTER(AS_ARRAY(GET(\"payload\", 'a')), "
            "tw_item0 -> TYPEOF(tw_item0) = 'NULL_VALUE')) > 0, false)",
            "bigquery": "EXISTS(SELECT 1 FROM UNNEST(CASE WHEN (JSON_TYPE(JSON_QUERY(`payload`, '$.a')) = 'array') "
            "THEN JSON_QUERY_ARRAY(JSON_QUERY(`payload`, '$.a')) END) AS tw_item0 "
            "WITH OFFSET AS tw_at0 WHERE tw_at0 >= 0 AND (JSON_TYPE(tw_item0) = 'null'))",
        },
    ),
}


@pytest.mark.parametrize(
    ("operation", "engine"), [(operation, engine) for operation, (_, said) in GOLDEN.items() for engine in said]
)
def test_an_operation_is_said_as_the_documentation_has_it(operation: str, engine: str) -> None:
    expr, said = GOLDEN[operation]
    written = writer(engine)
    assert written.compile(written.expr(expr)) == said[engine]


def test_redshift_refuses_what_it_has_no_words_for() -> None:
    redshift = writer("redshift")
    first, within = v.Nth(v.At(DOC, ()), 0), v.At(v.Parsed(DOC), ("a",))
    refused = (v.AnyItem(v.At(DOC, ()), v.Literal(True)), v.HasOtherKeys(DOC, (), ("a",), ()))
    for expr in (*refused, v.Is(first, ("object",)), v.Exists(within)):
        with pytest.raises(Unsayable):
            redshift.expr(expr)


def test_redshift_reads_documents_in_texts_from_a_column_that_it_parsed_them_into() -> None:
    case = next(case for case in cases() if case.form == "text" and case.keyword == "minLength")
    table = landed(case, "redshift")
    assert table is not None
    plan = Plan((Event("Event", "event", (EventVersion("1-0-0", case.schema),)),), "revision")
    asked = bind(plan, Landed((table,))).tables[0]
    refused = unsaid(asked, writer("redshift"))
    assert all("HasOtherKeys" in why for why in refused.values()), "nothing else of it is refused"
    sql = build(without(asked, refused), Range(since=True, no_time=True), writer("redshift")).sql
    held = 'CASE WHEN CAN_JSON_PARSE("payload") THEN JSON_PARSE("payload") END'
    assert f"{held} AS tw_doc0" in sql
    assert "JSON_TYPEOF(tw_doc0." in sql
    assert 'JSON_PARSE("payload").' not in sql, "only a column is navigated"


def test_redshift_counts_the_items_of_an_array_that_was_read_out_of_a_text() -> None:
    redshift = writer("redshift")
    redshift.bind_extracted(lambda i: sa.column(f"t{i}"), lambda i: sa.column(f"k{i}"))
    said = redshift.compile(redshift.expr(v.Compare(v.ItemCount(v.Extracted(0)), ">", v.Literal(3))))
    assert "GET_ARRAY_LENGTH" in said
    assert 'JSON_PARSE("t0")' in said
    assert parsed(f"SELECT {said}", "redshift")


def test_a_placeholder_in_quotes_is_left_alone() -> None:
    from monitor.warehouse.adapters.bigquery import BigQuery  # noqa: PLC0415 - the driver is an extra

    connection: Any = None
    sql = r"SELECT '@tw_until \' 5%', `@tw_until` FROM t WHERE at < @tw_until"
    said, given = BigQuery().bound(connection, sql, {"until": UNTIL}, {})
    assert said == r"SELECT '@tw_until \' 5%%', `@tw_until` FROM t WHERE at < %(tw_until:STRING)s"
    assert given == {"tw_until": "2026-06-01 10:00:00"}


# ── dbt's fields, up to the driver's arguments ──────────────────────────────────────────────────────


def profile(kind: str, **fields: Any) -> Profile:
    return Profile(kind, {"type": kind, **fields}, Path("/profiles/profiles.yml"), "trackwarden", "dev")


def test_trino_is_called_with_dbts_fields() -> None:
    from monitor.warehouse.adapters.trino import arguments  # noqa: PLC0415 - the driver is an extra

    given = arguments(profile("trino", method="ldap", host="h", user="u", password="p", database="hive"), TERMS)
    assert (given["host"], given["port"], given["http_scheme"], given["catalog"]) == ("h", 443, "https", "hive")
    assert given["session_properties"] == {"query_max_run_time": "90s"}
    assert given["source"] == "trackwarden"
    with pytest.raises(ConfigError, match="method 'magic'"):
        arguments(profile("trino", method="magic", host="h", database="hive"), TERMS)


def test_databricks_is_called_with_dbts_fields() -> None:
    from monitor.warehouse.adapters.databricks import arguments  # noqa: PLC0415 - the driver is an extra

    given = arguments(profile("databricks", host="https://h/", http_path="/sql/1", token="t", schema="s"), TERMS)
    assert given["server_hostname"] == "h"
    assert given["session_configuration"]["STATEMENT_TIMEOUT"] == "90"
    with pytest.raises(ConfigError, match="no token"):
        arguments(profile("databricks", host="h", http_path="/sql/1", schema="s"), TERMS)


def test_redshift_begins_by_reading_only_with_names_as_they_are() -> None:
    from monitor.warehouse.adapters.redshift import arguments, settings  # noqa: PLC0415 - as above

    dev = profile("redshift", host="h", dbname="d", user="u", password="p", schema="web's")
    assert arguments(dev, TERMS)["port"] == 5439
    said = settings(dev, TERMS)
    assert "SET statement_timeout TO 90000" in said
    assert said[-1] == "SET SESSION CHARACTERISTICS AS TRANSACTION READ ONLY"
    assert 'SET search_path TO "web\'s"' in said


def test_bigquery_jobs_have_the_smaller_limit_a_label_and_an_end() -> None:
    from monitor.warehouse.adapters.bigquery import arguments  # noqa: PLC0415 - as above

    dev = profile("bigquery", project="p", dataset="d", maximum_bytes_billed=9_000_000, location="EU")
    given = arguments(dev, TERMS, project="p", dataset="d")
    config = given["default_query_job_config"]
    assert (config.maximum_bytes_billed, config.labels) == (5_000_000, {"application": "trackwarden"})
    assert (int(config.job_timeout_ms), given["location"]) == (90_000, "EU")
