"""Nobody waits for ever: a statement that takes too long, or whose warehouse answers nobody any more, is broken off.

A warehouse's own statement timeout helps while the warehouse is there. Where the network is dead, or a pooler in
between holds its tongue, only whoever waits can end the waiting.
"""

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from types import TracebackType

_LOOK = 60.0


@dataclass(frozen=True, slots=True)
class Patience:
    """How long a session waits for an answer."""

    seconds: float | None = None
    """A statement that takes longer is broken off; None: it may."""
    answers: Callable[[], bool] | None = None
    """Whether the warehouse answers anybody, asked by a connection of its own; None: nobody knows."""
    look: float = _LOOK
    """Seconds of silence after which that is asked, and asked again."""


class Watch:
    """A thread that looks at the clock while `with watch:` something is asked. `cut` makes whoever waits get an error.

    A session that waits for nothing costs nothing: the thread is never woken for a statement, it looks by itself.
    """

    def __init__(self, patience: Patience, cut: Callable[[], object]) -> None:
        self._patience, self._cut = patience, cut
        self._step = min(s for s in (patience.seconds, patience.look if patience.answers else None, _LOOK) if s)
        self._changed = threading.Condition()
        self._began: float | None = None
        self._looked = 0.0
        self._thread: threading.Thread | None = None
        self._closed = False
        self.why = ""
        """Why the last statement was broken off; empty: it was not."""

    def __enter__(self) -> None:
        with self._changed:
            self.why = ""
            self._began = self._looked = time.monotonic()
            if self._thread is None:
                self._thread = threading.Thread(target=self._watch, name="warehouse watch", daemon=True)
                self._thread.start()

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        with self._changed:
            self._began = None

    def close(self) -> None:
        """No more looking."""
        with self._changed:
            self._closed = True
            self._changed.notify_all()
        if self._thread is not None and self._thread is not threading.current_thread():
            self._thread.join(1)

    def _watch(self) -> None:
        with self._changed:
            while not self._closed:
                self._changed.wait(max(0.01, self._next() - time.monotonic()))
                began, now = self._began, time.monotonic()
                if began is None or self._closed:
                    continue
                if self._patience.seconds is not None and now - began >= self._patience.seconds:
                    self._end(f"no answer within {self._patience.seconds:g} seconds")
                elif self._patience.answers is not None and now - self._looked >= self._patience.look:
                    self._looked = now
                    self._asked(began, self._patience.answers)

    def _next(self) -> float:
        """When to look again."""
        if self._began is None:
            return time.monotonic() + self._step
        patience, dues = self._patience, [time.monotonic() + _LOOK]
        if patience.seconds is not None:
            dues.append(self._began + patience.seconds)
        if patience.answers is not None:
            dues.append(self._looked + patience.look)
        return min(dues)

    def _asked(self, began: float, answers: Callable[[], bool]) -> None:
        """Ask whether anybody is there, while whoever waits goes on waiting."""
        self._changed.release()
        try:
            there = answers()
        finally:
            self._changed.acquire()
        if not there and self._began == began:
            self._end("it answers nobody")

    def _end(self, why: str) -> None:
        self.why, self._began = why, None
        self._cut()
