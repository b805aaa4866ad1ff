"""Incidents, transitions and messages-to-be, as values."""

from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from fnmatch import fnmatchcase

from monitor.judge.model import Finding, Severity


class State(StrEnum):
    """Where an incident stands."""

    PENDING = "pending"
    """It holds, and has not held for long enough to be told (`Patience.open_after`)."""
    OPEN = "open"
    KNOWN = "known"
    """Already wrong when trackwarden was adopted: listed once, alerts only when worse."""
    ACKNOWLEDGED = "acknowledged"
    SNOOZED = "snoozed"
    RESOLVED = "resolved"
    WITHDRAWN = "withdrawn"
    """Closed although nothing is known to be fixed: it left the plan or configuration, is suppressed, or stopped."""


GOING_ON = frozenset({State.PENDING, State.OPEN, State.KNOWN, State.ACKNOWLEDGED, State.SNOOZED})
"""The states of what is not over."""


class Intent(StrEnum):
    """Why something is said about an incident."""

    ADOPTED = "adopted"
    OPENED = "opened"
    REPEATED = "repeated"
    """It still holds: a reminder, or the end of a snooze."""
    ESCALATED = "escalated"
    REGRESSED = "regressed"
    """It holds in a version that was said to have it fixed."""
    REOPENED = "reopened"
    FLAPPING = "flapping"
    """It comes and goes: told once, then silence until it is stable."""
    ACKNOWLEDGED = "acknowledged"
    SNOOZED = "snoozed"
    RESOLVED = "resolved"
    WITHDRAWN = "withdrawn"


class Mode(StrEnum):
    """What is done in Slack."""

    POST = "post"
    """A message of its own: the root of a thread."""
    UPDATE = "update"
    """The root message is changed in place."""
    REPLY = "reply"
    """An answer in the root's thread."""
    FILE = "file"
    """A chart in the root's thread."""


@dataclass(frozen=True, slots=True)
class Suppression:
    """What nobody wants to hear about, by the finding's subject. An empty field, and `*` in an event, mean any."""

    event: str = "*"
    kind: str = ""
    version: str = ""
    source: str = ""
    property: str = ""
    until: datetime | None = None
    """None: for good."""
    why: str = ""

    def covers(self, finding: Finding, now: datetime) -> bool:
        """Whether the finding is not to be told now."""
        if self.until is not None and now >= self.until:
            return False
        wanted = ((self.kind, finding.kind.value), (self.version, finding.version), (self.source, finding.source))
        return (
            fnmatchcase(finding.event, self.event)
            and all(want in ("", have) for want, have in wanted)
            and self.property in ("", finding.property)
        )


@dataclass(frozen=True, slots=True)
class Patience:
    """How quickly something is said, and what is not. A window is one UTC hour; runs within one hour count once."""

    open_after: int = 1
    """Windows in a row that something must hold before it is told."""
    close_after: int = 1
    """Windows in a row that it must not hold before it is over."""
    repeat: timedelta | None = None
    """What stays open is told again so long after it was told last; None: never."""
    same_episode: timedelta = timedelta(hours=24)
    """What comes back within this time goes on; later it is a new episode."""
    flips: int = 4
    """So many ends and returns `within` this time are told as one: flapping."""
    within: timedelta = timedelta(hours=24)
    suppressed: tuple[Suppression, ...] = ()

    @property
    def calm(self) -> timedelta:
        """What flapped is stable when it has stayed one way for so long: it could not flip often enough any more."""
        return self.within / self.flips


@dataclass(frozen=True, slots=True)
class View:
    """An incident as one channel beside Slack knows it: what it was told, and what it is owed."""

    place: str
    """The channel, as a delivery names it: `channels.on-call`."""
    root: str = ""
    """The id of the message that told there that it holds; empty: nothing was told, or that it is over."""
    owed: Intent | None = None
    """What is to be told there and was put off."""
    until: datetime | None = None
    """Put off until then."""


@dataclass(frozen=True, slots=True)
class Incident:
    """One finding through time. Unique by fingerprint and episode."""

    fingerprint: str
    """`v1:` + 16 hex digits of kind, event, version, source and dimension; never of a value or text."""
    episode: int
    state: State
    severity: Severity
    """Of the newest observation."""
    finding: Finding
    """The newest observation that was bad."""
    opened_at: datetime
    seen_at: datetime
    """The last time it was observed to hold."""
    resolved_at: datetime | None = None
    peak: Severity = Severity.INFO
    sequence: int = 0
    """How many intents have been written for this episode."""
    told_at: datetime | None = None
    """When it was last told that it holds; None: never."""
    streak: int = 0
    """Windows in a row that it held (positive) or did not (negative)."""
    stepped: int = 0
    """The window (UTC hour since 1970) that the streak has counted last."""
    turns: tuple[datetime, ...] = ()
    """Its last ends and returns, oldest first."""
    flapping: bool = False
    until: datetime | None = None
    """Snoozed until then."""
    fixed_in: str = ""
    """The version that somebody said has it fixed; empty: nobody did."""
    by: str = ""
    """Who acknowledged, snoozed or resolved it; empty: trackwarden itself."""
    note: str = ""
    """Why it stands as it stands."""
    limits: str = ""
    """The thresholds that it was last judged by, as a hash."""
    root: str = ""
    """The id of the message that told it first; later ones go into its thread."""
    owed: Intent | None = None
    """What is to be told and was put off: quiet hours, a digest's schedule."""
    owed_until: datetime | None = None
    views: tuple[View, ...] = ()
    """What channels beside Slack know of it, by their place; one that was never told has none."""


@dataclass(frozen=True, slots=True)
class Observed:
    """What a run looked at: only what was looked at can be found good."""

    findings: tuple[Finding, ...]
    unknown_tables: AbstractSet[str]
    """Tables that could not be measured."""
    unknown_events: AbstractSet[str]
    """Planned events that live in those tables."""
    planned_events: AbstractSet[str]
    planned_versions: AbstractSet[tuple[str, str]]
    first_run: bool = False
    quiet: AbstractSet[tuple[str, str, str]] = frozenset()
    """Event, version and source that sent no rows lately (`judge.quiet`): nothing can be found good there."""
    unchecked: AbstractSet[tuple[str, str, str]] = frozenset()
    """The same of which rows came, and none of them was in the sample that rules were asked of (`judge.unchecked`)."""
    stopped: AbstractSet[tuple[str, str, str]] = frozenset()
    """Event, version and source without a row for 14 days, of events that flow: they do not arrive any more."""
    landed: AbstractSet[str] | None = None
    """Tables of the configuration's landings, those included that are gone; None: not known."""
    limits: str = ""
    """The thresholds that the findings were judged by, as a hash."""


@dataclass(frozen=True, slots=True)
class Transition:
    """An incident's next state, what is to be said about it, and why."""

    before: Incident | None
    after: Incident
    intent: Intent | None
    """None: nothing is said."""
    reason: str
    """For people and tests: `still failing; told at 14:00`."""

    def __post_init__(self) -> None:
        if not self.reason:
            raise ValueError("a decision has a reason")


@dataclass(frozen=True, slots=True)
class Step:
    """What happened to an incident, once, for its story."""

    key: str
    """Unique: what is recorded twice happened once."""
    fingerprint: str
    episode: int
    at: datetime
    what: str
    """An intent's word."""
    who: str = ""
    """Empty: trackwarden itself."""
    reason: str = ""


@dataclass(frozen=True, slots=True)
class Delivery:
    """One thing to be said or done in one place, in the outbox.

    Unique by fingerprint, episode, intent, sequence, mode and channel.
    """

    id: str
    """Stable: derived from the unique key, so that a retry finds what it has already sent."""
    fingerprint: str
    episode: int
    intent: Intent
    sequence: int
    channel: str
    """A Slack channel id, or a channel of the configuration (`channels.on-call`); empty: Slack's default channel."""
    text: str
    """The fallback text, also what is printed when there is no token."""
    blocks: str
    """Block Kit blocks as JSON; of a chart, the finding that is drawn."""
    created_at: datetime
    sent_at: datetime | None = None
    attempts: int = 0
    error: str = ""
    """Why the last attempt failed; never a secret."""
    slack_channel: str = ""
    slack_ts: str = ""
    mode: Mode = Mode.POST
    root: str = ""
    """The id of the message that is changed or answered; empty: this is one of its own."""
    root_channel: str = ""
    root_ts: str = ""
    """Where that message stands in Slack; empty: it has not been sent yet, or was not sent to Slack."""
    root_done: bool = False
    """That message is sent, or never will be."""
    broadcast: bool = False
    """An answer that the whole channel is to see."""
    not_before: datetime | None = None
    """Slack asked to wait until then."""
    claims: int = 0
    """How often a process took it to send it: a second time it may have arrived already."""
    claimed_by: str = ""
    """`host:pid:process`; empty: nobody has it."""
    claimed_until: datetime | None = None
