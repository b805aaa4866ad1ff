"""A plan from its parts: unique keys, one order, and a revision that only content changes."""

import hashlib
import json
import re
import unicodedata
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import replace
from itertools import pairwise
from typing import Any

from monitor.errors import PlanError
from monitor.plan.model import Event, Plan, Refused
from monitor.plan.schemaver import version_key

KEY_LENGTH = 80
"""A key's most characters: short enough for a file name with a version and an ending, and for identifiers."""

_HUMP = re.compile(r"(?<=[a-z])(?=[A-Z])|(?<=[A-Z0-9])(?=[A-Z][a-z])")
_OTHER = re.compile(r"[^a-z0-9]+")
_DEVICES = frozenset({"con", "prn", "aux", "nul", *(f"{port}{n}" for port in ("com", "lpt") for n in range(10))})
"""Names that Windows keeps for devices, with any ending."""


def build_plan(events: Iterable[Event], refused: Iterable[Refused] = ()) -> Plan:
    """The plan of these events: keys given to them, versions oldest first, events by name.

    The keys that come in are not read. Raises PlanError where two events have one name.
    """
    parts = tuple(events)
    keys = event_keys(event.name for event in parts)
    ordered = tuple(
        replace(
            event,
            key=keys[event.name],
            versions=tuple(sorted(event.versions, key=lambda held: version_key(held.version))),
        )
        for event in sorted(parts, key=lambda event: event.name)
    )
    for first, second in pairwise(ordered):
        if first.name == second.name:
            raise PlanError(
                f"event {first.name!r} is planned twice: {first.where} and {second.where}",
                where=second.where,
                hint="keep one of the two",
            )
    kept = tuple(sorted(refused, key=lambda held: (held.name, version_key(held.version), held.where)))
    return Plan(ordered, revision(ordered, kept), kept)


def event_key(name: str) -> str:
    """An event's name as lower snake case in ASCII: safe in file names and identifiers, never empty.

    >>> event_key("Order Completed"), event_key("orderCompleted"), event_key("Größe gewählt")
    ('order_completed', 'order_completed', 'grosse_gewahlt')
    >>> event_key("CON"), event_key("3D Viewed"), event_key("注文")
    ('event_con', 'event_3d_viewed', 'event_266125')
    """
    plain = _HUMP.sub("_", unicodedata.normalize("NFKD", name)).casefold()
    ascii_only = "".join(letter for letter in plain if not unicodedata.combining(letter))
    slug = _OTHER.sub("_", ascii_only).strip("_")
    if not slug:
        slug = f"event_{_digest(name)[:6]}"
    elif slug[0].isdigit() or slug in _DEVICES:
        slug = f"event_{slug}"
    return slug[:KEY_LENGTH].rstrip("_")


def event_keys(names: Iterable[str]) -> Mapping[str, str]:
    """A key for each name, unique among them; it depends on the names only, not on their order.

    Where names share a key (`Signup` and `signup`, one name in two Unicode forms), each of them
    gets six hex digits of its own.

    >>> event_keys(["Signup", "signup", "Login"])
    {'Login': 'login', 'Signup': 'signup_0af0fd', 'signup': 'signup_7c8718'}
    """
    keys = {name: event_key(name) for name in sorted(set(names))}
    for digits in (6, 12, 24, 48):
        shared = Counter(keys.values())
        if len(shared) == len(keys):
            break
        for name in [name for name, key in keys.items() if shared[key] > 1]:
            slug = event_key(name)[: KEY_LENGTH - digits - 1].rstrip("_")
            keys[name] = f"{slug}_{_digest(name)[:digits]}"
    return keys


def revision(events: Iterable[Event], refused: Iterable[Refused] = ()) -> str:
    """Twelve hex digits of the plan's content: neither order nor the place of its files changes them."""
    said: list[Any] = sorted(_content(event) for event in events)
    said.append(sorted((held.name, held.version) for held in refused))
    return hashlib.sha256(json.dumps(said).encode()).hexdigest()[:12]


def _content(event: Event) -> str:
    versions = [
        (held.version, held.status.value, held.until.isoformat() if held.until else None, held.schema)
        for held in sorted(event.versions, key=lambda held: version_key(held.version))
    ]
    about = (event.name, event.description, event.team, event.tier.value, sorted(event.sources))
    return json.dumps((about, versions), sort_keys=True)


def _digest(name: str) -> str:
    """Hex digits of the name as it is written; a lone surrogate (a broken file name) is a name too."""
    return hashlib.sha256(name.encode("utf-8", "surrogatepass")).hexdigest()
