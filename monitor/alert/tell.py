"""From transitions to what is kept: incidents, their messages and their story, as one change. Pure."""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import datetime

from monitor.alert.elsewhere import Elsewhere, elsewhere, in_slack
from monitor.alert.message import rooted, written
from monitor.alert.putting_off import timed
from monitor.alert.routing import MessageContext
from monitor.history.desk import Change
from monitor.incidents.model import Incident, Step, Transition


def decided(steps: Sequence[Transition], known: Sequence[Incident], told: MessageContext) -> Change:
    """The change that a run makes: `steps` are its decisions on the incidents that were `known`."""
    seen = [step for step in steps if in_slack(step, told)]
    rest = [step for step in steps if not in_slack(step, told)]
    others = {step.after.fingerprint for step in rest}
    due = timed(seen, [one for one in known if one.fingerprint not in others], told)
    result, beside = written(due, told), elsewhere(steps, known, told)
    after = _viewed([*rooted(due, result), *rest], known, beside)
    return Change(after, (*result.deliveries, *beside.deliveries), tuple(_story([*due, *rest], told.now)))


def acted(step: Transition, key: str, told: MessageContext) -> Change:
    """The change that a person makes; `key` names the action, so that asking twice is asking once."""
    result, beside = written([step] if in_slack(step, told) else [], told), elsewhere([step], (), told)
    after = step.after
    what = step.intent.value if step.intent else after.state.value
    happened = Step(key, after.fingerprint, after.episode, told.now, what, after.by, step.reason)
    changed = _viewed(rooted([step], result), (), beside)
    return Change(changed, (*result.deliveries, *beside.deliveries), (happened,))


def _viewed(steps: Sequence[Transition], known: Sequence[Incident], beside: Elsewhere) -> tuple[Transition, ...]:
    """The transitions with what channels beside Slack know from now on; what was idle but for them is added."""
    done = [
        replace(step, after=replace(step.after, views=beside.views.get(step.after.fingerprint, step.after.views)))
        for step in steps
    ]
    there = {step.after.fingerprint for step in done}
    idle = [one for one in known if one.fingerprint in beside.views and one.fingerprint not in there]
    views = beside.views
    return (
        *done,
        *(Transition(one, replace(one, views=views[one.fingerprint]), None, "told elsewhere") for one in idle),
    )


def _story(steps: Sequence[Transition], now: datetime) -> Iterator[Step]:
    """What is told, and every change of state."""
    for step in steps:
        before, after = step.before, step.after
        same = before is not None and (before.state, before.owed) == (after.state, after.owed)
        if step.intent is None and same:
            continue
        what = (
            step.intent.value if step.intent else f"{after.state.value}, put off" if after.owed else after.state.value
        )
        key = f"{after.fingerprint}/{after.episode}/{after.sequence}/{what}"
        yield Step(key, after.fingerprint, after.episode, now, what, "", step.reason)
