"""The ledger of windows: each UTC hour of the workspace once, who did it, and how that ended.

Counts are safe without it: every table has its watermark. The ledger says which hours were judged and told about,
by which run, and which still wait. A window belongs to the run whose fencing token it carries: one that is claimed
under an older token than the lease's is left behind by a run that died, and is claimed again.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Final

from sqlalchemy import Column, ColumnElement, Connection, Integer, Table, Text, and_, func, or_, select, update

from monitor.history.schema import UtcTime, insert_new, metadata

window: Final = Table(
    "window",
    metadata,
    Column("start", Integer, primary_key=True, autoincrement=False),  # the UTC hour
    Column("state", Text, nullable=False),
    Column("token", Integer),  # of the lease under which it was last claimed
    Column("owner", Text, nullable=False),
    Column("run_id", Text, nullable=False),  # of the run that claimed it last
    Column("attempts", Integer, nullable=False),
    Column("claimed_at", UtcTime),
    Column("finished_at", UtcTime),
    Column("error", Text, nullable=False),
)


class WindowState(StrEnum):
    """Where a window stands."""

    DUE = "due"
    """Its hour is over, and nobody works on it."""
    CLAIMED = "claimed"
    DONE = "done"
    """A run has looked at it, judged and told. Tables that could not be measured then catch up by their watermark."""
    LATE = "late"
    """Measured by a run that came so much later that it was not told about by itself (`schedule.catch_up`)."""
    FAILED = "failed"
    """The run ended in an error; it is claimed again by the next one."""


@dataclass(frozen=True, slots=True)
class WindowRecord:
    """One window, as it is known."""

    start: int
    """Whole UTC hours since 1970-01-01."""
    state: WindowState
    token: int | None
    owner: str
    run_id: str
    attempts: int
    claimed_at: datetime | None
    finished_at: datetime | None
    error: str
    """Why the last attempt failed; empty: it did not."""


OPEN: Final = (WindowState.DUE, WindowState.FAILED)
_START: Final = tuple(column.name for column in window.columns)


@dataclass(frozen=True, slots=True)
class Claim:
    """The windows that a run works on."""

    starts: tuple[int, ...]
    """Newest first."""
    token: int
    run_id: str


def plan(connection: Connection, until: int) -> None:
    """Write down every window before `until` that is not there yet: without gaps from the newest one known on.

    The first plan holds one window: what came before trackwarden did is adopted as a whole.
    """
    newest: int | None = connection.execute(select(func.max(window.c.start))).scalar_one()
    first = until - 1 if newest is None else newest + 1
    rows = [(start, WindowState.DUE.value, None, "", "", 0, None, None, "") for start in range(first, until)]
    insert_new(connection, window, _START, rows)


def claim(connection: Connection, until: int, claimed: Claim, owner: str, now: datetime) -> Claim:
    """Take every open window before `until`, and those that were left behind; newest first."""
    left_behind = and_(window.c.state == WindowState.CLAIMED, window.c.token < claimed.token)
    free = and_(window.c.start < until, or_(window.c.state.in_(OPEN), left_behind))
    values = {"state": WindowState.CLAIMED, "token": claimed.token, "owner": owner, "run_id": claimed.run_id}
    connection.execute(
        update(window).where(free).values(**values, attempts=window.c.attempts + 1, claimed_at=now, error="")
    )
    query = select(window.c.start).where(_mine(claimed)).order_by(window.c.start.desc())
    return Claim(tuple(connection.execute(query).scalars()), claimed.token, claimed.run_id)


def finish(connection: Connection, claimed: Claim, now: datetime, most: int) -> None:
    """The run has ended well: the newest `most` windows are done, older ones late."""
    oldest = claimed.starts[most - 1] if len(claimed.starts) >= most else None
    done = _mine(claimed) if oldest is None else _mine(claimed) & (window.c.start >= oldest)
    connection.execute(update(window).where(done).values(state=WindowState.DONE, finished_at=now))
    connection.execute(update(window).where(_mine(claimed)).values(state=WindowState.LATE, finished_at=now))


def give_back(connection: Connection, token: int, error: str) -> None:
    """The run did not end: its windows are due again, or failed where an error says why."""
    mine = (window.c.token == token) & (window.c.state == WindowState.CLAIMED)
    state = WindowState.FAILED if error else WindowState.DUE
    connection.execute(update(window).where(mine).values(state=state, error=error))


def counts(connection: Connection) -> Mapping[WindowState, int]:
    """How many windows stand where; every state is there."""
    query = select(window.c.state, func.count()).group_by(window.c.state)
    found = {row[0]: int(row[1]) for row in connection.execute(query)}
    return {state: found.get(state.value, 0) for state in WindowState}


def read(connection: Connection, since: int, until: int) -> Sequence[WindowRecord]:
    """The windows of a range, in order."""
    query = select(window).where(window.c.start >= since, window.c.start < until).order_by(window.c.start)
    return [WindowRecord(**{**row._asdict(), "state": WindowState(row.state)}) for row in connection.execute(query)]


def _mine(claimed: Claim) -> ColumnElement[bool]:
    return (window.c.token == claimed.token) & (window.c.state == WindowState.CLAIMED)
