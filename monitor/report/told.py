"""Findings and incidents, told to the reader."""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime, timedelta

from monitor.charts.words import count_text
from monitor.contract.model import Contract
from monitor.incidents.model import Incident, State
from monitor.judge.explain import EXPLANATIONS
from monitor.judge.model import Finding, Kind
from monitor.report.drawings import evidence_of
from monitor.report.index import Known, link_to
from monitor.report.model import BrokenRule, RunInfo, Told

_RESOLVED_FOR = timedelta(days=7)
_STILL = (State.OPEN, State.KNOWN, State.ACKNOWLEDGED, State.SNOOZED)
_WORDS = {
    State.OPEN: "",
    State.KNOWN: "known at adoption",
    State.ACKNOWLEDGED: "acknowledged",
    State.SNOOZED: "snoozed",
    State.RESOLVED: "resolved",
    State.WITHDRAWN: "withdrawn",
}
_MOST_RULES = 10
_STAMP = re.compile(r"(\d{4}-\d\d-\d\d)T(\d\d:\d\d)Z\Z")
_Same = tuple[str, str, str, str, str]


def tell_all(
    contract: Contract, known: Known, findings: Sequence[Finding], incidents: Sequence[Incident]
) -> list[Told]:
    """What holds now, loudest first. An open incident that this run could not judge still holds."""
    speak = _Speaker(contract, known)
    still = {_same(one.finding): one for one in incidents if one.state in _STILL}
    told = [speak.tell(finding, still.pop(_same(finding), None)) for finding in findings]
    told += [speak.tell(one.finding, one, unjudged=True) for one in still.values()]
    return sorted(told, key=_loudest)


def tell_resolved(contract: Contract, known: Known, incidents: Sequence[Incident], info: RunInfo) -> list[Told]:
    """What was closed within the last week, newest first."""
    speak = _Speaker(contract, known)
    closed = [one for one in incidents if one.state not in _STILL and one.resolved_at is not None and one.sequence]
    fresh = [one for one in closed if _closed(one) >= info.generated_at - _RESOLVED_FOR]
    return [speak.tell(one.finding, one) for one in sorted(fresh, key=_closed, reverse=True)]


def apart(told: Iterable[Told]) -> tuple[Told, ...]:
    """Without the events that were never seen: they are hundreds and have a list of their own."""
    return tuple(one for one in told if one.kind != Kind.NOT_SEEN.value)


class _Speaker:
    """Says findings with the names that the contract knows."""

    def __init__(self, contract: Contract, known: Known) -> None:
        self._links = known.links
        self._teams: Mapping[str, str] = {event.name: event.team for event in contract.plan.events}
        self._sentences = {
            rule.id: rule.sentence for table in contract.tables for version in table.versions for rule in version.rules
        }

    def tell(self, finding: Finding, incident: Incident | None, *, unjudged: bool = False) -> Told:
        """One finding with its incident's history."""
        said = EXPLANATIONS[finding.kind]
        return Told(
            severity=finding.severity.word,
            kind=finding.kind.value,
            title=said.title,
            message=finding.message,
            event=link_to(self._links, finding.event),
            version=finding.version,
            source=finding.source,
            property=finding.property,
            team=self._teams.get(finding.event, ""),
            since=incident.opened_at if incident else None,
            standing="not judged by this run" if unjudged else _WORDS[incident.state] if incident else "",
            env=finding.env,
            meaning=said.means,
            next_step=said.next_step,
            facts=tuple(_facts(finding)),
            rules=tuple(
                BrokenRule(rule, self._sentences.get(rule, ""), failed)
                for rule, failed in finding.evidence.rules[:_MOST_RULES]
            ),
            absorbed=tuple(f"{EXPLANATIONS[one.kind].title}: {one.message}" for one in finding.absorbed),
            covers=() if finding.event else tuple(sorted({one.event for one in finding.absorbed if one.event})),
            drawing=evidence_of(finding),
        )


def _facts(finding: Finding) -> Iterator[tuple[str, str]]:
    for name, value in finding.evidence.facts:
        if value is None:
            yield name, "–"
        elif isinstance(value, str):
            yield name, _STAMP.sub(r"\1 \2 UTC", value)
        elif isinstance(value, float) and -1 < value < 1:
            yield name, f"{value:.4g}"
        else:
            yield name, count_text(value)


def _same(finding: Finding) -> _Same:
    return finding.kind.value, finding.event, finding.version, finding.source, finding.property


def _loudest(told: Told) -> tuple[int, str, str, str]:
    loudness = ("critical", "warning", "info").index(told.severity)
    return loudness, told.event.name, told.kind, told.version


def _closed(incident: Incident) -> datetime:
    return incident.resolved_at or incident.seen_at
