"""Asking the warehouse: one probe over all tables, one scan per table that has something new, follow-ups where needed.

Everything about SQL and rows is decided in `measure`; here it is only run, table by table. A table that fails is
unknown and named; the others go on.
"""

from collections import deque
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import Executor, Future, ThreadPoolExecutor
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any, Protocol, TypeAlias

from monitor.contract.model import BoundTable
from monitor.contract.without import Refused, without
from monitor.errors import WarehouseError
from monitor.landing.model import LandedTable
from monitor.measure import follow, isolate
from monitor.measure.model import NO_TIME, Measured, Unmeasured
from monitor.measure.probe import PROBE_ARMS, Span, probe, read_probe
from monitor.measure.read import Read, read_columns
from monitor.measure.rows import Range, arrival
from monitor.measure.scan import Scan, SlotMap, check
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

    def columns(self, sql: str, width: int, moments: Moments | None = None) -> Sequence[Values]:
        """The same, column by column."""
        ...


@dataclass(frozen=True, slots=True)
class Reach:
    """What a run is asked to look at."""

    now: datetime
    lookback: timedelta
    since: datetime | None = None
    """Measure again from here, whatever has been measured before."""


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


Answer: TypeAlias = tuple[LandedTable, Measured | Unmeasured | Untouched]


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
    timeless = [table for table in tables if arrival(table) is None]
    for table in timeless:
        problem = "the table has no column that says when a row came"
        yield table, _unmeasured(table, problem, "set time:, received: or loaded: on its landing")
    rest = [table for table in tables if arrival(table) is not None]
    known = [] if reach.since else [table for table in rest if table.key in marks]
    spans = {table.key: (moment_of(marks[table.key].until), _closed(table, reach)) for table in known}
    # Where no window has closed since, there is nothing to ask.
    asked = [table for table in known if spans[table.key][0] < spans[table.key][1]]
    seen = _probe(asked, spans, warehouse, tools)
    # One thread talks to the warehouse, and has the next scans already while a finished one is read and kept.
    thread = ThreadPoolExecutor(1, "warehouse")
    line = _Line(warehouse, reach, tools, thread)
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


def _asked(table: LandedTable, seen: Seen | Unmeasured | None, mark: Mark | None, line: _Line) -> Callable[[], Answer]:
    """Begin to measure a table that is due; what is handed back waits for the answer."""
    if isinstance(seen, Unmeasured):
        return lambda: (table, seen)
    step = _step(table, mark, seen, line.reach)
    if isinstance(step, NotDue):
        return lambda: (table, Untouched(table.key, step.until, step.reason))
    asked = _scanned(line.tools.bind(table), step, line)
    return lambda: _measured(step, asked)


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
class _Ask:
    """One table's scan under way, and the way to ask more about the same rows."""

    table: BoundTable
    reach: Range
    moments: Moments
    line: _Line
    map: SlotMap
    scan: Future[Sequence[Values]]

    def rows(self, sql: str) -> Sequence[Sequence[Any]]:
        """The answer to a follow-up."""
        return self.line.thread.submit(self.line.warehouse.query, sql, self.moments).result()

    def writer(self) -> Writer:
        """For a follow-up's statement."""
        return self.line.tools.writer()

    def refusal(self, table: BoundTable) -> str | None:
        """What the warehouse says against a contract of the table; None: it would run its scan."""
        try:
            self.rows(check(table, self.reach, self.writer()))
        except WarehouseError as error:
            return error.hint or error.problem
        return None


def _scanned(table: BoundTable, step: Due, line: _Line) -> _Ask:
    reach = Range(since=step.since is not None, no_time=step.no_time)
    moments = {"until": moment_of(step.until)}
    if step.since is not None:
        moments["since"] = moment_of(step.since)
    scan = line.tools.scan(table, reach)
    answer = line.thread.submit(line.warehouse.columns, scan.sql, scan.map.width, moments)
    return _Ask(table, reach, moments, line, scan.map, answer)


def _measured(step: Due, ask: _Ask) -> Answer:
    try:
        return ask.table.landed, _counted(step, ask)
    except WarehouseError as error:
        return _mended(step, ask, error)


def _counted(step: Due, ask: _Ask) -> Measured:
    found = read_columns(ask.scan.result(), ask.map)
    return _followed(_measurement(ask.table, step, found), found, ask)


def _mended(step: Due, ask: _Ask, error: WarehouseError) -> Answer:
    """Of a refused scan, what can be had: columns may have changed since the catalog was read, or one rule is to blame.

    First the table is bound as the catalog shows it now; then, without the parts that the warehouse refuses alone.
    """
    line, landed = ask.line, ask.table.landed
    fresh = line.thread.submit(line.tools.again, landed).result()
    try:
        if fresh is not None and fresh != landed:
            ask = _scanned(line.tools.bind(fresh), step, line)
            return fresh, _counted(step, ask)
    except WarehouseError as again:
        error = again
    refused = isolate.refused(ask.table, ask.refusal) if fresh is not None else {}
    try:
        if refused:
            measured = _counted(step, _scanned(without(ask.table, refused), step, line))
            line.tools.refuse(ask.table, refused)
            return ask.table.landed, measured
    except WarehouseError as again:
        error = again
    return ask.table.landed, _unmeasured(ask.table.landed, error.problem, error.hint)


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


def _followed(measured: Measured, found: Read, ask: _Ask) -> Measured:
    """Name what is undeclared where the scan counted some; count duplicated ids where the landing has an id."""
    if measured.counts.undeclared.any():
        listed = follow.undeclared_columns(ask.table, ask.reach, ask.writer())
        if listed is not None:
            sql, columns = listed
            named = follow.read_columns(ask.rows(sql), found.names, columns, ask.table)
            measured = replace(measured, undeclared=measured.undeclared + tuple(named), queries=measured.queries + 1)
        keys = follow.undeclared_keys(ask.table, ask.reach, ask.writer())
        if keys is not None:
            named = follow.read_keys(ask.rows(keys), found.names, ask.table)
            measured = replace(measured, undeclared=measured.undeclared + tuple(named), queries=measured.queries + 1)
    if len(measured.counts) and (sql_ := follow.duplicated_ids(ask.table, ask.reach, ask.writer())):
        duplicates = int(ask.rows(sql_)[0][0])
        measured = replace(measured, duplicates=duplicates, queries=measured.queries + 1)
    # A row that came between the statements may be of a series that the scan has not seen: the next run has it.
    return replace(measured, undeclared=tuple(one for one in measured.undeclared if one.series < len(found.series)))


def _unmeasured(table: LandedTable, problem: str, hint: str) -> Unmeasured:
    events = tuple(dict.fromkeys(held.event for held in table.events))
    return Unmeasured(table.key, problem, hint, events)
