"""What happens to an incident whose finding was not found again: withdrawn, kept, or resolved. Pure."""

from dataclasses import replace

from monitor.incidents.holding import Moment, ago, counted, flapping, said, turned
from monitor.incidents.model import Incident, Intent, Observed, State, Transition
from monitor.judge.explain import EXPLANATIONS
from monitor.judge.model import Finding, Kind

_UNPLANNED = frozenset({Kind.UNPLANNED_EVENT, Kind.MEASUREMENT_FAILED})
"""Kinds that speak of what need not be in the plan: leaving it withdraws nothing."""


def not_bad(incident: Incident, cause: Finding | None, moment: Moment) -> Transition:
    """Withdrawn, kept, or a step towards its end: in this order."""
    observed = moment.observed
    withdrawn = _suppressed(incident.finding, moment) or _withdrawn(incident.finding, observed)
    if withdrawn:
        return _withdraw(incident, withdrawn, moment)
    if cause is not None:
        explains = EXPLANATIONS[cause.kind].title.lower()
        return Transition(incident, incident, None, f"explained by another finding: {explains}")
    unknown = _unknown(incident.finding, observed)
    if unknown:
        return Transition(incident, incident, None, unknown)
    if stopped := _stopped(incident.finding, observed):
        return _withdraw(incident, stopped, moment)
    if silent := _silent(incident.finding, observed):
        return Transition(incident, incident, None, silent)
    return _good(incident, moment)


# ── was looked at, and does not hold ────────────────────────────────────────────────────────────────


def _good(before: Incident, moment: Moment) -> Transition:
    streak, stepped = counted(before, moment, holds=False), max(before.stepped, moment.window)
    after = replace(before, streak=streak, stepped=stepped)
    if before.state is State.PENDING:
        reason = f"held in {max(before.streak, 1)} of {moment.patience.open_after} windows only, and was never told"
        return Transition(before, _over(after, moment, reason), None, reason)
    if before.limits and moment.observed.limits and before.limits != moment.observed.limits:
        reason = "judged again from history by other thresholds, and within them"
        return _close(before, _over(after, moment, reason), Intent.RESOLVED, reason)
    if before.flapping:
        return _calming(before, after, moment)
    needed = moment.patience.close_after
    if -streak < needed:
        return Transition(before, after, None, f"did not hold in {-streak} of {needed} windows")
    over = replace(_over(after, moment, "was looked at and no longer holds"), turns=turned(before, moment))
    if before.state is State.OPEN and len(over.turns) >= moment.patience.flips:
        return flapping(before, over, moment)
    return _close(before, over, Intent.RESOLVED, "was looked at and no longer holds")


def _calming(before: Incident, after: Incident, moment: Moment) -> Transition:
    if before.streak >= 0:
        return Transition(before, replace(after, turns=turned(before, moment)), None, "flapping: it ended, silently")
    if before.turns and moment.now - before.turns[-1] < moment.patience.calm:
        return Transition(before, after, None, f"flapping: not stable for {ago(moment.patience.calm)} yet")
    reason = f"no longer comes and goes: it has not held for {ago(moment.patience.calm)}"
    over = replace(_over(after, moment, reason), flapping=False, turns=())
    return _close(before, over, Intent.RESOLVED, reason)


def _withdraw(incident: Incident, reason: str, moment: Moment) -> Transition:
    after = replace(_over(incident, moment, reason), state=State.WITHDRAWN, flapping=False, turns=())
    return _close(incident, after, Intent.WITHDRAWN, reason)


def _over(incident: Incident, moment: Moment, note: str) -> Incident:
    return replace(incident, state=State.RESOLVED, resolved_at=moment.now, until=None, note=note)


def _close(before: Incident, after: Incident, intent: Intent, reason: str) -> Transition:
    """What was never told ends as silently as it went on."""
    if before.state is State.KNOWN:
        return Transition(before, after, None, f"{reason}; it was known at adoption and never told")
    heard = bool(before.root) or any(view.root for view in before.views)
    if before.told_at is None or (before.owed is not None and not heard):
        return Transition(before, replace(after, owed=None, owed_until=None), None, f"{reason}; it was never told")
    return said(before, replace(after, owed=None, owed_until=None), intent, reason)


# ── nobody wants to know, or nobody can ─────────────────────────────────────────────────────────────


def _suppressed(finding: Finding, moment: Moment) -> str:
    """Why the finding is not to be told any more; empty: it is."""
    for rule in moment.patience.suppressed:
        if rule.covers(finding, moment.now):
            return f"suppressed by the configuration{f': {rule.why}' if rule.why else ''}"
    return ""


def _withdrawn(finding: Finding, observed: Observed) -> str:
    """Why the finding's subject is no longer watched; empty: it still is."""
    if observed.landed is not None and finding.tables and not set(finding.tables) & observed.landed:
        return f"no landing of the configuration holds {finding.tables[0]} any more"
    if not finding.event or finding.kind in _UNPLANNED:
        return ""
    if finding.event not in observed.planned_events:
        return f"{finding.event} left the plan"
    subject = (finding.event, finding.version)
    if finding.version and finding.kind is not Kind.UNKNOWN_VERSION and subject not in observed.planned_versions:
        return f"{finding.event} {finding.version} left the plan"
    return ""


def _unknown(finding: Finding, observed: Observed) -> str:
    """Why nothing is known about the finding's subject; empty: it was looked at."""
    if finding.kind is Kind.MEASUREMENT_FAILED:
        return "its table could not be measured" if finding.property in observed.unknown_tables else ""
    unknown = sorted(set(finding.tables) & observed.unknown_tables)
    if unknown:
        return f"{unknown[0]} could not be measured"
    if finding.event in observed.unknown_events:
        return f"a table of {finding.event} could not be measured"
    if not finding.tables and not finding.event and observed.unknown_tables:
        return "some tables could not be measured"
    return ""


def _stopped(finding: Finding, observed: Observed) -> str:
    """Why no row will ever show that it is over; empty: one may."""
    if finding.version and (finding.event, finding.version, finding.source) in observed.stopped:
        return f"no longer arriving: no row of {finding.version} for 14 days, while the event flows"
    return ""


def _silent(finding: Finding, observed: Observed) -> str:
    """Why no rows can show that it is over; empty: they can, or none are needed."""
    told, subject = EXPLANATIONS[finding.kind], (finding.event, finding.version, finding.source)
    if told.needs_rows and subject in observed.quiet:
        return "no rows lately to judge by"
    if told.of_checked and subject in observed.unchecked:
        return "none of its rows was in the sample lately: nothing to judge by"
    if finding.kind is Kind.MEASUREMENT_FAILED or not (finding.event or finding.source):
        return ""
    sources = {finding.source} if finding.source else _sources(finding.event, observed)
    if sources and all(("", "", source) in observed.quiet for source in sources):
        return f"{', '.join(sorted(sources))} sent nothing at all lately: nothing was measured to judge by"
    return ""


def _sources(event: str, observed: Observed) -> frozenset[str]:
    """The sources of an event that is silent everywhere; empty where it is not."""
    if (event, "", "") not in observed.quiet:
        return frozenset()
    return frozenset(source for name, version, source in observed.quiet if name == event and source and not version)
