"""Rows that no run would see are those, and only those, that hourly runs pass over."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from monitor.catalog import Family
from monitor.contract import Binder
from monitor.landing.model import Landed, LandedTable, Partition
from monitor.measure.model import Measured
from monitor.measure.outside import HOURS, Outside, outside, read_outside, span_of
from monitor.measure.scan import build
from monitor.measure.windows import Mark
from monitor.sql import vocabulary as v
from monitor.sql.engines import ENGINES, writer
from monitor.survey import Reach, Tools, survey
from tests.fakes.duck import Duck
from tests.unit.measure.builders import landed, plan

NOW = datetime(2026, 6, 10, 12, tzinfo=UTC)
HOUR = int(NOW.timestamp() // 3600)
SHOP = plan({"A": [{"type": "object"}]})
AWAY = "INTERVAL (CASE WHEN n % 7 = 0 THEN -30 WHEN n % 11 = 0 THEN 60 WHEN n % 13 = 0 THEN -24 * 20 ELSE 0 END) HOUR"
"""How far a row's partition is from when it came, in hours."""
PARTITIONS = {
    "day": ("DATE", "came + {}", Family.DATE, timedelta(hours=6), ""),
    "hour": ("VARCHAR", "strftime(came + {}, '%Y%m%d%H')", Family.TEXT, timedelta(0), "%Y%m%d%H"),
    "month": ("INTEGER", "strftime(came + {}, '%Y%m')::INT", Family.INTEGER, timedelta(0), "%Y%m"),
    "moment": ("TIMESTAMP", "came + {}", Family.TIMESTAMP, timedelta(days=1), ""),
}


def shop(duck: Duck, kind: str, away: str = AWAY) -> LandedTable:
    """A row every ten minutes of three days, the newest before noon; every 17th says no partition."""
    native, said, family, slack, form = PARTITIONS[kind]
    partition = Partition("part", family, "day" if kind == "moment" else kind, slack, form)
    columns = {"version": "VARCHAR", "source": "VARCHAR", "payload": "JSON", "at": "TIMESTAMP", "part": native}
    table = duck.table("events", columns)
    duck.connection.execute(
        f"INSERT INTO events SELECT '1-0-0', 'web', '{{}}', came, CASE WHEN n % 17 <> 0 THEN {said.format(away)} END "
        "FROM (SELECT n, ? - (n + 1) * INTERVAL 10 MINUTE AS came FROM range(6 * 72) r(n))",
        [NOW.replace(tzinfo=None)],
    )
    made = landed(table, ["A"], times={"received": v.Column("at")})
    return replace(made, partition=partition, lag=timedelta(0))


def found(duck: Duck, table: LandedTable) -> Outside:
    return read_outside(duck.query(outside(table, span_of(HOUR - 1), writer("duckdb")))[0], table)


def seen_by_hourly_runs(duck: Duck, table: LandedTable) -> int:
    bind = Binder(SHOP, Landed((table,))).table
    tools = Tools(bind, lambda one, span: build(one, span, writer("duckdb")), lambda: writer("duckdb"))
    rows = 0
    for hour in range(HOUR - HOURS, HOUR):
        at = datetime.fromtimestamp((hour + 1) * 3600, UTC)
        ((_, answer),) = survey([table], {"events": Mark(hour)}, duck, Reach(at, timedelta(days=1)), tools)
        rows += answer.rows if isinstance(answer, Measured) else 0
    return rows


@pytest.mark.parametrize("kind", PARTITIONS)
def test_what_is_outside_is_what_hourly_runs_do_not_count(kind: str) -> None:
    duck = Duck()
    table = shop(duck, kind)
    told = found(duck, table)
    assert told.rows == HOURS * 6
    assert told.rows - told.lost == seen_by_hourly_runs(duck, table)
    assert told.lost > 0


@pytest.mark.parametrize("kind", PARTITIONS)
def test_rows_within_the_slack_are_not_outside(kind: str) -> None:
    duck = Duck()
    assert found(duck, shop(duck, kind, "INTERVAL 0 HOUR")) == Outside(HOURS * 6, 0, "")


def test_the_least_slack_that_is_wide_enough_is_told() -> None:
    duck = Duck()
    table = shop(duck, "day", "INTERVAL (-60) HOUR")
    assert found(duck, table).wider == "3d"
    assert found(duck, shop(duck, "day", "INTERVAL (-24 * 29) HOUR")).wider == "30d"


def test_clocks_that_stand_at_the_beginning_of_time_are_found_and_a_slack_does_not_help() -> None:
    duck = Duck()
    table = shop(duck, "day", "INTERVAL 0 HOUR")
    duck.connection.execute("UPDATE events SET part = '1970-01-01' WHERE \"at\" >= '2026-06-10 11:00'")
    duck.connection.execute("UPDATE events SET part = '2038-01-01' WHERE \"at\" < '2026-06-09 11:00'")
    told = found(duck, table)
    assert (told.lost, told.wider) == (6 + 6 * 23, "")


def test_partitions_of_long_ago_are_not_read() -> None:
    duck = Duck()
    table = shop(duck, "day", "INTERVAL 0 HOUR")
    duck.connection.execute("UPDATE events SET part = '2026-01-01' WHERE \"at\" >= '2026-06-10 11:00'")
    assert found(duck, table) == Outside(HOURS * 6 - 6, 0, "")


@pytest.mark.parametrize("engine", [name for name in ENGINES if writer(name).prunes])
def test_every_engine_has_words_for_it(engine: str) -> None:
    table = shop(Duck(), "day")
    sql = outside(table, span_of(HOUR), writer(engine))
    assert sql.upper().count("SELECT") == 1
    assert sql.count("2026-05-08") == 1, "31 days before the first of 48 hours"
