"""Packed days: what judging and reports read, one row per series and UTC day instead of 24.

Kept with the hourly rows, in the same transaction, by arithmetic: stored + written - replaced. Everything
is a whole number, so a day is exactly the sum of its hourly rows. Hours of `NO_TIME` are in no day.
A day on which a series' properties changed (a new shape) is two rows, which readers add.
"""

from collections.abc import Iterable, Iterator, Sequence
from functools import cache, partial
from typing import Any, Final, NamedTuple

import numpy as np
from sqlalchemy import (
    BigInteger,
    Column,
    ColumnElement,
    Connection,
    Delete,
    Integer,
    LargeBinary,
    Select,
    Table,
    bindparam,
    delete,
    select,
)

from monitor.history.packing import (
    FAILED,
    HOURS,
    Ints,
    pack_hours,
    pack_present,
    starts,
    unpack_checked,
    unpack_failed,
    unpack_hours,
    unpack_present,
)
from monitor.history.schema import execute_of, fetch_of, insert_many, metadata
from monitor.history.series import numbers_of
from monitor.measure.model import NO_TIME

day: Final = Table(
    "day",
    metadata,
    Column("series_id", Integer, primary_key=True, autoincrement=False),
    Column("day", Integer, primary_key=True, autoincrement=False),
    Column("shape_id", Integer, primary_key=True, autoincrement=False),
    Column("rows", LargeBinary, nullable=False),  # 24 counts (packing.py)
    Column("invalid", LargeBinary, nullable=False),
    Column("undeclared", BigInteger, nullable=False),  # over the day
    Column("present", LargeBinary, nullable=False),  # per property of the shape, over the day
    Column("checked", LargeBinary),  # 24 counts, of the rows those that the rest was asked of; NULL: of all
    sqlite_with_rowid=False,
)
day_failure: Final = Table(
    "day_failure",
    metadata,
    Column("series_id", Integer, primary_key=True, autoincrement=False),
    Column("day", Integer, primary_key=True, autoincrement=False),
    Column("failed", LargeBinary, nullable=False),  # FAILED records, by rule and hour
    sqlite_with_rowid=False,
)
_LONGEST: Final = 1 << 24
"""Longer than any packed presence."""


def _in_days(of: Table, tables: int) -> ColumnElement[bool]:
    between = (of.c.day >= bindparam("first")) & (of.c.day <= bindparam("last"))
    return of.c.series_id.in_(numbers_of(tables)) & between


@cache
def _select_days(of: Table, tables: int) -> Select[Any]:
    return select(of).where(_in_days(of, tables))


@cache
def _delete_days(of: Table, tables: int) -> Delete:
    return delete(of).where(_in_days(of, tables))


_DAY: Final = tuple(column.name for column in day.columns)
_DAY_FAILURE: Final = tuple(column.name for column in day_failure.columns)


class Cells(NamedTuple):
    """Hourly counts as equally long arrays; what is replaced stands in them as negative numbers."""

    shape: Ints
    series: Ints
    hour: Ints
    rows: Ints
    invalid: Ints
    undeclared: Ints
    checked: Ints
    """Of the rows, those that were asked."""


class Present(NamedTuple):
    """Presence counts of one shape: `counts` has a row for each of `series`, a column for each property."""

    shape: int
    series: Ints
    day: Ints
    counts: Ints


class Failed(NamedTuple):
    """Failures as equally long arrays."""

    series: Ints
    hour: Ints
    rule: Ints
    failed: Ints


class Change(NamedTuple):
    """What a transaction adds to (and, negative, takes from) the hourly rows.

    Each series, day and shape of `cells` stands in `present` too, unless the shape has no properties.
    """

    cells: Sequence[Cells] = ()
    present: Sequence[Present] = ()
    failed: Sequence[Failed] = ()

    def plus(self, other: "Change") -> "Change":
        """Both changes."""
        return Change([*self.cells, *other.cells], [*self.present, *other.present], [*self.failed, *other.failed])


def write(connection: Connection, changes: Iterable[tuple[str | None, Change]]) -> None:
    """Bring the day rows of tables to what their hourly rows now are.

    A change comes with its landed table, whose days are read and written again; None: its first record, which has none.
    """
    cells: list[Cells] = []
    present: list[Present] = []
    failed: list[Failed] = []
    places: dict[tuple[int, int], list[str]] = {}
    for table, change in changes:
        cells += change.cells
        present += change.present
        failed += change.failed
        if table is not None:
            hours = [*(part.hour for part in change.cells), *(part.hour for part in change.failed)]
            for run in _runs([hour // HOURS for hour in hours]):
                places.setdefault(run, []).append(table)
    for run, tables in places.items():
        _take_cells(_take(connection, day, tables, run), cells, present)
        failed.extend(_take_failed(_take(connection, day_failure, tables, run)))
    insert_many(connection, day, _DAY, _fold(cells, present))
    insert_many(connection, day_failure, _DAY_FAILURE, _fold_failed(failed))


def seen(cells: Cells) -> dict[int, tuple[int, int]]:
    """First and last hour with rows (added or taken), per series."""
    filled = (cells.rows != 0) & (cells.hour != NO_TIME)
    ids, group = np.unique(cells.series[filled], return_inverse=True)
    hours = cells.hour[filled]
    first, last = np.full(len(ids), np.iinfo(np.int64).max), np.full(len(ids), np.iinfo(np.int64).min)
    np.minimum.at(first, group, hours)
    np.maximum.at(last, group, hours)
    return dict(zip(ids.tolist(), zip(first.tolist(), last.tolist(), strict=True), strict=True))


def _runs(days: Sequence[Ints]) -> Iterator[tuple[int, int]]:
    """First and last day of each run of consecutive days."""
    once = np.unique(np.concatenate(days)) if days else np.zeros(0, np.int64)
    if len(once):
        for run in np.split(once, np.flatnonzero(np.diff(once) > 1) + 1):
            yield int(run[0]), int(run[-1])


def _take(connection: Connection, of: Table, tables: Sequence[str], run: tuple[int, int]) -> list[Any]:
    """The rows of some tables' days, deleted: they are written again."""
    rows = list(fetch_of(connection, partial(_select_days, of), tables, *run))
    if rows:
        execute_of(connection, partial(_delete_days, of), tables, *run)
    return rows


def _take_cells(rows: Sequence[Any], cells: list[Cells], present: list[Present]) -> None:
    """Stored days as 24 cells each (the day's undeclared rows at its first hour) and a row of presence."""
    if not rows:
        return
    ids, days, shapes, counts, invalid, more, carried, asked = zip(*rows, strict=True)
    hours = unpack_hours(counts)
    series, number, shape = np.array(ids), np.array(days), np.array(shapes)
    undeclared = np.zeros((len(rows), HOURS), np.int64)
    undeclared[:, 0] = more
    cells.append(
        Cells(
            np.repeat(shape, HOURS),
            np.repeat(series, HOURS),
            (number[:, None] * HOURS + np.arange(HOURS)).ravel(),
            hours.ravel(),
            unpack_hours(invalid).ravel(),
            undeclared.ravel(),
            unpack_checked(asked, hours).ravel(),
        )
    )
    present.extend(presence(Cells(shape, series, number * HOURS, series, series, series, series), carried))


def presence(cells: Cells, packed: Sequence[bytes]) -> Iterator[Present]:
    """Packed presence, one for each cell, by shape and by width: only equally long blobs are one matrix."""
    lengths = np.fromiter(map(len, packed), np.int64, len(packed))
    days, kinds = cells.hour // HOURS, cells.shape * _LONGEST + lengths
    for kind in np.unique(kinds).tolist():
        at = np.flatnonzero(kinds == kind)
        blobs = packed if len(at) == len(packed) else [packed[index] for index in at.tolist()]
        if kind % _LONGEST > 1:
            yield Present(kind // _LONGEST, cells.series[at], days[at], unpack_present(blobs))


def _take_failed(rows: Sequence[Any]) -> Iterator[Failed]:
    if rows:
        ids, days, packed = zip(*rows, strict=True)
        of, records = unpack_failed(packed)
        yield Failed(
            np.array(ids)[of],
            np.array(days)[of] * HOURS + records["hour"],
            records["rule"].astype(np.int64),
            records["failed"].astype(np.int64),
        )


def _fold(parts: Iterable[Cells], present: Sequence[Present]) -> list[tuple[Any, ...]]:
    """Day rows out of hourly ones: grouped by shape, series and day."""
    joined = [np.concatenate(columns) for columns in zip(*parts, strict=True)]
    if not joined or not len(joined[0]):
        return []
    unordered = Cells(*joined)
    order = np.lexsort((unordered.hour, unordered.series, unordered.shape))
    cells = Cells(*(column[order] for column in unordered))
    days = cells.hour // HOURS
    first = starts(cells.shape, cells.series, days)
    group = np.zeros(len(days), np.int64)
    group[first[1:]] = 1
    at = np.cumsum(group) * HOURS + cells.hour % HOURS
    rows, invalid = np.zeros(len(first) * HOURS, np.int64), np.zeros(len(first) * HOURS, np.int64)
    np.add.at(rows, at, cells.rows)
    np.add.at(invalid, at, cells.invalid)
    checked = rows
    if not np.array_equal(cells.checked, cells.rows):
        checked = np.zeros(len(rows), np.int64)
        np.add.at(checked, at, cells.checked)
    undeclared = np.add.reduceat(cells.undeclared, first)
    shapes, counts = np.unique(cells.shape[first], return_counts=True)
    blobs = [
        blob
        for shape, number in zip(shapes.tolist(), counts.tolist(), strict=True)
        for blob in _fold_present([part for part in present if part.shape == shape]) or [b""] * number
    ]
    packed = (pack_hours(rows.reshape(-1, HOURS)), pack_hours(invalid.reshape(-1, HOURS)))
    keys = (cells.series[first].tolist(), days[first].tolist(), cells.shape[first].tolist())
    asked: list[bytes | None] = [None] * len(first)
    if checked is not rows:
        asked = _fold_checked(rows.reshape(-1, HOURS), checked.reshape(-1, HOURS))
    folded = zip(*keys, *packed, undeclared.tolist(), blobs, asked, strict=True)
    return [row for row in folded if row[3] or row[4] or row[5]]


def _fold_checked(rows: Ints, checked: Ints) -> list[bytes | None]:
    """Nothing of days on which all rows were asked."""
    part: list[bool] = np.any(rows != checked, axis=1).tolist()
    return [blob if some else None for blob, some in zip(pack_hours(checked), part, strict=True)]


def _fold_present(parts: Sequence[Present]) -> list[bytes]:
    """One shape's presence by series and day; nothing for a shape without properties."""
    if not parts:
        return []
    series, days = (np.concatenate(column) for column in list(zip(*parts, strict=True))[1:3])
    counts = np.concatenate([part.counts for part in parts])
    order = np.lexsort((days, series))
    first = starts(series[order], days[order])
    return pack_present(np.add.reduceat(counts[order], first, axis=0))


def _fold_failed(parts: Iterable[Failed]) -> list[tuple[Any, ...]]:
    joined = [np.concatenate(columns) for columns in zip(*parts, strict=True)]
    if not joined or not len(joined[0]):
        return []
    unordered = Failed(*joined)
    order = np.lexsort((unordered.hour, unordered.rule, unordered.hour // HOURS, unordered.series))
    failed = Failed(*(column[order] for column in unordered))
    first = starts(failed.series, failed.rule, failed.hour)
    sums = np.add.reduceat(failed.failed, first)
    first, sums = first[sums != 0], sums[sums != 0]
    series, days = failed.series[first], failed.hour[first] // HOURS
    records = np.empty(len(first), FAILED)
    records["rule"] = failed.rule[first]
    records["hour"] = failed.hour[first] % HOURS
    records["failed"] = sums
    begins = starts(series, days)
    blobs = [part.tobytes() for part in np.split(records, begins[1:])] if len(begins) else []
    return list(zip(series[begins].tolist(), days[begins].tolist(), blobs, strict=True))
