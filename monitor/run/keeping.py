"""What was counted, on its way to the history: tables that come one after the other are written together.

A transaction costs as much as what a small table has to say. Whoever is killed loses what waits here: a second's work
at most, which the next run counts again.
"""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress

from monitor.errors import TrackwardenError
from monitor.history.store import History, Recording

_TABLES = 64
_GROUPS = 2_500
"""Counted groups that wait in memory; a table of many events has more by itself."""
_SECONDS = 1.0


class Keeper:
    """Takes recordings, and writes them in their order before they are many, or old."""

    def __init__(self, history: History, clock: Callable[[], float] = time.monotonic) -> None:
        self._history, self._clock = history, clock
        self._waiting: list[Recording] = []
        self._groups = 0
        self._since = 0.0

    def add(self, recording: Recording) -> None:
        """One more table. Raises what `flush` does."""
        if not self._waiting:
            self._since = self._clock()
        self._waiting.append(recording)
        self._groups += len(recording.measured.counts)
        old = self._clock() - self._since >= _SECONDS
        if old or len(self._waiting) >= _TABLES or self._groups >= _GROUPS:
            self.flush()

    def flush(self) -> None:
        """Write what waits, in one transaction. Raises HistoryError and LeaseHeldError; it is then not kept."""
        waiting, self._waiting, self._groups = self._waiting, [], 0
        if waiting:
            self._history.record_many(waiting)


@contextmanager
def keeping(history: History) -> Iterator[Keeper]:
    """A keeper that has written everything when the block ends, whatever ends it."""
    keeper = Keeper(history)
    try:
        yield keeper
    except BaseException:
        with suppress(TrackwardenError):  # why the block ended is what is to be told
            keeper.flush()
        raise
    keeper.flush()
