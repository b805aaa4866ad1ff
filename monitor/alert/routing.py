"""Who is told, where: an event's owner in the plan, that team's channel in the configuration."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime

from monitor.incidents.model import Incident, Intent, Transition
from monitor.judge.model import Finding, Severity
from monitor.plan.model import Plan, Tier

TIERS = (Tier.EXPERIMENTAL, Tier.STANDARD, Tier.CORE)
"""The tiers by how much they matter."""

PAGING = frozenset({Intent.OPENED, Intent.ESCALATED, Intent.REOPENED})
"""The intents that may mention somebody; good news never does."""


@dataclass(frozen=True, slots=True)
class Destination:
    """One team's place in Slack."""

    channel: str = ""
    """A channel id (`C0456`); empty: the default channel."""
    mention: str = ""
    """A user or user group id (`U…`, `W…`, `S…`); anything else mentions nobody."""


@dataclass(frozen=True, slots=True)
class Routing:
    """Channels by team. A team that is not listed is told in the default channel."""

    channel: str = ""
    """The default channel's id; empty where a webhook decides."""
    teams: Mapping[str, Destination] = field(default_factory=dict)

    def of(self, team: str) -> Destination:
        """The team's channel and mention.

        The default channel is given as empty, so that a message that waits in the outbox follows a
        later change of the configuration.
        """
        own = self.teams.get(team, Destination())
        return replace(own, channel="") if own.channel == self.channel else own


@dataclass(frozen=True, slots=True)
class Owner:
    """What the plan says about who an event belongs to and how much it matters."""

    team: str = ""
    tier: Tier = Tier.STANDARD


@dataclass(frozen=True, slots=True)
class MessageContext:
    """What a message says beside its finding."""

    run: str
    """The run's id."""
    now: datetime
    """The run's moment (aware, UTC)."""
    plan_revision: str
    routing: Routing
    owners: Mapping[str, Owner] = field(default_factory=dict)
    """Event name → its owner."""
    report_url: str = ""
    """Where the report is served; empty: messages carry no link."""
    pages: Mapping[str, str] = field(default_factory=dict)
    """Event name → its page below `report_url`; an event without one links to the overview."""
    digest_over: int = 10
    """More messages than this to one channel in one run become one digest."""

    def owner(self, finding: Finding) -> Owner:
        """The owner of the finding's event; nobody's where the plan does not know the event.

        A finding about a whole source belongs to the team that owns all of what it explains, if one does.
        """
        if finding.event:
            return self.owners.get(finding.event, Owner())
        explained = [self.owner(one) for one in finding.absorbed]
        teams = {one.team for one in explained}
        return max(explained, key=lambda one: TIERS.index(one.tier)) if len(teams) == 1 else Owner()

    def destination(self, finding: Finding) -> Destination:
        """Where the finding is told."""
        return self.routing.of(self.owner(finding).team)


def owners(plan: Plan) -> Mapping[str, Owner]:
    """Event name → team and tier."""
    return {event.name: Owner(event.team, event.tier) for event in plan.events}


def pages_somebody(transition: Transition, owner: Owner) -> bool:
    """Whether it mentions its team: bad news from production that is critical, or a warning on a core event."""
    finding = transition.after.finding
    if transition.intent not in PAGING or finding.env != "prod":
        return False
    severity = transition.after.severity
    return severity is Severity.CRITICAL or (severity is Severity.WARNING and owner.tier is Tier.CORE)


def impact(incident: Incident, owner: Owner) -> tuple[int, int, int]:
    """How much an incident matters, for ranking (more is worse): severity, tier, rows affected."""
    return incident.severity, TIERS.index(owner.tier), incident.finding.evidence.affected
