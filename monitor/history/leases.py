"""The lease: one process at a time runs a workspace."""

import os
import socket
from datetime import datetime, timedelta
from typing import Final, NamedTuple
from uuid import uuid4

from sqlalchemy import Column, Connection, Integer, Table, Text, delete, insert, select, update

from monitor.errors import LeaseHeldError
from monitor.history.schema import UtcTime, metadata

lease: Final = Table(
    "lease",
    metadata,
    Column("name", Text, primary_key=True),
    Column("owner", Text, nullable=False),
    Column("host", Text, nullable=False),
    Column("pid", Integer, nullable=False),
    Column("process", Text, nullable=False),  # empty: released
    Column("token", Integer, nullable=False),
    Column("since", UtcTime, nullable=False),
    Column("until", UtcTime, nullable=False),
)

_RUN: Final = "run"
_PROCESS: Final = uuid4().hex


class Holder(NamedTuple):
    """Who holds the lease. `process` tells two processes apart that had the same pid one after the other."""

    owner: str
    host: str
    pid: int
    process: str

    @classmethod
    def here(cls, owner: str) -> "Holder":
        """This process."""
        return cls(owner, socket.gethostname(), os.getpid(), _PROCESS)

    def outlived(self, other: "Holder") -> bool:
        """`other` ran on this host and is no more. False also where that cannot be known."""
        if other.host != self.host:
            return False
        if other.pid == self.pid:
            return other.process != self.process
        return not alive(other.pid)


def take(connection: Connection, holder: Holder, now: datetime, ttl: timedelta) -> int:
    """Take the lease; the fencing token, larger than any before.

    A lease that has run out, was given back, or whose process has died is taken over. LeaseHeldError: held.
    """
    row = connection.execute(select(lease).where(lease.c.name == _RUN)).one_or_none()
    if row is not None:
        other = Holder(row.owner, row.host, row.pid, row.process)
        if other.process and row.until > now and not holder.outlived(other):
            raise LeaseHeldError(
                f"another run is under way ({other.owner}, process {other.pid} on {other.host})",
                where="this workspace",
                hint=f"wait for it to end; if it has died, its lease runs out at {row.until:%Y-%m-%dT%H:%M:%SZ}",
            )
        connection.execute(delete(lease).where(lease.c.name == _RUN))
    token = 1 if row is None else int(row.token) + 1
    values = {"name": _RUN, "token": token, "since": now, "until": now + ttl, **holder._asdict()}
    connection.execute(insert(lease), values)
    return token


def release(connection: Connection, holder: Holder, token: int) -> None:
    """Give the lease back, unless another has taken it over."""
    mine = (lease.c.name == _RUN) & (lease.c.token == token) & (lease.c.process == holder.process)
    connection.execute(update(lease).where(mine).values(process=""))


def alive(pid: int) -> bool:
    """A process of that number runs on this host; True where that cannot be known."""
    if os.name != "posix":
        return True  # signal 0 is no question there: it ends the process
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except (PermissionError, OverflowError):
        return True
    return True
