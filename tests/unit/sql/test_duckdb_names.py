"""Texts among many constants, as DuckDB looks them up: the answers are those of `IN` and of CASE."""

from typing import Any

import duckdb
import pytest
import sqlalchemy as sa
from hypothesis import given, settings
from hypothesis import strategies as st

from monitor.sql import duckdb_names
from monitor.sql import vocabulary as v
from monitor.sql.engines import writer

WRITER = writer("duckdb")
WORDS = st.text(st.characters(codec="utf-8", exclude_characters="\0"), max_size=6)


def _asked(element: sa.ColumnElement[Any], *landed: tuple[str | None, ...]) -> list[object]:
    """What DuckDB says of rows with columns `a` and `b`."""
    with duckdb.connect() as connection:
        connection.execute("CREATE TABLE t (n INTEGER, a VARCHAR, b VARCHAR)")
        rows = [(n, one[0], one[1] if len(one) > 1 else None) for n, one in enumerate(landed)]
        connection.executemany("INSERT INTO t VALUES (?, ?, ?)", rows)
        sql = WRITER.compile(sa.select(element, sa.column("n")).select_from(sa.table("t")).order_by(sa.column("n")))
        return [row[0] for row in connection.execute(sql).fetchall()]


@pytest.mark.parametrize("size", [1, 11, 12, 127, 128, 300])
def test_a_text_is_among_few_and_many_alike(size: int) -> None:
    words = [f"it's {n}" for n in range(size)]
    asked = WRITER.one_of(sa.column("a"), words)
    assert _asked(asked, ("it's 0",), (f"it's {size - 1}",), (f"it's {size}",), ("",), (None,)) == [
        True,
        True,
        False,
        False,
        None,
    ]


@settings(deadline=None, max_examples=50)
@given(st.lists(WORDS, min_size=12, max_size=200), st.lists(WORDS, max_size=5))
def test_lists_say_what_in_says(words: list[str], others: list[str]) -> None:
    landed = [*words[:5], *others]
    quick, slow = WRITER.one_of(sa.column("a"), words), sa.column("a").in_(words)
    assert _asked(sa.not_(quick), *((one,) for one in landed)) == [one not in words for one in landed]
    assert _asked(quick, *((one,) for one in landed)) == _asked(slow, *((one,) for one in landed))


def test_other_values_than_texts_are_asked_as_ever() -> None:
    numbers: list[v.Scalar] = [*range(300)]
    assert duckdb_names.among(sa.column("a"), numbers) is None
    assert duckdb_names.among(sa.column("a"), [*map(str, range(300)), None]) is None
    assert duckdb_names.among(sa.column("a"), [*map(str, range(300)), "\0"]) is None


def test_two_keys_are_numbered_by_the_first_that_is_alike() -> None:
    numbers = [(f"e{n}", version, n) for n in range(20) for version in ("1-0-0", "1.0.0")]
    numbers.append(("e3", "1-0-0", 99))
    asked = WRITER.numbered((sa.column("a"), sa.column("b")), numbers)
    assert asked is not None
    landed = (("e3", "1-0-0"), ("e19", "1.0.0"), ("e3", "2-0-0"), ("e3", None), (None, "1-0-0"), ("", ""))
    assert _asked(asked, *landed) == [3, 19, None, None, None, None]


@pytest.mark.parametrize("name", ["an event\x1f", "a\0b"])
def test_names_that_could_be_taken_for_two_are_left_to_a_case(name: str) -> None:
    numbers = [(f"e{n}", "1", n) for n in range(20)]
    assert duckdb_names.numbered((sa.column("a"), sa.column("b")), [*numbers, (name, "1", 20)]) is None


def test_a_landed_name_with_the_separator_in_it_is_no_planned_one() -> None:
    asked = WRITER.numbered((sa.column("a"), sa.column("b")), [(f"e{n}", "1", n) for n in range(20)])
    assert asked is not None
    assert _asked(asked, ("e1\x1f1", ""), ("e1", "\x1f1"), ("", "e1\x1f1"), ("e1", "1")) == [None, None, None, 1]
