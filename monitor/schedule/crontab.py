"""Crontab lines as APScheduler triggers.

APScheduler counts weekdays from Monday, crontab from Sunday: `0 9 * * 1` must be Monday. It also takes a day of the
month *and* of the week to restrict each other, where crontab runs on either.
"""

import re
from datetime import UTC, tzinfo

from apscheduler.triggers.base import BaseTrigger
from apscheduler.triggers.combining import OrTrigger
from apscheduler.triggers.cron import CronTrigger

from monitor.errors import ConfigError
from monitor.schedule.wall import WallClock

ALIASES = {
    "@hourly": "0 * * * *",
    "@daily": "0 0 * * *",
    "@midnight": "0 0 * * *",
    "@weekly": "0 0 * * 0",
    "@monthly": "0 0 1 * *",
    "@yearly": "0 0 1 1 *",
    "@annually": "0 0 1 1 *",
}
_DAYS = ("sun", "mon", "tue", "wed", "thu", "fri", "sat")
_WEEK = 7
_FIELDS = 5
_PART = re.compile(r"(?P<first>\*|[0-9]+|[a-z]{3})(?:-(?P<last>[0-9]+|[a-z]{3}))?(?:/(?P<step>[0-9]+))?")
_WHERE = "trackwarden.yml schedule.cron"


def crontab(line: str, zone: tzinfo) -> BaseTrigger:
    """The trigger of a crontab line, its hours read in `zone`. Raises ConfigError."""
    return WallClock(_fields(line), zone)


def _fields(line: str) -> BaseTrigger:
    """The same on a clock without jumps."""
    fields = ALIASES.get(line.strip().lower(), line).split()
    if len(fields) != _FIELDS:
        hint = "write minute, hour, day, month and weekday: `0 9 * * 1` is Monday at 9"
        raise ConfigError(f"{line!r} has {len(fields)} fields, not {_FIELDS}", where=_WHERE, hint=hint)
    minute, hour, day, month, weekday = fields
    days = weekdays(weekday)
    try:
        if "*" in (day, weekday):
            return CronTrigger(minute=minute, hour=hour, day=day, month=month, day_of_week=days, timezone=UTC)
        by_day = CronTrigger(minute=minute, hour=hour, day=day, month=month, timezone=UTC)
        by_weekday = CronTrigger(minute=minute, hour=hour, month=month, day_of_week=days, timezone=UTC)
        return OrTrigger([by_day, by_weekday])
    except ValueError as error:
        raise ConfigError(f"{line!r}: {error}", where=_WHERE, hint="crontab(5) tells how fields are written") from None


def weekdays(field: str) -> str:
    """A crontab weekday field in names, which count the same everywhere.

    >>> weekdays("1"), weekdays("1-5"), weekdays("0,7"), weekdays("*/2"), weekdays("fri-sun")
    ('mon', 'mon,tue,wed,thu,fri', 'sun', 'sun,tue,thu,sat', 'sun,fri,sat')
    """
    if field == "*":
        return "*"
    days = {day for part in field.lower().split(",") for day in _days(part)}
    return ",".join(_DAYS[day] for day in sorted(days))


def _days(part: str) -> list[int]:
    found = _PART.fullmatch(part)
    if found is None:
        raise ConfigError(
            f"weekday {part!r} is not known", where=_WHERE, hint="write 0–7 (0 and 7 are Sunday) or mon, tue, …"
        )
    step = int(found["step"] or 1)
    if found["first"] == "*":
        first, last = 0, _WEEK - 1
    else:
        first = _day(found["first"])
        open_end = _WEEK - 1 if found["step"] else first
        last = _day(found["last"]) if found["last"] else open_end
    if last < first and _DAYS[last % _WEEK] == "sun":
        last = _WEEK
    if last < first or step < 1:
        hint = "a range goes from the earlier day to the later one: 1-5, or fri-sun"
        raise ConfigError(f"weekday range {part!r} holds no day", where=_WHERE, hint=hint)
    return [day % _WEEK for day in range(first, last + 1, step)]


def _day(word: str) -> int:
    if word in _DAYS:
        return _DAYS.index(word)
    if word.isdigit() and int(word) <= _WEEK:
        return int(word)
    raise ConfigError(
        f"weekday {word!r} is not known", where=_WHERE, hint="write 0–7 (0 and 7 are Sunday) or mon, tue, …"
    )
