"""The demo's SQL: the files of `sql/`, filled in with the shop's own constants. Nothing here comes from outside."""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from importlib.resources import files
from math import exp
from string import Template

from monitor.demo.clock import Clock, timestamp
from monitor.demo.series import Series
from monitor.demo.shop import Property, Source
from monitor.demo.sources import OLDEST_RELEASE

SEGMENT_COLUMNS = {
    "id": "VARCHAR",
    "anonymous_id": "VARCHAR",
    "user_id": "VARCHAR",
    "event": "VARCHAR",
    "event_text": "VARCHAR",
    "original_timestamp": "TIMESTAMP",
    "sent_at": "TIMESTAMP",
    "received_at": "TIMESTAMP",
    "timestamp": "TIMESTAMP",
    "uuid_ts": "TIMESTAMP",
    "context_app_version": "VARCHAR",
    "context_library_name": "VARCHAR",
    "context_protocols_event_version": "VARCHAR",
}
JSON_COLUMNS = {
    "message_id": "VARCHAR",
    "event_name": "VARCHAR",
    "event_version": "VARCHAR",
    "anonymous_id": "VARCHAR",
    "user_id": "VARCHAR",
    "app_version": "VARCHAR",
    "payload": "JSON",
    "occurred_at": "TIMESTAMP",
    "received_at": "TIMESTAMP",
    "loaded_at": "TIMESTAMP",
}


def filled(name: str, **values: object) -> str:
    """One file of `sql/` with its `$names` replaced."""
    text = files("monitor.demo").joinpath("sql", f"{name}.sql").read_text(encoding="utf-8")
    return Template(text).substitute({key: str(value) for key, value in values.items()})


def setup() -> str:
    """The macros and the people and products that rows are drawn from."""
    return filled("setup")


def rates(series: Sequence[Series], clock: Clock, scale: float) -> str:
    """The temporary table `series` that the hours are computed from."""
    return filled("series", rows=",\n    ".join(_rates(one, clock, scale) for one in series))


def _rates(series: Series, clock: Clock, scale: float) -> str:
    source = series.source
    age, factor = series.changes
    begins = clock.begin if series.begins is None else clock.ago(series.begins)
    values = (
        series.id,
        source.id,
        f"{series.event.rates[source.name] * scale}::DOUBLE",
        list(source.by_hour),
        list(source.by_weekday),
        timestamp(begins),
        timestamp(clock.ago(age)),
        factor,
    )
    return f"({', '.join(map(str, values))})"


def hours(begin: datetime, end: datetime) -> str:
    """How many rows each series of the table `series` has in each hour of [begin, end)."""
    return filled("hours", begin=timestamp(begin), end=timestamp(end))


def create(source: Source, series: Sequence[Series]) -> Iterator[str]:
    """The empty schema and tables of one source."""
    schema = source.table.partition(".")[0]
    yield f"CREATE SCHEMA IF NOT EXISTS {schema}"
    if source.layout == "json":
        yield _table(source.table, JSON_COLUMNS)
        return
    yield _table(f"{schema}.tracks", SEGMENT_COLUMNS)
    for one in series:
        yield _table(one.table, SEGMENT_COLUMNS | {_column(p): _landed_type(p) for p in one.properties})


def insert_segment(series: Series, clock: Clock) -> str:
    """One series' rows into its own table."""
    return filled(
        "segment",
        table=series.table,
        slug=series.event.slug,
        event=series.event.name,
        library=series.source.library,
        properties=",\n    ".join(f"{_landed(p)} AS {_column(p)}" for p in series.properties),
        rows=_rows(series, clock),
    )


def insert_json(source: Source, series: Sequence[Series], clock: Clock) -> str:
    """All series of a source into its one table, in the order of their arrival."""
    selects = "\nUNION ALL BY NAME\n".join(
        filled("json", event=one.event.name, payload=_payload(one.properties), rows=_rows(one, clock)) for one in series
    )
    return f"INSERT INTO {source.table} BY NAME FROM ({selects}) ORDER BY received_at, message_id"


def insert_tracks(source: Source, series: Sequence[Series], begin: datetime) -> str:
    """The rows that arrived from `begin` on, out of every table of a source, into its `tracks`."""
    columns = ", ".join(SEGMENT_COLUMNS)
    tables = "\nUNION ALL\n".join(
        filled("arrived", columns=columns, table=one.table, begin=timestamp(begin)) for one in series
    )
    return filled("tracks", schema=source.table, columns=columns, tables=tables)


def add_column(table: str, column: str, kind: str) -> str:
    """A column more: null in every row that is there."""
    return f"ALTER TABLE {table} ADD COLUMN {column} {kind}"


def turn_text(table: str, column: str) -> str:
    """A number's column as text, with the rows that are there."""
    return f"ALTER TABLE {table} ALTER COLUMN {column} TYPE VARCHAR"


def _table(name: str, columns: dict[str, str]) -> str:
    listed = ", ".join(f"{column} {kind}" for column, kind in columns.items())
    return f"CREATE TABLE {name} ({listed})"


def _rows(series: Series, clock: Clock) -> str:
    return filled(
        "rows",
        series=series.id,
        version=series.version_sql,
        app_version=_app_version(series, clock),
        queue=series.source.queue_ms,
        offline=series.source.offline,
        behind=series.source.behind,
        # Ages are drawn from an exponential distribution that ends at the oldest release.
        within=1 - exp(-OLDEST_RELEASE / timedelta(days=series.source.behind)),
    )


def _column(known: Property) -> str:
    """Nested properties land flat: `shipping.method` in `shipping_method`."""
    return known.name.replace(".", "_")


def _landed_type(known: Property) -> str:
    """Segment lands arrays as JSON text."""
    return "VARCHAR" if known.type.endswith("[]") else known.type


def _value(known: Property) -> str:
    if not known.absent:
        return known.sql
    versions = ", ".join(f"'{version}'" for version in known.absent)
    return f"CASE WHEN version NOT IN ({versions}) THEN {known.sql} END"


def _landed(known: Property) -> str:
    return f"to_json({_value(known)})::VARCHAR" if known.type.endswith("[]") else _value(known)


def _payload(properties: Sequence[Property]) -> str:
    """A JSON object of the properties; those with a dot in their name nest one level, all in the same versions."""
    flat = [f"'{p.name}', {_value(p)}" for p in properties if "." not in p.name]
    outer = dict.fromkeys(p.name.partition(".")[0] for p in properties if "." in p.name)
    nested = [f"'{name}', {_nested(name, properties)}" for name in outer]
    return f"json_object({', '.join(flat + nested)})"


def _nested(outer: str, properties: Sequence[Property]) -> str:
    inside = [p for p in properties if p.name.partition(".")[0] == outer]
    members = ", ".join(f"'{p.name.partition('.')[2]}', {p.sql}" for p in inside)
    return _value(replace(inside[0], sql=f"json_object({members})"))


def _app_version(series: Series, clock: Clock) -> str:
    """The newest release that was shipped when the row's device last updated."""
    *newer, oldest = series.source.releases
    arms = " ".join(
        f"WHEN installed >= {timestamp(clock.ago(timedelta(days=release.days_ago)))} THEN '{release.app_version}'"
        for release in newer
    )
    return f"CASE {arms} ELSE '{oldest.app_version}' END"
