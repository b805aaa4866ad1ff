"""Amplitude: its export into a warehouse, and Fivetran's tables `event` and `event_type`."""

from monitor.catalog import Catalog, TableRef
from monitor.config.landings import AmplitudeLanding
from monitor.errors import ConfigError
from monitor.landing.columns import Columns, as_text, find
from monitor.landing.document_table import Shape, document_of, first_needed, land_shape, table_of, times_of
from monitor.landing.held import one_table_missing
from monitor.landing.model import FirstOf, InDocument, Landed, Origin, Part
from monitor.landing.versions import Listing
from monitor.plan.model import Plan
from monitor.sql import vocabulary as sql
from monitor.sql.vocabulary import Expr

EVENT_TYPES = "event_type"
"""Fivetran's table of event names, beside its `event`."""

NAME = "amplitude_event_type_name"

IGNORED = frozenset(
    {
        "session_start", "session_end", "$identify", "$groupidentify", "$exposure", "revenue_amount",
        "[Amplitude] Page Viewed", "[Amplitude] Form Started", "[Amplitude] Form Submitted",
        "[Amplitude] File Downloaded", "[Amplitude] Element Clicked", "[Amplitude] Element Changed",
        "[Amplitude] Attribution Captured", "[Amplitude] Application Installed", "[Amplitude] Application Updated",
        "[Amplitude] Application Opened", "[Amplitude] Application Backgrounded", "[Amplitude] Screen Viewed",
        "[Amplitude] Deep Link Opened", "[Amplitude] Replay Captured", "[Amplitude] Start Session",
        "[Amplitude] End Session", "[Amplitude] Revenue",
    }
)  # fmt: skip
"""Events that Amplitude's clients send by themselves: counted, and nobody's to plan."""


def land_amplitude(settings: AmplitudeLanding, plan: Plan, catalog: Catalog, listing: Listing) -> Landed:
    """The table with every planned event; `event_properties` holds the properties. Raises ConfigError.

    No version lands: it is known where the plan has one, or by `version`. Where Fivetran's `event` names only
    `event_type_id`, the name is looked up in the `event_type` beside it.
    """
    columns = table_of(settings.table, catalog, listing)
    if columns is None:
        return one_table_missing(settings.table, settings.source, listing.name)
    properties = first_needed(columns, ("event_properties",), "which holds the properties")
    event, origin = _event(columns, catalog)
    times = times_of(
        columns, settings, ("event_time",), ("server_received_time", "server_upload_time"), ("_fivetran_synced",)
    )
    shape = Shape(
        event=event,
        payload=InDocument(document_of(properties, columns.table, f"{listing.where}.table"), "original"),
        times=times,
        app_version="version_name",
        own_keys=settings.own_keys,
        ignored=IGNORED,
        origin=origin,
    )
    return land_shape(settings, settings.source, columns, shape, (plan, listing))


def _event(columns: Columns, catalog: Catalog) -> tuple[Expr, Origin | None]:
    named = columns.find("event_type")
    if named is not None:
        return as_text(named), None
    number = first_needed(columns, ("event_type", "event_type_id"), "which names the event")
    ref = TableRef(columns.table.ref.schema, EVENT_TYPES)
    types = catalog.tables.get(ref)
    key, name = (find(types, "id"), find(types, "name")) if types else (None, None)
    if types is None or key is None or name is None:
        raise ConfigError(
            f"{columns.table.ref} names events by {number.name}, and there is no {ref} with id and name",
            where=f"{columns.where}.table",
            hint="sync Fivetran's table event_type beside it",
        )
    beside = FirstOf((types,), ((number.name, key.name),), ((name.name, NAME),))
    return sql.Column(NAME), Origin((Part(columns.table),), (beside,))
