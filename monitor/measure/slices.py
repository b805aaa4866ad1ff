"""One event with more rules than one statement takes: its properties in slices, each a statement over the same rows.

The first slice says how many rows there are and how many of them break any rule, of whichever slice; the others only
add what they count of their own properties. Pure.
"""

from collections.abc import Mapping, Sequence
from dataclasses import replace

import numpy as np

from monitor.contract.model import BoundTable, BoundVersion
from monitor.measure.model import Counts, Ints, Measured


def sliced(table: BoundTable, nth: int, of: int) -> BoundTable:
    """The table with the rules and properties of one slice; rules about the row as a whole are in the first."""
    if of == 1:
        return table
    tops = dict.fromkeys(top for version in table.versions for top in _tops(version))
    mine = {top for place, top in enumerate(tops) if place * of // len(tops) == nth}
    return replace(table, versions=tuple(_of(version, mine, first=nth == 0) for version in table.versions))


def counted_only(table: BoundTable) -> BoundTable:
    """The table without anything to ask of its rows: a scan of it reads the keys and counts."""
    bare = (
        replace(version, rules=(), properties=(), extracts=(), undeclared=None, undeclared_columns=(), document=None)
        for version in table.versions
    )
    return replace(table, versions=tuple(bare))


def most_slices(table: BoundTable) -> int:
    """How many slices there can be: one property in each."""
    return max(1, len({top for version in table.versions for top in _tops(version)}))


def _tops(version: BoundVersion) -> list[str]:
    pointers = (*(one.pointer for one in version.properties), *(rule.pointer for rule in version.rules))
    return [_top(pointer) for pointer in pointers if pointer]


def _top(pointer: str) -> str:
    return pointer.split("/", 2)[1] if pointer else ""


def _of(version: BoundVersion, mine: set[str], *, first: bool) -> BoundVersion:
    return replace(
        version,
        rules=tuple(one for one in version.rules if _top(one.pointer) in mine or (first and not one.pointer)),
        properties=tuple(one for one in version.properties if _top(one.pointer) in mine),
        undeclared=version.undeclared if first else None,
    )


def whole(parts: Sequence[Measured]) -> Measured:
    """What the slices of one event counted, as one measurement: rows of the first, properties and failures of all."""
    first = parts[0]
    if len(parts) == 1:
        return first
    places = {key: place for place, key in enumerate(_keys(first, first.counts))}
    known = set(first.series)
    properties = tuple(
        tuple(pointer for part in parts for pointer in _properties(part).get(series, ())) for series in first.series
    )
    numbers = {series: number for number, series in enumerate(first.series)}
    present = _present(parts, places, properties)
    width = np.array([len(properties[number]) for number in first.counts.series.tolist()], np.int64)
    failures = tuple(
        one._replace(series=numbers[part.series[one.series]])
        for part in parts
        for one in part.failures
        if part.series[one.series] in known
    )
    return replace(
        first,
        properties=properties,
        counts=replace(first.counts, present=present, width=width),
        failures=failures,
        queries=sum(part.queries for part in parts),
        missed=tuple(dict.fromkeys(words for part in parts for words in part.missed)),
    )


def _properties(part: Measured) -> Mapping[object, tuple[str, ...]]:
    return dict(zip(part.series, part.properties, strict=True))


def _keys(part: Measured, counts: Counts) -> list[tuple[object, int, int]]:
    columns = zip(counts.series.tolist(), counts.hour.tolist(), counts.window.tolist(), strict=True)
    return [(part.series[series], hour, window) for series, hour, window in columns]


def _present(
    parts: Sequence[Measured], places: Mapping[tuple[object, int, int], int], properties: Sequence[tuple[str, ...]]
) -> Ints:
    """Each slice's numbers beside those before it. A row that came between the statements is the next run's."""
    first = parts[0]
    wide = np.zeros((len(first.counts), max(map(len, properties), default=0)), np.int64)
    begun = np.zeros(len(first.counts), np.int64)
    for part in parts:
        own = _properties(part)
        counted = part.counts.present
        for row, key in enumerate(_keys(part, part.counts)):
            place = places.get(key)
            if place is not None:
                wide[place, begun[place] : begun[place] + len(own[key[0]])] = counted[row, : len(own[key[0]])]
        begun += np.array([len(own.get(series, ())) for series, _, _ in _keys(first, first.counts)], np.int64)
    return wide
