"""A warehouse that stalls, drops the connection, goes away or refuses one table, under whole `trackwarden run`s.

A real PostgreSQL stands behind a proxy that breaks connections to order. Beforehand one of the events has an open
incident; in the hour of the fault its rows are good again, so that whoever resolves by silence is found out.
"""

import json
import os
import shutil
import sqlite3
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import closing
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from monitor.history.store import History
from tests.fakes.postgres import Postgres
from tests.fakes.proxy import Fault, Proxy
from tests.fakes.slack import FakeSlack

BEGIN = datetime(2026, 6, 30, 6, tzinfo=UTC)
EVENTS = ("Order Completed", "Searched", "Signed Up")
STATEMENT = 2
"""Seconds that a statement may take."""
HURT, SCAN = "order_completed", rb'order_completed"?[^\x00]*GROUP BY 1'
CONFIG = """
plan: {path: plan}
profile: {name: shop, target: own}
landings:
  - {source: web, layout: segment, schema: web, lag: 0m, version: [{constant: 1-0-0}]}
measure: {statement: {seconds: %d}, concurrency: %d}
slack: {token: xoxb-fake-token, channel: C0}
"""
_HOURLY = 20
in_full = pytest.mark.skipif(os.environ.get("TRACKWARDEN_FAULTS") != "all", reason="make test-faults runs it")
_TEMPLATE, _COPY = "faults_morning", "faults_shop"
_PROGRAM = (sys.executable, "-c", "from monitor.cli import main; main()")


@dataclass(frozen=True, slots=True)
class Told:
    """What one run ended with."""

    code: int
    said: Mapping[str, Any]
    errors: str
    seconds: float


class Shop:
    """A workspace whose three tables live on the server, behind the proxy."""

    def __init__(self, folder: Path, server: Postgres, proxy: Proxy, slack: FakeSlack) -> None:
        self.folder, self.server, self.proxy, self.slack = folder, server, proxy, slack
        self.moment = BEGIN
        self.workspace()

    def tables(self) -> None:
        """Three empty tables, and an account that may read them."""
        with self.server.connect() as connection:
            connection.execute("CREATE SCHEMA web")
            connection.execute("CREATE ROLE reader LOGIN PASSWORD 'reads'")
            connection.execute("GRANT USAGE ON SCHEMA web TO reader")
            for event in EVENTS:
                connection.execute(
                    f"CREATE TABLE web.{_slug(event)} (id text, event_text text, received_at timestamptz,"
                    ' "timestamp" timestamptz, currency text)'.encode()
                )
            connection.execute("GRANT SELECT ON ALL TABLES IN SCHEMA web TO reader")

    def workspace(self, sessions: int = 1) -> None:
        """Its files."""
        (self.folder / "plan" / "events").mkdir(parents=True, exist_ok=True)
        for event in EVENTS:
            schema = {"type": "object", "properties": {"currency": {"type": "string", "enum": ["EUR"]}}}
            held = {"event": event, "team": "shop", "sources": ["web"], "versions": {"1-0-0": {"schema": schema}}}
            (self.folder / "plan" / "events" / f"{_slug(event)}.yml").write_text(json.dumps(held))
        (self.folder / "trackwarden.yml").write_text(CONFIG % (STATEMENT, sessions))
        output = {**self.server.output("web"), "port": self.proxy.port, "user": "reader", "password": "reads"}
        profiles = {"shop": {"target": "own", "outputs": {"own": {**output, "connect_timeout": 2}}}}
        (self.folder / "profiles.yml").write_text(json.dumps(profiles))

    def hours(self, count: int, broken: frozenset[str] = frozenset()) -> None:
        """Time goes by, and rows arrive."""
        with self.server.connect() as connection:
            for event in EVENTS:
                connection.execute(
                    f"INSERT INTO web.{_slug(event)} SELECT n::text, %s, at, at, CASE WHEN %s AND n %% 2 = 0"
                    " THEN 'XXX' ELSE 'EUR' END FROM generate_series(1, %s) n,"
                    " LATERAL (SELECT %s::timestamptz + n * interval '3 minutes' AS at) t",
                    (event, event in broken, count * _HOURLY, self.moment - timedelta(minutes=2)),
                )
        self.moment += timedelta(hours=count)

    def run(self) -> Told:
        """One process, to its end."""
        environment = {**os.environ, "SLACK_API_URL": self.slack.url, "NO_COLOR": "1"}
        command = [*_PROGRAM, "-C", str(self.folder), "run", "--json"]
        began = time.monotonic()
        done = subprocess.run(
            [*command, "--until", f"{self.moment:%Y-%m-%dT%H:%M:%SZ}"],
            env=environment, capture_output=True, text=True, check=False, timeout=120,
        )  # fmt: skip
        said = json.loads(done.stdout) if done.stdout.startswith("{") else {}
        return Told(done.returncode, said, done.stderr, time.monotonic() - began)

    def counted(self) -> dict[str, tuple[int, int, int]]:
        """Table → rows, invalid rows, and the first window that was not measured (hours since the beginning)."""
        began = int(BEGIN.timestamp() // 3600)
        with closing(sqlite3.connect(self.folder / "state" / "history.db")) as kept:
            rows = kept.execute(
                "SELECT s.table_name, sum(m.rows), sum(m.invalid) FROM measurement m"
                " JOIN series s ON s.id = m.series_id GROUP BY 1"
            ).fetchall()
            marks = dict(kept.execute("SELECT name, until FROM landed_table").fetchall())
        return {name.removeprefix("web."): (count, invalid, marks[name] - began) for name, count, invalid in rows}

    def incidents(self) -> list[tuple[str, str]]:
        """Event and state of the incidents about what was counted."""
        with closing(History.open(f"sqlite:///{self.folder / 'state' / 'history.db'}", root=self.folder)) as kept:
            known = kept.desk.incidents()
        return sorted((one.finding.event, str(one.state)) for one in known if one.finding.kind != "measurement_failed")


def _slug(event: str) -> str:
    return event.lower().replace(" ", "_")


@pytest.fixture(scope="session")
def morning(tmp_path_factory: pytest.TempPathFactory, postgres: Callable[[], Postgres]) -> Iterator[Path]:
    """After a day without trouble, and an hour in which half of the orders were broken: one open incident.

    Since then all rows are good, and long enough for the incident to be over: nobody has looked yet. A workspace whose
    rows are in a database that tests copy.
    """
    server = postgres().database(_TEMPLATE)
    folder = tmp_path_factory.mktemp("morning")
    with Proxy(server.host, server.port) as proxy, FakeSlack() as slack:
        shop = Shop(folder, server, proxy, slack)
        shop.tables()
        shop.hours(24)
        assert shop.run().code == 0
        shop.hours(1, broken=frozenset({"Order Completed"}))
        assert shop.run().code == 0
        assert shop.incidents() == [("Order Completed", "open")]
        shop.hours(30)
    yield folder
    with postgres().connect() as connection:
        connection.execute(f"DROP DATABASE {_TEMPLATE}".encode())
        connection.execute("DROP ROLE reader")


@pytest.fixture
def shop(tmp_path: Path, morning: Path, postgres: Callable[[], Postgres]) -> Iterator[Shop]:
    """Its own copy of all that."""
    first = postgres()
    with first.connect() as connection:
        connection.execute(f"CREATE DATABASE {_COPY} TEMPLATE {_TEMPLATE}".encode())
    server = Postgres(first.host, first.port, first.user, first.password, _COPY)
    shutil.copytree(morning / "state", tmp_path / "state")
    try:
        with Proxy(server.host, server.port) as proxy, FakeSlack() as slack:
            shop = Shop(tmp_path, server, proxy, slack)
            shop.moment += timedelta(hours=55)
            yield shop
    finally:
        with first.connect() as connection:
            connection.execute(f"DROP DATABASE {_COPY} WITH (FORCE)".encode())


MEASURED = {"order_completed": (25 * 20, 10, 25), "searched": (55 * 20, 0, 55), "signed_up": (55 * 20, 0, 55)}
"""What is known after a run that could not measure the newest orders."""


def news(shop: Shop, messages: int) -> list[str]:
    """What people were told beyond that a table could not be measured."""
    texts = [message.text for message in shop.slack.messages[messages:]]
    return [text for text in texts if "could not be measured" not in text]


def untouched(shop: Shop, told: Told, messages: int) -> None:
    """The orders are unknown: nothing of them was measured, resolved or told, and everything else was measured."""
    assert told.code == 3, told.errors
    assert [one["table"] for one in told.said["unmeasured"]] == ["web.order_completed"]
    assert shop.counted() == MEASURED
    assert shop.incidents() == [("Order Completed", "open")]
    assert not news(shop, messages)


def made_up_for(shop: Shop) -> None:
    """The next run measures what is pending, and only now the incident is over."""
    shop.proxy.heal()
    shop.hours(1)
    told = shop.run()
    assert told.code == 0, told.errors
    assert shop.counted() == {
        "order_completed": (56 * 20, 10, 56), "searched": (56 * 20, 0, 56), "signed_up": (56 * 20, 0, 56)
    }  # fmt: skip
    assert shop.incidents() == [("Order Completed", "resolved")]


@pytest.mark.parametrize("fault", [Fault.RESET, pytest.param(Fault.CLOSE, marks=in_full)])
def test_a_dropped_connection_is_one_table_unknown_and_the_next_run_makes_up_for_it(shop: Shop, fault: Fault) -> None:
    messages, connections = len(shop.slack.messages), shop.proxy.accepted
    shop.proxy.script(SCAN, fault)
    told = shop.run()
    assert "connection to the warehouse was lost" in told.said["unmeasured"][0]["problem"]
    assert shop.proxy.accepted - connections == 2, "one that was lost, and one for the rest"
    untouched(shop, told, messages)
    made_up_for(shop)


def test_a_stalled_statement_is_given_up_after_the_statement_timeout_and_the_rest_is_measured(shop: Shop) -> None:
    messages = len(shop.slack.messages)
    shop.proxy.script(SCAN, Fault.STALL)
    told = shop.run()
    assert "no answer within" in told.said["unmeasured"][0]["problem"]
    assert told.seconds < STATEMENT + 5 + 15
    untouched(shop, told, messages)
    made_up_for(shop)


@in_full
def test_a_table_that_is_locked_is_ended_by_the_server_and_unknown(shop: Shop) -> None:
    messages = len(shop.slack.messages)
    with shop.server.connect() as other, other.transaction():
        other.execute("LOCK TABLE web.order_completed IN ACCESS EXCLUSIVE MODE")
        told = shop.run()
    assert "statement timeout" in told.said["unmeasured"][0]["hint"]
    untouched(shop, told, messages)
    made_up_for(shop)


def test_a_table_that_we_may_no_longer_read_is_unknown_and_not_gone(shop: Shop) -> None:
    messages = len(shop.slack.messages)
    with shop.server.connect() as other:
        other.execute("REVOKE SELECT ON web.order_completed FROM reader")
    told = shop.run()
    assert "GRANT SELECT ON web.order_completed" in told.said["unmeasured"][0]["hint"]
    untouched(shop, told, messages)
    with shop.server.connect() as other:
        other.execute("GRANT SELECT ON web.order_completed TO reader")
    made_up_for(shop)


def test_a_warehouse_that_goes_away_is_given_up_quickly_and_what_was_measured_before_is_kept(shop: Shop) -> None:
    messages = len(shop.slack.messages)
    shop.proxy.script(rb'searched"?[^\x00]*GROUP BY 1', Fault.AWAY)
    told = shop.run()
    assert told.code == 3, told.errors
    assert [one["table"] for one in told.said["unmeasured"]] == ["web.searched", "web.signed_up"]
    assert told.seconds < 30
    assert shop.counted() == {
        "order_completed": (55 * 20, 10, 55), "searched": (25 * 20, 0, 25), "signed_up": (25 * 20, 0, 25)
    }  # fmt: skip
    assert len(news(shop, messages)) == 1, "that the orders are well again"
    shop.proxy.heal()
    shop.hours(1)
    assert shop.run().code == 0
    assert {mark for _, _, mark in shop.counted().values()} == {56}


@pytest.mark.parametrize("fault", [Fault.SILENCE, pytest.param(Fault.AWAY, marks=in_full)])
def test_a_warehouse_that_nobody_reaches_any_more_is_told_once_and_nothing_is_resolved(
    shop: Shop, fault: Fault
) -> None:
    before, messages = shop.counted(), len(shop.slack.messages)
    shop.proxy.script(rb"tw_place", fault)  # the probe over all tables
    told = shop.run()
    assert told.code == 4, told.errors
    assert len(told.said["unmeasured"]) == 3
    assert told.seconds < 40
    assert (shop.counted(), shop.incidents()) == (before, [("Order Completed", "open")])
    assert not news(shop, messages)
    made_up_for(shop)


@in_full
def test_a_warehouse_that_is_silent_from_the_beginning_ends_the_run_in_time(shop: Shop) -> None:
    before = shop.counted()
    shop.proxy.script(b"SET ", Fault.SILENCE)
    told = shop.run()
    assert told.code == 4, told.errors
    assert told.seconds < 25
    assert (shop.counted(), shop.incidents()) == (before, [("Order Completed", "open")])
    made_up_for(shop)


@in_full
def test_of_several_sessions_one_that_breaks_concerns_its_table_alone(shop: Shop) -> None:
    messages = len(shop.slack.messages)
    shop.workspace(sessions=3)
    shop.proxy.script(SCAN, Fault.RESET)
    untouched(shop, shop.run(), messages)
    made_up_for(shop)
