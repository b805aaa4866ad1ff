"""What happens to an incident whose finding holds. Pure."""

from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta

from monitor.incidents.fingerprint import fingerprint
from monitor.incidents.fixes import Fixes, is_older
from monitor.incidents.model import GOING_ON, Incident, Intent, Observed, Patience, State, Transition
from monitor.judge.model import Finding, Severity

_TURNS_KEPT = 12


@dataclass(frozen=True, slots=True)
class Moment:
    """What all decisions of one run share."""

    now: datetime
    patience: Patience
    observed: Observed
    fixes: Fixes

    @property
    def window(self) -> int:
        """The UTC hour since 1970: runs within one hour observe the same windows."""
        return int(self.now.timestamp()) // 3600


def bad(before: Incident | None, finding: Finding, moment: Moment, *, adopted: bool) -> Transition | None:
    """The next state of what holds. None: nothing to remember, since info opens no incident."""
    if before is not None and before.state in GOING_ON:
        return _still(before, finding, moment)
    if finding.severity <= Severity.INFO:
        return None
    if before is None:
        return _new(finding, 1, moment, adopted=adopted)
    ended = before.resolved_at or before.seen_at
    within = moment.now - ended <= moment.patience.same_episode
    if before.state is State.RESOLVED and within and before.sequence:
        return _back(before, finding, moment, ended)
    episode = before.episode + 1 if before.sequence else before.episode
    step = _new(finding, episode, moment, adopted=False)
    if not before.sequence:
        return step
    reason = f"holds again {ago(moment.now - ended)} after it ended: a new episode; {step.reason}"
    return replace(step, before=before, reason=reason)


def counted(before: Incident, moment: Moment, *, holds: bool) -> int:
    """The streak with this observation: a window counts once, and a turn begins anew."""
    sign = 1 if holds else -1
    if before.streak * sign <= 0:
        return sign
    return before.streak + sign if moment.window > before.stepped else before.streak


def turned(before: Incident, moment: Moment) -> tuple[datetime, ...]:
    """Its ends and returns with this one, as far back as they matter."""
    recent = [at for at in before.turns if moment.now - at < moment.patience.within]
    return (*recent, moment.now)[-_TURNS_KEPT:]


def said(before: Incident | None, after: Incident, intent: Intent, reason: str) -> Transition:
    """A step that is told."""
    return Transition(before, replace(after, sequence=after.sequence + 1, note=reason), intent, reason)


def ago(span: timedelta) -> str:
    """A span in whole hours: `8 h`."""
    return f"{round(span.total_seconds() / 3600)} h"


# ── new, or back ────────────────────────────────────────────────────────────────────────────────────


def _new(finding: Finding, episode: int, moment: Moment, *, adopted: bool) -> Transition:
    after = Incident(
        fingerprint=fingerprint(finding),
        episode=episode,
        state=State.OPEN,
        severity=finding.severity,
        finding=finding,
        opened_at=moment.now,
        seen_at=moment.now,
        peak=finding.severity,
        streak=1,
        stepped=moment.window,
        limits=moment.observed.limits,
    )
    if adopted:
        reason = "held already when trackwarden was adopted"
        return said(None, replace(after, state=State.KNOWN), Intent.ADOPTED, reason)
    fix = moment.fixes.about(finding)
    if fix is not None and is_older(finding.version, fix.fixed_in):
        reason = f"{finding.version} is older than {fix.fixed_in}, which has it fixed (said by {fix.by or 'nobody'})"
        quiet = replace(after, state=State.ACKNOWLEDGED, fixed_in=fix.fixed_in, by=fix.by, note=reason)
        return Transition(None, quiet, None, reason)
    if moment.patience.open_after > 1:
        reason = f"held in 1 of {moment.patience.open_after} windows"
        return Transition(None, replace(after, state=State.PENDING, note=reason), None, reason)
    return _told_first(None, after, moment)


def _told_first(before: Incident | None, after: Incident, moment: Moment) -> Transition:
    opened = replace(after, state=State.OPEN, told_at=moment.now)
    fix = moment.fixes.about(after.finding)
    if fix is not None:
        reason = (
            f"was said to be fixed in {fix.fixed_in} (by {fix.by or 'nobody'}), and holds in {after.finding.version}"
        )
        return said(before, opened, Intent.REGRESSED, reason)
    return said(before, opened, Intent.OPENED, "holds, and did not before")


def _back(before: Incident, finding: Finding, moment: Moment, ended: datetime) -> Transition:
    after = replace(
        _seen(before, finding, moment),
        state=State.OPEN,
        resolved_at=None,
        turns=turned(before, moment),
        until=None,
        told_at=moment.now,
        owed=None,
    )
    reason = f"holds again {ago(moment.now - ended)} after it was resolved"
    if before.fixed_in and finding.version and is_older(finding.version, before.fixed_in):
        why = f"{reason}; {finding.version} is older than {before.fixed_in}, which has it fixed"
        return Transition(before, replace(after, state=State.ACKNOWLEDGED, told_at=before.told_at, note=why), None, why)
    if len(after.turns) >= moment.patience.flips:
        return flapping(before, after, moment)
    return said(before, replace(after, fixed_in="", by=""), Intent.REOPENED, reason)


def flapping(before: Incident, after: Incident, moment: Moment) -> Transition:
    """Told once; from now on silent until it is stable."""
    hours = ago(moment.patience.within)
    reason = f"ended or came back {len(after.turns)} times within {hours}: silent until stable"
    return said(before, replace(after, state=State.OPEN, flapping=True, resolved_at=None), Intent.FLAPPING, reason)


# ── still there ─────────────────────────────────────────────────────────────────────────────────────


def _seen(before: Incident, finding: Finding, moment: Moment) -> Incident:
    """The incident with one more observation that was bad."""
    return replace(
        before,
        severity=finding.severity,
        finding=finding,
        seen_at=moment.now,
        peak=max(before.peak, finding.severity),
        streak=counted(before, moment, holds=True),
        stepped=max(before.stepped, moment.window),
        limits=moment.observed.limits,
    )


def _still(before: Incident, finding: Finding, moment: Moment) -> Transition:
    after = _seen(before, finding, moment)
    if before.state is State.PENDING:
        return _pending(before, after, moment)
    if finding.severity > before.peak:
        why = f"was {before.peak.word} at most and is {finding.severity.word} now"
        loud = replace(after, state=State.OPEN, until=None, told_at=moment.now)
        return said(before, loud, Intent.ESCALATED, why)
    if before.flapping:
        return _unsteady(before, after, moment)
    if before.state is State.SNOOZED and before.until is not None and moment.now >= before.until:
        awake = replace(after, state=State.OPEN, until=None, told_at=moment.now)
        return said(before, awake, Intent.REPEATED, "still holds, and its snooze is over")
    if before.state is State.OPEN and _due(before, moment):
        again = replace(after, told_at=moment.now)
        return said(before, again, Intent.REPEATED, f"still holds; {_told(before)}")
    return Transition(before, after, None, f"still holds; {_told(before)}")


def _pending(before: Incident, after: Incident, moment: Moment) -> Transition:
    needed = moment.patience.open_after
    if after.streak >= needed:
        return _told_first(before, after, moment)
    reason = f"held in {after.streak} of {needed} windows"
    return Transition(before, replace(after, note=reason), None, reason)


def _unsteady(before: Incident, after: Incident, moment: Moment) -> Transition:
    if before.streak < 0:
        return Transition(before, replace(after, turns=turned(before, moment)), None, "flapping: it is back, silently")
    if before.turns and moment.now - before.turns[-1] < moment.patience.calm:
        return Transition(before, after, None, f"flapping: not stable for {ago(moment.patience.calm)} yet")
    steady = replace(after, flapping=False, turns=(), told_at=moment.now)
    reason = (
        f"no longer comes and goes: it holds since {before.turns[-1] if before.turns else before.opened_at:%H:%M} UTC"
    )
    if before.state is State.OPEN:
        return said(before, steady, Intent.REPEATED, reason)
    return Transition(before, steady, None, reason)


def _due(before: Incident, moment: Moment) -> bool:
    """Whether a reminder is due: in whole hours, so that a run some seconds early does not miss one."""
    if moment.patience.repeat is None or before.told_at is None:
        return False
    told = int(before.told_at.astimezone(UTC).timestamp()) // 3600
    return (moment.window - told) * 3600 >= moment.patience.repeat.total_seconds()


def _told(incident: Incident) -> str:
    if incident.state is State.KNOWN:
        return f"known since {_at(incident.opened_at)}"
    if incident.state is State.SNOOZED and incident.until is not None:
        return f"snoozed until {_at(incident.until)}"
    if incident.state is State.ACKNOWLEDGED:
        return f"acknowledged by {incident.by or 'nobody'}"
    return f"told at {_at(incident.told_at or incident.opened_at)}"


def _at(moment: datetime) -> str:
    return f"{moment:%Y-%m-%d %H:%M} UTC"
