"""What scans counted, as values. Hours are whole UTC hours since 1970-01-01 (`int`) everywhere."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import NamedTuple, TypeAlias

import numpy as np
from numpy.typing import NDArray

Ints: TypeAlias = NDArray[np.int64]


class Series(NamedTuple):
    """What is counted apart: one version of one event from one source."""

    event: str
    """The planned event's name, or the landed one where it is not planned."""
    version: str
    """The planned version; as landed where the plan does not know it; empty where not resolved."""
    source: str
    planned: bool
    """The plan knows the event."""
    known: bool
    """The plan knows this version of it."""


NO_TIME = -1
"""The hour (and window) of rows whose times are all NULL: counted, in no window."""


class Count(NamedTuple):
    """Rows of one series in one hour that arrived in one window."""

    series: int
    """Index into `Measured.series`."""
    hour: int
    """The hour by which volume is judged: when the collector had the row."""
    window: int
    """The hour in which the row arrived; the key that a repeated measurement replaces."""
    rows: int
    invalid: int
    """Rows that break at least one rule of their version."""
    undeclared: int
    """Rows with a column or key that their version does not declare."""
    present: tuple[int, ...]
    """Rows that carry each property, in the order of `Measured.properties[series]`."""
    checked: int | None = None
    """Rows that rules, presence and undeclared keys were asked of, where they were a sample; None: all of them."""


@dataclass(frozen=True, slots=True, eq=False)
class Counts:
    """Many counts, column by column: a scan's result has hundreds of thousands, and Python objects are slow.

    All columns are whole numbers of one length. Iterating gives `Count`s.
    """

    series: Ints
    hour: Ints
    window: Ints
    rows: Ints
    invalid: Ints
    undeclared: Ints
    present: Ints
    """Shape (rows, most properties): a row's first `width` numbers count."""
    width: Ints
    """How many properties each row's series has."""
    checked: Ints
    """Of `rows`, those that `invalid`, `undeclared` and `present` are counts of; all, unless they were a sample."""

    @classmethod
    def of(cls, counts: Iterable[Count]) -> "Counts":
        """From single counts, in their order."""
        listed = list(counts)
        columns = [[one[part] for one in listed] for part in range(6)]
        present = [one.present for one in listed]
        width = np.array([len(one) for one in present], np.int64)
        wide = np.zeros((len(listed), int(width.max(initial=0))), np.int64)
        for at, one in enumerate(present):
            wide[at, : len(one)] = one
        series, hour, window, rows, invalid, undeclared = (np.array(column, np.int64) for column in columns)
        checked = np.array([one.rows if one.checked is None else one.checked for one in listed], np.int64)
        return cls(series, hour, window, rows, invalid, undeclared, wide, width, checked)

    def __len__(self) -> int:
        return len(self.rows)

    def __iter__(self) -> Iterator[Count]:
        columns = (self.series, self.hour, self.window, self.rows, self.invalid, self.undeclared)
        lists = (column.tolist() for column in (*columns, self.width, self.present, self.checked))
        for series, hour, window, rows, invalid, undeclared, width, counted, checked in zip(*lists, strict=True):
            part = None if checked == rows else checked
            yield Count(series, hour, window, rows, invalid, undeclared, tuple(counted[:width]), part)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Counts) and list(self) == list(other)

    __hash__ = None  # type: ignore[assignment]


class Failure(NamedTuple):
    """Rows that break one rule; only where there are some."""

    series: int
    hour: int
    window: int
    rule: str
    failed: int


class Undeclared(NamedTuple):
    """Rows of a series that carry one undeclared column or key within the measured range."""

    series: int
    day: int
    """Whole UTC days since 1970-01-01 of the rows' hours."""
    name: str
    rows: int


@dataclass(frozen=True, slots=True)
class Measured:
    """One table's scan, read: everything that is written for it in one transaction."""

    table: str
    since: int | None
    """First window measured; None: from the beginning."""
    until: int
    """First window not measured."""
    series: tuple[Series, ...]
    properties: tuple[tuple[str, ...], ...]
    """Per series: the pointers that `Count.present` counts."""
    counts: Counts
    failures: tuple[Failure, ...]
    undeclared: tuple[Undeclared, ...] = ()
    duplicates: int | None = None
    """Rows whose id stands in an earlier row of the range as well; None: not counted."""
    no_time: bool = False
    """The scan also read the rows without any time."""
    no_time_rows: int = 0
    queries: int = 1
    missed: tuple[str, ...] = ()
    """What could not be learned beside the counts, in words: names of what is undeclared, duplicated ids."""

    @property
    def rows(self) -> int:
        """All rows of the range."""
        return int(self.counts.rows.sum())

    @property
    def planned(self) -> tuple[int, int]:
        """Rows of versions that the plan knows, and how many of them were checked: all, unless they were a sample."""
        known = np.array([one.known for one in self.series], np.bool_)[self.counts.series]
        return int(self.counts.rows[known].sum()), int(self.counts.checked[known].sum())


@dataclass(frozen=True, slots=True)
class Unmeasured:
    """A table that could not be measured, and why: unknown, never ok."""

    table: str
    problem: str
    hint: str
    events: tuple[str, ...]
