"""What a run has looked at, so that only what was looked at can be found good."""

from collections.abc import Sequence

from monitor.contract.model import Contract
from monitor.incidents.model import Observed
from monitor.judge.judge import quiet
from monitor.judge.model import Finding, Past
from monitor.landing.model import LandedTable


def observed(
    contract: Contract,
    past: Past,
    findings: Sequence[Finding],
    asked: Sequence[LandedTable] | None = None,
    *,
    first_run: bool = False,
) -> Observed:
    """One run's findings with what they were judged from: the plan, the tables that were unknown, who was silent.

    `asked`: the tables that the run looked at, None: all. The others, and those that are gone, are unknown.
    """
    events = contract.plan.events
    gone = {str(missing.ref) for missing in contract.missing} & {
        name for name, table in past.tables.items() if table.measured_until is not None
    }
    looked_at = None if asked is None else {table.key for table in asked}
    passed = [table for table in contract.tables if looked_at is not None and table.key not in looked_at]
    unknown = {one.table for one in past.unmeasured} | {table.key for table in passed}
    held = {event for one in past.unmeasured for event in one.events}
    held |= {version.event for table in passed for version in table.versions}
    return Observed(
        findings=tuple(findings),
        unknown_tables=frozenset(unknown | gone),
        unknown_events=frozenset(held),
        planned_events=frozenset(event.name for event in events),
        planned_versions=frozenset((event.name, version.version) for event in events for version in event.versions),
        first_run=first_run,
        quiet=quiet(contract, past),
    )
