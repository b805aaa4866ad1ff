"""Who is told, where: an event's owner in the plan, that team's channel in the configuration.

Slack has one place for a finding; each channel beside it says by itself what it is told.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from fnmatch import fnmatchcase

from monitor.alert.downstream import Below, nothing
from monitor.alert.hours import Gathered, Later, Quiet
from monitor.incidents.model import Incident, Intent, Transition
from monitor.judge.model import Finding, Severity
from monitor.plan.model import Plan, Tier

TIERS = (Tier.EXPERIMENTAL, Tier.STANDARD, Tier.CORE)
"""The tiers by how much they matter."""

ALERTS = frozenset(
    {Intent.OPENED, Intent.REPEATED, Intent.ESCALATED, Intent.REGRESSED, Intent.REOPENED, Intent.FLAPPING}
)
"""The intents that say that something is wrong: they are seen in the channel, and may be put off."""

PAGING = ALERTS - {Intent.FLAPPING}
"""The intents that may mention somebody; good news never does."""

OVER = frozenset({Intent.RESOLVED, Intent.WITHDRAWN})


@dataclass(frozen=True, slots=True)
class Destination:
    """One place in Slack."""

    channel: str = ""
    """A channel id (`C0456`); empty: the default channel."""
    mention: str = ""
    """A user or user group id (`U…`, `W…`, `S…`); anything else mentions nobody."""
    quiet: Quiet | None = None
    gathered: Gathered | None = None
    """What is less loud is told in a digest, at its times."""

    def later(self, severity: Severity, now: datetime) -> Later | None:
        """When it is told, if not now: after the quiet hours, or with the next digest."""
        waits = [rule.later(severity, now) for rule in (self.gathered, self.quiet) if rule is not None]
        return max((later for later in waits if later is not None), default=None)

    def quiet_now(self, severity: Severity, now: datetime) -> Later | None:
        """When it is told, if these are quiet hours: a digest waits for their end as well."""
        return self.quiet.later(severity, now) if self.quiet else None

    def under(self, usual: "Destination") -> "Destination":
        """This place, and what it does not say as usual."""
        return Destination(
            self.channel or usual.channel,
            self.mention or usual.mention,
            self.quiet or usual.quiet,
            self.gathered or usual.gathered,
        )


@dataclass(frozen=True, slots=True)
class Route:
    """A place for the findings that fit. What is empty fits everything."""

    to: Destination
    event: str = ""
    """`*` stands for any letters."""
    source: str = ""
    team: str = ""
    kind: str = ""
    severity: Severity = Severity.INFO
    """At least this loud."""

    def fits(self, finding: Finding, team: str) -> bool:
        """Whether the finding takes this route."""
        return (
            (not self.event or fnmatchcase(finding.event, self.event))
            and self.source in ("", finding.source)
            and self.team in ("", team)
            and self.kind in ("", finding.kind.value)
            and finding.severity >= self.severity
        )


PLACE = "channels."
"""How the place of a channel beside Slack begins: as its key in the configuration, and as no id of Slack's does."""


@dataclass(frozen=True, slots=True)
class Channel:
    """A channel beside Slack (e-mail, a pager, Teams, a webhook), and what it is told. Empty: everything."""

    name: str
    events: tuple[str, ...] = ()
    """`*` stands for any letters."""
    sources: tuple[str, ...] = ()
    teams: tuple[str, ...] = ()
    but: frozenset[str] = frozenset()
    """Teams that have a place of their own."""
    kinds: tuple[str, ...] = ()
    severity: Severity = Severity.INFO
    """At least this loud."""
    instead: bool = False
    """What it is told is not told in Slack."""
    quiet: Quiet | None = None
    gathered: Gathered | None = None
    digest_over: int = 10
    one_by_one: bool = False
    """A pager keeps incidents itself: each is told alone, whatever their number, and what is known already never."""

    @property
    def place(self) -> str:
        """How a delivery names it: `channels.on-call`."""
        return f"{PLACE}{self.name}"

    @property
    def destination(self) -> "Destination":
        """When it is told."""
        return Destination(self.place, quiet=self.quiet, gathered=self.gathered)

    def fits(self, finding: Finding, team: str) -> bool:
        """Whether it is told of the finding."""
        return (
            finding.severity >= self.severity
            and (not self.events or any(fnmatchcase(finding.event, event) for event in self.events))
            and (not self.sources or finding.source in self.sources)
            and (not self.teams or team in self.teams)
            and team not in self.but
            and (not self.kinds or finding.kind.value in self.kinds)
        )


@dataclass(frozen=True, slots=True)
class Routing:
    """Places by team and by route. A team that is not listed is told in the default channel."""

    channel: str = ""
    """The default channel's id; empty where a webhook decides."""
    teams: Mapping[str, Destination] = field(default_factory=dict)
    routes: tuple[Route, ...] = ()
    """The first one that fits is taken."""
    usual: Destination = Destination()
    """Quiet hours and digest of those who say nothing else."""
    digest_over: int = 10
    """More messages than this to one channel in one run become one digest."""
    channels: tuple[Channel, ...] = ()
    """Those beside Slack."""
    slack: bool = True
    """Slack is told (or, without a token, the terminal); False: there are channels, and no Slack."""

    def elsewhere(self, finding: Finding, team: str) -> tuple[Channel, ...]:
        """The channels beside Slack that are told of the finding."""
        return tuple(channel for channel in self.channels if channel.fits(finding, team))

    def of(self, finding: Finding, team: str) -> Destination:
        """Where and when the finding is told.

        The default channel is given as empty, so that a message that waits in the outbox follows a
        later change of the configuration.
        """
        own = self.teams.get(team, Destination()).under(self.usual)
        route = next((route for route in self.routes if route.fits(finding, team)), None)
        place = route.to.under(own) if route else own
        return replace(place, channel="") if place.channel == self.channel else place


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
    downstream: Below = nothing
    """What is built from the rows of a finding."""
    buttons: bool = False
    """Somebody listens to buttons; otherwise messages give the command."""

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
        return self.routing.of(finding, self.owner(finding).team)


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
