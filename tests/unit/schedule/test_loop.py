"""The loop runs at once, one run at a time, and returns within a bounded time when it is told to stop."""

import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import IO

import pytest

from monitor.config.model import Schedule
from monitor.errors import ConfigError
from monitor.schedule.loop import next_time, trigger

ROOT = Path(__file__).parents[3]
JOB = """
import sys, threading, time
from datetime import timedelta
from monitor.config.model import Schedule
from monitor.schedule.loop import Stopping, loop, trigger

ended = threading.Event()

def job():
    print("begins", flush=True)
    print("was ended" if ended.wait(float(sys.argv[1])) else "ends", flush=True)

loop(job, trigger(Schedule(every=timedelta(hours=1))), said=lambda line: print(line, flush=True),
     stopping=Stopping(timedelta(seconds=float(sys.argv[2])), end=ended.set))
print("returns", flush=True)
"""


@contextmanager
def looping(takes: float, grace: float) -> Iterator[tuple["subprocess.Popen[str]", IO[str]]]:
    """A loop whose job takes so long, once it has begun."""
    command = [sys.executable, "-c", JOB, str(takes), str(grace)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, cwd=ROOT) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "begins\n"
        yield process, process.stdout
        process.wait(20)


def test_sigterm_lets_a_run_finish() -> None:
    with looping(takes=2, grace=20) as (process, out):
        process.send_signal(signal.SIGTERM)
        rest = out.read().splitlines()
    assert process.returncode == 0
    assert rest[0].startswith("stopping: ")
    assert rest[1:] == ["ends", "returns"]


def test_a_run_that_does_not_finish_within_the_grace_is_ended() -> None:
    with looping(takes=60, grace=0.5) as (process, out):
        began = time.monotonic()
        process.send_signal(signal.SIGTERM)
        rest = out.read().splitlines()
    assert process.returncode == 0
    assert time.monotonic() - began < 5
    assert rest[-2:] == ["was ended", "returns"]


def test_a_second_signal_ends_it_at_once() -> None:
    with looping(takes=60, grace=60) as (process, out):
        process.send_signal(signal.SIGTERM)
        assert out.readline().startswith("stopping: ")
        process.send_signal(signal.SIGTERM)
        rest = out.read().splitlines()
    assert process.returncode == 0
    assert rest[-2:] == ["was ended", "returns"]


def test_a_loop_that_waits_returns_at_once() -> None:
    with looping(takes=0, grace=60) as (process, out):
        assert out.readline() == "ends\n"
        time.sleep(0.3)
        process.send_signal(signal.SIGINT)
        assert out.read() == "returns\n"
    assert process.returncode == 0


def test_every_hour_does_not_shift_when_it_is_restarted() -> None:
    when = trigger(Schedule(every=timedelta(hours=1)))
    for minute in (3, 40):
        due = when.get_next_fire_time(None, datetime(2026, 6, 30, 9, minute, tzinfo=UTC))
        assert due == datetime(2026, 6, 30, 10, 1, tzinfo=UTC)


def test_every_hour_counts_from_the_hour_and_not_from_the_run_before() -> None:
    when = trigger(Schedule(every=timedelta(hours=1)))
    first = datetime(2026, 6, 30, 9, 57, tzinfo=UTC)

    due = when.get_next_fire_time(first, first)

    assert due == datetime(2026, 6, 30, 10, 1, tzinfo=UTC)
    assert when.get_next_fire_time(due, due) == datetime(2026, 6, 30, 11, 1, tzinfo=UTC)


SET_BACK = """
from datetime import timedelta
from apscheduler.triggers.base import BaseTrigger
from monitor.schedule.loop import loop

class Ahead(BaseTrigger):
    def get_next_fire_time(self, previous, now):
        return now + timedelta(days=3650) if previous else now + timedelta(seconds=0.5)

loop(lambda: print("begins", flush=True), Ahead(), said=lambda line: print(line, flush=True))
"""


def test_a_clock_that_was_set_back_does_not_stop_the_schedule() -> None:
    command = [sys.executable, "-c", SET_BACK]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, cwd=ROOT) as process:
        assert process.stdout is not None
        told = [process.stdout.readline() for _ in range(3)]
        process.send_signal(signal.SIGTERM)
        process.stdout.read()
    assert told[0] == told[2] == "begins\n"
    assert told[1].startswith("the clock was set back: the next run is at ")


DUE_MEANWHILE = """
import time
from datetime import UTC, datetime, timedelta
from apscheduler.triggers.base import BaseTrigger
from monitor.schedule.loop import loop

DUE = datetime.now(UTC) + timedelta(seconds=0.7)

class Once(BaseTrigger):
    def get_next_fire_time(self, previous, now):
        return DUE if now <= DUE else DUE + timedelta(hours=1)

def job():
    print("begins", flush=True)
    time.sleep(1.5)
    print("ends", flush=True)

loop(job, Once(), said=lambda line: print(line, flush=True))
"""


def test_a_time_that_came_while_a_run_was_under_way_is_made_up_for_once_and_nobody_is_warned() -> None:
    command = [sys.executable, "-c", DUE_MEANWHILE]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, cwd=ROOT) as process:
        assert process.stdout is not None
        told = [process.stdout.readline() for _ in range(4)]
        time.sleep(1)
        process.send_signal(signal.SIGTERM)
        rest, warned = process.communicate(timeout=20)
    assert told == ["begins\n", "ends\n"] * 2
    assert (rest, warned) == ("", "")


def test_the_next_time_is_told_in_utc() -> None:
    when = trigger(Schedule(cron="0 9 * * 1", timezone="Europe/Berlin"))

    due = next_time(when, datetime(2026, 6, 30, 9, 0, tzinfo=UTC))

    assert due == datetime(2026, 7, 6, 7, 0, tzinfo=UTC)


def test_a_time_zone_that_nobody_knows_is_an_error() -> None:
    with pytest.raises(ConfigError, match="Mars"):
        trigger(Schedule(cron="0 9 * * 1", timezone="Mars/Olympus"))
