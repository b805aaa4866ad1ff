"""Series: the numbers that measurements are kept under, and when each was first and last seen."""

from collections.abc import Iterable, Sequence
from typing import Any, Final, NamedTuple, TypeAlias

from sqlalchemy import (
    Boolean,
    Column,
    Connection,
    Integer,
    Table,
    Text,
    UniqueConstraint,
    bindparam,
    select,
)

from monitor.history.schema import fetch, insert_new, metadata
from monitor.measure.model import Series

series: Final = Table(
    "series",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("table_name", Text, nullable=False),
    Column("event", Text, nullable=False),
    Column("version", Text, nullable=False),
    Column("source", Text, nullable=False),
    Column("planned", Boolean(create_constraint=False), nullable=False),
    Column("known", Boolean(create_constraint=False), nullable=False),
    Column("first_hour", Integer),  # with rows, over all history; NULL: no timed rows (any more)
    Column("last_hour", Integer),
    UniqueConstraint("table_name", "event", "version", "source"),
)

OF_TABLE: Final = select(series.c.id).where(series.c.table_name == bindparam("table")).scalar_subquery()
"""The numbers of one table's series, for prepared queries whose first parameter is its name."""

_COLUMNS: Final = tuple(column.name for column in series.columns)
_EVERYWHERE: Final = select(series).order_by(series.c.id)
_OF_TABLE: Final = _EVERYWHERE.where(series.c.table_name == bindparam("table"))

Seen: TypeAlias = tuple[int | None, int | None]
"""First and last hour with rows; None: none."""


class Kept(NamedTuple):
    """One series of one table, as history has it."""

    id: int
    table: str
    series: Series
    first_hour: int | None
    last_hour: int | None


def of_table(connection: Connection, table: str) -> tuple[Kept, ...]:
    """All series of one table."""
    return _kept(fetch(connection, _OF_TABLE, table))


def everywhere(connection: Connection) -> tuple[Kept, ...]:
    """All series of all tables, in the order in which they were first met."""
    return _kept(fetch(connection, _EVERYWHERE))


def add(connection: Connection, table: str, wanted: Sequence[tuple[Series, Seen]]) -> None:
    """Give those series of a table a number that have none, with the hours that they are first met in."""
    insert_new(connection, series, _COLUMNS[1:], [(table, *one, *seen) for one, seen in wanted])


def _kept(rows: Iterable[Sequence[Any]]) -> tuple[Kept, ...]:
    return tuple(
        Kept(number, table, Series(event, version, source, bool(planned), bool(known)), first, last)
        for number, table, event, version, source, planned, known, first, last in rows
    )
