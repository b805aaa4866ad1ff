"""`incidents … --json`: incidents as JSON objects."""

from collections.abc import Sequence
from datetime import datetime
from typing import TypedDict

from monitor.alert.single import short
from monitor.alert.waiting import why
from monitor.incidents.model import Delivery, Incident, Step


class IncidentDocument(TypedDict):
    """One incident. Times are ISO 8601 in UTC; null: it has none."""

    id: str
    fingerprint: str
    episode: int
    state: str
    severity: str
    peak: str
    kind: str
    event: str
    version: str
    source: str
    property: str
    message: str
    opened_at: str
    seen_at: str
    resolved_at: str | None
    snoozed_until: str | None
    fixed_in: str
    by: str
    note: str
    flapping: bool


class MessageDocument(TypedDict):
    """One thing to be done in Slack, and what became of it."""

    id: str
    mode: str
    intent: str
    channel: str
    created_at: str
    sent_at: str | None
    attempts: int
    status: str
    slack_ts: str


class StepDocument(TypedDict):
    """One thing that happened. `who` is empty where it was trackwarden itself."""

    at: str
    what: str
    who: str
    reason: str


class ListDocument(TypedDict):
    """All that are asked for, and the messages that wait."""

    incidents: Sequence[IncidentDocument]
    waiting: Sequence[MessageDocument]


class WholeDocument(IncidentDocument):
    """One incident with its story."""

    steps: Sequence[StepDocument]
    messages: Sequence[MessageDocument]


def listed(shown: Sequence[Incident], waiting: Sequence[Delivery], now: datetime) -> ListDocument:
    """`incidents list --json`."""
    return {"incidents": [_incident(one) for one in shown], "waiting": [_message(one, now) for one in waiting]}


def whole(one: Incident, story: Sequence[Step], messages: Sequence[Delivery], now: datetime) -> WholeDocument:
    """`incidents show --json`."""
    steps: list[StepDocument] = [
        {"at": step.at.isoformat(), "what": step.what, "who": step.who, "reason": step.reason} for step in story
    ]
    return {**_incident(one), "steps": steps, "messages": [_message(sent, now) for sent in messages]}


def _incident(one: Incident) -> IncidentDocument:
    finding = one.finding
    return {
        "id": short(one),
        "fingerprint": one.fingerprint,
        "episode": one.episode,
        "state": one.state.value,
        "severity": one.severity.word,
        "peak": one.peak.word,
        "kind": finding.kind.value,
        "event": finding.event,
        "version": finding.version,
        "source": finding.source,
        "property": finding.property,
        "message": finding.message,
        "opened_at": one.opened_at.isoformat(),
        "seen_at": one.seen_at.isoformat(),
        "resolved_at": _moment(one.resolved_at),
        "snoozed_until": _moment(one.until),
        "fixed_in": one.fixed_in,
        "by": one.by,
        "note": one.note,
        "flapping": one.flapping,
    }


def _message(one: Delivery, now: datetime) -> MessageDocument:
    return {
        "id": one.id,
        "mode": one.mode.value,
        "intent": one.intent.value,
        "channel": one.slack_channel or one.root_channel or one.channel,
        "created_at": one.created_at.isoformat(),
        "sent_at": _moment(one.sent_at),
        "attempts": one.attempts,
        "status": why(one, now),
        "slack_ts": one.slack_ts,
    }


def _moment(moment: datetime | None) -> str | None:
    return moment.isoformat() if moment else None
