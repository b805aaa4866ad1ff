"""A sample of a scan: rows are counted in all, and rules are asked of some of them. Pure.

Two statements instead of one: the first counts rows by their keys alone, the second is the scan over rows that chance
has drawn. Nothing is scaled up: of each group it is kept how many rows were checked (`Counts.checked`).
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import NamedTuple

import numpy as np

from monitor.contract.model import BoundTable
from monitor.measure.model import Counts, Ints
from monitor.measure.read import Read, merged, read_columns
from monitor.measure.rows import Range
from monitor.measure.scan import Scan, SlotMap
from monitor.sql import vocabulary as v
from monitor.sql.writer import Writer
from monitor.values import Values

_NOTHING = (None, v.Literal(value=False))
"""What is asked for undeclared keys where there can be none."""


@dataclass(frozen=True, slots=True)
class Sample:
    """Of how many rows rules are asked, where a scan is of many."""

    share: float
    """Between 0 and 1, both exclusive."""
    above: int = 1_000_000
    """Scans of so many rows, or of fewer, ask all of them."""
    blocks: bool = False
    """Rows are drawn by the engine's blocks where it has such, not each by itself."""


class Way(NamedTuple):
    """How a sample is drawn: which rows, and the statement over them."""

    reach: Range
    scan: Scan


class Drawn(NamedTuple):
    """What is asked instead of one scan."""

    rows: Scan
    """Counts all rows by their keys."""
    ways: tuple[Way, ...]
    """The first that the warehouse takes: only base tables have blocks, and few catalogs tell which tables are."""
    above: int
    """Where no more rows than this are counted, all of them are asked."""


def drawn(
    table: BoundTable, whole: Way, sample: Sample, ask: Callable[[BoundTable, Range], Scan], writer: type[Writer]
) -> Drawn | None:
    """The statements of a sample instead of a scan (`whole`); None: it asks all rows.

    So does one that the catalog knows to be small, and a slice of an event's properties (`slices.py`): two slices would
    draw different rows, and what they counted would be of none together.
    """
    rows, reach, of = table.landed.table.rows, whole.reach, whole.scan.map
    asks = of.rule_slots or of.property_slots or any(version.undeclared not in _NOTHING for version in table.versions)
    if reach.of > 1 or not asks or (rows is not None and rows <= sample.above):
        return None
    reaches = [replace(reach, share=sample.share)]
    if sample.blocks and writer.blocks and table.landed.origin is None:
        reaches.insert(0, replace(reach, share=sample.share, blocks=True))
    ways = tuple(Way(one, ask(table, one)) for one in reaches)
    return Drawn(ask(table, replace(reach, keys=True)), ways, sample.above)


def rows_in(columns: Sequence[Values], slot_map: SlotMap) -> int:
    """How many rows the groups of a result are of."""
    return int(columns[slot_map.width - slot_map.rule_slots - slot_map.property_slots - 3].numbers().sum())


def combined(every: Read, columns: Sequence[Values], slot_map: SlotMap) -> Read:
    """All rows as they were counted, with what was found in the sample (`columns`, a scan's result) beside them.

    A row may come between the two statements. What was checked was there: a group has at least as many rows.
    """
    names = every.names.under(slot_map)
    found = read_columns(columns, slot_map, names)
    known = np.array([one.known for one in names.series], np.bool_)
    pointers = {(one.event, one.version): tuple(name for _, name in one.properties) for one in slot_map.versions}
    properties = tuple(pointers[one.event, one.version] if one.known else () for one in names.series)
    width = np.array([len(one) for one in properties], np.int64)
    counts = _beside(every.counts, found.counts, known, width)
    return Read(tuple(names.series), properties, counts, found.failures, names)


def _beside(every: Counts, some: Counts, known: np.ndarray[tuple[int], np.dtype[np.bool_]], width: Ints) -> Counts:
    """Of versions that the plan does not know nothing is asked: the sample says nothing of them."""
    mine = known[some.series]
    series = np.concatenate((every.series, some.series[mine]))
    nothing = np.zeros(len(every), np.int64)
    together = merged(
        Counts(
            series=series,
            hour=np.concatenate((every.hour, some.hour[mine])),
            window=np.concatenate((every.window, some.window[mine])),
            rows=np.concatenate((every.rows, np.zeros(int(mine.sum()), np.int64))),
            invalid=np.concatenate((nothing, some.invalid[mine])),
            undeclared=np.concatenate((nothing, some.undeclared[mine])),
            present=np.concatenate((np.zeros((len(every), some.present.shape[1]), np.int64), some.present[mine])),
            width=width[series],
            checked=np.concatenate((np.where(known[every.series], 0, every.rows), some.rows[mine])),
        )
    )
    return replace(together, rows=np.maximum(together.rows, together.checked))
