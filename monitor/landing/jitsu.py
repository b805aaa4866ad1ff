"""Jitsu: one `events` table with every property as a column (its default), or a table per event."""

import re

from monitor.catalog import Catalog
from monitor.config.landings import JitsuLanding
from monitor.config.locators import FallbackLocator, Locator
from monitor.landing.collector import Collector, names_of
from monitor.landing.columns import Columns, as_text
from monitor.landing.document_table import Shape, first_needed, land_shape, table_of, times_of
from monitor.landing.held import one_table_missing
from monitor.landing.model import InColumns, Landed
from monitor.landing.naming import jitsu_column
from monitor.landing.per_event import land_per_event
from monitor.landing.versions import Listing
from monitor.plan.model import Plan
from monitor.sql import vocabulary as sql

OWN_TABLES = frozenset(
    {"tracks", "pages", "identifies", "groups", "users", "page", "identify", "group", "screen", "events"}
)

METADATA = frozenset(
    {
        "_timestamp", "anonymous_id", "api_key", "context", "event", "event_type", "eventn_ctx_event_id",
        "group_id", "integrations", "message_id", "original_timestamp", "previous_id", "received_at", "request_ip",
        "sent_at", "src", "timestamp", "traits", "type", "user_id", "utc_time", "write_key",
    }
)  # fmt: skip
"""Jitsu's own columns, beside every `context_…`."""

LEGACY = frozenset(
    {
        "anon_ip",
        "click_id",
        "doc_encoding",
        "doc_host",
        "doc_path",
        "doc_search",
        "local_tz_offset",
        "page_title",
        "referer",
        "screen_resolution",
        "source_ip",
        "url",
        "user_agent",
        "user_language",
        "vp_size",
    }
)
"""Columns of the layout `jitsu-legacy` alone."""

IGNORED = frozenset({"page", "pageview", "identify", "group", "screen", "alias", "user_identify"})
"""Calls that are no events of the plan: counted."""

_SIGN = re.compile(r"[^A-Za-z0-9_]")


def land_jitsu(settings: JitsuLanding, plan: Plan, catalog: Catalog, listing: Listing) -> Landed:
    """The table, or the schema's tables, with the planned events. Raises ConfigError."""
    if settings.db_schema is None:
        return _single(settings, settings.table or "events", (plan, catalog, listing))
    collector = Collector(
        table=_table,
        naming="jitsu",
        own_tables=OWN_TABLES,
        own_columns=METADATA,
        chain=_chain,
        arrivals=("received_at",),
        loads=(),
    )
    return land_per_event(settings.db_schema, settings.source, settings, collector, (plan, catalog, listing))


def _single(settings: JitsuLanding, name: str, found: tuple[Plan, Catalog, Listing]) -> Landed:
    plan, catalog, listing = found
    columns = table_of(name, catalog, listing)
    if columns is None:
        return one_table_missing(name, settings.source, listing.name)
    named = [column for one in ("event", "event_type", "type") if (column := columns.find(one))]
    first_needed(columns, ("event", "event_type"), "which names the event")
    legacy = columns.find("eventn_ctx_event_id") is not None
    mine = METADATA | LEGACY if legacy else METADATA
    prefixes = ("context_", "user_", "utm_", "click_id_") if legacy else ("context_",)
    properties = {
        jitsu_column((key,)) for event in plan.events for version in event.versions for key in names_of(version)
    }
    own = frozenset(
        column.name
        for column in columns.table.columns
        if column.name.lower() in mine or (column.name.lower().startswith(prefixes) and column.name not in properties)
    )
    shape = Shape(
        event=sql.Coalesce(tuple(map(as_text, named))),
        payload=InColumns("jitsu"),
        times=times_of(columns, settings, ("timestamp", "_timestamp", "utc_time"), ("received_at",), ()),
        app_version="context_app_version",
        own_columns=own,
        ignored=IGNORED,
    )
    return land_shape(settings, settings.source, columns, shape, (plan, listing))


def _table(event: str) -> str:
    """The event's name as it was sent: Jitsu's loader only replaces what a warehouse cannot name."""
    return _SIGN.sub("_", event)


def _chain(_columns: Columns) -> tuple[Locator, ...]:
    return (FallbackLocator(fallback="only"),)
