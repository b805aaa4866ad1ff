"""One table of as many rows as a sample is drawn of: what it holds is worked out from each row's number."""

import json
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from math import sqrt
from pathlib import Path
from typing import Any

import yaml

from monitor.catalog import TableRef
from monitor.warehouse import Profile, connect
from monitor.warehouse.adapters import adapter
from monitor.warehouse.adapters.base import Terms
from tests.fakes.jobs import RAW, profiles_of

KINDS = 2_400
"""Rows that differ: each stands in the table several times."""
MIDNIGHT = datetime(2026, 6, 29)  # noqa: DTZ001 - landed timestamps have no zone
NOW = "2026-06-30T06:00:00+00:00"
_COLUMNS = {"name": "text", "version": "text", "platform": "text", "at": "timestamp"}
_SCHEMA: Mapping[str, Any] = {
    "type": "object",
    "required": ["order_id"],
    "properties": {"order_id": {"type": "string"}, "currency": {"type": "string", "enum": ["EUR", "USD"]}},
}
_PLAN = {
    "event": "Order Completed", "team": "checkout",
    "versions": {name: {"status": "live", "schema": dict(_SCHEMA)} for name in ("1-0-0", "1-1-0")},
}  # fmt: skip
_CONFIG = """
plan: {path: tracking_plan}
profile: {name: tests, target: own}
landings:
  - source: {column: platform}
    layout: json
    table: SCHEMA.many
    event: {column: name}
    properties: {column: payload}
    version: [{column: version}]
    time: at
    received: at
    lag: 0h
"""


def schema_of(profile: Profile) -> str:
    """A schema of our own; one of the files that a profile of SQLite names."""
    return RAW if "schemas_and_paths" in profile.fields else "tw_many"


def land(profile: Profile, copies: int) -> None:
    """`KINDS` × `copies` rows, in a schema that is made here unless it is there."""
    found, schema = adapter(profile.type), schema_of(profile)
    assert found is not None
    with connect(profile, Terms(writes=True)) as warehouse:
        if schema != RAW:
            warehouse.write(found.make(schema))
        columns = {**_COLUMNS, "payload": "json" if "json" in warehouse.kinds else "text"}
        if copies == 1:
            warehouse.land(TableRef(schema, "many"), columns, [_row(n) for n in range(KINDS)])
            return
        warehouse.land(TableRef(schema, "kinds"), columns, [_row(n) for n in range(KINDS)])
        warehouse.land(TableRef(schema, "copies"), {"copy": "integer"}, [(n,) for n in range(copies)])
        warehouse.land(TableRef(schema, "many"), columns, [])
        names = ", ".join(map(found.quoted, columns))
        of = ", ".join(f"k.{found.quoted(name)}" for name in columns)
        kinds, target, times = (found.named(TableRef(schema, name)) for name in ("kinds", "many", "copies"))
        warehouse.write([f"INSERT INTO {target} ({names}) SELECT {of} FROM {kinds} k CROSS JOIN {times} c"])


def _row(n: int) -> tuple[Any, ...]:
    """Each fifth row has a wrong currency, each tenth a key that nobody declared, each twentieth an unplanned name."""
    payload = {"order_id": f"o-{n}", "currency": "JPY" if n % 5 == 0 else "EUR"}
    if n % 10 == 0:
        payload["color"] = "red"
    return *_key(n)[:3], MIDNIGHT + timedelta(hours=n % 24), json.dumps(payload)


def _key(n: int) -> tuple[str, str, str, int]:
    """Event, version, source and hour."""
    hour = int((MIDNIGHT - datetime(1970, 1, 1)).total_seconds() // 3600) + n % 24  # noqa: DTZ001 - as above
    name = "Nobody Planned" if n % 20 == 19 else "Order Completed"
    return name, "1-1-0" if n % 4 == 0 else "1-0-0", "ios" if n % 3 == 0 else "web", hour


def rows(copies: int) -> Mapping[tuple[str, str, str, int], int]:
    """How many there are of each event, version, source and hour."""
    return Counter({key: copies * number for key, number in Counter(map(_key, range(KINDS))).items()})


def failing(copies: int, kinds: Iterable[int] = range(KINDS)) -> int:
    """How many of the planned event's rows have a wrong currency."""
    return copies * sum(n % 5 == 0 and n % 20 != 19 for n in kinds)


def workspace(folder: Path, profile: Profile, sample: Mapping[str, object] | None) -> Path:
    """The folder of a `trackwarden.yml` that samples so."""
    events = folder / "tracking_plan" / "events"
    events.mkdir(parents=True)
    (events / "order_completed.yml").write_text(yaml.safe_dump(_PLAN, sort_keys=False))
    said = "" if sample is None else yaml.safe_dump({"measure": {"sample": dict(sample)}})
    (folder / "trackwarden.yml").write_text(_CONFIG.replace("SCHEMA", schema_of(profile)) + said)
    (folder / "profiles.yml").write_text(profiles_of(profile))
    return folder


def within(found: int, of: int, share: float) -> bool:
    """So many of `of` were drawn as chance allows: within 8 standard deviations, beyond which it is once in 10¹⁵."""
    return abs(found - of * share) <= 8 * sqrt(of * share * (1 - share)) + 1


def summed(counted: Sequence[tuple[tuple[str, str, str, int], int]]) -> Mapping[tuple[str, str, str, int], int]:
    """Numbers of one key added up."""
    total: Counter[tuple[str, str, str, int]] = Counter()
    for key, number in counted:
        total[key] += number
    return total
