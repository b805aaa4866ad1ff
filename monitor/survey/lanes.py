"""The sessions of one survey, asked side by side: each by one thread at a time.

The first is the run's own; more are opened when several questions wait at once, as many as the warehouse allows us. A
session whose connection is lost for good leaves the others to go on.
"""

import threading
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from typing import TypeVar

from monitor.errors import WarehouseError, WarehouseLostError
from monitor.survey.model import Warehouse

T = TypeVar("T")


class Lanes:
    """Takes questions in their order; answers come as futures. `close` it."""

    def __init__(self, warehouse: Warehouse) -> None:
        self.own = warehouse
        """The run's own session: whoever asks it otherwise must do so by `ask_own`."""
        self.several = max(1, warehouse.at_once)
        self._more = self.several - 1
        self._closed = False
        self._sessions = [warehouse]
        self._free = [warehouse]
        self._changed = threading.Condition()
        self._threads = ThreadPoolExecutor(self.several, "warehouse")

    def ask(self, question: Callable[[Warehouse], T]) -> Future[T]:
        """Put a question to any session."""
        return self._threads.submit(self._put, question, own=False)

    def ask_own(self, question: Callable[[], T]) -> T:
        """Put a question to the run's own session, which nobody else asks meanwhile, and wait for the answer."""
        return self._threads.submit(self._put, lambda _: question(), own=True).result()

    def close(self, *, hurry: bool = False) -> None:
        """What was not begun is not run. In a hurry nobody waits for what is under way."""
        self._threads.shutdown(wait=False, cancel_futures=True)
        with self._changed:
            self._more, self._closed = 0, True
            busy = [session for session in self._sessions if session not in self._free]
        if hurry:
            for session in busy:
                session.stop()
        self._threads.shutdown(wait=True)
        for session in self._sessions:
            if session is not self.own:
                session.close()

    def _put(self, question: Callable[[Warehouse], T], *, own: bool) -> T:
        session = self._taken(own=own)
        try:
            if self._closed:
                raise WarehouseLostError("the run has ended")
            return question(session)
        finally:
            with self._changed:
                self._free.append(session)
                self._changed.notify_all()

    def _taken(self, *, own: bool) -> Warehouse:
        """A session that nobody else has now; a new one where there may be one more."""
        with self._changed:
            while True:
                usable = [one for one in self._free if one is self.own] if own else self._usable()
                session = next(iter(usable), None)
                if session is not None:
                    self._free.remove(session)
                    return session
                if self._more and not own:
                    self._more -= 1
                    break
                self._changed.wait()
        try:
            fresh = self.own.another()
        except WarehouseError:  # an account may have fewer sessions than we would like: those there are go on
            with self._changed:
                self._more = 0
            return self._taken(own=False)
        with self._changed:
            self._sessions.append(fresh)
        return fresh

    def _usable(self) -> list[Warehouse]:
        """The free sessions; those that are gone only where all are, so that what is asked fails at once."""
        alive = [session for session in self._free if not session.gone]
        if alive or self._more or not all(session.gone for session in self._sessions):
            return alive
        return self._free
