"""What people do about incidents, put to work: found, decided, kept and told."""

import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING
from uuid import uuid4

import click

from monitor.alert.lanes import empty
from monitor.alert.outbox import DeliveryReport, Pace
from monitor.alert.single import short
from monitor.alert.tell import acted
from monitor.errors import ConfigError
from monitor.history.desk import Change
from monitor.incidents.actions import Action, Refused, act
from monitor.incidents.model import Incident, Transition

if TYPE_CHECKING:
    from monitor.history.store import History
    from monitor.wiring import Workspace

_LEAST = 4
"""Letters of an id that somebody means."""


@contextmanager
def opened(folder: Path) -> Iterator[tuple["Workspace", "History"]]:
    """The workspace in a folder and its history, while the block runs."""
    from monitor.wiring import Workspace

    workspace = Workspace.open(folder)
    history = workspace.history()
    try:
        yield workspace, history
    finally:
        history.close()


def find(known: Sequence[Incident], wanted: str) -> Incident:
    """The incident whose id begins so. Raises ConfigError where there is none, or more than one."""
    asked = wanted.strip().removeprefix("v1:").lower()
    found = [one for one in known if len(asked) >= _LEAST and one.fingerprint.partition(":")[2].startswith(asked)]
    if len(found) == 1:
        return found[0]
    if found:
        ids = ", ".join(one.fingerprint.partition(":")[2] for one in found[:5])
        raise ConfigError(f"{wanted!r} begins several ids", where="incidents", hint=f"type more of it: {ids}")
    raise ConfigError(
        f"there is no incident {wanted!r}", where="incidents", hint="`trackwarden incidents list --all` lists them"
    )


def handle(workspace: "Workspace", history: "History", ids: Sequence[str], action: Action) -> list[str]:
    """Do it to every one of them, or, where one refuses, to none; one line each says what was done.

    Incident and message change in one transaction each. Raises ConfigError.
    """
    from monitor.run import told

    plan = workspace.plan()
    wanted = {find(history.desk.incidents(), one).fingerprint: one for one in ids}
    context = told(workspace, history, plan, datetime.now(UTC), "by hand")
    for one in history.desk.incidents():  # all are asked before one is changed
        if one.fingerprint in wanted:
            _checked(one, action, context.now)
    done = []
    for fingerprint in wanted:

        def decide(known: tuple[Incident, ...], mark: str = fingerprint) -> Change:
            incident = next(one for one in known if one.fingerprint == mark)
            return acted(_checked(incident, action, context.now), f"cli/{uuid4().hex}", context)

        change = history.desk.change(decide)
        if change is not None:
            done += [f"{short(step.after)} {step.reason}" for step in change.transitions]
    return done


def send(workspace: "Workspace", history: "History") -> DeliveryReport:
    """Empty the outbox now: the message in Slack changes while the person looks. What fails waits for the next run."""
    pace = Pace(lambda: datetime.now(UTC), time.sleep, budget_seconds=20)
    return empty(history.desk, lambda: workspace.sender(click.echo), pace)


def _checked(incident: Incident, action: Action, now: datetime) -> Transition:
    step = act(incident, action, now)
    if isinstance(step, Refused):
        raise ConfigError(step.problem, where=f"incident {short(incident)}", hint=step.hint)
    return step
