"""RudderStack: a schema per source with a table per event, and a table of the values that the warehouse refused."""

from collections.abc import Mapping
from functools import partial

from monitor.catalog import Catalog
from monitor.config.landings import RudderstackLanding
from monitor.config.locators import FallbackLocator, Locator
from monitor.landing.collector import Collector
from monitor.landing.columns import Columns, as_text
from monitor.landing.held import Row, is_event
from monitor.landing.model import Landed
from monitor.landing.per_event import land_per_event
from monitor.landing.rudder_names import TABLES, rudder_table
from monitor.landing.versions import Listing
from monitor.plan.model import Plan
from monitor.plan.schemaver import aliases
from monitor.sql import vocabulary as sql
from monitor.sql.vocabulary import Expr

DISCARDS = "rudder_discards"

METADATA = frozenset(
    {
        "id", "anonymous_id", "user_id", "event", "event_text", "timestamp", "received_at", "sent_at",
        "original_timestamp", "uuid_ts", "loaded_at", "channel", "rudder_event", "recordid",
    }
)  # fmt: skip
"""RudderStack's own columns, beside every `context_…`. A property of such a name is dropped."""

LONGEST_TEXT: Mapping[str, int] = {"redshift": 512}
"""Warehouses in which a column of texts that began short holds no longer ones."""

PLAN_VERSIONS = ("context_ruddertyper_tracking_plan_version", "context_tracking_plan_version")
"""Columns of the tracking plan's version; a typed client's comes first. They say the plan's, not the event's."""


def land_rudderstack(settings: RudderstackLanding, plan: Plan, catalog: Catalog, listing: Listing) -> Landed:
    """The schema's event tables, their discards beside them. Raises ConfigError."""
    divided = settings.names == "legacy"
    collector = Collector(
        table=partial(rudder_table, divided=divided),
        naming="rudderstack_legacy" if divided else "rudderstack",
        own_tables=TABLES | {DISCARDS, "rudder_identity_mappings", "rudder_identity_merge_rules"},
        own_columns=METADATA,
        chain=_chain,
        truncates=LONGEST_TEXT.get(catalog.engine),
        discards=DISCARDS if settings.discards else "",
        version=_planned_version,
    )
    return land_per_event(settings.db_schema, settings.source, settings, collector, (plan, catalog, listing))


def _chain(_columns: Columns) -> tuple[Locator, ...]:
    """No column says an event's version: it is known where the event has only one."""
    return (FallbackLocator(fallback="only"),)


def _planned_version(columns: Columns, row: Row) -> Expr | None:
    """The tracking plan's version, where the event has one of that name."""
    landed = tuple(as_text(column) for name in PLAN_VERSIONS if (column := columns.find(name)))
    if not landed:
        return None
    said = landed[0] if len(landed) == 1 else sql.Coalesce(landed)
    arms: list[tuple[Expr, Expr]] = []
    for event, raw in row.held:
        spellings = tuple(dict.fromkeys(name for version in event.versions for name in aliases(version.version)))
        if spellings:
            named, planned = is_event(row.event, raw), sql.OneOf(said, spellings)
            arms.append((sql.And((named, planned)) if named else planned, said))
    return sql.Case(tuple(arms), sql.Literal(None)) if arms else None
