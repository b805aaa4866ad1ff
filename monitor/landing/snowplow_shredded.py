"""Snowplow on Redshift: each self-describing event's properties in a table of its own per MODEL.

A row of such a table belongs to the row of `events` with the same id and collector's time (`root_id`, `root_tstamp`).
The event is counted where its properties are, once; `events` then counts all that have no such table.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from monitor.catalog import Catalog, Column, Table
from monitor.config.landings import InColumn, SnowplowLanding
from monitor.config.locators import AppVersionLocator, ColumnLocator, Locator, RegexLocator
from monitor.landing.columns import Columns, as_text, find
from monitor.landing.held import Held, Row, source_expr
from monitor.landing.model import FirstOf, InColumns, LandedEvent, LandedTable, NotLanded, Origin, Part
from monitor.landing.naming import snowplow_recovered, snowplow_table
from monitor.landing.snowplow_names import model_of
from monitor.landing.versions import Listing, Places, version_expr
from monitor.plan.model import Event
from monitor.sql import vocabulary as sql
from monitor.sql.vocabulary import Expr

OWN = frozenset(
    {
        "schema_vendor", "schema_name", "schema_format", "schema_version", "root_id", "root_tstamp", "ref_root",
        "ref_tree", "ref_parent",
    }
)  # fmt: skip
"""What every shredded table has beside the properties."""

LONGEST_TEXT: Mapping[str, int] = {"redshift": 4096}
"""Where texts without a planned length are cut off; arrays, as JSON text, are at 65,535."""

ATOMIC = "atomic__"
"""Before the name of a column that comes from `events`."""


@dataclass(frozen=True, slots=True)
class Shredded:
    """One event's tables of one MODEL: the one that its name leads to, and those that a loader recovered."""

    event: Event
    model: str
    table: Table
    recovered: tuple[Table, ...]


def shredded_of(event: Event, models: Sequence[str], catalog: Catalog, schema: str) -> tuple[Shredded, ...]:
    """The tables of an event, by MODEL; none where the landing is not shredded."""
    vendor, _, name = event.name.rpartition("/")
    named = {table.ref.name.lower(): table for table in catalog.schema(schema)}
    found = []
    for model in models:
        stem = snowplow_table(vendor, name, model)
        table = named.get(stem)
        if table is not None and find(table, "root_id") and find(table, "root_tstamp"):
            again = (other for key, other in named.items() if key.startswith(f"{stem}_") and snowplow_recovered(key))
            recovered = tuple(other for other in again if find(other, "root_id") and find(other, "root_tstamp"))
            found.append(Shredded(event, model, table, recovered))
    return tuple(found)


def land_shredded(
    held: Shredded, events: Columns, settings: SnowplowLanding, listing: Listing, truncates: int | None
) -> LandedTable:
    """One event's rows with their properties; what else is asked of them stands in `events`."""
    table = held.table
    beside = _events_beside(events, table)
    logical = Columns(_logical(table, events, beside, held.recovered), events.where)
    row = Row(sql.Literal(held.event.name), _source(settings, logical), (Held(held.event, (held.event.name,)),))
    received = logical.time(None, "received", "root_tstamp")
    happened = logical.time(None, "time", ATOMIC + (settings.time or "derived_tstamp"))
    chain = tuple(_renamed(locator, table) for locator in settings.version) or (ColumnLocator(column="schema_version"),)
    own = {column.name for column in logical.table.columns if column.name.lower() in OWN}
    own |= {name for _, name in beside.columns} | {other.ref.name for other in held.recovered}
    return LandedTable(
        table=logical.table,
        landing=listing.name,
        events=(_landed(held, truncates),),
        event=row.event,
        version=version_expr(chain, Places(logical, row, happened or received), listing),
        source=row.source,
        time=None,  # it stands in `events`: where nothing else of that table is asked, it is not read at all
        received=received,
        loaded=None,
        own_columns=frozenset(own),
        env=settings.env,
        lag=settings.lag,
        id=as_text(root) if settings.id and (root := logical.find("root_id")) else None,
        origin=Origin(_parts(held), (beside, *map(_marker, held.recovered))),
        recovered=tuple(other.ref.name for other in held.recovered),
    )


def _landed(held: Shredded, truncates: int | None) -> LandedEvent:
    """The event with the versions of this MODEL; those of others have tables of their own, or none."""
    vendor, _, name = held.event.name.rpartition("/")
    others = {
        version.version: NotLanded(snowplow_table(vendor, name, model))
        for version in held.event.versions
        if (model := model_of(version.version)) != held.model
    }
    return LandedEvent(held.event.name, (held.event.name,), InColumns("snowplow", truncates), others or None)


def without_shredded(landed: LandedTable, held: Sequence[Shredded], events: Columns) -> LandedTable:
    """`events` without the rows that are counted in tables of their own."""
    version = events.find("event_version")
    if not held:
        return landed
    counted: list[Expr] = []
    for one in held:
        raw = next(event.raw for event in landed.events if event.event == one.event.name)
        named: Expr = sql.OneOf(landed.event, raw)
        if version is not None:
            model = sql.SplitPart(as_text(version), "-", 1)
            named = sql.And((named, sql.Compare(model, "=", sql.Literal(one.model))))
        counted.append(named)
    elsewhere = sql.Case(((sql.Or(tuple(counted)), sql.Literal(1)),), sql.Literal(0))
    where = sql.Compare(elsewhere, "=", sql.Literal(0))
    return replace(landed, origin=Origin((Part(landed.table),), where=where))


def _parts(held: Shredded) -> tuple[Part, ...]:
    """The table and, where a loader recovered rows of the MODEL, their tables: columns of another type are left out."""
    types = {column.name: column.native for column in held.table.columns}
    same = (
        Table(other.ref, tuple(column for column in other.columns if types.get(column.name) == column.native))
        for other in held.recovered
    )
    return tuple(map(Part, (held.table, *same)))


def _events_beside(events: Columns, table: Table) -> FirstOf:
    id_, time = events.find("event_id"), events.find("collector_tstamp")
    root_id, root_tstamp = find(table, "root_id"), find(table, "root_tstamp")
    assert id_ and time and root_id and root_tstamp  # noqa: PT018, S101 - `shredded_of` and `land_snowplow` looked
    columns = tuple((column.name, ATOMIC + column.name) for column in events.table.columns)
    on = ((root_id.name, id_.name), (root_tstamp.name, time.name))
    return FirstOf((events.table,), on, columns, same_time=time.name)


def _marker(other: Table) -> FirstOf:
    """A recovered table's own rows, by name: their presence is drift."""
    root_id, root_tstamp = find(other, "root_id"), find(other, "root_tstamp")
    assert root_id and root_tstamp  # noqa: PT018, S101 - `shredded_of` looked
    on = ((root_id.name, root_id.name), (root_tstamp.name, root_tstamp.name))
    return FirstOf((other,), on, ((root_id.name, other.ref.name),), same_time=root_tstamp.name)


def _logical(table: Table, events: Columns, beside: FirstOf, recovered: Sequence[Table]) -> Table:
    atomic = {column.name: column for column in events.table.columns}
    further = (Column(mine, atomic[theirs].family, atomic[theirs].native) for theirs, mine in beside.columns)
    markers = (Column(other.ref.name, column.family, column.native) for other in recovered for column in _root(other))
    return Table(table.ref, (*table.columns, *further, *markers))


def _root(table: Table) -> tuple[Column, ...]:
    return tuple(column for column in table.columns if column.name.lower() == "root_id")


def _source(settings: SnowplowLanding, logical: Columns) -> Expr:
    if isinstance(settings.source, InColumn):
        return source_expr(logical, InColumn(column=ATOMIC + settings.source.column))
    return source_expr(logical, settings.source)


def _renamed(locator: Locator, table: Table) -> Locator:
    """A locator that looks in a column of `events`, as that stands beside the row."""
    if isinstance(locator, ColumnLocator | RegexLocator | AppVersionLocator) and locator.column:
        mine = find(table, locator.column) is not None
        return locator if mine else locator.model_copy(update={"column": ATOMIC + locator.column})
    return locator
