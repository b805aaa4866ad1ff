"""Who may read and write the history: transactions, and the lease that keeps other processes out."""

from collections.abc import Iterator
from contextlib import contextmanager, nullcontext, suppress
from datetime import timedelta

from sqlalchemy import Connection, Engine

from monitor.errors import HistoryError, LeaseHeldError
from monitor.history import leases
from monitor.history.opening import Database
from monitor.history.trouble import told


class Transactions:
    """A history database, one transaction at a time; HistoryError where it refuses one.

    Within a lease every transaction that writes renews it, and is refused with LeaseHeldError once it is lost.
    """

    def __init__(self, engine: Engine, place: str, kind: Database) -> None:
        self._engine = engine
        self._reader = kind.reading(engine)
        self._writer = engine.execution_options(writes=True)
        self._place = place
        self._kind = kind
        self._held: leases.Held | None = None

    @contextmanager
    def lease(self, owner: str, ttl: timedelta) -> Iterator[None]:
        """Hold the workspace while the block runs. LeaseHeldError: another live process does.

        The lease is renewed from a thread of its own, and by every transaction of the block. One that ran out, or
        whose process on this host has died, is taken over; whoever held it can write no more.
        """
        if self._held is not None:
            raise LeaseHeldError("this process runs the workspace already", where="this workspace")
        holder = leases.Holder.here(owner)
        with self._writing() as connection:
            held = leases.take(connection, holder, self._kind.now(connection), ttl)
        self._held = held
        # A history in memory has one connection and one process: nobody could take the lease over.
        alone = self._kind.in_memory(self._engine.url)
        try:
            with nullcontext() if alone else leases.beating(self._renewed, ttl):
                yield
        except BaseException:
            with suppress(HistoryError):
                self._release(held)
            raise
        self._release(held)

    @contextmanager
    def _reading(self) -> Iterator[Connection]:
        """A transaction that sees one state throughout."""
        with told(self._place), self._reader.begin() as connection:
            yield connection

    @contextmanager
    def _writing(self) -> Iterator[Connection]:
        """A transaction that keeps other writers out from its beginning; within a lease, only while that is held."""
        with told(self._place), self._writer.begin() as connection:
            if self._held is not None:
                leases.renew(connection, self._held, self._kind.now(connection))
            yield connection

    def _renewed(self) -> None:
        with self._writing():
            pass  # beginning to write renews the lease

    def _release(self, held: leases.Held) -> None:
        self._held = None
        with self._writing() as connection:
            leases.release(connection, held)

    def _holding(self) -> leases.Held:
        if self._held is None:
            raise RuntimeError("windows are claimed within a lease")
        return self._held
