"""The json layout: one table, a column with the event's name, a column with its document of properties."""

from monitor.catalog import Catalog, Family, TableRef
from monitor.config.landings import JsonLanding, JsonLocator
from monitor.errors import ConfigError
from monitor.landing.columns import Columns, as_document, as_text
from monitor.landing.held import Held, Row, one_table_missing, planned_for, source_expr
from monitor.landing.model import InDocument, Landed, LandedEvent, LandedTable
from monitor.landing.versions import Listing, Places, json_path, version_expr
from monitor.plan.model import Event, Plan
from monitor.sql.vocabulary import Expr

_NO_DOCUMENT = (Family.BOOLEAN, Family.INTEGER, Family.NUMBER, Family.TIMESTAMP, Family.DATE)


def land_json(settings: JsonLanding, plan: Plan, catalog: Catalog, listing: Listing) -> Landed:
    """The table with every planned event. Raises ConfigError.

    A row is an event's when its event column holds the planned name or its key (`Order Completed`,
    `order_completed`). All columns are the collector's own: properties stand in the document.
    """
    table = catalog.tables.get(TableRef.parse(settings.table))
    if table is None:
        return one_table_missing(settings.table, settings.source, listing.name)
    columns = Columns(table, listing.where)
    held = tuple(Held(event, _raw(event, plan)) for event in planned_for(plan, settings.source))
    row = Row(_event_expr(settings, columns), source_expr(columns, settings.source), held)
    payload = InDocument(_document(settings, columns), "original")
    time, received = columns.time(settings.time, "time"), columns.time(settings.received, "received")
    columns.check_times(time, received)
    places = Places(columns, row, time=time or received, document=payload.doc)
    landed = LandedTable(
        table=table,
        landing=listing.name,
        events=tuple(LandedEvent(one.event.name, one.raw, payload) for one in held),
        event=row.event,
        version=version_expr(settings.version, places, listing),
        source=row.source,
        time=time,
        received=received,
        loaded=columns.time(settings.loaded, "loaded"),
        own_columns=frozenset(column.name for column in table.columns),
        env=settings.env,
        lag=settings.lag,
        id=columns.id(settings.id),
        own_keys=_own_keys(settings, listing),
    )
    return Landed((landed,))


def _own_keys(settings: JsonLanding, listing: Listing) -> tuple[str, ...]:
    """Keys of the document that locators read: the collector's own, never an undeclared property."""
    paths = (
        json_path(locator.json_path, f"{listing.where}.version[{position}].json")
        for position, locator in enumerate(settings.version)
        if isinstance(locator, JsonLocator)
    )
    return tuple(dict.fromkeys(path[0] for path in paths))


def _raw(event: Event, plan: Plan) -> tuple[str, ...]:
    """The planned name, and its key unless that is another planned event's name."""
    return tuple(dict.fromkeys((event.name, *(() if plan.event(event.key) else (event.key,)))))


def _event_expr(settings: JsonLanding, columns: Columns) -> Expr:
    return as_text(columns.named(settings.event.column, "event.column"))


def _document(settings: JsonLanding, columns: Columns) -> Expr:
    column = columns.named(settings.properties.column, "properties.column")
    if column.family in _NO_DOCUMENT:
        raise ConfigError(
            f"column {column.name!r} of {columns.table.ref} is {column.native}, not a document",
            where=f"{columns.where}.properties.column",
            hint="name a column of JSON or of text that holds JSON",
        )
    return as_document(column)
