"""The loop: run when it is due, one at a time, until a signal says stop; then within a bounded time it returns."""

import logging
import signal
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from types import FrameType
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from apscheduler.events import EVENT_JOB_MAX_INSTANCES
from apscheduler.schedulers.background import BackgroundScheduler
from apscheduler.triggers.base import BaseTrigger
from apscheduler.triggers.interval import IntervalTrigger

from monitor.config.model import Schedule
from monitor.errors import ConfigError
from monitor.schedule.crontab import crontab

log = logging.getLogger(__name__)

_JOB = "run"
_STOPPING = (signal.SIGTERM, signal.SIGINT)
_LOOK = 0.2
"""Seconds between two looks at the signals: some platforms handle none while Python waits without end."""

_HELD = 2.0
"""Seconds between two looks at the clock."""
_SLACK = timedelta(seconds=1)


def trigger(schedule: Schedule) -> BaseTrigger:
    """When runs are due. `every` counts from the epoch, so that a restart does not shift it. Raises ConfigError."""
    if schedule.every is not None:
        return _Grid(IntervalTrigger(seconds=int(schedule.every.total_seconds()), start_date=_EPOCH, timezone=UTC))
    try:
        zone = ZoneInfo(schedule.timezone)
    except (ZoneInfoNotFoundError, ValueError):
        hint = "write an IANA name, like Europe/Berlin"
        raise ConfigError(
            f"time zone {schedule.timezone!r} is not known", where="trackwarden.yml schedule.timezone", hint=hint
        ) from None
    return crontab(schedule.cron or "", zone)


_EPOCH = datetime(1970, 1, 1, tzinfo=UTC) + timedelta(minutes=1)
"""A minute past: what arrives in the last second of an hour is there."""


class _Grid(BaseTrigger):  # type: ignore[misc]  # APScheduler is untyped
    """An interval that is counted from its start: by itself it would count from the run before, also the first one."""

    def __init__(self, interval: IntervalTrigger) -> None:
        self._interval = interval

    def get_next_fire_time(self, previous_fire_time: datetime | None, now: datetime) -> datetime | None:
        """The first moment of the grid from `now` on, after the previous one."""
        after = now if previous_fire_time is None else max(now, previous_fire_time + timedelta(microseconds=1))
        due: datetime | None = self._interval.get_next_fire_time(None, after)
        return due


@dataclass(frozen=True, slots=True)
class Stopping:
    """How a job that is under way is stopped."""

    grace: timedelta = timedelta(seconds=25)
    """So long it may go on after the first signal."""
    asked: Callable[[], None] = lambda: None
    """Called at the first signal: the job is to begin nothing more."""
    end: Callable[[], None] = lambda: None
    """Called after the grace, or at a second signal: it has to make the job return."""


def loop(
    job: Callable[[], None], when: BaseTrigger, *, said: Callable[[str], None], stopping: Stopping = Stopping()
) -> None:
    """Run `job` now and whenever it is due, until SIGTERM or SIGINT.

    Jobs live in memory, and never run side by side; a time that was missed (the machine slept, the last run took
    long) is made up for once. `job` tells its own errors: one that raises does not end the loop.
    """
    stop, idle, missed = _Stop(), threading.Event(), threading.Event()
    idle.set()

    def one() -> None:
        idle.clear()
        try:
            while not stop.signals:
                missed.clear()
                job()
                if not missed.is_set():
                    break
        finally:
            idle.set()

    log.setLevel(logging.ERROR)  # that a run is due while one is under way is no trouble
    scheduler = BackgroundScheduler(timezone=UTC, logger=log)
    scheduler.add_listener(lambda _: missed.set(), EVENT_JOB_MAX_INSTANCES)
    scheduler.add_job(one, when, id=_JOB, misfire_grace_time=None, coalesce=True, max_instances=1, next_run_time=_now())
    with stop.listening():
        scheduler.start()
        _attend(scheduler, when, stop, said)
        scheduler.pause()
        stopping.asked()
        if not idle.wait(_LOOK):
            grace = stopping.grace.total_seconds()
            said(f"stopping: the run that is under way has {grace:g} s; a second signal ends it at once")
            until = time.monotonic() + grace
            while not idle.wait(_LOOK) and stop.signals == 1 and time.monotonic() < until:
                pass
        if not idle.is_set():
            said("stopping: the run is ended; what it measured is kept, its windows are due again")
            stopping.end()
        scheduler.shutdown(wait=True)


def _attend(scheduler: BackgroundScheduler, when: BaseTrigger, stop: "_Stop", said: Callable[[str], None]) -> None:
    """Until a signal: hold the next run against the clock, which people and machines set.

    The scheduler sleeps by a clock that does not jump: one that was set ahead it would notice late, and one that was
    set back would keep it waiting for as long as the clock was ahead.
    """
    looked = time.monotonic()
    while not stop.signals:
        time.sleep(_LOOK)
        if time.monotonic() - looked < _HELD:
            continue
        looked = time.monotonic()
        job, due = scheduler.get_job(_JOB), next_time(when)
        planned = getattr(job, "next_run_time", None)
        if due is not None and planned is not None and planned > due + _SLACK:
            scheduler.modify_job(_JOB, next_run_time=due)
            said(f"the clock was set back: the next run is at {due:%Y-%m-%d %H:%M} UTC")
        scheduler.wakeup()


def next_time(when: BaseTrigger, after: datetime | None = None) -> datetime | None:
    """When the next run is due, from now or from that moment on; None: never."""
    due: datetime | None = when.get_next_fire_time(None, _now() if after is None else after)
    return due.astimezone(UTC) if due else None


def _now() -> datetime:
    return datetime.now(UTC)


class _Stop:
    """The stop signals that have come; the third one has its usual effect."""

    def __init__(self) -> None:
        self.signals = 0

    @contextmanager
    def listening(self) -> Iterator[None]:
        """Count signals inside the block."""
        usual = {number: signal.getsignal(number) for number in _STOPPING}

        def handle(_number: int, _frame: FrameType | None) -> None:
            self.signals += 1
            if self.signals > 1:
                for number in _STOPPING:
                    signal.signal(number, signal.SIG_DFL)

        for number in _STOPPING:
            signal.signal(number, handle)
        try:
            yield
        finally:
            for number, before in usual.items():
                signal.signal(number, before)
