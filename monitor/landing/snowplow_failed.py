"""Snowplow's failed events: rows like those of `events`, what was invalid left out, with the failure beside.

What they are is told by the same columns. Where the event itself was invalid these may be empty: then its schema, as
the failure names it, says event and version.
"""

from monitor.catalog import Catalog, Family, Table, TableRef
from monitor.config.landings import SnowplowLanding
from monitor.config.locators import ColumnLocator, FallbackLocator, Locator
from monitor.errors import ConfigError
from monitor.landing.columns import Columns, as_document
from monitor.landing.held import Row, source_expr
from monitor.landing.model import LandedEvent, LandedTable, MissingTable, Rejected
from monitor.landing.snowplow_names import event_expr, held_events
from monitor.landing.versions import Listing, Places, version_expr
from monitor.plan.model import Plan
from monitor.sql import vocabulary as sql
from monitor.sql.vocabulary import Expr, Place

CONTEXT = "contexts_com_snowplowanalytics_snowplow_failure_1"

BY = "Snowplow"

_EVENT = r"^iglu:([^/]+/[^/]+)/"
_VERSION = r"/([0-9]+-[0-9]+-[0-9]+)$"
_AT = r"^\$\.([^.\[]+)"
_SAID = r"^\$\.([^.:\[ ]+): is missing"
_QUOTED = r"required property '([^']+)'"


def land_failed(
    settings: SnowplowLanding, plan: Plan, catalog: Catalog, listing: Listing
) -> tuple[tuple[LandedTable, ...], tuple[MissingTable, ...]]:
    """The configured table as rejected rows; missing where the catalog does not have it. Raises ConfigError."""
    if settings.rejected is None:
        return (), ()
    ref = TableRef.parse(settings.rejected.table)
    table = catalog.tables.get(ref)
    if table is None:
        source = settings.source if isinstance(settings.source, str) else ""
        return (), (MissingTable(ref, listing.name, "", required=True, source=source),)
    return (_land(settings, table, plan, listing),), ()


def _land(settings: SnowplowLanding, table: Table, plan: Plan, listing: Listing) -> LandedTable:
    columns = Columns(table, f"{listing.where}.rejected")
    failure = _failure(columns)
    schema = sql.Text(sql.At(failure, ("schema",)))
    event = sql.Coalesce((event_expr(columns), sql.Captured(schema, _EVENT)))
    held = held_events(plan, settings)
    row = Row(event, source_expr(columns, settings.source), held)
    time = columns.time(settings.time, "time", "derived_tstamp")
    received = columns.time(settings.received, "received", "collector_tstamp")
    columns.check_times(time, received)
    said = version_expr(_chain(settings, columns), Places(columns, row, time=time or received), listing)
    own = sql.Compare(sql.Captured(schema, _EVENT), "=", event)
    named = sql.Case(((own, sql.Captured(schema, _VERSION)),), _NOTHING)
    payload = Rejected(BY, sql.Case(((own, _reason(failure)),), _NOTHING))
    return LandedTable(
        table=table,
        landing=listing.name,
        events=tuple(LandedEvent(one.event.name, one.raw, payload) for one in held),
        event=event,
        version=sql.Coalesce((said, named)),
        source=row.source,
        time=time,
        received=received,
        loaded=columns.time(settings.loaded, "loaded", "load_tstamp"),
        own_columns=frozenset(column.name for column in table.columns),
        env=settings.env,
        lag=settings.lag,
        id=columns.id(settings.id),
    )


def _failure(columns: Columns) -> Expr:
    """The first failure, as a document."""
    column = columns.first(CONTEXT, f"{CONTEXT}_0_0")
    if column is None or column.family in (Family.INTEGER, Family.NUMBER, Family.BOOLEAN, Family.TIMESTAMP):
        raise ConfigError(
            f"{columns.table.ref} has no column {CONTEXT}",
            where=f"{columns.where}.table",
            hint="name the table that Snowplow's loader writes failed events to",
        )
    return sql.Document(sql.Nth(sql.At(as_document(column), ()), 0))


def _chain(settings: SnowplowLanding, columns: Columns) -> tuple[Locator, ...]:
    """As for `events`, without fallbacks: the failure may know better."""
    landed = columns.find("event_version")
    kept = tuple(one for one in settings.version if not isinstance(one, FallbackLocator))
    return kept or ((ColumnLocator(column=landed.name),) if landed else ())


def _reason(failure: Expr) -> Expr:
    """The property that a schema refused; NULL where it was none of a property."""
    error = sql.Document(sql.Nth(sql.At(failure, ("errors",)), 0))
    path, message = sql.Text(sql.At(error, ("path",))), sql.Text(sql.At(error, ("message",)))
    target: Place = sql.Nth(sql.At(error, ("targets",)), 0)
    missing = sql.Compare(sql.Text(sql.At(error, ("keyword",))), "=", sql.Literal("required"))
    return sql.Coalesce(
        (
            sql.Case(((missing, sql.Text(target)),), _NOTHING),
            sql.Captured(message, _SAID),
            sql.Captured(message, _QUOTED),
            sql.Captured(path, _AT),
        )
    )


_NOTHING = sql.Literal(None)
