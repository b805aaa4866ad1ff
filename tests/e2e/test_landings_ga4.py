"""Google Analytics 4's export, as BigQuery holds it: a table a day, parameters as lists of structs. On DuckDB."""

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from monitor.judge.model import Kind
from tests.fakes.landings import Job, failed, of, rows, told

NOW = datetime(2026, 7, 3, 12, tzinfo=UTC)
PURCHASE = {
    "type": "object",
    "required": ["currency", "value"],
    "properties": {
        "currency": {"type": "string", "enum": ["EUR", "USD"]},
        "value": {"type": "number", "minimum": 0},
        "items": {
            "type": "array",
            "items": {
                "type": "object",
                "properties": {"item_id": {"type": "string"}, "price": {"type": "number", "minimum": 0}},
            },
        },
    },
}
SCHEMA = """event_date VARCHAR, event_timestamp BIGINT, event_name VARCHAR,
    event_params STRUCT("key" VARCHAR, "value" STRUCT(string_value VARCHAR, int_value BIGINT, float_value DOUBLE,
        double_value DOUBLE))[],
    user_pseudo_id VARCHAR, stream_id VARCHAR, platform VARCHAR, app_info STRUCT(id VARCHAR, version VARCHAR),
    items STRUCT(item_id VARCHAR, item_name VARCHAR, price DOUBLE, quantity BIGINT)[]"""


def _param(key: str, value: Any) -> str:
    kinds = {str: "string_value", int: "int_value", float: "double_value"}
    held = dict.fromkeys(("string_value", "int_value", "float_value", "double_value"), "NULL")
    held[kinds[type(value)]] = repr(value)
    inside = ", ".join(f"'{kind}': {text}" for kind, text in held.items())
    return f"{{'key': '{key}', 'value': {{{inside}}}}}"


def _row(name: str, at: str, params: dict[str, Any], items: str = "[]", platform: str = "WEB") -> str:
    when = int(datetime.fromisoformat(f"{at}+00:00").timestamp() * 1_000_000)
    listed = ", ".join(_param(key, value) for key, value in params.items())
    day = at[:10].replace("-", "")
    return f"('{day}', {when}, '{name}', [{listed}], 'p1', 's1', '{platform}', NULL, {items})"


def _land(job: Job, table: str, *landed: str) -> None:
    job.sql(
        f"CREATE TABLE IF NOT EXISTS analytics_1.{table} ({SCHEMA})",
        f"INSERT INTO analytics_1.{table} VALUES {', '.join(landed)}",
    )


GOOD = {"currency": "EUR", "value": 9.5, "ga_session_id": 17, "page_title": "Thanks"}
ITEMS = "[{'item_id': 'sku', 'item_name': NULL, 'price': 9.5, 'quantity': 1}]"


@pytest.fixture
def job(tmp_path: Path) -> Job:
    landing = {"layout": "ga4", "source": {"column": "platform"}, "schema": "analytics_1"}
    job = Job.made(tmp_path, landing, {"purchase": {"1-0-0": PURCHASE}})
    job.sql("CREATE SCHEMA analytics_1")
    first = [_row("purchase", "2026-06-29 10:00:00", GOOD, ITEMS) for _ in range(30)]
    # One parameter moves between the types: whole numbers are ints, and a tag that quotes sends texts.
    first += [_row("purchase", "2026-06-29 11:00:00", {**GOOD, "value": 9}) for _ in range(6)]
    first += [_row("purchase", "2026-06-29 11:00:00", {**GOOD, "value": "9.50"}) for _ in range(8)]
    first += [_row("page_view", "2026-06-29 11:00:00", {"page_title": "Home"}) for _ in range(50)]
    second = [_row("purchase", "2026-06-30 10:00:00", {**GOOD, "currency": "DKK"}, platform="IOS") for _ in range(7)]
    second += [_row("purchase", "2026-06-30 10:00:00", {**GOOD, "coupon_code": "X"}, platform="IOS") for _ in range(12)]
    second += [_row("wishlist", "2026-06-30 10:00:00", {}) for _ in range(3)]
    _land(job, "events_20260629", *first)
    _land(job, "events_20260630", *second)
    _land(job, "events_intraday_20260630", *second)  # not yet taken away
    _land(job, "events_intraday_20260701", _row("purchase", "2026-07-01 10:00:00", GOOD, "NULL"))
    return job


def test_all_days_are_one_table_and_a_day_counts_once(job: Job) -> None:
    outcome = job.run(NOW)
    assert rows(outcome) == {
        ("purchase", "1-0-0", "WEB"): 30 + 6 + 8 + 1,
        ("purchase", "1-0-0", "IOS"): 7 + 12,
        ("page_view", "", "WEB"): 50,
        ("wishlist", "", "WEB"): 3,
    }
    assert {table for one in outcome.sums.values() for table in one.tables} == {"analytics_1.events_*"}


def test_a_parameter_that_moves_between_types_fails_only_where_it_is_a_text(job: Job) -> None:
    outcome = job.run(NOW)
    assert failed(outcome, "purchase", "1-0-0", "WEB") == {"/value:type": 8}
    assert failed(outcome, "purchase", "1-0-0", "IOS") == {"/currency:enum": 7}


def test_googles_own_parameters_and_events_are_nobodys_to_plan(job: Job) -> None:
    found = told(job.run(NOW))
    assert found[Kind.UNDECLARED_PROPERTY] == [("purchase", "1-0-0", "coupon_code", 12)]
    assert found[Kind.UNPLANNED_EVENT] == [("wishlist", "", "", 3)]


def test_a_new_day_is_measured_alone(job: Job) -> None:
    job.run(NOW)
    _land(job, "events_20260702", *(_row("purchase", "2026-07-02 09:00:00", GOOD) for _ in range(4)))
    later = job.run(datetime(2026, 7, 4, 14, tzinfo=UTC))
    assert rows(later)["purchase", "1-0-0", "WEB"] == 4


def test_a_dataset_without_a_day_could_not_be_measured(job: Job) -> None:
    for table in ("events_20260629", "events_20260630", "events_intraday_20260630", "events_intraday_20260701"):
        job.sql(f"DROP TABLE analytics_1.{table}")
    outcome = job.run(NOW)
    assert [(one.table, one.events) for one in outcome.unmeasured] == [("analytics_1.events_*", ("purchase",))]
    assert of(outcome, Kind.NOT_SEEN) == []


def test_days_of_another_type_are_left_out_and_named(job: Job) -> None:
    job.sql(
        "CREATE TABLE analytics_1.events_20200101 AS SELECT * REPLACE ([1] AS items) FROM analytics_1.events_20260629"
    )
    outcome = job.run(NOW)
    assert sum(rows(outcome).values()) == 45 + 19 + 50 + 3
    (note,) = outcome.landed.notes
    assert note.problem.startswith("1 days up to events_20200101 are left out")
