"""Packed days: what judging and reports read, one row per series and UTC day instead of 24.

Kept with the hourly rows, in the same transaction, by arithmetic: stored + written - replaced. Everything
is a whole number, so a day is exactly the sum of its hourly rows. Hours of `NO_TIME` are in no day.
"""

from collections.abc import Iterable, Iterator, Sequence
from typing import Any, Final, NamedTuple, TypeAlias

import numpy as np
from numpy.typing import NDArray
from sqlalchemy import BigInteger, Column, Connection, Integer, LargeBinary, Table, delete, select

from monitor.history.schema import insert_many, metadata

Ints: TypeAlias = NDArray[np.int64]

HOURS: Final = 24

day: Final = Table(
    "day",
    metadata,
    Column("day", Integer, primary_key=True, autoincrement=False),
    Column("series_id", Integer, primary_key=True, autoincrement=False),
    Column("rows", LargeBinary, nullable=False),  # 24 counts (see pack_hours)
    Column("invalid", LargeBinary, nullable=False),
    Column("undeclared", BigInteger, nullable=False),  # over the day
    sqlite_with_rowid=False,
)
day_present: Final = Table(
    "day_present",
    metadata,
    Column("day", Integer, primary_key=True, autoincrement=False),
    Column("series_id", Integer, primary_key=True, autoincrement=False),
    Column("shape_id", Integer, primary_key=True, autoincrement=False),
    Column("present", LargeBinary, nullable=False),  # one 64-bit count per pointer of the shape, over the day
    sqlite_with_rowid=False,
)
day_failure: Final = Table(
    "day_failure",
    metadata,
    Column("day", Integer, primary_key=True, autoincrement=False),
    Column("series_id", Integer, primary_key=True, autoincrement=False),
    Column("failed", LargeBinary, nullable=False),  # FAILED records, by rule and hour
    sqlite_with_rowid=False,
)

FAILED: Final = np.dtype([("rule", "<u4"), ("hour", "u1"), ("failed", "<u8")])
"""One rule's failures in one hour of the day, packed into 13 bytes."""

_KEY: Final = 1 << 32
_BEFORE_1970: Final = 1 << 31


class Cells(NamedTuple):
    """Hourly counts as equally long arrays; what is replaced stands in them as negative numbers."""

    series: Ints
    hour: Ints
    rows: Ints
    invalid: Ints
    undeclared: Ints


class Present(NamedTuple):
    """Presence counts of one shape: `counts` has a row for each of `series`, a column for each pointer."""

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
    """What a transaction adds to (and, negative, takes from) the hourly rows."""

    cells: Sequence[Cells]
    present: Sequence[Present]
    failed: Sequence[Failed]


def write(connection: Connection, change: Change, stored_of: Sequence[int]) -> None:
    """Bring the day rows to what the hourly rows now are.

    `stored_of`: ids of the series that may have day rows already; empty on a table's first record, so
    that nothing is read.
    """
    cells, present, failed = list(change.cells), list(change.present), list(change.failed)
    if stored_of:
        days = _days(change)
        for ids in _chunks(days):
            cells.extend(_take_cells(connection, ids, stored_of))
            present.extend(_take_present(connection, ids, stored_of))
            failed.extend(_take_failed(connection, ids, stored_of))
    insert_many(connection, day, ("day", "series_id", "rows", "invalid", "undeclared"), _fold_cells(cells))
    insert_many(connection, day_present, ("day", "series_id", "shape_id", "present"), _fold_present(present))
    insert_many(connection, day_failure, ("day", "series_id", "failed"), _fold_failed(failed))


def pack_hours(days: Ints) -> list[bytes]:
    """Days of 24 counts, little-endian: nothing where all are 0, else 32 bits each, 64 where some need them.

    >>> [len(packed) for packed in pack_hours(np.array([[0] * 24, [1] * 24]))]
    [0, 96]
    """
    if not days.size:
        return []
    width = 4 if int(days.max()) < _KEY else 8
    packed = _split(days.astype(f"<u{width}"))
    return [blob if filled else b"" for blob, filled in zip(packed, days.any(axis=1).tolist(), strict=True)]


def unpack_hours(packed: Sequence[bytes]) -> Ints:
    """Any number of packed days as an array of shape (days, 24)."""
    hours = np.zeros((len(packed), HOURS), np.int64)
    for width in (4, 8):
        at = [index for index, blob in enumerate(packed) if len(blob) == width * HOURS]
        if at:
            joined = b"".join([packed[index] for index in at])
            hours[at] = np.frombuffer(joined, f"<u{width}").reshape(-1, HOURS)
    return hours


def seen(parts: Iterable[Cells]) -> dict[int, tuple[int, int]]:
    """First and last hour with rows (added or taken), per series id."""
    found: dict[int, tuple[int, int]] = {}
    for cells in parts:
        filled = cells.rows != 0
        ids, group = np.unique(cells.series[filled], return_inverse=True)
        hours = cells.hour[filled]
        first, last = np.full(len(ids), np.iinfo(np.int64).max), np.full(len(ids), np.iinfo(np.int64).min)
        np.minimum.at(first, group, hours)
        np.maximum.at(last, group, hours)
        found.update(zip(ids.tolist(), zip(first.tolist(), last.tolist(), strict=True), strict=True))
    return found


def unpack_failed(packed: Sequence[bytes]) -> tuple[Ints, NDArray[Any]]:
    """Packed failures joined: which blob each record stands in, and the records (`FAILED`)."""
    lengths = [len(blob) // FAILED.itemsize for blob in packed]
    return np.repeat(np.arange(len(packed)), lengths), np.frombuffer(b"".join(packed), FAILED)


def _days(change: Change) -> list[int]:
    arrays = [cells.hour // HOURS for cells in change.cells] + [failed.hour // HOURS for failed in change.failed]
    return np.unique(np.concatenate(arrays)).tolist() if arrays else []


def _chunks(days: list[int], size: int = 500) -> Iterator[list[int]]:
    return (days[at : at + size] for at in range(0, len(days), size))


def _take(connection: Connection, table: Table, days: Sequence[int], series: Sequence[int]) -> Sequence[Any]:
    """Those rows of one table, deleted: they are written again."""
    here = table.c.day.in_(days) & table.c.series_id.in_(series)
    rows = connection.execute(select(table).where(here)).all()
    if rows:
        connection.execute(delete(table).where(here))
    return rows


def _take_cells(connection: Connection, days: Sequence[int], series: Sequence[int]) -> Iterator[Cells]:
    rows = _take(connection, day, days, series)
    if rows:
        undeclared = np.zeros((len(rows), HOURS), np.int64)
        undeclared[:, 0] = [row.undeclared for row in rows]
        first = np.array([row.day * HOURS for row in rows])
        yield Cells(
            np.repeat(np.array([row.series_id for row in rows]), HOURS),
            (first[:, None] + np.arange(HOURS)).ravel(),
            unpack_hours([row.rows for row in rows]).ravel(),
            unpack_hours([row.invalid for row in rows]).ravel(),
            undeclared.ravel(),
        )


def _take_present(connection: Connection, days: Sequence[int], series: Sequence[int]) -> Iterator[Present]:
    for row in _take(connection, day_present, days, series):
        counts = np.frombuffer(row.present, "<i8").astype(np.int64).reshape(1, -1)
        yield Present(row.shape_id, np.array([row.series_id]), np.array([row.day]), counts)


def _take_failed(connection: Connection, days: Sequence[int], series: Sequence[int]) -> Iterator[Failed]:
    rows = _take(connection, day_failure, days, series)
    if rows:
        of, records = unpack_failed([row.failed for row in rows])
        yield Failed(
            np.array([row.series_id for row in rows])[of],
            np.array([row.day * HOURS for row in rows])[of] + records["hour"],
            records["rule"].astype(np.int64),
            records["failed"].astype(np.int64),
        )


def _fold_cells(parts: Iterable[Cells]) -> list[tuple[Any, ...]]:
    joined = [np.concatenate(columns) for columns in zip(*parts, strict=True)]
    if not joined:
        return []
    cells = Cells(*joined)
    keys, group = np.unique(_key(cells.series, cells.hour // HOURS), return_inverse=True)
    at = (group, cells.hour % HOURS)
    rows, invalid = np.zeros((len(keys), HOURS), np.int64), np.zeros((len(keys), HOURS), np.int64)
    undeclared = np.zeros(len(keys), np.int64)
    np.add.at(rows, at, cells.rows)
    np.add.at(invalid, at, cells.invalid)
    np.add.at(undeclared, group, cells.undeclared)
    return [
        (number, series, *kept)
        for (number, series), *kept in zip(
            _unkey(keys), pack_hours(rows), pack_hours(invalid), undeclared.tolist(), strict=True
        )
        if any(kept)
    ]


def _fold_present(parts: Iterable[Present]) -> list[tuple[Any, ...]]:
    by_shape: dict[int, list[Present]] = {}
    for part in parts:
        by_shape.setdefault(part.shape, []).append(part)
    return [row for shape, alike in by_shape.items() for row in _fold_shape(shape, alike)]


def _fold_shape(shape: int, parts: Sequence[Present]) -> Iterator[tuple[Any, ...]]:
    keys = np.concatenate([_key(part.series, part.day) for part in parts])
    counts = np.concatenate([part.counts for part in parts])
    order = np.argsort(keys, kind="stable")
    keys, first = np.unique(keys[order], return_index=True)
    if not len(keys):
        return
    sums = np.add.reduceat(counts[order], first, axis=0)
    packed = _split(sums.astype("<i8"))
    for (number, series), blob, filled in zip(_unkey(keys), packed, sums.any(axis=1).tolist(), strict=True):
        if filled:
            yield number, series, shape, blob


def _fold_failed(parts: Iterable[Failed]) -> list[tuple[Any, ...]]:
    joined = [np.concatenate(columns) for columns in zip(*parts, strict=True)]
    if not joined:
        return []
    failed = Failed(*joined)
    keys, rules = _key(failed.series, failed.hour // HOURS), failed.rule * HOURS + failed.hour % HOURS
    order = np.lexsort((rules, keys))
    keys, rules = keys[order], rules[order]
    first = np.flatnonzero(np.r_[True, (keys[1:] != keys[:-1]) | (rules[1:] != rules[:-1])][: len(keys)])
    if not len(first):
        return []
    sums = np.add.reduceat(failed.failed[order], first)
    keys, rules = keys[first][sums != 0], rules[first][sums != 0]
    sums = sums[sums != 0]
    records = np.empty(len(sums), FAILED)
    records["rule"], records["hour"], records["failed"] = rules // HOURS, rules % HOURS, sums
    keys, starts = np.unique(keys, return_index=True)
    packed = records.tobytes()
    ends = [*starts[1:].tolist(), len(records)]
    return [
        (number, series, packed[start * FAILED.itemsize : end * FAILED.itemsize])
        for (number, series), start, end in zip(_unkey(keys), starts.tolist(), ends, strict=True)
    ]


def _split(rows: NDArray[Any]) -> list[bytes]:
    """Each row's bytes."""
    packed, width = rows.tobytes(), rows.shape[1] * rows.itemsize
    return [packed[at : at + width] for at in range(0, len(packed), width)]


def _key(series: Ints, days: Ints) -> Ints:
    """Series and day as one number, by which series stand together."""
    return days + _BEFORE_1970 + series * _KEY


def _unkey(keys: Ints) -> Iterator[tuple[int, int]]:
    """(day, series) of each key."""
    return zip((keys % _KEY - _BEFORE_1970).tolist(), (keys // _KEY).tolist(), strict=True)
