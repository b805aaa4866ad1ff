"""Google Analytics 4: its BigQuery export, a table for every day, parameters as lists of key and value.

All days are one table of events: a table set, put together from the days that the catalog has. A wildcard table would
say the same on BigQuery alone, and would count a day twice while its `events_intraday_…` and `events_…` both exist; of
a set, the days that can hold nothing of the measured hours are passed over.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta

from monitor.catalog import Catalog, Column, Table, TableRef
from monitor.config.landings import Ga4Landing
from monitor.errors import ConfigError
from monitor.landing.columns import Columns, as_text, find
from monitor.landing.document_table import Shape, Times, first_needed, land_shape, since_epoch
from monitor.landing.held import planned_for
from monitor.landing.model import InDocument, Landed, MissingTable, Origin, Part
from monitor.landing.versions import Listing
from monitor.plan.model import Plan
from monitor.sql import vocabulary as sql

LOGICAL = "events_*"
"""The name of all days together, as BigQuery writes it."""

_DAY = re.compile(r"events_(intraday_)?([0-9]{8})\Z")

_BEFORE, _AFTER = timedelta(hours=15), timedelta(hours=39)
"""A day is one of the property's time zone, UTC−12 to UTC+14, and an hour of daylight saving."""

READ = ("event_name", "event_timestamp", "event_params", "items")

OWN = (
    "batch_ordering_id", "batch_page_id", "campaign", "campaign_id", "content", "debug_event", "debug_mode",
    "engaged_session_event", "engagement_time_msec", "entrances", "event_bundle_sequence_id", "firebase_conversion",
    "firebase_error", "firebase_event_origin", "firebase_previous_class", "firebase_previous_id",
    "firebase_previous_screen", "firebase_screen", "firebase_screen_class", "firebase_screen_id", "ga_session_id",
    "ga_session_number", "gclid", "gclsrc", "dclid", "srsltid", "ignore_referrer", "language", "medium",
    "page_location", "page_path", "page_referrer", "page_title", "percent_scrolled", "screen_resolution",
    "session_engaged", "source", "source_platform", "system_app", "system_app_update", "synthetic_bundle", "term",
    "term_id", "update_with_analytics",
)  # fmt: skip
"""Parameters that Google's tags add by themselves."""

IGNORED = frozenset(
    {
        "ad_click", "ad_exposure", "ad_impression", "ad_query", "ad_reward", "adunit_exposure", "app_clear_data",
        "app_exception", "app_remove", "app_store_refund", "app_store_subscription_cancel",
        "app_store_subscription_convert", "app_store_subscription_renew", "app_update", "click",
        "dynamic_link_app_open", "dynamic_link_app_update", "dynamic_link_first_open", "error", "file_download",
        "firebase_campaign", "first_open", "first_visit", "form_start", "form_submit", "in_app_purchase",
        "notification_dismiss", "notification_foreground", "notification_open", "notification_receive", "os_update",
        "page_view", "screen_view", "scroll", "session_start", "user_engagement", "video_complete", "video_progress",
        "video_start", "view_search_results",
    }
)  # fmt: skip
"""Events that Google's tags send by themselves: counted, and nobody's to plan."""


def land_ga4(settings: Ga4Landing, plan: Plan, catalog: Catalog, listing: Listing) -> Landed:
    """All days as one table with every planned event; `event_params` and `items` hold the properties.

    A day that has its own table is not read from `events_intraday_…` as well. Raises ConfigError.
    """
    parts = _parts(catalog.schema(settings.db_schema), intraday=settings.intraday)
    ref = TableRef(settings.db_schema, LOGICAL)
    if not parts:
        source = settings.source if isinstance(settings.source, str) else ""
        events = tuple(event.name for event in planned_for(plan, settings.source))
        return Landed((), (MissingTable(ref, listing.name, "", required=True, source=source, events=events),))
    alike = tuple(part for part in parts if _types(part.table) == _types(parts[-1].table))
    columns = Columns(Table(ref, _columns(alike)), listing.where)
    named = first_needed(columns, ("event_name",), "which names the event")
    params = first_needed(columns, ("event_params",), "which holds the parameters")
    own_time = settings.time is settings.received is settings.loaded is None
    items = columns.find("items")
    beside = (("items", sql.Column(items.name)),) if items else ()
    shape = Shape(
        event=as_text(named),
        payload=InDocument(sql.Params(sql.Column(params.name), beside), "original"),
        times=_times(columns, settings),
        own_keys=(*OWN, *settings.own_keys),
        ignored=IGNORED,
        # A day bounds the times of its events: not those of another column, by which rows may come much later.
        origin=Origin(alike if own_time else tuple(Part(part.table) for part in alike)),
    )
    landed = land_shape(settings, settings.source, columns, shape, (plan, listing))
    return replace(landed, noted=lambda: _left_out(parts, alike, listing.where))


def _types(table: Table) -> tuple[str, ...]:
    """The types of what is read of a day: the rows of days with other ones cannot stand in one statement."""
    read = (find(table, name) for name in READ)
    return tuple(column.native if column else "" for column in read)


def _left_out(parts: Sequence[Part], alike: Sequence[Part], where: str) -> Iterator[ConfigError]:
    others = [part.table.ref.name for part in parts if part not in alike]
    if others:
        problem = f"{len(others)} days up to {others[-1]} are left out: the export's columns had other types then"
        yield ConfigError(problem, where=where, hint="nothing is to be done: days since then are measured")


def _times(columns: Columns, settings: Ga4Landing) -> Times:
    """`event_timestamp` counts microseconds. The export has no time of arrival and none of load."""
    time = columns.time(settings.time, "time") or since_epoch(columns, "event_timestamp", "microseconds")
    if time is None:
        raise ConfigError(
            f"{columns.table.ref} has no event_timestamp of whole numbers",
            where=f"{columns.where}.schema",
            hint="name the dataset that Google Analytics exports to, or the column of another time: `time:`",
        )
    return Times(time, columns.time(settings.received, "received"), columns.time(settings.loaded, "loaded"))


def _parts(tables: Sequence[Table], *, intraday: bool) -> tuple[Part, ...]:
    days: dict[str, Table] = {}
    for whole in (True, False) if intraday else (True,):
        for table in tables:
            named = _DAY.fullmatch(table.ref.name)
            if named and bool(named[1]) is not whole and _day(named[2]):
                days.setdefault(named[2], table)
    return tuple(_part(table, day) for name, table in sorted(days.items()) if (day := _day(name)))


def _part(table: Table, day: datetime) -> Part:
    return Part(table, day - _BEFORE, day + _AFTER)


def _day(name: str) -> datetime | None:
    try:
        return datetime.strptime(name, "%Y%m%d").replace(tzinfo=UTC)
    except ValueError:
        return None  # eight digits that are no day


def _columns(parts: Sequence[Part]) -> tuple[Column, ...]:
    """Every column of any day, as the newest day has it."""
    found: dict[str, Column] = {}
    for part in reversed(parts):
        for column in part.table.columns:
            found.setdefault(column.name, column)
    return tuple(found.values())
