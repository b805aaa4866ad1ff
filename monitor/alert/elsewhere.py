"""What channels beside Slack are told: each sees an incident with its own eyes. Pure.

A channel knows no thread and no change in place: what gets worse, comes back or is over is a message of its own. It is
told that something is over only if it was told that it holds; what it is owed (quiet hours, a digest) is kept with the
incident, so that it is told as it is then, and never where it is over by then.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from hashlib import sha256

from monitor.alert.digest import adoption, digest
from monitor.alert.envelope import SUMMARY
from monitor.alert.message import ranked
from monitor.alert.routing import ALERTS, OVER, Channel, MessageContext, Routing
from monitor.alert.single import single
from monitor.incidents.model import GOING_ON, Delivery, Incident, Intent, State, Transition, View

_PUT_OFF = "was put off until now, and still holds"


@dataclass(slots=True)
class Elsewhere:
    """What is said beside Slack, and what each channel knows of each incident from now on."""

    deliveries: list[Delivery] = field(default_factory=list)
    views: dict[str, tuple[View, ...]] = field(default_factory=dict)
    """Fingerprint → its views, where they have changed."""

    def view(self, incident: Incident, channel: Channel) -> View:
        """What the channel knows of it up to now."""
        views = self.views.get(incident.fingerprint, incident.views)
        return next((view for view in views if view.place == channel.place), View(channel.place))

    def know(self, incident: Incident, after: View, before: View) -> None:
        """Keep what a channel knows from now on."""
        if after == before:
            return
        views = self.views.get(incident.fingerprint, incident.views)
        others = tuple(view for view in views if view.place != after.place)
        self.views[incident.fingerprint] = others if after == View(after.place) else (*others, after)

    def heard(self, due: "_Due", delivery: Delivery, channel: Channel) -> None:
        """The first message that says that it holds is the one that later ones belong to."""
        if due.step.intent in ALERTS and not due.root:
            before = self.view(due.step.after, channel)
            self.know(due.step.after, replace(before, root=delivery.id), before)


def in_slack(step: Transition, told: MessageContext) -> bool:
    """Whether Slack is told of it: it always is, once it was.

    It is not where there is no Slack, where a channel is told instead, and where something is over that only others
    have heard of.
    """
    after, before = step.after, step.before
    if not told.routing.slack:
        return False
    if after.root:
        return True
    if step.intent in OVER and (
        any(view.root for view in after.views) or (before is not None and before.owed is not None)
    ):
        return False
    team = told.owner(after.finding).team
    return not any(channel.instead for channel in told.routing.elsewhere(after.finding, team))


def elsewhere(steps: Sequence[Transition], known: Sequence[Incident], told: MessageContext) -> Elsewhere:
    """What every channel is told about these decisions, and about what it is owed since earlier ones."""
    stepped = {step.after.fingerprint for step in steps}
    idle = [
        Transition(one, one, None, "nobody looked since")
        for one in known
        if one.fingerprint not in stepped and any(view.owed for view in one.views)
    ]
    result = Elsewhere()
    for channel in told.routing.channels:
        own = replace(told, routing=Routing(usual=channel.destination), buttons=False)
        for delivery, about in _written(list(_due([*steps, *idle], channel, own, result)), channel, own):
            sent = _addressed(delivery, about, channel)
            result.deliveries.append(sent)
            for one in about:
                result.heard(one, sent, channel)
    return result


@dataclass(frozen=True, slots=True)
class _Due:
    """Something that a channel is told now."""

    step: Transition
    root: str
    """The message there that told first that it holds; empty: none did."""


# ── when ────────────────────────────────────────────────────────────────────────────────────────────


def _due(steps: Sequence[Transition], channel: Channel, told: MessageContext, result: Elsewhere) -> Iterator[_Due]:
    """What the channel is told now; what it knows from now on is written into `result`."""
    for step in steps:
        before = result.view(step.after, channel)
        after, intent = _seen(step, before, channel, told)
        result.know(step.after, after, before)
        if intent is not None:
            now = step if intent is step.intent else replace(step, intent=intent, reason=_PUT_OFF)
            yield _Due(now, before.root)


def _seen(step: Transition, view: View, channel: Channel, told: MessageContext) -> tuple[View, Intent | None]:
    """What the channel knows after the step, and what it is told; None: nothing."""
    incident = step.after
    silent = replace(view, owed=None, until=None)
    fits = channel.fits(incident.finding, told.owner(incident.finding).team)
    if step.intent is Intent.ADOPTED:
        return silent, step.intent if fits and not channel.one_by_one else None
    if step.intent in ALERTS:
        return _alerted(step, view, channel, told) if fits else (silent, None)
    if incident.state not in GOING_ON:
        return View(channel.place), step.intent if step.intent in OVER and view.root else None
    if view.owed is not None and fits and incident.state is State.OPEN:
        return _owed(step, view, channel, told)
    return silent, None


def _owed(step: Transition, view: View, channel: Channel, told: MessageContext) -> tuple[View, Intent | None]:
    """What was put off is told when its time has come."""
    if view.until is not None and told.now < view.until:
        return view, None
    quiet = channel.destination.quiet_now(step.after.severity, told.now)
    if quiet is not None:
        return replace(view, until=quiet.at), None
    return replace(view, owed=None, until=None), view.owed


def _alerted(step: Transition, view: View, channel: Channel, told: MessageContext) -> tuple[View, Intent | None]:
    later = channel.destination.later(step.after.severity, told.now)
    if later is None:
        return replace(view, owed=None, until=None), step.intent
    return replace(view, owed=view.owed or step.intent, until=view.until or later.at), None


# ── what ────────────────────────────────────────────────────────────────────────────────────────────


def _written(due: Sequence[_Due], channel: Channel, told: MessageContext) -> Iterator[tuple[Delivery, Sequence[_Due]]]:
    """Messages, worst first, and what each is about."""
    by_step = {id(one.step): one for one in due}
    known = ranked([one.step for one in due if one.step.intent is Intent.ADOPTED], told)
    seen = ranked([one.step for one in due if one.step.intent is not Intent.ADOPTED], told)
    if known:
        yield adoption(known, told), ()
    gathered = channel.gathered is not None and any(step.reason == _PUT_OFF for step in seen)
    most = 1 if gathered else channel.digest_over
    if len(seen) > most and not channel.one_by_one:
        yield digest(seen, channel.place, told), [by_step[id(step)] for step in seen]
        return
    for step in seen:
        yield single(step, channel.place, told), [by_step[id(step)]]


def _addressed(delivery: Delivery, about: Sequence[_Due], channel: Channel) -> Delivery:
    """The same message for this place alone: each place has a row of its own in the outbox, under an id of its own.

    What comes later about an incident waits until the earlier message is sent.
    """
    number = sha256(f"{channel.place}/{delivery.id}".encode()).hexdigest()[:24]
    summary = SUMMARY if delivery.id.startswith(SUMMARY) else ""
    root = about[0].root if len(about) == 1 else ""
    return replace(delivery, id=f"{summary}{number}", channel=channel.place, root=root)
