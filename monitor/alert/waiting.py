"""Why a message waits, in one line for the person who looks. Pure."""

from datetime import datetime

from monitor.alert import wording
from monitor.alert.outbox import WAITS_FOR_ROOT
from monitor.incidents.model import Delivery, Mode

_WHAT = {Mode.POST: "message", Mode.UPDATE: "change", Mode.REPLY: "answer", Mode.FILE: "chart"}


def what(delivery: Delivery) -> str:
    """What it is: `message (opened)`, `answer (resolved)`."""
    return f"{_WHAT[delivery.mode]} ({delivery.intent.value})"


def why(delivery: Delivery, now: datetime) -> str:
    """Why it is not in Slack: what Slack or the network said last, who has it, when it is tried again.

    >>> from datetime import UTC
    >>> from monitor.incidents.model import Intent
    >>> now = datetime(2026, 7, 1, 12, tzinfo=UTC)
    >>> one = Delivery("m1", "v1:0", 1, Intent.OPENED, 1, "C1", "text", "[]", now)
    >>> why(one, now)
    'not tried yet: the next run sends it'
    """
    if delivery.sent_at is not None:
        return f"done at {wording.at(delivery.sent_at)}{f': {delivery.error}' if delivery.error else ''}"
    if delivery.claimed_by and delivery.claimed_until is not None and delivery.claimed_until > now:
        host, pid, _ = delivery.claimed_by.rsplit(":", 2)
        return f"being sent by process {pid} on {host}"
    if delivery.root and not delivery.root_done:
        return WAITS_FOR_ROOT
    if delivery.not_before is not None and delivery.not_before > now:
        return f"{delivery.error}: Slack asked to wait until {wording.at(delivery.not_before)}"
    if delivery.error:
        tries = "once" if delivery.attempts == 1 else f"{delivery.attempts} times"
        return f"{delivery.error} (tried {tries}): the next run tries again"
    return "not tried yet: the next run sends it"
