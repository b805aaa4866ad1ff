"""How incidents go on, from what one run observed. Pure; every decision says why.

Only good closes: an incident ends when what it speaks of was looked at and no longer holds. What could not be measured,
sends no rows, or is explained by another finding stays as it is, silently.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta

from monitor.incidents.fingerprint import fingerprint
from monitor.incidents.model import Incident, Intent, Observed, State, Transition
from monitor.judge.explain import EXPLANATIONS
from monitor.judge.model import Finding, Kind, Severity

SAME_EPISODE = timedelta(hours=24)
"""What comes back within this time goes on; later it is a new episode."""

_GOING_ON = frozenset({State.OPEN, State.KNOWN, State.ACKNOWLEDGED, State.SNOOZED})
_UNPLANNED = frozenset({Kind.UNPLANNED_EVENT, Kind.MEASUREMENT_FAILED})
"""Kinds that speak of what need not be in the plan: leaving it withdraws nothing."""


def transitions(known: Sequence[Incident], observed: Observed, now: datetime) -> tuple[Transition, ...]:
    """Every incident's next state, loudest first. `known`: the newest episode of every fingerprint."""
    newest = {one.fingerprint: one for one in sorted(known, key=lambda one: one.episode)}
    going_on = {mark: one for mark, one in newest.items() if one.state in _GOING_ON}
    late = _late(going_on.values(), observed)
    spread: dict[str, list[Incident]] = {}
    for one in going_on.values():
        spread.setdefault(_any_source(one.finding), []).append(one)
    steps: list[Transition] = []
    seen: set[str] = set()
    for finding in _loudest_first(observed.findings):
        before = _incident_of(finding, newest, spread)
        if (before.fingerprint if before else fingerprint(finding)) in seen:
            continue
        adopted = observed.first_run or (bool(finding.tables) and set(finding.tables) <= late)
        step = _bad(before, finding, first_run=adopted, now=now)
        if step is not None:
            steps.append(step)
            seen.add(step.after.fingerprint)
    explained = _explained(observed.findings)
    for mark, incident in sorted(going_on.items()):
        if mark not in seen:
            steps.append(_not_bad(incident, explained.get(mark), observed, now))
    return tuple(steps)


def hushed(steps: Iterable[Transition]) -> tuple[Transition, ...]:
    """The same for a run that tells nobody: what is new is known from now on; what else is to be told waits.

    An incident whose end, return or worsening was not told stays as it was, and the next run tells it.
    """
    quiet: list[Transition] = []
    for step in steps:
        if step.intent is None:
            quiet.append(step)
        elif step.intent in {Intent.ADOPTED, Intent.OPENED}:
            quiet.append(replace(step, after=replace(step.after, state=State.KNOWN), intent=None))
    return tuple(quiet)


def _late(going_on: Iterable[Incident], observed: Observed) -> frozenset[str]:
    """Tables that could not be read at adoption, nor since, and were now: what is wrong there was so before."""
    unread = (
        one.finding.property
        for one in going_on
        if one.finding.kind is Kind.MEASUREMENT_FAILED and one.state is State.KNOWN
    )
    return frozenset(unread) - observed.unknown_tables


def _loudest_first(findings: Iterable[Finding]) -> list[Finding]:
    """The production ones: other environments are reported and never become incidents."""
    return sorted(
        (one for one in findings if one.env == "prod"),
        key=lambda one: (-one.severity, one.kind, one.event, one.version, one.source, one.property),
    )


def _explained(findings: Iterable[Finding]) -> Mapping[str, Finding]:
    """Fingerprint of each absorbed finding → the finding that explains it."""
    explained: dict[str, Finding] = {}
    for cause in _loudest_first(findings):
        waiting = list(cause.absorbed)
        while waiting:
            effect = waiting.pop()
            explained.setdefault(fingerprint(effect), cause)
            waiting.extend(effect.absorbed)
    return explained


def _any_source(finding: Finding) -> str:
    return fingerprint(replace(finding, source=""))


def _incident_of(
    finding: Finding, newest: Mapping[str, Incident], spread: Mapping[str, Sequence[Incident]]
) -> Incident | None:
    """The incident that a finding is an observation of; `spread`: those going on, whatever their source.

    A cause that spread to all sources, or shrank to one, is still the same: it is told once.
    """
    exact = newest.get(fingerprint(finding))
    if (exact is not None and exact.state in _GOING_ON) or not finding.event:
        return exact
    alike = [one for one in spread.get(_any_source(finding), ()) if not (one.finding.source and finding.source)]
    return min(alike, key=lambda one: (one.opened_at, one.fingerprint), default=exact)


# ── it holds ────────────────────────────────────────────────────────────────────────────────────────


def _bad(before: Incident | None, finding: Finding, *, first_run: bool, now: datetime) -> Transition | None:
    """None: nothing to remember, since info opens no incident."""
    if before is not None and before.state in _GOING_ON:
        return _still_bad(before, finding, now)
    if finding.severity <= Severity.INFO:
        return None
    if before is None:
        return _new(finding, 1, first_run=first_run, now=now)
    ended = before.resolved_at or before.seen_at
    if before.state is State.RESOLVED and now - ended <= SAME_EPISODE:
        after = replace(
            before,
            state=State.OPEN,
            severity=finding.severity,
            finding=finding,
            seen_at=now,
            resolved_at=None,
            peak=max(before.peak, finding.severity),
        )
        return _said(before, after, Intent.REOPENED, f"holds again {_ago(now - ended)} after it was resolved")
    step = _new(finding, before.episode + 1, first_run=False, now=now)
    return replace(step, before=before, reason=f"holds again {_ago(now - ended)} after it ended: a new episode")


def _new(finding: Finding, episode: int, *, first_run: bool, now: datetime) -> Transition:
    after = Incident(
        fingerprint=fingerprint(finding),
        episode=episode,
        state=State.KNOWN if first_run else State.OPEN,
        severity=finding.severity,
        finding=finding,
        opened_at=now,
        seen_at=now,
        peak=finding.severity,
    )
    if first_run:
        return _said(None, after, Intent.ADOPTED, "held already when trackwarden was adopted")
    return _said(None, after, Intent.OPENED, "holds, and did not before")


def _still_bad(before: Incident, finding: Finding, now: datetime) -> Transition:
    after = replace(
        before, severity=finding.severity, finding=finding, seen_at=now, peak=max(before.peak, finding.severity)
    )
    if finding.severity > before.peak:
        why = f"was {before.peak.word} at most and is {finding.severity.word} now"
        return _said(before, replace(after, state=State.OPEN), Intent.ESCALATED, why)
    return Transition(before, after, None, f"still holds; {_told(before)}")


def _told(incident: Incident) -> str:
    word = "known since" if incident.state is State.KNOWN else "told at"
    return f"{word} {incident.opened_at:%Y-%m-%d %H:%M} UTC"


# ── it does not hold, or nobody can tell ────────────────────────────────────────────────────────────


def _not_bad(incident: Incident, cause: Finding | None, observed: Observed, now: datetime) -> Transition:
    """Withdrawn, kept, or resolved: in this order."""
    withdrawn = _withdrawn(incident.finding, observed)
    if withdrawn:
        after = replace(incident, state=State.WITHDRAWN, resolved_at=now)
        return _closed(incident, after, Intent.WITHDRAWN, withdrawn)
    if cause is not None:
        explains = EXPLANATIONS[cause.kind].title.lower()
        return Transition(incident, incident, None, f"explained by another finding: {explains}")
    kept = _unknown(incident.finding, observed) or _silent(incident.finding, observed)
    if kept:
        return Transition(incident, incident, None, kept)
    after = replace(incident, state=State.RESOLVED, resolved_at=now)
    return _closed(incident, after, Intent.RESOLVED, "was looked at and no longer holds")


def _withdrawn(finding: Finding, observed: Observed) -> str:
    """Why the finding's subject is no longer the plan's; empty: it still is."""
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


def _silent(finding: Finding, observed: Observed) -> str:
    """Why no rows can show that it is over; empty: they can, or none are needed."""
    needs_rows = EXPLANATIONS[finding.kind].needs_rows
    if needs_rows and (finding.event, finding.version, finding.source) in observed.quiet:
        return "no rows lately to judge by"
    return ""


# ── what is said ────────────────────────────────────────────────────────────────────────────────────


def _said(before: Incident | None, after: Incident, intent: Intent, reason: str) -> Transition:
    return Transition(before, replace(after, sequence=after.sequence + 1), intent, reason)


def _closed(before: Incident, after: Incident, intent: Intent, reason: str) -> Transition:
    """What was only listed at adoption ends as silently as it went on."""
    if before.state is State.KNOWN:
        return Transition(before, after, None, f"{reason}; it was known at adoption and never told")
    return _said(before, after, intent, reason)


def _ago(span: timedelta) -> str:
    hours = round(span.total_seconds() / 3600)
    return f"{hours} h"
