"""What is old goes as a whole; what somebody needs stays, however old."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from monitor.errors import HistoryError
from monitor.history.store import History, RunRecord
from monitor.incidents.model import State
from monitor.measure.model import Failure, Undeclared
from monitor.measure.windows import hour_of
from tests.fakes.homes import Home
from tests.fakes.measured import TABLE, count, delivery, incident, measured, transition

NAME = "web.order_completed"
NOW = datetime.now(UTC)
BEFORE = NOW - timedelta(days=100)
OLD, NEW = hour_of(BEFORE) // 24 * 24 - 30, hour_of(NOW) - 5


def filled(home: Home) -> History:
    """A history with old and new hours, incidents and runs."""
    history = home.open()
    failures = [Failure(0, OLD, OLD, "old:type", 1), Failure(0, NEW, NEW, "new:type", 2)]
    names = [Undeclared(0, OLD // 24, "coupon", 1), Undeclared(0, NEW // 24, "coupon", 2)]
    counts = [count(OLD, 7, undeclared=1), count(OLD + 1, 7, window=NEW), count(NEW, 9, undeclared=2)]
    history.record(measured(None, NEW + 1, counts, failures=failures, undeclared=names), TABLE, "c", "r")
    for number, days in enumerate((200, 199, 198, 1)):
        at = NOW - timedelta(days=days)
        history.finish_run(RunRecord(f"r{number}", at, "p", at, 0, tables=1, rows=5))
    history.keep_plan("old", "a", NOW - timedelta(days=300))
    history.keep_plan("in use", "b", NOW - timedelta(days=299))
    return history


def pruned(history: History) -> dict[str, int]:
    with history.lease("prune", timedelta(minutes=5)):
        return dict(history.prune(BEFORE, dry_run=False))


def test_old_hours_go_from_everything_that_holds_them(home: Home) -> None:
    history = filled(home)
    counted = dict(history.prune(BEFORE, dry_run=True))

    assert pruned(history) == counted
    assert counted == {
        "measurement": 2, "failure": 1, "undeclared": 1, "day": 1, "day_failure": 1, "run": 1, "plan_revision": 1,
    }  # fmt: skip
    past = history.past({NAME: NEW + 1}, NEW + 1, days=300, recent_days=300)
    assert (int(past.series[0].rows.sum()), list(past.series[0].failed)) == (9, ["new:type"])
    assert pruned(history) == {}
    history.vacuum()
    home.check()
    history.close()


def test_measuring_a_pruned_window_again_counts_it_once(home: Home) -> None:
    history = filled(home)
    pruned(history)

    history.record(measured(None, NEW + 1, [count(OLD, 7), count(NEW, 9)]), TABLE, "c", "r2")

    past = history.past({NAME: NEW + 1}, NEW + 1, days=300)
    assert int(past.series[0].rows.sum()) == 16
    history.close()


def test_a_count_deletes_nothing(home: Home) -> None:
    history = filled(home)
    before = home.dump()

    assert history.prune(BEFORE, dry_run=True)

    assert home.dump() == before
    history.close()


def test_incidents_that_are_not_closed_keep_their_messages_and_closed_ones_go_with_theirs(home: Home) -> None:
    history = filled(home)
    long_ago = NOW - timedelta(days=600)
    still = replace(incident(1), fingerprint="v1:still", opened_at=long_ago, seen_at=long_ago)
    over = replace(incident(1, State.RESOLVED), fingerprint="v1:over", opened_at=long_ago, seen_at=long_ago)
    said = [
        replace(delivery("a"), fingerprint="v1:still", created_at=long_ago, sent_at=long_ago),
        replace(delivery("b"), fingerprint="v1:over", created_at=long_ago, sent_at=long_ago),
        replace(delivery("c", sequence=2), fingerprint="v1:over", created_at=long_ago),
    ]
    history.desk.apply([transition(still), transition(over)], said)

    gone = pruned(history)

    assert (gone["incident"], gone["delivery"]) == (1, 1)
    assert [one.fingerprint for one in history.incidents()] == ["v1:still"]
    assert [one.id for one in history.pending()] == ["c"], "what waits is never thrown away"
    assert [one.id for one in history.desk.deliveries("v1:still", 1)] == ["a"]
    history.close()


def test_a_digest_stays_while_an_incident_that_it_told_may_be_answered_in_its_thread(home: Home) -> None:
    history = filled(home)
    long_ago = NOW - timedelta(days=600)
    open_yet = replace(incident(1), fingerprint="v1:open", opened_at=long_ago, seen_at=long_ago, root="d-1")
    told = [
        replace(delivery(name), fingerprint=f"digest:{name}", created_at=long_ago, sent_at=long_ago)
        for name in ("d-1", "d-2")
    ]
    history.desk.apply([transition(open_yet)], told)

    assert pruned(history)["delivery"] == 1
    assert history.desk.delivery("d-1") is not None
    history.close()


def test_an_answer_to_a_message_that_is_gone_does_not_wait_for_it(home: Home) -> None:
    history = home.open()
    history.desk.apply([], [replace(delivery("answer"), root="d-gone")])

    assert [one.root_done for one in history.pending()] == [True]
    history.close()


def test_an_adopted_history_is_not_adopted_again_because_old_runs_went(home: Home) -> None:
    history = filled(home)
    assert not history.adopting()

    pruned(history)

    assert not history.first_run()
    assert not history.adopting()
    history.close()


def test_what_judging_reads_cannot_be_pruned(home: Home) -> None:
    history = filled(home)

    with pytest.raises(HistoryError, match="at least 63 days are kept"):
        history.prune(NOW - timedelta(days=62), dry_run=False)

    history.close()


def test_a_vacuum_gives_room_back(home: Home) -> None:
    history = home.open()
    history.record(measured(None, NEW, [count(hour) for hour in range(OLD - 9_000, OLD)]), TABLE, "c", "r")
    full = history.size()

    pruned(history)
    history.vacuum()

    assert history.size() <= full
    history.close()
