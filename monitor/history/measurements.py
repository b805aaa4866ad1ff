"""Hourly measurements: rows, invalid rows, presence and failures per series, arrival window and hour.

A window measured again replaces what it held: all rows of the table whose `window` lies in the measured
range. Rows of one hour that arrive in several windows are several rows, summed in the packed days. Rows
without any time (`NO_TIME`) are replaced as a whole by every scan that reads them.
"""

from collections.abc import Mapping, Sequence
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
    bindparam,
    delete,
    func,
    literal_column,
    select,
)

from monitor.history.days import Cells, Change, Failed, presence
from monitor.history.packing import Ints, pack_present
from monitor.history.schema import execute, fetch, insert_many, metadata
from monitor.history.series import numbers_of
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
    Column("present", LargeBinary, nullable=False),  # per property of the shape (packing.py)
    Column("checked", BigInteger),  # of the rows, those that the rest was asked of; NULL: of all
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

EVER: Final = -(2**31)
"""The first window of a range that has no beginning."""


def _in_windows(of: Table) -> ColumnElement[bool]:
    return (
        of.c.series_id.in_(numbers_of(1))
        & (of.c.window >= bindparam("first", type_=Integer))
        & (of.c.window < bindparam("end", type_=Integer))
    )


_IN_WINDOWS: Final = {of.name: select(of).where(_in_windows(of)) for of in (measurement, failure)}
_DELETE_WINDOWS: Final = {of.name: delete(of).where(_in_windows(of)) for of in (measurement, failure)}
_SEEN: Final = select(func.min(measurement.c.hour), func.max(measurement.c.hour)).where(
    measurement.c.series_id == bindparam("series"),
    measurement.c.rows > literal_column("0"),
    measurement.c.hour != literal_column(str(NO_TIME)),
)
_COLUMNS: Final = tuple(column.name for column in measurement.columns)
"""The last one is NULL where it is not written."""


class Numbers(NamedTuple):
    """What a `Measured` names, by number: series in its own order, their shapes likewise, rules by id."""

    series: Sequence[int]
    shapes: Sequence[int]
    rules: Mapping[str, int]


class Range(NamedTuple):
    """Windows that a scan replaces."""

    since: int
    """`EVER`: from the beginning."""
    until: int
    no_time: bool

    @classmethod
    def of(cls, measured: Measured) -> "Range":
        """What this scan has read."""
        return cls(EVER if measured.since is None else measured.since, measured.until, measured.no_time)

    def parts(self) -> list[tuple[int, int]]:
        """The same as ranges [first, end) among which `NO_TIME` is only where it is meant."""
        parts = [(self.since, min(self.until, NO_TIME)), (max(self.since, NO_TIME + 1), self.until)]
        if self.no_time:
            parts.append((NO_TIME, NO_TIME + 1))
        return [(first, end) for first, end in parts if first < end]


class Columns(NamedTuple):
    """A scan's counts, column by column. `cells.shape` and `cells.series` are the index into `Measured.series`."""

    cells: Cells
    window: Ints
    present: Ints
    width: Ints

    @classmethod
    def of(cls, measured: Measured) -> "Columns":
        """The counts as arrays."""
        c = measured.counts
        cells = Cells(c.series, c.series, c.hour, c.rows, c.invalid, c.undeclared, c.checked)
        return cls(cells, c.window, c.present, c.width)

    def packed(self, measured: Measured) -> list[bytes]:
        """Presence as it is kept. ValueError: not one count per property of its series."""
        expected = np.array([len(pointers) for pointers in measured.properties], np.int64)[self.cells.series]
        if (expected != self.width).any():
            raise ValueError("a count of present rows is not one per property of its series")
        packed: list[bytes] = [b""] * len(self.window)
        for width in np.unique(self.width).tolist():
            at = np.flatnonzero(self.width == width)
            blobs = pack_present(self.present[at, :width])
            if len(at) == len(packed):
                return blobs
            for index, blob in zip(at.tolist(), blobs, strict=True):
                packed[index] = blob
        return packed

    def windows(self) -> tuple[int | None, int | None]:
        """The first and last window with rows."""
        filled = self.window[(self.cells.rows > 0) & (self.window != NO_TIME)]
        return (int(filled.min()), int(filled.max())) if len(filled) else (None, None)


class Scanned(NamedTuple):
    """One table's scan, and the numbers of what it names."""

    measured: Measured
    columns: Columns
    numbers: Numbers

    @property
    def cells(self) -> Cells:
        """Its counts under these numbers."""
        at = self.columns.cells.series
        ids, shapes = (np.array(column, np.int64)[at] for column in (self.numbers.series, self.numbers.shapes))
        return self.columns.cells._replace(series=ids, shape=shapes)

    @property
    def failures(self) -> list[tuple[int, int, int, int, int]]:
        """Its failures likewise."""
        of, rules = self.numbers.series, self.numbers.rules
        return [(of[one.series], one.window, one.hour, rules[one.rule], one.failed) for one in self.measured.failures]


def write(connection: Connection, scans: Sequence[Scanned]) -> list[Change]:
    """Insert scans' rows; what each of them adds to the packed days."""
    told = [(scan.cells, scan.columns.packed(scan.measured), scan.failures) for scan in scans]
    if told:
        _write_cells(
            connection,
            Cells(*map(np.concatenate, zip(*(cells for cells, _, _ in told), strict=True))),
            np.concatenate([scan.columns.window for scan in scans]),
            [blob for _, packed, _ in told for blob in packed],
        )
    failed = sorted(row for _, _, rows in told for row in rows)
    insert_many(connection, failure, ("series_id", "window", "hour", "rule_id", "failed"), failed)
    return [_timed(cells, packed)._replace(failed=_failed(rows)) for cells, packed, rows in told]


def _write_cells(connection: Connection, cells: Cells, window: Ints, packed: Sequence[bytes]) -> None:
    numeric = (cells.series, window, *cells[2:6], cells.shape)
    order = np.lexsort((cells.hour, window, cells.series))  # as the key is: SQLite appends sorted rows
    blobs = [packed[at] for at in order.tolist()]
    told = [*(column[order].tolist() for column in numeric), blobs]
    if not np.array_equal(cells.checked, cells.rows):
        told.append(_sampled(cells.checked[order], cells.rows[order]))
    insert_many(connection, measurement, _COLUMNS[: len(told)], list(zip(*told, strict=True)))


def _sampled(checked: Ints, rows: Ints) -> list[int | None]:
    """Nothing where all rows were asked."""
    part = (checked != rows).tolist()
    return [some if less else None for some, less in zip(checked.tolist(), part, strict=True)]


def take(connection: Connection, table: str, replaced: Range) -> Change:
    """Delete what a scan replaces; what that takes from the packed days, as negative counts."""
    old, failed = _take(connection, measurement, table, replaced), _take(connection, failure, table, replaced)
    if not old:
        return Change()
    *numeric, packed, asked = zip(*old, strict=True)
    ids, _, hour, rows, invalid, undeclared, shapes = (np.array(column, np.int64) for column in numeric)
    checked = rows
    if asked.count(None) < len(asked):
        checked = np.array([every if some is None else some for some, every in zip(asked, numeric[3], strict=True)])
    cells, present, _ = _timed(Cells(shapes, ids, hour, rows, invalid, undeclared, checked), packed)
    return Change(
        [Cells(*part[:3], *(-counted for counted in part[3:])) for part in cells],
        [part._replace(counts=-part.counts) for part in present],
        [part._replace(failed=-part.failed) for part in _failed(failed)],
    )


def seen(connection: Connection, series: int) -> tuple[int | None, int | None]:
    """The first and last hour in which a series has rows."""
    first, last = fetch(connection, _SEEN, series)[0]
    return first, last


def _take(connection: Connection, of: Table, table: str, replaced: Range) -> list[Any]:
    """The rows of a range of windows, deleted."""
    taken = []
    for first, end in replaced.parts():
        rows = fetch(connection, _IN_WINDOWS[of.name], table, first, end)
        if rows:
            execute(connection, _DELETE_WINDOWS[of.name], table, first, end)
        taken += rows
    return taken


def _timed(cells: Cells, packed: Sequence[bytes]) -> Change:
    """What goes into the packed days: the rows that have a time."""
    if not packed:
        return Change()
    timed = cells.hour != NO_TIME
    if not timed.all():
        packed = [blob for blob, keep in zip(packed, timed, strict=True) if keep]
        cells = Cells(*(column[timed] for column in cells))
    return Change([cells], list(presence(cells, packed)))


def _failed(rows: Sequence[Sequence[Any]]) -> list[Failed]:
    """Rows of the failure table that have a time, as arrays."""
    timed = [row for row in rows if row[2] != NO_TIME]
    if not timed:
        return []
    series, _, hours, rules, failed = (np.array(column, np.int64) for column in zip(*timed, strict=True))
    return [Failed(series, hours, rules, failed)]
