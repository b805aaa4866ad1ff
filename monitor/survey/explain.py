"""What a run would ask of each table, and what that would read."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from monitor.errors import WarehouseError
from monitor.landing.model import LandedTable
from monitor.measure.model import Unmeasured
from monitor.measure.parts import Part
from monitor.measure.sampling import Sample
from monitor.measure.scan import landed_columns
from monitor.measure.windows import Due, Mark, NotDue
from monitor.survey.batches import Batches
from monitor.survey.lanes import Lanes
from monitor.survey.model import Reach, Tools, Untouched, Warehouse, unmeasured
from monitor.survey.probing import Probe, in_order, step_of, unaskable
from monitor.survey.purse import Purse
from monitor.survey.table import Line, pieces_of


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
    sample: Sample | None = None
    """What rules would be asked of, should the range hold more rows than `above`; None: of all rows."""


def explain(
    tables: Sequence[LandedTable], marks: Mapping[str, Mark], warehouse: Warehouse, reach: Reach, tools: Tools
) -> Iterator[Planned | Untouched | Unmeasured]:
    """What a survey would ask of each table. Only the probe is asked; no scan runs."""
    yield from (unknown for _, unknown in unaskable(tables))
    rest = in_order(tables, marks, reach.budget)
    lanes = Lanes(warehouse)
    line = Line(lanes, Purse(reach.budget, tools.clock), tools, Batches(lanes))
    try:
        seen = Probe(line.lanes, line.purse, tools).seen(rest, marks, reach)
        for table in rest:
            of = seen.get(table.key)
            if isinstance(of, Unmeasured):
                yield of
                continue
            step = step_of(table, marks.get(table.key), of, reach)
            if isinstance(step, NotDue):
                yield Untouched(table.key, step.until, step.reason)
            else:
                yield _planned(table, step, line)
    finally:
        line.lanes.close()


def _planned(table: LandedTable, step: Due, line: Line) -> Planned | Unmeasured:
    try:
        bound = line.tools.bind(table)
        pieces = pieces_of(bound, step, line.tools)
    except WarehouseError as error:
        return unmeasured(table, error.problem, error.hint)
    return Planned(
        table=table.key,
        reason=step.reason,
        since=step.since,
        until=step.until,
        statements=tuple(sql for piece in pieces for sql in piece.statements),
        columns=len(landed_columns(bound)),
        rows=table.table.rows,
        bytes=line.estimated(pieces),
        sample=_sample(pieces, line.tools.sample),
    )


def _sample(pieces: Sequence[Part], sample: Sample | None) -> Sample | None:
    """What some of the statements draw, as they draw it: where there are no blocks, rows."""
    ways = [piece.drawn.ways[0] for piece in pieces if piece.drawn is not None]
    if sample is None or not ways:
        return None
    return replace(sample, blocks=all(way.reach.blocks for way in ways))
