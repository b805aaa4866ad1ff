"""A DuckDB file with rows of `tests.fakes.landed`: some fit, some break each rule, some are of no planned version."""

import json
from pathlib import Path
from typing import Any

import duckdb

from tests.fakes.landed import HOSTILE

_TABLES = """
create schema web_prod;
create schema raw;
create table web_prod.order_completed (
    id varchar, event_text varchar, received_at timestamp, timestamp timestamp, context_protocols_event_version varchar,
    order_id varchar, currency varchar, total double, items double, email varchar, coupon varchar
);
create table raw.events (name varchar, version varchar, payload json, "at" timestamp, received_at timestamp);
"""

_AT = "2026-06-01 10:00:00"

WEB: tuple[tuple[Any, ...], ...] = (
    ("1", "1-1-0", "ab:12", "EUR", 10.0, 2.0, "a@example.com", None),
    ("2", "1-1-0", "ab:1", HOSTILE, 1000.0, 2.5, "a at example", None),
    ("2", "1.1.0", None, None, -0.5, 10.0, "averyveryverylongname@example.com", "SUMMER"),
    ("4", "1-0-0", None, "GBP", None, None, None, "SUMMER"),
    ("5", "9-9-9", None, None, None, None, None, None),
    ("6", "", None, None, None, None, None, None),
)
RAW: tuple[tuple[str, str | None, Any], ...] = (
    (
        "Order Completed",
        "1-1-0",
        {"order_id": "ab:12", "currency": HOSTILE, "total": 1, "tags": ["abc"], "day": "2026-06-01"},
    ),
    (
        "order_completed",
        "1-1-0",
        {"order_id": "ab:1", "currency": "GBP", "total": "1", "items": 1.5, "day": "2026-02-30"},
    ),
    (
        "order_completed",
        "1-1-0",
        {"currency": None, "total": 1000, "items": 1.0, "tags": ["abcd", 1], "extra": HOSTILE},
    ),
    ("order_completed", "1-1-0", {"order_id": 5, "currency": "USD", "email": "x", "note": "x"}),
    ("Order Completed", "1-0-0", {}),
    ("Order Completed", None, {}),
    ("Something Else", "1-1-0", {}),
)


def write(path: Path) -> None:
    """The file, made anew."""
    with duckdb.connect(str(path)) as connection:
        connection.execute(_TABLES)
        for key, version, *values in WEB:
            row = (key, "Order Completed", _AT, _AT, version, *values)
            connection.execute(f"insert into web_prod.order_completed values ({', '.join('?' * len(row))})", row)
        for name, version, payload in RAW:
            connection.execute(
                "insert into raw.events values (?, ?, ?, ?, ?)", (name, version, json.dumps(payload), _AT, _AT)
            )
