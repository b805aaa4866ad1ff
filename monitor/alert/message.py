"""From transitions to messages: one per finding that is to be told, a digest when they would be too many. Pure."""

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace

from monitor.alert.digest import adoption, digest, news
from monitor.alert.envelope import SUMMARY, Place
from monitor.alert.routing import ALERTS, OVER, MessageContext, impact
from monitor.alert.single import answer, changed, chart, single
from monitor.incidents.model import Delivery, Intent, Transition


@dataclass(slots=True)
class Written:
    """Messages, and which of them told an incident first."""

    deliveries: list[Delivery] = field(default_factory=list)
    roots: dict[tuple[str, int], str] = field(default_factory=dict)
    """Fingerprint and episode → the id of the message that later ones change and answer."""

    def tell(self, delivery: Delivery, members: Sequence[Transition]) -> None:
        """A message of its own, about these."""
        self.deliveries.append(delivery)
        for one in members:
            self.roots[one.after.fingerprint, one.after.episode] = delivery.id


def messages(transitions: Sequence[Transition], told: MessageContext) -> tuple[Delivery, ...]:
    """What to send about what changed, worst first in every channel (`written`)."""
    return tuple(written(transitions, told).deliveries)


def written(transitions: Sequence[Transition], told: MessageContext) -> Written:
    """What to send about what changed, worst first in every channel.

    What was already wrong at adoption is one summary in the default channel. An incident that has a message
    of its own is told there: the message is changed, and answered in its thread. More than `Routing.digest_over`
    messages to be seen in one channel are one digest, in which nothing is changed in place: what becomes of them is
    answered in its thread. A transition without an intent, and an empty sequence, say nothing. The same
    transitions give the same deliveries, in whatever order.
    """
    by_channel: Mapping[str, list[Transition]] = defaultdict(list)
    known: list[Transition] = []
    for transition in transitions:
        if transition.intent is Intent.ADOPTED:
            known.append(transition)
        elif transition.intent is not None:
            by_channel[told.destination(transition.after.finding).channel].append(transition)
    result = Written()
    if known:
        result.tell(adoption(ranked(known, told), told), known)
    for channel in sorted(by_channel):
        _channel(ranked(by_channel[channel], told), channel, told, result)
    return result


def rooted(transitions: Sequence[Transition], result: Written) -> tuple[Transition, ...]:
    """The transitions with their incidents' first messages."""
    return tuple(
        replace(one, after=replace(one.after, root=root))
        if (root := result.roots.get((one.after.fingerprint, one.after.episode)))
        else one
        for one in transitions
    )


def _channel(ranked: Sequence[Transition], channel: str, told: MessageContext, result: Written) -> None:
    seen = [one for one in ranked if one.intent in ALERTS or (one.intent in OVER and not one.after.root)]
    most = 1 if any(_is_gathered(one, told) for one in seen) else told.routing.digest_over
    if len(seen) > most:
        result.tell(digest(seen, channel, told), [one for one in seen if not _has_own(one)])
        result.deliveries += [changed(one, channel, told) for one in seen if _has_own(one)]
    else:
        for one in seen:
            _told_alone(one, channel, told, result)
    rest = [one for one in ranked if one.intent not in ALERTS and one.after.root]
    result.deliveries += _in_threads(rest, channel, told)


def _told_alone(one: Transition, channel: str, told: MessageContext, result: Written) -> None:
    if _has_own(one):
        result.deliveries += [changed(one, channel, told), answer(one, channel, told)]
        return
    delivery = single(one, channel, told)
    result.tell(delivery, [one])
    drawn = chart(one, channel, delivery.id, told) if one.intent not in OVER else None
    result.deliveries += [drawn] if drawn else []


def _in_threads(rest: Sequence[Transition], channel: str, told: MessageContext) -> Iterator[Delivery]:
    """Good news, and what people did."""
    summaries: defaultdict[str, list[Transition]] = defaultdict(list)
    for one in rest:
        if not _has_own(one):
            summaries[one.after.root].append(one)
            continue
        yield changed(one, channel, told)
        if one.intent in OVER:
            yield answer(one, channel, told)
    for root, members in sorted(summaries.items()):
        yield news(members, Place(channel, root), told)


def _has_own(one: Transition) -> bool:
    """A message that speaks of this incident alone."""
    return bool(one.after.root) and not one.after.root.startswith(SUMMARY)


def _is_gathered(one: Transition, told: MessageContext) -> bool:
    """It was put off to be told with others."""
    before = one.before
    gathered = told.destination(one.after.finding).gathered
    return before is not None and before.owed is not None and gathered is not None


def ranked(transitions: Sequence[Transition], told: MessageContext) -> list[Transition]:
    """Bad news before good, then by impact; the fingerprint decides between equals."""

    def rank(transition: Transition) -> tuple[bool, tuple[int, ...], str]:
        incident = transition.after
        over = transition.intent in OVER
        weight = impact(incident, told.owner(incident.finding))
        return over, tuple(-part for part in weight), incident.fingerprint

    return sorted(transitions, key=rank)
