"""Asking a sample: how many rows there are, then the rules of some. Both in one session, one after the other."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from monitor.errors import WarehouseError, WarehouseLostError
from monitor.measure.parts import Part
from monitor.measure.read import Read, read_columns
from monitor.measure.rows import Range
from monitor.measure.sampling import Drawn, combined, rows_in
from monitor.measure.scan import Scan, SlotMap
from monitor.survey.model import Moments, Warehouse
from monitor.values import Values


@dataclass(frozen=True, slots=True)
class Sampled:
    """What the warehouse answered."""

    rows: tuple[Sequence[Values], SlotMap]
    """All rows by their keys, and how to read them."""
    found: Sequence[Values]
    reach: Range
    """The rows that rules were asked of."""
    queries: int
    missed: tuple[str, ...] = ()

    def read(self, slot_map: SlotMap) -> Read:
        """Both answers as one."""
        if self.reach.share == 1:
            return read_columns(self.found, slot_map)
        return combined(read_columns(*self.rows), self.found, slot_map)


def sampled(session: Warehouse, piece: Part, moments: Moments) -> Sampled:
    """Count the rows, then ask a sample of them; all of them where they are few. Raises WarehouseError."""
    drawn = piece.drawn
    assert drawn is not None  # noqa: S101 - only asked of parts that have one
    size = piece.table.landed.table.rows

    def ask(scan: Scan) -> Sequence[Values]:
        return session.columns(scan.sql, scan.map.width, moments, size)

    counted = ask(drawn.rows)
    rows = counted, drawn.rows.map
    if rows_in(*rows) <= drawn.above:
        return Sampled(rows, ask(piece.scan), piece.reach, 2)
    return _drawn(drawn, rows, ask)


def _drawn(drawn: Drawn, rows: tuple[Sequence[Values], SlotMap], ask: Callable[[Scan], Sequence[Values]]) -> Sampled:
    """By the first way that the warehouse takes: of a view it gives no blocks."""
    *first, last = drawn.ways
    missed: list[str] = []
    for way in first:
        try:
            return Sampled(rows, ask(way.scan), way.reach, 2)
        except WarehouseLostError:
            raise
        except WarehouseError as error:
            missed.append(
                f"the sample was drawn row by row, since there are no blocks of it: {error.hint or error.problem}"
            )
    return Sampled(rows, ask(last.scan), last.reach, 2 + len(missed), tuple(missed))
