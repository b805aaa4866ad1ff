"""Measuring one table that is due: its scan (or several), what is asked beside it, what to do where it is refused."""

from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future
from contextlib import suppress
from dataclasses import dataclass, replace
from functools import partial
from itertools import groupby
from operator import methodcaller
from typing import Any, TypeVar

from monitor.contract.model import BoundTable
from monitor.contract.without import without
from monitor.errors import WarehouseError, WarehouseLostError
from monitor.landing.model import LandedTable
from monitor.measure import follow, isolate
from monitor.measure.model import NO_TIME, Measured
from monitor.measure.partition import placed
from monitor.measure.parts import Part, parts, together
from monitor.measure.read import Read, read_columns
from monitor.measure.rows import Range
from monitor.measure.sampling import Way, drawn
from monitor.measure.scan import Scan, SlotMap, check
from monitor.measure.slices import whole
from monitor.measure.windows import Due, moment_of
from monitor.sql.writer import Writer
from monitor.survey.batches import Batches
from monitor.survey.lanes import Lanes
from monitor.survey.model import Answer, Moments, Tools, unmeasured
from monitor.survey.purse import Purse
from monitor.survey.sampled import Sampled, sampled
from monitor.values import Values

T = TypeVar("T")

_SOON = 0.25
"""Seconds."""


@dataclass(frozen=True, slots=True)
class Line:
    """One survey's way to the warehouse."""

    lanes: Lanes
    purse: Purse
    tools: Tools
    batches: Batches

    def answered(self, asked: Future[T]) -> T:
        """An answer, waited for; where it is not there soon, the time is used."""
        with suppress(TimeoutError):
            return asked.result(_SOON)
        self.tools.idle()
        return asked.result()

    def estimated(self, pieces: Sequence[Part]) -> int | None:
        """Bytes that the statements would read, in all; None: the warehouse does not tell."""
        statements = [sql for piece in pieces for sql in piece.statements]
        asked = [self.lanes.ask(methodcaller("estimate", sql)) for sql in statements]
        sizes: list[int | None] = [self.answered(one) for one in asked]
        return None if None in sizes else sum(size or 0 for size in sizes)


@dataclass(frozen=True, slots=True)
class _More:
    """The way to ask more about the rows of a scan."""

    table: BoundTable
    reach: Range
    moments: Moments
    line: Line

    def rows(self, sql: str) -> Sequence[Sequence[Any]]:
        """The answer to a follow-up. Raises WarehouseError, also where the run's budget has nothing left for it."""
        lanes = self.line.lanes
        sql = _pruned(sql, self.table, self.reach, self.moments, self.line.tools)
        self.line.purse.pays(lambda: self.line.answered(lanes.ask(lambda session: session.estimate(sql))))
        return self.line.answered(lanes.ask(lambda session: session.query(sql, self.moments)))

    def writer(self) -> Writer:
        """For a follow-up's statement."""
        return self.line.tools.writer()


@dataclass(frozen=True, slots=True)
class _Ask(_More):
    """One statement under way."""

    map: SlotMap
    scan: Future[Any]
    """Of columns, or of a `Sampled`."""


def pieces_of(table: BoundTable, step: Due, tools: Tools) -> list[Part]:
    """A table's statement, or several where it holds many events."""
    reach, writer = _reached(step)[0], type(tools.writer())
    found = parts(table, reach, tools.scan, writer)
    if tools.sample is not None:
        found = [
            one._replace(drawn=drawn(one.table, Way(one.reach, one.scan), tools.sample, tools.scan, writer))
            for one in found
        ]
    if table.landed.partition is None:
        return found
    return [_placed(one, partial(_scan_pruned, one.table, step, tools)) for one in found]


def _scan_pruned(table: BoundTable, step: Due, tools: Tools, scan: Scan) -> Scan:
    reach, moments = _reached(step)
    return replace(scan, sql=_pruned(scan.sql, table, reach, moments, tools))


def _placed(part: Part, placed_: Callable[[Scan], Scan]) -> Part:
    """A part whose statements pass over partitions."""
    of = part.drawn
    if of is not None:
        ways = tuple(way._replace(scan=placed_(way.scan)) for way in of.ways)
        of = of._replace(rows=placed_(of.rows), ways=ways)
    return part._replace(scan=placed_(part.scan), drawn=of)


def _pruned(sql: str, table: BoundTable, reach: Range, moments: Moments, tools: Tools) -> str:
    """A statement that passes over the partitions outside the range; rows without a time may be in any."""
    if table.landed.partition is None:
        return sql
    since = None if reach.no_time else moments.get("since")
    return placed(sql, table, since, moments["until"], tools.writer())


def begun(pieces: Sequence[Part], step: Due, line: Line) -> Iterator[_Ask]:
    """The first statement is handed to the warehouse now, each further one while that before it is read.

    Results wait in memory, so no more than two of a table do.
    """
    return _one_ahead(_begin(pieces[0], step, line), pieces[1:], step, line)


def measured(landed: LandedTable, step: Due, asks: Iterator[_Ask], line: Line) -> Answer:
    """What the statements counted, waited for; where they were refused, what can be had without what is to blame."""
    try:
        return landed, _counted(line.tools.bind(landed), step, asks, line)
    except WarehouseLostError as error:  # nobody is to blame, and asking again would take as long
        return landed, unmeasured(landed, error.problem, error.hint)
    except WarehouseError as error:
        return _mended(landed, step, line, error)


def _scanned(table: BoundTable, step: Due, line: Line) -> Iterator[_Ask]:
    return begun(pieces_of(table, step, line.tools), step, line)


def _one_ahead(ahead: _Ask, rest: Sequence[Part], step: Due, line: Line) -> Iterator[_Ask]:
    try:
        for piece in rest:
            ready, ahead = ahead, _begin(piece, step, line)
            yield ready
            del ready
        yield ahead
    finally:
        ahead.scan.cancel()  # where one part is refused, the next is not run


def _begin(piece: Part, step: Due, line: Line) -> _Ask:
    moments, rows = _reached(step)[1], piece.table.landed.table.rows
    scan: Future[Sequence[Values]] | Future[Sampled]
    if piece.drawn is None:
        scan = line.batches.ask(piece.scan.sql, piece.scan.map.width, moments, rows)
    else:
        scan = line.lanes.ask(partial(sampled, piece=piece, moments=moments))
    return _Ask(piece.table, piece.reach, moments, line, piece.scan.map, scan)


def _reached(step: Due) -> tuple[Range, Moments]:
    """The rows that are due, and the moments that bound them."""
    moments = {"until": moment_of(step.until)}
    if step.since is not None:
        moments["since"] = moment_of(step.since)
    return Range(since=step.since is not None, no_time=step.no_time), moments


def _counted(table: BoundTable, step: Due, asks: Iterator[_Ask], line: Line) -> Measured:
    reach, moments = _reached(step)
    counted = [whole([_part(step, ask, line) for ask in slices]) for _, slices in groupby(asks, _of_one_event)]
    return follow.with_duplicates(together(counted), _More(table, reach, moments, line))


def _of_one_event(ask: _Ask) -> Range:
    """What the slices of one event have in common."""
    return replace(ask.reach, nth=0)


def _part(step: Due, ask: _Ask, line: Line) -> Measured:
    answer: Sequence[Values] | Sampled = line.answered(ask.scan)
    if not isinstance(answer, Sampled):
        found = read_columns(answer, ask.map)
        return follow.named(_measurement(ask.table, step, found), found, ask)
    found = answer.read(ask.map)
    counted = replace(_measurement(ask.table, step, found), queries=answer.queries, missed=answer.missed)
    return follow.named(counted, found, replace(ask, reach=answer.reach))


def _mended(landed: LandedTable, step: Due, line: Line, error: WarehouseError) -> Answer:
    """Of a refused scan, what can be had: columns may have changed since the catalog was read, or one rule is to blame.

    First the table is bound as the catalog shows it now; then, without the parts that the warehouse refuses alone.
    """
    fresh = line.lanes.ask_own(lambda: line.tools.again(landed))
    try:
        if fresh is not None and fresh != landed:
            landed, table = fresh, line.tools.bind(fresh)
            return fresh, _counted(table, step, _scanned(table, step, line), line)
    except WarehouseError as again:
        error = again
    table = line.tools.bind(landed)
    try:
        refused = isolate.refused(table, lambda asked: _refusal(asked, step, line)) if fresh is not None else {}
        if refused:
            rest = without(table, refused)
            counted = _counted(rest, step, _scanned(rest, step, line), line)
            line.tools.refuse(table, refused)
            return landed, counted
    except WarehouseError as again:
        error = again
    return landed, unmeasured(landed, error.problem, error.hint)


def _refusal(table: BoundTable, step: Due, line: Line) -> str | None:
    """What the warehouse says against a contract of the table; None: it would run its scan."""
    reach, moments = _reached(step)
    sql = _pruned(check(table, reach, line.tools.writer()), table, reach, moments, line.tools)
    try:
        line.answered(line.lanes.ask(lambda session: session.query(sql, moments)))
    except WarehouseLostError:
        raise  # it says nothing of the contract
    except WarehouseError as error:
        return error.hint or error.problem
    return None


def _measurement(table: BoundTable, step: Due, found: Read) -> Measured:
    no_time = int(found.counts.rows[found.counts.window == NO_TIME].sum()) if step.no_time else 0
    return Measured(
        table=table.key,
        since=step.since,
        until=step.until,
        series=found.series,
        properties=found.properties,
        counts=found.counts,
        failures=found.failures,
        no_time=step.no_time,
        no_time_rows=no_time,
    )
