"""Workspaces to be benchmarked: a plan, a DuckDB file, a configuration; made once per size and kept for the run."""

from pathlib import Path

import duckdb
import yaml

from bench.shape import BEGIN, HOURS, SOURCES, VERSIONS, Prop, domain, event_name, properties, schema, table_name

_CONFIG = """\
plan: {{path: tracking_plan}}
profile: {{name: trackwarden, target: bench}}
history: {{url: "sqlite:///state/history.db"}}
landings:
{landings}
"""
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
    landing = (
        "  - {source: {column: context_source}, layout: segment, schema: bench,\n"
        "     version: [{column: event_version}], lag: 2h}"
    )
    return _workspace(folder, landing)


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
