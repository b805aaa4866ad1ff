"""What every record kind's table shares: the metadata, the revisions of its shape, times, quick inserts."""

from collections.abc import Callable, Iterator, Sequence
from datetime import UTC, datetime
from functools import lru_cache
from itertools import chain
from typing import Any, Final, TypeAlias

from sqlalchemy import (
    Column,
    ColumnElement,
    Connection,
    Delete,
    Dialect,
    MetaData,
    Select,
    String,
    Table,
    TypeDecorator,
    bindparam,
    insert,
)

metadata: Final = MetaData(
    naming_convention={
        "pk": "pk_%(table_name)s",
        "uq": "uq_%(table_name)s_%(column_0_name)s",
        "ix": "ix_%(table_name)s_%(column_0_name)s",
    }
)

REVISIONS: Final = ("0001", "0002", "0003", "0004", "0005", "0006")
"""Every revision of the shape, oldest first: the files of `migrations/versions`."""

HEAD: Final = REVISIONS[-1]


Tuple: TypeAlias = tuple[Any, ...]
"""One row's values, in the order of its columns."""

_PARAMETERS: Final = 900
"""Per statement; the oldest SQLite in use takes 999."""


_NAMES: Final = 64
"""Names per statement, at most."""

_ROWS: Final = 32
"""Per statement: what a longer list gains is less than what a longer rest of single rows costs."""


class UtcTime(TypeDecorator[datetime]):
    """An aware moment, kept as ISO 8601 text in UTC: it sorts as it reads, on every database."""

    impl = String(32)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> str | None:  # noqa: ARG002 - SQLAlchemy's
        """Text of 32 characters, microseconds included."""
        return None if value is None else value.astimezone(UTC).isoformat(timespec="microseconds")

    def process_result_value(self, value: str | None, dialect: Dialect) -> datetime | None:  # noqa: ARG002 - SQLAlchemy's
        """The same moment, in UTC."""
        return None if value is None else datetime.fromisoformat(value)


def insert_many(connection: Connection, table: Table, columns: Sequence[str], rows: Sequence[Tuple]) -> None:
    """Insert tuples through the driver's executemany: no per-row work of SQLAlchemy's.

    Many rows go as lists of VALUES: a third quicker than one by one (measured on SQLite).
    """
    _insert(connection, _insert_text(table, tuple(columns), connection.dialect), rows)


def insert_new(connection: Connection, table: Table, columns: Sequence[str], rows: Sequence[Tuple]) -> None:
    """Insert those tuples whose unique key is not there yet; SQLite and PostgreSQL say it alike."""
    head, values = _insert_text(table, tuple(columns), connection.dialect)
    _insert(connection, (head, values), rows, " ON CONFLICT DO NOTHING")


def fetch(connection: Connection, query: Select[Any], *values: Any) -> list[Any]:
    """The rows of a prepared query as plain tuples; `values` for its parameters in the order they are written.

    For queries that run once per table, or bring very many rows: SQLAlchemy's share of the work is gone.
    """
    cursor = connection.exec_driver_sql(_text(query, connection.dialect), values).cursor
    return list(cursor.fetchall())


def fetch_of(
    connection: Connection, query: Callable[[int], Select[Any]], names: Sequence[str], *values: Any
) -> Iterator[Any]:
    """The same of many names: `query` is made for a number of them, which are its first parameters, and kept."""
    for some in _some(names):
        yield from fetch(connection, query(len(some)), *some, *values)


def execute(connection: Connection, statement: Delete, *values: Any) -> None:
    """The same for a statement that brings nothing back."""
    connection.exec_driver_sql(_text(statement, connection.dialect), values)


def execute_many(connection: Connection, statement: Delete, rows: Sequence[Tuple]) -> None:
    """The same with each of many parameters."""
    if rows:
        connection.exec_driver_sql(_text(statement, connection.dialect), list(rows))


def execute_of(connection: Connection, statement: Callable[[int], Delete], names: Sequence[str], *values: Any) -> None:
    """The same of many names."""
    for some in _some(names):
        execute(connection, statement(len(some)), *some, *values)


def one_of(column: Column[str], number: int) -> ColumnElement[bool]:
    """The column is one of so many parameters, in the order in which they are written."""
    return column.in_([bindparam(f"name_{n}") for n in range(number)])


def _some(names: Sequence[str]) -> Iterator[Sequence[str]]:
    """At most so many at a time, the last of them said again until their number is a power of two: few statements."""
    for at in range(0, len(names), _NAMES):
        some = names[at : at + _NAMES]
        yield [*some, *[some[-1]] * ((1 << (len(some) - 1).bit_length()) - len(some))]


def _insert(connection: Connection, text: tuple[str, str], rows: Sequence[Tuple], suffix: str = "") -> None:
    if not rows:
        return
    head, values = text
    batch = min(_ROWS, _PARAMETERS // len(rows[0]))
    full = len(rows) - len(rows) % batch
    if full:
        lists = f"{head}{', '.join([values] * batch)}{suffix}"
        many = [tuple(chain.from_iterable(rows[at : at + batch])) for at in range(0, full, batch)]
        connection.exec_driver_sql(lists, many)
    if full < len(rows):
        connection.exec_driver_sql(f"{head}{values}{suffix}", list(rows[full:]))


@lru_cache(maxsize=256)
def _insert_text(table: Table, columns: tuple[str, ...], dialect: Dialect) -> tuple[str, str]:
    """`INSERT INTO … VALUES ` and one row's parameters, in the driver's own style."""
    compiled = insert(table).inline().compile(dialect=_positional(dialect), column_keys=list(columns))
    head, keyword, values = str(compiled).partition(" VALUES ")
    return head + keyword, values


@lru_cache(maxsize=256)
def _text(statement: Select[Any] | Delete, dialect: Dialect) -> str:
    return str(statement.compile(dialect=_positional(dialect)))


def _positional(dialect: Dialect) -> Dialect:
    make: Any = type(dialect)
    positional: Dialect = dialect if dialect.positional else make(paramstyle="format")
    return positional
