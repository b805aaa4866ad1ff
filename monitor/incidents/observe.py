"""What a run has looked at, so that only what was looked at can be found good."""

from collections.abc import Sequence

from monitor.contract.model import Contract
from monitor.incidents.model import Observed
from monitor.judge.judge import quiet
from monitor.judge.model import Finding, Past


def observed(contract: Contract, past: Past, findings: Sequence[Finding], *, first_run: bool = False) -> Observed:
    """One run's findings with what they were judged from: the plan, the tables that were unknown, who was silent."""
    events = contract.plan.events
    return Observed(
        findings=tuple(findings),
        unknown_tables=frozenset(one.table for one in past.unmeasured),
        unknown_events=frozenset(event for one in past.unmeasured for event in one.events),
        planned_events=frozenset(event.name for event in events),
        planned_versions=frozenset((event.name, version.version) for event in events for version in event.versions),
        first_run=first_run,
        quiet=quiet(contract, past),
    )
