"""The loop over the tables: what is due is asked ahead, and read and kept in the tables' own order."""

from collections import deque
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import NamedTuple

from monitor.errors import WarehouseError
from monitor.landing.model import LandedTable
from monitor.measure.model import Unmeasured
from monitor.measure.windows import Mark, NotDue, Seen
from monitor.survey.batches import Batches
from monitor.survey.lanes import Lanes
from monitor.survey.model import Answer, Reach, Tools, Untouched, Warehouse, unmeasured
from monitor.survey.probing import Probe, in_order, step_of, unaskable
from monitor.survey.purse import Purse
from monitor.survey.table import Line, begun, measured, pieces_of

_AHEAD = 2
"""Scans that are asked for while an earlier one is read, at least: results wait in memory."""
_FEW_HOURS, _FEW_AHEAD = 6, 16
"""So many where each is of few hours: their results are small, and the warehouse works while others are kept."""


def survey(
    tables: Sequence[LandedTable], marks: Mapping[str, Mark], warehouse: Warehouse, reach: Reach, tools: Tools
) -> Iterator[Answer]:
    """Measure every table that is due, in order; what could not be measured is said, never left out.

    A table that had to be bound anew comes back as the catalog shows it now. Threads talk to the warehouse, one per
    session, and have the next scans already while a finished one is read and kept.
    """
    yield from unaskable(tables)
    rest = in_order(tables, marks, reach.budget)
    lanes = Lanes(warehouse)
    line = Line(lanes, Purse(reach.budget, tools.clock), tools, Batches(lanes))
    ahead = max(_AHEAD, lanes.several) * line.batches.size
    under_way: deque[_Awaited] = deque()
    done = False
    try:
        seen = Probe(line.lanes, line.purse, tools).seen(rest, marks, reach)
        for table in rest:
            under_way.append(_asked(table, seen.get(table.key), marks.get(table.key), reach, line))
            most = max(ahead, _FEW_AHEAD) if all(one.small for one in under_way) else ahead
            while len(under_way) > most:
                yield under_way.popleft().answer()
        while under_way:
            yield under_way.popleft().answer()
        done = True
    finally:
        line.lanes.close(hurry=not done)  # whoever reads may stop: what was not begun is not run


class _Awaited(NamedTuple):
    """A table that was begun."""

    answer: Callable[[], Answer]
    """Waits for it."""
    small: bool = True
    """Its result is, by the hours that were asked for."""


def _asked(table: LandedTable, seen: Seen | Unmeasured | None, mark: Mark | None, reach: Reach, line: Line) -> _Awaited:
    """Begin to measure a table that is due."""
    if isinstance(seen, Unmeasured):
        return _Awaited(lambda: (table, seen))
    step = step_of(table, mark, seen, reach)
    if isinstance(step, NotDue):
        return _Awaited(lambda: (table, Untouched(table.key, step.until, step.reason)))
    try:
        pieces = pieces_of(line.tools.bind(table), step, line.tools)
    except WarehouseError as error:  # the engine has no words for where its events, versions or times are
        unsayable = unmeasured(table, error.problem, error.hint)
        return _Awaited(lambda: (table, unsayable))
    spent = line.purse.refuses(lambda: line.estimated(pieces))
    if spent is not None:
        skipped = unmeasured(table, *spent)
        return _Awaited(lambda: (table, skipped))
    asks = begun(pieces, step, line)
    small = step.since is not None and step.until - step.since <= _FEW_HOURS
    return _Awaited(lambda: measured(table, step, asks, line), small)
