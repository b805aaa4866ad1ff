"""A table of many events in parts: every row is counted exactly once, whatever the parts."""

from datetime import UTC, datetime
from typing import Any

import pytest

from monitor.contract.model import BoundTable
from monitor.measure.model import Measured, Series
from monitor.measure.parts import Part, parts, together
from monitor.measure.read import read
from monitor.measure.rows import Range
from monitor.measure.scan import Scan, build
from monitor.sql.engines import ENGINES, writer
from tests.fakes.duck import Duck
from tests.unit.measure.builders import bound, landed, plan

ALL = Range(since=False, no_time=True)
DUCKDB = ENGINES["duckdb"]
NAMES = ("A", "B", "C", "D", "E")
SCHEMA = {"type": "object", "required": ["p"], "properties": {"p": {"type": "integer"}}}
COLUMNS = {"event": "VARCHAR", "version": "VARCHAR", "source": "VARCHAR", "payload": "JSON", "at": "TIMESTAMP"}


class Small(DUCKDB):  # type: ignore[misc, valid-type]
    """An engine that takes short statements only."""

    longest_statement = 2_250


class Narrow(DUCKDB):  # type: ignore[misc, valid-type]
    """An engine whose results have no room for anything."""

    most_columns = 3


@pytest.fixture
def shop() -> tuple[Duck, BoundTable]:
    duck = Duck()
    at = datetime(2026, 6, 1, 3, 30, tzinfo=UTC).replace(tzinfo=None)
    documents: list[Any] = [{"p": 1}, {"p": "x"}, {}, {"p": 2, "q": 3}]
    names = [*NAMES, "a", "unplanned", None]
    rows = [
        (name, version, "web", one, None if name == "C" and version is None else at)
        for name in names
        for version in ("1-0-0", "1-1-0", "9", None)
        for one in documents
    ]
    held = duck.table("events", COLUMNS, rows)
    return duck, bound(plan({name: [SCHEMA, {"type": "object"}] for name in NAMES}), landed(held, list(NAMES)))


def ask(table: BoundTable, reach: Range) -> Scan:
    return build(table, reach, writer("duckdb"))


def counted(duck: Duck, pieces: list[Part]) -> Measured:
    until = {"until": datetime(2026, 6, 2, tzinfo=UTC)}
    found = [read(duck.query(piece.scan.sql, until), piece.scan.map) for piece in pieces]
    return together(
        [Measured("events", None, 1, one.series, one.properties, one.counts, one.failures) for one in found]
    )


def by_name(measured: Measured) -> tuple[set[Any], set[Any], dict[Series, tuple[str, ...]]]:
    """What was counted, by series instead of by number."""
    series = measured.series
    counts = {(series[one.series], *one[1:]) for one in measured.counts}
    failures = {(series[one.series], *one[1:]) for one in measured.failures}
    return counts, failures, dict(zip(series, measured.properties, strict=True))


@pytest.mark.parametrize("cells", [1, 8, 13, 1_000])
def test_parts_count_what_one_statement_counts(shop: tuple[Duck, BoundTable], cells: int) -> None:
    duck, table = shop
    whole = counted(duck, [Part(table, ALL, ask(table, ALL))])
    pieces = parts(table, ALL, ask, DUCKDB, cells)
    assert len(pieces) == {1: 5, 8: 3, 13: 2, 1_000: 1}[cells]
    split = counted(duck, pieces)
    assert by_name(split) == by_name(whole)
    assert split.rows == whole.rows == 8 * 4 * 4


def test_a_statement_that_is_too_long_is_halved_until_it_fits(shop: tuple[Duck, BoundTable]) -> None:
    duck, table = shop
    whole = [Part(table, ALL, ask(table, ALL))]
    assert len(whole[0].scan.sql) > Small.longest_statement
    pieces = parts(table, ALL, ask, Small)
    assert len(pieces) > 1
    assert all(len(piece.scan.sql) <= Small.longest_statement for piece in pieces)
    assert by_name(counted(duck, pieces)) == by_name(counted(duck, whole))


def test_one_event_is_never_split_however_little_room_there_is(shop: tuple[Duck, BoundTable]) -> None:
    duck, table = shop
    pieces = parts(table, ALL, ask, Narrow)
    assert [len({version.event for version in piece.table.versions}) for piece in pieces] == [1] * 5
    assert counted(duck, pieces).rows == 8 * 4 * 4


def test_ranges_of_different_events_have_names_of_their_own(shop: tuple[Duck, BoundTable]) -> None:
    names = [piece.reach.name for piece in parts(shop[1], ALL, ask, DUCKDB, 1)]
    assert len(set(names)) == 5
    assert ALL.name not in names
