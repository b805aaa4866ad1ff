"""Mixpanel: `mp_master_event` of its own export, Fivetran's `event`, and Singer's and Stitch's tables."""

from monitor.catalog import Catalog
from monitor.config.landings import MixpanelLanding
from monitor.landing.columns import Columns, as_text
from monitor.landing.document_table import (
    Shape,
    Times,
    document_of,
    first_needed,
    land_shape,
    since_epoch,
    table_of,
    times_of,
)
from monitor.landing.held import one_table_missing
from monitor.landing.model import InColumns, InDocument, Landed
from monitor.landing.naming import mixpanel_key
from monitor.landing.versions import Listing
from monitor.plan.model import Plan

OWN = (
    "$app_build_number", "$app_version", "$app_version_string", "$app_release", "$bluetooth_enabled",
    "$bluetooth_version", "$brand", "$browser", "$browser_version", "$carrier", "$city", "$current_url", "$device",
    "$device_id", "$distinct_id_before_identity", "$event_name", "$google_play_services", "$had_persisted_distinct_id",
    "$has_nfc", "$has_telephone", "$import", "$initial_referrer", "$initial_referring_domain", "$insert_id", "$ios_ifa",
    "$lib_version", "$manufacturer", "$model", "$mp_api_endpoint", "$mp_api_timestamp_ms", "$os", "$os_version",
    "$radio",
    "$referrer", "$referring_domain", "$region", "$screen_dpi", "$screen_height", "$screen_width", "$search_engine",
    "$source", "$user_id", "$wifi", "$ae_session_length", "$ae_first_app_open_date", "$ae_total_app_sessions",
    "mp_country_code", "mp_device_model", "mp_keyword", "mp_lib", "mp_processing_time_ms", "mp_sent_by_lib_version",
    "distinct_id", "time", "token",
)  # fmt: skip
"""Properties that Mixpanel's clients and servers add by themselves."""

METADATA = frozenset(
    {
        "event", "event_name", "mp_event_name", "name", "event_id", "time", "distinct_id", "user_id", "device_id",
        "insert_id", "mp_insert_id", "resources", "_file", "_line", "_fivetran_id", "_fivetran_synced", "properties",
    }
)  # fmt: skip

IGNORED = frozenset(
    {
        "$identify", "$create_alias", "$merge", "$mp_web_page_view", "$mp_click", "$mp_session_start",
        "$mp_session_end", "$ae_session", "$ae_first_open", "$ae_updated", "$ae_crashed", "$ae_iap",
        "$campaign_delivery",
        "$opt_in",
    }
)  # fmt: skip
"""Events that Mixpanel's clients send by themselves: counted, and nobody's to plan."""


def land_mixpanel(settings: MixpanelLanding, plan: Plan, catalog: Catalog, listing: Listing) -> Landed:
    """The table with every planned event. Raises ConfigError.

    The properties stand in `properties`; without that column each is one of its own (Singer, Stitch). Where `$` cannot
    stand in a name, `$x` lands as `mp_reserved_x`.
    """
    columns = table_of(settings.table, catalog, listing)
    if columns is None:
        return one_table_missing(settings.table, settings.source, listing.name)
    named = first_needed(columns, ("mp_event_name", "event_name", "name", "event"), "which names the event")
    properties = columns.find("properties")
    reserved = _reserved(settings, columns)
    naming = "mixpanel" if reserved else "original"
    payload = (
        InDocument(document_of(properties, columns.table, f"{listing.where}.table"), naming)
        if properties
        else InColumns("mixpanel")
    )
    own = tuple(map(mixpanel_key, OWN)) if reserved else OWN
    shape = Shape(
        event=as_text(named),
        payload=payload,
        times=_times(columns, settings),
        app_version="app_version_string",
        own_keys=(*own, *settings.own_keys),
        own_columns=None if properties else _own_columns(columns),
        ignored=IGNORED,
    )
    return land_shape(settings, settings.source, columns, shape, (plan, listing))


def _reserved(settings: MixpanelLanding, columns: Columns) -> bool:
    if settings.names != "auto":
        return settings.names == "reserved"
    return any(column.name.lower().startswith("mp_reserved_") for column in columns.table.columns)


def _own_columns(columns: Columns) -> frozenset[str]:
    mine = METADATA | {mixpanel_key(key) for key in OWN} | {key.removeprefix("$") for key in OWN}
    return frozenset(column.name for column in columns.table.columns if column.name.lower() in mine)


def _times(columns: Columns, settings: MixpanelLanding) -> Times:
    """`time` is a timestamp, or seconds since 1970; when Mixpanel processed it, milliseconds."""
    usual = times_of(columns, settings, ("time",), (), ("_fivetran_synced",))
    time = usual.time or since_epoch(columns, "time", "seconds")
    received = usual.received or since_epoch(columns, "mp_processing_time_ms", "milliseconds")
    return Times(time, received, usual.loaded)
