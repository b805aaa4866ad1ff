"""The connection that a session holds: opened anew when it was lost, and given up when it cannot be had again."""

import re
import time
from collections.abc import Callable
from contextlib import suppress
from typing import Any, TypeVar

import sqlalchemy as sa
from sqlalchemy.exc import SQLAlchemyError

from monitor.errors import WarehouseError, WarehouseLostError
from monitor.warehouse.adapters.base import Adapter, Opened, Sleep, Terms
from monitor.warehouse.blotting import blotted
from monitor.warehouse.profile import Profile
from monitor.warehouse.watch import Watch

T = TypeVar("T")

_PAUSES = (0.5, 1.0, 2.0, 4.0)
"""Seconds between attempts to connect again: a server that was restarted needs some."""
_LONGEST = 20.0
"""Seconds after which no further attempt begins: each may take as long as the warehouse's own patience with us."""
_MOST_LOSSES = 3
"""Connections that are lost in a row, nothing having been answered on them: there is no use in a fourth."""
_NEXT = "the next run asks again"
_VALUE = re.compile(r"(?<=string )'.*'", re.DOTALL)
"""A row's own value as DuckDB quotes it, whatever quotes it holds: `Could not convert string 'o'hara' to INT32`."""


class Held:
    """One connection, used by one thread at a time; `cut` and `close` may come from another."""

    def __init__(self, adapter: Adapter, profile: Profile, terms: Terms, sleep: Sleep) -> None:
        self._adapter, self._profile, self._terms, self._sleep = adapter, profile, terms, sleep
        self._opened: Opened | None = adapter.open(profile, terms, sleep)
        self.where = self._opened.where
        """For errors: the file or host, never a secret."""
        self.number = 0
        """Another one than before: whatever the session was told before is forgotten."""
        self._losses = 0
        self._gone = ""
        patience = adapter.patience(profile, terms)
        self._watch = None if patience is None else Watch(patience, self.cut)

    @property
    def gone(self) -> bool:
        """The connection was lost, and could not be had again."""
        return bool(self._gone)

    @property
    def pool(self) -> sa.Engine:
        """Of the connection that is open. Raises WarehouseLostError."""
        return self._there().pool

    @property
    def connection(self) -> sa.Connection:
        """The connection, opened anew where it was lost. Raises WarehouseLostError."""
        return self._there().connection

    def run(self, do: Callable[[sa.Connection], T], problem: str = "the warehouse refused a statement") -> T:
        """What comes of it. Raises WarehouseError in the engine's words; WarehouseLostError where nobody said any."""
        opened = self._there()
        trouble = (SQLAlchemyError, opened.pool.dialect.loaded_dbapi.Error, OSError, EOFError)
        try:
            if self._watch is None:
                done = do(opened.connection)
            else:
                with self._watch:
                    done = do(opened.connection)
        except trouble as error:
            raise self._told(error, problem) from None
        self._losses = 0
        return done

    def cut(self) -> None:
        """Break off what is asked, from any thread."""
        opened = self._opened
        if opened is not None:
            with suppress(Exception):  # it is over, or broken already: whoever waits has an error
                self._adapter.cut(opened.connection)

    def close(self) -> None:
        """Release the connection and, with it, the lock on a file."""
        if self._watch is not None:
            self._watch.close()
        self._let_go()

    def _there(self) -> Opened:
        if self._gone:
            raise WarehouseLostError(self._gone, where=self.where, hint=_NEXT)
        if self._opened is None:
            self._opened = self._again()
        return self._opened

    def _again(self) -> Opened:
        """Connect once more, several times in a short while. Raises WarehouseLostError."""
        if self._losses >= _MOST_LOSSES:
            self._gone = f"the connection was lost {self._losses} times in a row"
            raise WarehouseLostError(self._gone, where=self.where, hint=_NEXT)
        began = time.monotonic()
        for pause in (*_PAUSES, None):
            try:
                return self._adapter.open(self._profile, self._terms, self._sleep)
            except WarehouseError as error:
                if pause is None or time.monotonic() - began > _LONGEST:
                    self._gone = f"{error.problem} any more: {error.hint}"
                    raise WarehouseLostError(self._gone, where=self.where, hint=_NEXT) from None
            self._sleep(pause)
        raise AssertionError  # the loop returns or raises

    def _told(self, error: Exception, problem: str) -> WarehouseError:
        """An error in words; a connection that was lost is let go, any other is made usable again."""
        self.number += 1
        late = self._watch.why if self._watch is not None else ""
        if self._lost(error):
            self._losses += 1
            self._let_go()
            said = f"the warehouse went silent: {late}" if late else "the connection to the warehouse was lost"
            return WarehouseLostError(said, where=self.where, hint=_NEXT if late else said_by(error))
        if late:
            return WarehouseError(f"the statement was ended: {late}", where=self.where, hint="see measure.statement")
        return WarehouseError(problem, where=self.where, hint=said_by(error))

    def _lost(self, error: Exception) -> bool:
        """Whether the connection is of no more use; a refused statement may have broken its transaction."""
        if not isinstance(error, SQLAlchemyError) and isinstance(error, OSError | EOFError):
            return True
        opened = self._opened
        if opened is None or self._adapter.lost(opened.connection, error):
            return True
        try:
            opened.connection.rollback()
        except SQLAlchemyError:
            return True
        return False

    def _let_go(self) -> None:
        opened, self._opened = self._opened, None
        if opened is None:
            return
        with suppress(SQLAlchemyError, OSError):
            opened.connection.close()
        with suppress(SQLAlchemyError, OSError):
            opened.pool.dispose()


def said_by(error: Any) -> str:
    """The driver's first lines, without the statement (it is long), its parameters, and what stands in rows."""
    told = str(getattr(error, "orig", None) or error).partition("LINE ")[0]
    said = blotted(_VALUE.sub("'…'", told), getattr(error, "statement", None) or "")
    return " ".join(line.strip() for line in said.splitlines() if line.strip())[:400]
