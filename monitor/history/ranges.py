"""Totals that a scan has for its whole range only: rows per undeclared name and day, duplicated ids.

They are kept per range of windows. A later range adds to them; a repeated one replaces them. Of a range
that is replaced in part, the rest keeps its share, by the hourly rows that it still stands for: exact where
all or none of them lie in the replaced part, else the nearest whole number. Ranges of one key never overlap.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Final, NamedTuple

from sqlalchemy import BigInteger, Column, Connection, Integer, Table, Text, delete, func, select

from monitor.history.days import HOURS
from monitor.history.measurements import Range, measurement
from monitor.history.schema import insert_many, metadata
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

EVER: Final = -(2**31)
"""The first window of a range that has no beginning."""

_NO_DAY: Final = NO_TIME // HOURS


class _Part(NamedTuple):
    """A range of windows."""

    since: int
    until: int


def replace(connection: Connection, measured: Measured, series: Sequence[int]) -> None:
    """Take out what the scan replaces. Call while the hourly rows of before are still there."""
    _replace_undeclared(connection, Range.of(measured), series)
    if measured.duplicates is not None:
        _replace_duplicates(connection, Range.of(measured), measured.table, series)


def write(connection: Connection, measured: Measured, series: Sequence[int]) -> None:
    """Add the scan's totals; `series`: ids in the order of `Measured.series`."""
    since = EVER if measured.since is None else measured.since
    totals: dict[tuple[int, int, str], int] = {}
    for at, day, name, rows in measured.undeclared:
        key = (series[at], day, name)
        totals[key] = totals.get(key, 0) + rows
    insert_many(
        connection,
        undeclared,
        ("series_id", "day", "name", "window_since", "window_until", "rows"),
        [(*key, since, measured.until, rows) for key, rows in sorted(totals.items())],
    )
    if measured.duplicates:
        columns = ("table_name", "window_since", "window_until", "rows")
        insert_many(connection, duplicates, columns, [(measured.table, since, measured.until, measured.duplicates)])


def duplicated(connection: Connection) -> dict[str, int]:
    """Duplicated ids per table, over all ranges."""
    table = duplicates.c.table_name
    return {
        name: int(rows) for name, rows in connection.execute(select(table, func.sum(duplicates.c.rows)).group_by(table))
    }


def undeclared_since(connection: Connection, day: int, last: int) -> Iterator[tuple[int, str, int]]:
    """(series id, name, rows) over the days from `day` up to and including `last`."""
    columns = undeclared.c
    query = (
        select(columns.series_id, columns.name, func.sum(columns.rows))
        .where(columns.day >= day, columns.day <= last)
        .group_by(columns.series_id, columns.name)
    )
    return ((series, name, int(rows)) for series, name, rows in connection.execute(query))


def _replace_undeclared(connection: Connection, replaced: Range, series: Sequence[int]) -> None:
    columns = undeclared.c
    since = EVER if replaced.since is None else replaced.since
    ours = columns.series_id.in_(series)
    timed = ours & (columns.day != _NO_DAY) & (columns.window_since < replaced.until) & (columns.window_until > since)
    old = connection.execute(select(undeclared).where(timed)).all()
    rest = [
        (row.series_id, row.day, row.name, *part, rows)
        for row in old
        for part, rows in _rest(
            row.rows,
            _Part(row.window_since, row.window_until),
            _Part(since, replaced.until),
            lambda part, row=row: _undeclared_rows(connection, row.series_id, row.day, part),
        )
    ]
    if old:
        connection.execute(delete(undeclared).where(timed))
    if replaced.no_time:
        connection.execute(delete(undeclared).where(ours & (columns.day == _NO_DAY)))
    insert_many(connection, undeclared, ("series_id", "day", "name", "window_since", "window_until", "rows"), rest)


def _replace_duplicates(connection: Connection, replaced: Range, table: str, series: Sequence[int]) -> None:
    columns = duplicates.c
    since = EVER if replaced.since is None else replaced.since
    here = (columns.table_name == table) & (columns.window_since < replaced.until) & (columns.window_until > since)
    old = connection.execute(select(duplicates).where(here)).all()
    rest = [
        (table, *part, rows)
        for row in old
        for part, rows in _rest(
            row.rows,
            _Part(row.window_since, row.window_until),
            _Part(since, replaced.until),
            lambda part: _rows(connection, series, part),
        )
    ]
    if old:
        connection.execute(delete(duplicates).where(here))
    insert_many(connection, duplicates, ("table_name", "window_since", "window_until", "rows"), rest)


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
    columns = measurement.c
    query = select(func.coalesce(func.sum(columns.undeclared), 0)).where(
        columns.series_id == series,
        columns.window >= part.since,
        columns.window < part.until,
        columns.hour >= day * HOURS,
        columns.hour < (day + 1) * HOURS,
    )
    return int(connection.execute(query).scalar_one())


def _rows(connection: Connection, series: Sequence[int], part: _Part) -> int:
    columns = measurement.c
    query = select(func.coalesce(func.sum(columns.rows), 0)).where(
        columns.series_id.in_(series),
        columns.window >= part.since,
        columns.window < part.until,
        columns.window != NO_TIME,
    )
    return int(connection.execute(query).scalar_one())
