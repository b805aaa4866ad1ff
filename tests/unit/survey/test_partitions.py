"""A partition's column passes over what cannot have come, and counts nothing otherwise."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from monitor.catalog import Family
from monitor.contract import Binder
from monitor.landing.model import Landed, LandedTable, Partition
from monitor.measure.model import Measured, Unmeasured
from monitor.measure.partition import inside
from monitor.measure.scan import build
from monitor.measure.windows import Mark
from monitor.sql import vocabulary as v
from monitor.sql.engines import ENGINES, writer
from monitor.survey import Planned, Reach, Tools, explain, survey
from tests.fakes.duck import Duck
from tests.unit.measure.builders import landed, plan

NOW = datetime(2026, 6, 10, 12, 30, tzinfo=UTC)
DAY = timedelta(days=1)
SHOP = plan({"A": [{"type": "object", "required": ["p"], "additionalProperties": False}]})
HOUR = int(NOW.timestamp() // 3600)
PARTITIONS = {
    "timestamp": ("TIMESTAMP", "date_trunc('day', came)", Partition("part", Family.TIMESTAMP, "day", DAY, "")),
    "date": ("DATE", "came::DATE", Partition("part", Family.DATE, "day", DAY, "")),
    "text": ("VARCHAR", "strftime(came, '%Y-%m-%d')", Partition("part", Family.TEXT, "day", DAY, "%Y-%m-%d")),
    "number": ("INTEGER", "strftime(came, '%Y%m')::INT", Partition("part", Family.INTEGER, "month", DAY, "%Y%m")),
    "hour": ("VARCHAR", "strftime(came, '%Y%m%d%H')", Partition("part", Family.TEXT, "hour", DAY, "%Y%m%d%H")),
}


def shop(duck: Duck, native: str, said: str) -> LandedTable:
    """Twenty days of rows, two an hour; every third is without what is required, every fifth has an undeclared key."""
    columns = {"version": "VARCHAR", "source": "VARCHAR", "payload": "JSON", "at": "TIMESTAMP", "part": native}
    table = duck.table("events", columns)
    duck.connection.execute(
        "INSERT INTO events SELECT '1-0-0', 'web', CASE WHEN n % 3 = 0 THEN '{}' WHEN n % 5 = 0 THEN '{\"x\": 1}' "
        f"ELSE '{{\"p\": 1}}' END, came, {said} "
        "FROM (SELECT n, ? - n * INTERVAL 30 MINUTE AS came FROM range(960) r(n))",
        [NOW.replace(tzinfo=None)],
    )
    made = landed(table, ["A"], times={"received": v.Column("at")})
    return replace(made, own_columns=made.own_columns | {"part"})


def tools(table: LandedTable) -> Tools:
    bind = Binder(SHOP, Landed((table,))).table
    return Tools(bind, lambda one, span: build(one, span, writer("duckdb")), lambda: writer("duckdb"))


def told(duck: Duck, table: LandedTable, mark: Mark | None, **reach: Any) -> Measured | Unmeasured:
    marks = {} if mark is None else {"events": mark}
    ((_, answer),) = survey([table], marks, duck, Reach(NOW, DAY, **reach), tools(table))
    assert isinstance(answer, Measured | Unmeasured)
    return answer


def counts(answer: Measured | Unmeasured) -> Any:
    assert isinstance(answer, Measured)
    return list(answer.counts), answer.failures, answer.undeclared, answer.no_time_rows


@pytest.mark.parametrize("kind", PARTITIONS)
@pytest.mark.parametrize("mark", [None, Mark(HOUR - 30), Mark(HOUR - 24 * 9)])
def test_the_same_is_counted_with_the_partition_and_without(kind: str, mark: Mark | None) -> None:
    native, said, partition = PARTITIONS[kind]
    duck = Duck()
    table = shop(duck, native, said)
    plain = told(duck, table, mark)
    duck.statements.clear()
    assert counts(told(duck, replace(table, partition=partition), mark)) == counts(plain)
    assert all("part" in sql for sql in duck.statements) or mark is None
    assert all("tw:" not in sql for sql in duck.statements) or mark is None
    assert sum(one.rows for one in counts(plain)[0]) > 0


def test_only_partitions_of_the_range_are_read() -> None:
    """Rows whose partition lies beyond the slack prove it: they would have been counted."""
    duck = Duck()
    table = replace(shop(duck, "DATE", "came::DATE"), partition=PARTITIONS["date"][2])
    duck.connection.execute("""UPDATE events SET part = '2020-01-01' WHERE "at" >= '2026-06-10 08:00'""")
    found = told(duck, table, Mark(HOUR - 24))
    assert isinstance(found, Measured)
    plain = told(duck, replace(table, partition=None), Mark(HOUR - 24))
    assert isinstance(plain, Measured)
    assert (found.rows, plain.rows) == (40, 44)


def test_a_row_within_the_slack_of_its_partition_is_counted() -> None:
    duck = Duck()
    table = shop(duck, "DATE", "came::DATE - 1")
    partition = PARTITIONS["date"][2]
    mark = Mark(HOUR - 24)
    assert counts(told(duck, replace(table, partition=partition), mark)) == counts(told(duck, table, mark))


def test_a_row_whose_partition_says_nothing_is_counted() -> None:
    """As one of BigQuery's streaming buffer, or of a lake's partition for what has no date."""
    duck = Duck()
    table = shop(duck, "DATE", "came::DATE")
    duck.connection.execute("""UPDATE events SET part = NULL WHERE "at" >= '2026-06-10 08:00'""")
    mark = Mark(HOUR - 24)
    pruned = told(duck, replace(table, partition=PARTITIONS["date"][2]), mark)
    assert counts(pruned) == counts(told(duck, table, mark))


def test_explain_says_the_statement_that_would_run() -> None:
    duck = Duck()
    table = replace(shop(duck, "DATE", "came::DATE"), partition=PARTITIONS["date"][2])
    reach = Reach(NOW, DAY)
    (step,) = explain([table], {"events": Mark(HOUR - 24)}, duck, reach, tools(table))
    assert isinstance(step, Planned)
    assert "CAST('2026-06-08' AS DATE)" in step.statements[0]


def test_a_refusal_for_want_of_a_partition_filter_names_the_key() -> None:
    duck = Duck()
    table = shop(duck, "DATE", "came::DATE")
    duck.broken = {"FROM events"}
    duck.words = (
        "Cannot query over table 'events' without a filter over column(s) 'part' that can be used for "
        "partition elimination"
    )
    answer = told(duck, table, None)
    assert isinstance(answer, Unmeasured)
    assert answer.hint.startswith("name its column on the landing, `partition: {column: …}`")
    assert "'part'" in answer.hint


def test_what_is_asked_after_a_refusal_has_the_filter_too() -> None:
    duck = Duck()
    table = replace(shop(duck, "DATE", "came::DATE"), partition=PARTITIONS["date"][2])
    duck.broken = {"tw_n0"}  # the scan, and whoever looks for what is to blame in it
    assert isinstance(told(duck, table, Mark(HOUR - 24)), Unmeasured)
    assert len(duck.statements) >= 3, "the probe, the scan, the look at its parts"
    assert all("CAST('2026-06-08' AS DATE)" in sql for sql in duck.statements)


def said(partition: Partition, engine: str, since: datetime | None) -> str:
    made = writer(engine)
    return made.compile(inside(partition, since, NOW, made))


@pytest.mark.parametrize("engine", [name for name in ENGINES if writer(name).prunes])
def test_every_engine_compares_the_column_with_constants(engine: str) -> None:
    since = NOW - timedelta(hours=3)
    for _, _, partition in PARTITIONS.values():
        text = said(partition, engine, since)
        assert "part" in text.lower()
        assert "2026" in text
        assert "2026-06-09" in text or "20260609" in text or "202606" in text
        whole = said(partition, engine, None)
        assert whole.count("part") == 3, "a warehouse that demands a filter by the partition is to have one"
        assert "IS NULL" in whole


def test_the_ends_of_time_are_no_trouble() -> None:
    partition = PARTITIONS["timestamp"][2]
    first, last = datetime(1, 1, 1, 5, tzinfo=UTC), datetime(9999, 12, 31, tzinfo=UTC)
    made = writer("duckdb")
    found = made.compile(inside(partition, first, last, made))
    assert "0001-01-01" in found
    assert "9999-12-31" in found
