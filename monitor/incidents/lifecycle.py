"""How incidents go on, from what one run observed. Pure; every decision says why.

Only good closes: an incident ends when what it speaks of was looked at and no longer holds. What could not be measured,
sends no rows, or is explained by another finding stays as it is, silently. What a person says about one stands in
`actions`; what holds, in `holding`; what does not, in `ending`.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from monitor.incidents.ending import not_bad
from monitor.incidents.fingerprint import fingerprint
from monitor.incidents.fixes import Fixes
from monitor.incidents.holding import Moment, bad
from monitor.incidents.model import GOING_ON, Incident, Intent, Observed, Patience, State, Transition
from monitor.judge.model import Finding, Kind


def transitions(
    known: Sequence[Incident], observed: Observed, now: datetime, patience: Patience | None = None
) -> tuple[Transition, ...]:
    """Every incident's next state, loudest first. `known`: the newest episode of every fingerprint."""
    newest = {one.fingerprint: one for one in sorted(known, key=lambda one: one.episode)}
    going_on = {mark: one for mark, one in newest.items() if one.state in GOING_ON}
    patience = patience or Patience()
    moment = Moment(now, patience, observed, Fixes.of(newest.values()))
    late = _late(going_on.values(), observed)
    alike = _Alike.of(going_on.values())
    findings = _told_ones(observed, patience, now)
    steps: list[Transition] = []
    seen: set[str] = set()
    for finding in findings:
        before = alike.incident_of(finding, newest)
        if (before.fingerprint if before else fingerprint(finding)) in seen:
            continue
        adopted = observed.first_run or (bool(finding.tables) and set(finding.tables) <= late)
        step = bad(before, finding, moment, adopted=adopted)
        if step is not None:
            steps.append(step)
            seen.add(step.after.fingerprint)
    explained = _explained(findings)
    for mark, incident in sorted(going_on.items()):
        if mark not in seen:
            steps.append(not_bad(incident, explained.get(mark), moment))
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
            quiet.append(replace(step, after=replace(step.after, state=State.KNOWN, told_at=None), intent=None))
    return tuple(quiet)


def _late(going_on: Iterable[Incident], observed: Observed) -> frozenset[str]:
    """Tables that could not be read at adoption, nor since, and were now: what is wrong there was so before."""
    unread = (
        one.finding.property
        for one in going_on
        if one.finding.kind is Kind.MEASUREMENT_FAILED and one.state is State.KNOWN
    )
    return frozenset(unread) - observed.unknown_tables


def _told_ones(observed: Observed, patience: Patience, now: datetime) -> list[Finding]:
    """Loudest first. Other environments are reported and never become incidents; suppressed findings neither."""
    return sorted(
        (
            one
            for one in observed.findings
            if one.env == "prod" and not any(rule.covers(one, now) for rule in patience.suppressed)
        ),
        key=lambda one: (-one.severity, one.kind, one.event, one.version, one.source, one.property),
    )


def _explained(findings: Iterable[Finding]) -> Mapping[str, Finding]:
    """Fingerprint of each absorbed finding → the finding that explains it."""
    explained: dict[str, Finding] = {}
    for cause in findings:
        waiting = list(cause.absorbed)
        while waiting:
            effect = waiting.pop()
            explained.setdefault(fingerprint(effect), cause)
            waiting.extend(effect.absorbed)
    return explained


@dataclass(frozen=True, slots=True)
class _Alike:
    """The incidents that go on, by their subject whatever its source."""

    spread: Mapping[str, Sequence[Incident]]

    @classmethod
    def of(cls, going_on: Iterable[Incident]) -> "_Alike":
        spread: dict[str, list[Incident]] = {}
        for one in going_on:
            spread.setdefault(_any_source(one.finding), []).append(one)
        return cls(spread)

    def incident_of(self, finding: Finding, newest: Mapping[str, Incident]) -> Incident | None:
        """The incident that a finding is an observation of.

        A cause that spread to all sources, or shrank to one, is still the same: it is told once.
        """
        exact = newest.get(fingerprint(finding))
        if (exact is not None and exact.state in GOING_ON) or not finding.event:
            return exact
        alike = [
            one for one in self.spread.get(_any_source(finding), ()) if not (one.finding.source and finding.source)
        ]
        return min(alike, key=lambda one: (one.opened_at, one.fingerprint), default=exact)


def _any_source(finding: Finding) -> str:
    return fingerprint(replace(finding, source=""))
