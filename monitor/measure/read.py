"""From a scan's rows to measurements: decoding by the slot map that travels with the statement."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from operator import itemgetter
from typing import Any, TypeAlias

from monitor.measure.model import NO_TIME, Count, Failure, Series
from monitor.measure.scan import SlotMap, VersionSlots

OTHER = "(other)"
"""Stands for names beyond the cap: landed names come from outside and may be without number."""
NAMES_CAP = 200

Row: TypeAlias = Sequence[Any]


@dataclass(frozen=True, slots=True)
class Read:
    """A scan's rows, decoded."""

    series: tuple[Series, ...]
    properties: tuple[tuple[str, ...], ...]
    """Per series, the pointers that `Count.present` counts."""
    counts: tuple[Count, ...]
    failures: tuple[Failure, ...]
    names: "Names"
    """For the follow-ups of the same scan: the same names mean the same series."""


@dataclass(slots=True)
class _Known:
    """What one series' groups mean."""

    index: int
    rules: tuple[tuple[int, str], ...]
    """Column of the row → rule id."""
    present: Callable[[Row], tuple[int, ...]]


@dataclass(slots=True)
class Names:
    """Landed names as series: planned ones exactly, unplanned ones up to a cap."""

    map: SlotMap
    series: list[Series] = field(default_factory=list)
    _planned: dict[tuple[str, str], VersionSlots] = field(default_factory=dict)
    _events: dict[str, str] = field(default_factory=dict)
    _unplanned: set[str] = field(default_factory=set)
    _unknown: dict[str, set[str]] = field(default_factory=dict)
    _index: dict[Series, int] = field(default_factory=dict)

    def __post_init__(self) -> None:
        for version in self.map.versions:
            for event in version.raw_events:
                self._events[event] = version.event
                for spelling in version.raw_versions:
                    self._planned.setdefault((event, spelling), version)

    def resolve(self, event: str | None, version: str | None, source: str | None) -> tuple[int, VersionSlots | None]:
        """The series of a group, by what landed, and the slots of its version where the plan knows it."""
        raw_event = (self.map.event if self.map.event is not None else event) or ""
        slots = self._planned.get((raw_event, version or ""))
        planned = self._events.get(raw_event)
        if slots is not None:
            found = Series(slots.event, slots.version, source or "", planned=True, known=True)
        elif planned is not None:
            named = self._capped(version or "", self._unknown.setdefault(planned, set()))
            found = Series(planned, named, source or "", planned=True, known=False)
        else:
            name = self._capped(raw_event, self._unplanned)
            found = Series(name, "", source or "", planned=False, known=False)
        index = self._index.get(found)
        if index is None:
            index = self._index[found] = len(self.series)
            self.series.append(found)
        return index, slots

    @staticmethod
    def _capped(name: str, seen: set[str]) -> str:
        if not name or name in seen:
            return name
        if len(seen) >= NAMES_CAP:
            return OTHER
        seen.add(name)
        return name


def read(rows: Iterable[Row], slot_map: SlotMap) -> Read:
    """Decode the rows of a scan. Rows of one series and hour that landed under several spellings are added up."""
    names = Names(slot_map)
    layout = _Layout(slot_map)
    known: dict[tuple[Any, ...], _Known] = {}
    properties: dict[int, tuple[str, ...]] = {}
    counts: list[Count] = []
    failures: list[Failure] = []
    key_of, h, w, first = layout.key, layout.hour, layout.window, layout.first
    for row in rows:
        key = key_of(row)
        what = known.get(key)
        if what is None:
            what = known[key] = layout.meaning(key, names, properties)
        hour, window = row[h], row[w]
        if hour is None:
            hour = NO_TIME
        if window is None:
            window = hour if hour == NO_TIME else NO_TIME
        index = what.index
        rules = what.rules
        invalid = row[first + 1] if rules else 0
        counts.append(Count(index, hour, window, row[first], invalid, row[first + 2], what.present(row)))
        if invalid:
            failures.extend(Failure(index, hour, window, rule, row[at]) for at, rule in rules if row[at])
    return Read(
        series=tuple(names.series),
        properties=tuple(properties.get(n, ()) for n in range(len(names.series))),
        counts=tuple(_merged(counts, names.series, known)),
        failures=tuple(_merged_failures(failures, known, names.series)),
        names=names,
    )


class _Layout:
    """Which column of a row is what."""

    def __init__(self, slot_map: SlotMap) -> None:
        self.map = slot_map
        at = 0 if slot_map.event is not None else 1
        self._event = at == 1
        self.hour = at + 2
        self.window = self.hour + (1 if slot_map.windows else 0)
        self.first = self.window + 1
        self.key: Callable[[Row], tuple[Any, ...]] = itemgetter(*range(at + 2))

    def meaning(self, key: tuple[Any, ...], names: Names, properties: dict[int, tuple[str, ...]]) -> _Known:
        """What a group's numbers mean, found once per distinct key."""
        event, version, source = key if self._event else (None, *key)
        index, slots = names.resolve(event, version, source)
        if slots is None:
            properties.setdefault(index, ())
            return _Known(index, (), lambda _row: ())
        rules_at = self.first + 3
        present_at = rules_at + self.map.rule_slots
        properties[index] = tuple(pointer for _, pointer in slots.properties)
        rules = tuple((rules_at + slot, rule) for slot, rule in slots.rules)
        return _Known(index, rules, _picker([present_at + slot for slot, _ in slots.properties]))


def _picker(columns: Sequence[int]) -> Callable[[Row], tuple[int, ...]]:
    if not columns:
        return lambda _row: ()
    if len(columns) == 1:
        only = columns[0]
        return lambda row: (row[only],)
    if list(columns) == list(range(columns[0], columns[-1] + 1)):
        part = slice(columns[0], columns[-1] + 1)
        return lambda row: tuple(row[part])
    return itemgetter(*columns)


def _several(known: Mapping[tuple[Any, ...], _Known], series: Sequence[Series]) -> bool:
    """Whether several landed spellings share a series."""
    return len(known) > len(series)


def _merged(counts: list[Count], series: Sequence[Series], known: Mapping[tuple[Any, ...], _Known]) -> Iterable[Count]:
    if not _several(known, series):
        return counts
    together: dict[tuple[int, int, int], Count] = {}
    for count in counts:
        key = count[:3]
        before = together.get(key)
        together[key] = count if before is None else _sum(before, count)
    return together.values()


def _sum(a: Count, b: Count) -> Count:
    present = tuple(x + y for x, y in zip(a.present, b.present, strict=True))
    return Count(a.series, a.hour, a.window, a.rows + b.rows, a.invalid + b.invalid, a.undeclared + b.undeclared, present)


def _merged_failures(
    failures: list[Failure], known: Mapping[tuple[Any, ...], _Known], series: Sequence[Series]
) -> Iterable[Failure]:
    if not _several(known, series):
        return failures
    together: dict[tuple[int, int, int, str], int] = {}
    for failure in failures:
        together[failure[:4]] = together.get(failure[:4], 0) + failure.failed
    return [Failure(*key, failed) for key, failed in together.items()]
