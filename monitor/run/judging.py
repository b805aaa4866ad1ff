"""Measurements → findings: anew only where anything that a judgement depends on has changed."""

import hashlib
from collections.abc import Sequence
from datetime import datetime

from monitor import __version__
from monitor.history.store import History
from monitor.judge.judge import judge
from monitor.judge.model import Past
from monitor.landing.model import Landed
from monitor.measure.model import Unmeasured
from monitor.measure.windows import hour_of, settled_until
from monitor.outcome import Outcome, Place


def judged(place: Place, history: History, outcome: Outcome) -> str:
    """Judge anew where anything that a judgement depends on has changed since the last one; that as a key."""
    key = _judgement_key(place, history, outcome)
    known = None if outcome.first_run else history.judgement(key)
    if known is not None:
        outcome.findings = known
        return key
    past = past_of(history, outcome.landed, outcome.now, outcome.unmeasured, adopting=history.adopting(), judged=True)
    outcome.past = past
    outcome.findings = judge(outcome.binder.contract(), past, place.thresholds())
    outcome.outlines.keep()
    return key


def past_of(  # noqa: PLR0913 - what is asked for, and two settings by name
    history: History,
    landed: Landed,
    now: datetime,
    unmeasured: Sequence[Unmeasured],
    *,
    adopting: bool = False,
    judged: bool = False,
) -> Past:
    """What history knows of the landed tables, and of those that are gone; with `adopting`, all of it is news.

    With `judged` only what is judged: neither invalid rows nor presence.
    """
    settled = {str(missing.ref): hour_of(now) for missing in landed.missing} | _settled(landed, now)
    return history.past(settled, hour_of(now), adopting=adopting, unmeasured=unmeasured, judged=judged)


def _settled(landed: Landed, now: datetime) -> dict[str, int]:
    return {table.key: settled_until(table, now) for table in landed.everywhere}


def _judgement_key(place: Place, history: History, outcome: Outcome) -> str:
    """Of all that a judgement depends on: the plan, what landed, the limits, the counts, the hour, the judge."""
    parts = [
        __version__,
        outcome.plan.revision,
        outcome.binder.contract().hash,
        repr(outcome.landed.missing),
        repr(place.thresholds()),
        repr(sorted(history.watermarks().items())),
        repr((hour_of(outcome.now), sorted(set(_settled(outcome.landed, outcome.now).values())))),
        repr(outcome.unmeasured),
        str(history.adopting()),
    ]
    return hashlib.sha256("\n".join(parts).encode()).hexdigest()
