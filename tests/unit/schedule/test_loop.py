"""The loop runs at once, one run at a time, and lets a run finish when it is told to stop."""

import signal
import subprocess
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from monitor.config.model import Schedule
from monitor.errors import ConfigError
from monitor.schedule.loop import trigger

ROOT = Path(__file__).parents[3]
SLOW_JOB = """
import sys, time
from datetime import timedelta
from monitor.config.model import Schedule
from monitor.schedule.loop import loop, trigger

def job():
    print("begins", flush=True)
    time.sleep(2)
    print("ends", flush=True)

loop(job, trigger(Schedule(every=timedelta(hours=1))), said=lambda line: print(line, flush=True))
print("returns", flush=True)
"""


def test_sigterm_lets_a_run_finish() -> None:
    with subprocess.Popen([sys.executable, "-c", SLOW_JOB], stdout=subprocess.PIPE, text=True, cwd=ROOT) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "begins\n"
        process.send_signal(signal.SIGTERM)
        rest = process.stdout.read().splitlines()
    assert process.returncode == 0
    assert rest[0].startswith("stopping: ")
    assert rest[1:] == ["ends", "returns"]


def test_a_second_signal_ends_it_at_once() -> None:
    with subprocess.Popen([sys.executable, "-c", SLOW_JOB], stdout=subprocess.PIPE, text=True, cwd=ROOT) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "begins\n"
        process.send_signal(signal.SIGTERM)
        assert process.stdout.readline().startswith("stopping: ")
        process.send_signal(signal.SIGTERM)
        rest = process.stdout.read()
    assert process.returncode == -signal.SIGTERM
    assert "ends" not in rest


def test_every_hour_does_not_shift_when_it_is_restarted() -> None:
    when = trigger(Schedule(every=timedelta(hours=1)))
    for minute in (3, 40):
        due = when.get_next_fire_time(None, datetime(2026, 6, 30, 9, minute, tzinfo=UTC))
        assert due == datetime(2026, 6, 30, 10, 1, tzinfo=UTC)


def test_a_time_zone_that_nobody_knows_is_an_error() -> None:
    with pytest.raises(ConfigError, match="Mars"):
        trigger(Schedule(cron="0 9 * * 1", timezone="Mars/Olympus"))
