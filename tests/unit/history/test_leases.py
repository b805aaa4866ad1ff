import os
import subprocess
import sys
from datetime import timedelta
from pathlib import Path

import pytest

from monitor.errors import ExitCode, LeaseHeldError
from monitor.history import leases
from monitor.history.leases import Holder
from monitor.history.store import History
from tests.fakes.measured import NOW, opened

HOUR = timedelta(hours=1)


def take(history: History, holder: Holder) -> int:
    with history._writing() as connection:
        return leases.take(connection, holder, NOW, HOUR)


def dead_pid() -> int:
    process = subprocess.Popen([sys.executable, "-c", ""])
    process.wait()
    return process.pid


def test_a_second_run_is_told_who_holds_the_lease_and_until_when(tmp_path: Path) -> None:
    history, other = opened(tmp_path), opened(tmp_path)

    with (
        history.lease("schedule", NOW, HOUR),
        pytest.raises(LeaseHeldError) as caught,
        other.lease("run", NOW, HOUR),
    ):
        pytest.fail("two hold it")

    assert "schedule" in caught.value.problem
    assert "2026-06-30T13:00:00Z" in caught.value.hint
    assert caught.value.exit_code == ExitCode.LEASE_HELD
    history.close()
    other.close()


def test_a_lease_given_back_can_be_taken_at_once_even_after_an_error(tmp_path: Path) -> None:
    history = opened(tmp_path)
    with pytest.raises(RuntimeError), history.lease("run", NOW, HOUR):
        raise RuntimeError

    with history.lease("run", NOW, HOUR):
        pass
    history.close()


def test_a_lease_of_a_dead_process_is_taken_over(tmp_path: Path) -> None:
    history = opened(tmp_path)
    here = Holder.here("run")
    take(history, Holder("run", here.host, dead_pid(), "another"))

    with history.lease("run", NOW, HOUR):
        pass
    history.close()


def test_a_lease_of_a_dead_process_that_had_our_pid_is_taken_over(tmp_path: Path) -> None:
    history = opened(tmp_path)
    here = Holder.here("run")
    take(history, here._replace(process="the one before the container restarted"))

    with history.lease("run", NOW, HOUR):
        pass
    history.close()


def test_a_lease_of_a_live_process_is_held(tmp_path: Path) -> None:
    history = opened(tmp_path)
    here = Holder.here("run")
    take(history, Holder("run", here.host, os.getppid(), "parent"))

    with pytest.raises(LeaseHeldError), history.lease("run", NOW, HOUR):
        pytest.fail("two hold it")
    history.close()


def test_a_lease_of_another_host_is_held_until_it_runs_out(tmp_path: Path) -> None:
    history = opened(tmp_path)
    take(history, Holder("run", "elsewhere", dead_pid(), "other"))

    with pytest.raises(LeaseHeldError), history.lease("run", NOW + HOUR - timedelta(seconds=1), HOUR):
        pytest.fail("two hold it")
    with history.lease("run", NOW + HOUR, HOUR):
        pass
    history.close()


def test_a_process_that_lost_its_lease_does_not_give_back_the_new_one(tmp_path: Path) -> None:
    history = opened(tmp_path)
    slow, quick = Holder("run", "a", 1, "slow"), Holder("run", "b", 2, "quick")
    first = take(history, slow)
    with history._writing() as connection:
        second = leases.take(connection, quick, NOW + HOUR, HOUR)

    with history._writing() as connection:
        leases.release(connection, slow, first)

    assert second > first
    with pytest.raises(LeaseHeldError), history.lease("run", NOW + HOUR, HOUR):
        pytest.fail("two hold it")
    history.close()
