"""How the schedule fares: facts from the history and from this process, and what they mean. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from monitor.errors import ExitCode
from monitor.history.ledger import WindowState
from monitor.history.store import RunRecord

MEASURED = frozenset({ExitCode.OK, ExitCode.FINDINGS, ExitCode.NOT_NOTIFIED})
"""Exit codes of runs that measured everything that was due."""


@dataclass(frozen=True, slots=True)
class Local:
    """What this process knows of itself."""

    started_at: datetime
    next_run: datetime | None = None
    running_since: datetime | None = None
    ended: Mapping[int, int] = field(default_factory=dict)
    """Exit code → how many runs of this process ended so."""
    overdue: int = 0
    """Runs that were ended because they took too long."""


@dataclass(frozen=True, slots=True)
class Kept:
    """What the history knows: of every scheduler that works on it."""

    runs: tuple[RunRecord, ...] = ()
    """Newest first."""
    windows: Mapping[WindowState, int] = field(default_factory=dict)
    waiting: int = 0
    """Messages in the outbox."""
    problem: str = ""
    """Why the history cannot be read; empty: it can."""

    @property
    def last_success(self) -> datetime | None:
        """The moment of the newest run that measured everything; None: none of the runs known."""
        return next((one.started_at for one in self.runs if one.whole and one.exit_code in MEASURED), None)


@dataclass(frozen=True, slots=True)
class Health:
    """Whether all is well, and why not."""

    ok: bool
    status: str
    """`ok`, `starting`, `stale`, `no history`."""
    reason: str

    def document(self, local: Local, kept: Kept) -> dict[str, Any]:
        """What `/healthz` answers."""
        last = kept.runs[0] if kept.runs else None
        return {
            "status": self.status,
            "reason": self.reason,
            "last_success": _text(kept.last_success),
            "last_run": _text(last.started_at) if last else None,
            "last_exit_code": last.exit_code if last else None,
            "running_since": _text(local.running_since),
            "next_run": _text(local.next_run),
            "windows": {state.value: count for state, count in kept.windows.items()},
            "outbox_waiting": kept.waiting,
        }


def health(local: Local, kept: Kept, due: datetime | None, limit: timedelta, now: datetime) -> Health:
    """Well, as long as the last run that measured everything is not older than the schedule allows.

    `due`: when a run was due after the last success (after this process's start, where there is none); `limit`: how
    long such a run may take.
    """
    if kept.problem:
        return Health(ok=False, status="no history", reason=kept.problem)
    last = kept.last_success
    if due is not None and now > due + limit:
        since = (
            f"since {last:%Y-%m-%d %H:%M} UTC" if last else f"since the start at {local.started_at:%Y-%m-%d %H:%M} UTC"
        )
        return Health(ok=False, status="stale", reason=f"no run has measured everything {since}")
    if last is None:
        return Health(ok=True, status="starting", reason="no run has measured everything yet")
    return Health(ok=True, status="ok", reason=f"everything was measured at {last:%Y-%m-%d %H:%M} UTC")


def _text(moment: datetime | None) -> str | None:
    return None if moment is None else moment.isoformat(timespec="seconds")
