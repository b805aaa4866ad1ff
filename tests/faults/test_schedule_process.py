"""`trackwarden schedule` as processes on one history: stopped gently and at once, caught up, side by side."""

import json
import os
import signal
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import duckdb
import pytest

from tests.fakes.homes import File, Home, Schema
from tests.fakes.slack import FakeSlack, Fault
from tests.faults import shop
from tests.faults.witness import ROOT, done, witness

HOURS = 2
RECENT = 360
"""Rows of the last thirty hours."""
COMMAND = [sys.executable, "-c", "from monitor.cli import main; main()"]


@pytest.fixture
def slack() -> Iterator[FakeSlack]:
    with FakeSlack(shop.CHANNEL) as fake:
        yield fake


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A shop in which half of the rows of the last hours fail, by the clock that a schedule reads."""
    made = shop.build(tmp_path / "shop", HOURS, range(0))
    hour = datetime.now(UTC).replace(minute=0, second=0, microsecond=0)
    with duckdb.connect(made / "warehouse.duckdb") as warehouse:
        warehouse.execute(
            "INSERT INTO events SELECT 'Order Completed', '1-0-0',"
            " json_object('currency', if(n % 2 = 0, 'XXX', 'EUR')),"
            f" TIMESTAMPTZ '{hour.isoformat()}' - INTERVAL 1 MINUTE * (5 * n + 1) FROM range({RECENT}) AS rows(n)"
        )
    config = made / "trackwarden.yml"
    config.write_text(f"{config.read_text()}\nschedule: {{every: 1h, listen: null}}\n")
    return made


class Told:
    """A schedule that is under way, and what it says."""

    def __init__(self, process: "subprocess.Popen[str]") -> None:
        self.process = process

    def next(self, what: str = "") -> dict[str, Any]:
        """Its next line that has this field, or any line."""
        assert self.process.stdout is not None
        for line in self.process.stdout:
            said: dict[str, Any] = json.loads(line)
            if not what or what in said:
                return said
        raise AssertionError(self.process.stderr.read() if self.process.stderr else "")

    def stops(self) -> list[dict[str, Any]]:
        """What it still said until it ended; a signal must have come."""
        out, err = self.process.communicate(timeout=60)
        assert (self.process.returncode, err) == (0, "")
        return [json.loads(line) for line in out.splitlines()]


@contextmanager
def scheduled(folder: Path, home: Home, slack: FakeSlack) -> Iterator[Told]:
    """A schedule of that workspace."""
    env = {
        **os.environ, "PYTHONPATH": str(ROOT), "HOME": str(folder), "HISTORY_URL": home.url,
        "SLACK_BOT_TOKEN": slack.token, "SLACK_API_URL": slack.url,
    }  # fmt: skip
    env.pop("DBT_PROFILES_DIR", None)
    command = [*COMMAND, "-C", str(folder), "schedule", "--no-report", "--log", "json"]
    pipe = subprocess.PIPE
    with subprocess.Popen(command, stdout=pipe, stderr=pipe, text=True, cwd=ROOT, env=env) as process:
        try:
            yield Told(process)
        finally:
            process.kill()


def within(seconds: float, so: Callable[[], bool]) -> None:
    """Wait until it is so."""
    until = time.monotonic() + seconds
    while not so():
        assert time.monotonic() < until, "it has not come to that"
        time.sleep(0.02)


def fast_on(kind: type[Home], home: Home, *, whole: bool) -> None:
    """In the fast share it is tried on one database."""
    if not whole and not isinstance(home, kind):
        pytest.skip("on both databases: make test-faults")


def posted(slack: FakeSlack) -> Counter[str]:
    return Counter(str(one.metadata["event_payload"]["id"]) for one in slack.messages)


def test_a_schedule_catches_up_on_what_it_missed_while_it_was_stopped(
    home: Home, folder: Path, slack: FakeSlack, *, whole: bool
) -> None:
    fast_on(Schema, home, whole=whole)
    with scheduled(folder, home, slack) as one:
        assert one.next("exit_code")["exit_code"] == 0
        one.next("next_run")
        one.process.send_signal(signal.SIGTERM)
        assert one.stops()[-1]["message"] == "stopped"

    home.execute('UPDATE "window" SET "start" = "start" - 5')  # as if the last run were five hours ago
    (before,) = (int(start) for (start,) in home.execute('SELECT "start" FROM "window"'))
    witness(home)
    with scheduled(folder, home, slack) as one:
        assert one.next("exit_code")["exit_code"] == 0
        one.process.send_signal(signal.SIGINT)
        one.stops()

    windows = done(home)
    assert set(windows.values()) == {1}
    assert set(windows) == set(range(before + 1, max(windows) + 1))
    assert len(windows) >= 5
    assert int(home.execute('SELECT sum("rows") FROM measurement')[0][0]) == shop.rows_by_hour(HOURS) + RECENT
    assert set(posted(slack).values()) == {1}
    home.check()


def test_a_stop_signal_lets_the_run_that_is_under_way_finish(
    home: Home, folder: Path, slack: FakeSlack, *, whole: bool
) -> None:
    fast_on(File, home, whole=whole)
    slack.script("chat.postMessage", Fault(accept=True, delay=2))
    with scheduled(folder, home, slack) as one:
        within(60, lambda: "chat.postMessage" in slack.calls)
        one.process.send_signal(signal.SIGTERM)
        said = one.stops()
    assert said[0]["message"].startswith("stopping: the run that is under way has 25 s")
    assert [line["exit_code"] for line in said if "exit_code" in line] == [0]
    assert said[-1]["message"] == "stopped"
    assert home.execute('SELECT state, count(*) FROM "window" GROUP BY state') == [("done", 1)]
    assert home.execute("SELECT count(*) FROM delivery WHERE sent_at IS NULL") == [(0,)]
    assert set(posted(slack).values()) == {1}


def test_a_second_signal_ends_the_run_and_the_next_one_makes_good_what_it_left(
    home: Home, folder: Path, slack: FakeSlack, *, whole: bool
) -> None:
    fast_on(Schema, home, whole=whole)
    slack.script("chat.postMessage", Fault(accept=True, delay=20))
    with scheduled(folder, home, slack) as one:
        within(60, lambda: "chat.postMessage" in slack.calls)
        began = time.monotonic()
        one.process.send_signal(signal.SIGTERM)
        assert one.next()["message"].startswith("stopping: ")
        one.process.send_signal(signal.SIGTERM)
        said = one.stops()
    assert time.monotonic() - began < 15
    assert said[0]["message"].startswith("stopping: the run is ended")
    assert home.execute('SELECT state, count(*) FROM "window" GROUP BY state') == [("due", 1)]
    witness(home)

    with scheduled(folder, home, slack) as one:
        assert one.next("exit_code")["exit_code"] == 0, "nobody waits for the lease of whoever was ended"
        one.process.send_signal(signal.SIGTERM)
        one.stops()
    assert set(done(home).values()) == {1}
    assert set(posted(slack).values()) == {1}, "the message had arrived: it is looked up, not sent again"
    assert home.execute("SELECT count(*) FROM delivery WHERE sent_at IS NULL") == [(0,)]
    home.check()


def test_two_schedules_run_minute_by_minute_and_stop_at_once(
    home: Home, folder: Path, slack: FakeSlack, *, whole: bool
) -> None:
    if not whole:
        pytest.skip("takes three minutes: make test-faults")
    config = folder / "trackwarden.yml"
    config.write_text(config.read_text().replace("every: 1h", "every: 1m"))
    witness(home)
    with scheduled(folder, home, slack) as one, scheduled(folder, home, slack) as other:
        within(200, lambda: home.execute("SELECT count(*) FROM run WHERE exit_code = 0")[0][0] >= 4)
        for each in (one, other):
            each.process.send_signal(signal.SIGTERM)
        began = time.monotonic()
        said = [*one.stops(), *other.stops()]
        assert time.monotonic() - began < 15
    codes = Counter(line["exit_code"] for line in said if "exit_code" in line)
    assert set(codes) <= {0, 75}
    assert codes[0] >= 4
    assert set(done(home).values()) == {1}
    assert set(posted(slack).values()) == {1}
    home.check()
