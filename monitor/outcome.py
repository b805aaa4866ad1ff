"""What a run is given, and what it hands back."""

from collections import defaultdict
from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from typing import Protocol
from uuid import uuid4

from monitor.alert.downstream import Below
from monitor.alert.outbox import DeliveryReport
from monitor.alert.routing import Routing
from monitor.alert.sender import Sender
from monitor.cache import Shelf
from monitor.catalog import Catalog
from monitor.contract import Binder
from monitor.errors import ExitCode
from monitor.history.store import LEASE, History
from monitor.incidents.model import Patience, Transition
from monitor.judge.model import Finding, Past, Severity
from monitor.judge.thresholds import Thresholds
from monitor.landing.model import Landed
from monitor.measure.model import Unmeasured
from monitor.measure.sampling import Sample
from monitor.plan.model import Plan
from monitor.survey import Budget, Warehouse


class Session(Warehouse, Protocol):
    """An open session on the warehouse."""

    def catalog(self, schemas: tuple[str, ...]) -> Catalog:
        """The tables of these schemas as they are now."""
        ...


class Place(Protocol):
    """Where a run works: the adapters that `wiring` makes of a workspace's settings."""

    @property
    def target(self) -> str:
        """Which warehouse of several that is."""
        ...

    @property
    def cache(self) -> Path:
        """Where what can be computed again is kept."""
        ...

    @property
    def lookback(self) -> timedelta:
        """How far back a landing without an arrival time is read again."""
        ...

    @property
    def budget(self) -> Budget:
        """What the scans of one run may cost."""
        ...

    @property
    def sample(self) -> Sample | None:
        """Of how many rows rules are asked; None: of all."""
        ...

    @property
    def report_url(self) -> str:
        """Where readers find the report; empty: nowhere."""
        ...

    def clock(self) -> datetime:
        """The real moment (aware), whatever moment a run is asked about."""
        ...

    def plan(self) -> Plan:
        """The tracking plan."""
        ...

    def history(self) -> History:
        """The history, open."""
        ...

    def warehouse(self) -> AbstractContextManager[Session]:
        """A session on the warehouse."""
        ...

    def schemas(self) -> tuple[str, ...]:
        """The schemas that the landings name."""
        ...

    def landed(self, plan: Plan, catalog: Catalog) -> Landed:
        """The landings bound to the catalog."""
        ...

    def thresholds(self) -> Thresholds:
        """When a measurement becomes a finding."""
        ...

    def routing(self) -> Routing:
        """Channels by team."""
        ...

    def patience(self) -> Patience:
        """How quickly something is told, and what is not."""
        ...

    def downstream(self) -> Below:
        """What is built from the landed rows."""
        ...

    def sender(self, out: Callable[[str], object]) -> Sender:
        """Where messages go."""
        ...


@dataclass(frozen=True, slots=True)
class Options:
    """What a run is asked to do."""

    now: datetime
    """The run's moment (aware): only what arrived before it exists."""
    since: datetime | None = None
    """Measure again from here. Such a run tells nobody, unless `notify`."""
    events: frozenset[str] = frozenset()
    dry_run: bool = False
    """Measure and judge; keep nothing, tell nobody."""
    notify: bool = False
    """Tell what a run with `since` found."""
    sums: bool = False
    """Add up what this run measured by version and rule (`Outcome.sums`)."""
    run: str = field(default_factory=lambda: uuid4().hex[:12])
    """The run's id."""
    lease: timedelta = LEASE
    """How long the run may stand still before another one takes its place."""

    @property
    def whole(self) -> bool:
        """It looks at everything that is due, and so does the windows that are open."""
        return self.since is None and not self.events and not self.dry_run

    @property
    def silent(self) -> bool:
        """It measures again, and tells nobody what it finds."""
        return self.since is not None and not self.notify


class Witness(Protocol):
    """Who watches a run: a progress bar, or nobody."""

    def begins(self, tables: int) -> None:
        """So many tables will be looked at."""
        ...

    def looked_at(self, table: str) -> None:
        """One of them has been."""
        ...

    def prints(self, message: str) -> None:
        """A message that would have gone to Slack."""
        ...


@dataclass(slots=True)
class Totals:
    """What this run measured."""

    tables: int = 0
    windows: int = 0
    rows: int = 0
    planned: int = 0
    """Rows of versions that the plan knows."""
    checked: int = 0
    """Of these, the ones that rules were asked of: fewer, where they were a sample."""
    queries: int = 0
    seconds: float = 0.0


@dataclass(slots=True)
class Sum:
    """One version from one source, over all windows that this run measured."""

    rows: int = 0
    checked: int = 0
    """Of the rows, those that rules were asked of: `invalid` and `failed` are of these."""
    invalid: int = 0
    failed: dict[str, int] = field(default_factory=lambda: defaultdict(int))
    tables: set[str] = field(default_factory=set)
    """Where the rows stand."""


@dataclass(slots=True)
class Outcome:
    """What a run did and found."""

    run: str
    now: datetime
    plan: Plan
    binder: Binder
    landed: Landed
    outlines: Shelf
    """What the binder learned of tables, to be kept."""
    totals: Totals
    unmeasured: tuple[Unmeasured, ...] = ()
    findings: tuple[Finding, ...] = ()
    past: Past | None = None
    """None: nothing has changed since the last judgement, so nobody looked."""
    transitions: tuple[Transition, ...] = ()
    delivery: DeliveryReport = field(default_factory=DeliveryReport)
    sums: dict[tuple[str, str, str], Sum] = field(default_factory=dict)
    first_run: bool = False
    missed: tuple[tuple[str, str], ...] = ()
    """Table, and what could not be learned of it beside its counts."""
    readable: bool = True
    """At least one table could be read, or there was none to read."""

    def exit_code(self, fail_on: Severity | None) -> ExitCode:
        """What the command ends with: trouble before findings."""
        if self.unmeasured:
            return ExitCode.PARTIAL if self.readable else ExitCode.UNREACHABLE
        if self.delivery.problems:
            return ExitCode.NOT_NOTIFIED
        if fail_on is not None and any(finding.severity >= fail_on for finding in self.findings):
            return ExitCode.FINDINGS
        return ExitCode.OK
