"""A trigger that goes by a zone's wall clock, on the two days a year when that clock jumps as well.

APScheduler's CronTrigger (3.11.3) gives the same moment again and again within an hour that a clock goes through
twice, and its scheduler never comes back from asking. So cron's fields are read on a clock without jumps, and each of
its times is held against the zone: one that comes twice is two moments, one that is left out is the moment at
which it would have been.
"""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta, tzinfo
from typing import Any

from apscheduler.triggers.base import BaseTrigger

_JUMP = timedelta(hours=3)
"""Farther no clock jumps."""
_PAST = timedelta(hours=1)
"""Missed moments before that are not counted one by one: they are made up for once in any case."""
_STEP = timedelta(microseconds=1)


class WallClock(BaseTrigger):  # type: ignore[misc]  # APScheduler is untyped
    """Fires when the wall clock of a zone shows a time that `fields`, a trigger in UTC, fires at."""

    def __init__(self, fields: BaseTrigger, zone: tzinfo) -> None:
        self._fields, self._zone = fields, zone

    def get_next_fire_time(self, previous_fire_time: datetime | None, now: datetime) -> datetime | None:
        """The first moment (in UTC) after the previous one, or from `now` on; None: never again."""
        after = now - _STEP if previous_fire_time is None else max(previous_fire_time, now - _PAST)
        found: datetime | None = None
        for shown in self._shown(self._wall(after) - _JUMP):
            if found is not None and shown > self._wall(found) + _JUMP:
                break
            for moment in self._moments(shown):
                if moment > after and (found is None or moment < found):
                    found = moment
        return found

    def _shown(self, since: datetime) -> Iterator[datetime]:
        """Times on the clock, as if they were UTC, in order."""
        shown: Any = self._fields.get_next_fire_time(None, since)
        while shown is not None:
            yield shown
            shown = self._fields.get_next_fire_time(None, shown + _STEP)

    def _moments(self, shown: datetime) -> tuple[datetime, ...]:
        """The one or two moments at which the clock shows that time; where it never does, when it would have."""
        here = shown.replace(tzinfo=self._zone)
        first, second = (here.replace(fold=fold).astimezone(UTC) for fold in (0, 1))
        return (first, second) if first < second else (first,)

    def _wall(self, moment: datetime) -> datetime:
        return moment.astimezone(self._zone).replace(tzinfo=UTC)
