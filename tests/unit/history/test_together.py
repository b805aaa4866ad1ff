"""Tables that are written together say what they say when each is written by itself."""

from collections.abc import Callable, Mapping
from dataclasses import fields, replace
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from monitor.history.store import History, Recording
from monitor.history.tidy import TIDY
from monitor.judge.model import SeriesPast
from tests.fakes import homes
from tests.fakes.measured import TABLE, count, measured
from tests.fakes.postgres import Postgres
from tests.fakes.scanned import UNTIL, scans

TABLES = ("web.order_completed", "web.order_refunded", "ios.order_completed")

several = st.lists(st.sampled_from(TABLES).flatmap(scans), min_size=1, max_size=8)


@settings(max_examples=60, deadline=None)
@given(several, several)
def test_several_tables_in_one_transaction_are_as_many_transactions(before: list, now: list) -> None:  # type: ignore[type-arg]
    is_the_same(before, now, lambda: History.open("sqlite://", root=Path()))


@settings(max_examples=12, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(several, several)
def test_so_it_is_on_postgresql(postgres: Callable[[], Postgres], before: list, now: list) -> None:  # type: ignore[type-arg]
    is_the_same(before, now, lambda: homes.home("postgresql", Path(), postgres).open())


def is_the_same(before: list, now: list, made: Callable[[], History]) -> None:  # type: ignore[type-arg]
    recordings = [[Recording(scan, TABLE, f"c{n}", f"r{n}") for scan in part] for n, part in enumerate((before, now))]
    apart, together = made(), made()
    for one in (one for part in recordings for one in part):
        apart.record(*one)
    for part in recordings:
        together.record_many(part)

    assert said(together) == said(apart)
    apart.close()
    together.close()


def said(history: History) -> dict[str, object]:
    """All that a history tells, but the numbers that it gives to series, rules and shapes."""
    reach = dict.fromkeys(TABLES, UNTIL)
    past = history.past(reach, UNTIL, days=4, recent_days=3)
    return {
        **{name: sorted(map(repr, (row for part in history.tidy(name, None, None) for row in part))) for name in TIDY},
        "past": sorted(map(plain, past.series)),
        "tables": sorted(map(repr, past.tables)),
        "watermarks": dict(history.watermarks()),
        "landed": sorted(map(repr, history.landed_tables())),
    }


def plain(one: SeriesPast) -> str:
    """A series as text, its properties and rules by name."""
    return repr(
        {field: sorted(value.items()) if isinstance(value, Mapping) else value for field, value in vars_of(one)}
    )


def vars_of(one: SeriesPast) -> list[tuple[str, object]]:
    return [(field.name, getattr(one, field.name)) for field in fields(one)]


def test_more_tables_than_one_statement_names(tmp_path: Path) -> None:
    history = History.open("sqlite:///history.db", root=tmp_path)
    names = [f"web.event_{n:03d}" for n in range(150)]
    history.record_many(Recording(measured(None, 500, [count(490)], table=name), TABLE, "c", "r1") for name in names)

    history.record_many(Recording(measured(500, 501, [count(500, 2)], table=name), TABLE, "c", "r2") for name in names)

    past = history.past(dict.fromkeys(names, 501), 501, days=1)
    assert sorted(one.table for one in past.series if one.rows.sum() == 3) == names
    assert {mark.until for mark in history.watermarks().values()} == {501}
    history.close()


def test_a_table_that_stands_twice_is_what_it_was_last(tmp_path: Path) -> None:
    history = History.open("sqlite:///history.db", root=tmp_path)
    once = Recording(measured(None, 500, [count(490, 5)]), TABLE, "c", "r")

    history.record_many([once, replace_counts(once, 7)])

    assert history.past({TABLES[0]: 500}, 500, days=1).series[0].rows.sum() == 7
    history.close()


def test_what_one_of_them_makes_impossible_leaves_no_trace_of_the_others(tmp_path: Path) -> None:
    history = History.open("sqlite:///history.db", root=tmp_path)
    fine = Recording(measured(None, 500, [count(490, 5)]), TABLE, "c", "r")
    broken = fine._replace(measured=replace(fine.measured, table="web.other", properties=(("/only_one",),) * 2))

    with pytest.raises(ValueError, match="one per property"):
        history.record_many([fine, broken])

    assert not history.watermarks()
    history.record(*fine)
    assert history.past({TABLES[0]: 500}, 500, days=1).series[0].rows.sum() == 5
    history.close()


def replace_counts(recording: Recording, rows: int) -> Recording:
    return recording._replace(measured=measured(None, 500, [count(490, rows)]))
