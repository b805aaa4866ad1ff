"""When each series was first and last seen, kept up to date with what is written and replaced."""

from collections.abc import Mapping, Sequence
from typing import Any, Final

from sqlalchemy import Connection, bindparam, update

from monitor.history import measurements
from monitor.history.series import Kept, Seen, series
from monitor.measure.model import Series

_UPDATE: Final = update(series).where(series.c.id == bindparam("number"))


def changes(
    connection: Connection,
    kept: Sequence[Kept],
    now: Sequence[Series],
    hours: tuple[Mapping[int, tuple[int, int]], Mapping[int, tuple[int, int]]],
) -> list[dict[str, Any]]:
    """What is to be brought up to date of flags and first and last hours, after a measurement's rows were written.

    `hours`: first and last hour per series id, of what was written and of what that replaced. Only where
    the replaced may have held a series' first or last row are its hourly rows asked.
    """
    written, replaced = hours
    flags = {one[:3]: one for one in now}
    changed = []
    for one in kept:
        latest = flags.get(one.series[:3], one.series)
        new = written.get(one.id, (None, None))
        first, last = _merge((one.first_hour, one.last_hour), new)
        old = replaced.get(one.id)
        if old and (old[0] == first != new[0] or old[1] == last != new[1]):
            first, last = measurements.seen(connection, one.id)
        if (latest, first, last) != (one.series, one.first_hour, one.last_hour):
            changed.append(
                {
                    "number": one.id,
                    "planned": latest.planned,
                    "known": latest.known,
                    "first_hour": first,
                    "last_hour": last,
                }
            )
    return changed


def write(connection: Connection, changed: Sequence[dict[str, Any]]) -> None:
    """Write such changes."""
    if changed:
        connection.execute(_UPDATE, changed)


def _merge(one: Seen, other: Seen) -> Seen:
    firsts = [hour for hour in (one[0], other[0]) if hour is not None]
    lasts = [hour for hour in (one[1], other[1]) if hour is not None]
    return min(firsts, default=None), max(lasts, default=None)
