"""An event's own page as values, and the whole report. Counts and hours are as in monitor/report/model.py."""

from dataclasses import dataclass
from datetime import date

from monitor.report.model import Drawing, Overview, Past24, Standing, Told, UnknownTable


@dataclass(frozen=True, slots=True)
class RuleRow:
    """One rule of one version, with what became of it."""

    id: str
    property: str
    keyword: str
    sentence: str
    verdict: str
    """`compiled`, `undecidable`, `refused` or `unmeasurable`."""
    reason: str
    tables: tuple[str, ...]
    """Where the verdict is this one; empty: everywhere."""
    failed: int = 0
    """Rows that break it, over the recent days."""
    failed_ever: int = 0
    """The same over all that is kept."""


@dataclass(frozen=True, slots=True)
class PropertyRow:
    """One property of one version, as planned and as landed."""

    name: str
    planned: str
    landed: str
    problem: str
    """Why the landed type is wrong; empty: it is not."""
    present: int | None
    """Rows that carry it, over the recent days; None: not counted."""
    of: int
    """The rows of those days that rules were asked of: all, unless they were a sample."""
    required: bool
    pii: bool | None
    description: str
    tables: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class VersionPart:
    """One version of an event."""

    version: str
    status: str
    """As planned; empty: the plan does not know this version."""
    until: date | None
    where: str
    first_hour: int | None
    last_hour: int | None
    rows: int
    """Over the recent days, as `checked`, `invalid` and `share`."""
    checked: int
    """Of the rows, those that rules were asked of: `invalid`, rules, presence and what is undeclared are of these."""
    invalid: int
    share: float
    rows_ever: int
    rules: tuple[RuleRow, ...]
    properties: tuple[PropertyRow, ...]
    undeclared: tuple[tuple[str, int], ...]
    """Undeclared column or key → rows, most first."""
    undeclared_rows: int
    payload_missing: str


@dataclass(frozen=True, slots=True)
class ColumnChange:
    """A column that is not what it was when its table was first measured."""

    table: str
    column: str
    before: str
    """The engine's word for its type; empty: it was not there."""
    now: str
    """Empty: it is gone."""


@dataclass(frozen=True, slots=True)
class EventPage:
    """One event's page. Equal values make equal files: nothing here changes when nothing happened."""

    file: str
    event: str
    key: str
    description: str
    team: str
    tier: str
    sources: tuple[str, ...]
    where: str
    standing: Standing
    workspace: str
    told: tuple[Told, ...]
    resolved: tuple[Told, ...]
    unknown: tuple[UnknownTable, ...]
    versions: tuple[VersionPart, ...]
    drawings: tuple[Drawing, ...]
    changes: tuple[ColumnChange, ...]
    tables: tuple[str, ...]
    day: Past24
    first_hour: int | None
    last_hour: int | None
    recent_days: int
    until: int | None
    """None on the page of an event that was never seen: it says nothing of time."""
    plan_revision: str = ""

    @property
    def seen(self) -> bool:
        """Rows of it have come at least once."""
        return self.first_hour is not None


@dataclass(frozen=True, slots=True)
class Site:
    """The whole report."""

    overview: Overview
    pages: tuple[EventPage, ...]
