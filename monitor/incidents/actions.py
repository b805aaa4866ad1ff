"""What a person does about an incident: acknowledge, snooze, resolve. Pure; a refusal says why and what to do."""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from monitor.incidents.fixes import is_older
from monitor.incidents.model import GOING_ON, Incident, Intent, State, Transition

LONGEST_SNOOZE = timedelta(days=90)


@dataclass(frozen=True, slots=True)
class Action:
    """One thing that somebody asked for."""

    what: Intent
    """ACKNOWLEDGED, SNOOZED or RESOLVED."""
    who: str
    """A person's name as the channel knows it: `ann`, `Slack user U0123`."""
    until: datetime | None = None
    """Of a snooze."""
    fixed_in: str = ""
    """Of an acknowledgement: the version that has it fixed."""
    note: str = ""
    """Why, in the person's own words."""


@dataclass(frozen=True, slots=True)
class Refused:
    """It was not done, why, and what would be."""

    problem: str
    hint: str = ""


def act(incident: Incident, action: Action, now: datetime) -> Transition | Refused:
    """The incident after somebody's action; Refused where it says nothing about it."""
    if incident.state not in GOING_ON:
        when = f" since {incident.resolved_at:%Y-%m-%d %H:%M} UTC" if incident.resolved_at else ""
        return Refused(f"it is {incident.state.value}{when}", "nothing is to be done about it")
    match action.what:
        case Intent.ACKNOWLEDGED:
            return _acknowledge(incident, action)
        case Intent.SNOOZED:
            return _snooze(incident, action, now)
        case Intent.RESOLVED:
            return _resolve(incident, action, now)
        case _:
            raise ValueError(f"nobody can do {action.what}")


def _acknowledge(before: Incident, action: Action) -> Transition | Refused:
    finding = before.finding
    if action.fixed_in and not finding.version:
        return Refused("the finding speaks of no version", "acknowledge it without a version")
    if action.fixed_in and not is_older(finding.version, action.fixed_in):
        return Refused(
            f"the finding is of {finding.version}, which is not older than {action.fixed_in}",
            f"name the version that has it fixed: one later than {finding.version}",
        )
    if before.state is State.ACKNOWLEDGED and before.fixed_in == action.fixed_in:
        return Refused(f"it is acknowledged already, by {before.by or 'nobody'}")
    fixed = f": fixed in {action.fixed_in}" if action.fixed_in else ""
    after = replace(before, state=State.ACKNOWLEDGED, by=action.who, until=None, fixed_in=action.fixed_in)
    return _done(before, after, action, f"acknowledged by {action.who}{fixed}")


def _snooze(before: Incident, action: Action, now: datetime) -> Transition | Refused:
    until = action.until
    if until is None or until <= now:
        return Refused("a snooze ends in the future", "say until when, or for how long: 4h, 2d, 2026-07-01T09:00")
    if until - now > LONGEST_SNOOZE:
        return Refused(
            f"a snooze lasts at most {LONGEST_SNOOZE.days} days",
            "acknowledge it instead, or suppress it in trackwarden.yml under incidents.suppress",
        )
    if before.state is State.SNOOZED and before.until == until:
        return Refused(f"it is snoozed until then already, by {before.by or 'nobody'}")
    after = replace(before, state=State.SNOOZED, by=action.who, until=until)
    return _done(before, after, action, f"snoozed by {action.who} until {until:%Y-%m-%d %H:%M} UTC")


def _resolve(before: Incident, action: Action, now: datetime) -> Transition:
    after = replace(before, state=State.RESOLVED, by=action.who, until=None, resolved_at=now, flapping=False, turns=())
    return _done(before, after, action, f"resolved by {action.who}; it comes back if it still holds")


def _done(before: Incident, after: Incident, action: Action, reason: str) -> Transition:
    note = f"{reason} ({action.note})" if action.note else reason
    return Transition(before, replace(after, sequence=after.sequence + 1, note=note, owed=None), action.what, note)
