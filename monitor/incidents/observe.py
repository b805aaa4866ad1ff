"""What a run has looked at, so that only what was looked at can be found good."""

from collections.abc import Sequence
from itertools import product

from monitor.contract.model import Contract
from monitor.incidents.model import Observed
from monitor.judge.judge import quiet, unchecked
from monitor.judge.model import Finding, Past
from monitor.landing.model import LandedTable

_STOPPED_HOURS = 14 * 24
"""A version without a row for so long does not arrive any more, if its event does."""


def observed(  # noqa: PLR0913 - what a run has, and two settings by name
    contract: Contract,
    past: Past,
    findings: Sequence[Finding],
    asked: Sequence[LandedTable] | None = None,
    *,
    first_run: bool = False,
    limits: str = "",
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
    silent = quiet(contract, past)
    return Observed(
        findings=tuple(findings),
        unknown_tables=frozenset(unknown | gone),
        unknown_events=frozenset(held),
        planned_events=frozenset(event.name for event in events),
        planned_versions=frozenset((event.name, version.version) for event in events for version in event.versions),
        first_run=first_run,
        quiet=silent,
        unchecked=unchecked(past),
        stopped=_stopped(past, silent),
        landed=frozenset({table.key for table in contract.tables} | {str(one.ref) for one in contract.missing}),
        limits=limits,
    )


def _stopped(past: Past, silent: frozenset[tuple[str, str, str]]) -> frozenset[tuple[str, str, str]]:
    """Event, version and source ("": all) whose last row is 14 days old, of events that are not silent."""
    last: dict[tuple[str, str, str], int] = {}
    for one in past.series:
        event, version, source = one.series[:3]
        for key in product((event,), (version,), {"", source}):
            last[key] = max(one.last_hour, last.get(key, 0))
    return frozenset(
        key for key, hour in last.items() if past.until - hour > _STOPPED_HOURS and (key[0], "", "") not in silent
    )
