"""A sample of a scan: its statements, and what is made of two answers."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest
import sqlglot
from hypothesis import given, settings
from hypothesis import strategies as st

from monitor.contract.model import BoundTable
from monitor.measure.follow import undeclared_columns, undeclared_keys
from monitor.measure.parts import parts
from monitor.measure.read import read
from monitor.measure.rows import Range
from monitor.measure.sampling import Drawn, Sample, Way, combined, drawn, rows_in
from monitor.measure.scan import Scan, SlotMap, build
from monitor.sql.engines import ENGINES, writer
from monitor.sql.writer import Unsayable
from monitor.values import Row, transposed
from tests.fakes.duck import Duck
from tests.unit.measure.builders import COLUMNS as TYPED
from tests.unit.measure.builders import bound, landed, plan

COLUMNS = {"event": "VARCHAR", "version": "VARCHAR", "source": "VARCHAR", "payload": "JSON", "at": "TIMESTAMP"}
SCHEMA = {"type": "object", "required": ["p"], "properties": {"p": {"type": "integer"}, "q": {"type": "string"}}}
ALL = Range(since=False, no_time=True)
TENTH = replace(ALL, share=0.1)
UNTIL = {"until": datetime(2026, 6, 2, tzinfo=UTC)}
AT = datetime(2026, 6, 1, 3, 30, tzinfo=UTC).replace(tzinfo=None)


def shop(rows: Sequence[Any] = (), about: int | None = None) -> tuple[Duck, BoundTable]:
    """`about`: so many rows the catalog tells of."""
    duck = Duck()
    held = replace(duck.table("events", COLUMNS, rows), rows=about)
    return duck, bound(plan({"A": [SCHEMA, {"type": "object"}], "B": [SCHEMA]}), landed(held, ["A", "B"]))


def ask(table: BoundTable, reach: Range) -> Scan:
    return build(table, reach, writer("duckdb"))


def sampled(table: BoundTable, reach: Range, sample: Sample, engine: str = "duckdb") -> Drawn | None:
    """The sample of a scan, as an engine would say it."""

    def said(of: BoundTable, rows: Range) -> Scan:
        return build(of, rows, writer(engine))

    return drawn(table, Way(reach, said(table, reach)), sample, said, ENGINES[engine])


def one_event() -> BoundTable:
    held = Duck().table("a", {"version": "VARCHAR", "source": "VARCHAR", "at": "TIMESTAMP", "p": "INTEGER"})
    return bound(plan({"A": [SCHEMA]}), landed(held, ["A"], TYPED))


# ── statements ──────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("engine", sorted(ENGINES))
def test_every_engine_draws_rows_by_chance_in_one_place_of_the_statement(engine: str) -> None:
    whole, part = (build(one_event(), reach, writer(engine)).sql for reach in (ALL, TENTH))
    chance = writer(engine).chance
    assert whole.count(chance) == 0
    assert part.count(chance) == 1
    assert f"{chance} < 0.1" in part
    dialect = {"postgresql": "postgres"}.get(engine, engine)
    assert sqlglot.parse_one(part, read=dialect).find(sqlglot.exp.Where) is not None


@pytest.mark.parametrize("engine", sorted(ENGINES))
def test_an_engine_that_has_blocks_names_the_table_once_with_its_words(engine: str) -> None:
    said = writer(engine)
    reach = replace(TENTH, blocks=True)
    if not said.blocks:
        with pytest.raises(Unsayable, match="draws no blocks"):
            build(one_event(), reach, said)
        return
    sql = build(one_event(), reach, said).sql
    assert sql.count(said.blocks.format(percent="10")) == 1
    assert said.chance not in sql
    tree: Any = sqlglot.parse_one(sql, read={"postgresql": "postgres"}.get(engine, engine))
    assert list(tree.find_all(sqlglot.exp.TableSample))


def test_shares_are_written_without_rounding() -> None:
    for share, percent in ((0.005, "0.5"), (0.33, "33"), (0.000_01, "0.001")):
        sql = build(one_event(), replace(TENTH, share=share, blocks=True), writer("postgresql")).sql
        assert f"TABLESAMPLE SYSTEM ({percent})" in sql
        assert float(f"{share!r}") == share


def test_counting_rows_reads_their_keys_and_nothing_of_the_plan() -> None:
    table = shop()[1]
    scan = ask(table, replace(ALL, keys=True))
    assert "payload" not in scan.sql
    assert (scan.map.rule_slots, scan.map.property_slots) == (0, 0)
    assert [one.raw_versions for one in scan.map.versions] == [one.raw_versions for one in ask(table, ALL).map.versions]


def test_statements_of_other_samples_have_other_names_in_the_cache() -> None:
    reaches = [ALL, TENTH, replace(TENTH, share=0.2), replace(TENTH, blocks=True), replace(ALL, keys=True)]
    assert len({reach.name for reach in reaches}) == len(reaches)


def test_values_that_are_looked_up_are_those_of_all_rows() -> None:
    """Chance draws other rows each time: a value that only the other statement drew would have no answer."""
    pattern = {"type": "string", "pattern": "^[a-z]{2,9}(-[a-z]{2,9}){0,3}@[a-z]{2,20}$"}
    duck = Duck()
    held = duck.table("a", {"version": "VARCHAR", "source": "VARCHAR", "at": "TIMESTAMP", "p": "VARCHAR"})
    columns = tuple(replace(one, distinct=5) if one.name == "p" else one for one in held.columns)
    few = replace(held, columns=columns, rows=1_000_000)
    table = bound(plan({"A": [{"type": "object", "properties": {"p": pattern}}]}), landed(few, ["A"], TYPED))
    sql = build(table, TENTH, writer("duckdb")).sql
    assert sql.count("FROM a") == 2
    assert sql.count("random()") == 1
    rows = [("1-0-0", "web", AT, word) for word in ("ab@shop", "-", "cd@shop", "?") for _ in range(500)]
    duck.table("a", {"version": "VARCHAR", "source": "VARCHAR", "at": "TIMESTAMP", "p": "VARCHAR"}, rows)
    scan = build(table, replace(TENTH, share=0.5), writer("duckdb"))
    found = read(duck.query(scan.sql, UNTIL), scan.map)
    checked, failed = int(found.counts.rows.sum()), sum(one.failed for one in found.failures)
    assert 0.3 * checked < failed < 0.7 * checked


@pytest.mark.parametrize("engine", sorted(set(ENGINES) - {"redshift"}))  # it lists no keys of documents
def test_names_of_what_is_undeclared_come_of_a_sample_too(engine: str) -> None:
    keys = undeclared_keys(shop()[1], TENTH, writer(engine))
    assert keys is not None
    assert keys.count(writer(engine).chance) == 1
    foreign = Duck().table("a", {"version": "VARCHAR", "source": "VARCHAR", "at": "TIMESTAMP", "z": "INTEGER"})
    columns = undeclared_columns(bound(plan({"A": [SCHEMA]}), landed(foreign, ["A"], TYPED)), TENTH, writer(engine))
    assert columns is not None
    assert columns[0].count(writer(engine).chance) == 1


# ── when ────────────────────────────────────────────────────────────────────────────────────────────


def test_a_table_that_the_catalog_knows_to_be_small_is_asked_at_once() -> None:
    sample = Sample(0.1, above=1_000)
    for rows, two in ((1_000, False), (1_001, True), (None, True)):
        assert (sampled(shop(about=rows)[1], ALL, sample) is not None) is two


def test_a_version_without_anything_to_ask_is_not_sampled() -> None:
    held = Duck().table("a", {"version": "VARCHAR", "source": "VARCHAR", "at": "TIMESTAMP"})
    assert sampled(bound(plan({"A": [{}]}), landed(held, ["A"], TYPED)), ALL, Sample(0.1)) is None


def test_slices_of_one_event_ask_all_rows() -> None:
    assert sampled(one_event(), replace(ALL, nth=0, of=2), Sample(0.1)) is None


def test_blocks_come_first_where_the_engine_has_them_and_rows_stand_by() -> None:
    sample = Sample(0.1, blocks=True)
    for engine, ways in (("duckdb", [True, False]), ("sqlite", [False]), ("spark", [False])):
        found = sampled(one_event(), ALL, sample, engine)
        assert found is not None
        assert [way.reach.blocks for way in found.ways] == ways
        assert all(way.reach.share == 0.1 for way in found.ways)


def test_each_part_of_a_table_of_many_events_has_a_sample_of_its_own() -> None:
    pieces = parts(shop()[1], ALL, ask, ENGINES["duckdb"], most_cells=2)
    assert len(pieces) == 2
    for piece in pieces:
        found = sampled(piece.table, piece.reach, Sample(0.1))
        assert found is not None
        assert (found.ways[0].reach.events, found.ways[0].reach.others) == (piece.reach.events, piece.reach.others)


# ── two answers as one ──────────────────────────────────────────────────────────────────────────────


def answers(every: Sequence[Row], some: Sequence[Row]) -> Any:
    """What both statements would answer, had they read these rows."""
    table = shop()[1]
    results = []
    for rows, reach in ((every, replace(ALL, keys=True)), (some, ALL)):
        duck = shop(rows)[0]
        scan = ask(table, reach)
        results.append((transposed(duck.query(scan.sql, UNTIL), scan.map.width), scan.map))
    (keys, key_map), (found, slot_map) = results
    return combined(read(_rows(keys), key_map), found, slot_map), keys, key_map


def _rows(columns: Any) -> list[Row]:
    return list(zip(*(column.listed() for column in columns), strict=True))


def row(event: str, version: str, source: str, hour: int, document: Any) -> Row:
    return event, version, source, document, AT.replace(hour=hour)


LANDED = st.builds(
    row,
    st.sampled_from(["A", "B", "b", "Odd"]),
    st.sampled_from(["1-0-0", "1-1-0", "9-9-9"]),
    st.sampled_from(["web", "ios"]),
    st.integers(1, 3),
    st.sampled_from([{"p": 1}, {"p": "x"}, {}, {"p": 2, "z": 1}]),
)


@settings(max_examples=30, deadline=None)
@given(st.lists(st.tuples(LANDED, st.booleans(), st.booleans()), max_size=25))
def test_rows_are_those_counted_and_the_rest_is_of_the_sample(given_rows: list[tuple[Row, bool, bool]]) -> None:
    """Each row, whether it was drawn, and whether it came after rows had been counted."""
    every = [one for one, _, late in given_rows if not late]
    some = [one for one, is_drawn, late in given_rows if is_drawn or late]
    both, _, _ = answers(every, some)
    exact, sample = answers(every, every)[0], answers(some, some)[0]
    wanted = {(exact.series[one.series], one.hour): one for one in exact.counts}
    asked = {(sample.series[one.series], one.hour): one for one in sample.counts}
    got = {(both.series[one.series], one.hour): one for one in both.counts}
    assert len(got) == len(both.counts)
    for key, one in got.items():
        here, there = wanted.get(key), asked.get(key)
        checked = one.rows if one.checked is None else one.checked
        assert one.rows >= checked
        if not key[0].known:
            assert here is not None
            assert (one.rows, checked, one.invalid) == (here.rows, here.rows, 0)
            continue
        assert checked == (there.rows if there else 0)
        assert one.rows == max(here.rows if here else 0, checked)
        assert (one.invalid, one.undeclared) == ((there.invalid, there.undeclared) if there else (0, 0))
        assert len(one.present) == len(both.properties[one.series])
    assert set(wanted) <= set(got)
    failed = {(both.series[one.series], one.hour, one.rule): one.failed for one in both.failures}
    assert failed == {(sample.series[one.series], one.hour, one.rule): one.failed for one in sample.failures}


def test_a_group_that_the_sample_missed_is_counted_and_unchecked() -> None:
    every = [row("A", "1-0-0", "web", 1, {"p": 1}), row("B", "1-0-0", "web", 1, {"p": 1})]
    both, keys, key_map = answers(every, every[:1])
    assert [(both.series[one.series].event, one.rows, one.checked) for one in both.counts] == [
        ("A", 1, None),
        ("B", 1, 0),
    ]
    assert rows_in(keys, key_map) == 2
    assert [len(pointers) for pointers in both.properties] == [2, 2], "its properties are known, and in no row"


def test_names_beyond_the_cap_are_the_same_ones_in_both_answers() -> None:
    every = [row(f"Odd {n}", "1", "web", 1, {}) for n in range(300)]
    both, _, _ = answers(every, list(reversed(every))[:50])
    assert sum(one.rows for one in both.counts) == 300
    assert all(one.checked is None for one in both.counts)


def test_the_map_of_a_count_is_that_of_its_scan() -> None:
    table = shop()[1]
    maps: list[SlotMap] = [ask(table, reach).map for reach in (ALL, replace(ALL, keys=True))]
    assert maps[0].event == maps[1].event
    assert maps[0].width - maps[0].rule_slots - maps[0].property_slots == maps[1].width
