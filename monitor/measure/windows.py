"""Which windows of a table are due. Hours are whole UTC hours since 1970-01-01. Pure."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from monitor.landing.model import LandedTable

REREAD_HOURS = 6
"""How often the look-back of a table without an arrival time is read again."""


@dataclass(frozen=True, slots=True)
class Seen:
    """What the probe says of a table: one row of one statement over all tables."""

    newest: int | None
    """Hour of the newest arrival; None: no row with a time at or after the watermark."""
    no_time_rows: int = 0


@dataclass(frozen=True, slots=True)
class Mark:
    """How far a table has been measured."""

    until: int
    """First window not measured."""
    no_time_rows: int = 0
    reread_at: int | None = None
    """The hour at which the look-back was last read again."""


@dataclass(frozen=True, slots=True)
class Due:
    """A contiguous range of windows to be measured: `since` to (not including) `until`."""

    since: int | None
    """None: from the beginning."""
    until: int
    no_time: bool
    """Rows without any time are read again as well."""
    reason: str


@dataclass(frozen=True, slots=True)
class NotDue:
    """Nothing to measure, and why."""

    reason: str
    until: int | None = None
    """The watermark may move on to here: the probe has shown that no row arrived."""


def hour_of(moment: datetime) -> int:
    """Whole hours since 1970.

    >>> hour_of(datetime(1970, 1, 2, tzinfo=UTC))
    24
    """
    return int(moment.timestamp() // 3600)


def moment_of(hour: int) -> datetime:
    """The hour's beginning, in UTC."""
    return datetime(1970, 1, 1, tzinfo=UTC) + timedelta(hours=hour)


def closed_until(table: LandedTable, now: datetime) -> int:
    """First window that may still grow.

    Where the load time is known a window is complete when its hour is over. Where it is not, rows of an hour keep
    coming until the landing's lag is over.
    """
    return hour_of(now if table.loaded is not None else now - table.lag)


def settled_until(table: LandedTable, now: datetime) -> int:
    """First hour whose volume cannot be judged yet: its rows may still be on their way."""
    return hour_of(now - table.lag)


def due(table: LandedTable, mark: Mark | None, seen: Seen | None, now: datetime, lookback: timedelta) -> Due | NotDue:
    """Whether a table is to be measured now."""
    until = closed_until(table, now)
    if mark is None:
        return Due(None, until, no_time=True, reason="never measured")
    no_time = seen is not None and seen.no_time_rows != mark.no_time_rows
    if table.received is None and table.loaded is None and _reread(mark, until):
        since = min(mark.until, until - int(lookback.total_seconds() // 3600))
        return Due(since, max(until, mark.until), no_time, f"no arrival time: the last {lookback} are read again")
    if until <= mark.until and not no_time:
        return NotDue("no window has closed since")
    if seen is not None and (seen.newest is None or seen.newest < mark.until) and not no_time:
        return NotDue("no row has arrived since", until)
    return Due(mark.until, max(until, mark.until), no_time, "new rows")


def _reread(mark: Mark, until: int) -> bool:
    return mark.reread_at is None or until - mark.reread_at >= REREAD_HOURS
