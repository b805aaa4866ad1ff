"""Snowplow: one events table, each self-describing event's payload in a column of its own per MODEL."""

from collections.abc import Mapping

from monitor.catalog import Catalog, TableRef
from monitor.config.landings import SnowplowLanding
from monitor.config.locators import ColumnLocator, Locator
from monitor.landing.columns import Columns, as_document
from monitor.landing.held import Held, Row, one_table_missing, planned_for, source_expr
from monitor.landing.model import InDocument, Landed, LandedEvent, LandedTable, NotLanded
from monitor.landing.naming import snowplow_column, snowplow_columns, snowplow_recovered
from monitor.landing.snowplow_failed import land_failed
from monitor.landing.snowplow_names import event_expr, held_events, model_of, parts_of
from monitor.landing.snowplow_shredded import LONGEST_TEXT, Shredded, land_shredded, shredded_of, without_shredded
from monitor.landing.versions import Listing, Places, version_expr
from monitor.plan.model import Event, Plan
from monitor.sql import vocabulary as sql

KEYS_OF_ENGINE: Mapping[str, str] = {"snowflake": "original"}
"""Warehouses whose loader keeps the keys as they were sent; all others have them in snake case."""

VERSION_COLUMN = "event_version"


def land_snowplow(settings: SnowplowLanding, plan: Plan, catalog: Catalog, listing: Listing) -> Landed:
    """The events table with every planned event, shredded tables apart, and the failed events. Raises ConfigError.

    All columns are Snowplow's own: properties stand inside the documents of the `unstruct_event_…` columns, or, on
    Redshift, in tables of their own.
    Page views, pings and structured events have no schema: their names are those of no planned event.
    """
    table = catalog.tables.get(TableRef.parse(settings.table))
    if table is None:
        return one_table_missing(settings.table, settings.source, listing.name)
    columns = Columns(table, listing.where)
    landed = _events(settings, plan, catalog, listing, columns)
    held = _shredded(settings, plan, catalog, columns)
    shredded = tuple(land_shredded(one, columns, settings, listing, LONGEST_TEXT.get(catalog.engine)) for one in held)
    failed, missing = land_failed(settings, plan, catalog, listing)
    return Landed((without_shredded(landed, held, columns), *shredded, *failed), missing)


def _shredded(settings: SnowplowLanding, plan: Plan, catalog: Catalog, columns: Columns) -> tuple[Shredded, ...]:
    """Events whose properties stand in tables of their own, and in no column of `events`."""
    if columns.find("event_id") is None or columns.find("collector_tstamp") is None:
        return ()
    found: list[Shredded] = []
    names = tuple(column.name for column in columns.table.columns)
    for event in planned_for(plan, settings.source):
        models = dict.fromkeys(model_of(version.version) for version in event.versions)
        apart = [model for model in models if not snowplow_columns(*parts_of(event), model, names)]
        found += shredded_of(event, apart, catalog, columns.table.ref.schema)
    return tuple(found)


def _events(settings: SnowplowLanding, plan: Plan, catalog: Catalog, listing: Listing, columns: Columns) -> LandedTable:
    table = columns.table
    held = held_events(plan, settings)
    row = Row(event_expr(columns), source_expr(columns, settings.source), held)
    time = columns.time(settings.time, "time", "derived_tstamp")
    received = columns.time(settings.received, "received", "collector_tstamp")
    columns.check_times(time, received)
    naming = _naming(settings, catalog)
    return LandedTable(
        table=table,
        landing=listing.name,
        events=tuple(_landed(one, columns, naming) for one in held),
        event=row.event,
        version=version_expr(_chain(settings, columns), Places(columns, row, time=time or received), listing),
        source=row.source,
        time=time,
        received=received,
        loaded=columns.time(settings.loaded, "loaded", "load_tstamp"),
        own_columns=frozenset(column.name for column in table.columns),
        env=settings.env,
        lag=settings.lag,
        id=columns.id(settings.id),
        recovered=tuple(column.name for column in table.columns if snowplow_recovered(column.name)),
    )


def _naming(settings: SnowplowLanding, catalog: Catalog) -> str:
    if settings.names == "auto":
        return KEYS_OF_ENGINE.get(catalog.engine, "snowplow")
    return "original" if settings.names == "original" else "snowplow"


def _chain(settings: SnowplowLanding, columns: Columns) -> tuple[Locator, ...]:
    """The configured locators; without any, `event_version`, and what it does not say stays unresolved."""
    landed = columns.find(VERSION_COLUMN)
    return settings.version or ((ColumnLocator(column=landed.name),) if landed else ())


# ── payloads ────────────────────────────────────────────────────────────────────────────────────────


def _landed(held: Held, columns: Columns, naming: str) -> LandedEvent:
    """Where each planned version's payload is; rows of other versions are looked for in the latest MODEL's."""
    models = {version.version: model_of(version.version) for version in held.event.versions}
    payloads = {model: _payload(held.event, model, columns, naming) for model in dict.fromkeys(models.values())}
    latest = next(reversed(payloads.values()), NotLanded(snowplow_column(*parts_of(held.event), "1")))
    versions = {version: payloads[model] for version, model in models.items()} if len(payloads) > 1 else None
    return LandedEvent(held.event.name, held.raw, latest, versions)


def _payload(event: Event, model: str, columns: Columns, naming: str) -> InDocument | NotLanded:
    vendor, name = parts_of(event)
    landed = (column.name for column in columns.table.columns)
    found = [columns.find(column) for column in snowplow_columns(vendor, name, model, landed)]
    documents = tuple(as_document(column) for column in found if column)
    if not documents:
        return NotLanded(snowplow_column(vendor, name, model))
    # A row fills one of them, so the order is of no consequence. Snowflake and dbt's extracts wrap it in a list.
    return InDocument(sql.Unwrapped(documents[0] if len(documents) == 1 else sql.Coalesce(documents)), naming)
