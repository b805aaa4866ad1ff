"""A small workspace on any warehouse: two typed tables of a Segment landing, one JSON table; what they hold is known.

The rows are written out by one rule each, so that what every engine must count can be worked out by hand.
"""

import json
from collections.abc import Mapping
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import yaml

from monitor.catalog import TableRef
from monitor.warehouse import Profile, Warehouse, connect
from monitor.warehouse.adapters import adapter
from monitor.warehouse.adapters.base import Terms

WEB, RAW = "tw_web", "tw_raw"
"""The schemas."""
MORNING = datetime(2026, 6, 30, 6)  # noqa: DTZ001 - landed timestamps have no zone
FIRST, SECOND = "2026-06-30T10:00:00+00:00", "2026-06-30T14:00:00+00:00"
"""The moments of two runs: the second sees what arrived between them."""

_ORDER: Mapping[str, Any] = {
    "type": "object",
    "required": ["order_id", "currency", "total"],
    "properties": {
        "order_id": {"type": "string", "pattern": "^o-[0-9]{2,}$"},
        "currency": {"type": "string", "enum": ["EUR", "USD"]},
        "total": {"type": "number", "minimum": 0, "maximum": 1000},
        "items": {"type": "integer", "maximum": 9},
    },
}
_SIGNED_UP = {
    "type": "object",
    "required": ["plan"],
    "properties": {"plan": {"type": "string", "maxLength": 4}, "seats": {"type": "integer", "exclusiveMinimum": 0}},
}
_SEARCHED = {
    "type": "object",
    "required": ["query"],
    "properties": {
        "query": {"type": "string", "minLength": 2},
        "hits": {"type": ["integer", "null"], "minimum": 0},
        "filters": {"type": "object", "properties": {"brand": {"type": "string"}}},
        "tags": {"type": "array", "items": {"type": "string", "maxLength": 3}},
    },
}
_SEARCHED_NEXT = {**_SEARCHED, "additionalProperties": False, "required": ["query", "hits"]}
PLAN: Mapping[str, Any] = {
    "order_completed": {
        "event": "Order Completed", "team": "checkout", "sources": ["web"],
        "versions": {"1-0-0": {"status": "live", "schema": _ORDER}},
    },
    "signed_up": {
        "event": "Signed Up", "team": "growth", "sources": ["web"],
        "versions": {"1-0-0": {"status": "live", "schema": _SIGNED_UP}},
    },
    "searched": {
        "event": "Searched", "team": "growth", "sources": ["android"],
        "versions": {
            "1-0-0": {"status": "live", "schema": _SEARCHED}, "1-1-0": {"status": "live", "schema": _SEARCHED_NEXT},
        },
    },
}  # fmt: skip

_CONFIG = f"""
plan: {{path: tracking_plan}}
profile: {{name: tests, target: own}}
landings:
  - {{source: web, layout: segment, schema: {WEB}, version: [{{column: context_protocols_event_version}}], id: id}}
  - source: android
    layout: json
    table: {RAW}.events
    event: {{column: name}}
    properties: {{column: payload}}
    version: [{{column: version}}]
    time: at
    received: received_at
    lag: 0h
"""
_SEGMENT = {
    "id": "text", "event_text": "text", "received_at": "timestamp", "timestamp": "timestamp",
    "context_protocols_event_version": "text",
}  # fmt: skip
HOURS = 8


def workspace(folder: Path, profile: Profile) -> Path:
    """The folder of `trackwarden.yml`, with a plan and the way to the warehouse."""
    (folder / "tracking_plan" / "events").mkdir(parents=True)
    for name, event in PLAN.items():
        (folder / "tracking_plan" / "events" / f"{name}.yml").write_text(yaml.safe_dump(dict(event), sort_keys=False))
    (folder / "trackwarden.yml").write_text(_CONFIG)
    (folder / "profiles.yml").write_text(profiles_of(profile))
    return folder


def profiles_of(profile: Profile) -> str:
    """A `profiles.yml` with the way to the warehouse, for a workspace in any folder."""
    fields = {key: _absolute(value, profile) for key, value in profile.fields.items()}
    return yaml.safe_dump({profile.name: {"target": profile.target, "outputs": {profile.target: fields}}})


def _absolute(value: Any, profile: Profile) -> Any:
    """Paths of the profile start at its own folder, which is not the workspace's."""
    if isinstance(value, Mapping):
        return {key: _absolute(inner, profile) for key, inner in value.items()}
    beside = profile.file.parent / value if isinstance(value, str) and value else None
    return str(beside) if beside is not None and beside.is_file() else value


def land(profile: Profile, *, schemas_there: bool = False) -> None:
    """All rows, into schemas that are made here unless they are there."""
    found = adapter(profile.type)
    assert found is not None
    with connect(profile, Terms(writes=True)) as warehouse:
        for schema in () if schemas_there else (WEB, RAW):
            warehouse.write(found.make(schema))
        land_rows(warehouse)


def land_rows(warehouse: Warehouse) -> None:
    """All rows, into schemas that are there."""
    document = "json" if "json" in warehouse.kinds else "text"
    warehouse.land(
        TableRef(WEB, "order_completed"),
        {**_SEGMENT, "order_id": "text", "currency": "text", "total": "number", "items": "integer", "coupon": "text"},
        [_order(n) for n in range(HOURS * 10)],
    )
    warehouse.land(
        TableRef(WEB, "signed_up"),
        {**_SEGMENT, "plan": "text", "seats": "integer"},
        [_sign_up(n) for n in range(HOURS * 5)],
    )
    warehouse.land(
        TableRef(RAW, "events"),
        {"name": "text", "version": "text", "payload": document, "at": "timestamp", "received_at": "timestamp"},
        [_search(n) for n in range(HOURS * 20)],
    )


def _at(n: int, per_hour: int) -> datetime:
    return MORNING + timedelta(hours=n // per_hour, minutes=n % per_hour)


def _order(n: int) -> tuple[Any, ...]:
    """Ten an hour: the first of each has a wrong currency, the second a wrong total and no id, the last no time."""
    at = None if n % 10 == 9 else _at(n, 10)
    currency = "GBP" if n % 10 == 0 else "EUR"
    total = -1.5 if n % 10 == 1 else 10.25
    order = None if n % 10 == 1 else f"o-{n:03}"
    coupon = "SUMMER" if n % 10 == 2 else None
    version = "9-9-9" if n % 10 == 3 else "1-0-0"
    event_id = f"e-{n - 1 if n % 10 == 5 else n}"
    return event_id, "Order Completed", at, at, version, order, currency, total, n % 12, coupon


def _sign_up(n: int) -> tuple[Any, ...]:
    """Five an hour: the first has a plan that is too long, the second none and no seats."""
    plan = "trial" if n % 5 == 0 else None if n % 5 == 1 else "team"
    at = _at(n, 5)
    return f"s-{n}", "Signed Up", at, at, "1-0-0", plan, 0 if n % 5 == 1 else 3


def _search(n: int) -> tuple[Any, ...]:
    """Twenty an hour: of each five one has text for hits, one long tags, one an undeclared key, one nobody planned."""
    payload: dict[str, Any] = {"query": "x" if n % 20 == 0 else "shoes é 😀", "hits": n, "filters": {"brand": "b"}}
    if n % 5 == 1:
        payload["hits"] = "many"
    if n % 5 == 2:
        payload["tags"] = ["ab", "abcd"]
    if n % 5 == 3:
        payload["color"] = None
    name = "Nobody Planned" if n % 20 == 19 else "Searched"
    version = ("1-0-0", "1-1-0", None)[0 if n % 3 == 0 else 1 if n % 20 != 18 else 2]
    at = _at(n, 20)
    return name, version, json.dumps(payload, ensure_ascii=n % 2 == 0), at - timedelta(minutes=5), at
