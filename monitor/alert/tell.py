"""From transitions to what is kept: incidents, their messages and their story, as one change. Pure."""

from collections.abc import Iterator, Sequence
from datetime import datetime

from monitor.alert.message import rooted, written
from monitor.alert.putting_off import timed
from monitor.alert.routing import MessageContext
from monitor.history.desk import Change
from monitor.incidents.model import Incident, Step, Transition


def decided(steps: Sequence[Transition], known: Sequence[Incident], told: MessageContext) -> Change:
    """The change that a run makes: `steps` are its decisions on the incidents that were `known`."""
    due = timed(steps, known, told)
    result = written(due, told)
    return Change(rooted(due, result), tuple(result.deliveries), tuple(_story(due, told.now)))


def acted(step: Transition, key: str, told: MessageContext) -> Change:
    """The change that a person makes; `key` names the action, so that asking twice is asking once."""
    result = written([step], told)
    after = step.after
    what = step.intent.value if step.intent else after.state.value
    happened = Step(key, after.fingerprint, after.episode, told.now, what, after.by, step.reason)
    return Change(rooted([step], result), tuple(result.deliveries), (happened,))


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
