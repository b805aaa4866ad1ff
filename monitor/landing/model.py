"""A landing bound to the catalog: which tables hold which planned events, and where everything is."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import timedelta
from hashlib import sha256

from monitor.catalog import Table, TableRef
from monitor.sql.vocabulary import Expr


@dataclass(frozen=True, slots=True)
class InColumns:
    """Each property is a column of its own."""

    naming: str
    """The naming rule (`landing.naming.NAMING`) from a property's path to its column."""


@dataclass(frozen=True, slots=True)
class InDocument:
    """All properties stand in one JSON document."""

    doc: Expr
    """An expression of JSON type: the object whose keys are the properties."""
    naming: str
    """The naming rule from a planned key to a landed key; `original` leaves it."""


@dataclass(frozen=True, slots=True)
class NotLanded:
    """The event's rows land, its properties do not (their column is absent)."""

    column: str
    """The column that would hold them."""


@dataclass(frozen=True, slots=True)
class LandedEvent:
    """One planned event in one table."""

    event: str
    """The planned event's name."""
    raw: tuple[str, ...]
    """The values of the table's event expression that mean this event."""
    payload: InColumns | InDocument | NotLanded
    versions: Mapping[str, "InColumns | InDocument | NotLanded"] | None = None
    """Versions whose payload lies elsewhere than `payload` (Snowplow: a column per MODEL)."""

    def payload_of(self, version: str) -> "InColumns | InDocument | NotLanded":
        """Where the properties of one version are."""
        return (self.versions or {}).get(version, self.payload)


@dataclass(frozen=True, slots=True)
class LandedTable:
    """One table of a landing, and where a row's event, version, source and times are."""

    table: Table
    landing: str
    """The landing's name in the configuration: its position and source, `0:web`."""
    events: tuple[LandedEvent, ...]
    event: Expr
    """The landed event name, as text (a `Literal` where the table holds one event)."""
    version: Expr
    """The version as text, or NULL where the locators do not resolve it."""
    source: Expr
    time: Expr | None
    """When it happened."""
    received: Expr | None
    """When the collector had it."""
    loaded: Expr | None
    """When the warehouse had it."""
    own_columns: frozenset[str]
    """The collector's own columns: never a property, never undeclared."""
    own_keys: tuple[str, ...] = ()
    """Top-level keys of the document that are the collector's own, as landed."""
    env: str = "prod"
    lag: timedelta = timedelta(hours=2)
    id: Expr | None = None
    """The event's id, where duplicates are to be counted."""
    ignored: frozenset[str] = frozenset()
    """Raw event names that are counted and never reported as unplanned (a collector's own)."""

    @property
    def key(self) -> str:
        """The table's name in history: `web_prod.order_completed`."""
        return str(self.table.ref)

    def described(self) -> str:
        """The table as text that is the same in every process: sets have no order of their own."""
        sets = (sorted(self.own_columns), sorted(self.ignored))
        return repr((replace(self, own_columns=frozenset(), ignored=frozenset()), *sets))


@dataclass(frozen=True, slots=True)
class MissingTable:
    """A table that the configuration or the plan asks for and the catalog does not have."""

    ref: TableRef
    landing: str
    event: str
    """The planned event it would hold; empty for a table that holds many."""
    required: bool
    """The configuration names it: its absence is an error of measurement, not `not_seen`."""
    source: str = ""


@dataclass(frozen=True, slots=True)
class Landed:
    """What all landings bring: the tables to scan, those that are absent, those nobody planned."""

    tables: tuple[LandedTable, ...]
    missing: tuple[MissingTable, ...] = ()
    unplanned: tuple[LandedTable, ...] = ()
    """Tables of a table-per-event landing whose event is not in the plan: counted, never checked."""

    @property
    def everywhere(self) -> tuple[LandedTable, ...]:
        """All tables that are measured."""
        return (*self.tables, *self.unplanned)

    def fingerprint(self) -> str:
        """Changes when any table, column or locator does."""
        parts = [table.described() for table in self.everywhere]
        return sha256("\n".join((*parts, repr(self.missing))).encode()).hexdigest()
