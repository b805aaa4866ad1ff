"""Questions that several kinds ask of the contract and the past. Sums only; nothing is judged here."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, TypeVar, cast

import numpy as np

from monitor.contract.model import BoundTable, BoundVersion, Contract
from monitor.judge.model import Counts, Past, SeriesPast
from monitor.judge.words import lately
from monitor.plan.model import Event, Status

T = TypeVar("T")

HOURS = 168
"""How many hours a finding's chart shows."""


@dataclass(frozen=True, slots=True)
class Lookup:
    """What one judgement looks at: the contract and the past, and both indexed once for all kinds."""

    contract: Contract
    past: Past
    tables: Mapping[str, BoundTable]
    events: Mapping[str, Event]
    series: Mapping[str, tuple[SeriesPast, ...]]
    """By table."""
    settled: Mapping[str, int]
    """By table: the first hour that may not be judged (`settled_until`)."""
    lately: str = lately(adopting=False)
    """Which rows `recent_rows` counts, in words."""
    _known: dict[Callable[..., object], Any] = field(default_factory=dict, compare=False, repr=False)

    @classmethod
    def of(cls, contract: Contract, past: Past) -> "Lookup":
        """The index of one judgement."""
        by_table: dict[str, list[SeriesPast]] = {}
        for one in past.series:
            by_table.setdefault(one.table, []).append(one)
        return cls(
            contract,
            past,
            {table.key: table for table in contract.tables},
            {event.name: event for event in contract.plan.events},
            {table: tuple(series) for table, series in by_table.items()},
            {table: settled_until(past, table) for table in by_table},
            lately(adopting=past.adopting),
        )

    def once(self, make: Callable[["Lookup"], T]) -> T:
        """What several kinds ask of a judgement, made by the first of them."""
        if make not in self._known:
            self._known[make] = make(self)
        return cast("T", self._known[make])

    def env(self, table: str) -> str:
        """`prod`, unless the table's landing says otherwise."""
        bound = self.tables.get(table)
        return bound.landed.env if bound else "prod"

    def only_event(self, table: str) -> str:
        """The event that a table holds; empty where it holds many, or none that is planned."""
        bound = self.tables.get(table)
        names = {held.event for held in bound.landed.events} if bound else set()
        return names.pop() if len(names) == 1 else ""

    def arriving(self, table: str, event: str, version: str) -> tuple[SeriesPast, ...]:
        """The series of one version in one table that had rows in the last days."""
        return tuple(
            one
            for one in self.series.get(table, ())
            if one.series.event == event and one.series.version == version and one.recent_rows > 0
        )

    def arrives(self, table: str) -> bool:
        """Rows of it came in the last days."""
        return any(one.recent_rows > 0 for one in self.series.get(table, ()))

    def bound(self, table: str, event: str, version: str) -> BoundVersion | None:
        """The version in that table, where the plan knows it."""
        bound = self.tables.get(table)
        versions = bound.versions if bound else ()
        return next((one for one in versions if one.event == event and one.version == version), None)


def settled_until(past: Past, table: str) -> int:
    """The first hour of a table that may not be judged: its rows may be on their way, or were not measured yet."""
    known = past.tables.get(table)
    if known is None or known.measured_until is None:
        return past.start
    return max(past.start, min(known.settled_until, known.measured_until, past.until))


def is_live(event: Event | None) -> bool:
    """The plan wants rows of it now."""
    return event is not None and any(version.status is Status.LIVE for version in event.versions)


def only(names: Iterable[str]) -> str:
    """The one name that all share; empty where they differ."""
    distinct = set(names)
    return distinct.pop() if len(distinct) == 1 else ""


def by_source(series: Iterable[SeriesPast]) -> tuple[tuple[str, int], ...]:
    """Rows of the last days by source."""
    rows: dict[str, int] = {}
    for one in series:
        rows[one.series.source] = rows.get(one.series.source, 0) + one.recent_rows
    return tuple(sorted(rows.items()))


def total(hours: Iterable[Counts], width: int) -> Counts:
    """Hour by hour sums, over the first `width` hours."""
    summed = np.zeros(width, dtype=np.int64)
    for one in hours:
        summed += one[:width]
    return summed
