"""A run is killed at any point, again and again: nothing is lost, nothing is there twice, the database is sound."""

import random
import signal
import subprocess
import time
from collections import Counter
from collections.abc import Mapping
from pathlib import Path
from typing import NamedTuple

import pytest

from monitor.measure.windows import hour_of
from tests.fakes.homes import File, Home
from tests.fakes.slack import FakeSlack
from tests.faults import shop
from tests.faults.witness import counted, done, posted, witness, worker

LEASE = 30.0


def run(process: "subprocess.Popen[str]", hour: int, *, killed_after: float | None = None) -> int:
    """One run at a simulated hour; its exit code, negative where it was killed."""
    assert process.stdin is not None
    assert process.stdout is not None
    seconds = "" if killed_after is None else f" {killed_after}"
    process.stdin.write(f"{shop.moment(hour).isoformat()}{seconds}\n")
    process.stdin.flush()
    return int(process.stdout.readline())


class Usual(NamedTuple):
    """What comes of the same hours where nothing is killed."""

    folder: Path
    hours: int
    took: list[float]
    counted: Mapping[str, list[str]]
    posted: Counter[tuple[str, str]]


@pytest.fixture(scope="module")
def usual(tmp_path_factory: pytest.TempPathFactory, *, whole: bool) -> Usual:
    """Each hour of a small shop, run once."""
    hours = 6 if whole else 2
    folder = shop.build(tmp_path_factory.mktemp("shop") / "workspace", hours, range(1, hours - 1 if whole else hours))
    home = File(tmp_path_factory.mktemp("usual"))
    took = []
    with FakeSlack(shop.CHANNEL) as slack, worker(home, slack, "fork", folder, LEASE) as process:
        for hour in range(hours + 1):
            began = time.monotonic()
            assert run(process, hour) == 0
            took.append(time.monotonic() - began)
        return Usual(folder, hours, took, counted(home), posted(slack))


def test_a_run_killed_at_any_point_loses_nothing_and_doubles_nothing(home: Home, usual: Usual, *, whole: bool) -> None:
    kills = 100 if whole else 4
    chance = random.Random(4)  # noqa: S311 - the same points each time
    witness(home)
    hit = 0
    with FakeSlack(shop.CHANNEL) as slack, worker(home, slack, "fork", usual.folder, LEASE) as process:
        for hour in range(usual.hours + 1):
            for _ in range(-(-kills // (usual.hours + 1))):
                hit += run(process, hour, killed_after=chance.uniform(0, usual.took[hour])) == -signal.SIGKILL
            assert run(process, hour) == 0

    assert hit >= kills / 2
    windows = range(hour_of(shop.moment(0)) - 1, hour_of(shop.moment(usual.hours)))
    assert done(home) == dict.fromkeys(windows, 1)
    assert counted(home) == usual.counted
    assert posted(slack) == usual.posted
    assert home.execute("SELECT count(*) FROM delivery WHERE sent_at IS NULL")[0][0] == 0
    assert sum(usual.posted.values()) >= 1, "the fault is told, or the test would not look at messages"
    home.check()
