"""What a survey costs: its budget, what it says before it asks, how many rows its statements read."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from monitor.contract import Binder
from monitor.landing.model import Landed, LandedTable
from monitor.measure.model import Measured, Unmeasured
from monitor.measure.scan import build
from monitor.measure.windows import Mark
from monitor.sql import vocabulary as v
from monitor.sql.engines import writer
from monitor.survey import Answer, Budget, Planned, Reach, Tools, Untouched, explain, survey
from tests.fakes.duck import Duck
from tests.unit.measure.builders import landed, plan
from tests.unit.test_survey import JSON, NOW, SHOP

HOURS = 7 * 24


class Clock:
    """Goes on by a second whenever it is looked at."""

    def __init__(self) -> None:
        self.seconds = 0.0

    def __call__(self) -> float:
        self.seconds += 1
        return self.seconds


def tables(duck: Duck, count: int = 3) -> list[LandedTable]:
    at = NOW.replace(tzinfo=None) - timedelta(hours=5)
    rows = [("A", "1-0-0", "web", {"p": 1}, at)] * 3
    return [
        landed(duck.table(f"t{n}", JSON, rows), ["A", "B"], times={"received": v.Column("at")})
        for n in range(1, count + 1)
    ]


def tools(held: Sequence[LandedTable]) -> Tools:
    bind = Binder(SHOP, Landed(tuple(held))).table
    return Tools(
        bind, lambda table, span: build(table, span, writer("duckdb")), lambda: writer("duckdb"), clock=Clock()
    )


def asked(duck: Duck, held: Sequence[LandedTable], marks: Mapping[str, Mark], **reach: Any) -> list[Answer]:
    wanted = Reach(NOW, timedelta(hours=24), **reach)
    return list(survey(held, dict(marks), duck, wanted, tools(held)))


def test_a_table_beyond_the_bytes_of_a_run_is_unknown_and_smaller_ones_go_on() -> None:
    duck = Duck()
    duck.sizes = {"FROM t1": 600, "FROM t2": 500, "FROM t3": 400}
    found = {table.key: answer for table, answer in asked(duck, tables(duck), {}, budget=Budget(bytes=1_000))}
    assert [type(found[name]) for name in ("t1", "t2", "t3")] == [Measured, Unmeasured, Measured]
    skipped = found["t2"]
    assert isinstance(skipped, Unmeasured)
    assert skipped.problem == "skipped: it would read 500 bytes, and 400 are left"
    assert skipped.events == ("A", "B")


def test_follow_ups_are_paid_from_the_same_budget() -> None:
    duck = Duck()
    held = tables(duck, 1)
    duck.connection.execute("UPDATE t1 SET payload = '{\"new\": 1}'")
    duck.sizes = {"FROM t1": 600}
    ((_, answer),) = asked(duck, held, {}, budget=Budget(bytes=1_000))
    assert isinstance(answer, Measured)
    assert (answer.rows, answer.undeclared) == (3, ())
    assert answer.missed[0].endswith("raise measure.budget.bytes where a run never comes to it")
    ((_, whole),) = asked(duck, held, {}, budget=Budget(bytes=1_200))
    assert isinstance(whole, Measured)
    assert [one.name for one in whole.undeclared] == ["new"]


def test_what_the_probe_reads_is_counted() -> None:
    duck = Duck()
    held = tables(duck, 1)
    hour = int(NOW.timestamp() // 3600)
    duck.sizes = {"FROM t1": 600}
    ((_, answer),) = asked(duck, held, {"t1": Mark(hour - 30)}, budget=Budget(bytes=1_000))
    assert isinstance(answer, Unmeasured)
    assert answer.problem == "skipped: it would read 600 bytes, and 400 are left"


def test_when_the_seconds_are_over_no_further_scan_begins() -> None:
    duck = Duck()
    found = [type(answer) for _, answer in asked(duck, tables(duck), {}, budget=Budget(seconds=2.5))]
    assert found == [Measured, Measured, Unmeasured]
    assert sum("FROM t3" in sql for sql in duck.statements) == 0


def test_under_a_budget_what_has_waited_longest_comes_first() -> None:
    duck = Duck()
    held = tables(duck)
    hour = int(NOW.timestamp() // 3600)
    marks = {"t1": Mark(hour - 6), "t2": Mark(hour - 30)}
    order = [table.key for table, _ in asked(duck, held, marks, budget=Budget(seconds=100))]
    assert order == ["t3", "t2", "t1"]


def test_explaining_asks_the_probe_and_no_scan() -> None:
    duck = Duck()
    held = tables(duck)
    duck.sizes = {"FROM t1": 600}
    hour = int(NOW.timestamp() // 3600)
    marks = {"t1": Mark(hour - 30), "t2": Mark(hour - 3), "t3": Mark(hour)}
    steps = list(explain(held, marks, duck, Reach(NOW, timedelta(hours=24)), tools(held)))
    assert [type(step) for step in steps] == [Planned, Untouched, Untouched]
    due = steps[0]
    assert isinstance(due, Planned)
    assert (due.table, due.bytes, due.columns, len(due.statements)) == ("t1", 600, 1, 1)
    assert len(duck.statements) == 1
    assert "UNION ALL" in duck.statements[0]


def test_explaining_names_a_table_without_a_time_as_a_survey_does() -> None:
    duck = Duck()
    timeless = replace(tables(duck, 1)[0], time=None, received=None, loaded=None)
    (step,) = explain([timeless], {}, duck, Reach(NOW, timedelta(hours=24)), tools([timeless]))
    assert isinstance(step, Unmeasured)
    assert step.problem == "the table has no column that says when a row came"
    assert duck.statements == []


def test_a_follow_up_that_fails_loses_the_names_and_nothing_else() -> None:
    duck = Duck()
    held = tables(duck, 1)
    duck.connection.execute("INSERT INTO t1 VALUES ('A', '1-0-0', 'web', '{\"q\": 1}', '2026-06-02 03:00')")
    duck.broken = {"unnest"}
    ((_, found),) = asked(duck, held, {})
    assert isinstance(found, Measured)
    assert (found.rows, int(found.counts.undeclared.sum()), found.undeclared) == (4, 1, ())
    assert found.missed == ("what is undeclared could not be named: broken by the test",)


class Counting(Duck):
    """Counts the rows that each statement's own range lets through."""

    def __init__(self) -> None:
        super().__init__()
        self.read = 0

    def query(
        self, sql: str, moments: Mapping[str, datetime] | None = None, rows: int | None = None
    ) -> Sequence[Sequence[Any]]:
        """The statement's answer, its rows counted."""
        del rows
        bounds = moments or dict(zip(("since", "until"), map(_moment, _SPAN.findall(sql)[-2:]), strict=True))
        since = bounds.get("since", datetime(1970, 1, 1, tzinfo=UTC))
        asked = 'SELECT count(*) FROM events WHERE "at" >= ? AND "at" < ?'
        naive = [moment.replace(tzinfo=None) for moment in (since, bounds["until"])]
        ((rows,),) = self.connection.execute(asked, naive).fetchall()
        self.read += rows
        return super().query(sql, moments)


_SPAN = re.compile(r"CAST\('([0-9: -]+)' AS TIMESTAMP[^)]*\)")


def _moment(text: str) -> datetime:
    return datetime.fromisoformat(text)


@pytest.mark.parametrize("late", [0, 5])
def test_seven_days_of_hourly_runs_read_each_row_at_most_twice(late: int) -> None:
    """Once by the probe, once by its scan; however late a row was collected, it is read when it is loaded."""
    duck = Counting()
    table = landed(
        duck.table("events", {**JSON, "collected": "TIMESTAMP"}),
        ["A", "B"],
        times={"received": v.Column("collected"), "loaded": v.Column("at")},
    )
    marks: dict[str, Mark] = {}
    shop = plan({"A": [{"type": "object"}], "B": [{"type": "object"}]})
    bind = Binder(shop, Landed((table,))).table
    made = Tools(bind, lambda one, span: build(one, span, writer("duckdb")), lambda: writer("duckdb"))
    start = NOW.replace(minute=0)
    inserted = counted = 0
    for hour in range(HOURS):
        rows = 0 if hour % 5 == 4 else 20 + hour % 7
        loaded = start + timedelta(hours=hour, minutes=20)
        came = [(loaded - timedelta(hours=by)).replace(tzinfo=None) for by in (0, late)]
        duck.connection.execute(f"INSERT INTO events SELECT 'A', '1-0-0', 'web', '{{}}', ?, ? FROM range({rows})", came)
        inserted += rows
        reach = Reach(start + timedelta(hours=hour + 1, minutes=5), timedelta(hours=24))
        for one, answer in survey([table], dict(marks), duck, reach, made):
            if isinstance(answer, Measured):
                counted += answer.rows
                marks[one.key] = Mark(answer.until)
            elif isinstance(answer, Untouched) and answer.until is not None:
                marks[one.key] = Mark(answer.until)
    assert counted == inserted
    assert inserted <= duck.read <= 2 * inserted
