"""Segment's forwarded violations: events that the tracking plan's enforcement refused, as rows of their own.

Segment sends one `violation_generated` event per violation; an event that breaks several rules has several. An event
that was not blocked lands as well, and is counted there.
"""

from collections.abc import Iterator

from monitor.catalog import Catalog, Table, TableRef
from monitor.config.landings import SegmentLanding
from monitor.config.locators import AppVersionLocator, ConstantLocator, FallbackLocator, Locator
from monitor.landing.columns import Columns, as_text, find
from monitor.landing.held import Held, Row, planned_for, source_expr
from monitor.landing.model import LandedEvent, LandedTable, MissingTable, Origin, Part, Rejected
from monitor.landing.versions import Listing, Places, version_expr
from monitor.plan.model import Plan
from monitor.sql import vocabulary as sql
from monitor.sql.vocabulary import Expr

VIOLATIONS = "violation_generated"

BY = "Segment"

_ORDER = ("loaded_at", "received_at", "violation_field", "violation_type")


def land_violations(
    settings: SegmentLanding, plan: Plan, catalog: Catalog, listing: Listing
) -> tuple[tuple[LandedTable, ...], tuple[MissingTable, ...]]:
    """The table of violations as rejected rows, where there is one. Raises ConfigError."""
    if settings.rejected is None:
        own = (table for table in catalog.schema(settings.db_schema) if table.ref.name.lower() == VIOLATIONS)
        table = next(own, None)
        return ((_land(settings, table, plan, catalog, listing),) if table else ()), ()
    ref = TableRef.parse(settings.rejected.table)
    table = catalog.tables.get(ref)
    if table is None:
        source = settings.source if isinstance(settings.source, str) else ""
        return (), (MissingTable(ref, listing.name, "", required=True, source=source),)
    return (_land(settings, table, plan, catalog, listing),), ()


def _land(settings: SegmentLanding, table: Table, plan: Plan, catalog: Catalog, listing: Listing) -> LandedTable:
    columns = Columns(table, f"{listing.where}.rejected")
    event = as_text(columns.named("event_name", "table"))
    message = columns.named("event_message_id", "table")
    field = columns.first("violation_field")
    held = tuple(Held(one, (one.name,)) for one in planned_for(plan, settings.source))
    source = source_expr(columns, settings.source) if isinstance(settings.source, str) else _slug(columns)
    row = Row(event, source, held)
    received = columns.time(None, "received", "received_at")
    time = columns.time(None, "time", "timestamp")  # `event_timestamp` can be of the year 1
    columns.check_times(time, received)
    reason = as_text(field) if field else sql.Literal(None)
    places = Places(columns, row, time=time or received, app_version="app_version")
    # The earliest first: a violation that comes later must not move an event that was counted already.
    order = [column.name for name in _ORDER if (column := columns.find(name))]
    return LandedTable(
        table=_named(table, settings),
        landing=listing.name,
        events=tuple(LandedEvent(one.event.name, one.raw, Rejected(BY, _top(reason))) for one in held),
        event=event,
        version=version_expr(_chain(settings), places, listing),
        source=source,
        time=time,
        received=received,
        loaded=columns.time(None, "loaded", "loaded_at"),
        own_columns=frozenset(column.name for column in table.columns),
        env=settings.env,
        lag=settings.lag,
        origin=Origin(
            (Part(table),),
            where=_of_source(settings, columns),
            once=(message.name, *order),
            not_in=_landed(settings, catalog, message.name),
        ),
    )


def _slug(columns: Columns) -> Expr:
    """Violations carry none of the event's own columns: their source's slug stands for what the rows would say."""
    said = columns.first("source_slug", "source_name")
    return sql.Coalesce((as_text(said), sql.Literal("unknown"))) if said else sql.Literal("unknown")


def _top(reason: Expr) -> Expr:
    """The property at the top of `properties.address.city`, `address.city` or `address`."""
    return sql.Captured(reason, r"^(?:\$?\.?properties\.)?([^.\[]+)")


def _chain(settings: SegmentLanding) -> tuple[Locator, ...]:
    """Violations do not carry the event's version: the app's may tell it, or the event has only one.

    The oldest, as for events, would be a guess: an enforced event may well have carried a newer version.
    """
    chain: list[Locator] = []
    for one in settings.version:
        if isinstance(one, AppVersionLocator):
            chain.append(one.model_copy(update={"column": None}))
        elif isinstance(one, ConstantLocator):
            return (*chain, one)
    return (*chain, FallbackLocator(fallback="only"))


def _of_source(settings: SegmentLanding, columns: Columns) -> Expr | None:
    slug = settings.rejected.source_slug if settings.rejected else None
    if slug is None:
        return None
    return sql.Compare(as_text(columns.named("source_slug", "source_slug")), "=", sql.Literal(slug))


def _named(table: Table, settings: SegmentLanding) -> Table:
    """The table as measured: one table may hold the violations of several landings."""
    slug = settings.rejected.source_slug if settings.rejected else None
    return Table(TableRef(table.ref.schema, f"{table.ref.name}:{slug}"), table.columns) if slug else table


def _landed(
    settings: SegmentLanding, catalog: Catalog, message: str
) -> tuple[str, tuple[tuple[TableRef, str], ...]] | None:
    """Where an event that was not blocked stands by its id: in `tracks`, or in one of the events' tables."""
    held = tuple(_with_id(catalog.schema(settings.db_schema)))
    tracks = tuple(one for one in held if one[0].name.lower() == "tracks")
    return (message, tracks or held) if held else None


def _with_id(tables: tuple[Table, ...]) -> Iterator[tuple[TableRef, str]]:
    for table in tables:
        own = find(table, "id")
        if own is not None and table.ref.name.lower() != VIOLATIONS and find(table, "received_at") is not None:
            yield table.ref, own.name
