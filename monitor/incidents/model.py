"""Incidents, transitions and messages-to-be, as values."""

from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from monitor.judge.model import Finding, Severity


class State(StrEnum):
    """Where an incident stands."""

    OPEN = "open"
    KNOWN = "known"
    """Already wrong when trackwarden was adopted: listed once, alerts only when worse."""
    ACKNOWLEDGED = "acknowledged"
    SNOOZED = "snoozed"
    RESOLVED = "resolved"
    WITHDRAWN = "withdrawn"
    """Closed because its rule, version or event left the plan."""


class Intent(StrEnum):
    """Why something is said about an incident."""

    ADOPTED = "adopted"
    OPENED = "opened"
    ESCALATED = "escalated"
    REOPENED = "reopened"
    RESOLVED = "resolved"
    WITHDRAWN = "withdrawn"


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


@dataclass(frozen=True, slots=True)
class Transition:
    """An incident's next state, what is to be said about it, and why."""

    before: Incident | None
    after: Incident
    intent: Intent | None
    """None: nothing is said."""
    reason: str
    """For people and tests: `still failing; told at 14:00`."""


@dataclass(frozen=True, slots=True)
class Delivery:
    """One message in the outbox. Unique by fingerprint, episode, intent and sequence."""

    id: str
    """Stable: derived from the unique key, so that a retry finds what it has already sent."""
    fingerprint: str
    episode: int
    intent: Intent
    sequence: int
    channel: str
    """A Slack channel id; empty: the default channel."""
    text: str
    """The fallback text, also what is printed when there is no token."""
    blocks: str
    """Block Kit blocks as JSON."""
    created_at: datetime
    sent_at: datetime | None = None
    attempts: int = 0
    error: str = ""
    """Why the last attempt failed; never a secret."""
    slack_channel: str = ""
    slack_ts: str = ""
