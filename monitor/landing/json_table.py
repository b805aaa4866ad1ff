"""The json layout: one table, a column with the event's name, a column with its document of properties."""

from monitor.catalog import Catalog
from monitor.config.landings import JsonLanding
from monitor.landing.columns import as_text
from monitor.landing.document_table import Shape, Times, document_of, land_shape, table_of
from monitor.landing.held import one_table_missing
from monitor.landing.model import InDocument, Landed
from monitor.landing.versions import Listing
from monitor.plan.model import Plan


def land_json(settings: JsonLanding, plan: Plan, catalog: Catalog, listing: Listing) -> Landed:
    """The table with every planned event. Raises ConfigError.

    A row is an event's when its event column holds the planned name or its key (`Order Completed`,
    `order_completed`). All columns are the collector's own: properties stand in the document.
    """
    columns = table_of(settings.table, catalog, listing)
    if columns is None:
        return one_table_missing(settings.table, settings.source, listing.name)
    named = as_text(columns.named(settings.event.column, "event.column"))
    properties = columns.named(settings.properties.column, "properties.column")
    payload = InDocument(document_of(properties, columns.table, f"{listing.where}.properties.column"), "original")
    times = Times(
        columns.time(settings.time, "time"),
        columns.time(settings.received, "received"),
        columns.time(settings.loaded, "loaded"),
    )
    shape = Shape(event=named, payload=payload, times=times, chain=())
    return land_shape(settings, settings.source, columns, shape, (plan, listing))
