"""A run is killed at any point, again and again: nothing is lost, nothing is there twice, the database is sound."""

import random
import signal
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

import pytest

from monitor.measure.windows import hour_of
from tests.fakes.homes import File, Home
from tests.fakes.slack import FakeSlack
from tests.faults import shop
from tests.faults.witness import counted, done, posted, witness, worker

LEASE = 30.0
WAIT = 0.02
"""Seconds at most between a CPU moment and the kill: a run waits too, for the disk, a server, Slack."""


class Ran(NamedTuple):
    """How one run ended."""

    code: int
    """Its exit code, negative where it was killed."""
    cpu: float
    """CPU seconds."""


def run(process: "subprocess.Popen[str]", hour: int, *killed_after: float) -> Ran:
    """One run at a simulated hour; killed after so many CPU seconds, and so many seconds more."""
    assert process.stdin is not None
    assert process.stdout is not None
    process.stdin.write(" ".join(map(str, (shop.moment(hour).isoformat(), *killed_after))) + "\n")
    process.stdin.flush()
    code, cpu = process.stdout.readline().split()
    return Ran(int(code), float(cpu))


@contextmanager
def running(home: Home, slack: FakeSlack, folder: Path) -> Iterator["subprocess.Popen[str]"]:
    """A worker that has everything imported."""
    with worker(home, slack, "fork", folder, LEASE) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        assert process.stdout.readline() == "ready\n"
        try:
            yield process
        finally:
            process.kill()
            sys.stderr.write(process.stderr.read())  # shown where the test fails


class Usual(NamedTuple):
    """What comes of the same hours where nothing is killed."""

    folder: Path
    hours: int
    took: list[float]
    """CPU seconds of each hour's run."""
    counted: Mapping[str, list[str]]
    posted: Counter[tuple[str, str]]


@pytest.fixture(scope="module")
def usual(tmp_path_factory: pytest.TempPathFactory, *, whole: bool) -> Usual:
    """Each hour of a small shop, run once."""
    hours = 12 if whole else 2
    folder = shop.build(tmp_path_factory.mktemp("shop") / "workspace", hours, range(1, hours - 1 if whole else hours))
    home = File(tmp_path_factory.mktemp("usual"))
    with FakeSlack(shop.CHANNEL) as slack, running(home, slack, folder) as process:
        ran = [run(process, hour) for hour in range(hours + 1)]
        assert [one.code for one in ran] == [0] * len(ran)
        return Usual(folder, hours, [one.cpu for one in ran], counted(home), posted(slack))


def test_a_run_killed_at_any_point_loses_nothing_and_doubles_nothing(home: Home, usual: Usual, *, whole: bool) -> None:
    kills = 100 if whole else 4
    chance = random.Random(4)  # noqa: S311 - the same points each time
    witness(home)
    killed, runs = 0, 0
    with FakeSlack(shop.CHANNEL) as slack, running(home, slack, usual.folder) as process:
        for hour in range(usual.hours + 1):
            cpu = usual.took[hour]
            while killed * (usual.hours + 1) < kills * (hour + 1):
                ran = run(process, hour, chance.uniform(0, cpu), chance.uniform(0, WAIT))
                runs += 1
                assert runs < 10 * kills, "the runs are not killed"
                assert ran.code in (0, -signal.SIGKILL)
                killed += ran.code != 0
                cpu = cpu if ran.code else min(cpu, ran.cpu)  # once all is measured, a run has less to do
            assert run(process, hour).code == 0

    assert killed >= kills
    windows = range(hour_of(shop.moment(0)) - 1, hour_of(shop.moment(usual.hours)))
    assert done(home) == dict.fromkeys(windows, 1)
    assert counted(home) == usual.counted
    assert posted(slack) == usual.posted
    assert home.execute("SELECT count(*) FROM delivery WHERE sent_at IS NULL")[0][0] == 0
    assert sum(usual.posted.values()) >= 1, "the fault is told, or the test would not look at messages"
    home.check()
