"""Before anything goes wrong, the demo's rows fit their plan, as the jsonschema library reads it."""

import json
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import duckdb
import pytest
from jsonschema import Draft202012Validator, FormatChecker

from monitor.demo.clock import Clock
from monitor.demo.events import EVENTS
from monitor.demo.sources import SOURCES
from monitor.demo.warehouse import build
from monitor.plan.model import Plan
from monitor.readers.native import read_native

ROOT = Path(__file__).parents[3]
METADATA = {"id", "anonymous_id", "user_id", "event", "event_text", "timestamp", "received_at", "sent_at"}
METADATA |= {"original_timestamp", "uuid_ts"}
FLAT = {"shipping_method", "shipping_country", "shipping_cost"}


@pytest.fixture(scope="module")
def plan() -> Plan:
    return read_native(ROOT / "tracking_plan")


@pytest.fixture(scope="module")
def db(tmp_path_factory: pytest.TempPathFactory) -> Iterator[duckdb.DuckDBPyConnection]:
    path = tmp_path_factory.mktemp("rows") / "warehouse.duckdb"
    build(path, Clock(), scale=0.02)
    with duckdb.connect(str(path), read_only=True) as connection:
        yield connection


def segment_rows(db: duckdb.DuckDBPyConnection) -> Iterator[tuple[str, str, dict[str, Any]]]:
    for event in EVENTS:
        for source in SOURCES:
            if source.layout == "segment" and source.name in event.rates:
                found = db.execute(f"SELECT * FROM {source.table}.{event.slug}")
                names = [column[0] for column in found.description or ()]
                for row in found.fetchall():
                    values = dict(zip(names, row, strict=True))
                    yield event.name, values["context_protocols_event_version"], properties(values)


def properties(values: dict[str, Any]) -> dict[str, Any]:
    """A Segment row's properties as they were sent: what is NULL was not."""
    sent = {k: v for k, v in values.items() if v is not None and k not in METADATA and not k.startswith("context_")}
    if "skus" in sent:
        sent["skus"] = json.loads(sent["skus"])
    shipping = {name.removeprefix("shipping_"): sent.pop(name) for name in FLAT & sent.keys()}
    return sent | ({"shipping": shipping} if shipping else {})


def json_rows(db: duckdb.DuckDBPyConnection) -> Iterator[tuple[str, str, dict[str, Any]]]:
    for name, version, payload in db.execute(
        "SELECT event_name, event_version, payload FROM raw.android_events"
    ).fetchall():
        yield name, version, json.loads(payload)


def test_rows_before_the_drift_fit_the_plan_but_for_one_in_a_thousand(
    db: duckdb.DuckDBPyConnection, plan: Plan
) -> None:
    validators: dict[tuple[str, str], tuple[Draft202012Validator, frozenset[str]]] = {}
    for event in plan.events:
        for planned in event.versions:
            checked = Draft202012Validator(planned.schema, format_checker=FormatChecker())
            validators[event.name, planned.version] = checked, frozenset(planned.schema["properties"])
    rows, failed, seen = Counter[str](), Counter[str](), set[tuple[str, str]]()
    for name, version, sent in (*segment_rows(db), *json_rows(db)):
        checked, declared = validators[name, version]
        assert sent.keys() <= declared, (name, version)
        rows[name] += 1
        failed[name] += not checked.is_valid(sent)
        seen.add((name, version))
    assert seen == validators.keys()
    assert {name for name, count in failed.items() if count} <= {"Search Performed", "Screen Viewed"}
    assert all(failed[name] / rows[name] < 0.005 for name in rows)


def test_every_planned_property_has_a_value_somewhere_in_each_version(
    db: duckdb.DuckDBPyConnection, plan: Plan
) -> None:
    held: dict[tuple[str, str], set[str]] = {}
    for rows in (segment_rows(db), json_rows(db)):
        for name, version, sent in rows:
            held.setdefault((name, version), set()).update(sent)
    for event in plan.events:
        for planned in event.versions:
            assert held[event.name, planned.version] == planned.schema["properties"].keys(), (
                event.name,
                planned.version,
            )


def test_retired_versions_end_before_the_day_that_the_plan_gives(db: duckdb.DuckDBPyConnection, plan: Plan) -> None:
    retired = {(e.name, v.version): v.until for e in plan.events for v in e.versions if v.status == "retired"}
    assert len(retired) == 2
    for (name, version), until in retired.items():
        slug = name.lower().replace(" ", "_")
        for table, column in ((f"web_prod.{slug}", ""), (f"ios_prod.{slug}", ""), ("raw.android_events", "event_")):
            where = f"{column or 'context_protocols_event_'}version = '{version}'"
            where += f" AND event_name = '{name}'" if column else ""
            row = db.execute(f"SELECT max(received_at)::DATE FROM {table} WHERE {where}").fetchone()
            assert row is not None
            assert row[0] is not None
            assert until is not None
            assert row[0] < until, (name, table)
