"""Segment's rows and its forwarded violations, through the whole job; and Jitsu's, which look alike."""

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from monitor.cli.checks import examine
from monitor.errors import ExitCode
from monitor.incidents.model import State
from monitor.judge.model import Kind
from monitor.landing.naming import segment_name
from tests.fakes.landings import Job, failed, of, rows, told

NOW = datetime(2026, 6, 30, 12, tzinfo=UTC)
AT = "2026-06-30 08:10:00"
ORDER = {
    "type": "object",
    "required": ["order_id", "total"],
    "properties": {"order_id": {"type": "string"}, "total": {"type": "number", "minimum": 0}},
}
METADATA = """id VARCHAR, anonymous_id VARCHAR, user_id VARCHAR, event VARCHAR, event_text VARCHAR,
    "timestamp" TIMESTAMP, original_timestamp TIMESTAMP, sent_at TIMESTAMP, received_at TIMESTAMP, uuid_ts TIMESTAMP,
    context_app_version VARCHAR, context_protocols_event_version BIGINT, context_protocols_violations VARCHAR"""
VIOLATIONS = """id VARCHAR, event VARCHAR, event_text VARCHAR, received_at TIMESTAMP, "timestamp" TIMESTAMP,
    app_version VARCHAR, event_message_id VARCHAR, event_name VARCHAR, event_timestamp TIMESTAMP, source_slug VARCHAR,
    tracking_plan_id VARCHAR, violation_type VARCHAR, violation_field VARCHAR, violation_description VARCHAR"""


def _event(number: int, text: str, **more: Any) -> dict[str, Any]:
    slug = text.lower().replace(" ", "_")
    return {"id": f"m{number}", "event": slug, "event_text": text, "received_at": AT, "timestamp": AT, **more}


def _violation(message: str, field: str | None, event: str = "Order Completed", **more: Any) -> dict[str, Any]:
    return {
        "id": f"v-{message}-{field}", "event": "violation_generated", "event_text": "Violation Generated",
        "received_at": AT, "timestamp": AT, "event_timestamp": "0001-01-01 00:00:00", "event_message_id": message,
        "event_name": event, "source_slug": "web-prod", "violation_type": "Required", "violation_field": field, **more,
    }  # fmt: skip


@pytest.fixture
def job(tmp_path: Path) -> Job:
    landing = {"layout": "segment", "source": "web", "schema": "web_prod", "id": "id"}
    two = {"1-0-0": {"type": "object"}, "2-0-0": {"type": "object"}}
    job = Job.made(tmp_path, landing, {"Order Completed": {"1-0-0": ORDER}, "Cart Emptied": two})
    job.sql(
        "CREATE SCHEMA web_prod",
        f"CREATE TABLE web_prod.tracks ({METADATA})",
        f"CREATE TABLE web_prod.order_completed ({METADATA}, order_id VARCHAR, total DOUBLE)",
        f"CREATE TABLE web_prod.cart_emptied ({METADATA})",
        f"CREATE TABLE web_prod.violation_generated ({VIOLATIONS})",
    )
    orders = [_event(n, "Order Completed", order_id=f"o{n}", total=None if n < 4 else 1.5) for n in range(80)]
    carts = [_event(100 + n, "Cart Emptied") for n in range(3)]
    job.land("web_prod.order_completed", *orders)
    job.land("web_prod.cart_emptied", *carts)
    bare = ("order_id", "total")
    job.land("web_prod.tracks", *({k: v for k, v in one.items() if k not in bare} for one in (*orders, *carts)))
    blocked = [_violation(f"b{n}", "properties.order_id") for n in range(12)]
    blocked += [_violation("b0", "total"), _violation("b12", "properties.total.amount"), _violation("b13", None)]
    let_in = [_violation(f"m{n}", "total") for n in range(4)]  # not blocked: they landed, and are counted there
    others = [_violation("c1", "x", "Cart Emptied"), _violation("c2", "x", "Basket Filled")]
    job.land("web_prod.violation_generated", *blocked, *let_in, *others)
    return job


def test_rejected_events_are_rows_that_failed(job: Job) -> None:
    outcome = job.run(NOW)
    assert rows(outcome) == {
        ("Order Completed", "1-0-0", "web"): 80 + 14,
        ("Cart Emptied", "1-0-0", "web"): 3,
        ("Cart Emptied", "", "web"): 1,
        ("Basket Filled", "", "web"): 1,
    }
    assert failed(outcome, "Order Completed", "1-0-0") == {
        "/total:required": 4,
        "/order_id:rejected": 12,
        "/total:rejected": 1,
        ":rejected": 1,
    }
    assert outcome.sums["Order Completed", "1-0-0", "web"].invalid == 4 + 14


def test_the_failure_rate_counts_what_landed_and_what_was_refused(job: Job) -> None:
    found = {one.property or one.evidence.rules[0][0]: one for one in of(job.run(NOW), Kind.FAILURE_RATE)}
    facts = {name: dict(one.evidence.facts) for name, one in found.items()}
    assert (facts["order_id"]["failing rows"], facts["order_id"]["rows"]) == (12, 94)
    assert found["order_id"].evidence.rules == (("order_completed@1-0-0#/order_id:rejected", 12),)


def test_rejected_rows_without_a_version_say_so(job: Job) -> None:
    found = told(job.run(NOW))
    assert found[Kind.UNKNOWN_VERSION] == [("Cart Emptied", "", "", 1)]
    assert found[Kind.UNPLANNED_EVENT] == [("Basket Filled", "", "", 1)]


def test_without_tracks_the_events_own_tables_tell_what_landed(job: Job) -> None:
    job.sql("DROP TABLE web_prod.tracks")
    assert rows(job.run(NOW))["Order Completed", "1-0-0", "web"] == 80 + 14


def test_one_table_may_hold_the_violations_of_several_sources(job: Job) -> None:
    job.sql(
        "CREATE SCHEMA violations",
        "CREATE TABLE violations.violation_generated AS FROM web_prod.violation_generated",
        """UPDATE violations.violation_generated SET source_slug = 'ios-prod'
           WHERE violation_field = 'properties.order_id'""",
        "DROP TABLE web_prod.violation_generated",
    )
    job.configure(rejected={"table": "violations.violation_generated", "source_slug": "web-prod"})
    outcome = job.run(NOW)
    assert failed(outcome, "Order Completed", "1-0-0") == {
        "/total:required": 4,
        "/total:rejected": 2,
        ":rejected": 1,
    }
    assert "violations.violation_generated:web-prod" in outcome.sums["Order Completed", "1-0-0", "web"].tables


def test_a_table_of_violations_that_is_not_there_could_not_be_measured(job: Job) -> None:
    job.configure(rejected={"table": "violations.violation_generated"})
    assert [one.table for one in job.run(NOW).unmeasured] == ["violations.violation_generated"]


def test_a_second_run_measures_nothing_and_finds_the_same(job: Job) -> None:
    first, second = job.run(NOW), job.run(NOW)
    assert (second.totals.rows, second.findings) == (0, first.findings)


def test_a_schema_whose_last_table_is_gone_is_unknown_and_its_events_are_not_called_never_seen(job: Job) -> None:
    job.run(NOW)
    job.sql(
        *(
            f"DROP TABLE web_prod.{name}"
            for name in ("tracks", "order_completed", "cart_emptied", "violation_generated")
        )
    )
    outcome = job.run(datetime(2026, 6, 30, 14, tzinfo=UTC))
    assert outcome.exit_code(None) is ExitCode.PARTIAL
    assert [(one.table, one.events) for one in outcome.unmeasured] == [
        ("web_prod.*", ("Cart Emptied", "Order Completed"))
    ]
    assert of(outcome, Kind.NOT_SEEN) == of(outcome, Kind.NO_DATA) == []
    later = job.run(datetime(2026, 6, 30, 16, tzinfo=UTC))
    closed = {step.after.state for run in (outcome, later) for step in run.transitions} - {State.OPEN, State.KNOWN}
    assert not closed, "nothing is resolved, or withdrawn, by silence"


# ── names that collide ──────────────────────────────────────────────────────────────────────────────


@pytest.fixture
def crowded(tmp_path: Path) -> Job:
    clash = {"type": "object", "properties": {"ID": {"type": "string"}, "_id": {"type": "string"}}}
    events: dict[str, dict[str, Any]] = {
        "Order Completed": {"1-0-0": {"type": "object"}},
        "orderCompleted": {"1-0-0": clash},
    }
    job = Job.made(tmp_path, {"layout": "segment", "source": "web", "schema": "web_prod"}, events)
    job.sql("CREATE SCHEMA web_prod", f"CREATE TABLE web_prod.order_completed ({METADATA})")
    job.land(
        "web_prod.order_completed",
        _event(1, "Order Completed"),
        _event(2, "orderCompleted"),
        _event(3, "orderCompleted"),
    )
    return job


def test_two_events_in_one_table_are_told_apart_by_what_was_sent(crowded: Job) -> None:
    assert rows(crowded.run(NOW)) == {("Order Completed", "1-0-0", "web"): 1, ("orderCompleted", "1-0-0", "web"): 2}


def test_doctor_names_what_collides_and_what_a_version_map_has_too_much(crowded: Job) -> None:
    (crowded.root / "versions.yml").write_text('web: {Order Compleded: {"<2": 1-0-0}}\n')
    crowded.configure(version=[{"app_version": "versions.yml"}, {"fallback": "oldest"}])
    said = {answer.said: answer.hint for answer in examine(crowded.root) if answer.name == "landings"}
    assert said == {
        "trackwarden.yml landings[0]: 'ID' and '_id' of orderCompleted 1-0-0 share the column id": (
            "what landed there may be any of them: rename all but one"
        ),
        "trackwarden.yml landings[0]: 'ID' of orderCompleted is named like the collector's own column id": (
            "it does not land: rename the property"
        ),
        "trackwarden.yml landings[0]: '_id' of orderCompleted is named like the collector's own column id": (
            "it does not land: rename the property"
        ),
        "versions.yml web.Order Compleded: event 'Order Compleded' is not in the plan": (
            "did you mean 'Order Completed'?"
        ),
    }


def test_events_that_cannot_be_told_apart_are_named_by_doctor(crowded: Job) -> None:
    crowded.sql("ALTER TABLE web_prod.order_completed DROP COLUMN event_text")
    assert rows(crowded.run(NOW)) == {("Order Completed", "1-0-0", "web"): 3}
    (answer,) = (one for one in examine(crowded.root) if "land in one table" in one.said)
    assert "'orderCompleted' and 'Order Completed' land in one table, web_prod.order_completed" in answer.said
    assert answer.code is ExitCode.OK


# ── a real plan ─────────────────────────────────────────────────────────────────────────────────────


def test_every_event_of_a_real_segment_plan_finds_its_table(tmp_path: Path, shared: Path) -> None:
    plan = json.loads((shared / "data" / "segment-typewriter" / "plan.json").read_text())
    tracked = [rule for rule in plan["rules"] if rule["type"] == "TRACK" and segment_name(rule["key"])]
    named = {rule["key"]: {"1-0-0": {"type": "object"}} for rule in tracked}
    assert len(named) > 5
    job = Job.made(tmp_path, {"layout": "segment", "source": "web", "schema": "web_prod"}, named)
    job.sql("CREATE SCHEMA web_prod")
    for number, name in enumerate(named):
        table = segment_name(name)
        job.sql(f'CREATE TABLE IF NOT EXISTS web_prod."{table}" ({METADATA})')
        job.land(f'web_prod."{table}"', _event(number, name))
    assert rows(job.run(NOW)) == {(name, "1-0-0", "web"): 1 for name in named}


# ── Jitsu ───────────────────────────────────────────────────────────────────────────────────────────

SIGNED = {
    "type": "object",
    "required": ["userID"],
    "properties": {"userID": {"type": "string"}, "planName": {"type": "string", "enum": ["free", "pro"]}},
}
JITSU = """message_id VARCHAR, type VARCHAR, event VARCHAR, "timestamp" TIMESTAMP, received_at TIMESTAMP,
    anonymous_id VARCHAR, user_id VARCHAR, context_ip VARCHAR, context_page_url VARCHAR"""


def test_jitsus_single_table_tells_events_apart_and_calls_from_events(tmp_path: Path) -> None:
    landing = {"layout": "jitsu", "source": "web", "table": "jitsu.events", "id": "message_id"}
    job = Job.made(tmp_path, landing, {"Signed Up": {"1-0-0": SIGNED}, "Plan Changed": {"1-0-0": {"type": "object"}}})
    job.sql(
        "CREATE SCHEMA jitsu",
        f"CREATE TABLE jitsu.events ({JITSU}, user_i_d VARCHAR, plan_name VARCHAR, colour VARCHAR)",
    )
    base = {"type": "track", "timestamp": AT, "received_at": AT}
    signed = [
        {
            **base,
            "message_id": f"s{n}",
            "event": "Signed Up",
            "user_i_d": None if n < 4 else f"u{n}",
            "plan_name": "pro",
        }
        for n in range(30)
    ]
    changed = [{**base, "message_id": f"c{n}", "event": "Plan Changed", "colour": "red"} for n in range(12)]
    page = {**base, "type": "page", "message_id": "p", "context_page_url": "https://example.com"}
    job.land("jitsu.events", *signed, signed[-1], *changed, page)
    outcome = job.run(NOW)
    assert rows(outcome) == {
        ("Signed Up", "1-0-0", "web"): 31,
        ("Plan Changed", "1-0-0", "web"): 12,
        ("page", "", "web"): 1,
    }
    assert failed(outcome, "Signed Up", "1-0-0") == {"/userID:required": 4}
    found = told(outcome, Kind.FAILURE_RATE)
    assert found == {
        Kind.UNEXPECTED_COLUMN: [("", "", "colour", 12)],
        Kind.DUPLICATED_IDS: [("", "", "jitsu.events", 1)],
    }


def test_jitsus_table_per_event_is_called_as_the_event(tmp_path: Path) -> None:
    job = Job.made(tmp_path, {"layout": "jitsu", "source": "web", "schema": "jitsu"}, {"Signed Up": {"1-0-0": SIGNED}})
    job.sql(
        "CREATE SCHEMA jitsu",
        f"CREATE TABLE jitsu.tracks ({JITSU})",
        f'CREATE TABLE jitsu."Signed_Up" ({JITSU}, user_i_d VARCHAR)',
    )
    row = {"message_id": "s", "event": "Signed Up", "timestamp": AT, "received_at": AT, "user_i_d": "u"}
    job.land('jitsu."Signed_Up"', row, {**row, "user_i_d": None})
    job.land("jitsu.tracks", {key: value for key, value in row.items() if key != "user_i_d"})
    outcome = job.run(NOW)
    assert rows(outcome) == {("Signed Up", "1-0-0", "web"): 2}
    assert failed(outcome, "Signed Up", "1-0-0") == {"/userID:required": 1}
