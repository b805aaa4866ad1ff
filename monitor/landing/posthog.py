"""PostHog: the `events` table of its batch exports."""

from monitor.catalog import Catalog
from monitor.config.landings import PosthogLanding
from monitor.landing.columns import as_text
from monitor.landing.document_table import Shape, document_of, first_needed, land_shape, table_of, times_of
from monitor.landing.held import one_table_missing
from monitor.landing.model import InDocument, Landed
from monitor.landing.versions import Listing
from monitor.plan.model import Plan

OWN = (
    "$active_feature_flags", "$anon_distinct_id", "$app_build", "$app_name", "$app_namespace", "$app_version",
    "$autocapture_disabled_server_side", "$browser", "$browser_language", "$browser_language_prefix", "$browser_type",
    "$browser_version", "$configured_session_timeout_ms", "$console_log_recording_enabled_server_side", "$current_url",
    "$device", "$device_id", "$device_manufacturer", "$device_model", "$device_name", "$device_type",
    "$elements", "$enabled_feature_flags", "$event_type", "$exception_capture_enabled_server_side",
    "$feature_flag_payloads", "$geoip_accuracy_radius", "$geoip_city_confidence", "$geoip_city_name",
    "$geoip_continent_code", "$geoip_continent_name", "$geoip_country_code", "$geoip_country_name", "$geoip_disable",
    "$geoip_latitude", "$geoip_longitude", "$geoip_postal_code", "$geoip_subdivision_1_code",
    "$geoip_subdivision_1_name", "$geoip_time_zone", "$group_set", "$group_type", "$groups",
    "$had_persisted_distinct_id",
    "$host", "$initial_person_info", "$initial_referrer", "$initial_referring_domain", "$insert_id", "$ip",
    "$is_identified", "$lib", "$lib_custom_api_host", "$lib_rate_limit_remaining_tokens", "$lib_version", "$locale",
    "$network_carrier", "$network_wifi", "$os", "$os_name", "$os_version", "$pageview_id", "$pathname",
    "$prev_pageview_duration", "$prev_pageview_id", "$prev_pageview_last_scroll", "$prev_pageview_pathname",
    "$process_person_profile", "$raw_user_agent", "$recording_status", "$referrer", "$referring_domain",
    "$replay_minimum_duration", "$replay_sample_rate", "$replay_script_config", "$screen_height", "$screen_name",
    "$screen_width", "$sdk_debug_replay_internal_buffer_length", "$sdk_debug_replay_internal_buffer_size",
    "$sdk_debug_retry_queue_size", "$sent_at", "$session_entry_host", "$session_entry_pathname",
    "$session_entry_referrer", "$session_entry_referring_domain", "$session_entry_url", "$session_id",
    "$session_recording_canvas_recording", "$session_recording_network_payload_capture",
    "$session_recording_recorder_version_server_side", "$session_recording_start_reason", "$set", "$set_once", "$time",
    "$timezone", "$timezone_offset", "$transformations_failed", "$transformations_skipped",
    "$transformations_succeeded", "$unset", "$used_bootstrap_value", "$user_id", "$viewport_height",
    "$viewport_width", "$web_vitals_allowed_metrics", "$web_vitals_enabled_server_side", "$window_id", "distinct_id",
    "token",
)  # fmt: skip
"""Properties that PostHog's clients and servers add by themselves."""

IGNORED = frozenset(
    {
        "$autocapture", "$copy_autocapture", "$create_alias", "$dead_click", "$exception", "$feature_flag_called",
        "$feature_interaction", "$feature_view", "$groupidentify", "$heatmap", "$$heatmap", "$identify",
        "$merge_dangerously", "$opt_in", "$pageleave", "$pageview", "$performance_event", "$rageclick", "$screen",
        "$set",
        "$snapshot", "$web_vitals", "Application Backgrounded", "Application Became Active", "Application Installed",
        "Application Opened", "Application Updated", "Deep Link Opened",
    }
)  # fmt: skip
"""Events that PostHog's clients send by themselves: counted, and nobody's to plan."""


def land_posthog(settings: PosthogLanding, plan: Plan, catalog: Catalog, listing: Listing) -> Landed:
    """The table with every planned event; `properties` holds the properties. Raises ConfigError.

    Only BigQuery's table says when a row was loaded; elsewhere the latest hours are read again (`measure.lookback`).
    """
    columns = table_of(settings.table, catalog, listing)
    if columns is None:
        return one_table_missing(settings.table, settings.source, listing.name)
    named = first_needed(columns, ("event",), "which names the event")
    properties = first_needed(columns, ("properties",), "which holds the properties")
    shape = Shape(
        event=as_text(named),
        payload=InDocument(document_of(properties, columns.table, f"{listing.where}.table"), "original"),
        times=times_of(columns, settings, ("timestamp",), ("created_at",), ("bq_ingested_timestamp",)),
        own_keys=(*OWN, *settings.own_keys),
        ignored=IGNORED,
    )
    return land_shape(settings, settings.source, columns, shape, (plan, listing))
