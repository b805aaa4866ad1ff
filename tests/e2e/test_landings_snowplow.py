"""Snowplow's shredded tables (Redshift), recovered columns and failed events, through the whole job. On DuckDB."""

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from monitor.errors import Problems
from monitor.judge.model import Kind
from tests.fakes.landings import Job, failed, of, rows, told

NOW = datetime(2026, 6, 30, 12, tzinfo=UTC)
AT = "2026-06-30 08:10:00"
ORDER = {
    "type": "object",
    "required": ["orderId"],
    "additionalProperties": False,
    "properties": {"orderId": {"type": "string"}, "total": {"type": "number", "minimum": 0}},
}
EVENTS = """app_id VARCHAR, platform VARCHAR, event VARCHAR, event_id VARCHAR, event_vendor VARCHAR, event_name VARCHAR,
    event_format VARCHAR, event_version VARCHAR, collector_tstamp TIMESTAMP, derived_tstamp TIMESTAMP,
    etl_tstamp TIMESTAMP, load_tstamp TIMESTAMP, user_id VARCHAR"""
ROOT = """schema_vendor VARCHAR, schema_name VARCHAR, schema_format VARCHAR, schema_version VARCHAR, root_id VARCHAR,
    root_tstamp TIMESTAMP, ref_root VARCHAR, ref_tree VARCHAR, ref_parent VARCHAR"""


def _event(number: int, name: str, version: str = "1-0-0", /, **more: Any) -> dict[str, Any]:
    return {
        "app_id": "shop", "event": "unstruct", "event_id": f"e{number}", "event_vendor": "com.acme", "event_name": name,
        "event_format": "jsonschema", "event_version": version, "collector_tstamp": AT, "derived_tstamp": AT,
        "load_tstamp": AT, **more,
    }  # fmt: skip


def _payload(number: int, name: str, version: str = "1-0-0", **more: Any) -> dict[str, Any]:
    return {
        "schema_vendor": "com.acme", "schema_name": name, "schema_format": "jsonschema", "schema_version": version,
        "root_id": f"e{number}", "root_tstamp": AT, **more,
    }  # fmt: skip


# ── shredded tables ─────────────────────────────────────────────────────────────────────────────────


@pytest.fixture
def shredded(tmp_path: Path) -> Job:
    landing = {"layout": "snowplow", "source": {"column": "app_id"}, "table": "atomic.events", "id": "event_id"}
    events: dict[str, dict[str, Any]] = {
        "com.acme/HTTPRequest": {"1-0-0": ORDER, "1-0-1": ORDER},
        "com.acme/order": {"1-0-0": ORDER, "2-0-0": {"type": "object"}},
    }
    job = Job.made(tmp_path, landing, events)
    job.sql(
        "CREATE SCHEMA atomic",
        f"CREATE TABLE atomic.events ({EVENTS})",
        f"CREATE TABLE atomic.com_acme_http_request_1 ({ROOT}, order_id VARCHAR, total DOUBLE)",
        f"CREATE TABLE atomic.com_acme_order_1 ({ROOT}, order_id VARCHAR, total DOUBLE, user_id VARCHAR)",
        f"CREATE TABLE atomic.com_acme_order_1_1_0_1_recovered_87654321 ({ROOT}, order_id VARCHAR, total VARCHAR)",
    )
    landed, requests, orders, recovered = [], [], [], []
    for number in range(30):  # every second one of another version of the same MODEL
        version = "1-0-1" if number % 2 else "1-0-0"
        landed.append(_event(number, "HTTPRequest", version))
        requests.append(_payload(number, "HTTPRequest", version, order_id="o" if number >= 4 else None, total=1.0))
    for number in range(30, 50):
        landed.append(_event(number, "order", user_id="u"))
        orders.append(_payload(number, "order", order_id="o", total=-1.0 if number < 33 else 2.0))
    orders += [_payload(31, "order", order_id="o", total=2.0, user_id="v")]  # the loader wrote one twice
    for number in range(50, 62):
        landed.append(_event(number, "order"))
        recovered.append(_payload(number, "order", order_id="o" if number < 60 else None, total="12"))
    landed += [_event(70, "order", "2-0-0"), _event(71, "order", "1-0-7"), _event(72, "refund")]
    orders.append(_payload(71, "order", "1-0-7", order_id="o"))
    landed.append({"app_id": "shop", "event": "page_view", "event_id": "p", "event_vendor": "com.snowplow",
                   "event_name": "page_view", "event_version": "1-0-0", "collector_tstamp": AT})  # fmt: skip
    job.land("atomic.events", *landed)
    job.land("atomic.com_acme_http_request_1", *requests)
    job.land("atomic.com_acme_order_1", *orders)
    job.land("atomic.com_acme_order_1_1_0_1_recovered_87654321", *recovered)
    return job


def test_shredded_events_are_counted_where_their_properties_are_and_once(shredded: Job) -> None:
    outcome = shredded.run(NOW)
    assert rows(outcome) == {
        ("com.acme/HTTPRequest", "1-0-0", "shop"): 15,
        ("com.acme/HTTPRequest", "1-0-1", "shop"): 15,
        ("com.acme/order", "1-0-0", "shop"): 21 + 12,
        ("com.acme/order", "1-0-7", "shop"): 1,
        ("com.acme/order", "2-0-0", "shop"): 1,
        ("com.acme/refund", "1-0-0", "shop"): 1,
        ("com.snowplow/page_view", "1-0-0", "shop"): 1,
    }


def test_shredded_properties_are_checked_by_version(shredded: Job) -> None:
    outcome = shredded.run(NOW)
    assert failed(outcome, "com.acme/HTTPRequest", "1-0-0", "shop") == {"/orderId:required": 2}
    assert failed(outcome, "com.acme/HTTPRequest", "1-0-1", "shop") == {"/orderId:required": 2}
    assert failed(outcome, "com.acme/order", "1-0-0", "shop") == {
        "/total:minimum": 3,
        "/orderId:required": 2,
        ":additionalProperties": 1,
    }


def test_recovered_tables_unknown_versions_and_lost_payloads_are_told(shredded: Job) -> None:
    found = told(shredded.run(NOW), Kind.FAILURE_RATE)
    assert found == {
        Kind.UNEXPECTED_COLUMN: [
            ("com.acme/order", "", "com_acme_order_1_1_0_1_recovered_87654321", 12),
            ("com.acme/order", "", "user_id", 1),
        ],
        Kind.UNPLANNED_EVENT: [("com.acme/refund", "", "", 1), ("com.snowplow/page_view", "", "", 1)],
        Kind.UNKNOWN_VERSION: [("com.acme/order", "1-0-7", "", 1)],
        Kind.PAYLOAD_NOT_LANDED: [("com.acme/order", "2-0-0", "", 1)],
        Kind.DUPLICATED_IDS: [("com.acme/order", "", "atomic.com_acme_order_1", 1)],
    }


def test_a_source_that_is_said_once_reads_no_other_table(shredded: Job) -> None:
    shredded.configure(source="shop")
    assert rows(shredded.run(NOW))["com.acme/order", "1-0-0", "shop"] == 33


def test_new_rows_alone_are_measured_next_time(shredded: Job) -> None:
    shredded.run(NOW)
    late = {"collector_tstamp": "2026-06-30 11:10:00", "derived_tstamp": "2026-06-30 11:10:00"}
    shredded.land("atomic.events", _event(90, "order", **late))
    payload = {**_payload(90, "order", order_id="o"), "root_tstamp": "2026-06-30 11:10:00"}
    shredded.land("atomic.com_acme_order_1", payload)
    later = shredded.run(datetime(2026, 6, 30, 15, tzinfo=UTC))
    assert rows(later) == {("com.acme/order", "1-0-0", "shop"): 1}


# ── recovered columns ───────────────────────────────────────────────────────────────────────────────

STEM = "unstruct_event_com_acme_order_1"


@pytest.fixture
def wide(tmp_path: Path) -> Job:
    landing = {"layout": "snowplow", "source": {"column": "app_id"}, "table": "atomic.events"}
    job = Job.made(tmp_path, landing, {"com.acme/order": {"1-0-0": ORDER}, "com.acme/view": {"1-0-0": {}}})
    columns = [
        STEM,
        f"{STEM}_0_0",
        f"{STEM}_recovered_1_0_1_9a8b7c6d",
        f"{STEM}_0_1_recovered_42",
        "unstruct_event_com_acme_view_1",
    ]
    job.sql("CREATE SCHEMA atomic", f"CREATE TABLE atomic.events ({EVENTS}, {', '.join(f'{c} JSON' for c in columns)})")
    good, bad = {"order_id": "o", "total": 1}, {"total": 1}
    landed = [_event(number, "order", **{columns[number % 4]: bad if number < 4 else good}) for number in range(40)]
    landed += [_event(50 + number, "view", **{columns[4]: {}}) for number in range(5)]
    landed += [_event(60, "order", **{columns[0]: {**good, "coupon": "X"}})]
    job.land("atomic.events", *landed)
    return job


def test_old_new_and_recovered_columns_of_a_model_are_one_payload(wide: Job) -> None:
    outcome = wide.run(NOW)
    assert rows(outcome) == {("com.acme/order", "1-0-0", "shop"): 41, ("com.acme/view", "1-0-0", "shop"): 5}
    assert failed(outcome, "com.acme/order", "1-0-0", "shop") == {"/orderId:required": 4, ":additionalProperties": 1}


def test_recovered_columns_are_drift_by_name_beside_undeclared_keys(wide: Job) -> None:
    found = told(wide.run(NOW), Kind.FAILURE_RATE)
    assert {(name, count) for _, _, name, count in found[Kind.UNEXPECTED_COLUMN]} == {
        (f"{STEM}_recovered_1_0_1_9a8b7c6d", 10),
        (f"{STEM}_0_1_recovered_42", 10),
    }
    assert found[Kind.UNDECLARED_PROPERTY] == [("com.acme/order", "1-0-0", "coupon", 1)]


# ── failed events ───────────────────────────────────────────────────────────────────────────────────

FAILURE = "contexts_com_snowplowanalytics_snowplow_failure_1"


def _failure(schema: str, **error: Any) -> list[dict[str, Any]]:
    return [{"failure_type": "ValidationError", "schema": schema, "errors": [error], "component_name": "enrich"}]


@pytest.fixture
def failing(wide: Job) -> Job:
    wide.sql("CREATE SCHEMA failed", f"CREATE TABLE failed.events ({EVENTS}, {STEM} JSON, {FAILURE} JSON)")
    schema = "iglu:com.acme/order/jsonschema/1-0-0"
    nameless = {"event_vendor": None, "event_name": None, "event_version": None}
    missing = _failure(
        schema, keyword="required", path="$", targets=["orderId"], message="$.orderId: is missing but it is required"
    )
    typed = _failure(
        schema, keyword="type", path="$.total", targets=["number"], message="$.total: string found, number expected"
    )
    extra = _failure(schema, keyword="additionalProperties", path="$", targets=["x"], message="$.x: is not defined")
    entity = _failure(
        "iglu:com.acme/user/jsonschema/1-0-0", keyword="type", path="$.total", targets=["number"], message=""
    )
    other = _failure("iglu:com.acme/unheard/jsonschema/1-0-0", keyword="type", path="$.x", targets=[], message="")
    landed = [_event(200 + n, "order", **{FAILURE: missing, **nameless}) for n in range(6)]
    landed += [_event(210 + n, "order", **{FAILURE: typed, **nameless}) for n in range(3)]
    landed += [_event(220, "order", **{FAILURE: extra, **nameless}), _event(221, "order", **{FAILURE: entity})]
    landed += [
        _event(222, "order", **{FAILURE: other, **nameless}),
        _event(223, "order", **{FAILURE: entity, "event_version": None}),
    ]
    wide.land("failed.events", *landed)
    wide.configure(rejected={"table": "failed.events"})
    return wide


def test_failed_events_are_rows_of_their_version_that_failed(failing: Job) -> None:
    outcome = failing.run(NOW)
    assert rows(outcome) == {
        ("com.acme/order", "1-0-0", "shop"): 41 + 11,
        ("com.acme/order", "", "shop"): 1,
        ("com.acme/view", "1-0-0", "shop"): 5,
        ("com.acme/unheard", "1-0-0", "shop"): 1,
    }
    assert failed(outcome, "com.acme/order", "1-0-0", "shop") == {
        "/orderId:required": 4,
        ":additionalProperties": 1,
        "/orderId:rejected": 6,
        "/total:rejected": 3,
        ":rejected": 2,
    }


def test_the_rate_of_a_property_holds_what_landed_and_what_was_refused(failing: Job) -> None:
    found = {one.property: dict(one.evidence.facts) for one in of(failing.run(NOW), Kind.FAILURE_RATE)}
    assert (found["orderId"]["rows"], found["orderId"]["failing rows"]) == (52, 6)


def test_a_table_without_the_failure_is_an_error_with_its_next_step(failing: Job) -> None:
    failing.configure(rejected={"table": "atomic.events"})
    with pytest.raises(Problems) as caught:
        failing.run(NOW)
    (error,) = caught.value.errors
    assert (error.problem, error.where) == (
        f"atomic.events has no column {FAILURE}",
        "trackwarden.yml landings[0].rejected.table",
    )
