"""Totals that a scan has for its whole range only: rows per undeclared name and day, duplicated ids.

They are kept per range of windows. A later range adds to them; a repeated one replaces them. Of a range
that is replaced in part, the rest keeps its share, by the hourly rows that it still stands for: exact where
all or none of them lie in the replaced part, else the nearest whole number. Ranges of one key never overlap.
"""

from collections.abc import Callable, Iterable, Iterator
from functools import partial
from typing import Final, NamedTuple

from sqlalchemy import (
    BigInteger,
    Column,
    ColumnElement,
    Connection,
    Integer,
    Table,
    Text,
    bindparam,
    delete,
    func,
    literal_column,
    select,
)

from monitor.history.measurements import Range, Scanned, measurement
from monitor.history.packing import HOURS
from monitor.history.schema import execute, fetch, insert_many, metadata
from monitor.history.series import numbers_of
from monitor.measure.model import NO_TIME, Measured

undeclared: Final = Table(
    "undeclared",
    metadata,
    Column("series_id", Integer, primary_key=True, autoincrement=False),
    Column("day", Integer, primary_key=True, autoincrement=False),
    Column("name", Text, primary_key=True),
    Column("window_since", Integer, primary_key=True, autoincrement=False),
    Column("window_until", Integer, nullable=False),
    Column("rows", BigInteger, nullable=False),
    sqlite_with_rowid=False,
)
duplicates: Final = Table(
    "duplicates",
    metadata,
    Column("table_name", Text, primary_key=True),
    Column("window_since", Integer, primary_key=True, autoincrement=False),
    Column("window_until", Integer, nullable=False),
    Column("rows", BigInteger, nullable=False),
    sqlite_with_rowid=False,
)

_NO_DAY: Final = NO_TIME // HOURS
_UNDECLARED_COLUMNS: Final = tuple(column.name for column in undeclared.columns)
_DUPLICATES_COLUMNS: Final = tuple(column.name for column in duplicates.columns)


def _within(column: ColumnElement[int], first: str, end: str) -> ColumnElement[bool]:
    return (column >= bindparam(first)) & (column < bindparam(end))


def _overlaps(of: Table) -> ColumnElement[bool]:
    """Parameters: the end of the new range, then its beginning."""
    return (of.c.window_since < bindparam("new_until")) & (of.c.window_until > bindparam("new_since"))


_TIMED: Final = undeclared.c.series_id.in_(numbers_of(1)) & (undeclared.c.day != literal_column(str(_NO_DAY)))
_UNTIMED: Final = undeclared.c.series_id.in_(numbers_of(1)) & (undeclared.c.day == literal_column(str(_NO_DAY)))
_OLD_UNDECLARED: Final = select(undeclared).where(_TIMED, _overlaps(undeclared))
_DELETE_UNDECLARED: Final = delete(undeclared).where(_TIMED, _overlaps(undeclared))
_DELETE_NO_TIME: Final = delete(undeclared).where(_UNTIMED)
_OURS: Final = duplicates.c.table_name == bindparam("table")
_OLD_DUPLICATES: Final = select(duplicates).where(_OURS, _overlaps(duplicates))
_DELETE_DUPLICATES: Final = delete(duplicates).where(_OURS, _overlaps(duplicates))
_DUPLICATED: Final = select(duplicates.c.table_name, func.sum(duplicates.c.rows)).group_by(duplicates.c.table_name)
_UNDECLARED: Final = (
    select(undeclared.c.series_id, undeclared.c.name, func.sum(undeclared.c.rows))
    .where(undeclared.c.day >= bindparam("first"), undeclared.c.day <= bindparam("last"))
    .group_by(undeclared.c.series_id, undeclared.c.name)
)
_UNDECLARED_WEIGHT: Final = select(func.coalesce(func.sum(measurement.c.undeclared), literal_column("0"))).where(
    measurement.c.series_id == bindparam("series"),
    _within(measurement.c.window, "since", "until"),
    _within(measurement.c.hour, "first", "end"),
)
_ROWS_WEIGHT: Final = select(func.coalesce(func.sum(measurement.c.rows), literal_column("0"))).where(
    measurement.c.series_id.in_(numbers_of(1)),
    _within(measurement.c.window, "since", "until"),
    measurement.c.window != literal_column(str(NO_TIME)),
)


class _Part(NamedTuple):
    """A range of windows."""

    since: int
    until: int


def replace(connection: Connection, measured: Measured) -> None:
    """Take out what the scan replaces. Call while the hourly rows of before are still there."""
    new, table = Range.of(measured), measured.table
    _replace_undeclared(connection, table, _Part(new.since, new.until))
    if new.no_time:
        execute(connection, _DELETE_NO_TIME, table)
    if measured.duplicates is not None:
        _replace_duplicates(connection, table, _Part(new.since, new.until))


def write(connection: Connection, scans: Iterable[Scanned]) -> None:
    """Add scans' totals."""
    totals: dict[tuple[int, int, str, int, int], int] = {}
    again = []
    for measured, _, numbers in scans:
        since, until, _ = Range.of(measured)
        for at, day, name, rows in measured.undeclared:
            key = (numbers.series[at], day, name, since, until)
            totals[key] = totals.get(key, 0) + rows
        if measured.duplicates:
            again.append((measured.table, since, until, measured.duplicates))
    named = [(*key, rows) for key, rows in sorted(totals.items())]
    insert_many(connection, undeclared, _UNDECLARED_COLUMNS, named)
    insert_many(connection, duplicates, _DUPLICATES_COLUMNS, again)


def duplicated(connection: Connection) -> dict[str, int]:
    """Duplicated ids per table, over all ranges."""
    return {table: int(rows) for table, rows in fetch(connection, _DUPLICATED)}


def undeclared_between(connection: Connection, first: int, last: int) -> Iterator[tuple[int, str, int]]:
    """(series id, name, rows) over the days from `first` up to and including `last`."""
    return ((series, name, int(rows)) for series, name, rows in fetch(connection, _UNDECLARED, first, last))


def _replace_undeclared(connection: Connection, table: str, new: _Part) -> None:
    old = fetch(connection, _OLD_UNDECLARED, table, new.until, new.since)
    if not old:
        return
    rest = [
        (series, day, name, *part, rows)
        for series, day, name, since, until, total in old
        for part, rows in _rest(total, _Part(since, until), new, partial(_undeclared_rows, connection, series, day))
    ]
    execute(connection, _DELETE_UNDECLARED, table, new.until, new.since)
    insert_many(connection, undeclared, _UNDECLARED_COLUMNS, rest)


def _replace_duplicates(connection: Connection, table: str, new: _Part) -> None:
    old = fetch(connection, _OLD_DUPLICATES, table, new.until, new.since)
    if not old:
        return
    rest = [
        (name, *part, rows)
        for name, since, until, total in old
        for part, rows in _rest(total, _Part(since, until), new, partial(_rows, connection, table))
    ]
    execute(connection, _DELETE_DUPLICATES, table, new.until, new.since)
    insert_many(connection, duplicates, _DUPLICATES_COLUMNS, rest)


def _rest(rows: int, old: _Part, new: _Part, weight: Callable[[_Part], int]) -> Iterable[tuple[_Part, int]]:
    """What stays of an old range's total in the parts that the new range leaves."""
    left = [part for part in (_Part(old.since, new.since), _Part(new.until, old.until)) if part.since < part.until]
    if not left:
        return
    whole = weight(old)
    for part in left:
        share = round(rows * weight(part) / whole) if whole else 0
        if share:
            yield part, share


def _undeclared_rows(connection: Connection, series: int, day: int, part: _Part) -> int:
    """What a range's total of one series and day stands for: its rows with something undeclared."""
    values = (series, *part, day * HOURS, (day + 1) * HOURS)
    return int(fetch(connection, _UNDECLARED_WEIGHT, *values)[0][0])


def _rows(connection: Connection, table: str, part: _Part) -> int:
    return int(fetch(connection, _ROWS_WEIGHT, table, *part)[0][0])
