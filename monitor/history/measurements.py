"""Hourly measurements: rows, invalid rows, presence and failures per series, arrival window and hour.

A window measured again replaces what it held: all rows of the table whose `window` lies in the measured
range. Rows of one hour that arrive in several windows are several rows, summed in the packed days. Rows
without any time (`NO_TIME`) are replaced as a whole by every scan that reads them.
"""

from collections.abc import Iterator, Mapping, Sequence
from struct import Struct
from struct import error as StructError  # noqa: N812 - struct names its class like a function
from typing import Any, Final, NamedTuple

import numpy as np
from sqlalchemy import (
    BigInteger,
    Column,
    ColumnElement,
    Connection,
    Integer,
    LargeBinary,
    Table,
    delete,
    func,
    or_,
    select,
)

from monitor.history.days import HOURS, Cells, Change, Failed, Ints, Present
from monitor.history.schema import insert_many, metadata
from monitor.measure.model import NO_TIME, Measured

measurement: Final = Table(
    "measurement",
    metadata,
    Column("series_id", Integer, primary_key=True, autoincrement=False),
    Column("window", Integer, primary_key=True, autoincrement=False),
    Column("hour", Integer, primary_key=True, autoincrement=False),
    Column("rows", BigInteger, nullable=False),
    Column("invalid", BigInteger, nullable=False),
    Column("undeclared", BigInteger, nullable=False),
    Column("shape_id", Integer, nullable=False),
    Column("present", LargeBinary, nullable=False),  # see `pack`
    sqlite_with_rowid=False,  # measured: 17% smaller, no slower
)
failure: Final = Table(
    "failure",
    metadata,
    Column("series_id", Integer, primary_key=True, autoincrement=False),
    Column("window", Integer, primary_key=True, autoincrement=False),
    Column("hour", Integer, primary_key=True, autoincrement=False),
    Column("rule_id", Integer, primary_key=True, autoincrement=False),
    Column("failed", BigInteger, nullable=False),
    sqlite_with_rowid=False,
)

_WIDTHS: Final = ((1, "B"), (2, "H"), (4, "I"), (8, "Q"))


class Numbers(NamedTuple):
    """What a `Measured` names, by number: series in its own order, their shapes likewise, rules by id."""

    series: Sequence[int]
    shapes: Sequence[int]
    rules: Mapping[str, int]


class Range(NamedTuple):
    """Windows that a scan replaces."""

    since: int | None
    until: int
    no_time: bool

    @classmethod
    def of(cls, measured: Measured) -> "Range":
        """What this scan has read."""
        return cls(measured.since, measured.until, measured.no_time)

    def covers(self, window: ColumnElement[int]) -> ColumnElement[bool]:
        """The windows' condition in SQL."""
        inside = (window < self.until) & (window != NO_TIME)
        if self.since is not None:
            inside = inside & (window >= self.since)
        return or_(inside, window == NO_TIME) if self.no_time else inside


def write(connection: Connection, measured: Measured, numbers: Numbers) -> Change:
    """Insert a scan's rows; what they add to the packed days."""
    counts = measured.counts
    cells, present = [], []
    if counts:
        index, hours, windows, rows, invalid, undeclared, presence = zip(*counts, strict=True)
        ids = [numbers.series[at] for at in index]
        shapes = [numbers.shapes[at] for at in index]
        packed = pack(presence, [len(measured.properties[at]) for at in index])
        insert_many(
            connection,
            measurement,
            ("series_id", "window", "hour", "rows", "invalid", "undeclared", "shape_id", "present"),
            sorted(zip(ids, windows, hours, rows, invalid, undeclared, shapes, packed, strict=True)),
        )
        cells, present = _counted((ids, hours, rows, invalid, undeclared, shapes, packed), 1)
    return Change(cells, present, _write_failures(connection, measured, numbers))


def take(connection: Connection, series: Sequence[int], replaced: Range) -> Change:
    """Delete what a scan replaces; what that takes from the packed days, as negative counts."""
    here = measurement.c.series_id.in_(series) & replaced.covers(measurement.c.window)
    columns = measurement.c
    old = connection.execute(
        select(
            columns.series_id,
            columns.hour,
            columns.rows,
            columns.invalid,
            columns.undeclared,
            columns.shape_id,
            columns.present,
        ).where(here)
    ).all()
    if not old:
        return Change((), (), ())
    connection.execute(delete(measurement).where(here))
    there = failure.c.series_id.in_(series) & replaced.covers(failure.c.window)
    failed = connection.execute(
        select(failure.c.series_id, failure.c.hour, failure.c.rule_id, failure.c.failed).where(there)
    ).all()
    if failed:
        connection.execute(delete(failure).where(there))
    cells, present = _counted(tuple(zip(*old, strict=True)), -1)
    return Change(cells, present, _failed(list(failed), -1))


def seen(connection: Connection, series: int) -> tuple[int | None, int | None]:
    """The first and last hour in which a series has rows."""
    hour = measurement.c.hour
    query = select(func.min(hour), func.max(hour)).where(
        (measurement.c.series_id == series) & (measurement.c.rows > 0) & (hour != NO_TIME)
    )
    first, last = connection.execute(query).one()
    return first, last


def pack(presence: Sequence[tuple[int, ...]], lengths: Sequence[int]) -> list[bytes]:
    r"""Presence counts as bytes: a byte that says how wide (1, 2, 4 or 8), then the counts, little-endian.

    All are as wide as the largest count of the call needs.

    >>> pack([(3, 0), (1,)], [2, 1])
    [b'\x01\x03\x00', b'\x01\x01']
    >>> pack([(300, 0)], [2])
    [b'\x02,\x01\x00\x00']
    """
    for width, letter in _WIDTHS:
        packers = {length: Struct(f"<B{length}{letter}").pack for length in set(lengths)}
        try:
            return [packers[length](width, *counts) for length, counts in zip(lengths, presence, strict=True)]
        except StructError:
            continue  # a count is wider than this
    raise ValueError("a count of present rows is negative, or not one per property of its series")


def unpack(packed: Sequence[bytes]) -> Ints:
    """Equally long packed presence counts of one shape, as an array of shape (blobs, properties)."""
    width = packed[0][0]
    record = np.dtype([("width", "u1"), ("counts", f"<u{width}", ((len(packed[0]) - 1) // width,))])
    return np.frombuffer(b"".join(packed), record)["counts"].astype(np.int64)


def _counted(columns: tuple[Sequence[Any], ...], sign: int) -> tuple[list[Cells], list[Present]]:
    """Rows of (series, hour, rows, invalid, undeclared, shape, packed presence) as arrays, untimed ones left out."""
    *numbers, packed = columns
    series, hours, rows, invalid, undeclared, shapes = (np.array(column, np.int64) for column in numbers)
    timed = hours != NO_TIME
    if not timed.all():
        packed = [blob for blob, keep in zip(packed, timed, strict=True) if keep]
        series, hours, rows, invalid, undeclared, shapes = (
            column[timed] for column in (series, hours, rows, invalid, undeclared, shapes)
        )
    cells = Cells(series, hours, sign * rows, sign * invalid, sign * undeclared)
    return [cells], list(_present(series, hours // HOURS, shapes, (packed, sign)))


def _present(series: Ints, days: Ints, shapes: Ints, packed: tuple[Sequence[bytes], int]) -> Iterator[Present]:
    """Presence by shape and by width, since only equally long blobs are one matrix."""
    blobs, sign = packed
    lengths = np.array([len(blob) for blob in blobs], np.int64)
    for shape, length in sorted(set(zip(shapes.tolist(), lengths.tolist(), strict=True))):
        at = np.flatnonzero((shapes == shape) & (lengths == length))
        if length > 1:
            counts = unpack([blobs[index] for index in at.tolist()])
            yield Present(shape, series[at], days[at], sign * counts)


def _write_failures(connection: Connection, measured: Measured, numbers: Numbers) -> list[Failed]:
    rows = sorted(
        (numbers.series[failed.series], failed.window, failed.hour, numbers.rules[failed.rule], failed.failed)
        for failed in measured.failures
    )
    insert_many(connection, failure, ("series_id", "window", "hour", "rule_id", "failed"), rows)
    return _failed([(series, hour, rule, failed) for series, _, hour, rule, failed in rows], 1)


def _failed(rows: Sequence[Sequence[Any]], sign: int) -> list[Failed]:
    timed = [row for row in rows if row[1] != NO_TIME]
    if not timed:
        return []
    series, hours, rules, failed = (np.array(column, np.int64) for column in zip(*timed, strict=True))
    return [Failed(series, hours, rules, sign * failed)]
