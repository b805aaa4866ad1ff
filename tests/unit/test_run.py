"""The line on a small warehouse: runs that are killed, and tables that are not what they were."""

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import duckdb
import pytest

from bench import build
from bench.shape import NOW as TEXT
from monitor.alert.sender import Printed
from monitor.catalog import Catalog, Column, Family, Table
from monitor.contract import Binder
from monitor.errors import LeaseHeldError
from monitor.incidents.model import Delivery, Incident, Mode, State
from monitor.judge.model import Finding, Kind
from monitor.measure.windows import hour_of
from monitor.outcome import Options, Outcome
from monitor.run import run
from monitor.scans import Scans
from monitor.warehouse import Warehouse
from monitor.wiring import Workspace

NOW = datetime.fromisoformat(TEXT)
HOUR = timedelta(hours=1)
TABLES = 3


class Killed(BaseException):
    """What kill -9 would be, as far as a test can be killed."""


class Watching:
    """A witness; it may end the run where it stands."""

    def __init__(self, at: Callable[[int], object] = lambda _: None) -> None:
        self._at = at
        self.looked = 0

    def begins(self, tables: int) -> None: ...

    def prints(self, message: str) -> None: ...

    def looked_at(self, table: str) -> None:
        del table
        self.looked += 1
        self._at(self.looked)


class Sending:
    """A way to people's eyes, and what was sent on it."""

    def __init__(self, *, dead: bool = False) -> None:
        self.dead = dead
        self.sent: list[tuple[str, bool]] = []

    def send(self, delivery: Delivery, *, maybe_sent: bool) -> Printed:
        if self.dead:
            raise Killed
        if delivery.mode is Mode.POST:
            self.sent.append((delivery.text, maybe_sent))
        return Printed()


class Shop(Workspace):
    """A workspace with a sender of ours, that may be killed before it tells, or shown a catalog of another day."""

    def __init__(self, folder: Path) -> None:
        opened = Workspace.open(folder)
        super().__init__(opened.settings, opened.env)
        self.__dict__.update(sending=Sending(), untold=False, said={})

    def sender(self, out: Callable[[str], object]) -> Any:
        del out
        return self.__dict__["sending"]

    def routing(self) -> Any:
        if self.__dict__["untold"]:
            raise Killed
        return super().routing()

    def warehouse(self) -> Warehouse:
        session = super().warehouse()
        return _Shown(session, self.__dict__["said"])

    def run(self, hours: float = 0, witness: Watching | None = None, **options: Any) -> Outcome:
        return run(self, Options(now=NOW + hours * HOUR, **options), witness or Watching())

    def sql(self, statement: str) -> None:
        with duckdb.connect(str(self.root / "warehouse.duckdb")) as connection:
            connection.execute(statement)

    def more(self, table: str, hours: float, **values: str) -> None:
        """The table's first 100 rows once more, as of so many hours after NOW."""
        at = f"TIMESTAMP '{NOW.replace(tzinfo=None)}' + INTERVAL {int(hours * 60)} MINUTE"
        changed = ", ".join([f"{at} AS received_at", *(f"{value} AS {name}" for name, value in values.items())])
        self.sql(f"INSERT INTO {table} SELECT * REPLACE ({changed}) FROM {table} LIMIT 100")

    def incidents(self) -> dict[str, Incident]:
        history = self.history()
        try:
            return {f"{one.finding.kind} {one.finding.event}": one for one in history.incidents()}
        finally:
            history.close()


class _Shown(Warehouse):
    """A session whose catalog says other types of some columns."""

    def __init__(self, session: Warehouse, said: dict[str, str]) -> None:
        self.__dict__.update(session.__dict__)
        self.said = said

    def catalog(self, schemas: Any) -> Catalog:
        shown = super().catalog(schemas)
        return Catalog.of(shown.engine, [self._other(table) for table in shown.tables.values()])

    def _other(self, table: Table) -> Table:
        return replace(
            table,
            columns=tuple(
                Column(one.name, Family.INTEGER, self.said[f"{table.ref}.{one.name}"])
                if f"{table.ref}.{one.name}" in self.said
                else one
                for one in table.columns
            ),
        )


@pytest.fixture
def shop(tmp_path: Path) -> Shop:
    """Three tables; every currency of the first is wrong."""
    made = Shop(build.typed(tmp_path, TABLES, 300))
    made.sql("UPDATE bench.event_000 SET d0_currency = 'XXX'")
    return made


def kill(_: int) -> None:
    raise Killed


def kinds(outcome: Outcome, event: str) -> set[Kind]:
    return {one.kind for one in outcome.findings if one.event == event and one.severity > 1}


def found(outcome: Outcome, kind: Kind) -> Finding:
    return next(one for one in outcome.findings if one.kind is kind)


@pytest.mark.parametrize("after", [1, 2, TABLES])
def test_a_first_run_that_was_killed_is_finished_by_the_next_which_adopts(shop: Shop, after: int) -> None:
    with pytest.raises(Killed):
        shop.run(witness=Watching(lambda looked: kill(looked) if looked == after else None))
    second = shop.run()
    assert (second.first_run, second.totals.tables) == (True, TABLES - after)
    assert shop.incidents()["failure_rate Event 000"].state is State.KNOWN
    third = shop.run()
    assert (third.first_run, third.totals.tables) == (False, 0)
    assert [text.split(" (")[0] for text, _ in shop.__dict__["sending"].sent] == ["📋 Known at adoption: 3"]


def test_a_run_that_was_killed_before_it_told_is_told_by_the_next_one_of_the_same_hour(shop: Shop) -> None:
    shop.run()
    shop.more("bench.event_001", 1, d0_currency="'XXX'")
    shop.__dict__["untold"] = True
    with pytest.raises(Killed):
        shop.run(5)
    shop.__dict__["untold"] = False
    again = shop.run(5.1)
    assert again.totals.tables == 0
    assert shop.incidents()["failure_rate Event 001"].state is State.OPEN
    told = list(shop.__dict__["sending"].sent)
    assert sum("Event 001" in text for text, _ in told) == 3, "one of each version"
    shop.run(5.2)
    assert shop.__dict__["sending"].sent == told


def test_a_run_that_was_killed_while_it_sent_is_looked_up_and_sent_once(shop: Shop) -> None:
    shop.__dict__["sending"] = Sending(dead=True)
    with pytest.raises(Killed):
        shop.run()
    shop.__dict__["sending"] = Sending()
    shop.run()
    shop.run(1)
    assert [maybe_sent for _, maybe_sent in shop.__dict__["sending"].sent] == [True]


def test_a_run_about_the_past_keeps_others_out_as_any_other(shop: Shop) -> None:
    refused: list[LeaseHeldError] = []

    def another(_: int) -> None:
        with pytest.raises(LeaseHeldError) as caught:
            shop.run(10_000)
        refused.append(caught.value)

    shop.run(witness=Watching(another))
    assert len(refused) == TABLES


def test_a_table_that_disappears_is_found_and_resolves_nothing_and_comes_back(shop: Shop) -> None:
    shop.run()
    shop.more("bench.event_001", 1, d0_currency="'XXX'")
    assert Kind.FAILURE_RATE in kinds(shop.run(5), "Event 001")
    shop.sql("CREATE TABLE kept AS FROM bench.event_001; DROP TABLE bench.event_001")
    gone = shop.run(6)
    assert kinds(gone, "Event 001") == {Kind.NO_DATA}
    assert "is gone" in found(gone, Kind.NO_DATA).message
    assert shop.incidents()["failure_rate Event 001"].state is State.OPEN
    shop.sql("CREATE TABLE bench.event_001 AS FROM kept")
    back = shop.run(7)
    assert Kind.NO_DATA not in kinds(back, "Event 001")
    assert shop.incidents()["no_data Event 001"].state is State.RESOLVED


def test_rows_that_are_gone_are_judged_again_within_the_hour(shop: Shop) -> None:
    shop.run()
    shop.more("bench.event_001", 1, d0_currency="'XXX'")
    assert Kind.FAILURE_RATE in kinds(shop.run(5), "Event 001")
    shop.sql("DELETE FROM bench.event_001 WHERE d0_currency = 'XXX'")
    again = shop.run(5.1, since=NOW - HOUR)
    assert Kind.FAILURE_RATE not in kinds(again, "Event 001")


def test_a_refused_rule_is_a_finding_that_stays_and_the_table_is_measured(shop: Shop) -> None:
    shop.__dict__["said"]["bench.event_002.d0_country"] = "INTEGER"
    shop.sql("ALTER TABLE bench.event_002 ALTER d0_country TYPE BLOB USING d0_country::BLOB")
    shop.__dict__["said"]["bench.event_002.d0_items"] = "INTEGER"
    shop.sql("ALTER TABLE bench.event_002 ALTER d0_items TYPE VARCHAR")
    first = shop.run()
    assert (first.unmeasured, first.totals.tables) == ((), TABLES)
    second = shop.run(1)
    assert (second.totals.tables, second.totals.queries) == (0, 0)
    for outcome in (first, second):
        columns = {one.property: one for one in outcome.findings if one.kind is Kind.COLUMN_TYPE_CHANGED}
        assert [rule for rule, _ in columns["d0_items"].evidence.rules] == [
            f"event_002@{version}#/d0_items:maximum" for version in ("1-0-0", "1-1-0", "2-0-0")
        ]
    with shop.warehouse() as warehouse:
        landed = shop.landed(shop.plan(), warehouse.catalog(shop.schemas()))
        binder = Binder(shop.plan(), landed, Scans(shop.cache, warehouse.engine, shop.target).refused)
    assert binder.contract().hash == second.binder.contract().hash


def test_a_moment_in_the_future_leaves_the_hours_to_come_due(tmp_path: Path) -> None:
    folder = build.typed(tmp_path, 2, 300)
    workspace = Workspace.open(folder)
    newest = hour_of(NOW) - 6  # the last hour with rows

    run(workspace, Options(now=datetime(2190, 1, 1, tzinfo=UTC)), Watching())

    kept = workspace.history()
    try:
        ends = {mark.until for mark in kept.watermarks().values()}
    finally:
        kept.close()
    assert max(ends) <= max(hour_of(workspace.clock()) + 1, newest + 1)
