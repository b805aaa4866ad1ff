"""The loop: run when it is due, one at a time, until a signal says stop; a run that is under way ends first."""

import signal
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from types import FrameType
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from apscheduler.schedulers.background import BackgroundScheduler
from apscheduler.triggers.base import BaseTrigger
from apscheduler.triggers.interval import IntervalTrigger

from monitor.config.model import Schedule
from monitor.errors import ConfigError
from monitor.schedule.crontab import crontab

_JOB = "run"
_STOPPING = (signal.SIGTERM, signal.SIGINT)


def trigger(schedule: Schedule) -> BaseTrigger:
    """When runs are due. `every` counts from the epoch, so that a restart does not shift it. Raises ConfigError."""
    if schedule.every is not None:
        return IntervalTrigger(seconds=int(schedule.every.total_seconds()), start_date=_EPOCH, timezone=UTC)
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


def loop(job: Callable[[], None], when: BaseTrigger, *, said: Callable[[str], None]) -> None:
    """Run `job` now and whenever it is due, until SIGTERM or SIGINT; then let it finish and return.

    Jobs live in memory, and never run side by side; a time that was missed (the machine slept, the last run took
    long) is made up for once. `job` tells its own errors: one that raises does not end the loop.
    """
    stop = threading.Event()
    scheduler = BackgroundScheduler(timezone=UTC)
    scheduler.add_job(job, when, id=_JOB, misfire_grace_time=None, coalesce=True, max_instances=1, next_run_time=_now())
    with _until(stop):
        scheduler.start()
        while not stop.wait(1.0):  # with a timeout: without one Python handles no signal on some platforms
            pass
        said("stopping: a run that is under way ends first; a second signal ends it at once")
        scheduler.pause()
        scheduler.shutdown(wait=True)


def next_time(when: BaseTrigger) -> datetime | None:
    """When the next run is due; None: never."""
    due: datetime | None = when.get_next_fire_time(None, _now())
    return due.astimezone(UTC) if due else None


def _now() -> datetime:
    return datetime.now(UTC)


@contextmanager
def _until(stop: threading.Event) -> Iterator[None]:
    """The first signal sets `stop`, the second one has its usual effect."""
    usual = {number: signal.getsignal(number) for number in _STOPPING}

    def handle(_number: int, _frame: FrameType | None) -> None:
        stop.set()
        for number in _STOPPING:
            signal.signal(number, signal.SIG_DFL)

    for number in _STOPPING:
        signal.signal(number, handle)
    try:
        yield
    finally:
        for number, before in usual.items():
            signal.signal(number, before)
