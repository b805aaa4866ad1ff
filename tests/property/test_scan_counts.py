"""A scan's counts equal counting the same rows in Python with the `jsonschema` library."""

import json
from collections import Counter
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any, NamedTuple

from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from monitor.catalog import Table
from monitor.contract import bind
from monitor.contract.model import BoundVersion, Compiled, Contract
from monitor.landing.model import InDocument, Landed, LandedEvent, LandedTable
from monitor.measure.read import Read, read
from monitor.measure.rows import Range
from monitor.measure.scan import build
from monitor.plan.model import Event, EventVersion, Plan
from monitor.sql import vocabulary as v
from monitor.sql.engines import writer
from tests.fakes.duck import Duck
from tests.property.oracle import broken, carried, required
from tests.property.strategies import instances, landed, versions

DUCK = Duck()
START = datetime(2026, 6, 1, tzinfo=UTC)
UNTIL = START + timedelta(days=1)
NO_DOCUMENT = "no document"
EXAMPLES = settings(
    max_examples=100,
    deadline=None,
    suppress_health_check=list(HealthCheck),
    phases=(Phase.explicit, Phase.reuse, Phase.generate),  # shrinking whole tables takes minutes
)


class Row(NamedTuple):
    event: str
    version: str | None
    source: str | None
    hour: int
    document: Any


def documents_plan(schemas: Sequence[Sequence[Any]]) -> Plan:
    """An event per list of schemas, a version per schema."""
    return Plan(
        tuple(
            Event(f"Event {e}", f"event_{e}", tuple(EventVersion(f"1-{n}-0", schema) for n, schema in enumerate(held)))
            for e, held in enumerate(schemas)
        ),
        "revision",
    )


def in_documents(plan: Plan, table: Table, doc: v.Expr) -> LandedTable:
    return LandedTable(
        table,
        "0",
        tuple(LandedEvent(event.name, (event.name, event.key), InDocument(doc, "original")) for event in plan.events),
        event=v.Column("event_name"),
        version=v.Column("version"),
        source=v.Column("platform"),
        time=v.Column("at"),
        received=None,
        loaded=None,
        own_columns=frozenset({"event_name", "version", "platform", "payload", "at"}),
    )


def scanned(contract: Contract) -> Read:
    """The first table's scan, run and read."""
    scan = build(contract.tables[0], Range(since=False, no_time=True), writer("duckdb"))
    return read(DUCK.query(scan.sql, {"until": UNTIL}), scan.map)


def compiled(version: BoundVersion) -> set[str]:
    return {rule.id for rule in version.rules if isinstance(rule.verdict, Compiled)}


def failing(version: BoundVersion, schema: Any, document: Any) -> set[str]:
    """The ids of the compiled rules that a document breaks."""
    if document is NO_DOCUMENT:
        ends = required(schema)
    elif isinstance(document, dict):
        ends = broken(schema, document)
    else:  # a landed row whose document is no object lacks all properties, too
        ends = {":type"} | required(schema)
    return {f"{version.key}@{version.version}#{end}" for end in ends} & compiled(version)


def counted_in_python(plan: Plan, contract: Contract, rows: Sequence[Row]) -> dict[str, Counter[Any]]:
    bound = {(version.event, version.version): version for version in contract.tables[0].versions}
    counts: dict[str, Counter[Any]] = {
        name: Counter() for name in ("rows", "invalid", "undeclared", "present", "failed")
    }
    for row in rows:
        event = next((event for event in plan.events if row.event in {event.name, event.key}), None)
        spelling = (row.version or "").replace(".", "-")
        version = bound.get((event.name, spelling)) if event else None
        shown = spelling if version else row.version or ""
        key = (event.name if event else row.event, shown, row.source or "", row.hour)
        counts["rows"][key] += 1
        if event is None or version is None:
            continue
        planned = event.version(version.version)
        assert planned is not None
        failed = failing(version, planned.schema, row.document)
        counts["invalid"][key] += bool(failed)
        counts["failed"].update((*key, rule) for rule in failed)
        if isinstance(row.document, dict):
            counts["undeclared"][key] += bool(set(row.document) - set(planned.schema["properties"]))
        counts["present"].update(
            (*key, p.pointer) for p in version.properties if carried(row.document, unpointed(p.pointer))
        )
    return {name: +counter for name, counter in counts.items()}


def unpointed(pointer: str) -> list[str]:
    return [key.replace("~1", "/").replace("~0", "~") for key in pointer.split("/")[1:]]


def counted_by_scan(found: Read) -> dict[str, Counter[Any]]:
    counts: dict[str, Counter[Any]] = {
        name: Counter() for name in ("rows", "invalid", "undeclared", "present", "failed")
    }
    first = int(START.timestamp()) // 3600
    for count in found.counts:
        series = found.series[count.series]
        key = (series.event, series.version, series.source, count.hour - first)
        assert count.window == count.hour
        counts["rows"][key] += count.rows
        counts["invalid"][key] += count.invalid
        counts["undeclared"][key] += count.undeclared
        pointers = found.properties[count.series]
        for pointer, n in zip(pointers, count.present, strict=True):
            counts["present"][*key, pointer] += n
    for failure in found.failures:
        series = found.series[failure.series]
        counts["failed"][series.event, series.version, series.source, failure.hour - first, failure.rule] += (
            failure.failed
        )
    return {name: +counter for name, counter in counts.items()}


def differences(scan: dict[str, Counter[Any]], python: dict[str, Counter[Any]]) -> dict[Any, tuple[int, int]]:
    """What the two counted differently: the scan's number, Python's."""
    return {
        (name, *key): (scan[name][key], python[name][key])
        for name in python
        for key in scan[name].keys() | python[name].keys()
        if scan[name][key] != python[name][key]
    }


@st.composite
def document_tables(draw: st.DrawFn) -> tuple[Plan, list[Row]]:
    schemas = draw(st.lists(st.lists(versions(), min_size=1, max_size=3), min_size=1, max_size=2))
    plan = documents_plan(schemas)
    rows: list[Row] = []
    for _ in range(draw(st.integers(0, 12))):
        e = draw(st.integers(0, len(schemas) - 1))
        n = draw(st.integers(0, len(schemas[e]) - 1))
        name = draw(st.sampled_from([f"Event {e}"] * 4 + [f"event_{e}"] * 2 + ["unplanned '\"; --"]))
        version = draw(st.sampled_from([f"1-{n}-0"] * 6 + [f"1.{n}.0", "9-9-9", None]))
        document: Any = draw(st.one_of(instances(schemas[e][n]), st.just({}), st.just(NO_DOCUMENT)))
        rows.append(
            Row(
                name,
                version,
                draw(st.sampled_from(["ios", "web", None])),
                draw(st.integers(0, 1)),
                document if document is NO_DOCUMENT else landed(document),
            )
        )
    return plan, rows


@EXAMPLES
@given(document_tables(), st.sampled_from(["JSON", "VARCHAR"]))
def test_a_scan_of_documents_equals_counting_in_python(case: tuple[Plan, list[Row]], native: str) -> None:
    plan, rows = case
    table = DUCK.table(
        "events",
        {"event_name": "VARCHAR", "version": "VARCHAR", "platform": "VARCHAR", "payload": native, "at": "TIMESTAMP"},
        [
            (
                row.event,
                row.version,
                row.source,
                None if row.document is NO_DOCUMENT else json.dumps(row.document, ensure_ascii=False),
                START.replace(tzinfo=None) + timedelta(hours=row.hour, minutes=59),
            )
            for row in rows
        ],
    )
    payload = v.Column("payload")
    contract = bind(plan, Landed((in_documents(plan, table, payload if native == "JSON" else v.Parsed(payload)),)))
    assert differences(counted_by_scan(scanned(contract)), counted_in_python(plan, contract, rows)) == {}
