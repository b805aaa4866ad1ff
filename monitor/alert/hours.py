"""When something may be told: quiet hours, and the times of a digest. Pure; moments are UTC, times of day a zone's."""

from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta
from typing import NamedTuple
from zoneinfo import ZoneInfo

from monitor.judge.model import Severity

_DAYS = 9
"""How far ahead the next time is looked for: beyond a weekend and a day that a clock change swallows."""
_SATURDAY = 5


class Later(NamedTuple):
    """It is told later, and why."""

    at: datetime
    why: str


@dataclass(frozen=True, slots=True)
class Quiet:
    """From one time of day to another nothing is told that is less loud than `but`."""

    since: time
    until: time
    zone: str = "UTC"
    weekends: bool = False
    but: Severity = Severity.CRITICAL

    def later(self, severity: Severity, now: datetime) -> Later | None:
        """When it may be told, if not now.

        >>> night = Quiet(time(20), time(7))
        >>> night.later(Severity.WARNING, datetime(2026, 7, 1, 23, tzinfo=UTC)).at
        datetime.datetime(2026, 7, 2, 7, 0, tzinfo=datetime.timezone.utc)
        >>> night.later(Severity.CRITICAL, datetime(2026, 7, 1, 23, tzinfo=UTC)) is None
        True
        """
        local = now.astimezone(ZoneInfo(self.zone))
        if severity >= self.but or not self._is_quiet(local):
            return None
        ends = (
            datetime.combine(local.date() + timedelta(days=day), self.until, ZoneInfo(self.zone))
            for day in range(_DAYS)
        )
        end = next(end for end in ends if end > local and not self._is_quiet(end))
        return Later(end.astimezone(UTC), "quiet hours")

    def _is_quiet(self, local: datetime) -> bool:
        if self.weekends and local.weekday() >= _SATURDAY:
            return True
        clock = local.time()
        if self.since <= self.until:
            return self.since <= clock < self.until
        return clock >= self.since or clock < self.until


@dataclass(frozen=True, slots=True)
class Gathered:
    """At these times of day all that is less loud than `but` is told, in one message."""

    at: tuple[time, ...]
    zone: str = "UTC"
    but: Severity = Severity.CRITICAL

    def later(self, severity: Severity, now: datetime) -> Later | None:
        """The next of its times, for what is not told at once.

        >>> daily = Gathered((time(9),), "Europe/Berlin")
        >>> daily.later(Severity.WARNING, datetime(2026, 7, 1, 12, tzinfo=UTC)).at
        datetime.datetime(2026, 7, 2, 7, 0, tzinfo=datetime.timezone.utc)
        """
        if severity >= self.but:
            return None
        local = now.astimezone(ZoneInfo(self.zone))
        times = (
            datetime.combine(local.date() + timedelta(days=day), clock, ZoneInfo(self.zone)).astimezone(UTC)
            for day in range(_DAYS)
            for clock in sorted(self.at)
        )
        return Later(next(at for at in times if at > now), "the next digest")
