"""Asking the warehouse: how often, in which order, and what becomes of a table that cannot be read."""

import threading
import time
from collections.abc import Callable, Generator, Iterator, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from monitor.catalog import Column, Family
from monitor.contract import Binder
from monitor.contract.without import Refused
from monitor.landing.model import Landed, LandedTable
from monitor.measure.model import Measured, Unmeasured
from monitor.measure.scan import build
from monitor.measure.windows import Mark
from monitor.plan.model import Plan
from monitor.sql import vocabulary as v
from monitor.sql.engines import writer
from monitor.survey import Answer, Reach, Tools, Untouched, chosen, survey
from monitor.values import Values
from tests.fakes.duck import Duck
from tests.unit.measure.builders import COLUMNS, landed, plan

NOW = datetime(2026, 6, 2, 12, 30, tzinfo=UTC)
JSON = {"event": "VARCHAR", "version": "VARCHAR", "source": "VARCHAR", "payload": "JSON", "at": "TIMESTAMP"}
SHOP = plan(
    {"A": [{"type": "object", "required": ["p"], "properties": {"p": {"type": "string"}}}], "B": [{"type": "object"}]}
)


TYPED = {"version": "VARCHAR", "source": "VARCHAR", "at": "TIMESTAMP", "price": "VARCHAR", "size": "INTEGER"}
PRICES = {"price": {"minimum": 5}, "size": {"type": "integer", "maximum": 2}}
PRICED = plan({"A": [{"type": "object", "properties": PRICES}], "B": [{"type": "object"}]})


class Shop:
    """Three tables, and a plan that they are measured by."""

    def __init__(self) -> None:
        self.duck = Duck()
        self.plan: Plan = SHOP
        self.tables = [self.make(name, 3) for name in ("t1", "t2", "t3")]
        self.marks: dict[str, Mark] = {}
        self.now = NOW
        self.catalog: dict[str, LandedTable | None] = {}
        """What the catalog says of a table by now."""
        self.read_again: list[str] = []
        self.refused: dict[str, Refused] = {}
        """By contract hash."""
        self.idle: Callable[[], None] = lambda: None

    def make(self, name: str, rows: int, **more: Any) -> LandedTable:
        at = NOW.replace(tzinfo=None) - timedelta(hours=5)
        table = self.duck.table(name, JSON, [("A", "1-0-0", "web", {"p": 1}, at)] * rows)
        return landed(table, ["A", "B"], times={"received": v.Column("at")}, **more)

    def add(self, name: str, at: datetime | None, payload: str = "{}") -> None:
        naive = None if at is None else at.replace(tzinfo=None)
        self.duck.connection.execute(f"INSERT INTO {name} VALUES ('A', '1-0-0', 'web', ?, ?)", [payload, naive])

    def survey(self, **reach: Any) -> Iterator[Answer]:
        bind = Binder(self.plan, Landed(tuple(self.tables)), lambda digest: self.refused.get(digest, {})).table
        tools = Tools(
            bind=bind,
            scan=lambda table, span: build(table, span, writer("duckdb")),
            writer=lambda: writer("duckdb"),
            again=self.again,
            refuse=lambda table, refused: self.refused.update({table.hash: refused}),
            idle=self.idle,
        )
        asked = Reach(now=self.now, lookback=timedelta(hours=24), **reach)
        return survey(self.tables, dict(self.marks), self.duck, asked, tools)

    def again(self, table: LandedTable) -> LandedTable | None:
        self.read_again.append(table.key)
        return self.catalog.get(table.key, table)

    def priced(self, price: str, family: Family) -> LandedTable:
        """A table whose column `price` holds text, and a catalog that has it as something else."""
        at = NOW.replace(tzinfo=None) - timedelta(hours=5)
        table = self.duck.table("priced", TYPED, [("1-0-0", "web", at, "cheap", 9)] * 2)
        columns = tuple(Column("price", family, price) if one.name == "price" else one for one in table.columns)
        return landed(replace(table, columns=columns), ["A"], COLUMNS)

    def run(self, **reach: Any) -> list[Answer]:
        """One survey; what it measured becomes the watermark, as history would keep it."""
        self.duck.statements.clear()
        answers = list(self.survey(**reach))
        for table, answer in answers:
            old = self.marks.get(table.key)
            if isinstance(answer, Measured):
                no_time = answer.no_time_rows if answer.no_time else (old.no_time_rows if old else 0)
                self.marks[table.key] = Mark(answer.until, no_time)
            elif isinstance(answer, Untouched) and old and answer.until is not None:
                self.marks[table.key] = Mark(answer.until, old.no_time_rows)
        return answers


@pytest.fixture
def shop() -> Shop:
    return Shop()


def kinds(answers: Sequence[Answer]) -> list[type]:
    return [type(answer) for _, answer in answers]


def measured(answers: Sequence[Answer]) -> list[Measured]:
    return [answer for _, answer in answers if isinstance(answer, Measured)]


def test_the_first_run_asks_one_statement_per_table(shop: Shop) -> None:
    answers = shop.run()
    assert kinds(answers) == [Measured] * 3
    assert len(shop.duck.statements) == 3
    assert [one.rows for one in measured(answers)] == [3, 3, 3]
    assert [failure.failed for one in measured(answers) for failure in one.failures] == [3, 3, 3]
    assert all(one.queries == 1 and one.since is None and one.no_time for one in measured(answers))


def test_a_second_run_without_new_rows_asks_only_the_probe(shop: Shop) -> None:
    shop.run()
    shop.now += timedelta(hours=1)
    answers = shop.run()
    assert kinds(answers) == [Untouched] * 3
    assert len(shop.duck.statements) == 1


def test_only_the_table_with_new_rows_is_read_again_from_its_watermark(shop: Shop) -> None:
    shop.run()
    shop.add("t2", NOW - timedelta(hours=1))
    shop.now += timedelta(hours=3)
    answers = shop.run()
    assert kinds(answers) == [Untouched, Measured, Untouched]
    assert len(shop.duck.statements) == 2
    assert measured(answers)[0].rows == 1


def test_rows_without_a_usable_time_are_counted_once_and_do_not_wake_each_run(shop: Shop) -> None:
    shop.add("t1", None)
    shop.duck.connection.execute(
        "INSERT INTO t1 VALUES ('A', '1-0-0', 'web', '{}', '-infinity'), ('A', '1-0-0', 'web', '{}', 'infinity')"
    )
    shop.duck.connection.execute(
        "INSERT INTO t1 VALUES ('A', '1-0-0', 'web', '{}', '0001-01-01'), ('A', '1-0-0', 'web', '{}', '9999-01-01')"
    )
    first = measured(shop.run())[0]
    assert (first.rows, first.no_time_rows) == (7, 3)
    for _ in range(3):
        shop.now += timedelta(hours=1)
        assert kinds(shop.run()) == [Untouched] * 3


def test_a_new_row_without_time_is_measured(shop: Shop) -> None:
    shop.run()
    shop.add("t3", None)
    shop.now += timedelta(hours=1)
    answers = shop.run()
    assert kinds(answers) == [Untouched, Untouched, Measured]
    assert measured(answers)[0].no_time_rows == 1


def test_a_table_that_fails_is_unmeasured_and_the_others_are_measured(shop: Shop) -> None:
    shop.duck.broken = {"FROM t2"}
    answers = shop.run()
    assert kinds(answers) == [Measured, Unmeasured, Measured]
    problem = answers[1][1]
    assert isinstance(problem, Unmeasured)
    assert (problem.table, problem.events, problem.hint) == ("t2", ("A", "B"), "broken by the test")


def test_a_table_that_has_gone_is_unmeasured_with_the_engines_own_words(shop: Shop) -> None:
    shop.duck.connection.execute("DROP TABLE t1")
    answers = shop.run()
    assert kinds(answers) == [Unmeasured, Measured, Measured]
    problem = answers[0][1]
    assert isinstance(problem, Unmeasured)
    assert "t1" in problem.hint


def test_a_common_probe_that_is_refused_is_asked_by_halves(shop: Shop) -> None:
    shop.run()
    shop.now += timedelta(hours=3)
    shop.add("t3", NOW)
    shop.duck.broken = {"t2"}
    answers = shop.run()
    assert kinds(answers) == [Untouched, Unmeasured, Measured]
    assert len(shop.duck.statements) == 1 + 2 + 2 + 1


def test_what_is_undeclared_is_named_by_one_more_statement(shop: Shop) -> None:
    shop.add("t1", NOW - timedelta(hours=4), '{"p": "x", "new": 1}')
    answers = shop.run()
    one = measured(answers)[0]
    assert [(named.name, named.rows) for named in one.undeclared] == [("new", 1)]
    assert one.queries == 2
    assert len(shop.duck.statements) == 4


def test_repeated_ids_are_counted_where_the_landing_has_an_id(shop: Shop) -> None:
    shop.tables = [shop.make("ids", 4, id=v.Column("source"))]
    assert measured(shop.run())[0].duplicates == 3


def test_a_table_without_any_time_is_unmeasured_with_a_next_step(shop: Shop) -> None:
    shop.tables = [landed(shop.duck.table("bare", JSON), ["A", "B"], times={})]
    answers = shop.run()
    assert kinds(answers) == [Unmeasured]
    problem = answers[0][1]
    assert isinstance(problem, Unmeasured)
    assert "received:" in problem.hint
    assert shop.duck.statements == []


def test_since_measures_again_whatever_was_measured_before(shop: Shop) -> None:
    shop.run()
    answers = shop.run(since=NOW - timedelta(hours=6))
    assert [one.rows for one in measured(answers)] == [3, 3, 3]
    assert len(shop.duck.statements) == 3, "no probe"
    later = shop.run(since=NOW - timedelta(hours=4))
    assert [one.rows for one in measured(later)] == [0, 0, 0]


def test_an_empty_table_is_measured_as_nothing(shop: Shop) -> None:
    shop.tables = [shop.make("empty", 0)]
    one = measured(shop.run())[0]
    assert (one.rows, one.failures, one.queries) == (0, (), 1)


def test_only_tables_that_hold_the_asked_events_are_chosen(shop: Shop) -> None:
    other = landed(shop.duck.table("other", JSON), ["B"])
    assert chosen([*shop.tables, other], frozenset({"A"})) == tuple(shop.tables)
    assert chosen([other], frozenset()) == (other,)


def test_a_column_that_changed_since_the_catalog_was_read_is_bound_anew(shop: Shop) -> None:
    shop.plan, shop.tables = PRICED, [shop.priced("DOUBLE", Family.NUMBER), *shop.tables[1:]]
    fresh = shop.priced("VARCHAR", Family.TEXT)
    shop.catalog["priced"] = fresh
    answers = shop.run()
    assert kinds(answers) == [Measured] * 3
    assert answers[0][0] is fresh
    assert measured(answers)[0].failures[0].rule == "a@1-0-0#/size:maximum"
    assert (shop.read_again, shop.refused) == (["priced"], {})


def test_a_rule_that_the_warehouse_refuses_is_left_out_and_the_others_run(shop: Shop) -> None:
    shop.plan, shop.tables = PRICED, [shop.priced("DOUBLE", Family.NUMBER), *shop.tables[1:]]
    answers = shop.run()
    assert kinds(answers) == [Measured] * 3
    first = measured(answers)[0]
    assert (first.rows, [(one.rule, one.failed) for one in first.failures]) == (2, [("a@1-0-0#/size:maximum", 2)])
    ((refused,),) = (shop.refused.values(),)
    assert list(refused) == ["a@1-0-0#/price:minimum"]
    assert "VARCHAR" in refused["a@1-0-0#/price:minimum"]
    shop.marks.clear()
    assert kinds(shop.run()) == [Measured] * 3
    assert shop.read_again == ["priced"], "what is known to be refused is not asked again"


def test_a_table_that_has_gone_is_not_searched_for_a_rule_to_blame(shop: Shop) -> None:
    shop.duck.connection.execute("DROP TABLE t1")
    shop.catalog["t1"] = None
    assert kinds(shop.run()) == [Unmeasured, Measured, Measured]
    assert len(shop.duck.statements) == 3


def test_a_reader_that_stops_leaves_nothing_running(shop: Shop) -> None:
    answers = shop.survey()
    assert isinstance(next(answers)[1], Measured)
    asked = len(shop.duck.statements)
    assert isinstance(answers, Generator)
    answers.close()
    assert asked <= len(shop.duck.statements) <= 3
    assert not [one for one in threading.enumerate() if one.name.startswith("warehouse")]


def test_while_the_warehouse_takes_its_time_what_was_counted_can_be_kept(shop: Shop) -> None:
    told, answered = threading.Event(), shop.duck.columns

    def slow(sql: str, *rest: Any) -> Sequence[Values]:
        assert "FROM t3" not in sql or told.wait(20)
        return answered(sql, *rest)

    shop.duck.columns, shop.idle = slow, told.set  # type: ignore[method-assign, assignment]
    assert kinds(shop.run()) == [Measured] * 3
    assert told.is_set()


def test_scans_of_few_hours_are_begun_far_ahead_and_large_ones_are_not(shop: Shop) -> None:
    shop.tables = [shop.make(f"t{n}", 1) for n in range(30)]
    answers = shop.survey()
    assert isinstance(next(answers)[1], Measured)
    assert len(shop.duck.statements) <= 4, "of a first run two wait in memory"
    for _ in answers:
        pass
    shop.run()
    shop.now += timedelta(hours=3)
    for table in shop.tables:
        shop.add(table.key, NOW)
    shop.duck.statements.clear()
    answers = shop.survey()
    assert isinstance(next(answers)[1], Measured)
    end = time.monotonic() + 20
    while len(shop.duck.statements) < 1 + 17 and time.monotonic() < end:
        time.sleep(0.01)
    assert len(shop.duck.statements) == 1 + 17, "the probe, the one that was read, and sixteen"
    assert [type(answer) for _, answer in answers] == [Measured] * 29


def test_scans_of_small_tables_are_sent_together_and_count_the_same(shop: Shop) -> None:
    shop.tables += [shop.make(name, 2) for name in ("t4", "t5", "t6", "t7")]
    alone = shop.run()
    shop.marks.clear()
    shop.duck.batched = 3
    assert shop.run() == alone
    assert shop.duck.batches == [3, 3, 1]
    assert len(shop.duck.statements) == 7


def test_one_of_a_batch_that_is_refused_concerns_its_table_alone(shop: Shop) -> None:
    shop.duck.batched = 3
    shop.duck.broken = {"FROM t2"}
    assert kinds(shop.run()) == [Measured, Unmeasured, Measured]


def test_tables_that_are_due_from_different_hours_are_not_sent_together(shop: Shop) -> None:
    shop.run()
    shop.now += timedelta(hours=3)
    shop.marks["t3"] = Mark(shop.marks["t3"].until - 8, 0)
    for name in ("t1", "t2", "t3"):
        shop.add(name, NOW)
    shop.duck.batched = 3
    answers = shop.run()
    assert [one.rows for one in measured(answers)] == [1, 1, 4]
    assert shop.duck.batches == [2, 1]
