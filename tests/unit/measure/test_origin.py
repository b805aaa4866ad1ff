"""Rows that several tables make up: what is selected from them, on a real DuckDB."""

from datetime import UTC, datetime
from typing import Any

import pytest
import sqlalchemy as sa

from monitor.catalog import Table, TableRef
from monitor.landing.model import FirstOf, LandedTable, Marks, Origin, Part
from monitor.measure.origin import rows_of
from monitor.sql import vocabulary as v
from monitor.sql.engines import writer
from tests.fakes.duck import Duck

DAY = datetime(2026, 6, 29, tzinfo=UTC)
NEXT = datetime(2026, 6, 30, tzinfo=UTC)


def landed(origin: Origin | None, table: Table | None = None) -> LandedTable:
    return LandedTable(
        table=table or Table(TableRef("", "whole"), ()), landing="0:web", events=(), event=v.Literal("a"),
        version=v.Literal("1"), source=v.Literal("web"), time=None, received=None, loaded=None,
        own_columns=frozenset(), origin=origin,
    )  # fmt: skip


def selected(duck: Duck, origin: Origin | None, *names: str, bounds: Any = None) -> list[tuple[Any, ...]]:
    """The rows of an origin, sorted, by column."""
    say = writer("duckdb")
    between = bounds and tuple(say.moment(bound) if bound else None for bound in bounds)
    rows = rows_of(landed(origin), names, say, between)
    chosen: list[Any] = [sa.column(name) for name in names]
    return sorted(map(tuple, duck.query(say.compile(sa.select(*chosen).select_from(rows)))), key=repr)


@pytest.fixture
def duck() -> Duck:
    return Duck()


def test_a_table_that_stands_by_itself_is_named_and_nothing_more() -> None:
    table = Table(TableRef("raw", "events"), ())
    assert writer("duckdb").compile(
        sa.select(sa.column("a")).select_from(rows_of(landed(None, table), "a", writer("duckdb")))
    ) == ("SELECT a \nFROM raw.events")


def test_parts_follow_each_other_and_what_one_lacks_is_null_there(duck: Duck) -> None:
    parts = (
        Part(duck.table("one", {"a": "BIGINT", "b": "VARCHAR"}, [(1, "x")])),
        Part(duck.table("two", {"a": "BIGINT"}, [(2,)])),
    )
    assert selected(duck, Origin(parts), "a", "b") == [(1, "x"), (2, None)]


@pytest.mark.parametrize(
    ("bounds", "read"),
    [((None, None), [1, 2]), ((NEXT, None), [2]), ((None, DAY), [1]), ((DAY, NEXT), [1]), ((DAY, None), [1, 2])],
)
def test_a_part_that_holds_nothing_of_the_range_is_passed_over(duck: Duck, bounds: Any, read: list[int]) -> None:
    far = datetime(2026, 7, 9, tzinfo=UTC)
    parts = (
        Part(duck.table("one", {"a": "BIGINT"}, [(1,)]), datetime(2026, 1, 1, tzinfo=UTC), NEXT),
        Part(duck.table("two", {"a": "BIGINT"}, [(2,)]), NEXT, far),
    )
    assert [row[0] for row in selected(duck, Origin(parts), "a", bounds=bounds)] == read


def test_one_row_stands_beside_each_and_never_multiplies_it(duck: Duck) -> None:
    main = duck.table("main_rows", {"id": "VARCHAR", "a": "BIGINT"}, [("x", 1), ("y", 2), (None, 3)])
    other = duck.table("other", {"root": "VARCHAR", "said": "VARCHAR"}, [("x", "u"), ("x", "u"), ("z", "w")])
    origin = Origin((Part(main),), (FirstOf((other,), (("id", "root"),), (("said", "beside"),)),))
    assert selected(duck, origin, "a", "beside") == [(1, "u"), (2, None), (3, None)]
    assert "other" not in writer("duckdb").compile(
        sa.select(sa.column("a")).select_from(rows_of(landed(origin), "a", writer("duckdb")))
    )


def test_marks_say_what_any_row_of_another_table_says(duck: Duck) -> None:
    main = duck.table("main_rows", {"id": "VARCHAR"}, [("x",), ("y",), ("z",)])
    other = duck.table(
        "other", {"row_id": "VARCHAR", "of": "VARCHAR", "name": "VARCHAR"},
        [("x", "t", "a"), ("x", "t", "b"), ("y", "t", "b"), ("z", "u", "a")],
    )  # fmt: skip
    marks = tuple((f"no_{name}", v.Compare(v.Column("name"), "=", v.Literal(name))) for name in ("a", "b"))
    where = v.Compare(v.Column("of"), "=", v.Literal("t"))
    origin = Origin((Part(main),), (Marks(other.ref, ("id", "row_id"), marks, where),))
    assert selected(duck, origin, "id", "no_a", "no_b") == [("x", 1, 1), ("y", None, 1), ("z", None, None)]


def test_rows_are_kept_once_where_they_are_named_and_not_where_they_stand_elsewhere(duck: Duck) -> None:
    rows = [("m", "b"), ("m", "a"), ("n", "c"), (None, "d"), (None, "e"), ("gone", "f")]
    main = duck.table("main_rows", {"id": "VARCHAR", "field": "VARCHAR"}, rows)
    there = duck.table("there", {"key": "VARCHAR"}, [("gone",), (None,)])
    origin = Origin((Part(main),), once=("id", "field"), not_in=("id", ((there.ref, "key"),)))
    assert selected(duck, origin, "id", "field") == [("m", "a"), ("n", "c"), (None, "d"), (None, "e")]


def test_only_rows_for_which_the_predicate_is_true(duck: Duck) -> None:
    main = duck.table("main_rows", {"a": "BIGINT"}, [(1,), (2,), (None,)])
    origin = Origin((Part(main),), where=v.Compare(v.Column("a"), "=", v.Literal(2)))
    assert selected(duck, origin, "a") == [(2,)]
