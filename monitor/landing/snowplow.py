"""Snowplow: one events table, each self-describing event's payload in a column of its own per MODEL."""

from collections import Counter
from collections.abc import Mapping

from monitor.catalog import Catalog, TableRef
from monitor.config.landings import ColumnLocator, Locator, SnowplowLanding
from monitor.errors import ConfigError
from monitor.landing.columns import Columns, as_document, as_text
from monitor.landing.held import Held, Row, one_table_missing, planned_for, source_expr
from monitor.landing.model import InDocument, Landed, LandedEvent, LandedTable, NotLanded
from monitor.landing.naming import snowplow_column, snowplow_columns
from monitor.landing.versions import Listing, Places, version_expr
from monitor.plan.model import Event, Plan
from monitor.sql import vocabulary as sql
from monitor.sql.vocabulary import Expr

KEYS_OF_ENGINE: Mapping[str, str] = {"snowflake": "original"}
"""Warehouses whose loader keeps the keys as they were sent; all others have them in snake case."""

VERSION_COLUMN = "event_version"


def land_snowplow(settings: SnowplowLanding, plan: Plan, catalog: Catalog, listing: Listing) -> Landed:
    """The events table with every planned event. Raises ConfigError.

    All columns are Snowplow's own: properties stand inside the documents of the `unstruct_event_…` columns.
    Page views, pings and structured events have no schema: their names are those of no planned event.
    """
    table = catalog.tables.get(TableRef.parse(settings.table))
    if table is None:
        return one_table_missing(settings.table, settings.source, listing.name)
    columns = Columns(table, listing.where)
    bare = Counter(_parts(event)[1] for event in plan.events)
    held = tuple(Held(event, _raw(event, bare)) for event in planned_for(plan, settings.source))
    row = Row(_event_expr(columns), source_expr(columns, settings.source), held)
    time = columns.time(settings.time, "time", "derived_tstamp")
    received = columns.time(settings.received, "received", "collector_tstamp")
    columns.check_times(time, received)
    naming = _naming(settings, catalog)
    landed = LandedTable(
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
    )
    return Landed((landed,))


def _naming(settings: SnowplowLanding, catalog: Catalog) -> str:
    if settings.names == "auto":
        return KEYS_OF_ENGINE.get(catalog.engine, "snowplow")
    return "original" if settings.names == "original" else "snowplow"


def _chain(settings: SnowplowLanding, columns: Columns) -> tuple[Locator, ...]:
    """The configured locators; without any, `event_version`, and what it does not say stays unresolved."""
    landed = columns.find(VERSION_COLUMN)
    return settings.version or ((ColumnLocator(column=landed.name),) if landed else ())


# ── events ──────────────────────────────────────────────────────────────────────────────────────────


def _parts(event: Event) -> tuple[str, str]:
    """`vendor/name` → vendor, name; a name without a vendor has an empty one."""
    vendor, _, name = event.name.rpartition("/")
    return vendor, name


def _raw(event: Event, bare: Mapping[str, int]) -> tuple[str, ...]:
    """`vendor/name`; the name alone too, for rows without a vendor, where no other planned event has it."""
    name = _parts(event)[1]
    return (event.name, name) if name != event.name and bare[name] == 1 else (event.name,)


def _event_expr(columns: Columns) -> Expr:
    """`event_vendor/event_name`, or the name alone where the vendor is empty, as in models' extracts."""
    name = columns.find("event_name")
    if name is None:
        raise ConfigError(
            f"{columns.table.ref} has no column event_name",
            where=f"{columns.where}.table",
            hint="name Snowplow's events table; another table of events may be of the layout json",
        )
    vendor = columns.find("event_vendor")
    if vendor is None:
        return as_text(name)
    return sql.Coalesce((sql.Concat((as_text(vendor), sql.Literal("/"), as_text(name))), as_text(name)))


# ── payloads ────────────────────────────────────────────────────────────────────────────────────────


def _landed(held: Held, columns: Columns, naming: str) -> LandedEvent:
    """Where each planned version's payload is; rows of other versions are looked for in the latest MODEL's."""
    models = {version.version: _model(version.version) for version in held.event.versions}
    payloads = {model: _payload(held.event, model, columns, naming) for model in dict.fromkeys(models.values())}
    latest = next(reversed(payloads.values()), NotLanded(snowplow_column(*_parts(held.event), "1")))
    versions = {version: payloads[model] for version, model in models.items()} if len(payloads) > 1 else None
    return LandedEvent(held.event.name, held.raw, latest, versions)


def _model(version: str) -> str:
    """The first number of a SchemaVer: `2-1-0` → `2`."""
    return version.partition("-")[0].partition(".")[0]


def _payload(event: Event, model: str, columns: Columns, naming: str) -> InDocument | NotLanded:
    vendor, name = _parts(event)
    landed = (column.name for column in columns.table.columns)
    found = [columns.find(column) for column in snowplow_columns(vendor, name, model, landed)]
    documents = tuple(as_document(column) for column in found if column)
    if not documents:
        return NotLanded(snowplow_column(vendor, name, model))
    # A row fills one of them, so the order is of no consequence. Snowflake and dbt's extracts wrap it in a list.
    return InDocument(sql.Unwrapped(documents[0] if len(documents) == 1 else sql.Coalesce(documents)), naming)
