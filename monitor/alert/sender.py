"""What sends a message, and what comes of it."""

from dataclasses import dataclass
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


Outcome: TypeAlias = Sent | Printed | Refused


class Sender(Protocol):
    """One way to people's eyes."""

    def send(self, delivery: Delivery, *, maybe_sent: bool) -> Outcome:
        """Send one message, once.

        With `maybe_sent` an earlier try may have arrived: a sender that can look does so first, and one
        that cannot sends and says so in the note (an alert twice is better than none). Never raises for
        what Slack or the network does.
        """
        ...
