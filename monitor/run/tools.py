"""What binds tables and writes their statements; what a refused scan teaches holds for the rest of the run."""

from collections.abc import Callable
from contextlib import suppress

from monitor.contract import Binder
from monitor.contract.model import BoundTable
from monitor.contract.outline import Keeping
from monitor.contract.without import Refused, without
from monitor.errors import TrackwardenError, WarehouseError
from monitor.landing.model import Landed, LandedTable
from monitor.measure.isolate import unsaid
from monitor.measure.rows import Range
from monitor.measure.scan import Scan
from monitor.outcome import Outcome, Place, Session
from monitor.plan.model import Plan
from monitor.scans import Scans
from monitor.sql.writer import Unsayable
from monitor.survey import Tools

_STAY_BOUND = 5_000
"""Rules and properties of tables that were looked at last."""


def binder_of(plan: Plan, landed: Landed, scans: Scans) -> Binder:
    """Of a table that was scanned only what is remarkable is asked again: few stay bound."""
    return Binder(plan, landed, scans.refused, keeping=Keeping(scans.outlines, _STAY_BOUND))


def tools_of(
    place: Place, warehouse: Session, scans: Scans, outcome: Outcome, idle: Callable[[], None] = lambda: None
) -> Tools:
    """What binds and writes; what a refused scan teaches holds for the rest of the run, and for its judgement."""
    binder = outcome.binder
    read_again: list[Landed] = []
    bound: dict[str, BoundTable] = {}

    def again(table: LandedTable) -> LandedTable | None:
        if not read_again:
            with suppress(TrackwardenError):  # what was refused is told; the catalog of before is as good as none
                outcome.landed = place.landed(outcome.plan, warehouse.catalog(place.schemas()))
                binder.renew(outcome.landed)
            read_again.append(outcome.landed)
        return next((one for one in outcome.landed.everywhere if one.key == table.key), None)

    def refuse(table: BoundTable, refused: Refused) -> None:
        scans.refuse(table, refused)
        binder.forget(table.landed)

    def scan(table: BoundTable, reach: Range) -> Scan:
        try:
            return scans.of(table, reach)
        except Unsayable as unsayable:  # rules that the engine has no words for are refused there; the others are asked
            refused = unsaid(table, scans.writer())
            if not refused:
                raise WarehouseError(f"the table's scan cannot be written: {unsayable}", where=table.key) from None
            whole = bound[table.key]  # the scan may be of a part of it
            if everything := unsaid(whole, scans.writer()):
                refuse(whole, everything)
                bound[table.key] = binder.table(whole.landed)
            return scans.of(without(table, refused), reach)

    def bind(table: LandedTable) -> BoundTable:
        bound[table.key] = binder.table(table)
        return bound[table.key]

    return Tools(bind, scan, scans.writer, again, refuse, place.sample, idle=idle)
