"""RudderStack's rows, as its warehouse destinations land them, through the whole job."""

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from monitor.judge.model import Kind
from tests.fakes.landings import Job, failed, of, rows, told

NOW = datetime(2026, 6, 30, 12, tzinfo=UTC)
AT = "2026-06-30 08:10:00"
ORDER = {
    "type": "object",
    "required": ["orderId", "total"],
    "additionalProperties": False,
    "properties": {
        "orderId": {"type": "string"},
        "total": {"type": "number", "minimum": 0},
        "shippingAddress": {"type": "object", "properties": {"line2": {"type": "string"}}},
        "user": {"type": "string"},
    },
}
METADATA = """id VARCHAR, anonymous_id VARCHAR, user_id VARCHAR, event VARCHAR, event_text VARCHAR, channel VARCHAR,
    "timestamp" TIMESTAMP, original_timestamp TIMESTAMP, sent_at TIMESTAMP, received_at TIMESTAMP, uuid_ts TIMESTAMP,
    context_ip VARCHAR, context_tracking_plan_id VARCHAR, context_tracking_plan_version BIGINT,
    context_violation_errors VARCHAR"""


def _base(number: int, event: str, text: str) -> dict[str, Any]:
    return {
        "id": f"m{number}",
        "event": event,
        "event_text": text,
        "received_at": AT,
        "timestamp": AT,
        "context_tracking_plan_id": "tp_1",
        "context_tracking_plan_version": 3,
    }


@pytest.fixture
def job(tmp_path: Path) -> Job:
    landing = {"layout": "rudderstack", "source": "web", "schema": "rudder_web", "id": "id"}
    events: dict[str, dict[str, Any]] = {
        "Order Completed": {"1-0-0": ORDER},
        "omega v2": {"1-0-0": {"type": "object"}},
        "Tracks": {"1-0-0": {}},
    }
    job = Job.made(tmp_path, landing, events)
    job.sql(
        "CREATE SCHEMA rudder_web",
        f"CREATE TABLE rudder_web.tracks ({METADATA})",
        f"CREATE TABLE rudder_web.identifies ({METADATA})",
        f"""CREATE TABLE rudder_web.order_completed ({METADATA}, order_id VARCHAR, total DOUBLE,
            shipping_address_line2 VARCHAR, _user VARCHAR, coupon VARCHAR)""",
        f"CREATE TABLE rudder_web.omega_v2 ({METADATA})",
        f"CREATE TABLE rudder_web._tracks ({METADATA})",
        f"CREATE TABLE rudder_web.cart_emptied ({METADATA})",
        """CREATE TABLE rudder_web.rudder_discards (table_name VARCHAR, row_id VARCHAR, column_name VARCHAR,
            column_value VARCHAR, reason VARCHAR, received_at TIMESTAMP, uuid_ts TIMESTAMP)""",
    )
    tracks, orders, discards = [], [], []
    for number in range(40):
        row = _base(number, "order_completed", "Order Completed")
        tracks.append(row)
        # 5 rows: `total` was sent as text and discarded; 3 rows: it was not sent at all.
        total = {} if number < 8 else {"total": 9.5}
        order = {} if number == 39 else {"order_id": f"o{number}"}
        extra = {"coupon": "SPRING"} if number >= 36 else {}
        orders.append({**row, **total, **order, **extra, "_user": "buyer"})
        if number < 5:
            discard = {"table_name": "order_completed", "row_id": f"m{number}", "column_name": "total"}
            more = {"column_value": "nine", "reason": "incompatible schema conversion", "received_at": AT}
            discards.append({**discard, **more})
    discards.append({"table_name": "order_completed", "row_id": "m0", "column_name": "coupon"})
    discards.append({"table_name": "omega_v2", "row_id": "m9", "column_name": "total"})
    orders.append({**_base(10, "order_completed", "Order Completed"), "order_id": "o", "total": 1})
    job.land("rudder_web.tracks", *tracks)
    job.land("rudder_web.order_completed", *orders)
    job.land("rudder_web.rudder_discards", *discards)
    job.land("rudder_web.omega_v2", _base(100, "omega_v2", "omega v2"), _base(101, "omega_v2", "omega v2"))
    job.land("rudder_web._tracks", _base(102, "_tracks", "Tracks"))
    job.land("rudder_web.cart_emptied", _base(103, "cart_emptied", "Cart Emptied"))
    return job


def test_every_event_is_counted_once_though_tracks_holds_it_too(job: Job) -> None:
    assert rows(job.run(NOW)) == {
        ("Order Completed", "1-0-0", "web"): 41,
        ("omega v2", "1-0-0", "web"): 2,
        ("Tracks", "1-0-0", "web"): 1,
        ("Cart Emptied", "", "web"): 1,
    }


def test_a_required_value_that_was_discarded_is_not_missing(job: Job) -> None:
    outcome = job.run(NOW)
    assert failed(outcome, "Order Completed", "1-0-0") == {
        "/total:discarded": 5,
        "/total:required": 3,
        "/orderId:required": 1,
        ":additionalProperties": 4,
    }
    assert outcome.sums["Order Completed", "1-0-0", "web"].invalid == 12, (
        "the row without an id carries a coupon as well"
    )


def test_discards_failures_drift_and_repeated_ids_are_findings(job: Job) -> None:
    found = told(job.run(NOW), Kind.UNPLANNED_EVENT)
    assert found == {
        Kind.FAILURE_RATE: [("Order Completed", "1-0-0", "total", 5)],
        Kind.UNEXPECTED_COLUMN: [("Order Completed", "", "coupon", 4)],
        Kind.DUPLICATED_IDS: [("Order Completed", "", "rudder_web.order_completed", 1)],
    }


def test_the_finding_names_the_rule_that_a_discard_breaks(job: Job) -> None:
    (total,) = of(job.run(NOW), Kind.FAILURE_RATE)
    prefix = "order_completed@1-0-0#/total"
    assert total.evidence.rules == ((f"{prefix}:discarded", 5), (f"{prefix}:required", 3))


def test_without_discards_every_null_is_missing(job: Job) -> None:
    job.sql("DROP TABLE rudder_web.rudder_discards")
    assert failed(job.run(NOW), "Order Completed", "1-0-0")["/total:required"] == 8


def test_tracks_alone_still_counts_events(job: Job) -> None:
    for table in ("order_completed", "omega_v2", "_tracks", "cart_emptied"):
        job.sql(f"DROP TABLE rudder_web.{table}")
    outcome = job.run(NOW)
    assert rows(outcome) == {("Order Completed", "1-0-0", "web"): 40}
    assert told(outcome)[Kind.PAYLOAD_NOT_LANDED] == [("Order Completed", "1-0-0", "", 40)]


def test_names_in_upper_case_are_the_same_names_as_on_snowflake(job: Job) -> None:
    columns = [name for (name,) in job.sql("SELECT column_name FROM (DESCRIBE rudder_web.order_completed)")]
    job.sql(*(f'ALTER TABLE rudder_web.order_completed RENAME "{name}" TO "{name.upper()}_"' for name in columns))
    job.sql(*(f'ALTER TABLE rudder_web.order_completed RENAME "{n.upper()}_" TO "{n.upper()}"' for n in columns))
    job.sql(
        "ALTER TABLE rudder_web.order_completed RENAME TO order_completed_",
        'ALTER TABLE rudder_web.order_completed_ RENAME TO "ORDER_COMPLETED"',
        "UPDATE rudder_web.rudder_discards SET table_name = upper(table_name), column_name = upper(column_name)",
    )
    outcome = job.run(NOW)
    assert rows(outcome)["Order Completed", "1-0-0", "web"] == 41
    assert failed(outcome, "Order Completed", "1-0-0") == {
        "/total:discarded": 5,
        "/total:required": 3,
        "/orderId:required": 1,
        ":additionalProperties": 4,
    }
