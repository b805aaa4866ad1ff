"""Whose finding it is, and which one matters most."""

from collections.abc import Iterable, Mapping

from monitor.judge.model import Finding, Kind
from monitor.plan.model import Event, Plan, Tier

_WEIGHT = {Tier.CORE: 2, Tier.STANDARD: 1, Tier.EXPERIMENTAL: 0}
_ORDER = {kind: place for place, kind in enumerate(Kind)}


def owner(finding: Finding, plan: Plan) -> str:
    """The owning team; empty where the plan names none, or several would own it."""
    event = _event(finding, plan)
    if event is not None:
        return event.team
    teams = {owner(one, plan) for one in finding.absorbed}
    return teams.pop() if len(teams) == 1 else ""


def ranked(findings: Iterable[Finding], plan: Plan) -> tuple[Finding, ...]:
    """By impact: the louder first, then the event's tier, then the rows it is about; the order is total."""
    return tuple(sorted(findings, key=lambda finding: _rank(finding, plan)))


def by_team(findings: Iterable[Finding], plan: Plan) -> Mapping[str, tuple[Finding, ...]]:
    """Each owner's findings by impact; "" for those without an owner. Teams in alphabetical order."""
    teams: dict[str, list[Finding]] = {}
    for finding in ranked(findings, plan):
        teams.setdefault(owner(finding, plan), []).append(finding)
    return {team: tuple(own) for team, own in sorted(teams.items())}


def _rank(finding: Finding, plan: Plan) -> tuple[int, int, int, int, tuple[str, ...]]:
    event = _event(finding, plan)
    weight = _WEIGHT[event.tier] if event else _WEIGHT[Tier.STANDARD] + bool(finding.absorbed)
    subject = (finding.event, finding.version, finding.source, finding.property)
    return -finding.severity, -weight, -finding.evidence.affected, _ORDER[finding.kind], subject


def _event(finding: Finding, plan: Plan) -> Event | None:
    return plan.event(finding.event) if finding.event else None
