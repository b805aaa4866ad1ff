"""A scan's shape: how wide it is, that it is the same each time, and that every time has its hour."""

import hashlib
import os
import re
import subprocess
import sys
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from monitor.contract.model import BoundTable
from monitor.landing.columns import as_time
from monitor.measure.model import NO_TIME
from monitor.measure.probe import probe, read_probe
from monitor.measure.read import Read, read
from monitor.measure.rows import Range
from monitor.measure.scan import Scan, build
from monitor.measure.windows import Seen, hour_of
from monitor.sql import vocabulary as v
from monitor.sql.engines import writer
from tests.fakes.duck import Duck
from tests.unit.measure.builders import COLUMNS, DOCUMENT, bound, landed, plan

DUCK = Duck()
ALL = Range(since=False, no_time=True)
UNTIL = datetime(2027, 1, 1, tzinfo=UTC)
JSON = {"event": "VARCHAR", "version": "VARCHAR", "source": "VARCHAR", "payload": "JSON", "at": "TIMESTAMP"}


def schema(**properties: Any) -> dict[str, Any]:
    return {"type": "object", "required": sorted(properties), "properties": properties}


def text(n: int) -> dict[str, Any]:
    return {"type": "string", "maxLength": n}


def scanned(scan: Scan, since: datetime | None = None) -> Read:
    moments = {"until": UNTIL} if since is None else {"until": UNTIL, "since": since}
    return read(DUCK.query(scan.sql, moments), scan.map)


# ── width ───────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("payload", [DOCUMENT, COLUMNS])
def test_a_scan_has_as_many_aggregates_as_its_widest_version_never_their_sum(payload: Any) -> None:
    schemas = [schema(**{f"p{v}_{n}": text(v + n + 1) for n in range(v + 2)}) for v in range(6)]
    names = {f"p{v}_{n}": "VARCHAR" for v in range(6) for n in range(v + 2)}
    table = DUCK.table("wide", {**JSON, **names} if payload is COLUMNS else JSON)
    one = bound(plan({"A": schemas, "B": schemas[::-1]}), landed(table, ["A", "B"], payload))
    scan = build(one, ALL, writer("duckdb"))
    checked = [[rule for rule in version.rules if hasattr(rule.verdict, "fails")] for version in one.versions]
    widest = max(len(rules) + len(version.properties) for rules, version in zip(checked, one.versions, strict=True))
    aggregates = len(re.findall(r"AS tw_n\d+", scan.sql))
    assert aggregates <= widest + 3
    assert sum(map(len, checked)) > 2 * widest, "the sum is far above"
    assert scan.map.width == aggregates + 4


def test_an_empty_table_is_no_rows_and_no_error() -> None:
    table = DUCK.table("empty", JSON)
    found = scanned(
        build(bound(plan({"A": [schema(p=text(1))], "B": [{}]}), landed(table, ["A", "B"])), ALL, writer("duckdb"))
    )
    assert (list(found.counts), found.failures, found.series) == ([], (), ())


def test_a_version_without_properties_is_counted() -> None:
    table = DUCK.table("bare", JSON, [("A", "1-0-0", "web", {"x": 1}, datetime(2026, 6, 1))])  # noqa: DTZ001
    found = scanned(build(bound(plan({"A": [{}]}), landed(table, ["A"])), ALL, writer("duckdb")))
    assert [(count.rows, count.invalid, count.undeclared, count.present) for count in found.counts] == [(1, 0, 1, ())]


def test_what_one_version_does_not_declare_is_not_counted_for_others() -> None:
    at = datetime(2026, 6, 1)  # noqa: DTZ001
    columns = {"version": "VARCHAR", "source": "VARCHAR", "at": "TIMESTAMP", "p": "VARCHAR", "extra": "VARCHAR"}
    rows = [(version, "web", at, "a", "b") for version in ("1-0-0", "1-1-0", "9-9-9")]
    table = DUCK.table("several", columns, rows)
    one = bound(plan({"A": [schema(p=text(1)), schema(p=text(1), extra=text(9))]}), landed(table, ["A"], COLUMNS))
    found = scanned(build(one, ALL, writer("duckdb")))
    assert {found.series[c.series].version: c.undeclared for c in found.counts} == {"1-0-0": 1, "1-1-0": 0, "9-9-9": 0}


# ── the same each time ──────────────────────────────────────────────────────────────────────────────

_PRINT = """
from tests.unit.measure.test_scan import one_scan
print(one_scan())
"""


def one_scan() -> str:
    """The hash of a scan and of its table."""
    table = DUCK.table("same", {**JSON, "b": "VARCHAR", "a": "VARCHAR"})
    schemas = [
        schema(a=text(1), b={"enum": ["x", 1, None]}),
        schema(c={"type": "object", "properties": {"d": text(2)}}),
    ]
    one = bound(plan({"A": schemas, "B": schemas}), landed(table, ["A", "B"], ignored=frozenset("xyz")))
    return hashlib.sha256(build(one, ALL, writer("duckdb")).sql.encode()).hexdigest() + one.hash


def test_a_scan_is_the_same_text_in_every_process() -> None:
    root = Path(__file__).parents[3]
    said = {
        subprocess.run(
            [sys.executable, "-c", _PRINT],
            cwd=root,
            env={**os.environ, "PYTHONHASHSEED": seed},
            check=True,
            capture_output=True,
            text=True,
        ).stdout.strip()
        for seed in ("1", "2")
    }
    assert said == {one_scan()}


# ── times ───────────────────────────────────────────────────────────────────────────────────────────

H = hour_of(datetime(2026, 6, 1, 10, tzinfo=UTC))
TIMES = (
    ("TIMESTAMP", "2026-06-01 10:00:00", H),
    ("TIMESTAMP", "2026-06-01 10:59:59.999999", H),
    ("TIMESTAMP", "0001-01-01 00:00:00", -17259888),
    ("TIMESTAMP", "1970-01-01 00:00:00", 0),
    ("TIMESTAMP", "1969-12-31 22:59:59", -2),
    ("TIMESTAMP", "1969-12-31 23:00:00", -2),
    ("TIMESTAMP", "-infinity", NO_TIME),
    ("TIMESTAMP", "infinity", NO_TIME),
    ("TIMESTAMP", None, NO_TIME),
    ("TIMESTAMP_S", "2026-06-01 10:00:00", H),
    ("TIMESTAMP_MS", "2026-06-01 10:00:00", H),
    ("TIMESTAMP_NS", "2026-06-01 10:00:00", H),
    ("TIMESTAMPTZ", "2026-06-01 12:30:00+02", H),
    ("TIMESTAMPTZ", "2026-06-01 15:59:00+05:30", H),
    ("TIMESTAMPTZ", "infinity", NO_TIME),
    ("DATE", "2026-06-01", H - 10),
    ("DATE", "infinity", NO_TIME),
    ("VARCHAR", "2026-06-01T10:00:00Z", H),
    ("VARCHAR", "2026-06-01T12:00:00+02:00", H),
    ("VARCHAR", "2026-06-01 10:20", H),
    ("VARCHAR", "2026-06-01T05:30:00-05:00", H),
    ("VARCHAR", "infinity", NO_TIME),
    ("VARCHAR", "yesterday", NO_TIME),
    ("VARCHAR", "", NO_TIME),
    ("VARCHAR", "2026-02-30", NO_TIME),
)


def timed(native: str, *values: str | None) -> BoundTable:
    """A table whose arrival column is of that type and holds these times."""
    table = DUCK.table("timed", {**JSON, "at": native}, [("A", "1-0-0", "web", {}, value) for value in values])
    column = table.column("at")
    assert column is not None
    at = as_time(column)
    assert at is not None
    return bound(plan({"A": [{}]}), landed(table, ["A"], times={"received": at}))


@pytest.mark.parametrize(("native", "value", "hour"), TIMES)
def test_every_time_is_in_its_hour_and_none_breaks_the_scan(native: str, value: str | None, hour: int) -> None:
    found = scanned(build(timed(native, value), ALL, writer("duckdb")))
    assert [(count.hour, count.window, count.rows) for count in found.counts] == [(hour, hour, 1)]


@pytest.mark.parametrize("value", ["9999-12-31 23:59:59", "2027-01-01 00:00:00"])
def test_what_arrives_after_the_range_waits(value: str) -> None:
    assert list(scanned(build(timed("TIMESTAMP", value), ALL, writer("duckdb"))).counts) == []


def test_the_range_holds_its_beginning_and_not_its_end() -> None:
    one = timed("TIMESTAMP", "2026-06-01 09:59:59", "2026-06-01 10:00:00", "-infinity", None)
    since = datetime(2026, 6, 1, 10, tzinfo=UTC)
    timely = scanned(build(one, Range(since=True, no_time=False), writer("duckdb")), since)
    assert [(count.hour, count.rows) for count in timely.counts] == [(H, 1)]
    all_of_it = scanned(build(one, Range(since=True, no_time=True), writer("duckdb")), since)
    assert sorted((count.hour, count.rows) for count in all_of_it.counts) == [(NO_TIME, 2), (H, 1)]


def test_the_last_two_hours_of_1969_are_added_up() -> None:
    found = scanned(
        build(timed("TIMESTAMP", "1969-12-31 22:10:00", "1969-12-31 23:10:00", None), ALL, writer("duckdb"))
    )
    assert sorted((count.hour, count.rows) for count in found.counts) == [(-2, 2), (NO_TIME, 1)]


def arrivals(times: Mapping[str, v.Expr], **columns: str) -> BoundTable:
    at = datetime(2026, 6, 1, 10)  # noqa: DTZ001
    natives = dict.fromkeys(columns, "TIMESTAMP")
    row = tuple(None if value == "null" else value for value in columns.values())
    table = DUCK.table("arrived", {**JSON, **natives}, [("A", "1-0-0", "web", {}, at, *row)])
    return bound(plan({"A": [{}]}), landed(table, ["A"], times=times))


def test_volume_goes_by_receipt_and_windows_by_load() -> None:
    times = {"time": v.Column("at"), "received": v.Column("received"), "loaded": v.Column("loaded")}
    found = scanned(
        build(arrivals(times, received="2026-06-01 11:00:00", loaded="2026-06-01 13:00:00"), ALL, writer("duckdb"))
    )
    assert [(count.hour, count.window) for count in found.counts] == [(H + 1, H + 3)]


def test_a_load_time_that_is_null_loses_no_row() -> None:
    times = {"time": v.Column("at"), "received": v.Column("received"), "loaded": v.Column("loaded")}
    found = scanned(build(arrivals(times, received="null", loaded="null"), ALL, writer("duckdb")))
    assert [(count.hour, count.window) for count in found.counts] == [(H, H)]


# ── the probe ───────────────────────────────────────────────────────────────────────────────────────


def probed(one: BoundTable) -> Seen:
    span = (datetime(2026, 6, 1, 9, tzinfo=UTC), datetime(2026, 6, 1, 12, tzinfo=UTC))
    rows = DUCK.query(probe([one.landed], [span], writer("duckdb")))
    return read_probe(rows, 1)[0]


def test_the_probe_finds_the_newest_arrival_and_the_rows_without_time() -> None:
    assert probed(timed("TIMESTAMP", "2026-06-01 09:00:00", "2026-06-01 10:30:00", None, None)) == Seen(H, 2)


@pytest.mark.parametrize("later", ["infinity", "9999-12-31", "2026-06-01 12:00:00"])
def test_an_arrival_in_the_future_does_not_hide_what_arrived(later: str) -> None:
    assert probed(timed("TIMESTAMP", "2026-06-01 10:30:00", later)).newest == H


def test_the_probe_and_the_scan_agree_on_rows_without_time() -> None:
    one = timed("TIMESTAMP", "infinity", "-infinity", None, "0001-01-01", "1969-12-31 23:30:00")
    found = scanned(build(one, ALL, writer("duckdb")))
    assert probed(one).no_time_rows == sum(count.rows for count in found.counts if count.window == NO_TIME) == 3


def test_an_empty_table_has_no_newest_arrival() -> None:
    assert probed(timed("TIMESTAMP")) == Seen(None, 0)


def test_many_tables_are_asked_in_one_statement() -> None:
    one = timed("TIMESTAMPTZ", "2026-06-01 12:30:00+02")
    span = (datetime(2026, 6, 1, 9, tzinfo=UTC), datetime(2026, 6, 1, 12, tzinfo=UTC))
    rows = DUCK.query(probe([one.landed] * 3, [span] * 3, writer("duckdb")))
    assert read_probe(rows, 3) == [Seen(H, 0)] * 3
