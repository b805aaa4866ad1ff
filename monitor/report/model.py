"""What the pages show, as values: built from the contract and the past, formatted by the templates.

An event's own page is in monitor/report/pages.py.

Counts are rows, hours are whole UTC hours since 1970-01-01, `None` means not measured or never.
"""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from monitor.charts.model import Chart


class Standing(StrEnum):
    """The state of an event or a source: ok, unknown, or the worst severity that holds."""

    CRITICAL = "critical"
    WARNING = "warning"
    UNKNOWN = "unknown"
    INFO = "info"
    OK = "ok"
    NOT_SEEN = "not seen"


@dataclass(frozen=True, slots=True)
class Link:
    """An address of interest: Data Docs, the repository. Shown as text where it is not a plain address."""

    label: str
    address: str


@dataclass(frozen=True, slots=True)
class RunInfo:
    """The run that the report tells of."""

    generated_at: datetime
    run: str
    plan_revision: str
    workspace: str
    tables: int = 0
    windows: int = 0
    rows: int = 0
    queries: int = 0
    seconds: float = 0.0
    links: tuple[Link, ...] = ()


@dataclass(frozen=True, slots=True)
class EventLink:
    """An event's name and its page, relative to the report's folder; no page where it is not planned."""

    name: str
    page: str = ""


@dataclass(frozen=True, slots=True)
class BrokenRule:
    """A rule that a finding speaks of, and its failing rows."""

    id: str
    sentence: str
    failed: int


@dataclass(frozen=True, slots=True)
class Drawing:
    """A chart and what to know when reading it."""

    chart: Chart
    note: str


@dataclass(frozen=True, slots=True)
class Told:
    """A finding, told: what, where, since when, what it means, what to do."""

    severity: str
    kind: str
    title: str
    message: str
    event: EventLink
    version: str = ""
    source: str = ""
    property: str = ""
    team: str = ""
    since: datetime | None = None
    standing: str = ""
    """`known at adoption`, `acknowledged`, `snoozed`, `not judged by this run`; empty: open."""
    env: str = "prod"
    meaning: str = ""
    next_step: str = ""
    facts: tuple[tuple[str, str], ...] = ()
    rules: tuple[BrokenRule, ...] = ()
    absorbed: tuple[str, ...] = ()
    """What the same cause explains, one sentence each."""
    covers: tuple[str, ...] = ()
    """Events that it is about without naming one: those of a source that is down. It holds for each of them."""
    drawing: Drawing | None = None
    """The hours that it was judged from."""


@dataclass(frozen=True, slots=True)
class Past24:
    """The newest 24 hours that are complete, beside the same 24 hours a week earlier."""

    rows: int = 0
    invalid: int = 0
    """Of those that were checked."""
    before: int | None = None
    """None: a week earlier nothing was measured."""
    checked: int = 0
    """The rows that rules were asked of: all, unless they were a sample."""

    @property
    def change(self) -> float | None:
        """Relative to the week before; None where that had no rows."""
        return None if not self.before else self.rows / self.before - 1


@dataclass(frozen=True, slots=True)
class Share:
    """A version's part of an event's recent rows."""

    version: str
    rows: int
    share: float
    newest: bool = False
    """The newest version that is live."""


@dataclass(frozen=True, slots=True)
class EventRow:
    """One event in the overview's table."""

    event: EventLink
    standing: Standing
    team: str
    tier: str
    day: Past24
    daily: tuple[float | None, ...]
    """Rows a day, oldest first: the sparkline."""
    shares: tuple[Share, ...]
    last_hour: int | None
    unmeasured: bool = False


@dataclass(frozen=True, slots=True)
class SourceRow:
    """One source in the overview's table."""

    name: str
    standing: Standing
    events: int
    day: Past24
    daily: tuple[float | None, ...]
    last_hour: int


@dataclass(frozen=True, slots=True)
class UnknownTable:
    """A table that could not be measured: what hangs on it is unknown, never ok."""

    table: str
    problem: str
    hint: str
    events: tuple[EventLink, ...]


@dataclass(frozen=True, slots=True)
class UnplannedEvent:
    """An event that lands and that the plan does not know."""

    name: str
    sources: tuple[str, ...]
    tables: tuple[str, ...]
    rows: int
    first_hour: int
    last_hour: int


@dataclass(frozen=True, slots=True)
class NotSeen:
    """A planned event of which no row ever came."""

    event: EventLink
    team: str
    versions: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class RefusedSchema:
    """A schema of the plan that cannot be checked, and why."""

    name: str
    version: str
    reason: str
    where: str


@dataclass(frozen=True, slots=True)
class Overview:
    """The first page."""

    info: RunInfo
    until: int
    """The first hour after the newest that was looked at."""
    planned: int
    standings: tuple[tuple[Standing, int], ...]
    """How many planned events stand how, loudest first."""
    told: tuple[Told, ...]
    """What holds now, loudest first; planned events that were never seen are listed apart."""
    resolved: tuple[Told, ...]
    events: tuple[EventRow, ...]
    sources: tuple[SourceRow, ...]
    unknown: tuple[UnknownTable, ...]
    unplanned: tuple[UnplannedEvent, ...]
    not_seen: tuple[NotSeen, ...]
    refused: tuple[RefusedSchema, ...]
    recent_days: int
