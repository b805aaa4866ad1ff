"""Every UTC hour is one window, planned without gaps, done once."""

from datetime import timedelta

import pytest

from monitor.errors import WarehouseError
from monitor.history.ledger import WindowState
from monitor.history.store import History
from tests.fakes.homes import Home

HOUR = timedelta(hours=1)


def states(history: History) -> dict[int, str]:
    return {one.start: one.state.value for one in history.windows(0, 1_000_000)}


def run(history: History, until: int, *, most: int = 48) -> tuple[int, ...]:
    with history.lease("run", HOUR), history.claimed(until, f"run at {until}", most=most) as starts:
        return starts


def test_the_first_run_plans_the_window_that_has_just_ended(home: Home) -> None:
    history = home.open()

    assert run(history, 500) == (499,)

    assert states(history) == {499: "done"}
    history.close()


def test_windows_that_nobody_did_are_planned_without_a_gap_newest_first(home: Home) -> None:
    history = home.open()
    run(history, 500)

    assert run(history, 504) == (503, 502, 501, 500)
    assert run(history, 504) == ()

    assert history.window_counts()[WindowState.DONE] == 5
    history.close()


def test_windows_beyond_the_cap_are_late_not_done(home: Home) -> None:
    history = home.open()
    run(history, 500)

    run(history, 510, most=4)

    assert [start for start, state in states(history).items() if state == "late"] == list(range(500, 506))
    assert history.window_counts()[WindowState.DONE] == 5
    history.close()


def test_a_run_with_an_earlier_moment_plans_nothing(home: Home) -> None:
    history = home.open()
    run(history, 500)

    assert run(history, 490) == ()
    assert states(history) == {499: "done"}
    history.close()


def test_windows_of_a_run_that_failed_say_why_and_are_done_by_the_next_one(home: Home) -> None:
    history = home.open()
    with pytest.raises(WarehouseError), history.lease("run", HOUR), history.claimed(500, "r1"):
        raise WarehouseError("cannot be reached")
    (failed,) = history.windows(499, 500)

    run(history, 500)

    (done,) = history.windows(499, 500)
    assert (failed.state, failed.error, failed.attempts) == (WindowState.FAILED, "cannot be reached", 1)
    assert (done.state, done.error, done.attempts) == (WindowState.DONE, "", 2)
    history.close()


def test_the_words_of_an_error_that_nobody_foresaw_are_not_kept(home: Home) -> None:
    history = home.open()
    with pytest.raises(ValueError, match="sesame"), history.lease("run", HOUR), history.claimed(500, "r1"):
        raise ValueError("postgresql://me:sesame@host")

    (failed,) = history.windows(499, 500)

    assert failed.error == "ValueError"
    history.close()


def test_windows_of_a_run_that_somebody_stopped_are_due_again(home: Home) -> None:
    history = home.open()
    with pytest.raises(KeyboardInterrupt), history.lease("run", HOUR), history.claimed(500, "r1"):
        raise KeyboardInterrupt

    assert states(history) == {499: "due"}
    history.close()


def test_windows_are_claimed_within_a_lease_only(home: Home) -> None:
    history = home.open()

    with pytest.raises(RuntimeError), history.claimed(500, "r1"):
        pytest.fail("claimed")

    assert states(history) == {}
    history.close()
