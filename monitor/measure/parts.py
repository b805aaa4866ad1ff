"""A table of many events in parts, each a statement of its own: engines have limits, and so has patience.

Every row is of exactly one part: the first counts, beside its own events, the rows of no planned event. What the
parts counted is put together exactly as if one statement had counted it.
"""

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import NamedTuple, TypeAlias

import numpy as np

from monitor.contract.model import BoundTable, BoundVersion
from monitor.measure.model import Counts, Ints, Measured, Series
from monitor.measure.rows import Range
from monitor.measure.sampling import Drawn
from monitor.measure.scan import Scan
from monitor.measure.slices import most_slices
from monitor.sql import vocabulary as v
from monitor.sql.writer import Writer

MOST_CELLS = 8_000
"""Rules and properties of all versions in one statement; more is split by events. Measured in docs/performance.md."""

Ask: TypeAlias = Callable[[BoundTable, Range], Scan]
_Events: TypeAlias = Sequence[tuple[BoundVersion, ...]]


class Part(NamedTuple):
    """One statement over some events of a table."""

    table: BoundTable
    reach: Range
    scan: Scan
    drawn: Drawn | None = None
    """What is asked instead, where rules are asked of a sample only."""

    @property
    def statements(self) -> tuple[str, ...]:
        """What is asked, unless fewer rows are found than a sample is drawn from, or blocks cannot be had."""
        return (self.scan.sql,) if self.drawn is None else (self.drawn.rows.sql, self.drawn.ways[0].scan.sql)


def parts(table: BoundTable, reach: Range, ask: Ask, writer: type[Writer], most_cells: int = MOST_CELLS) -> list[Part]:
    """The statements that measure a table: one, unless it holds too many events, or an engine's limits ask for more.

    `ask` makes the scan of a part, or knows it.
    """
    # Asked of the landing, so that a table whose scan is known need not be bound.
    if len({held.raw for held in table.landed.events}) <= 1 or isinstance(table.landed.event, v.Literal):
        return _in_slices(Part(table, reach, ask(table, reach)), ask, writer)
    events = _events(table)
    few = max(1, -(-sum(map(_cells, table.versions)) // most_cells))
    size = -(-len(events) // few)
    waiting: list[_Events] = [events[at : at + size] for at in range(0, len(events), size)]
    done: list[Part] = []
    while waiting:
        mine = waiting.pop(0)
        rest = [one for other in (*waiting, *(_events(part.table) for part in done)) for one in other]
        part = _part(table, reach, mine, None if done else rest)
        scan = ask(*part)
        if len(mine) > 1 and not _fits(scan, writer):
            waiting[:0] = [mine[: len(mine) // 2], mine[len(mine) // 2 :]]
        else:
            done.append(Part(*part, scan))
    return [piece for part in done for piece in _in_slices(part, ask, writer)]


def _in_slices(part: Part, ask: Ask, writer: type[Writer]) -> list[Part]:
    """A part of one event that an engine would not take, in slices of its properties; any other as it is."""
    if _fits(part.scan, writer):
        return [part]
    most, of = most_slices(part.table), 1
    pieces = [part]
    while of < most and not all(_fits(piece.scan, writer) for piece in pieces):
        of = min(most, 2 * of if of > 1 else max(2, -(-part.scan.map.width // writer.most_columns)))
        reaches = [replace(part.reach, nth=nth, of=of) for nth in range(of)]
        pieces = [Part(part.table, reach, ask(part.table, reach)) for reach in reaches]
    return pieces


def _part(table: BoundTable, reach: Range, mine: _Events, others: _Events | None) -> tuple[BoundTable, Range]:
    """Some events of a table, and which rows are theirs; with `others`, all rows but theirs."""
    versions = tuple(version for event in mine for version in event)
    if others is None:
        return replace(table, versions=versions), replace(reach, events=_names(mine))
    return replace(table, versions=versions), replace(reach, others=_names(others))


def _events(table: BoundTable) -> list[tuple[BoundVersion, ...]]:
    """A table's versions by the landed names of their events."""
    found: dict[tuple[str, ...], list[BoundVersion]] = {}
    for version in table.versions:
        found.setdefault(version.raw_events, []).append(version)
    return [tuple(versions) for versions in found.values()]


def _names(events: _Events) -> tuple[str, ...]:
    return tuple(name for versions in events for name in versions[0].raw_events)


def _cells(version: BoundVersion) -> int:
    return len(version.rules) + len(version.properties)


def _fits(scan: Scan, writer: type[Writer]) -> bool:
    return scan.map.width <= writer.most_columns and len(scan.sql.encode()) <= writer.longest_statement


def together(measured: Sequence[Measured]) -> Measured:
    """What the parts of one table counted, as one measurement."""
    first = measured[0]
    if len(measured) == 1:
        return first
    series: dict[Series, int] = {}
    properties: dict[int, tuple[str, ...]] = {}
    moved: list[Ints] = []
    for part in measured:
        moved.append(np.array([series.setdefault(one, len(series)) for one in part.series], np.int64))
        properties |= dict(zip(moved[-1].tolist(), part.properties, strict=True))
    numbered = list(zip(measured, moved, strict=True))
    return replace(
        first,
        series=tuple(series),
        properties=tuple(properties[n] for n in range(len(series))),
        counts=_joined([_renumbered(part.counts, to) for part, to in numbered]),
        failures=tuple(one._replace(series=int(to[one.series])) for part, to in numbered for one in part.failures),
        undeclared=tuple(one._replace(series=int(to[one.series])) for part, to in numbered for one in part.undeclared),
        no_time_rows=sum(part.no_time_rows for part in measured),
        queries=sum(part.queries for part in measured),
        missed=tuple(dict.fromkeys(words for part in measured for words in part.missed)),
    )


def _renumbered(counts: Counts, to: Ints) -> Counts:
    return replace(counts, series=to[counts.series]) if len(counts) else counts


def _joined(parts: Sequence[Counts]) -> Counts:
    widest = max(part.present.shape[1] for part in parts)
    present = [np.pad(part.present, ((0, 0), (0, widest - part.present.shape[1]))) for part in parts]

    def column(name: str) -> Ints:
        return np.concatenate([getattr(part, name) for part in parts])

    series, hour, window, rows, invalid, undeclared, width, checked = map(
        column, ("series", "hour", "window", "rows", "invalid", "undeclared", "width", "checked")
    )
    return Counts(series, hour, window, rows, invalid, undeclared, np.concatenate(present), width, checked)
