"""Tables that could not be measured: everything about them is unknown."""

from collections.abc import Iterable

from monitor.judge.lookup import Lookup
from monitor.judge.model import Evidence, Finding, Kind, Past, Severity
from monitor.judge.thresholds import Thresholds
from monitor.judge.words import count, listed, stamp
from monitor.measure.model import Unmeasured
from monitor.plan.model import Tier


def find(lookup: Lookup, thresholds: Thresholds) -> Iterable[Finding]:
    """One finding per table: what a run could not read, and what the configuration names and does not exist."""
    contract, past = lookup.contract, lookup.past
    failed = {one.table: one for one in past.unmeasured}
    for missing in contract.missing:
        table = str(missing.ref)
        if missing.required and table not in failed:
            events = missing.events or ((missing.event,) if missing.event else ())
            failed[table] = Unmeasured(table, "the table does not exist", "check the landing's settings", events)
    for _, one in sorted(failed.items()):
        yield _finding(past, lookup, thresholds, one)


def _finding(past: Past, lookup: Lookup, thresholds: Thresholds, one: Unmeasured) -> Finding:
    """Critical where a core event lives in the table."""
    events = sorted(one.events)
    planned = [lookup.events[name] for name in events if name in lookup.events]
    core = any(event.tier is Tier.CORE for event in planned)
    known = past.tables.get(one.table)
    until = known.measured_until if known else None
    single = planned[0] if len(events) == 1 and planned else None
    unknown = f"; {count(len(events), 'event')} unknown: {listed(events)}" if events else ""
    return Finding(
        kind=Kind.MEASUREMENT_FAILED,
        severity=thresholds.capped(Severity.CRITICAL if core else Severity.WARNING, single),
        message=f"{one.table} could not be measured: {one.problem}{unknown}",
        event=events[0] if len(events) == 1 else "",
        property=one.table,
        evidence=Evidence(
            facts=(
                ("table", one.table),
                ("problem", one.problem),
                ("next step", one.hint),
                ("events", listed(events)),
                ("measured until", stamp(until) if until is not None else None),
            ),
            affected=len(events),
        ),
        env=lookup.env(one.table),
        tables=(one.table,),
    )
