"""A landing bound to the catalog: which tables hold which planned events, and where everything is."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from hashlib import sha256
from typing import TypeAlias

from monitor.catalog import Family, Table, TableRef
from monitor.errors import ConfigError
from monitor.sql.vocabulary import Expr


@dataclass(frozen=True, slots=True)
class InColumns:
    """Each property is a column of its own."""

    naming: str
    """The naming rule (`landing.naming.NAMING`) from a property's path to its column."""
    truncates: int | None = None
    """The collector cuts texts off at this many characters: a longer one is not judged by what is left of it."""


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
class Rejected:
    """The collector refused these rows: each is one event that failed, and its properties did not land."""

    by: str
    """Who refused them, for people: `Segment`."""
    reason: Expr
    """The property (top level, as planned) that a row was refused for, as text; NULL: for anything else."""


Payload: TypeAlias = InColumns | InDocument | NotLanded | Rejected
"""Where one event's properties are."""


@dataclass(frozen=True, slots=True)
class LandedEvent:
    """One planned event in one table."""

    event: str
    """The planned event's name."""
    raw: tuple[str, ...]
    """The values of the table's event expression that mean this event."""
    payload: Payload
    versions: Mapping[str, Payload] | None = None
    """Versions whose payload lies elsewhere than `payload` (Snowplow: a column per MODEL)."""

    def payload_of(self, version: str) -> Payload:
        """Where the properties of one version are."""
        return (self.versions or {}).get(version, self.payload)


@dataclass(frozen=True, slots=True)
class Part:
    """One table of several that are one: its rows' times lie in [since, until), where that is known."""

    table: Table
    since: datetime | None = None
    until: datetime | None = None


@dataclass(frozen=True, slots=True)
class FirstOf:
    """One row of another table beside each row (NULLs where there is none): a payload, a dictionary's entry."""

    tables: tuple[Table, ...]
    """The other table; or several of one kind, of which a column counts where its type is the first one's."""
    on: tuple[tuple[str, str], ...]
    """Column of the rows → column of the other table."""
    columns: tuple[tuple[str, str], ...]
    """The other table's column → its name beside the row."""
    same_time: str = ""
    """The other table's column that equals the row's arrival: only the measured range of it is read."""


@dataclass(frozen=True, slots=True)
class Marks:
    """What another table says of each row, in as many of its rows as there are: 1 where one of them says so."""

    table: TableRef
    on: tuple[str, str]
    """Column of the rows → column of the other table."""
    marks: tuple[tuple[str, Expr], ...]
    """Name beside the row → a predicate over the other table's columns."""
    where: Expr


@dataclass(frozen=True, slots=True)
class Origin:
    """Where rows come from that are not one table's as it stands. Columns are named as in `LandedTable.table`."""

    parts: tuple[Part, ...]
    """The tables whose rows these are, one after the other. A column that one of them lacks is NULL there."""
    beside: tuple[FirstOf | Marks, ...] = ()
    where: Expr | None = None
    """Only rows for which it is true."""
    once: tuple[str, ...] = ()
    """One row for each value of the first of these columns, the first by the others; all rows where it is NULL."""
    not_in: tuple[str, tuple[tuple[TableRef, str], ...]] | None = None
    """A column, and the columns of other tables in which its value must not stand: those rows count there."""


@dataclass(frozen=True, slots=True)
class Partition:
    """The column by which a table is partitioned, and how it follows a row's arrival."""

    column: str
    family: Family
    """Timestamps, dates, texts or whole numbers."""
    by: str
    """`hour`, `day` or `month`: what one partition holds."""
    slack: timedelta
    """How far a row's partition may lie from its arrival."""
    form: str
    """How texts and whole numbers are written (`strftime`)."""


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
    origin: Origin | None = None
    """Where the rows come from, where that is not the table of this name as it stands."""
    discarded: Mapping[str, Expr] | None = None
    """Property column (as landed) → true where its value was sent and the warehouse did not take it."""
    recovered: tuple[str, ...] = ()
    """Columns that a loader made because a schema changed against its own rules: their presence is drift."""
    partition: Partition | None = None
    """By which the warehouse passes over what cannot have arrived in the measured hours."""

    @property
    def key(self) -> str:
        """The table's name in history: `web_prod.order_completed`."""
        return str(self.table.ref)

    def described(self) -> str:
        """The table as text that is the same in every process: sets have no order of their own."""
        sets = (sorted(self.own_columns), sorted(self.ignored))
        columns = [(column.name, column.family.value, column.native) for column in self.table.columns]
        bare = replace(self, table=Table(self.table.ref, ()), own_columns=frozenset(), ignored=frozenset())
        return repr((bare, columns, *sets))

    @property
    def stands(self) -> bool:
        """Its rows are those of the catalog's table of this name, all of them: a dbt project can name it."""
        if self.rejected:
            return False
        origin = self.origin
        if origin is None:
            return True
        whole = origin.where is None and not origin.once and origin.not_in is None
        marked = all(isinstance(one, Marks) for one in origin.beside)
        return whole and marked and [part.table.ref for part in origin.parts] == [self.table.ref]

    @property
    def rejected(self) -> bool:
        """Its rows are events that the collector refused."""
        return any(isinstance(event.payload, Rejected) for event in self.events)


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
    events: tuple[str, ...] = ()
    """All planned events that it would hold, where they are known and no table tells them apart."""


@dataclass(frozen=True, slots=True)
class Landed:
    """What all landings bring: the tables to scan, those that are absent, those nobody planned."""

    tables: tuple[LandedTable, ...]
    missing: tuple[MissingTable, ...] = ()
    unplanned: tuple[LandedTable, ...] = ()
    """Tables of a table-per-event landing whose event is not in the plan: counted, never checked."""
    noted: Callable[[], Iterable[ConfigError]] = field(default=tuple, compare=False, repr=False)
    """Asked for by those who tell them: it looks at every name of the plan."""

    @property
    def notes(self) -> tuple[ConfigError, ...]:
        """What is worth knowing and stops nothing: names that collide, a map that names what is not planned."""
        return tuple(self.noted())

    @property
    def everywhere(self) -> tuple[LandedTable, ...]:
        """All tables that are measured."""
        return (*self.tables, *self.unplanned)

    def fingerprint(self) -> str:
        """Changes when any table, column or locator does."""
        parts = [table.described() for table in self.everywhere]
        return sha256("\n".join((*parts, repr(self.missing))).encode()).hexdigest()
