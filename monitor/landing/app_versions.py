"""`versions.yml`: per source and event, which app versions send which event version.

```yaml
ios:
  "*":                          # every event that has no line of its own
    "<2.4.0": 1-0-0
    ">=2.4.0 <3": 1-1-0
  Order Completed:
    ">=2.10": 2-0-0
```

App versions are compared number by number (2.10 is above 2.9, `2.4` is `2.4.0`); what follows the
numbers (`-beta.1`, `+57`, ` (1203)`) is cut from what a row carries.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Literal, TypeAlias

from monitor.catalog import Family
from monitor.errors import ConfigError, Problems
from monitor.landing.held import Row, is_event
from monitor.plan.model import Plan
from monitor.plan.nearest import did_you_mean
from monitor.sql import vocabulary as sql
from monitor.sql.vocabulary import Expr, Operator

ANY = "*"
PARTS = 4
"""At least so many numbers are compared: one more than releases have, so that 2.4.0.1 is above 2.4.0."""

HOW = "write a range as '<2.4.0' or '>=2.4.0 <3'"

_NUMBERS = r"^\s*[vV]?([0-9]+(?:\.[0-9]+)*)"
_COMPARATOR = re.compile(r"\s*(<=|>=|<|>|=)?\s*[vV]?([0-9]{1,18}(?:\.[0-9]{1,18}){0,7})(?=$|[\s,])\s*,?", re.ASCII)

Number: TypeAlias = tuple[int, ...]
"""An app version without the zeros at its end: `2.4.0` is (2, 4)."""


@dataclass(frozen=True, slots=True)
class Bound:
    """One end of a range."""

    number: Number
    inclusive: bool


@dataclass(frozen=True, slots=True)
class VersionRange:
    """App versions between two bounds (None: open), and the event version that they send."""

    text: str
    low: Bound | None
    high: Bound | None
    version: str


@dataclass(frozen=True, slots=True)
class VersionEntry:
    """The ranges of one source and one event (`*`: every event)."""

    source: str
    event: str
    ranges: tuple[VersionRange, ...]


@dataclass(frozen=True, slots=True)
class VersionMap:
    """A whole `versions.yml`; `where` is its path as configured."""

    entries: tuple[VersionEntry, ...]
    where: str = ""


def parse_version_map(data: Any, where: str) -> VersionMap:
    """The map in parsed YAML: `{source: {event or "*": {range: version}}}`. Raises Problems of ConfigError."""
    errors: list[ConfigError] = []
    entries: list[VersionEntry] = []
    for source, events in _items(data, where, errors):
        for event, ranges in _items(events, f"{where} {source}", errors):
            place = f"{where} {source}.{event}"
            entry = VersionEntry(source, event, tuple(_ranges(ranges, place, errors)))
            errors.extend(_overlaps(entry, place))
            entries.append(entry)
    if errors:
        raise Problems(errors)
    return VersionMap(tuple(entries), where)


def strays(versions: VersionMap, plan: Plan) -> tuple[ConfigError, ...]:
    """Events and versions that the map names and the plan does not have: harmless, and probably a slip."""
    found: list[ConfigError] = []
    for entry in versions.entries:
        event = plan.event(entry.event)
        place = f"{versions.where} {entry.source}.{entry.event}"
        if event is None and entry.event != ANY:
            hint = did_you_mean(entry.event, [event.name for event in plan.events])
            found.append(ConfigError(f"event {entry.event!r} is not in the plan", where=place, hint=hint))
        if event is not None:
            known = [version.version for version in event.versions]
            found.extend(
                ConfigError(f"version {r.version!r} is not planned", where=place, hint=did_you_mean(r.version, known))
                for r in entry.ranges
                if r.version not in known
            )
    return tuple(found)


# ── from YAML ───────────────────────────────────────────────────────────────────────────────────────


def _items(data: Any, where: str, errors: list[ConfigError]) -> Iterator[tuple[str, Any]]:
    if not isinstance(data, Mapping):
        errors.append(ConfigError("is not a mapping", where=where, hint="it is {source: {event: {range: version}}}"))
        return
    for key, value in data.items():
        if isinstance(key, str):
            yield key, value
        else:
            errors.append(ConfigError(f"key {key!r} is not text", where=where, hint=f"quote it: '{key}'"))


def _ranges(data: Any, where: str, errors: list[ConfigError]) -> Iterator[VersionRange]:
    for text, version in _items(data, where, errors):
        if not isinstance(version, str) or not version:
            hint = f"versions are texts: write '{version}'" if version else "name an event version"
            errors.append(ConfigError(f"version {version!r} of {text!r} is not text", where=where, hint=hint))
            continue
        try:
            low, high = parse_range(text)
        except ConfigError as error:
            errors.append(ConfigError(error.problem, where=where, hint=error.hint))
        else:
            yield VersionRange(text, low, high, version)


def parse_range(text: str) -> tuple[Bound | None, Bound | None]:
    """`>=2.4.0 <3` → its bounds; `*` is every version, `2.4` exactly that one. Raises ConfigError.

    >>> parse_range(">=2.4.0 <3")
    (Bound(number=(2, 4), inclusive=True), Bound(number=(3,), inclusive=False))
    """
    lows: list[Bound] = []
    highs: list[Bound] = []
    at = 0
    while at < len(text.rstrip()) and text.strip() != ANY:
        found = _COMPARATOR.match(text, at)
        if found is None:
            hint = f"pre-release parts are not compared; {HOW}" if re.search(r"[0-9][-+]", text[at:]) else HOW
            raise ConfigError(f"{text!r} is not a range of app versions", hint=hint)
        operator, bound = found[1] or "=", Bound(_number(found[2]), found[1] not in ("<", ">"))
        lows += [bound] if operator in (">", ">=", "=") else []
        highs += [bound] if operator in ("<", "<=", "=") else []
        at = found.end()
    if len(lows) > 1 or len(highs) > 1 or not text.strip():
        raise ConfigError(f"{text!r} is not one range of app versions", hint=HOW)
    low, high = lows[0] if lows else None, highs[0] if highs else None
    if _apart(high, low):
        raise ConfigError(f"{text!r} holds no version", hint="its lower bound is above its upper bound")
    return low, high


def _number(text: str) -> Number:
    parts = [int(part) for part in text.split(".")]
    while parts and parts[-1] == 0:
        parts.pop()
    return tuple(parts)


def _apart(high: Bound | None, low: Bound | None) -> bool:
    """The range that ends at `high` ends before the one that begins at `low`."""
    if high is None or low is None:
        return False
    return high.number < low.number or (high.number == low.number and not (high.inclusive and low.inclusive))


def _overlaps(entry: VersionEntry, where: str) -> Iterator[ConfigError]:
    for index, one in enumerate(entry.ranges):
        for other in entry.ranges[index + 1 :]:
            if not _apart(one.high, other.low) and not _apart(other.high, one.low):
                hint = "an app version sends one event version: end one range where the other begins"
                yield ConfigError(f"{one.text!r} and {other.text!r} overlap", where=where, hint=hint)


# ── to an expression ────────────────────────────────────────────────────────────────────────────────


def app_version_expr(versions: VersionMap, text: Expr, row: Row) -> Expr:
    """The event version by the app version in `text`; NULL where no range of the row's source and event holds it.

    An event's own ranges come before those of `*`.
    """
    width = max([PARTS, *(len(bound.number) for entry in versions.entries for bound in _bounds(entry))])
    core = sql.Captured(text, _NUMBERS)
    parts = tuple(_part(core, index) for index in range(1, width + 1))
    arms: list[tuple[Expr, Expr]] = []
    for entry in sorted(versions.entries, key=lambda entry: entry.event == ANY):
        asked = _asked(entry, row)
        if asked is None:
            continue
        for held in entry.ranges:
            conditions = (*asked, *_within(held, parts))
            arms.append((sql.And(conditions) if conditions else sql.Not(sql.IsNull(core)), sql.Literal(held.version)))
    return sql.Case(((sql.IsNull(core), sql.Literal(None)), *arms), sql.Literal(None)) if arms else sql.Literal(None)


def _asked(entry: VersionEntry, row: Row) -> tuple[Expr, ...] | None:
    """What a row must say for the entry to speak of it; None where no row of the table does."""
    asked: list[Expr] = []
    if not isinstance(row.source, sql.Literal):
        asked.append(sql.Compare(row.source, "=", sql.Literal(entry.source)))
    elif row.source.value != entry.source:
        return None
    if entry.event != ANY:
        held = next((held for held in row.held if held.event.name == entry.event), None)
        if held is None:
            return None
        condition = is_event(row.event, held.raw)
        asked += [condition] if condition else []
    return tuple(asked)


def _bounds(entry: VersionEntry) -> Iterator[Bound]:
    for held in entry.ranges:
        yield from (bound for bound in (held.low, held.high) if bound)


def _part(core: Expr, index: int) -> Expr:
    """The index-th number of an app version; 0 where it has fewer."""
    return sql.Coalesce((sql.TryCast(sql.SplitPart(core, ".", index), Family.INTEGER), sql.Literal(0)))


def _within(held: VersionRange, parts: tuple[Expr, ...]) -> Iterator[Expr]:
    if held.low:
        yield _beyond(parts, held.low, ">")
    if held.high:
        yield _beyond(parts, held.high, "<")


def _beyond(parts: tuple[Expr, ...], bound: Bound, side: Literal["<", ">"]) -> Expr:
    """The version is on that side of the bound (or on it, where it is inclusive): number by number."""
    numbers = bound.number + (0,) * (len(parts) - len(bound.number))
    last: Operator = side
    if bound.inclusive:
        last = "<=" if side == "<" else ">="
    beyond: Expr = sql.Compare(parts[-1], last, sql.Literal(numbers[-1]))
    for part, number in zip(reversed(parts[:-1]), reversed(numbers[:-1]), strict=True):
        here = sql.Literal(number)
        beyond = sql.Or((sql.Compare(part, side, here), sql.And((sql.Compare(part, "=", here), beyond))))
    return beyond
