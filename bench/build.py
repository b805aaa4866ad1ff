"""Workspaces to be benchmarked: a plan, a DuckDB file, a configuration; made once per size and kept for the run."""

import json
from collections.abc import Sequence
from itertools import cycle
from pathlib import Path
from typing import Any

import duckdb
import yaml

from bench.shape import BEGIN, HOURS, SOURCES, VERSIONS, Prop, domain, event_name, properties, schema, table_name
from monitor.catalog import Catalog, Column, Family, Table, TableRef

_CONFIG = """\
plan: {{path: tracking_plan}}
profile: {{name: trackwarden, target: bench}}
history: {{url: "sqlite:///state/history.db"}}
landings:
{landings}
"""
_TYPED_LANDING = (
    "  - {source: {column: context_source}, layout: segment, schema: bench,\n"
    "     version: [{column: event_version}], lag: 2h}"
)
_PROFILES = """\
trackwarden:
  target: bench
  outputs:
    bench: {{type: duckdb, path: "{path}"}}
"""


def typed(folder: Path, tables: int, rows: int) -> Path:
    """A table per event, a column per property."""
    _plan(folder, {event_name(n): properties(domain(n)) for n in range(tables)})
    with duckdb.connect(str(folder / "warehouse.duckdb")) as connection:
        connection.execute("create schema bench")
        for n in range(tables):
            values = ", ".join(f"{p.value} as {p.name}" for p in properties(domain(n)))
            connection.execute(
                f"create table bench.{table_name(n)} as select {_meta(rows)}, '{event_name(n)}' as event_text, {values}"
                f" from (select range + {n * 17} as i, range as r from range({rows}))"
            )
    return _workspace(folder, _TYPED_LANDING)


def documents(folder: Path, events: int, rows: int) -> Path:
    """All events in one table, their properties in a JSON column, each event's under names of its own."""
    named = {event_name(n): properties(f"e{n}_") for n in range(events)}
    _plan(folder, named)
    with duckdb.connect(str(folder / "warehouse.duckdb")) as connection:
        connection.execute("create schema raw")
        for n, (event, props) in enumerate(named.items()):
            pairs = ", ".join(f"'{p.name}', {p.value}" for p in props)
            made = f"select '{event}' as event_name, {_meta(rows // events)}, json_object({pairs}) as payload"
            verb = "create table raw.events as" if n == 0 else "insert into raw.events"
            connection.execute(
                f"{verb} {made} from (select range + {n * 17} as i, range as r from range({rows // events}))"
            )
        connection.execute("create table raw.sorted as select * from raw.events order by received_at")
        connection.execute("drop table raw.events")
        connection.execute("alter table raw.sorted rename to events")
    landing = (
        "  - {source: {column: context_source}, layout: json, table: raw.events, event: {column: event_name},\n"
        "     properties: {column: payload}, version: [{column: event_version}], time: received_at,\n"
        "     received: received_at, lag: 2h}"
    )
    return _workspace(folder, landing)


def postgres(folder: Path, tables: int, rows: int, server: str) -> Path:
    """The typed tables in a PostgreSQL database (`server`: how to connect); `folder` gets the same workspace."""
    import psycopg  # noqa: PLC0415 - only here

    typed(folder, tables, rows)
    (folder / "server.txt").write_text(server)
    natives = {"VARCHAR": "text", "DOUBLE": "double precision", "BIGINT": "bigint", "BOOLEAN": "boolean",
               "TIMESTAMP": "timestamp"}  # fmt: skip
    with (
        psycopg.connect(server, autocommit=True) as target,
        duckdb.connect(str(folder / "warehouse.duckdb"), read_only=True) as source,
    ):
        target.execute("create schema bench")
        for n in range(tables):
            table = f"bench.{table_name(n)}"
            columns = source.execute(f"select column_name, column_type from (describe {table})").fetchall()
            target.execute(f"create table {table} ({', '.join(f'{name} {natives[kind]}' for name, kind in columns)})")
            source.execute(f"copy {table} to '{folder / 'rows.csv'}' (header false)")
            with target.cursor().copy(f"copy {table} from stdin (format csv)") as copy:
                copy.write((folder / "rows.csv").read_bytes())
            target.execute(f"analyze {table}")
        info = target.info
        login = {"host": info.host, "port": info.port, "user": info.user, "password": info.password}
        output = {"type": "postgres", **login, "dbname": info.dbname, "schema": "bench", "threads": 1}
    profile = {"trackwarden": {"target": "bench", "outputs": {"bench": output}}}
    (folder / "profiles.yml").write_text(yaml.safe_dump(profile))
    return folder


_WIDE: Sequence[tuple[str, dict[str, Any], str, Family]] = (
         ("string", {"maxLength": 64}, "VARCHAR", Family.TEXT), ("integer", {"minimum": 0}, "BIGINT", Family.INTEGER),
         ("number", {}, "DOUBLE", Family.NUMBER), ("boolean", {}, "BOOLEAN", Family.BOOLEAN),
         ("string", {"enum": ["a", "b", "c"]}, "VARCHAR", Family.TEXT))  # fmt: skip


def wide(folder: Path, events: int, width: int) -> Path:
    """A plan of many events with many properties; what landed is `wide_catalog`."""
    place = folder / "tracking_plan" / "events"
    place.mkdir(parents=True)
    for n in range(events):
        names = _wide_names(n, width)
        properties = {name: {"type": kind[0], **kind[1]} for name, kind in zip(names, cycle(_WIDE), strict=False)}
        schema = {"type": "object", "required": names[:10], "properties": properties}
        body = {"event": f"Event {n:05d}", "team": "bench", "versions": {"1-0-0": {"status": "live", "schema": schema}}}
        (place / f"event_{n:05d}.yml").write_text(json.dumps(body))  # JSON is YAML, and is written sooner
    return _workspace(folder, _TYPED_LANDING)


def wide_catalog(events: int, width: int) -> Catalog:
    """A table for each event of the wide plan: a file of so many takes DuckDB longer to open than all the rest."""
    own = (("event_version", "VARCHAR", Family.TEXT), ("context_source", "VARCHAR", Family.TEXT),
           ("received_at", "TIMESTAMP", Family.TIMESTAMP), ("event_text", "VARCHAR", Family.TEXT))  # fmt: skip
    first = tuple(Column(name, family, native) for name, native, family in own)

    def table(n: int) -> Table:
        kinds = zip(_wide_names(n, width), cycle(_WIDE), strict=False)
        return Table(TableRef("bench", f"event_{n:05d}"), (*first, *(Column(name, k[3], k[2]) for name, k in kinds)))

    return Catalog.of("duckdb", map(table, range(events)))


def _wide_names(n: int, width: int) -> list[str]:
    """Ten events of one domain share their properties' names."""
    return [f"d{n // 10}_p{k}" for k in range(width)]


def more(folder: Path, tables: Sequence[int], rows: int, begin: str) -> None:
    """So many new rows in each of these typed tables, arriving in the two hours from a moment on."""
    with duckdb.connect(str(folder / "warehouse.duckdb")) as connection:
        for n in tables:
            values = ", ".join(f"{p.value} as {p.name}" for p in properties(domain(n)))
            meta = _meta(rows).replace(f"'{BEGIN}'", f"'{begin}'").replace(str(HOURS * 3600), str(2 * 3600))
            connection.execute(
                f"insert into bench.{table_name(n)} by name select {meta}, '{event_name(n)}' as event_text, {values}"
                f" from (select range + {n * 17} as i, range as r from range({rows}))"
            )


def _meta(rows: int) -> str:
    """Version, source and time of a row: three versions × four sources × 168 hours, in order of time."""
    versions = ", ".join(f"'{version}'" for version in VERSIONS)
    sources = ", ".join(f"'{source}'" for source in SOURCES)
    seconds = HOURS * 3600
    return (
        f"([{versions}])[1 + r % 3] as event_version, ([{sources}])[1 + (r // 3) % 4] as context_source, "
        f"timestamp '{BEGIN}' + to_seconds((r * {seconds} // {rows})::bigint) as received_at"
    )


def _plan(folder: Path, events: dict[str, tuple[Prop, ...]]) -> None:
    place = folder / "tracking_plan" / "events"
    place.mkdir(parents=True)
    for event, props in events.items():
        body = {
            "event": event,
            "team": "bench",
            "versions": {version: {"status": "live", "schema": schema(props, version)} for version in VERSIONS},
        }
        (place / f"{event.lower().replace(' ', '_')}.yml").write_text(yaml.safe_dump(body, sort_keys=False))


def _workspace(folder: Path, landings: str) -> Path:
    (folder / "trackwarden.yml").write_text(_CONFIG.format(landings=landings))
    (folder / "profiles.yml").write_text(_PROFILES.format(path=folder / "warehouse.duckdb"))
    return folder
