"""Findings, and the past that they are judged from."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from enum import IntEnum, StrEnum
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from monitor.catalog import Table
from monitor.measure.model import Series, Unmeasured

Counts: TypeAlias = NDArray[np.int64]
"""One number an hour, dense, from `Past.start` up to (not including) `Past.until`."""


class Kind(StrEnum):
    """Every kind of finding. Its explanation stands once, in `judge.explain`."""

    MEASUREMENT_FAILED = "measurement_failed"
    NO_DATA = "no_data"
    VOLUME_DROP = "volume_drop"
    VOLUME_SPIKE = "volume_spike"
    COLUMN_TYPE_CHANGED = "column_type_changed"
    MISSING_COLUMN = "missing_column"
    FAILURE_RATE = "failure_rate"
    UNEXPECTED_COLUMN = "unexpected_column"
    UNDECLARED_PROPERTY = "undeclared_property"
    UNPLANNED_EVENT = "unplanned_event"
    UNKNOWN_VERSION = "unknown_version"
    RETIRED_VERSION_ARRIVING = "retired_version_arriving"
    PAYLOAD_NOT_LANDED = "payload_not_landed"
    ROWS_WITHOUT_TIME = "rows_without_time"
    DUPLICATED_IDS = "duplicated_ids"
    NOT_SEEN = "not_seen"


class Severity(IntEnum):
    """How loud. Ordered."""

    INFO = 1
    WARNING = 2
    CRITICAL = 3

    @property
    def word(self) -> str:
        """`info`, `warning` or `critical`."""
        return self.name.lower()


@dataclass(frozen=True, slots=True)
class Evidence:
    """The numbers behind a finding."""

    facts: tuple[tuple[str, str | int | float | None], ...] = ()
    """Name → value, in the order to be shown: `("rows", 12480)`, `("since", "2026-06-29T14:00Z")`."""
    rules: tuple[tuple[str, int], ...] = ()
    """Rule id → failing rows, most first."""
    series: tuple[int | None, ...] = ()
    """What a chart would show: one number an hour, the last one the newest; None: not measured."""
    series_until: int = 0
    """The hour after the last number of `series`."""
    reference: tuple[int | None, ...] = ()
    """What `series` is seen against, hour for hour: all rows (failure_rate), the expected rows (volume)."""
    affected: int = 0
    """Rows (or missing rows) that the finding is about: what findings are ranked by."""


@dataclass(frozen=True, slots=True)
class Finding:
    """A judgement on measurements. One cause, one finding."""

    kind: Kind
    severity: Severity
    message: str
    """One sentence with the numbers, no markup: `18.2% of 12,480 rows fail (limit 1%)`."""
    event: str = ""
    version: str = ""
    source: str = ""
    property: str = ""
    """The dimension: a property, a column, a table; part of the fingerprint."""
    evidence: Evidence = Evidence()
    absorbed: tuple["Finding", ...] = ()
    """Findings that this one's cause explains; they are its evidence, and are not told apart."""
    env: str = "prod"
    tables: tuple[str, ...] = ()
    """The tables whose rows it was judged from: while one of them is unknown it cannot be found good."""


class Sparse(Mapping[str, Counts]):
    """Rule id → failing rows an hour. Kept as the few hours that have some; dense when asked for.

    Dense for every rule of 2,400 series they would be 600 MB. `cells`: the hours (from 0, in order), the failing rows
    in each, and their sum.
    """

    __slots__ = ("_cells", "_length")

    def __init__(self, cells: Mapping[str, tuple[Counts, Counts, int]], length: int) -> None:
        self._cells = cells
        self._length = length

    def __getitem__(self, rule: str) -> Counts:
        return self.between(rule, 0, self._length)

    def between(self, rule: str, start: int, end: int) -> Counts:
        """The hours from `start` up to (not including) `end`."""
        hours, failed, _ = self._cells[rule]
        dense = np.zeros(max(0, end - start), np.int64)
        first, last = np.searchsorted(hours, (start, end))
        dense[hours[first:last] - start] = failed[first:last]
        return dense

    def total(self, rule: str) -> int:
        """Failing rows over all hours."""
        return self._cells[rule][2]

    def __iter__(self) -> Iterator[str]:
        return iter(self._cells)

    def __len__(self) -> int:
        return len(self._cells)


@dataclass(frozen=True, slots=True)
class SeriesPast:
    """What history knows of one series, over all its tables' arrivals."""

    series: Series
    table: str
    first_hour: int
    """First hour ever seen with rows."""
    last_hour: int
    """Last hour seen with rows."""
    rows: Counts
    invalid: Counts
    """Empty where only what is judged was asked for, and `present` too."""
    failed: Mapping[str, Counts]
    """Rule id → failing rows an hour, sparse in rules."""
    undeclared: Mapping[str, int]
    """Undeclared column or key → rows, over the last `Past.recent_days` days."""
    present: Mapping[str, int]
    """Property pointer → rows that carried it, over the same days."""
    undeclared_rows: int = 0
    recent_rows: int = 0
    """Rows over the same days."""
    failed_so_far: Mapping[str, int] = field(default_factory=dict)
    """Rule id → failing rows over all days ever measured; only at adoption (`Past.adopting`)."""
    unchecked: Counts | None = None
    """Of `rows`, those that no rule was asked of, because others were the sample; None: none."""
    recent_unchecked: int = 0
    """The same over the recent days."""

    @property
    def checked(self) -> Counts:
        """The rows that rules were asked of: what `invalid` and `failed` are counted among."""
        return self.rows if self.unchecked is None else self.rows - self.unchecked

    @property
    def recent_checked(self) -> int:
        """The same over the recent days: what `undeclared` and `present` are counted among."""
        return self.recent_rows - self.recent_unchecked


@dataclass(frozen=True, slots=True)
class TablePast:
    """What history knows of one table."""

    table: str
    measured_since: int | None
    """First window ever measured with rows; None: never measured."""
    measured_until: int | None
    """First window not measured yet."""
    settled_until: int
    """First hour whose rows may still be on their way (as-of less the landing's lag)."""
    before: Table | None = None
    """The columns as they were when the table was first measured under an earlier snapshot."""
    no_time_rows: int = 0
    duplicates: int = 0


@dataclass(frozen=True, slots=True)
class Past:
    """Everything the judge may look at: no clock, no database behind it."""

    start: int
    until: int
    """First hour after the as-of moment."""
    series: tuple[SeriesPast, ...]
    tables: Mapping[str, TablePast]
    unmeasured: tuple[Unmeasured, ...] = ()
    recent_days: int = 3
    adopting: bool = False
    """Nothing has come since the first run: what is said to be of the recent days is of all days ever measured."""
