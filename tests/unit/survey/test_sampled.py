"""A survey that samples: what it asks, in which order, and what becomes of a refusal."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import timedelta
from typing import Any

from monitor.contract import Binder
from monitor.landing.model import Landed, LandedTable
from monitor.measure.model import Measured, Unmeasured
from monitor.measure.sampling import Sample
from monitor.measure.scan import build
from monitor.sql import vocabulary as v
from monitor.sql.engines import writer
from monitor.survey import Answer, Budget, Planned, Reach, Tools, explain, survey
from tests.fakes.duck import Duck
from tests.unit.measure.builders import landed
from tests.unit.test_survey import JSON, NOW, SHOP

ROWS = 4_000
HALF = Sample(0.5, above=1_000)


def events(duck: Duck, rows: int = ROWS, document: Mapping[str, Any] | None = None, **more: Any) -> LandedTable:
    at = NOW.replace(tzinfo=None) - timedelta(hours=5)
    table = duck.table("events", JSON)
    body = '{"p": 1}' if document is None else str(document).replace("'", '"')
    duck.connection.execute(
        f"INSERT INTO events SELECT 'A', '1-0-0', 'web', '{body}', TIMESTAMP '{at}' FROM range({rows})"
    )
    return landed(table, ["A", "B"], times={"received": v.Column("at")}, **more)


def tools(held: Sequence[LandedTable], sample: Sample | None) -> Tools:
    bind = Binder(SHOP, Landed(tuple(held))).table
    return Tools(
        bind, lambda table, span: build(table, span, writer("duckdb")), lambda: writer("duckdb"), sample=sample
    )


def asked(duck: Duck, table: LandedTable, sample: Sample | None, **reach: Any) -> Answer:
    duck.statements.clear()
    (answer,) = survey([table], {}, duck, Reach(NOW, timedelta(hours=24), **reach), tools([table], sample))
    return answer


def measured(answer: Answer) -> Measured:
    assert isinstance(answer[1], Measured)
    return answer[1]


def test_rows_are_counted_first_and_the_rules_of_a_sample_are_asked_next() -> None:
    duck = Duck()
    one = measured(asked(duck, events(duck), HALF))
    count, scan = duck.statements
    assert "payload" not in count
    assert "random() < 0.5" in scan
    assert (one.rows, one.queries, one.missed) == (ROWS, 2, ())
    assert ROWS * 0.5 - 8 * 32 < one.planned[1] < ROWS * 0.5 + 8 * 32
    assert [failure.failed for failure in one.failures] == [one.planned[1]], "each row lacks a text"


def test_without_a_sample_one_statement_is_asked_as_ever() -> None:
    duck = Duck()
    one = measured(asked(duck, events(duck), None))
    assert len(duck.statements) == one.queries == 1
    assert one.planned[1] == one.rows == ROWS


def test_where_few_rows_came_all_of_them_are_asked() -> None:
    duck = Duck()
    one = measured(asked(duck, events(duck, 1_000), HALF))
    assert "random()" not in "".join(duck.statements)
    assert (one.planned[1], one.rows, one.queries) == (1_000, 1_000, 2)


def test_repeated_ids_are_counted_over_all_rows() -> None:
    duck = Duck()
    one = measured(asked(duck, events(duck, id=v.Column("source")), HALF))
    assert one.duplicates == ROWS - 1
    assert "random()" not in duck.statements[2]


def test_names_of_what_is_undeclared_are_in_no_more_rows_than_were_asked() -> None:
    duck = Duck()
    for _ in range(3):
        one = measured(asked(duck, events(duck, document={"p": "x", "new": 1}), HALF))
        (named,) = one.undeclared
        assert "random() < 0.5" in duck.statements[2]
        assert one.planned[1] - 8 * 45 < named.rows <= one.planned[1]
        assert int(one.counts.undeclared.sum()) == one.planned[1]


def test_blocks_that_the_warehouse_refuses_become_rows_and_that_is_said() -> None:
    duck = Duck()
    duck.broken = {"TABLESAMPLE"}
    duck.words = "a view has no blocks"
    one = measured(asked(duck, events(duck), replace(HALF, blocks=True)))
    assert [("TABLESAMPLE" in sql, "random()" in sql) for sql in duck.statements] == [
        (False, False),
        (True, False),
        (False, True),
    ]
    assert one.queries == 3
    assert one.missed == ("the sample was drawn row by row, since there are no blocks of it: a view has no blocks",)
    assert 0 < one.planned[1] < one.rows


def test_blocks_are_drawn_where_there_are_some() -> None:
    duck = Duck()
    one = measured(asked(duck, events(duck, 400_000), replace(HALF, blocks=True)))
    assert "TABLESAMPLE system(50 PERCENT)" in duck.statements[1]
    assert (one.rows, one.missed) == (400_000, ())
    assert one.planned[1] < one.rows


def test_a_table_whose_rows_cannot_be_counted_is_unknown() -> None:
    duck = Duck()
    table = events(duck)
    duck.broken = {"FROM events"}
    answer = asked(duck, table, HALF)[1]
    assert isinstance(answer, Unmeasured)
    assert answer.hint == "broken by the test"


def test_nothing_is_drawn_where_the_warehouse_refuses_all_there_is_to_ask() -> None:
    duck = Duck()
    table = events(duck)
    duck.connection.execute("ALTER TABLE events DROP COLUMN payload")
    one = measured(asked(duck, table, HALF))
    assert (one.rows, one.planned[1], one.failures) == (ROWS, ROWS, ())
    assert "random()" not in duck.statements[-1]


def test_a_budget_counts_the_bytes_of_both_statements() -> None:
    duck = Duck()
    table = events(duck)
    duck.sizes = {"FROM events": 600}
    assert isinstance(asked(duck, table, HALF, budget=Budget(bytes=1_100))[1], Unmeasured)
    assert isinstance(asked(duck, table, HALF, budget=Budget(bytes=1_200))[1], Measured)
    assert isinstance(asked(duck, table, None, budget=Budget(bytes=1_100))[1], Measured)


def test_what_a_run_would_ask_names_the_sample_and_both_statements() -> None:
    duck = Duck()
    table = events(duck)
    reach = Reach(NOW, timedelta(hours=24))
    for sample, statements in ((HALF, 2), (replace(HALF, blocks=True), 2), (None, 1)):
        (step,) = explain([table], {}, duck, reach, tools([table], sample))
        assert isinstance(step, Planned)
        assert len(step.statements) == statements
        assert step.sample == sample
    small = replace(table, table=replace(table.table, rows=900))
    (step,) = explain([small], {}, duck, reach, tools([small], HALF))
    assert isinstance(step, Planned)
    assert step.sample is None
