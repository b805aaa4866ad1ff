"""What a press of a button means, and what comes of it: once, however often Slack delivers it."""

import re
from collections.abc import Callable, Mapping
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from monitor.alert.routing import MessageContext
from monitor.alert.tell import acted
from monitor.history.desk import Change, Desk
from monitor.incidents.actions import Action, Refused, act
from monitor.incidents.model import Incident, Intent

LISTENER = "slack buttons"
"""The name that the listener's heartbeat goes by."""
BEAT = timedelta(seconds=20)
"""Between two heartbeats."""
HEARD = timedelta(minutes=2)
"""Buttons are shown while the last heartbeat is not older than this."""

_SNOOZE = re.compile(r"snooze_([0-9]{1,3})h")
_VALUE = re.compile(r"(v1:[0-9a-f]{16})/([0-9]{1,9})")
_PERSON = re.compile(r"[UW][A-Z0-9]{1,30}")


@dataclass(frozen=True, slots=True)
class Press:
    """Somebody pressed a button."""

    key: str
    """Unique to this press: Slack delivers it again where it heard no answer."""
    person: str
    """A Slack user's id."""
    name: str
    action: str
    """`ack`, `snooze_4h`."""
    fingerprint: str
    episode: int
    channel: str
    """Where the message stands."""


class _Not(Exception):  # noqa: N818 - not an error: it ends the transaction
    """Nothing is to be changed; the argument is what the person is told."""


def read_press(payload: Mapping[str, Any]) -> Press | None:
    """The press that a `block_actions` payload speaks of; None: it is none of ours, or only opens the report."""
    if payload.get("type") != "block_actions":
        return None
    user, pressed = payload.get("user") or {}, (payload.get("actions") or [{}])[0]
    value = _VALUE.fullmatch(str(pressed.get("value", "")))
    person, action = str(user.get("id", "")), str(pressed.get("action_id", ""))
    if value is None or not _PERSON.fullmatch(person) or not (action == "ack" or _SNOOZE.fullmatch(action)):
        return None
    place = payload.get("container") or {}
    channel = str((payload.get("channel") or {}).get("id") or place.get("channel_id") or "")
    key = f"slack/{person}/{pressed.get('action_ts', '')}/{action}/{place.get('message_ts', '')}/{value[0]}"
    name = str(user.get("username") or user.get("name") or "")[:80]
    return Press(key, person, name, action, value[1], int(value[2]), channel)


def pressed(
    press: Press, desk: Desk, context: Callable[[], MessageContext], people: AbstractSet[str] = frozenset()
) -> str:
    """Do what the button says, and write the message's change into the outbox, in one transaction.

    What the person is to be told alone: why nothing was done; empty: it was done, now or by an earlier delivery.
    `people`: who may, empty for everybody.
    """
    if people and press.person not in people:
        return "You may not do that: trackwarden's configuration (slack.people) names who may."
    told = context()

    def decide(known: tuple[Incident, ...]) -> Change:
        incident = next((one for one in known if one.fingerprint == press.fingerprint), None)
        if incident is None or incident.episode != press.episode:
            raise _Not("This message is of an earlier time: what it speaks of is over. Look for a newer message.")
        step = act(incident, _action(press, told.now), told.now)
        if isinstance(step, Refused):
            raise _Not(f"Nothing was changed: {step.problem}." + (f" Next: {step.hint}." if step.hint else ""))
        return acted(step, press.key, told)

    try:
        desk.change(decide, once=press.key)
    except _Not as told_alone:
        return str(told_alone)
    return ""


def _action(press: Press, now: datetime) -> Action:
    who = f"{press.name} ({press.person})" if press.name else press.person
    snooze = _SNOOZE.fullmatch(press.action)
    if snooze:
        return Action(Intent.SNOOZED, who, until=now + timedelta(hours=int(snooze[1])))
    return Action(Intent.ACKNOWLEDGED, who)
