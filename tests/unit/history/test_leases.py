"""One process runs a workspace; whoever stalls for longer than its lease loses it, and writes nothing more."""

import os
import subprocess
import sys
import time
from datetime import timedelta
from pathlib import Path

import pytest

from monitor.errors import ExitCode, LeaseHeldError
from monitor.history import leases
from monitor.history.leases import Held, Holder
from monitor.history.ledger import WindowState
from monitor.history.store import History
from tests.fakes.homes import Home
from tests.fakes.measured import TABLE, count, measured

HOUR = timedelta(hours=1)
SHORT = timedelta(seconds=0.4)


def take(history: History, holder: Holder, ttl: timedelta = HOUR) -> Held:
    """The lease taken as that holder would, by whom nothing renews it."""
    with history._writing() as connection:
        return leases.take(connection, holder, history._kind.now(connection), ttl)


def dead_pid() -> int:
    process = subprocess.Popen([sys.executable, "-c", ""])
    process.wait()
    return process.pid


def test_a_second_run_is_told_who_holds_the_lease_and_until_when(home: Home) -> None:
    history, other = home.open(), home.open()

    with history.lease("schedule", HOUR), pytest.raises(LeaseHeldError) as caught, other.lease("run", HOUR):
        pytest.fail("two hold it")

    assert "schedule" in caught.value.problem
    assert "its lease runs out at 20" in caught.value.hint
    assert caught.value.exit_code == ExitCode.LEASE_HELD
    history.close()
    other.close()


def test_a_lease_given_back_can_be_taken_at_once_even_after_an_error(home: Home) -> None:
    history = home.open()
    with pytest.raises(RuntimeError), history.lease("run", HOUR):
        raise RuntimeError

    with history.lease("run", HOUR):
        pass
    history.close()


def test_a_lease_of_a_dead_process_is_taken_over(home: Home) -> None:
    history = home.open()
    here = Holder.here("run")
    take(history, Holder("run", here.host, dead_pid(), "another"))

    with history.lease("run", HOUR):
        pass
    history.close()


def test_a_lease_of_a_dead_process_that_had_our_pid_is_taken_over(home: Home) -> None:
    history = home.open()
    take(history, Holder.here("run")._replace(process="the one before the container restarted"))

    with history.lease("run", HOUR):
        pass
    history.close()


def test_a_lease_of_a_live_process_is_held(home: Home) -> None:
    history = home.open()
    take(history, Holder("run", Holder.here("run").host, os.getppid(), "parent"))

    with pytest.raises(LeaseHeldError), history.lease("run", HOUR):
        pytest.fail("two hold it")
    history.close()


def test_a_lease_of_another_host_is_held_until_it_runs_out(home: Home) -> None:
    history = home.open()
    take(history, Holder("run", "elsewhere", dead_pid(), "other"), SHORT)

    with pytest.raises(LeaseHeldError), history.lease("run", HOUR):
        pytest.fail("two hold it")
    time.sleep(SHORT.total_seconds())
    with history.lease("run", HOUR):
        pass
    history.close()


def test_a_process_that_lost_its_lease_does_not_give_back_the_new_one(home: Home) -> None:
    history = home.open()
    slow, quick = Holder("run", "a", 1, "slow"), Holder("run", "b", 2, "quick")
    first = take(history, slow, timedelta(0))
    second = take(history, quick)

    with history._writing() as connection:
        leases.release(connection, first)

    assert second.token > first.token
    with pytest.raises(LeaseHeldError), history.lease("run", HOUR):
        pytest.fail("two hold it")
    history.close()


def test_a_run_that_works_for_longer_than_its_lease_keeps_it(home: Home) -> None:
    history, other = home.open(), home.open()

    with history.lease("run", SHORT):
        time.sleep(3 * SHORT.total_seconds())
        with pytest.raises(LeaseHeldError), other.lease("run", SHORT):
            pytest.fail("two hold it")
        history.touch("t", 5)

    assert other.watermarks()["t"].until == 5
    history.close()
    other.close()


def stalled(history: History) -> None:
    """The history's process as it is after it stood still: its lease has run out, and no beat came."""
    history._held = take(history, Holder("run", "a", 1, "slow"), timedelta(0))


def test_a_holder_that_stalled_writes_nothing_although_nobody_took_its_place(home: Home) -> None:
    history = home.open()
    stalled(history)

    with pytest.raises(LeaseHeldError, match="stood still") as caught:
        history.record(measured(None, 500, [count(499)]), TABLE, "c", "r")

    assert caught.value.exit_code == ExitCode.LEASE_HELD
    history._held = None
    assert history.watermarks() == {}
    history.close()


def test_a_holder_that_was_taken_over_writes_nothing_and_the_new_one_does(home: Home) -> None:
    slow, quick = home.open(), home.open()
    stalled(slow)

    with quick.lease("run", HOUR):
        with pytest.raises(LeaseHeldError):
            slow.touch("t", 7)
        quick.touch("t", 5)

    assert quick.watermarks()["t"].until == 5
    slow.close()
    quick.close()


def test_windows_of_a_holder_that_was_taken_over_are_done_by_the_new_one(home: Home) -> None:
    slow, quick = home.open(), home.open()

    def stalls() -> None:
        with slow.lease("slow", HOUR), slow.claimed(500, "r1"):
            home.execute("UPDATE lease SET until = '2000-01-01T00:00:00.000000+00:00'")
            with quick.lease("quick", HOUR), quick.claimed(501, "r2") as starts:
                assert starts == (500, 499)

    with pytest.raises(LeaseHeldError):
        stalls()

    windows = quick.windows(0, 1000)
    assert [(one.start, one.state, one.run_id) for one in windows] == [
        (499, WindowState.DONE, "r2"),
        (500, WindowState.DONE, "r2"),
    ]
    assert [one.attempts for one in windows] == [2, 1]
    slow.close()
    quick.close()


def test_what_a_process_held_that_was_ended_is_given_back(home: Home) -> None:
    history = home.open()
    dead = dead_pid()
    held = take(history, Holder("run", Holder.here("").host, dead, "another"))
    history._held = held
    with history._writing():
        pass
    history._held = None

    assert history.give_back(dead)
    assert not history.give_back(dead)
    with history.lease("run", HOUR):
        pass
    history.close()


def test_a_history_in_memory_is_leased_without_a_second_thread() -> None:
    history = History.open("sqlite://", root=Path())
    with history.lease("run", SHORT), history.claimed(10, "r") as starts:
        assert starts == (9,)
    assert history.window_counts()[WindowState.DONE] == 1
    history.close()


def test_a_process_of_another_container_with_this_hosts_name_is_not_taken_for_dead() -> None:
    here = leases.Holder("run", "box", 7, "a@1")

    assert not here.outlived(leases.Holder("run", "box", 2**30, "b@2"))
    assert not here.outlived(leases.Holder("run", "box", 7, "b@2"))
    assert here.outlived(leases.Holder("run", "box", 7, "b@1"))
