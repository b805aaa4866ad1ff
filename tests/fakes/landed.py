"""A small shop's plan and tables, bound: what targets are generated from, without a warehouse."""

from pathlib import Path
from typing import Any

from monitor.catalog import Catalog, Column, Family, Table, TableRef
from monitor.config import Settings, parse_settings
from monitor.contract import bind
from monitor.contract.model import Contract
from monitor.landing.bind import land
from monitor.plan.build import build_plan
from monitor.plan.model import Event, EventVersion, Status, Tier

HOSTILE = """it's "quoted" */ {{ env_var('HOME') }} {% raw %} {# gone #} -- : :bound \\: 100% $x ${y} <b>\nline two"""
"""Text that YAML, Jinja, SQL, `str.format`, SQLAlchemy's `text()` and HTML would each read as more than text."""

OLD: dict[str, Any] = {
    "type": "object",
    "required": ["order_id"],
    "properties": {"order_id": {"type": "string", "description": "The order's id."}},
}
NEW: dict[str, Any] = {
    "type": "object",
    "required": ["order_id", "currency"],
    "additionalProperties": False,
    "properties": {
        "order_id": {"type": "string", "pattern": "^[a-z]{2}:[0-9]{2,}$", "description": "The order's id."},
        "currency": {"type": "string", "enum": ["EUR", "USD", HOSTILE], "description": HOSTILE},
        "total": {"type": "number", "minimum": 0, "exclusiveMaximum": 1000},
        "items": {"type": "integer", "maximum": 9},
        "email": {"type": "string", "format": "email", "maxLength": 20, "pii": True},
        "day": {"type": "string", "format": "date"},
        "tags": {"type": "array", "items": {"type": "string", "maxLength": 3}},
        "note": {"type": "string", "contentEncoding": "base64"},
    },
}

SETTINGS = """
plan: {path: tracking_plan}
profile: {name: trackwarden, target: dev}
landings:
  - {source: web, layout: segment, schema: web_prod, version: [{column: context_protocols_event_version}], id: id}
  - source: android
    layout: json
    table: raw.events
    event: {column: name}
    properties: {column: payload}
    version: [{column: version}]
    time: at
    received: received_at
    lag: 90m
"""


def settings(root: Path, text: str = SETTINGS) -> Settings:
    """The shop's configuration in a folder."""
    return parse_settings(text, {}, name="trackwarden.yml", root=root)


def orders(**change: Any) -> Event:
    """`Order Completed` in two versions."""
    said: dict[str, Any] = {
        "name": "Order Completed",
        "key": "",
        "versions": (EventVersion("1-0-0", OLD, Status.DEPRECATED), EventVersion("1-1-0", NEW)),
        "description": HOSTILE,
        "team": "checkout",
        "tier": Tier.CORE,
    }
    return Event(**{**said, **change})


def columns(*pairs: tuple[str, Family, str]) -> tuple[Column, ...]:
    """Columns from name, family and native type."""
    return tuple(Column(*pair) for pair in pairs)


WEB = Table(
    TableRef("web_prod", "order_completed"),
    columns(
        ("id", Family.TEXT, "VARCHAR"),
        ("event_text", Family.TEXT, "VARCHAR"),
        ("received_at", Family.TIMESTAMP, "TIMESTAMP"),
        ("timestamp", Family.TIMESTAMP, "TIMESTAMP"),
        ("context_protocols_event_version", Family.TEXT, "VARCHAR"),
        ("order_id", Family.TEXT, "VARCHAR"),
        ("currency", Family.TEXT, "VARCHAR"),
        ("total", Family.NUMBER, "DOUBLE"),
        ("items", Family.NUMBER, "DOUBLE"),
        ("email", Family.TEXT, "VARCHAR"),
        ("coupon", Family.TEXT, "VARCHAR"),
    ),
)
RAW = Table(
    TableRef("raw", "events"),
    columns(
        ("name", Family.TEXT, "VARCHAR"),
        ("version", Family.TEXT, "VARCHAR"),
        ("payload", Family.JSON, "JSON"),
        ("at", Family.TIMESTAMP, "TIMESTAMP"),
        ("received_at", Family.TIMESTAMP, "TIMESTAMP"),
    ),
)


def catalog(*tables: Table) -> Catalog:
    """These tables, or the shop's two."""
    return Catalog.of("duckdb", tables or (WEB, RAW))


def contract(*events: Event, tables: Catalog | None = None, text: str = SETTINGS) -> Contract:
    """The shop's contract."""
    plan = build_plan(events or (orders(),))
    configured = parse_settings(text, {}, name="trackwarden.yml", root=Path())
    return bind(plan, land(configured.landings, plan, tables or catalog(), {}))
