"""What collectors that write a table per event do each their own way, and one such landing's tables."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass

from monitor.catalog import Table
from monitor.config.landings import AnyLanding, Source
from monitor.config.locators import Locator
from monitor.landing.columns import Columns
from monitor.landing.held import Row
from monitor.landing.versions import Listing
from monitor.plan.model import EventVersion
from monitor.sql.vocabulary import Expr


@dataclass(frozen=True, slots=True)
class Collector:
    """What one collector does its own way."""

    table: Callable[[str], str]
    """From an event's name to its table."""
    naming: str
    """The naming rule of properties (`landing.naming.NAMING`)."""
    own_tables: frozenset[str]
    """Tables of the schema that hold no event of their own."""
    own_columns: frozenset[str]
    """The collector's columns, beside every `context_…`."""
    chain: Callable[[Columns], tuple[Locator, ...]]
    """Where a row's version is, where the configuration does not say."""
    arrivals: tuple[str, ...] = ("received_at",)
    loads: tuple[str, ...] = ("loaded_at",)
    truncates: int | None = None
    """Texts are cut off at this many characters."""
    discards: str = ""
    """The table of values that the warehouse did not take."""
    version: Callable[[Columns, Row], Expr | None] | None = None
    """What stands before the chain, where the configuration says none."""


@dataclass(frozen=True, slots=True)
class Schema:
    """One landing's event tables and what the configuration says of them."""

    name: str
    source: Source
    settings: AnyLanding
    collector: Collector
    listing: Listing
    tables: tuple[Table, ...]
    columns_anywhere: frozenset[str]
    """Columns that any of them has, in lower case: a column appears with its first value."""
    discards: Table | None = None

    def columns(self, table: Table) -> Columns:
        """The table's columns, knowing those of its siblings."""
        return Columns(table, self.listing.where, self.columns_anywhere)

    @property
    def said(self) -> str:
        """The source, where it is one for all rows."""
        return self.source if isinstance(self.source, str) else ""


def names_of(version: EventVersion) -> Iterator[str]:
    """The properties of a version, at the top."""
    properties = version.schema.get("properties")
    yield from (name for name in properties or () if isinstance(name, str)) if isinstance(properties, Mapping) else ()
