"""What sends a message, what comes of it, and where that is kept."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Protocol, TypeAlias

from monitor.incidents.model import Delivery


class Reach(StrEnum):
    """How much else a refusal concerns."""

    MESSAGE = "message"
    """This message alone: another one may pass."""
    CHANNEL = "channel"
    """Every message to this channel."""
    ACCOUNT = "account"
    """Everything: the token, the webhook or the way to Slack."""


@dataclass(frozen=True, slots=True)
class Sent:
    """The message is where people read it."""

    channel: str = ""
    """The channel's id as Slack says it; empty behind a webhook."""
    ts: str = ""
    """Slack's id of the message in its channel; empty behind a webhook."""
    note: str = ""
    """What the operator should know although all went well: it may stand there twice."""


@dataclass(frozen=True, slots=True)
class Printed:
    """The message was shown on the terminal: there is no Slack to send it to."""


@dataclass(frozen=True, slots=True)
class Skipped:
    """There is nothing to do any more, or no way to do it: the message is done with."""

    why: str
    note: bool = True
    """The operator should know."""


@dataclass(frozen=True, slots=True)
class Refused:
    """The message was not taken, or it is not known whether it was."""

    permanent: bool
    """Trying again in this run changes nothing."""
    error: str
    """Slack's own error code where it gave one (`token_revoked`), else a few words; never a secret."""
    hint: str = ""
    """What a person can do about it."""
    retry_after: float | None = None
    """Seconds that Slack asked to wait."""
    reach: Reach = Reach.MESSAGE
    ambiguous: bool = False
    """It may have arrived: look before posting it again."""
    thread: bool = False
    """The thread is gone: the message may pass as one of its own."""


Outcome: TypeAlias = Sent | Printed | Skipped | Refused


class Sender(Protocol):
    """One way to people's eyes."""

    def send(self, delivery: Delivery, *, maybe_sent: bool) -> Outcome:
        """Send one message, change one, or answer one, once.

        With `maybe_sent` an earlier try may have arrived: a sender that can look does so first, and one
        that cannot sends and says so in the note (an alert twice is better than none). Never raises for
        what Slack or the network does.
        """
        ...


class Outbox(Protocol):
    """Where deliveries are kept: what happened is written down at once, message by message."""

    def delivered(self, delivery_id: str, *, at: datetime, channel: str, ts: str) -> None:
        """The message is told, and never sent again."""
        ...

    def skipped(self, delivery_id: str, *, at: datetime, why: str) -> None:
        """The message is done with, and was not sent."""
        ...

    def not_delivered(self, delivery_id: str, *, error: str, not_before: datetime | None = None) -> None:
        """One more try failed; the message stays pending, and is not tried before that moment."""
        ...


class Claims(Outbox, Protocol):
    """An outbox that several processes empty."""

    def claim(self, now: datetime, until: datetime, but: Collection[str] = ()) -> Sequence[Delivery]:
        """Take what may be sent now, the ids in `but` left out; nobody else sends it before `until`."""
        ...

    def unclaim(self, untried: Sequence[str]) -> None:
        """Give back what was taken and not sent."""
        ...
