"""From a scan's rows to measurements: decoding by the slot map that travels with the statement."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, NamedTuple

import numpy as np

from monitor.measure.model import NO_TIME, Counts, Failure, Ints, Series
from monitor.measure.scan import SlotMap, VersionSlots
from monitor.values import Row, Values, transposed

OTHER = "(other)"
"""Stands for names beyond the cap: landed names come from outside and may be without number."""
NAMES_CAP = 200
SOURCES_CAP = 1_000
"""A column that names users or devices instead of apps is a mistake to be seen, not one to run out of memory on."""
_LAST_OF_1969 = NO_TIME - 1
"""`NO_TIME` is also the number of the last hour of 1969 (a clock at zero, west of UTC): its rows move one back."""

_NULL = np.iinfo(np.int64).min


@dataclass(frozen=True, slots=True)
class Read:
    """A scan's rows, decoded."""

    series: tuple[Series, ...]
    properties: tuple[tuple[str, ...], ...]
    """Per series, the pointers that `Count.present` counts."""
    counts: Counts
    failures: tuple[Failure, ...]
    names: "Names"
    """For the follow-ups of the same scan: the same names mean the same series."""


@dataclass(slots=True)
class Names:
    """Landed names as series: planned ones exactly, unplanned ones up to a cap."""

    map: SlotMap
    series: list[Series] = field(default_factory=list)
    _planned: dict[tuple[str, str], VersionSlots] = field(default_factory=dict)
    _events: dict[str, str] = field(default_factory=dict)
    _unplanned: set[str] = field(default_factory=set)
    _unknown: dict[str, set[str]] = field(default_factory=dict)
    _of_unplanned: set[str] = field(default_factory=set)
    _sources: set[str] = field(default_factory=set)
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
        source = self._capped(source or "", self._sources, SOURCES_CAP)
        if slots is not None:
            found = Series(slots.event, slots.version, source, planned=True, known=True)
        elif planned is not None:
            named = self._capped(version or "", self._unknown.setdefault(planned, set()))
            found = Series(planned, named, source, planned=True, known=False)
        else:
            name = self._capped(raw_event, self._unplanned)
            named = "" if name == OTHER else self._capped(version or "", self._of_unplanned)
            found = Series(name, named, source, planned=False, known=False)
        index = self._index.get(found)
        if index is None:
            index = self._index[found] = len(self.series)
            self.series.append(found)
        return index, slots

    def under(self, slot_map: SlotMap) -> "Names":
        """The same series for another scan of the same rows, whose groups mean what `slot_map` says."""
        return replace(self, map=slot_map, _planned={})

    @staticmethod
    def _capped(name: str, seen: set[str], cap: int = NAMES_CAP) -> str:
        if not name or name in seen:
            return name
        if len(seen) >= cap:
            return OTHER
        seen.add(name)
        return name


def read(rows: Iterable[Row], slot_map: SlotMap) -> Read:
    """Decode the rows of a scan. Rows of one series and hour that landed under several spellings are added up."""
    return read_columns(transposed(rows, slot_map.width), slot_map)


def read_columns(columns: Sequence[Values], slot_map: SlotMap, names: Names | None = None) -> Read:
    """The same from columns, as a warehouse hands them over that can: no Python object per number.

    `names`: what landed names were taken for before, by another statement over the same rows.
    """
    layout, names = _Layout(slot_map), names or Names(slot_map)
    keys = list(zip(*(column.listed() for column in columns[: layout.keys]), strict=True))
    number: dict[tuple[Any, ...], int] = {key: n for n, key in enumerate(dict.fromkeys(keys))}
    resolved = [names.resolve(*(key if layout.event else (None, *key))) for key in number]
    said = {id(slots): _Said.by(slots) for _, slots in resolved}
    meanings = [_Meaning(series, said[id(slots)]) for series, slots in resolved]
    groups = np.array([number[key] for key in keys], np.int64)
    hour = _in_time(columns[layout.hour])
    window = hour if layout.window == layout.hour else _in_time(columns[layout.window])
    counts = layout.counts(columns, (hour, window), groups, meanings)
    failures = layout.failures(columns, counts, groups, meanings)
    # Some groups may be one series' same hour: several spellings, or an hour that was moved.
    moved = (hour == _LAST_OF_1969) | (window == _LAST_OF_1969)
    several = len(meanings) > len(names.series) or bool(moved.any())
    pointers = {one.series: one.said.pointers for one in meanings}
    return Read(
        series=tuple(names.series),
        properties=tuple(pointers.get(n, ()) for n in range(len(names.series))),
        counts=merged(counts) if several else counts,
        failures=tuple(_merged_failures(failures) if several else failures),
        names=names,
    )


class _Said(NamedTuple):
    """What a version says of a group's numbers, as it is looked up."""

    known: bool
    """The plan knows the version."""
    pointers: tuple[str, ...]
    present: tuple[int, ...]
    """The presence slots, in the order of the pointers."""
    rules: Mapping[int, Sequence[str]]
    """Rules by slot."""

    @classmethod
    def by(cls, slots: VersionSlots | None) -> "_Said":
        if slots is None:
            return cls(False, (), (), {})
        rules: dict[int, list[str]] = {}
        for slot, rule in slots.rules:
            rules.setdefault(slot, []).append(rule)
        present, pointers = zip(*slots.properties, strict=True) if slots.properties else ((), ())
        return cls(True, pointers, present, rules)


class _Meaning(NamedTuple):
    """What the groups of one landed event, version and source mean."""

    series: int
    said: _Said


class _Layout:
    """Which column of a result is what."""

    def __init__(self, slot_map: SlotMap) -> None:
        self.event = slot_map.event is None
        self.keys = self.hour = 3 if self.event else 2
        self.window = self.hour + (1 if slot_map.windows else 0)
        self.rows = self.window + 1
        self.rules = self.rows + 3
        self.present = self.rules + slot_map.rule_slots
        self.width = slot_map.width

    def counts(
        self, columns: Sequence[Values], times: tuple[Ints, Ints], groups: Ints, meanings: Sequence[_Meaning]
    ) -> Counts:
        """What every group counted, by its own version's slots."""
        rows, invalid, undeclared = (columns[self.rows + n].numbers() for n in range(3))
        known = _per_group([one.said.known for one in meanings])[groups]
        ruled = _per_group([bool(one.said.rules) for one in meanings])[groups]
        widths = _per_group([len(one.said.present) for one in meanings])[groups]
        return Counts(
            series=_per_group([one.series for one in meanings])[groups],
            hour=times[0],
            window=times[1],
            rows=rows,
            invalid=np.where(ruled, invalid, 0),
            undeclared=np.where(known, undeclared, 0),
            present=self._present(columns, groups, meanings),
            width=widths,
            checked=rows,
        )

    def _present(self, columns: Sequence[Values], groups: Ints, meanings: Sequence[_Meaning]) -> Ints:
        """Presence in the order of each version's own properties."""
        slots = [column.numbers() for column in columns[self.present : self.width]]
        wide = np.stack(slots, axis=1) if slots else np.zeros((len(groups), 0), np.int64)
        in_order = tuple(range(len(slots)))
        ordered = wide
        for group, one in enumerate(meanings):
            present = one.said.present
            if present != in_order[: len(present)]:
                ordered = wide.copy() if ordered is wide else ordered
                at = np.flatnonzero(groups == group)
                ordered[at, : len(present)] = wide[at][:, list(present)]
        return ordered

    def failures(
        self, columns: Sequence[Values], counts: Counts, groups: Ints, meanings: Sequence[_Meaning]
    ) -> list[Failure]:
        """Only where there are some, and only of the row's own version's rules."""
        asked = [column.numbers() for column in columns[self.rules : self.present]]
        where = [np.flatnonzero(failed) for failed in asked]
        if not any(map(len, where)):
            return []
        slots = np.repeat(np.arange(len(where)), [len(at) for at in where])
        rows = np.concatenate([failed[at] for failed, at in zip(asked, where, strict=True)])
        at = np.concatenate(where)
        parts = (slots, groups[at], counts.series[at], counts.hour[at], counts.window[at], rows)
        of_group = [one.said.rules for one in meanings]
        return [
            Failure(series, hour, window, rule, failed)
            for slot, group, series, hour, window, failed in zip(*(part.tolist() for part in parts), strict=True)
            for rule in of_group[group].get(slot, ())
        ]


def _in_time(column: Values) -> Ints:
    """Hours; `NO_TIME` where there is none."""
    hours = column.numbers(where_null=_NULL)
    moved = np.where(hours == NO_TIME, _LAST_OF_1969, hours)
    return np.where(hours == _NULL, NO_TIME, moved)


def _per_group(values: Sequence[int]) -> Ints:
    return np.array(values, np.int64)


def merged(counts: Counts) -> Counts:
    """Rows of one series, window and hour added up."""
    keys = np.stack((counts.series, counts.window, counts.hour), axis=1)
    unique, first, inverse = np.unique(keys, axis=0, return_index=True, return_inverse=True)
    inverse = inverse.reshape(-1)

    def summed(column: Ints) -> Ints:
        total = np.zeros((len(unique), *column.shape[1:]), np.int64)
        np.add.at(total, inverse, column)
        return total

    return Counts(
        series=unique[:, 0],
        hour=unique[:, 2],
        window=unique[:, 1],
        rows=summed(counts.rows),
        invalid=summed(counts.invalid),
        undeclared=summed(counts.undeclared),
        present=summed(counts.present),
        width=counts.width[first],
        checked=summed(counts.checked),
    )


def _merged_failures(failures: list[Failure]) -> Iterable[Failure]:
    together: dict[tuple[int, int, int, str], int] = {}
    for failure in failures:
        together[failure[:4]] = together.get(failure[:4], 0) + failure.failed
    return [Failure(*key, failed) for key, failed in together.items()]
