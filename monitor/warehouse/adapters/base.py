"""What every warehouse's own file says: how to open it, read its catalog, bound a statement's cost."""

import json
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, ClassVar, TypeAlias

import sqlalchemy as sa
from sqlalchemy.exc import SQLAlchemyError

from monitor.catalog import TableRef
from monitor.sql.engines import writer
from monitor.values import Values
from monitor.warehouse.profile import Profile
from monitor.warehouse.watch import Patience

Sleep: TypeAlias = Callable[[float], object]
Moments: TypeAlias = Mapping[str, datetime]
Landing: TypeAlias = Sequence[Sequence[Any]]
"""Rows to be landed, as JSON's values: texts, numbers, booleans, None, lists; documents as JSON text."""

_ROWS_PER_INSERT = 50
_MOST_THREADS = 8
"""However many threads dbt has: who watches does not crowd out who works."""


@dataclass(frozen=True, slots=True)
class Terms:
    """What a session may do and cost, as the configuration says; an adapter applies what its warehouse has."""

    statement_seconds: int | None = None
    """A statement that runs longer is ended by the warehouse, and its table is unknown."""
    bytes_billed: int | None = None
    """A statement that would read more is refused by the warehouse (BigQuery's `maximum_bytes_billed`)."""
    label: str = "trackwarden"
    """How the warehouse's own query log names our statements: query tag, job label, application name."""
    sessions: int | None = None
    """How many statements a run may have under way at once; None: what suits the warehouse."""
    batch: int = 1
    """How many scans of small tables are sent as one statement, where the warehouse has words for it (`united`)."""
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
    loses: ClassVar[Mapping[str, frozenset[str]]] = {}
    """Kind → what a column of it does not keep as it was sent, in the words that cases use (`needs`).

    A JSON type may normalise numbers (`1e2` becomes 100): a case that needs their spelling is skipped there.
    """

    together: ClassVar[int] = 1
    """How many small statements are quicker as one (`united`)."""

    at_once: ClassVar[int] = 1
    """Sessions that a run has side by side where neither the configuration nor the profile's `threads` says how many.

    A warehouse inside our own process has the same processors as we do: one.
    """

    unites: ClassVar[bool] = False
    """Several scans can be one statement (`united`), and are quicker so."""

    @abstractmethod
    def open(self, profile: Profile, terms: Terms, sleep: Sleep) -> Opened:
        """Connect as dbt would. Raises ConfigError for the profile, WarehouseError for the warehouse."""

    def sessions(self, profile: Profile, terms: Terms) -> int:
        """How many sessions a run may have side by side: by the configuration, or as dbt would by `threads`."""
        if terms.sessions is not None or self.at_once == 1:
            return terms.sessions or 1
        said = str(profile.fields.get("threads") or "")
        return min(int(said), _MOST_THREADS) if said.isdigit() and int(said) else self.at_once

    def patience(self, profile: Profile, terms: Terms) -> Patience | None:
        """How long a session waits for an answer before it breaks off (`cut`); None: the driver sees to that itself."""
        del profile, terms
        return None

    def cut(self, connection: sa.Connection) -> None:
        """From another thread: whoever waits for an answer gets an error. Nothing where the driver cannot."""
        del connection

    def lost(self, connection: sa.Connection, error: Exception) -> bool:
        """The driver's error says that the connection is gone, not that a statement is refused."""
        del connection
        return bool(getattr(error, "connection_invalidated", False))

    @abstractmethod
    def catalog(self, schemas: Sequence[str]) -> str:
        """One statement: (is it the connection's own schema, schema, table, column, native type) per column, in order.

        It covers the named schemas and, where an empty name is among them, the connection's own. A sixth column may
        tell about how many rows the table has, a seventh whether the account may read it.
        """

    def columns(self, connection: sa.Connection, schemas: Sequence[str]) -> Sequence[Sequence[Any]] | None:
        """The same rows, where no one statement tells them (Spark); None: `catalog` does."""
        del connection, schemas
        return None

    def united(self, statements: Sequence[str]) -> str:
        """One statement that gives the rows of many: the statement's index, the row as a JSON object."""
        said = (
            f"SELECT {n} AS place, CAST(to_json(s) AS VARCHAR) AS said FROM ({sql}) s"  # noqa: S608 - ours
            for n, sql in enumerate(statements)
        )
        return " UNION ALL ".join(said)

    def prepare(self, connection: sa.Connection, rows: int | None) -> None:
        """Ready the session for a statement over a table of about so many rows (None: nobody knows)."""
        del connection, rows

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

    # ── only for `trackwarden selftest` and tests: landing rows in a schema of our own ─────────────────
    #
    # An engine overrides the words it says otherwise: `make`, `drop`, `create`, `cast`, `listed`, `insert`.

    def make(self, schema: str) -> Sequence[str]:
        """Statements that make an empty schema; refused where it is there."""
        return (f"CREATE SCHEMA {self.quoted(schema)}",)

    def drop(self, schema: str) -> Sequence[str]:
        """Statements that drop the schema with all that is in it."""
        return (f"DROP SCHEMA IF EXISTS {self.quoted(schema)} CASCADE",)

    def land(self, connection: sa.Connection, ref: TableRef, columns: Mapping[str, str], rows: Landing) -> None:
        """Make a table whose columns are of these kinds (`kinds`), and put the rows in. Raises SQLAlchemyError."""
        natives = self.natives(columns, rows)
        connection.exec_driver_sql(self.create(ref, natives))
        kinds = tuple(columns.values())
        for start in range(0, len(rows), _ROWS_PER_INSERT):
            part = [
                [
                    self.value(native, kind, value)
                    for native, kind, value in zip(natives.values(), kinds, row, strict=True)
                ]
                for row in rows[start : start + _ROWS_PER_INSERT]
            ]
            for statement in self.insert(ref, list(columns), part):
                connection.exec_driver_sql(statement)
        connection.commit()

    def natives(self, columns: Mapping[str, str], rows: Landing) -> Mapping[str, str]:
        """Each column's native type, by its kind; an engine may look at the rows to choose between two."""
        del rows
        return {name: self.kinds[kind] for name, kind in columns.items()}

    def create(self, ref: TableRef, natives: Mapping[str, str]) -> str:
        """The statement that makes an empty table."""
        declared = ", ".join(f"{self.quoted(name)} {native}" for name, native in natives.items())
        return f"CREATE TABLE {self.named(ref)} ({declared})"

    def insert(self, ref: TableRef, columns: Sequence[str], rows: Sequence[Sequence[str]]) -> Iterator[str]:
        """Statements that put rows (SQL, value by value) into a table: one of UNION ALL, which every engine has."""
        names = ", ".join(map(self.quoted, columns))
        selected = " UNION ALL ".join(f"SELECT {', '.join(row)}" for row in rows)
        yield f"INSERT INTO {self.named(ref)} ({names}) {selected}"

    def value(self, native: str, kind: str, value: Any) -> str:
        """One value as SQL of the column's own type."""
        if value is None:
            return f"CAST(NULL AS {native})"
        if kind.startswith("list") and isinstance(value, list | tuple):
            return self.listed(native, [self.text(as_text(item)) if item is not None else "NULL" for item in value])
        return self.cast(native, kind, self.text(as_text(value)))

    def cast(self, native: str, kind: str, literal: str) -> str:
        """A quoted text as a value of a column's type: `CAST('5' AS BIGINT)`; documents may need a function."""
        del kind
        return f"CAST({literal} AS {native})"

    def listed(self, native: str, items: Sequence[str]) -> str:
        """A list column's value, its items quoted."""
        return f"CAST(ARRAY[{', '.join(items)}] AS {native})"

    def text(self, value: str) -> str:
        """A text as the engine's constant, whatever it holds."""
        return writer(self.engine).compile(sa.literal(value))

    def quoted(self, name: str) -> str:
        """An identifier, whatever it holds."""
        return writer(self.engine).compile(sa.column(sa.sql.quoted_name(name, quote=True)))

    def named(self, ref: TableRef) -> str:
        """A table's name, with its schema where it has one."""
        return ".".join(self.quoted(part) for part in (ref.schema, ref.name) if part)


def as_text(value: Any) -> str:
    """A landed value as text: numbers and booleans as JSON writes them, moments as ISO 8601 without a zone."""
    if isinstance(value, str):
        return value
    if isinstance(value, datetime):
        return value.isoformat(sep=" ")
    return json.dumps(value, ensure_ascii=False)


def reason(error: SQLAlchemyError) -> str:
    """The driver's own first line: the engine's words, without the statement or its parameters."""
    lines = str(getattr(error, "orig", None) or error).strip().splitlines()
    return lines[0][:300] if lines else type(error).__name__
