"""Series: the numbers that measurements are kept under, and when each was first and last seen."""

from collections.abc import Iterable, Sequence
from functools import cache
from typing import Any, Final, NamedTuple, TypeAlias

from sqlalchemy import (
    Boolean,
    Column,
    Connection,
    Integer,
    ScalarSelect,
    Select,
    Table,
    Text,
    UniqueConstraint,
    select,
)

from monitor.history.schema import fetch, fetch_of, insert_new, metadata, one_of
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

_COLUMNS: Final = tuple(column.name for column in series.columns)
_EVERYWHERE: Final = select(series).order_by(series.c.id)

Seen: TypeAlias = tuple[int | None, int | None]
"""First and last hour with rows; None: none."""


class Kept(NamedTuple):
    """One series of one table, as history has it."""

    id: int
    table: str
    series: Series
    first_hour: int | None
    last_hour: int | None


def of_tables(connection: Connection, tables: Sequence[str]) -> dict[str, list[Kept]]:
    """All series of some tables, by table."""
    found: dict[str, list[Kept]] = {table: [] for table in tables}
    for one in _kept(fetch_of(connection, _of_tables, tables)):
        found[one.table].append(one)
    return found


@cache
def numbers_of(tables: int) -> ScalarSelect[int]:
    """The numbers of the series of so many tables, for prepared queries whose first parameters are their names."""
    return select(series.c.id).where(one_of(series.c.table_name, tables)).scalar_subquery()


def everywhere(connection: Connection) -> tuple[Kept, ...]:
    """All series of all tables, in the order in which they were first met."""
    return _kept(fetch(connection, _EVERYWHERE))


def add(connection: Connection, wanted: Iterable[tuple[str, Series, Seen]]) -> None:
    """Give those series of tables a number that have none, with the hours that they are first met in."""
    insert_new(connection, series, _COLUMNS[1:], [(table, *one, *seen) for table, one, seen in wanted])


@cache
def _of_tables(number: int) -> Select[Any]:
    return _EVERYWHERE.where(one_of(series.c.table_name, number))


def _kept(rows: Iterable[Sequence[Any]]) -> tuple[Kept, ...]:
    return tuple(
        Kept(number, table, Series(event, version, source, bool(planned), bool(known)), first, last)
        for number, table, event, version, source, planned, known, first, last in rows
    )
