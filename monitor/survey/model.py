"""What a survey is given, and what it says of each table."""

import re
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Protocol, Self, TypeAlias

from monitor.contract.model import BoundTable
from monitor.contract.without import Refused
from monitor.errors import WarehouseError
from monitor.landing.model import LandedTable
from monitor.measure.model import Measured, Unmeasured
from monitor.measure.rows import Range
from monitor.measure.sampling import Sample
from monitor.measure.scan import Scan
from monitor.sql.writer import Writer
from monitor.values import Values

Moments: TypeAlias = Mapping[str, datetime]


class Warehouse(Protocol):
    """What a survey needs of a warehouse: one session, which is asked by one thread at a time."""

    @property
    def engine(self) -> str:
        """The engine file's name."""
        ...

    @property
    def at_once(self) -> int:
        """How many statements a run may have under way, each in a session of its own."""
        ...

    @property
    def batched(self) -> int:
        """How many scans of small tables are sent as one statement."""
        ...

    @property
    def gone(self) -> bool:
        """The connection was lost and cannot be had again: whatever is asked fails at once."""
        ...

    def query(self, sql: str, moments: Moments | None = None, rows: int | None = None) -> Sequence[Sequence[Any]]:
        """All rows of a statement, its placeholders at these moments. Raises WarehouseError.

        `rows`: about how many the largest of its tables has, where the catalog tells.
        """
        ...

    def columns(
        self, sql: str, width: int, moments: Moments | None = None, rows: int | None = None
    ) -> Sequence[Values]:
        """The same, column by column. `rows`: about how many the table has, where the catalog tells."""
        ...

    def batch(
        self, asked: Sequence[tuple[str, int]], moments: Moments | None = None
    ) -> Sequence[Sequence[Values] | WarehouseError]:
        """The results of several statements (text, width), or what the warehouse said against one of them."""
        ...

    def estimate(self, sql: str) -> int | None:
        """Bytes that a statement would read, where the warehouse tells before running it."""
        ...

    def another(self) -> Self:
        """One more session like this one. Raises WarehouseError where there is none to be had."""
        ...

    def stop(self) -> None:
        """From another thread: whoever waits for an answer gets an error, soon."""
        ...

    def close(self) -> None:
        """Give the session back."""
        ...


@dataclass(frozen=True, slots=True)
class Budget:
    """What one run may cost; None: what it costs. Tables that do not fit are unknown."""

    bytes: int | None = None
    """Read in all, by the warehouse's own estimate; where it tells none, nothing is held to it."""
    seconds: float | None = None
    """After so many no further scan begins."""

    @property
    def bounded(self) -> bool:
        """There is something to keep to."""
        return self.bytes is not None or self.seconds is not None


@dataclass(frozen=True, slots=True)
class Reach:
    """What a run is asked to look at."""

    now: datetime
    lookback: timedelta
    since: datetime | None = None
    """Measure again from here, whatever has been measured before."""
    budget: Budget = Budget()


@dataclass(frozen=True, slots=True)
class Untouched:
    """A table with nothing new."""

    table: str
    until: int | None
    """Its watermark may move on to this window; None: it stays."""
    reason: str


@dataclass(frozen=True, slots=True)
class Tools:
    """How tables are bound and statements written; asked only for tables that are measured."""

    bind: Callable[[LandedTable], BoundTable]
    scan: Callable[[BoundTable, Range], Scan]
    """The scan of a table; may come from the disk."""
    writer: Callable[[], Writer]
    again: Callable[[LandedTable], LandedTable | None] = lambda table: table
    """The table as the catalog shows it now; None: it is gone. Asked where a scan was refused."""
    refuse: Callable[[BoundTable, Refused], object] = lambda _, refused: refused
    """To be remembered: the warehouse refuses these parts of the table's contract, and its scan runs without them."""
    sample: Sample | None = None
    """Of how many rows rules are asked; None: of all, always."""
    clock: Callable[[], float] = time.monotonic
    """Seconds, for the budget."""
    idle: Callable[[], None] = lambda: None
    """Called while the warehouse takes its time, by whoever takes the answers: what was counted can be kept now."""


Answer: TypeAlias = tuple[LandedTable, Measured | Unmeasured | Untouched]


def chosen(tables: Sequence[LandedTable], events: frozenset[str]) -> tuple[LandedTable, ...]:
    """The tables that hold one of the events."""
    if not events:
        return tuple(tables)
    return tuple(table for table in tables if any(held.event in events for held in table.events))


_DEMANDS = re.compile(
    r"partition elimination|[Ff]ilter required.{0,80}partition|[Nn]o partition predicate|partition filter", re.DOTALL
)
"""BigQuery, Trino and Hive refuse to read a whole table, in these words."""


def unmeasured(table: LandedTable, problem: str, hint: str) -> Unmeasured:
    """A table that could not be measured, with the events that are unknown by it."""
    if _DEMANDS.search(hint) and table.partition is None:
        hint = f"name its column on the landing, `partition: {{column: …}}`: {hint}"
    events = tuple(dict.fromkeys(held.event for held in table.events))
    return Unmeasured(table.key, problem, hint, events)
