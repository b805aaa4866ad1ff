"""Asking the warehouse: one probe over all tables, one scan per table that has something new, follow-ups where needed.

Everything about SQL and rows is decided in `measure`; here it is only run, table by table. A table that fails is
unknown and named; the others go on.
"""

import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any, Protocol, TypeAlias

from monitor.contract.model import BoundTable
from monitor.errors import WarehouseError
from monitor.landing.model import LandedTable
from monitor.measure import follow
from monitor.measure.model import NO_TIME, Measured, Unmeasured
from monitor.measure.probe import PROBE_ARMS, Span, probe, read_probe
from monitor.measure.read import Read, read_columns
from monitor.measure.scan import Range, Scan, arrival
from monitor.measure.windows import Due, Mark, NotDue, Seen, closed_until, due, hour_of, moment_of
from monitor.sql.writer import Writer
from monitor.values import Values

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
    events: frozenset[str] = frozenset()
    """Only tables that hold one of these events; empty: all."""


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


Answer: TypeAlias = tuple[LandedTable, Measured | Unmeasured | Untouched]


def chosen(tables: Sequence[LandedTable], events: frozenset[str]) -> tuple[LandedTable, ...]:
    """The tables that hold one of the events."""
    if not events:
        return tuple(tables)
    return tuple(table for table in tables if any(held.event in events for held in table.events))


def survey(
    tables: Sequence[LandedTable], marks: Mapping[str, Mark], warehouse: Warehouse, reach: Reach, tools: Tools
) -> Iterator[Answer]:
    """Measure every table that is due, in order; what could not be measured is said, never left out."""
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
    for table in rest:
        answer = seen.get(table.key)
        if isinstance(answer, Unmeasured):
            yield table, answer
            continue
        step = _step(table, marks.get(table.key), answer, reach)
        if isinstance(step, NotDue):
            yield table, Untouched(table.key, step.until, step.reason)
        else:
            yield table, _measured(table, step, warehouse, tools)


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


def _measured(landed: LandedTable, step: Due, warehouse: Warehouse, tools: Tools) -> Measured | Unmeasured:
    began = time.perf_counter()
    reach = Range(since=step.since is not None, no_time=step.no_time)
    moments = {"until": moment_of(step.until)}
    if step.since is not None:
        moments["since"] = moment_of(step.since)
    table = tools.bind(landed)
    try:
        scan = tools.scan(table, reach)
        found = read_columns(warehouse.columns(scan.sql, scan.map.width, moments), scan.map)
        measured = _measurement(table, step, found)
        measured = _followed(measured, found, _Ask(table, reach, moments, warehouse, tools))
    except WarehouseError as error:
        return _unmeasured(landed, error.problem, error.hint)
    return replace(measured, seconds=time.perf_counter() - began)


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


@dataclass(frozen=True, slots=True)
class _Ask:
    """A follow-up over the same rows as the scan."""

    table: BoundTable
    reach: Range
    moments: Moments
    warehouse: Warehouse
    tools: Tools

    def rows(self, sql: str) -> Sequence[Sequence[Any]]:
        return self.warehouse.query(sql, self.moments)


def _followed(measured: Measured, found: Read, ask: _Ask) -> Measured:
    """Name what is undeclared where the scan counted some; count duplicated ids where the landing has an id."""
    if measured.counts.undeclared.any():
        listed = follow.undeclared_columns(ask.table, ask.reach, ask.tools.writer())
        if listed is not None:
            sql, columns = listed
            named = follow.read_columns(ask.rows(sql), found.names, columns, ask.table)
            measured = replace(measured, undeclared=measured.undeclared + tuple(named), queries=measured.queries + 1)
        keys = follow.undeclared_keys(ask.table, ask.reach, ask.tools.writer())
        if keys is not None:
            named = follow.read_keys(ask.rows(keys), found.names, ask.table)
            measured = replace(measured, undeclared=measured.undeclared + tuple(named), queries=measured.queries + 1)
    if len(measured.counts) and (sql_ := follow.duplicated_ids(ask.table, ask.reach, ask.tools.writer())):
        duplicates = int(ask.rows(sql_)[0][0])
        measured = replace(measured, duplicates=duplicates, queries=measured.queries + 1)
    # A row that came between the statements may be of a series that the scan has not seen: the next run has it.
    return replace(measured, undeclared=tuple(one for one in measured.undeclared if one.series < len(found.series)))


def _unmeasured(table: LandedTable, problem: str, hint: str) -> Unmeasured:
    events = tuple(dict.fromkeys(held.event for held in table.events))
    return Unmeasured(table.key, problem, hint, events)
