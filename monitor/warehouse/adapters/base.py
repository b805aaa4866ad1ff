"""What every warehouse's own file says: how to open it, read its catalog, bound a statement's cost."""

from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, ClassVar, TypeAlias

import sqlalchemy as sa
from sqlalchemy.exc import SQLAlchemyError

from monitor.sql.engines import writer
from monitor.values import Values
from monitor.warehouse.profile import Profile

Sleep: TypeAlias = Callable[[float], object]
Moments: TypeAlias = Mapping[str, datetime]


@dataclass(frozen=True, slots=True)
class Terms:
    """What a session may do and cost, as the configuration says; an adapter applies what its warehouse has."""

    statement_seconds: int | None = None
    """A statement that runs longer is ended by the warehouse, and its table is unknown."""
    bytes_billed: int | None = None
    """A statement that would read more is refused by the warehouse (BigQuery's `maximum_bytes_billed`)."""
    label: str = "trackwarden"
    """How the warehouse's own query log names our statements: query tag, job label, application name."""
    writes: bool = False
    """Only `trackwarden selftest` writes: into a scratch schema of its own."""


@dataclass(frozen=True, slots=True)
class Opened:
    """An open, read-only session in UTC."""

    pool: sa.Engine
    connection: sa.Connection
    where: str
    """For errors: the file or host, never a secret."""


class Adapter(ABC):
    """One warehouse. Stateless: what is open is in `Opened`."""

    engine: ClassVar[str]
    """The name of the engine file (monitor/sql) that speaks its SQL."""
    types: ClassVar[tuple[str, ...]]
    """dbt's names for it: the `type` of an output in profiles.yml."""
    kinds: ClassVar[Mapping[str, str]]
    """Kinds of columns that rule cases speak of (`text`, `huge integer`, `json`) → this warehouse's types.

    A kind that the warehouse lacks is absent, and cases that need it are skipped there, saying so.
    """

    @abstractmethod
    def open(self, profile: Profile, terms: Terms, sleep: Sleep) -> Opened:
        """Connect as dbt would. Raises ConfigError for the profile, WarehouseError for the warehouse."""

    @abstractmethod
    def catalog(self, schemas: Sequence[str]) -> str:
        """One statement: (is it the connection's own schema, schema, table, column, native type) per column, in order.

        It covers the named schemas and, where an empty name is among them, the connection's own.
        """

    def bound(self, connection: sa.Connection, sql: str, moments: Moments, fresh: Moments) -> tuple[str, Any]:
        """A statement and the driver's parameters, its placeholders at these moments (aware).

        Unless the driver binds them, the session does, by one short statement (`Writer.bind`) for each that is
        `fresh`: not what the last statement had.
        """
        del moments
        for name, moment in fresh.items():
            connection.exec_driver_sql(writer(self.engine).bind(name, moment))
        return sql, None

    def arrays(self, result: sa.CursorResult[Any]) -> Sequence[Values] | None:
        """A result column by column, where the driver hands over arrays; None: it gives rows."""
        del result
        return None

    def estimate(self, connection: sa.Connection, sql: str) -> int | None:
        """Bytes that a statement would read, where the warehouse tells before running it; None: it does not."""
        del connection, sql
        return None


def reason(error: SQLAlchemyError) -> str:
    """The driver's own first line: the engine's words, without the statement or its parameters."""
    lines = str(getattr(error, "orig", None) or error).strip().splitlines()
    return lines[0][:300] if lines else type(error).__name__
