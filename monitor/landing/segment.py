"""Segment: a schema per source with a table per event, its properties in columns."""

from dataclasses import replace

from monitor.catalog import Catalog
from monitor.config.landings import SegmentLanding
from monitor.config.locators import ColumnLocator, FallbackLocator, Locator
from monitor.errors import ConfigError
from monitor.landing.collector import Collector
from monitor.landing.columns import Columns
from monitor.landing.model import Landed
from monitor.landing.naming import NAMING
from monitor.landing.per_event import land_per_event
from monitor.landing.versions import Listing
from monitor.landing.violations import VIOLATIONS, land_violations
from monitor.plan.model import Plan
from monitor.plan.nearest import did_you_mean

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

LONGEST_TEXT = 512
"""Segment cuts texts off at this many characters."""

OLDEST = FallbackLocator(fallback="oldest")
"""Segment itself validates an event without a version against the oldest one."""


def land_segment(settings: SegmentLanding, plan: Plan, catalog: Catalog, listing: Listing) -> Landed:
    """The schema's event tables (`per_event.land_per_event`), and the violations that were forwarded.

    An event that is planned only for other sources is unplanned here. Raises ConfigError.
    """
    name = settings.names or "segment"
    if name not in NAMING:
        raise ConfigError(
            f"{name!r} is no naming rule", where=f"{listing.where}.names", hint=did_you_mean(name, NAMING)
        )
    rule = NAMING[name]
    collector = Collector(
        table=lambda event: rule((event,)),
        naming=name,
        own_tables=NOT_EVENTS | {VIOLATIONS},
        own_columns=METADATA,
        chain=_chain,
        truncates=LONGEST_TEXT,
    )
    landed = land_per_event(settings.db_schema, settings.source, settings, collector, (plan, catalog, listing))
    refused, missing = land_violations(settings, plan, catalog, listing)
    return replace(landed, tables=(*landed.tables, *refused), missing=(*landed.missing, *missing))


def _chain(columns: Columns) -> tuple[Locator, ...]:
    """Segment's own column and rule."""
    landed = columns.find(VERSION_COLUMN)
    return (ColumnLocator(column=landed.name), OLDEST) if landed else (OLDEST,)
