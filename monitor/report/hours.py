"""The past in the numbers that pages show: the newest full day, days, recent rows. Hours not measured stay so."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from monitor.charts.model import DAILY
from monitor.judge.model import Counts, Past, SeriesPast
from monitor.report.model import Past24

_WEEK = 7 * DAILY
_MOST_DAYS = 92


@dataclass(frozen=True, slots=True)
class Measured:
    """The hours of a table that were measured and whose rows have all come: `since` up to (not including) `until`."""

    since: int
    until: int


@dataclass(frozen=True, slots=True)
class Days:
    """Equal days of a past: the first hour of the first, and how many."""

    start: int
    count: int


def measured(past: Past, table: str) -> Measured:
    """What of a table may be shown as a number. A table without a past is taken as measured throughout."""
    known = past.tables.get(table)
    if known is None:
        return Measured(past.start, past.until)
    since = past.start if known.measured_since is None else max(known.measured_since, past.start)
    until = min(known.settled_until, past.until)
    if known.measured_until is not None:
        until = min(until, known.measured_until)
    return Measured(since, max(until, since))


def days_of(past: Past) -> Days:
    """The UTC days that charts show: the newest `_MOST_DAYS` that the past touches."""
    last = (past.until - 1) // DAILY
    first = max(past.start // DAILY, last - _MOST_DAYS + 1)
    return Days(first * DAILY, last - first + 1)


def total(counts: Counts, past: Past, since: int, until: int) -> int:
    """Rows from one hour up to (not including) another, as far as the past reaches."""
    return int(counts[max(since - past.start, 0) : max(until - past.start, 0)].sum())


def recent(past: Past) -> tuple[int, int]:
    """The recent UTC days' first hour, and the one after their last: the days that history counts presence over."""
    newest = (past.until - 1) // DAILY
    return (newest - past.recent_days + 1) * DAILY, past.until


def daily(past: Past, counts: Counts, days: Days) -> NDArray[np.int64]:
    """Rows of each day."""
    grid = np.zeros(days.count * DAILY, dtype=np.int64)
    first = past.start - days.start
    newest = counts[max(-first, 0) :]
    grid[max(first, 0) : max(first, 0) + len(newest)] = newest
    sums: NDArray[np.int64] = grid.reshape(-1, DAILY).sum(axis=1)
    return sums


def rows_by_day(past: Past, group: Iterable[SeriesPast], days: Days) -> tuple[float | None, ...]:
    """Rows of each whole day; None on days that none of the group's tables was measured throughout."""
    sums = np.zeros(days.count, dtype=np.int64)
    whole = np.zeros(days.count, dtype=bool)
    starts = days.start + DAILY * np.arange(days.count)
    for series in group:
        bounds = measured(past, series.table)
        sums += daily(past, series.rows, days)
        whole |= (starts >= bounds.since) & (starts + DAILY <= bounds.until)
    return tuple(float(n) if seen else None for n, seen in zip(sums, whole, strict=True))


def last_day(past: Past, group: Sequence[SeriesPast]) -> Past24:
    """The newest 24 complete hours of each series, and the same hours a week earlier."""
    rows = checked = invalid = before = 0
    compared = bool(group)
    for series in group:
        bounds = measured(past, series.table)
        start = bounds.until - DAILY
        rows += total(series.rows, past, start, bounds.until)
        checked += total(series.checked, past, start, bounds.until)
        invalid += total(series.invalid, past, start, bounds.until)
        before += total(series.rows, past, start - _WEEK, bounds.until - _WEEK)
        compared &= start - _WEEK >= bounds.since
    return Past24(rows, invalid, before if compared else None, checked)
