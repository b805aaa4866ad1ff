"""A schema with a table per event, properties in columns: what Segment, RudderStack and Jitsu have in common."""

from collections.abc import Iterator, Mapping, Sequence
from itertools import chain

from monitor.catalog import Catalog, Table, TableRef
from monitor.config.landings import AnyLanding, InColumn, Source
from monitor.config.locators import AppVersionLocator, ColumnLocator, RegexLocator
from monitor.landing.collector import Collector, Schema, names_of
from monitor.landing.collisions import clash_notes, crowd_notes, dropped_notes, only_tracks
from monitor.landing.columns import Columns, as_text, find
from monitor.landing.held import Held, Row, planned_for, source_expr
from monitor.landing.model import (
    InColumns,
    Landed,
    LandedEvent,
    LandedTable,
    Marks,
    MissingTable,
    NotLanded,
    Origin,
    Part,
)
from monitor.landing.naming import NAMING, landed_spellings
from monitor.landing.versions import Listing, Places, version_expr
from monitor.plan.model import Event, Plan
from monitor.sql import vocabulary as sql
from monitor.sql.vocabulary import Expr

TRACKS = "tracks"
"""The table that holds every event once more, without its properties."""


def land_per_event(
    name: str,
    source: Source,
    settings: AnyLanding,
    collector: Collector,
    found: tuple[Plan, Catalog, Listing],
) -> Landed:
    """The planned events that have a table in the schema, those that have none, and the tables nobody planned.

    Planned events whose names lead to one table (`Order Completed`, `orderCompleted`) share it and are told
    apart by `event_text`; where it has not landed, the first of them has the table, and a note says so. Where the
    schema has `tracks` and no event's table, the rows of `tracks` are the events. Raises ConfigError.
    """
    plan, catalog, listing = found
    held = catalog.schema(name)
    tables = _event_tables(held, collector)
    anywhere = frozenset(column.name.lower() for table in tables for column in table.columns)
    discards = next((one for one in held if one.ref.name.lower() == collector.discards and one.readable), None)
    schema = Schema(name, source, settings, collector, listing, tables, anywhere, discards)
    events = planned_for(plan, source)
    if not held:
        absent = tuple(event.name for event in events)
        nothing = MissingTable(TableRef(name, "*"), listing.name, "", required=True, source=schema.said, events=absent)
        return Landed((), (nothing, *(missing_of(schema, event) for event in events)))
    tracks = next((table for table in held if table.ref.name.lower() == TRACKS), None)
    if tracks is not None and not any(map(_is_events, tables)):
        return Landed((_tracks(schema, tracks, events),), noted=lambda: (only_tracks(schema, tracks),))
    shared, missing = _by_table(schema, events)
    planned = tuple(_planned(schema, table, shared[table.ref]) for table in tables if table.ref in shared)
    crowded = {table.ref: _crowded_out(table, shared) for table in tables}
    absent_events = (*missing, *(event for events_ in crowded.values() for event in events_))
    return Landed(
        planned,
        tuple(missing_of(schema, event) for event in sorted(absent_events, key=lambda event: event.name)),
        tuple(_unplanned(schema, table) for table in tables if table.ref not in shared and _is_events(table)),
        lambda: chain(crowd_notes(schema, shared, crowded), clash_notes(schema, shared), dropped_notes(schema, shared)),
    )


# ── tables ──────────────────────────────────────────────────────────────────────────────────────────


def _event_tables(held: Sequence[Table], collector: Collector) -> tuple[Table, ...]:
    """The schema's tables without the collector's other ones and BigQuery's deduplicated views of each (`…_view`)."""
    named = {table.ref.name.lower(): table for table in held}
    own = collector.own_tables | {collector.discards}
    return tuple(
        table
        for name, table in named.items()
        if name not in own and not (name.endswith("_view") and name.removesuffix("_view") in named)
    )


def _is_events(table: Table) -> bool:
    """The collector wrote it: other tables may stand in the same schema."""
    times = ("received_at", "timestamp")
    return (
        table.readable
        and any(find(table, name) for name in times)
        and any(find(table, name) for name in ("event", "event_text"))
    )


def _by_table(schema: Schema, events: Sequence[Event]) -> tuple[dict[TableRef, list[Event]], list[Event]]:
    """The planned events of each table, and those that have none."""
    refs = {table.ref.name.lower(): table.ref for table in schema.tables}
    shared: dict[TableRef, list[Event]] = {}
    missing: list[Event] = []
    for event in events:
        spellings = landed_spellings(schema.collector.table(event.name))
        ref = next((refs[name.lower()] for name in spellings if name.lower() in refs), None)
        if ref is None:
            missing.append(event)
        else:
            shared.setdefault(ref, []).append(event)
    return shared, missing


def _crowded_out(table: Table, shared: Mapping[TableRef, Sequence[Event]]) -> Sequence[Event]:
    """Events that share a table which cannot tell them apart, all but the first."""
    return () if _tells_apart(table) else shared.get(table.ref, ())[1:]


def _tells_apart(table: Table) -> bool:
    return find(table, "event_text") is not None


def missing_of(schema: Schema, event: Event) -> MissingTable:
    """An event that has no table yet: not seen, which is no error."""
    # A name without a single ASCII letter or digit leads to no table name: its key stands for it.
    ref = TableRef(schema.name, schema.collector.table(event.name) or event.key)
    return MissingTable(ref, schema.listing.name, event.name, required=False, source=schema.said)


def _planned(schema: Schema, table: Table, events: Sequence[Event]) -> LandedTable:
    held = tuple(Held(event, (event.name,)) for event in (events if _tells_apart(table) else events[:1]))
    name = sql.Literal(held[0].event.name) if len(held) == 1 else event_name(table)
    return _table(schema, table, name, held)


def _unplanned(schema: Schema, table: Table) -> LandedTable:
    return _table(schema, table, event_name(table), ())


def event_name(table: Table) -> Expr:
    """What the event was called when it was sent; the table's name where no column says it."""
    landed = (column for name in ("event_text", "event") if (column := find(table, name)))
    return sql.Coalesce((*map(as_text, landed), sql.Literal(table.ref.name)))


# ── one table ───────────────────────────────────────────────────────────────────────────────────────


def _table(schema: Schema, table: Table, event: Expr, held: tuple[Held, ...]) -> LandedTable:
    settings, collector, columns = schema.settings, schema.collector, schema.columns(table)
    row = Row(event, source_expr(columns, schema.source), held)
    time = columns.time(settings.time, "time", "timestamp")
    received = columns.time(settings.received, "received", *collector.arrivals)
    places = Places(columns, row, time=time or received, app_version="context_app_version")
    payload = InColumns(collector.naming, collector.truncates)
    own = own_columns(schema, table, [one.event for one in held])
    marks = _discards(schema, table, held, own)
    return LandedTable(
        table=table,
        landing=schema.listing.name,
        events=tuple(LandedEvent(one.event.name, one.raw, payload) for one in held),
        event=event,
        version=version_of(schema, columns, places),
        source=row.source,
        time=time,
        received=received,
        loaded=columns.time(settings.loaded, "loaded", *collector.loads),
        own_columns=own,
        env=settings.env,
        lag=settings.lag,
        id=columns.id(settings.id),
        origin=Origin((Part(table),), (marks[0],)) if marks else None,
        discarded=marks[1] if marks else None,
    )


def _tracks(schema: Schema, table: Table, events: Sequence[Event]) -> LandedTable:
    """`tracks` in the place of the events' tables: rows are counted, and have no properties."""
    held = tuple(
        Held(event, tuple(dict.fromkeys((event.name, schema.collector.table(event.name))))) for event in events
    )
    landed = _table(schema, table, event_name(table), held)
    nothing = NotLanded("properties")
    return LandedTable(
        table=table,
        landing=landed.landing,
        events=tuple(LandedEvent(one.event.name, one.raw, nothing) for one in held),
        event=landed.event,
        version=landed.version,
        source=landed.source,
        time=landed.time,
        received=landed.received,
        loaded=landed.loaded,
        own_columns=frozenset(column.name for column in table.columns),
        env=landed.env,
        lag=landed.lag,
        id=landed.id,
    )


def version_of(schema: Schema, columns: Columns, places: Places) -> Expr:
    """The configured chain, or the collector's own."""
    collector = schema.collector
    if schema.settings.version:
        return version_expr(schema.settings.version, places, schema.listing)
    chain = version_expr(collector.chain(columns), places, schema.listing)
    first = collector.version(columns, places.row) if collector.version else None
    return chain if first is None else sql.Coalesce((first, chain))


def own_columns(schema: Schema, table: Table, events: Sequence[Event]) -> frozenset[str]:
    """The collector's columns as landed, and those that the configuration names and no planned property owns.

    A property that is named like one of the collector's (`id`, `timestamp`) is dropped by it or lands with `_`
    before it; it is never looked for in the collector's own column.
    """
    naming = NAMING[schema.collector.naming]
    asked = {name.lower() for name in _configured(schema)}
    if asked:
        planned = {name for event in events for version in event.versions for name in names_of(version)}
        asked -= {naming((name,)) for name in planned}
    own = schema.collector.own_columns
    wanted = own | asked
    lowered = ((column.name, column.name.lower()) for column in table.columns)
    return own | {name for name, lower in lowered if lower in wanted or lower.startswith("context_")}


def _configured(schema: Schema) -> Iterator[str]:
    """The columns that the configuration names."""
    settings = schema.settings
    yield from (name for name in (settings.time, settings.received, settings.loaded, settings.id) if name)
    if isinstance(schema.source, InColumn):
        yield schema.source.column
    for locator in settings.version:
        if isinstance(locator, ColumnLocator | RegexLocator | AppVersionLocator) and locator.column:
            yield locator.column


def _discards(
    schema: Schema, table: Table, held: Sequence[Held], own: frozenset[str]
) -> tuple[Marks, Mapping[str, Expr]] | None:
    """What the discards say of this table's rows, per property column; None where nothing can be known."""
    discards, row = schema.discards, find(table, "id")
    if discards is None or row is None or not held:
        return None
    named, of_table, of_row = (find(discards, name) for name in ("column_name", "table_name", "row_id"))
    if named is None or of_table is None or of_row is None:
        return None
    taken = {column.name for column in table.columns}
    prefix = "discarded__"
    while any(name.startswith(prefix) for name in taken):
        prefix += "_"
    columns = [column.name for column in table.columns if column.name not in own]
    marks = tuple((prefix + name, sql.OneOf(sql.Column(named.name), _cases(name))) for name in columns)
    where = sql.OneOf(sql.Column(of_table.name), _cases(table.ref.name))
    discarded = {name: sql.Not(sql.IsNull(sql.Column(prefix + name))) for name in columns}
    return (Marks(discards.ref, (row.name, of_row.name), marks, where), discarded) if columns else None


def _cases(name: str) -> tuple[str, ...]:
    """A name as a warehouse or its loader may write it into a text."""
    return tuple(dict.fromkeys((name, name.lower(), name.upper())))
