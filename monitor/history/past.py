"""The past, as the judge needs it: dense hours per series, out of packed days."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray
from sqlalchemy import Connection, Table, func, select

from monitor.history import catalogs, ranges, series, windows
from monitor.history.days import HOURS, Ints, day, day_failure, day_present, unpack_failed, unpack_hours
from monitor.history.interned import Interned, shape_pointers
from monitor.history.record import Words
from monitor.history.series import Kept
from monitor.judge.model import Counts, Past, SeriesPast, TablePast
from monitor.measure.model import Unmeasured


class Span(NamedTuple):
    """The hours and days that are asked for. `recent_day`..`last_day` are whole UTC days, the as-of day included."""

    start: int
    until: int
    recent_day: int
    recent_days: int

    @classmethod
    def of(cls, until: int, days: int, recent_days: int) -> "Span":
        """`days` × 24 hours up to `until`, and the last `recent_days` UTC days up to the day of the last hour."""
        return cls(until - days * HOURS, until, (until - 1) // HOURS - recent_days + 1, recent_days)

    @property
    def first_day(self) -> int:
        """The day that `start` lies in, or the first recent one if that is earlier."""
        return min(self.start // HOURS, self.recent_day)

    @property
    def last_day(self) -> int:
        """The day of the last hour."""
        return (self.until - 1) // HOURS


class Sparse(Mapping[str, Counts]):
    """Rule id → failing rows an hour. Kept as the few hours that have some; dense when asked for.

    Dense for every rule of 2,400 series they would be 600 MB.
    """

    __slots__ = ("_cells", "_length")

    def __init__(self, cells: Mapping[str, tuple[Ints, Ints]], length: int) -> None:
        self._cells = cells
        self._length = length

    def __getitem__(self, rule: str) -> Counts:
        hours, failed = self._cells[rule]
        dense = np.zeros(self._length, np.int64)
        dense[hours] = failed
        return dense

    def __iter__(self) -> Iterator[str]:
        return iter(self._cells)

    def __len__(self) -> int:
        return len(self._cells)


class _Dense(NamedTuple):
    """Arrays of shape (series, hours from `first_day`), and undeclared rows over the recent days."""

    rows: Ints
    invalid: Ints
    undeclared: Ints


def read(
    connection: Connection, settled: Mapping[str, int], span: Span, words: Words, unmeasured: Sequence[Unmeasured]
) -> Past:
    """The past of the tables in `settled`, and of those that could not be measured.

    Series without a timed row before `span.until` are left out: rows without time are `TablePast.no_time_rows`.
    """
    names = {*settled, *(table.table for table in unmeasured)}
    kept = [
        one
        for one in series.everywhere(connection)
        if one.table in names and one.first_hour is not None and one.first_hour < span.until
    ]
    at = {one.id: index for index, one in enumerate(kept)}
    dense = _dense(connection, at, span)
    failed = _failed(connection, at, span, words.rules)
    undeclared, present = _undeclared(connection, span), _present(connection, span, words.shapes)
    offset = span.start - span.first_day * HOURS
    recent = slice((span.recent_day - span.first_day) * HOURS, None)
    return Past(
        span.start,
        span.until,
        tuple(
            SeriesPast(
                series=one.series,
                table=one.table,
                first_hour=one.first_hour or 0,
                last_hour=_last_hour(connection, one, dense.rows[index], span),
                rows=dense.rows[index, offset : offset + span.until - span.start],
                invalid=dense.invalid[index, offset : offset + span.until - span.start],
                failed=Sparse(failed.get(index, {}), span.until - span.start),
                undeclared=undeclared.get(one.id, {}),
                present=present.get(one.id, {}),
                undeclared_rows=int(dense.undeclared[index]),
                recent_rows=int(dense.rows[index, recent].sum()),
            )
            for index, one in enumerate(kept)
        ),
        _tables(connection, settled, names),
        tuple(unmeasured),
        span.recent_days,
    )


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


def _rows(connection: Connection, table: Table, first: int, last: int) -> list[Sequence[Any]]:
    """Rows of those days, columns in the table's order, read without SQLAlchemy's work per row."""
    query = select(table).where(table.c.day >= first, table.c.day <= last)
    compiled = query.compile(connection, compile_kwargs={"literal_binds": True})
    cursor = connection.exec_driver_sql(str(compiled)).cursor
    return list(cursor.fetchall()) if cursor is not None else []


def _dense(connection: Connection, at: Mapping[int, int], span: Span) -> _Dense:
    total = span.last_day - span.first_day + 1
    found = [row for row in _rows(connection, day, span.first_day, span.last_day) if row[1] in at]
    rows, invalid = (np.zeros((len(at), total, HOURS), np.int64) for _ in range(2))
    undeclared = np.zeros(len(at), np.int64)
    if found:
        number, ids, packed, bad, more = zip(*found, strict=True)
        days = np.array(number, np.int64)
        where = np.array([at[one] for one in ids])
        rows[where, days - span.first_day] = unpack_hours(packed)
        invalid[where, days - span.first_day] = unpack_hours(bad)
        recent = days >= span.recent_day
        np.add.at(undeclared, where[recent], np.array(more, np.int64)[recent])
    return _Dense(rows.reshape(len(at), -1), invalid.reshape(len(at), -1), undeclared)


def _failed(
    connection: Connection, at: Mapping[int, int], span: Span, rules: Interned
) -> dict[int, dict[str, tuple[Ints, Ints]]]:
    """Per series index and rule id: hours (from `span.start`) and failing rows, of the recent days."""
    found = [row for row in _rows(connection, day_failure, span.recent_day, span.last_day) if row[1] in at]
    if not found:
        return {}
    number, ids, packed = zip(*found, strict=True)
    of, records = unpack_failed(packed)
    hours = np.array(number, np.int64)[of] * HOURS + records["hour"] - span.start
    index = np.array([at[one] for one in ids])[of]
    inside = (hours >= 0) & (hours < span.until - span.start)
    hours, index, records = hours[inside], index[inside], records[inside]
    return _by_rule(hours, index, records, rules.texts(connection))


def _by_rule(
    hours: Ints, index: Ints, records: NDArray[Any], texts: Mapping[int, str]
) -> dict[int, dict[str, tuple[Ints, Ints]]]:
    order = np.lexsort((hours, records["rule"], index))
    hours, index, numbers = hours[order], index[order], records["rule"][order].astype(np.int64)
    failed = records["failed"][order].astype(np.int64)
    starts = np.flatnonzero(np.r_[True, (index[1:] != index[:-1]) | (numbers[1:] != numbers[:-1])][: len(index)])
    found: dict[int, dict[str, tuple[Ints, Ints]]] = {}
    ends = [*starts[1:].tolist(), len(index)]
    for start, end in zip(starts.tolist(), ends, strict=True):
        rule = texts[int(numbers[start])]
        found.setdefault(int(index[start]), {})[rule] = (hours[start:end], failed[start:end])
    return found


def _undeclared(connection: Connection, span: Span) -> dict[int, dict[str, int]]:
    found: dict[int, dict[str, int]] = {}
    for number, name, rows in ranges.undeclared_since(connection, span.recent_day, span.last_day):
        found.setdefault(number, {})[name] = rows
    return found


def _present(connection: Connection, span: Span, shapes: Interned) -> dict[int, dict[str, int]]:
    """Per series id: property pointer → rows that carried it over the recent days."""
    sums: dict[tuple[int, int], Ints] = {}
    for _, number, shape, packed in _rows(connection, day_present, span.recent_day, span.last_day):
        counts = np.frombuffer(packed, "<i8")
        before = sums.get((number, shape))
        sums[number, shape] = counts if before is None else before + counts
    pointers = {shape: shape_pointers(text) for shape, text in shapes.texts(connection).items()} if sums else {}
    found: dict[int, dict[str, int]] = {}
    for (number, shape), counts in sums.items():
        present = found.setdefault(number, {})
        for pointer, rows in zip(pointers[shape], counts.tolist(), strict=True):
            present[pointer] = present.get(pointer, 0) + rows
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
    older = connection.execute(query).scalar_one()
    packed = select(day.c.rows).where(day.c.series_id == one.id, day.c.day == older)
    return int(older * HOURS + np.flatnonzero(unpack_hours([connection.execute(packed).scalar_one()])[0])[-1])
