"""From transitions to messages: one per finding that is to be told, a digest when they would be too many. Pure."""

from collections import defaultdict
from collections.abc import Mapping, Sequence

from monitor.alert.digest import adoption, digest
from monitor.alert.routing import MessageContext, impact
from monitor.alert.single import single
from monitor.incidents.model import Delivery, Intent, Transition


def messages(transitions: Sequence[Transition], told: MessageContext) -> tuple[Delivery, ...]:
    """What to send about what changed, worst first in every channel.

    What was already wrong at adoption is one summary in the default channel. More than
    `told.digest_over` messages to one channel are one digest. A transition without an intent, and
    an empty sequence, say nothing. The same transitions give the same deliveries, in whatever order.
    """
    by_channel: Mapping[str, list[Transition]] = defaultdict(list)
    known: list[Transition] = []
    for transition in transitions:
        if transition.intent is Intent.ADOPTED:
            known.append(transition)
        elif transition.intent is not None:
            by_channel[told.destination(transition.after.finding).channel].append(transition)
    sent = [adoption(_ranked(known, told), told)] if known else []
    for channel in sorted(by_channel):
        group = _ranked(by_channel[channel], told)
        if len(group) > told.digest_over:
            sent.append(digest(group, channel, told))
        else:
            sent.extend(single(transition, channel, told) for transition in group)
    return tuple(sent)


def _ranked(transitions: Sequence[Transition], told: MessageContext) -> list[Transition]:
    """Bad news before good, then by impact; the fingerprint decides between equals."""

    def rank(transition: Transition) -> tuple[bool, tuple[int, ...], str]:
        incident = transition.after
        over = transition.intent in (Intent.RESOLVED, Intent.WITHDRAWN)
        weight = impact(incident, told.owner(incident.finding))
        return over, tuple(-part for part in weight), incident.fingerprint

    return sorted(transitions, key=rank)
