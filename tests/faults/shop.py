"""A small workspace whose warehouse holds some weeks: one event, hour by hour, with a fault that comes and goes."""

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path

import duckdb

BEGIN = datetime(2026, 6, 29, tzinfo=UTC)
"""The simulated clock begins here."""
PAST_HOURS = 24 * 10
CHANNEL = "C0"
_HOURLY = 12

CONFIG = """
plan: {path: plan}
profile: {name: trackwarden, target: dev}
history: {url: "{{ env_var('HISTORY_URL') }}"}
landings:
  - source: web
    layout: json
    table: main.events
    event: {column: name}
    properties: {column: payload}
    version: [{column: version}]
    received: received_at
    loaded: received_at
    lag: 0m
  - source: ios
    layout: json
    table: main.more_events
    event: {column: name}
    properties: {column: payload}
    version: [{column: version}]
    received: received_at
    loaded: received_at
    lag: 0m
slack: {token: "{{ env_var('SLACK_BOT_TOKEN') }}", channel: C0}
"""
EVENT = """
event: Order Completed
team: checkout
sources: [web, ios]
versions:
  1-0-0:
    status: live
    schema:
      type: object
      required: [currency]
      properties:
        currency: {type: string, enum: [EUR, USD]}
"""
PROFILES = """
trackwarden:
  target: dev
  outputs:
    dev: {type: duckdb, path: %s, schema: main, threads: 1}
"""


def build(folder: Path, hours: int, broken: range) -> Path:
    """The workspace, its rows reaching `hours` beyond BEGIN; in the `broken` of those hours half of web's rows fail."""
    (folder / "plan" / "events").mkdir(parents=True)
    (folder / "plan" / "events" / "order_completed.yml").write_text(EVENT)
    (folder / "trackwarden.yml").write_text(CONFIG)
    (folder / "profiles.yml").write_text(PROFILES % json.dumps(str(folder / "warehouse.duckdb")))
    rows = [
        (name, hour, at, "XXX" if name == "events" and hour in broken and at % 2 else "EUR")
        for name in ("events", "more_events")
        for hour in range(-PAST_HOURS, hours)
        for at in range(_HOURLY)
    ]
    with duckdb.connect(folder / "warehouse.duckdb") as warehouse:
        for name in ("events", "more_events"):
            warehouse.execute(f"CREATE TABLE {name} (name TEXT, version TEXT, payload JSON, received_at TIMESTAMPTZ)")
            values = [
                (
                    "Order Completed",
                    "1-0-0",
                    json.dumps({"currency": currency}),
                    moment(hour) + timedelta(minutes=4 * at),
                )
                for of, hour, at, currency in rows
                if of == name
            ]
            for start in range(0, len(values), 500):
                part = values[start : start + 500]
                marks = ", ".join(["(?, ?, ?, ?)"] * len(part))
                warehouse.execute(f"INSERT INTO {name} VALUES {marks}", [value for row in part for value in row])
    return folder


def moment(hour: int) -> datetime:
    """The beginning of a simulated hour."""
    return BEGIN + timedelta(hours=hour)


def rows_by_hour(hours: int) -> int:
    """Rows of both tables that arrived before that simulated hour."""
    return 2 * _HOURLY * (PAST_HOURS + hours)
