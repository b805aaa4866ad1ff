"""Live planned events of which no row has ever been seen."""

from collections.abc import Iterable

from monitor.judge.lookup import Lookup, is_live
from monitor.judge.model import Evidence, Finding, Kind, Severity
from monitor.judge.thresholds import Thresholds
from monitor.judge.words import listed


def find(lookup: Lookup, thresholds: Thresholds) -> Iterable[Finding]:
    """One info finding per event; none for an event of a table that could not be measured."""
    contract, past = lookup.contract, lookup.past
    del thresholds  # never seen is never loud
    seen = {one.series.event for one in past.series if one.series.planned}
    unknown = {event for one in past.unmeasured for event in one.events}
    for event in contract.plan.events:
        if is_live(event) and event.name not in seen and event.name not in unknown:
            tables = sorted(str(missing.ref) for missing in contract.missing if missing.event == event.name)
            yield Finding(
                kind=Kind.NOT_SEEN,
                severity=Severity.INFO,
                message=f"{event.name} is live in the plan and was never seen"
                + (f" from {listed(event.sources)}" if event.sources else ""),
                event=event.name,
                evidence=Evidence(
                    facts=(
                        ("planned sources", listed(event.sources) or None),
                        ("versions", listed([version.version for version in event.versions])),
                        ("tables that do not exist", listed(tables) or None),
                    ),
                ),
            )
