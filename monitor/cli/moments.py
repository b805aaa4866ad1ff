"""Times on the command line: ISO 8601, UTC where no zone is said, or how long ago: `24h`, `7d`."""

import re
from datetime import UTC, datetime, timedelta
from typing import TypeAlias

import click

Moment: TypeAlias = datetime | timedelta
"""A moment, or how long before another one."""

_UNITS = {"m": "minutes", "h": "hours", "d": "days", "w": "weeks"}
_FIRST, _LAST = datetime(1970, 1, 1, tzinfo=UTC), datetime(2199, 12, 31, tzinfo=UTC)
"""Other years are misspelt; and from the ends of the calendar no lag can be subtracted."""
_AGO = re.compile(r"(?:[0-9]{1,6}[mhdw])+")


class MomentType(click.ParamType[Moment]):
    """`2026-06-30`, `2026-06-30T18:00`, `2026-06-30T20:00+02:00`, `24h`, `1d12h`."""

    name = "time"

    def convert(self, value: object, param: click.Parameter | None, ctx: click.Context | None) -> Moment:
        """The moment that was written; anything else is a usage error that says how times are written."""
        if isinstance(value, datetime | timedelta):
            return value
        found = read_moment(str(value))
        if found is None:
            said = f"{value!r} is no time: write 2026-06-30T18:00 (UTC, unless it says a zone) or 24h, 7d (ago)"
            self.fail(said, param, ctx)
        return found


MOMENT = MomentType()


def read_moment(text: str) -> Moment | None:
    """The moment that a text says; None where it says none.

    >>> read_moment("2026-06-30T20:00+02:00")
    datetime.datetime(2026, 6, 30, 18, 0, tzinfo=datetime.timezone.utc)
    >>> read_moment("1d12h"), read_moment("yesterday")
    (datetime.timedelta(days=1, seconds=43200), None)
    """
    said = text.strip()
    try:
        if _AGO.fullmatch(said):
            return sum((timedelta(**{_UNITS[u]: int(n)}) for n, u in re.findall(r"(\d+)([mhdw])", said)), timedelta())
        moment = datetime.fromisoformat(said)
        moment = moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)
    except (ValueError, OverflowError):
        return None
    return moment if _FIRST <= moment <= _LAST else None


def resolved(moment: Moment, now: datetime) -> datetime:
    """The moment itself, or that long before `now`. Raises BadParameter where that lies before all time."""
    if isinstance(moment, datetime):
        return moment
    try:
        return max(now - moment, _FIRST)
    except OverflowError:
        raise click.BadParameter("is longer ago than time itself") from None
