"""Several sessions side by side: each asked by one thread, no more than the warehouse allows, none of them hanging."""

import threading
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, Self

import pytest

from monitor.errors import WarehouseError, WarehouseLostError
from monitor.survey.lanes import Lanes
from monitor.values import Values, transposed


class Sessions:
    """A warehouse that gives out so many sessions."""

    def __init__(self, allowed: int) -> None:
        self.allowed = allowed
        self.given: list[Session] = []
        self.lock = threading.Lock()


class Session:
    """One of them; it notices when two threads ask it at once."""

    engine = "duckdb"

    def __init__(self, of: Sessions, at_once: int) -> None:
        self.of, self.at_once = of, at_once
        self.batched = 1
        self.gone = self.closed = self.stopped = False
        self.asked = 0
        self.busy = threading.Lock()
        self.may_go = threading.Event()
        with of.lock:
            of.given.append(self)

    def query(
        self, sql: str, moments: Mapping[str, datetime] | None = None, rows: int | None = None
    ) -> Sequence[Sequence[Any]]:
        """`wait` waits until it may go on, or is stopped."""
        del moments, rows
        assert self.busy.acquire(blocking=False), "two threads at once"
        try:
            self.asked += 1
            if sql == "wait":
                assert self.may_go.wait(20)
            if self.gone or self.stopped:
                raise WarehouseLostError("lost")
            return [(sql,)]
        finally:
            self.busy.release()

    def columns(
        self, sql: str, width: int, moments: Mapping[str, datetime] | None = None, rows: int | None = None
    ) -> Sequence[Values]:
        """As columns."""
        del rows
        return transposed(self.query(sql, moments), width)

    def batch(
        self, asked: Sequence[tuple[str, int]], moments: Mapping[str, datetime] | None = None
    ) -> Sequence[Sequence[Values] | WarehouseError]:
        """One by one."""
        return [self.columns(sql, width, moments) for sql, width in asked]

    def estimate(self, sql: str) -> int | None:
        """A byte per letter."""
        return len(sql)

    def another(self) -> Self:
        """One more, while there are some."""
        with self.of.lock:
            if len(self.of.given) >= self.of.allowed:
                raise WarehouseError("too many connections")
        return type(self)(self.of, self.at_once)

    def stop(self) -> None:
        """Whoever waits gets an error."""
        self.stopped = True
        self.may_go.set()

    def close(self) -> None:
        """Given back."""
        self.closed = True


def let_go(sessions: Sessions) -> None:
    """Nobody waits any more."""
    for session in sessions.given:
        session.may_go.set()


def test_one_session_answers_in_order() -> None:
    sessions = Sessions(1)
    lanes = Lanes(Session(sessions, 1))
    answers = [lanes.ask(lambda session, n=n: session.query(str(n))) for n in range(5)]  # type: ignore[misc]
    assert [answer.result()[0][0] for answer in answers] == ["0", "1", "2", "3", "4"]
    lanes.close()
    assert len(sessions.given) == 1
    assert not sessions.given[0].closed, "it is the run's own"


def test_sessions_are_opened_when_questions_wait_and_closed_at_the_end() -> None:
    sessions = Sessions(9)
    own = Session(sessions, 3)
    lanes = Lanes(own)
    waiting = [lanes.ask(lambda session: session.query("wait")) for _ in range(7)]
    while len(sessions.given) < 3:
        pass
    let_go(sessions)
    assert [one.result()[0][0] for one in waiting] == ["wait"] * 7
    lanes.close()
    assert len(sessions.given) == 3
    assert [session.closed for session in sessions.given] == [False, True, True]
    assert sum(session.asked for session in sessions.given) == 7


def test_where_the_warehouse_allows_fewer_those_there_are_do_all_the_work() -> None:
    sessions = Sessions(2)
    lanes = Lanes(Session(sessions, 5))
    let_go(sessions)
    answers = [lanes.ask(lambda session: session.query("x")) for _ in range(20)]
    assert all(one.result() for one in answers)
    lanes.close()
    assert len(sessions.given) <= 2


def test_a_session_that_is_gone_leaves_the_work_to_the_others() -> None:
    sessions = Sessions(2)
    own = Session(sessions, 2)
    lanes = Lanes(own)
    first = [lanes.ask(lambda session: session.query("wait")) for _ in range(2)]
    while len(sessions.given) < 2:
        pass
    let_go(sessions)
    for one in first:
        one.result()
    own.gone = True
    assert all(lanes.ask(lambda session: session.query("x")).result() for _ in range(10))
    sessions.given[1].gone = True
    with pytest.raises(WarehouseLostError):
        lanes.ask(lambda session: session.query("x")).result()
    lanes.close()


def test_the_runs_own_session_is_asked_when_nobody_else_asks_it() -> None:
    sessions = Sessions(2)
    own = Session(sessions, 2)
    lanes = Lanes(own)
    waiting = lanes.ask(lambda session: session.query("wait"))
    threading.Timer(0.1, lambda: let_go(sessions)).start()
    assert lanes.ask_own(lambda: own.query("catalog"))[0][0] == "catalog"
    waiting.result()
    lanes.close()


def test_in_a_hurry_nobody_waits_for_what_is_under_way() -> None:
    sessions = Sessions(2)
    lanes = Lanes(Session(sessions, 2))
    waiting = [lanes.ask(lambda session: session.query("wait")) for _ in range(6)]
    while sum(session.asked for session in sessions.given) < 2:
        pass
    lanes.close(hurry=True)
    assert all(session.stopped for session in sessions.given)
    assert sum(session.asked for session in sessions.given) == 2, "what was not begun is not run"
    assert sum(one.cancelled() for one in waiting) == 4
