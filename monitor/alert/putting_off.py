"""What is not told now: quiet hours, and findings that are gathered for a digest. Pure."""

from collections.abc import Iterator, Sequence
from dataclasses import replace

from monitor.alert.routing import ALERTS, MessageContext
from monitor.incidents.model import GOING_ON, Incident, State, Transition


def timed(steps: Sequence[Transition], known: Sequence[Incident], told: MessageContext) -> tuple[Transition, ...]:
    """The same steps, without what is put off, and with what was put off until now.

    What ends before it was told is never told. What is put off stands in the incident (`owed`), not in the outbox:
    so it is told as it is then.
    """
    stepped = {step.after.fingerprint for step in steps}
    idle = (
        Transition(one, one, None, "nobody looked since")
        for one in known
        if one.owed is not None and one.fingerprint not in stepped
    )
    return tuple(_timed([*steps, *idle], told))


def _timed(steps: Sequence[Transition], told: MessageContext) -> Iterator[Transition]:
    for step in steps:
        if step.intent in ALERTS:
            yield _put_off(step, told) or replace(step, after=replace(step.after, owed=None, owed_until=None))
        elif step.intent is None and step.after.owed is not None and step.after.state in GOING_ON:
            yield _owed(step, told)
        else:
            yield step


def _put_off(step: Transition, told: MessageContext) -> Transition | None:
    """The step without its message; None: it is told now."""
    after = step.after
    later = told.destination(after.finding).later(after.severity, told.now)
    if later is None:
        return None
    first = step.before.owed if step.before is not None and step.before.owed is not None else step.intent
    until = after.owed_until if after.owed is not None and after.owed_until is not None else later.at
    waiting = replace(after, owed=first, owed_until=until, note=f"{after.note}; told with {later.why}")
    return replace(step, after=waiting, intent=None, reason=f"{step.reason}; told later: {later.why}")


def _owed(step: Transition, told: MessageContext) -> Transition:
    """What was put off: told when its time has come, unless somebody has acknowledged or snoozed it."""
    after = step.after
    if after.state is not State.OPEN:
        return replace(step, after=replace(after, owed=None, owed_until=None))
    place = told.destination(after.finding)
    if after.owed_until is not None and told.now < after.owed_until:
        return step
    quiet = place.quiet_now(after.severity, told.now)
    if quiet is not None:
        return replace(step, after=replace(after, owed_until=quiet.at))
    due = replace(after, owed=None, owed_until=None, told_at=told.now, sequence=after.sequence + 1)
    return replace(step, after=due, intent=after.owed, reason="was put off until now, and still holds")
