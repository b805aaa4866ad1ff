"""One table of events, properties in one document: what Amplitude, Mixpanel, PostHog and GA4 have in common."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from monitor.catalog import Catalog, Column, Family, Table, TableRef
from monitor.config.landings import AnyLanding, Source
from monitor.config.locators import FallbackLocator, JsonLocator, Locator
from monitor.errors import ConfigError
from monitor.landing.columns import Columns, as_document
from monitor.landing.held import Held, Row, planned_for, source_expr
from monitor.landing.model import InColumns, InDocument, Landed, LandedEvent, LandedTable, NotLanded, Origin
from monitor.landing.versions import Listing, Places, json_path, version_expr
from monitor.plan.model import Event, Plan
from monitor.sql import vocabulary as sql
from monitor.sql.vocabulary import Expr

ONLY: tuple[Locator, ...] = (FallbackLocator(fallback="only"),)
"""These collectors land no version of an event: it is known where the plan has just one."""

NO_DOCUMENT = (Family.BOOLEAN, Family.INTEGER, Family.NUMBER, Family.TIMESTAMP, Family.DATE)


@dataclass(frozen=True, slots=True)
class Times:
    """When a row happened, when the collector had it, when the warehouse had it."""

    time: Expr | None
    received: Expr | None
    loaded: Expr | None


@dataclass(frozen=True, slots=True)
class Shape:
    """One collector's table: where everything is."""

    event: Expr
    payload: InDocument | InColumns | NotLanded
    times: Times
    app_version: str | None = None
    own_keys: tuple[str, ...] = ()
    own_columns: frozenset[str] | None = None
    """None: all columns are the collector's own."""
    ignored: frozenset[str] = frozenset()
    origin: Origin | None = None
    chain: tuple[Locator, ...] = ONLY
    """Where a row's version is, where the configuration does not say."""


def land_shape(
    settings: AnyLanding, source: Source, table: Columns, shape: Shape, found: tuple[Plan, Listing]
) -> Landed:
    """The table with every planned event. A row is an event's when it holds the planned name or its key."""
    plan, listing = found
    held = tuple(Held(event, _raw(event, plan)) for event in planned_for(plan, source))
    row = Row(shape.event, source_expr(table, source), held)
    times = shape.times
    table.check_times(times.time, times.received)
    document = shape.payload.doc if isinstance(shape.payload, InDocument) else None
    places = Places(table, row, times.time or times.received, document, shape.app_version)
    every = frozenset(column.name for column in table.table.columns)
    landed = LandedTable(
        table=table.table,
        landing=listing.name,
        events=tuple(LandedEvent(one.event.name, one.raw, shape.payload) for one in held),
        event=row.event,
        version=version_expr(settings.version or shape.chain, places, listing),
        source=row.source,
        time=times.time,
        received=times.received,
        loaded=times.loaded,
        own_columns=every if shape.own_columns is None else shape.own_columns,
        own_keys=tuple(dict.fromkeys((*shape.own_keys, *read_keys(settings, listing)))),
        env=settings.env,
        lag=settings.lag,
        id=table.id(settings.id),
        ignored=shape.ignored - {name for one in held for name in one.raw},
        origin=shape.origin,
    )
    return Landed((landed,))


def table_of(name: str, catalog: Catalog, listing: Listing) -> Columns | None:
    """The configured table; None where the catalog does not have it."""
    table = catalog.tables.get(TableRef.parse(name))
    return Columns(table, listing.where) if table else None


def times_of(
    columns: Columns, settings: AnyLanding, time: Sequence[str], received: Sequence[str], loaded: Sequence[str]
) -> Times:
    """The configured columns, or the first of the collector's usual ones that hold times."""
    return Times(
        columns.time(settings.time, "time", *time),
        columns.time(settings.received, "received", *received),
        columns.time(settings.loaded, "loaded", *loaded),
    )


def since_epoch(columns: Columns, name: str, unit: Literal["seconds", "milliseconds", "microseconds"]) -> Expr | None:
    """A time that is kept as a number; None where there is no such column of whole numbers."""
    column = columns.find(name)
    if column is None or column.family is not Family.INTEGER:
        return None
    return sql.SinceEpoch(sql.Column(column.name), unit)


def first_needed(columns: Columns, names: Sequence[str], what: str) -> Column:
    """The first of a layout's columns that has landed. Raises ConfigError where none has."""
    found = columns.first(*names)
    if found:
        return found
    listed = " or ".join(names)
    raise ConfigError(
        f"{columns.table.ref} has no column {listed}, {what}",
        where=f"{columns.where}.table",
        hint="name the table that the collector's export writes; any other table of events may be of the layout json",
    )


def document_of(column: Column, table: Table, where: str) -> Expr:
    """A column's document. Raises ConfigError where its type holds none."""
    if column.family in NO_DOCUMENT:
        raise ConfigError(
            f"column {column.name!r} of {table.ref} is {column.native}, not a document",
            where=where,
            hint="name a column of JSON or of text that holds JSON",
        )
    return as_document(column)


def read_keys(settings: AnyLanding, listing: Listing) -> tuple[str, ...]:
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
