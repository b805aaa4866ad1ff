"""What the schedule knows of itself while it works, and what it answers to whoever asks."""

import json
import threading
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta
from http import HTTPStatus

from apscheduler.triggers.base import BaseTrigger

from monitor.errors import TrackwardenError
from monitor.history.store import History
from monitor.schedule.child import Ended
from monitor.schedule.health import Health, Kept, Local, health
from monitor.schedule.loop import next_time
from monitor.schedule.web import JSON, Answer

_FRESH = 5.0
"""Seconds for which the history is not asked again: whoever asks often is not to slow a run."""
_RUNS = 200
"""Among so many of the newest runs the last success is looked for."""


class State:
    """One schedule's state. Runs are told to it from one thread; questions come from others."""

    def __init__(
        self, history: Callable[[], History], when: BaseTrigger, limit: timedelta, clock: Callable[[], datetime]
    ) -> None:
        self._history, self._when, self._limit, self._clock = history, when, limit, clock
        self._lock = threading.Lock()
        self._asking = threading.Lock()
        self._local = Local(clock())
        self._kept: tuple[float, Kept] | None = None

    def begins(self) -> None:
        """A run begins."""
        with self._lock:
            self._local = replace(self._local, running_since=self._clock(), next_run=None)

    def ended(self, how: Ended) -> None:
        """The run has ended."""
        with self._lock:
            counted = Counter(self._local.ended)
            counted[how.code] += 1
            overdue = self._local.overdue + how.overdue
            due = next_time(self._when, self._clock())
            self._local = replace(self._local, running_since=None, next_run=due, ended=counted, overdue=overdue)
            self._kept = None

    def lost(self) -> None:
        """The run could not be begun, or nobody knows how it ended: none is under way."""
        with self._lock:
            self._local = replace(self._local, running_since=None, next_run=next_time(self._when, self._clock()))
            self._kept = None

    def local(self) -> Local:
        """What this process knows."""
        with self._lock:
            return self._local

    def kept(self) -> Kept:
        """What the history knows, at most some seconds old."""
        with self._asking:
            if self._kept is None or time.monotonic() - self._kept[0] > _FRESH:
                self._kept = (time.monotonic(), read(self._history, self._clock()))
            return self._kept[1]

    def answer(self, path: str) -> Answer | None:
        """The page at a path."""
        if path not in ("/healthz", "/metrics"):
            return None
        local, kept = self.local(), self.kept()
        fares = self._fares(local, kept)
        if path == "/healthz":
            status = HTTPStatus.OK if fares.ok else HTTPStatus.SERVICE_UNAVAILABLE
            return status, JSON, json.dumps(fares.document(local, kept)).encode() + b"\n"
        from monitor.schedule.metrics import exposition  # noqa: PLC0415 - only where somebody asks

        return HTTPStatus.OK, "text/plain; version=0.0.4; charset=utf-8", exposition(local, kept, fares)

    def _fares(self, local: Local, kept: Kept) -> Health:
        last = kept.last_success or local.started_at
        return health(local, kept, next_time(self._when, last + timedelta(seconds=1)), self._limit, self._clock())


def read(opened: Callable[[], History], now: datetime) -> Kept:
    """What the history knows now. A run that was told a moment to come says nothing of how the schedule fares."""
    try:
        history = opened()
        try:
            runs = tuple(one for one in history.runs(_RUNS) if one.started_at <= now)
            return Kept(runs, history.window_counts(), len(history.pending()))
        finally:
            history.close()
    except TrackwardenError as error:
        return Kept(problem=error.problem)
