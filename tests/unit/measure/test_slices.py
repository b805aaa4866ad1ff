"""One event with more rules than a statement takes: in slices of its properties it counts what one statement counts."""

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from monitor.contract.model import BoundTable
from monitor.measure.counting import any_of
from monitor.measure.model import Measured
from monitor.measure.parts import Part, parts
from monitor.measure.read import read
from monitor.measure.rows import Range
from monitor.measure.scan import build
from monitor.measure.slices import most_slices, sliced, whole
from monitor.sql import vocabulary as v
from monitor.sql.duckdb import DuckDB
from monitor.sql.engines import writer
from tests.fakes.duck import Duck
from tests.unit.measure.builders import bound, landed, plan

ALL = Range(since=False, no_time=True)
UNTIL = {"until": datetime(2026, 7, 1, tzinfo=UTC)}
COLUMNS = {"version": "VARCHAR", "source": "VARCHAR", "payload": "JSON", "at": "TIMESTAMP"}


def properties(count: int) -> dict[str, Any]:
    return {f"p{n}": {"type": "string", "minLength": 2, "enum": ["ab", "abc", "x"]} for n in range(count)}


INNER = {"type": "object", "required": ["a"], "properties": {"a": {"type": "integer"}}}
FIRST = {"type": "object", "required": ["p0", "p6"], "maxProperties": 7, "properties": properties(7)}
SECOND = {
    "type": "object", "required": ["p8"], "additionalProperties": False,
    "properties": {**properties(9), "inner": INNER},
}  # fmt: skip


@pytest.fixture
def shop() -> tuple[Duck, BoundTable]:
    """Two versions of one event; rows break rules of every slice, of several, of none."""
    duck = Duck()
    at = datetime(2026, 6, 1, 10)  # noqa: DTZ001 - landed timestamps have no zone
    payloads: list[Mapping[str, Any]] = [{f"p{n}": "ab" for n in range(9)}]
    payloads += [{**payloads[0], f"p{n}": bad} for n in range(9) for bad in ("x", 5, "never")]
    payloads += [{key: "abc" for key in payloads[0] if key != f"p{n}"} for n in range(9)]
    payloads += [{**payloads[0], "inner": inner} for inner in ({}, {"a": 1}, {"a": "x"}, 3)]
    payloads += [{**payloads[0], "new": 1}, {}]
    rows = [
        (version, "web", payload, at + timedelta(hours=n % 3))
        for version in ("1-0-0", "1-1-0", "9-9-9")
        for n, payload in enumerate(payloads)
    ]
    table = landed(duck.table("events", COLUMNS, rows), ["A"], times={"received": v.Column("at")})
    return duck, bound(plan({"A": [FIRST, SECOND]}), table)


def ask(table: BoundTable, reach: Range) -> Any:
    return build(table, reach, writer("duckdb"))


def counted(duck: Duck, pieces: list[Part]) -> Measured:
    found = [read(duck.query(piece.scan.sql, UNTIL), piece.scan.map) for piece in pieces]
    return whole([Measured("events", None, 1, one.series, one.properties, one.counts, one.failures) for one in found])


def told(measured: Measured) -> Any:
    """What was counted, by names instead of by numbers."""
    series, pointers = measured.series, measured.properties
    counts = {
        (series[one.series], *one[1:6], frozenset(zip(pointers[one.series], one.present, strict=True)))
        for one in measured.counts
    }
    return counts, {(series[one.series], *one[1:]) for one in measured.failures}


@pytest.mark.parametrize("of", [2, 3, 5, 10])
def test_slices_count_what_one_statement_counts(shop: tuple[Duck, BoundTable], of: int) -> None:
    duck, table = shop
    one = counted(duck, [Part(table, ALL, ask(table, ALL))])
    reaches = [Range(since=False, no_time=True, nth=nth, of=of) for nth in range(of)]
    several = counted(duck, [Part(table, reach, ask(table, reach)) for reach in reaches])
    assert told(several) == told(one)
    assert several.queries == of
    assert one.failures
    assert 0 < sum(count.invalid for count in one.counts) < one.rows


def test_every_rule_and_property_is_in_one_slice(shop: tuple[Duck, BoundTable]) -> None:
    _, table = shop
    most = most_slices(table)
    assert most == 10
    for place, version in enumerate(table.versions):
        slices = [sliced(table, nth, most).versions[place] for nth in range(most)]
        assert sorted(rule.id for one in slices for rule in one.rules) == sorted(rule.id for rule in version.rules)
        pointers = [held.pointer for one in slices for held in one.properties]
        assert sorted(pointers) == sorted(held.pointer for held in version.properties)
        assert [one.undeclared for one in slices[1:]] == [None] * (most - 1)


@pytest.mark.parametrize("most", [16, 25, 40])
def test_an_engine_takes_no_more_columns_than_it_can(shop: tuple[Duck, BoundTable], most: int) -> None:
    duck, table = shop
    narrow = type("Narrow", (DuckDB,), {"most_columns": most})
    pieces = parts(table, ALL, ask, narrow)
    assert len(pieces) > 1
    assert all(piece.scan.map.width <= most for piece in pieces)
    assert len({piece.reach.name for piece in pieces}) == len(pieces), "each has a place of its own in the cache"
    assert told(counted(duck, pieces)) == told(counted(duck, [Part(table, ALL, ask(table, ALL))]))


def test_many_alternatives_are_no_deep_tree() -> None:
    said = any_of([f"f{n}" for n in range(2_000)])
    assert said.replace("(", "").replace(")", "") == " OR ".join(f"f{n}" for n in range(2_000))
    assert max(group.count(" OR ") for group in said.split("(")) <= 200
