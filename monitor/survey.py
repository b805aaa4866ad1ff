"""Asking the warehouse: one probe over all tables, one scan per table that has something new, follow-ups where needed.

Everything about SQL and rows is decided in `measure`; here it is only run, table by table. A table that fails is
unknown and named; the others go on.
"""

import time
from collections import deque
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import Executor, Future, ThreadPoolExecutor
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial
from typing import Any, Protocol, TypeAlias

from monitor.contract.model import BoundTable
from monitor.contract.without import Refused, without
from monitor.errors import WarehouseError
from monitor.landing.model import LandedTable
from monitor.measure import follow, isolate
from monitor.measure.model import NO_TIME, Measured, Unmeasured
from monitor.measure.parts import Part, parts, together
from monitor.measure.probe import PROBE_ARMS, Span, probe, read_probe
from monitor.measure.read import Read, read_columns
from monitor.measure.rows import Range, arrival
from monitor.measure.scan import Scan, SlotMap, check, landed_columns
from monitor.measure.windows import Due, Mark, NotDue, Seen, closed_until, due, hour_of, moment_of
from monitor.sql.writer import Writer
from monitor.values import Values

_AHEAD = 2
"""Scans that are asked for while an earlier one is read: results wait in memory."""

Moments: TypeAlias = Mapping[str, datetime]


class Warehouse(Protocol):
    """What a survey needs of a warehouse."""

    @property
    def engine(self) -> str:
        """The engine file's name."""
        ...

    def query(self, sql: str, moments: Moments | None = None) -> Sequence[Sequence[Any]]:
        """All rows of a statement, its placeholders at these moments. Raises WarehouseError."""
        ...

    def columns(
        self, sql: str, width: int, moments: Moments | None = None, rows: int | None = None
    ) -> Sequence[Values]:
        """The same, column by column. `rows`: about how many the table has, where the catalog tells."""
        ...

    def estimate(self, sql: str) -> int | None:
        """Bytes that a statement would read, where the warehouse tells before running it."""
        ...


@dataclass(frozen=True, slots=True)
class Budget:
    """What the scans of one run may cost; None: what they cost. Tables that do not fit are unknown."""

    bytes: int | None = None
    """Read in all, by the warehouse's own estimate; where it tells none, nothing is held to it."""
    seconds: float | None = None
    """After so many no further scan begins."""

    @property
    def bounded(self) -> bool:
        """There is something to keep to."""
        return self.bytes is not None or self.seconds is not None


@dataclass(frozen=True, slots=True)
class Reach:
    """What a run is asked to look at."""

    now: datetime
    lookback: timedelta
    since: datetime | None = None
    """Measure again from here, whatever has been measured before."""
    budget: Budget = Budget()


@dataclass(frozen=True, slots=True)
class Untouched:
    """A table with nothing new."""

    table: str
    until: int | None
    """Its watermark may move on to this window; None: it stays."""
    reason: str


@dataclass(frozen=True, slots=True)
class Tools:
    """How tables are bound and statements written; asked only for tables that are measured."""

    bind: Callable[[LandedTable], BoundTable]
    scan: Callable[[BoundTable, Range], Scan]
    """The scan of a table; may come from the disk."""
    writer: Callable[[], Writer]
    again: Callable[[LandedTable], LandedTable | None] = lambda table: table
    """The table as the catalog shows it now; None: it is gone. Asked where a scan was refused."""
    refuse: Callable[[BoundTable, Refused], object] = lambda _, refused: refused
    """To be remembered: the warehouse refuses these parts of the table's contract, and its scan runs without them."""
    clock: Callable[[], float] = time.monotonic
    """Seconds, for the budget."""


Answer: TypeAlias = tuple[LandedTable, Measured | Unmeasured | Untouched]


@dataclass(frozen=True, slots=True)
class Planned:
    """What a run would ask of a table that is due."""

    table: str
    reason: str
    since: int | None
    """First window; None: from the beginning."""
    until: int
    statements: tuple[str, ...]
    columns: int
    """Landed columns that rules and properties speak of."""
    rows: int | None
    """Of the whole table, by the catalog; None: it does not tell."""
    bytes: int | None
    """That the statements would read, by the warehouse; None: it does not tell."""


def chosen(tables: Sequence[LandedTable], events: frozenset[str]) -> tuple[LandedTable, ...]:
    """The tables that hold one of the events."""
    if not events:
        return tuple(tables)
    return tuple(table for table in tables if any(held.event in events for held in table.events))


def survey(
    tables: Sequence[LandedTable], marks: Mapping[str, Mark], warehouse: Warehouse, reach: Reach, tools: Tools
) -> Iterator[Answer]:
    """Measure every table that is due, in order; what could not be measured is said, never left out.

    A table that had to be bound anew comes back as the catalog shows it now.
    """
    yield from _timeless(tables)
    rest = _in_order(tables, marks, reach.budget)
    seen = _seen(rest, marks, warehouse, reach, tools)
    # One thread talks to the warehouse, and has the next scans already while a finished one is read and kept.
    thread = ThreadPoolExecutor(1, "warehouse")
    line = _Line(warehouse, reach, tools, thread, _Purse(reach.budget, tools.clock))
    under_way: deque[Callable[[], Answer]] = deque()
    try:
        for table in rest:
            under_way.append(_asked(table, seen.get(table.key), marks.get(table.key), line))
            if len(under_way) > _AHEAD:
                yield under_way.popleft()()
        while under_way:
            yield under_way.popleft()()
    finally:
        thread.shutdown(cancel_futures=True)  # whoever reads may stop: what was not begun is not run


@dataclass(frozen=True, slots=True)
class _Line:
    """One survey's way to the warehouse: everything goes through one thread, in order."""

    warehouse: Warehouse
    reach: Reach
    tools: Tools
    thread: Executor
    purse: "_Purse"


def _asked(table: LandedTable, seen: Seen | Unmeasured | None, mark: Mark | None, line: _Line) -> Callable[[], Answer]:
    """Begin to measure a table that is due; what is handed back waits for the answer."""
    if isinstance(seen, Unmeasured):
        return lambda: (table, seen)
    step = _step(table, mark, seen, line.reach)
    if isinstance(step, NotDue):
        return lambda: (table, Untouched(table.key, step.until, step.reason))
    try:
        pieces = _pieces(line.tools.bind(table), step, line.tools)
    except WarehouseError as error:  # the engine has no words for where its events, versions or times are
        unmeasured = _unmeasured(table, error.problem, error.hint)
        return lambda: (table, unmeasured)
    spent = line.purse.refuses(partial(_estimated, pieces, line.warehouse, line.thread))
    if spent is not None:
        return lambda: (table, _unmeasured(table, *spent))
    asked = _begun(pieces, step, line)
    return lambda: _measured(table, step, asked, line)


def explain(
    tables: Sequence[LandedTable], marks: Mapping[str, Mark], warehouse: Warehouse, reach: Reach, tools: Tools
) -> Iterator[Planned | Untouched | Unmeasured]:
    """What a survey would ask of each table. Only the probe is asked; no scan runs."""
    yield from (unmeasured for _, unmeasured in _timeless(tables))
    rest = _in_order(tables, marks, reach.budget)
    seen = _seen(rest, marks, warehouse, reach, tools)
    for table in rest:
        of = seen.get(table.key)
        if isinstance(of, Unmeasured):
            yield of
            continue
        step = _step(table, marks.get(table.key), of, reach)
        if isinstance(step, NotDue):
            yield Untouched(table.key, step.until, step.reason)
            continue
        try:
            pieces = _pieces(tools.bind(table), step, tools)
        except WarehouseError as error:
            yield _unmeasured(table, error.problem, error.hint)
            continue
        sizes = [warehouse.estimate(piece.scan.sql) for piece in pieces]
        yield Planned(
            table=table.key,
            reason=step.reason,
            since=step.since,
            until=step.until,
            statements=tuple(piece.scan.sql for piece in pieces),
            columns=len(landed_columns(tools.bind(table))),
            rows=table.table.rows,
            bytes=None if None in sizes else sum(size or 0 for size in sizes),
        )


class _Purse:
    """What is left of a run's budget."""

    def __init__(self, budget: Budget, clock: Callable[[], float]) -> None:
        self._budget, self._clock, self._began, self._read = budget, clock, clock(), 0

    def refuses(self, size: Callable[[], int | None]) -> tuple[str, str] | None:
        """Why a table no longer fits, and what to do; None: it does, and is counted."""
        budget = self._budget
        if budget.seconds is not None and self._clock() - self._began >= budget.seconds:
            return f"skipped: the run's {budget.seconds:g} seconds are over", "the next run begins with it"
        if budget.bytes is not None:
            more = size() or 0
            if self._read + more > budget.bytes:
                words = f"skipped: it would read {more:,} bytes, and {budget.bytes - self._read:,} are left"
                return words, "raise measure.budget.bytes where a run never comes to it"
            self._read += more
        return None


def _estimated(pieces: Sequence[Part], warehouse: Warehouse, thread: Executor) -> int | None:
    sizes = [thread.submit(warehouse.estimate, piece.scan.sql).result() for piece in pieces]
    return None if None in sizes else sum(size or 0 for size in sizes)


def _timeless(tables: Sequence[LandedTable]) -> Iterator[tuple[LandedTable, Unmeasured]]:
    """The tables that no range of hours can be asked of."""
    for table in tables:
        if arrival(table) is None:
            problem = "the table has no column that says when a row came"
            yield table, _unmeasured(table, problem, "set time:, received: or loaded: on its landing")


def _in_order(tables: Sequence[LandedTable], marks: Mapping[str, Mark], budget: Budget) -> list[LandedTable]:
    """The tables that have a time; under a budget what has waited longest comes first."""
    timed = [table for table in tables if arrival(table) is not None]
    if not budget.bounded:
        return timed
    return sorted(timed, key=lambda table: marks[table.key].until if table.key in marks else NO_TIME)


def _step(table: LandedTable, mark: Mark | None, seen: Seen | None, reach: Reach) -> Due | NotDue:
    step = due(table, mark, seen, reach.now, reach.lookback)
    if reach.since is None:
        return step
    until = hour_of(reach.now) if isinstance(step, NotDue) else step.until
    if mark is not None:
        until = max(mark.until, step.until or mark.until)
    return Due(hour_of(reach.since), until, no_time=False, reason=f"asked for since {reach.since:%Y-%m-%d %H:%M}")


def _closed(table: LandedTable, reach: Reach) -> datetime:
    return moment_of(closed_until(table, reach.now))


def _seen(
    tables: Sequence[LandedTable], marks: Mapping[str, Mark], warehouse: Warehouse, reach: Reach, tools: Tools
) -> Mapping[str, Seen | Unmeasured]:
    """What the probe says of tables that were measured before, where a window has closed since."""
    known = [] if reach.since else [table for table in tables if table.key in marks]
    spans = {table.key: (moment_of(marks[table.key].until), _closed(table, reach)) for table in known}
    asked = [table for table in known if spans[table.key][0] < spans[table.key][1]]
    return _probe(asked, spans, warehouse, tools)


def _probe(
    tables: Sequence[LandedTable], spans: Mapping[str, Span], warehouse: Warehouse, tools: Tools
) -> dict[str, Seen | Unmeasured]:
    """What has arrived since the watermarks. A table that breaks the common statement is asked alone."""
    seen: dict[str, Seen | Unmeasured] = {}
    for start in range(0, len(tables), PROBE_ARMS):
        part = tables[start : start + PROBE_ARMS]
        try:
            seen |= _probed(part, spans, warehouse, tools)
        except WarehouseError as error:
            if len(part) == 1:
                seen[part[0].key] = _unmeasured(part[0], error.problem, error.hint)
                continue
            for table in part:
                seen |= _probe([table], spans, warehouse, tools)
    return seen


def _probed(
    tables: Sequence[LandedTable], spans: Mapping[str, Span], warehouse: Warehouse, tools: Tools
) -> Mapping[str, Seen]:
    rows = warehouse.query(probe(tables, [spans[table.key] for table in tables], tools.writer()))
    return {tables[index].key: found for index, found in read_probe(rows)}


@dataclass(frozen=True, slots=True)
class _More:
    """The way to ask more about the rows of a scan."""

    table: BoundTable
    reach: Range
    moments: Moments
    line: _Line

    def rows(self, sql: str) -> Sequence[Sequence[Any]]:
        """The answer to a follow-up."""
        return self.line.thread.submit(self.line.warehouse.query, sql, self.moments).result()

    def writer(self) -> Writer:
        """For a follow-up's statement."""
        return self.line.tools.writer()


@dataclass(frozen=True, slots=True)
class _Ask(_More):
    """One statement under way."""

    map: SlotMap
    scan: Future[Sequence[Values]]


def _pieces(table: BoundTable, step: Due, tools: Tools) -> list[Part]:
    """A table's statement, or several where it holds many events."""
    return parts(table, _reached(step)[0], tools.scan, type(tools.writer()))


def _scanned(table: BoundTable, step: Due, line: _Line) -> Iterator[_Ask]:
    return _begun(_pieces(table, step, line.tools), step, line)


def _begun(pieces: Sequence[Part], step: Due, line: _Line) -> Iterator[_Ask]:
    """The first statement is handed to the warehouse's thread now, each further one while that before it is read.

    Results wait in memory, so no more than two of a table do.
    """
    return _one_ahead(_begin(pieces[0], step, line), pieces[1:], step, line)


def _one_ahead(begun: _Ask, rest: Sequence[Part], step: Due, line: _Line) -> Iterator[_Ask]:
    try:
        for piece in rest:
            ready, begun = begun, _begin(piece, step, line)
            yield ready
            del ready
        yield begun
    finally:
        begun.scan.cancel()  # where one part is refused, the next is not run


def _begin(piece: Part, step: Due, line: _Line) -> _Ask:
    moments, rows = _reached(step)[1], piece.table.landed.table.rows
    scan = line.thread.submit(line.warehouse.columns, piece.scan.sql, piece.scan.map.width, moments, rows)
    return _Ask(piece.table, piece.reach, moments, line, piece.scan.map, scan)


def _reached(step: Due) -> tuple[Range, Moments]:
    """The rows that are due, and the moments that bound them."""
    moments = {"until": moment_of(step.until)}
    if step.since is not None:
        moments["since"] = moment_of(step.since)
    return Range(since=step.since is not None, no_time=step.no_time), moments


def _measured(landed: LandedTable, step: Due, asks: Iterator[_Ask], line: _Line) -> Answer:
    try:
        return landed, _counted(line.tools.bind(landed), step, asks, line)
    except WarehouseError as error:
        return _mended(landed, step, line, error)


def _counted(table: BoundTable, step: Due, asks: Iterator[_Ask], line: _Line) -> Measured:
    counted = together([_part(step, ask) for ask in asks])
    reach, moments = _reached(step)
    return follow.with_duplicates(counted, _More(table, reach, moments, line))


def _part(step: Due, ask: _Ask) -> Measured:
    found = read_columns(ask.scan.result(), ask.map)
    return follow.named(_measurement(ask.table, step, found), found, ask)


def _mended(landed: LandedTable, step: Due, line: _Line, error: WarehouseError) -> Answer:
    """Of a refused scan, what can be had: columns may have changed since the catalog was read, or one rule is to blame.

    First the table is bound as the catalog shows it now; then, without the parts that the warehouse refuses alone.
    """
    fresh = line.thread.submit(line.tools.again, landed).result()
    try:
        if fresh is not None and fresh != landed:
            landed, table = fresh, line.tools.bind(fresh)
            return fresh, _counted(table, step, _scanned(table, step, line), line)
    except WarehouseError as again:
        error = again
    table = line.tools.bind(landed)
    refused = isolate.refused(table, lambda asked: _refusal(asked, step, line)) if fresh is not None else {}
    try:
        if refused:
            rest = without(table, refused)
            measured = _counted(rest, step, _scanned(rest, step, line), line)
            line.tools.refuse(table, refused)
            return landed, measured
    except WarehouseError as again:
        error = again
    return landed, _unmeasured(landed, error.problem, error.hint)


def _refusal(table: BoundTable, step: Due, line: _Line) -> str | None:
    """What the warehouse says against a contract of the table; None: it would run its scan."""
    reach, moments = _reached(step)
    try:
        line.thread.submit(line.warehouse.query, check(table, reach, line.tools.writer()), moments).result()
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


def _unmeasured(table: LandedTable, problem: str, hint: str) -> Unmeasured:
    events = tuple(dict.fromkeys(held.event for held in table.events))
    return Unmeasured(table.key, problem, hint, events)
