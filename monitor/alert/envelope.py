"""What every message has around its content: its identity in the outbox, the small print, the way to the report."""

import json
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from hashlib import sha256
from urllib.parse import quote

from monitor.alert import wording
from monitor.alert.blocks import Block, Element, actions, context, dumps, link
from monitor.alert.escape import code
from monitor.alert.routing import MessageContext
from monitor.incidents.model import Delivery, Incident, Intent, Mode, Transition

_MAX_LINK = 1_000
_BREAKS_A_LINK = re.compile(r"[<>|`]|[^\x21-\x7e]")


SUMMARY = "d-"
"""How the id of a message about several incidents begins: it is never changed in place."""


@dataclass(frozen=True, slots=True)
class Key:
    """What makes a message itself: the outbox keeps one per key, however often it is written."""

    fingerprint: str
    episode: int
    intent: Intent
    sequence: int
    mode: Mode = Mode.POST

    @property
    def id(self) -> str:
        """The key's hash: it travels in the message's metadata, so that a retry finds what was already posted.

        >>> Key("v1:0f", 1, Intent.OPENED, 1).id == Key("v1:0f", 1, Intent.OPENED, 1).id
        True
        """
        parts = [self.fingerprint, self.episode, self.intent.value, self.sequence]
        parts += [] if self.mode is Mode.POST else [self.mode.value]
        number = sha256(json.dumps(parts).encode()).hexdigest()[:24]
        return number if self.fingerprint.startswith("v1:") else f"{SUMMARY}{number}"


def key_of(incident: Incident, intent: Intent, mode: Mode = Mode.POST) -> Key:
    """The key of a message about one incident."""
    return Key(incident.fingerprint, incident.episode, intent, incident.sequence, mode)


def key_of_all(name: str, transitions: Sequence[Transition], mode: Mode = Mode.POST) -> Key:
    """The key of one message about several incidents: it changes when any of them is told anew."""
    members = sorted(
        [t.after.fingerprint, t.after.episode, t.intent.value if t.intent else "", t.after.sequence]
        for t in transitions
    )
    intent = Intent.ADOPTED if name == "adoption" else Intent.OPENED
    return Key(f"{name}:{sha256(json.dumps(members).encode()).hexdigest()[:16]}", 1, intent, 1, mode)


@dataclass(frozen=True, slots=True)
class Place:
    """Where a message goes."""

    channel: str = ""
    root: str = ""
    """The id of the message that it changes or answers."""
    broadcast: bool = False
    """An answer that the whole channel is to see."""


def sealed(key: Key, place: Place, text: str, blocks: Sequence[Block], told: MessageContext) -> Delivery:
    """The message, ready for the outbox.

    Raises ValueError when it is beyond Slack's limits, which its writers keep.
    """
    return Delivery(
        id=key.id,
        fingerprint=key.fingerprint,
        episode=key.episode,
        intent=key.intent,
        sequence=key.sequence,
        channel=place.channel,
        text=text,
        blocks=dumps(blocks),
        created_at=told.now,
        mode=key.mode,
        root=place.root,
        broadcast=place.broadcast,
    )


def footer(told: MessageContext, event: str = "", *notes: str, buttons: Sequence[Element] = ()) -> Iterator[Block]:
    """The small print (run, moment, plan revision) and the buttons: the given ones, and one that opens the report."""
    moment = f"as of {wording.at(told.now)}"
    yield context([*notes, f"run {code(told.run, 60)}", moment, f"plan {code(told.plan_revision, 40)}"])
    url = report_link(told, event)
    shown = [*buttons, *([link("Open report", url)] if url else [])]
    if shown:
        yield actions(shown)


def report_link(told: MessageContext, event: str = "") -> str:
    """The address of the event's page, or of the overview; empty where the report is not served over HTTP."""
    if not told.report_url.startswith(("https://", "http://")):
        return ""
    url = f"{told.report_url.rstrip('/')}/{quote(told.pages.get(event, 'index.html'))}"
    return url if len(url) <= _MAX_LINK and not _BREAKS_A_LINK.search(url) else ""
