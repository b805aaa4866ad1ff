"""The doctor's look at partitions, from outside: rows that no run would see are a problem, with what to do."""

from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import duckdb
import pytest

from monitor.catalog import Family
from monitor.cli.partitions import partitions
from monitor.landing.model import Partition
from monitor.sql import vocabulary as v
from tests.fakes.duck import Duck
from tests.unit.cli.conftest import Call
from tests.unit.measure.builders import landed

pytestmark = pytest.mark.xdist_group("cli")
PLAN = """
event: Order Completed
team: checkout
sources: [web]
versions: {1-0-0: {schema: {type: object, properties: {order_id: {type: string}}}}}
"""
CONFIG = """
plan: {path: plan}
profile: {name: own, target: dev}
landings:
  - source: web
    layout: json
    table: raw.events
    event: {column: name}
    properties: {column: payload}
    version: [{constant: 1-0-0}]
    received: received_at
    partition: {column: dt, slack: 12h}
targets: {dbt: null, gx: null}
"""
PROFILES = "own: {target: dev, outputs: {dev: {type: duckdb, path: warehouse.duckdb}}}"
ROWS = """
CREATE SCHEMA raw;
CREATE TABLE raw.events AS SELECT 'Order Completed' AS name, '{"order_id": "1"}' AS payload, came AS received_at,
  CASE WHEN n % 10 = 0 THEN came - INTERVAL 3 DAY ELSE came END::DATE AS dt
FROM (SELECT n, TIMESTAMP '2026-06-01' + n * INTERVAL 15 MINUTE AS came FROM range(960) r(n));
"""


@pytest.fixture
def place(tmp_path: Path) -> Path:
    (tmp_path / "plan" / "events").mkdir(parents=True)
    (tmp_path / "plan" / "events" / "order_completed.yml").write_text(PLAN)
    (tmp_path / "trackwarden.yml").write_text(CONFIG)
    (tmp_path / "profiles.yml").write_text(PROFILES)
    with duckdb.connect(str(tmp_path / "warehouse.duckdb")) as connection:
        connection.execute(ROWS)
    return tmp_path


def flat(text: str) -> str:
    return " ".join(text.split())


def test_rows_outside_the_slack_are_a_problem_with_the_slack_to_set(place: Path, call: Call) -> None:
    ended = call("-C", place, "doctor")
    assert ended.code == 3
    told = flat(ended.out)
    assert "0:web: 19 rows of 192 outside the slack" in told
    assert "9.9% are never counted, of raw.events" in told
    assert "set landings[0].partition.slack: 3d (it is 12 h)" in told
    assert "then have the rows counted: `trackwarden run --since TIME`" in told
    config = place / "trackwarden.yml"
    config.write_text(config.read_text().replace("slack: 12h", "slack: 3d"))
    again = call("-C", place, "doctor")
    assert again.code == 0
    assert "0:web: 0 rows of 192 outside the slack" in flat(again.out)


def test_a_partition_that_does_not_follow_the_arrival_is_said_to_be_the_wrong_one(place: Path, call: Call) -> None:
    with duckdb.connect(str(place / "warehouse.duckdb")) as connection:
        connection.execute("UPDATE raw.events SET dt = '1970-01-01' WHERE received_at >= '2026-06-10 12:00'")
    ended = call("-C", place, "doctor")
    assert ended.code == 3
    assert "no slack up to 30d would see them all" in flat(ended.out)


def test_landings_without_a_partition_are_not_looked_at(place: Path, call: Call) -> None:
    config = place / "trackwarden.yml"
    config.write_text(config.read_text().replace("    partition: {column: dt, slack: 12h}\n", ""))
    ended = call("-C", place, "doctor")
    assert ended.code == 0
    assert "partitions" not in ended.out


@pytest.mark.parametrize("why", ["1,000,000,000,000 bytes", "no rights"])
def test_where_nothing_can_be_looked_at_nothing_is_said_to_be_fine(why: str) -> None:
    duck = Duck()
    table = duck.table("events", {"version": "VARCHAR", "source": "VARCHAR", "at": "TIMESTAMP", "part": "DATE"})
    by_day = Partition("part", Family.DATE, "day", timedelta(days=1), "")
    held = replace(landed(table, ["A"], times={"received": v.Column("at")}), partition=by_day)
    if why == "no rights":
        duck.broken, duck.words = {"events"}, why
    else:
        duck.sizes["events"] = 10**12
    (told,) = partitions([held], {"events": 494_000}, duck, None)
    assert told.said.startswith("events: not looked at: ")
    assert why in told.said
    assert "is not known" in told.hint
