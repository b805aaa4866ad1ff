"""Segment: a schema per source with a table per event, its properties in columns."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from monitor.catalog import Catalog, Table, TableRef
from monitor.config.landings import (
    AppVersionLocator,
    ColumnLocator,
    FallbackLocator,
    InColumn,
    Locator,
    RegexLocator,
    SegmentLanding,
)
from monitor.errors import ConfigError
from monitor.landing.columns import Columns, as_text, find
from monitor.landing.held import Held, Row, planned_for, source_expr
from monitor.landing.model import InColumns, Landed, LandedEvent, LandedTable, MissingTable
from monitor.landing.naming import NAMING, NamingRule, landed_spellings
from monitor.landing.versions import Listing, Places, version_expr
from monitor.plan.model import Event, Plan
from monitor.plan.nearest import did_you_mean
from monitor.sql import vocabulary as sql
from monitor.sql.vocabulary import Expr

NOT_EVENTS = frozenset({"tracks", "identifies", "users", "pages", "screens", "groups", "accounts", "aliases"})
"""Segment's other tables. `tracks` holds every event once more, without its properties: counted once."""

METADATA = frozenset(
    {
        "id", "anonymous_id", "user_id", "event", "event_text", "timestamp", "received_at", "sent_at",
        "original_timestamp", "uuid", "uuid_ts", "loaded_at",
    }
)  # fmt: skip
"""Segment's own columns, beside every `context_…`."""

VERSION_COLUMN = "context_protocols_event_version"
"""`context.protocols.event_version`, as it lands."""

OLDEST = FallbackLocator(fallback="oldest")
"""Segment itself validates an event without a version against the oldest one."""


def land_segment(settings: SegmentLanding, plan: Plan, catalog: Catalog, listing: Listing) -> Landed:
    """The planned events that have a table in the schema, those that have none, and the tables nobody planned.

    Planned events whose names lead to one table (`Order Completed`, `orderCompleted`) share it and are told
    apart by `event_text`; where it has not landed, the first of them has the table. An event that is
    planned only for other sources is unplanned here. Raises ConfigError.
    """
    tables = _event_tables(catalog, settings.db_schema)
    names = frozenset(column.name.lower() for table in tables for column in table.columns)
    schema = _Schema(settings, _rule(settings, listing), listing, tables, names)
    if not catalog.schema(settings.db_schema):
        nothing = MissingTable(
            TableRef(settings.db_schema, "*"), listing.name, "", required=True, source=_said(settings)
        )
        return Landed((), (nothing,))
    shared, missing = _by_table(schema, planned_for(plan, settings.source))
    planned = tuple(_planned(schema, table, shared[table.ref]) for table in schema.tables if table.ref in shared)
    absent = (*missing, *(event for table in schema.tables for event in _crowded_out(table, shared)))
    return Landed(
        planned,
        tuple(_missing(schema, event) for event in sorted(absent, key=lambda event: event.name)),
        tuple(_unplanned(schema, table) for table in schema.tables if table.ref not in shared and _is_events(table)),
    )


@dataclass(frozen=True, slots=True)
class _Schema:
    """One landing's event tables and what the configuration says of them."""

    settings: SegmentLanding
    naming: NamingRule
    listing: Listing
    tables: tuple[Table, ...]
    names: frozenset[str]
    """Columns that any of them has, in lower case: a column appears with its first value."""

    def columns(self, table: Table) -> Columns:
        """The table's columns, knowing those of its siblings."""
        return Columns(table, self.listing.where, self.names)


def _rule(settings: SegmentLanding, listing: Listing) -> NamingRule:
    name = settings.names or "segment"
    if name not in NAMING:
        raise ConfigError(
            f"{name!r} is no naming rule", where=f"{listing.where}.names", hint=did_you_mean(name, NAMING)
        )
    return NAMING[name]


def _said(settings: SegmentLanding) -> str:
    return settings.source if isinstance(settings.source, str) else ""


# ── tables ──────────────────────────────────────────────────────────────────────────────────────────


def _event_tables(catalog: Catalog, schema: str) -> tuple[Table, ...]:
    """The schema's tables without Segment's other ones and BigQuery's deduplicated views of each (`…_view`)."""
    held = {table.ref.name.lower(): table for table in catalog.schema(schema)}
    return tuple(
        table
        for name, table in held.items()
        if name not in NOT_EVENTS and not (name.endswith("_view") and name.removesuffix("_view") in held)
    )


def _is_events(table: Table) -> bool:
    """Segment wrote it: other tables may stand in the same schema."""
    return find(table, "received_at") is not None and any(find(table, name) for name in ("event", "event_text"))


def _by_table(schema: _Schema, events: Sequence[Event]) -> tuple[dict[TableRef, list[Event]], list[Event]]:
    """The planned events of each table, and those that have none."""
    refs = {table.ref.name.lower(): table.ref for table in schema.tables}
    shared: dict[TableRef, list[Event]] = {}
    missing: list[Event] = []
    for event in events:
        spellings = landed_spellings(schema.naming((event.name,)))
        ref = next((refs[name.lower()] for name in spellings if name.lower() in refs), None)
        if ref is None:
            missing.append(event)
        else:
            shared.setdefault(ref, []).append(event)
    return shared, missing


def _crowded_out(table: Table, shared: Mapping[TableRef, Sequence[Event]]) -> Sequence[Event]:
    """Events that share a table which cannot tell them apart, all but the first."""
    return () if find(table, "event_text") else shared.get(table.ref, ())[1:]


def _missing(schema: _Schema, event: Event) -> MissingTable:
    # A name without a single ASCII letter or digit leads to no table name: its key stands for it.
    name = schema.naming((event.name,)) or event.key
    ref = TableRef(schema.settings.db_schema, name)
    return MissingTable(ref, schema.listing.name, event.name, required=False, source=_said(schema.settings))


def _planned(schema: _Schema, table: Table, events: Sequence[Event]) -> LandedTable:
    apart = find(table, "event_text") is not None
    held = tuple(Held(event, (event.name,)) for event in (events if apart else events[:1]))
    name = sql.Literal(held[0].event.name) if len(held) == 1 else _event_name(table)
    return _table(schema, table, name, held)


def _unplanned(schema: _Schema, table: Table) -> LandedTable:
    return _table(schema, table, _event_name(table), ())


def _event_name(table: Table) -> Expr:
    """What the event was called when it was sent; the table's name where no column says it."""
    landed = (column for name in ("event_text", "event") if (column := find(table, name)))
    return sql.Coalesce((*map(as_text, landed), sql.Literal(table.ref.name)))


# ── one table ───────────────────────────────────────────────────────────────────────────────────────


def _table(schema: _Schema, table: Table, event: Expr, held: tuple[Held, ...]) -> LandedTable:
    settings, columns = schema.settings, schema.columns(table)
    row = Row(event, source_expr(columns, settings.source), held)
    time = columns.time(settings.time, "time", "timestamp")
    received = columns.time(settings.received, "received", "received_at")
    places = Places(columns, row, time=time or received, app_version="context_app_version")
    payload = InColumns(settings.names or "segment")
    return LandedTable(
        table=table,
        landing=schema.listing.name,
        events=tuple(LandedEvent(one.event.name, one.raw, payload) for one in held),
        event=event,
        version=version_expr(_chain(settings, columns), places, schema.listing),
        source=row.source,
        time=time,
        received=received,
        loaded=columns.time(settings.loaded, "loaded", "loaded_at"),
        own_columns=_own(schema, table, [one.event for one in held]),
        env=settings.env,
        lag=settings.lag,
        id=columns.id(settings.id),
    )


def _chain(settings: SegmentLanding, columns: Columns) -> tuple[Locator, ...]:
    """The configured locators; without any, Segment's own column and rule."""
    if settings.version:
        return settings.version
    landed = columns.find(VERSION_COLUMN)
    return (ColumnLocator(column=landed.name), OLDEST) if landed else (OLDEST,)


def _own(schema: _Schema, table: Table, events: Sequence[Event]) -> frozenset[str]:
    """Segment's columns as landed, and those that the configuration names and no planned property owns.

    A property that is named like one of Segment's (`id`, `timestamp`) is dropped by Segment or lands
    with `_` before it; it is never looked for in Segment's own column.
    """
    properties = {
        schema.naming((name,))
        for event in events
        for version in event.versions
        for name in version.schema.get("properties") or ()
        if isinstance(name, str)
    }
    asked = {name.lower() for name in _configured(schema.settings)} - properties
    landed = (column.name for column in table.columns)
    return METADATA | {
        name for name in landed if name.lower() in METADATA | asked or name.lower().startswith("context_")
    }


def _configured(settings: SegmentLanding) -> Iterator[str]:
    """The columns that the configuration names."""
    yield from (name for name in (settings.time, settings.received, settings.loaded, settings.id) if name)
    if isinstance(settings.source, InColumn):
        yield settings.source.column
    for locator in settings.version:
        if isinstance(locator, ColumnLocator | RegexLocator | AppVersionLocator) and locator.column:
            yield locator.column
