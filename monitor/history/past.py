"""The past, as the judge needs it: dense hours per series, out of packed days."""

from collections.abc import Iterable, Mapping, Sequence
from itertools import pairwise
from typing import Any, Final, NamedTuple, TypeAlias

import numpy as np
from numpy.typing import NDArray
from sqlalchemy import Connection, Select, Table, bindparam, func, select

from monitor.history import catalogs, ranges, series, windows
from monitor.history.days import day, day_failure
from monitor.history.interned import Interned, shape_pointers
from monitor.history.packing import (
    HOURS,
    Ints,
    starts,
    unpack_checked,
    unpack_failed,
    unpack_hours,
    unpack_present,
)
from monitor.history.record import Words
from monitor.history.schema import fetch
from monitor.history.series import Kept
from monitor.judge.model import Past, SeriesPast, Sparse, TablePast
from monitor.measure.model import Unmeasured


def _between(table: Table, *columns: str) -> Select[Any]:
    """By way of the series, so that the database seeks each one's days instead of reading all days there are."""
    return (
        select(*(table.c[name] for name in columns))
        .join(series.series, series.series.c.id == table.c.series_id)
        .where(table.c.day >= bindparam("first"), table.c.day <= bindparam("last"))
    )


_JUDGED: Final = _between(day, "series_id", "day", "rows", "undeclared", "checked")
_DAYS: Final = _between(day, "series_id", "day", "rows", "undeclared", "checked", "invalid", "shape_id", "present")
_FAILURES: Final = _between(day_failure, *(column.name for column in day_failure.columns))

_FIRST_DAY: Final = 0
"""1970-01-01: no collector is older, and rows without a time belong to an earlier one."""


class Span(NamedTuple):
    """The hours and days that are asked for. `recent_day`..`last_day` are whole UTC days, the as-of day included."""

    start: int
    until: int
    recent_day: int
    recent_days: int
    whole: bool = False
    """The recent days are all that were ever measured."""
    judged: bool = False
    """Only what is judged is asked for."""

    @classmethod
    def of(cls, until: int, days: int, recent_days: int) -> "Span":
        """`days` × 24 hours up to `until`, and the last `recent_days` UTC days up to the day of the last hour."""
        return cls(until - days * HOURS, until, (until - 1) // HOURS - recent_days + 1, recent_days)

    def with_all_recent(self) -> "Span":
        """The same hours, and every day ever measured is a recent one."""
        return self._replace(recent_day=_FIRST_DAY, whole=True)

    @property
    def first_day(self) -> int:
        """The first day whose hours are read: that of `start`, or the first recent one if that is earlier."""
        return self.start // HOURS if self.whole else min(self.start // HOURS, self.recent_day)

    @property
    def last_day(self) -> int:
        """The day of the last hour."""
        return (self.until - 1) // HOURS


Cells: TypeAlias = tuple[Ints, Ints, int]
"""Hours, failing rows in each, and their sum."""


class _Days(NamedTuple):
    """Packed days, read: arrays of shape (series, hours from `first_day`); the rest over the recent days."""

    rows: Ints
    invalid: Ints
    recent: Ints
    """Rows."""
    undeclared: Ints
    present: Mapping[int, Mapping[str, int]]
    """By series index."""
    unchecked: Mapping[int, Ints]
    """By series index, hours as in `rows`: the rows that no rule was asked of; only where there are some."""
    recent_unchecked: Ints


def read(
    connection: Connection, settled: Mapping[str, int], span: Span, words: Words, unmeasured: Sequence[Unmeasured]
) -> Past:
    """The past of the tables in `settled`, and of those that could not be measured.

    With `span.judged` it lacks what no judgement looks at: `SeriesPast.invalid` and `present` are empty.

    Series without a timed row before `span.until` are left out: rows without time are `TablePast.no_time_rows`.
    """
    names = {*settled, *(table.table for table in unmeasured)}
    kept = [
        one
        for one in series.everywhere(connection)
        if one.table in names and one.first_hour is not None and one.first_hour < span.until
    ]
    at = {one.id: index for index, one in enumerate(kept)}
    dense = _days(connection, at, span, words.shapes)
    failed = _failed(connection, at, span, words.rules)
    so_far = _failed_so_far(connection, at, span, words.rules) if span.whole else {}
    undeclared = _undeclared(connection, span)
    return Past(
        span.start,
        span.until,
        tuple(
            SeriesPast(
                series=one.series,
                table=one.table,
                first_hour=one.first_hour or 0,
                last_hour=_last_hour(connection, one, dense.rows[index], span),
                rows=_hours_of(dense.rows[index], span),
                invalid=_hours_of(dense.invalid[index], span),
                failed=Sparse(failed.get(index, {}), span.until - span.start),
                undeclared=undeclared.get(one.id, {}),
                present=dense.present.get(index, {}),
                undeclared_rows=int(dense.undeclared[index]),
                recent_rows=int(dense.recent[index]),
                failed_so_far=so_far.get(index, {}),
                unchecked=_hours_of(dense.unchecked[index], span) if index in dense.unchecked else None,
                recent_unchecked=int(dense.recent_unchecked[index]),
            )
            for index, one in enumerate(kept)
        ),
        _tables(connection, settled, names),
        tuple(unmeasured),
        span.recent_days,
        adopting=span.whole,
    )


def _hours_of(dense: Ints, span: Span) -> Ints:
    offset = span.start - span.first_day * HOURS
    return dense[offset : offset + span.until - span.start]


def _tables(connection: Connection, settled: Mapping[str, int], names: Iterable[str]) -> dict[str, TablePast]:
    marks, duplicated = windows.marks(connection), ranges.duplicated(connection)
    changed = any(mark.before for mark in marks.values())
    snapshots = catalogs.read(connection) if changed else {}
    tables = {}
    for name in sorted(names):
        mark = marks.get(name)
        tables[name] = TablePast(
            table=name,
            measured_since=mark.since if mark else None,
            measured_until=mark.until if mark else None,
            settled_until=settled.get(name, mark.until if mark else 0),
            before=snapshots.get((name, mark.before)) if mark else None,
            no_time_rows=mark.no_time_rows if mark else 0,
            duplicates=duplicated.get(name, 0),
        )
    return tables


def _days(connection: Connection, at: Mapping[int, int], span: Span, shapes: Interned) -> _Days:
    first = min(span.first_day, span.recent_day)
    wanted = _JUDGED if span.judged else _DAYS
    found = [row for row in fetch(connection, wanted, first, span.last_day) if row[0] in at]
    rows = np.zeros((len(at), span.last_day - span.first_day + 1, HOURS), np.int64)
    invalid = np.zeros((len(at), 0) if span.judged else rows.shape, np.int64)
    counted, undeclared, recent_unchecked = (np.zeros(len(at), np.int64) for _ in range(3))
    present: dict[int, dict[str, int]] = {}
    unchecked: dict[int, Ints] = {}
    if found:
        ids, number, packed, more, asked, *rest = zip(*found, strict=True)
        days, where = np.array(number, np.int64), np.array([at[one] for one in ids])
        hours, seen = unpack_hours(packed), days >= span.first_day
        np.add.at(rows, (where[seen], days[seen] - span.first_day), hours[seen])
        recent = np.flatnonzero(days >= span.recent_day)
        np.add.at(counted, where[recent], hours[recent].sum(axis=1))
        np.add.at(undeclared, where[recent], np.array(more, np.int64)[recent])
        if asked.count(None) < len(asked):
            passed: Ints = hours - unpack_checked(asked, hours)
            np.add.at(recent_unchecked, where[recent], passed[recent].sum(axis=1))
            for row in np.flatnonzero(passed.any(axis=1) & seen).tolist():
                of = unchecked.setdefault(int(where[row]), np.zeros(rows.shape[1:], np.int64))
                of[days[row] - span.first_day] += passed[row]
        if rest:
            bad, kinds, carried = rest
            np.add.at(invalid, (where[seen], days[seen] - span.first_day), unpack_hours(bad)[seen])
            keys = ((int(where[index]), kinds[index], carried[index]) for index in recent.tolist())
            present = _present(keys, shapes.texts(connection))
    flat = (len(at), rows.shape[1] * HOURS)
    broken = invalid.reshape((len(at), 0) if span.judged else flat)
    passed_over = {index: of.reshape(-1) for index, of in unchecked.items()}
    return _Days(rows.reshape(flat), broken, counted, undeclared, present, passed_over, recent_unchecked)


def _present(found: Iterable[tuple[int, int, bytes]], shapes: Mapping[int, str]) -> dict[int, dict[str, int]]:
    """Property pointer → rows that carried it, out of (series index, shape, packed presence)."""
    alike: dict[tuple[int, int, int], list[bytes]] = {}
    for index, shape, packed in found:
        alike.setdefault((index, shape, len(packed)), []).append(packed)
    pointers = {shape: shape_pointers(shapes[shape]) for shape in {key[1] for key in alike}}
    present: dict[int, dict[str, int]] = {}
    for (index, shape, length), blobs in alike.items():
        sums = unpack_present(blobs).sum(axis=0).tolist() if length else []
        carried = present.setdefault(index, {})
        for pointer, rows in zip(pointers[shape], sums, strict=True):
            carried[pointer] = carried.get(pointer, 0) + rows
    return present


def _failed(connection: Connection, at: Mapping[int, int], span: Span, rules: Interned) -> dict[int, dict[str, Cells]]:
    """Per series index and rule id: hours (from `span.start`) and failing rows, of the recent days."""
    first = max(span.first_day, span.recent_day)
    found = [row for row in fetch(connection, _FAILURES, first, span.last_day) if row[0] in at]
    if not found:
        return {}
    ids, number, packed = zip(*found, strict=True)
    of, records = unpack_failed(packed)
    hours = np.array(number, np.int64)[of] * HOURS + records["hour"] - span.start
    index = np.array([at[one] for one in ids])[of]
    inside = (hours >= 0) & (hours < span.until - span.start)
    hours, index, records = hours[inside], index[inside], records[inside]
    return _by_rule(hours, index, records, rules.texts(connection))


def _failed_so_far(
    connection: Connection, at: Mapping[int, int], span: Span, rules: Interned
) -> dict[int, dict[str, int]]:
    """Per series index and rule id: failing rows of every recent day, however long ago."""
    found = [row for row in fetch(connection, _FAILURES, span.recent_day, span.last_day) if row[0] in at]
    if not found:
        return {}
    ids, _, packed = zip(*found, strict=True)
    of, records = unpack_failed(packed)
    index = np.array([at[one] for one in ids])[of]
    kinds, place = np.unique(np.stack([index, records["rule"].astype(np.int64)]), axis=1, return_inverse=True)
    sums = np.zeros(kinds.shape[1], np.int64)
    np.add.at(sums, place.ravel(), records["failed"].astype(np.int64))
    texts = rules.texts(connection)
    totals: dict[int, dict[str, int]] = {}
    for one, rule, failed in zip(*kinds.tolist(), sums.tolist(), strict=True):
        totals.setdefault(one, {})[texts[rule]] = failed
    return totals


def _by_rule(hours: Ints, index: Ints, records: NDArray[Any], texts: Mapping[int, str]) -> dict[int, dict[str, Cells]]:
    if not len(hours):
        return {}
    order = np.lexsort((hours, records["rule"], index))
    hours, index, numbers = hours[order], index[order], records["rule"][order].astype(np.int64)
    failed = records["failed"][order].astype(np.int64)
    first = starts(index, numbers)
    sums, of, rules = np.add.reduceat(failed, first).tolist(), index[first].tolist(), numbers[first].tolist()
    begins = first.tolist()
    found: dict[int, dict[str, Cells]] = {}
    for at, (start, end) in enumerate(pairwise((*begins, len(index)))):
        found.setdefault(of[at], {})[texts[rules[at]]] = (hours[start:end], failed[start:end], sums[at])
    return found


def _undeclared(connection: Connection, span: Span) -> dict[int, dict[str, int]]:
    found: dict[int, dict[str, int]] = {}
    for number, name, rows in ranges.undeclared_between(connection, span.recent_day, span.last_day):
        found.setdefault(number, {})[name] = rows
    return found


def _last_hour(connection: Connection, one: Kept, dense: Ints, span: Span) -> int:
    """The last hour with rows before `span.until`: a device clock that runs ahead says nothing about now."""
    if one.last_hour is not None and one.last_hour < span.until:
        return one.last_hour
    first = span.first_day * HOURS
    hours = np.flatnonzero(dense[: span.until - first])
    if len(hours):
        return first + int(hours[-1])
    query = select(func.max(day.c.day)).where(day.c.series_id == one.id, day.c.day < span.first_day)
    older: int | None = connection.execute(query).scalar_one()
    if older is None:  # the days of before are pruned
        return one.first_hour or 0
    rows = connection.execute(select(day).where(day.c.series_id == one.id, day.c.day == older))
    return int(older * HOURS + np.flatnonzero(unpack_hours([row.rows for row in rows]).sum(axis=0))[-1])
