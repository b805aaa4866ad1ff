"""The lease: one process at a time runs a workspace, and what it writes is kept only while it holds it.

A lease is taken for a while and renewed while its holder works. Its token grows with every taking (a fencing token):
each transaction of a run first renews the lease under its own token, and is refused where the lease has run out
or another has taken it over. Whoever takes the lease waits for a transaction that is under way, so between the renewal
and the commit nobody else can begin. All moments are the database's (`Database.now`).
"""

import os
import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from datetime import datetime, timedelta
from pathlib import Path
from typing import Final, NamedTuple
from uuid import uuid4

from sqlalchemy import Column, Connection, Integer, Table, Text, delete, insert, select, update

from monitor.errors import HistoryError, LeaseHeldError
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


def _namespace() -> str:
    """Where this process's number counts: containers may share a host's name, and not its numbers. Empty: unknown."""
    try:
        return "".join(letter for letter in str(Path("/proc/self/ns/pid").readlink()) if letter.isdigit())
    except OSError:
        return ""


_NAMESPACE: Final = _namespace()
_PROCESS: Final = f"{uuid4().hex}@{_NAMESPACE}"
_BEATS: Final = 4
"""Renewals in the time of one lease: three may fail before it is lost."""


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
        ours, theirs = (one.process.partition("@")[2] for one in (self, other))
        if other.host != self.host or (ours and theirs and ours != theirs):
            return False
        if other.pid == self.pid:
            return other.process != self.process
        return not alive(other.pid)


class Held(NamedTuple):
    """A lease that was taken: what every transaction of the run shows."""

    holder: Holder
    token: int
    ttl: timedelta


def take(connection: Connection, holder: Holder, now: datetime, ttl: timedelta) -> Held:
    """Take the lease; its fencing token is larger than any before.

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
    return Held(holder, token, ttl)


def renew(connection: Connection, held: Held, now: datetime) -> None:
    """Hold it for its time again. LeaseHeldError: it has run out, or another has taken it over."""
    mine = (lease.c.name == _RUN) & (lease.c.token == held.token) & (lease.c.process == held.holder.process)
    query = update(lease).where(mine, lease.c.until > now).values(until=now + held.ttl)
    if connection.execute(query).rowcount == 0:
        raise LeaseHeldError(
            "this run stood still for longer than its lease, and lost it: what it was about to write is not kept",
            where="this workspace",
            hint="nothing is to be done: the next run measures what this one did not; look why the machine stalled",
        )


def release(connection: Connection, held: Held) -> None:
    """Give the lease back, unless another has taken it over."""
    mine = (lease.c.name == _RUN) & (lease.c.token == held.token) & (lease.c.process == held.holder.process)
    connection.execute(update(lease).where(mine).values(process=""))


def release_of(connection: Connection, host: str, pid: int) -> int | None:
    """Give back what a process held that was ended; its token. None: it held nothing."""
    of = (lease.c.name == _RUN) & (lease.c.host == host) & (lease.c.pid == pid) & (lease.c.process != "")
    of &= ~lease.c.process.contains("@") | lease.c.process.endswith(f"@{_NAMESPACE}")
    token: int | None = connection.execute(select(lease.c.token).where(of)).scalar_one_or_none()
    connection.execute(update(lease).where(of).values(process=""))
    return token


@contextmanager
def beating(beat: Callable[[], None], ttl: timedelta) -> Iterator[None]:
    """Call `beat` (renew the lease) from a thread of its own while the block runs: a scan may take long.

    A beat that fails is tried again by the next one; what the run writes after a loss is refused in any case.
    """
    stop = threading.Event()

    def beats() -> None:
        while not stop.wait(ttl.total_seconds() / _BEATS):
            with suppress(HistoryError):
                try:
                    beat()
                except LeaseHeldError:
                    return

    thread = threading.Thread(target=beats, name="lease", daemon=True)
    thread.start()
    try:
        yield
    finally:
        stop.set()
        thread.join()


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
