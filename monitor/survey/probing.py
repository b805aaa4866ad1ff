"""What is due: by the clock, by the watermarks, and by one probe over all tables that were measured before."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace

from monitor.errors import WarehouseError
from monitor.landing.model import LandedTable
from monitor.measure.model import NO_TIME, Unmeasured
from monitor.measure.probe import PROBE_ARMS, Span, probe, read_probe
from monitor.measure.rows import arrival
from monitor.measure.windows import Due, Mark, NotDue, Seen, closed_until, due, hour_of, moment_of
from monitor.survey.lanes import Lanes
from monitor.survey.model import Budget, Reach, Tools, unmeasured
from monitor.survey.purse import Purse


def unaskable(tables: Sequence[LandedTable]) -> Iterator[tuple[LandedTable, Unmeasured]]:
    """The tables that no range of hours can be asked of, or that we may not read."""
    for table in tables:
        if not table.table.readable:
            yield table, unmeasured(table, "the account may not read the table", f"GRANT SELECT ON {table.key} to it")
        elif arrival(table) is None:
            problem = "the table has no column that says when a row came"
            yield table, unmeasured(table, problem, "set time:, received: or loaded: on its landing")


def in_order(tables: Sequence[LandedTable], marks: Mapping[str, Mark], budget: Budget) -> list[LandedTable]:
    """The tables that can be asked; under a budget what has waited longest comes first."""
    timed = [table for table in tables if table.table.readable and arrival(table) is not None]
    if not budget.bounded:
        return timed
    return sorted(timed, key=lambda table: marks[table.key].until if table.key in marks else NO_TIME)


def step_of(table: LandedTable, mark: Mark | None, seen: Seen | None, reach: Reach) -> Due | NotDue:
    """Which windows of a table are measured now."""
    step = due(table, mark, seen, reach.now, reach.lookback)
    if reach.since is None:
        return step
    until = hour_of(reach.now) if isinstance(step, NotDue) else step.until
    if mark is not None:
        until = max(mark.until, step.until or mark.until)
    return Due(hour_of(reach.since), until, no_time=False, reason=f"asked for since {reach.since:%Y-%m-%d %H:%M}")


class Probe:
    """What has arrived since the watermarks, as the warehouse says."""

    def __init__(self, lanes: Lanes, purse: Purse, tools: Tools) -> None:
        self._lanes, self._purse, self._tools = lanes, purse, tools

    def seen(
        self, tables: Sequence[LandedTable], marks: Mapping[str, Mark], reach: Reach
    ) -> Mapping[str, Seen | Unmeasured]:
        """Of tables that were measured before, where a window has closed since."""
        known = [] if reach.since else [table for table in tables if table.key in marks]
        spans: dict[str, Span] = {
            table.key: (moment_of(marks[table.key].until), moment_of(closed_until(table, reach.now))) for table in known
        }
        asked = [table for table in known if spans[table.key][0] < spans[table.key][1]]
        found: dict[str, Seen | Unmeasured] = {}
        for start in range(0, len(asked), PROBE_ARMS):
            found |= self._asked(asked[start : start + PROBE_ARMS], spans)
        return {table.key: self._of_partition(table, marks[table.key], found[table.key]) for table in asked}

    def _asked(self, tables: Sequence[LandedTable], spans: Mapping[str, Span]) -> dict[str, Seen | Unmeasured]:
        """By one statement; where it is refused, by halves, until the table that breaks it stands alone."""
        sizes = [table.table.rows for table in tables]
        largest = None if None in sizes else max(size or 0 for size in sizes)
        sql = probe(tables, [spans[table.key] for table in tables], self._tools.writer())
        self._purse.spends(lambda: self._lanes.ask(lambda session: session.estimate(sql)).result())
        try:
            rows = self._lanes.ask(lambda session: session.query(sql, rows=largest)).result()
        except WarehouseError as error:
            if len(tables) == 1:
                return {tables[0].key: unmeasured(tables[0], error.problem, error.hint)}
            half = len(tables) // 2
            return self._asked(tables[:half], spans) | self._asked(tables[half:], spans)
        return {table.key: seen for table, seen in zip(tables, read_probe(rows, len(tables)), strict=True)}

    @staticmethod
    def _of_partition(table: LandedTable, mark: Mark, seen: Seen | Unmeasured) -> Seen | Unmeasured:
        """A few partitions do not tell how many rows of the whole table have no time: nothing is known of a change."""
        if table.partition is None or isinstance(seen, Unmeasured):
            return seen
        return replace(seen, no_time_rows=mark.no_time_rows)
