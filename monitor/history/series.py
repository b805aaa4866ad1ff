"""Series: the numbers that measurements are kept under, and when each was first and last seen."""

from collections.abc import Mapping, Sequence
from typing import Final, NamedTuple, TypeAlias

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
    update,
)

from monitor.history import measurements
from monitor.history.schema import insert_new, metadata
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
    return _read(connection, table)


def everywhere(connection: Connection) -> tuple[Kept, ...]:
    """All series of all tables, in the order in which they were first met."""
    return _read(connection, None)


def add(connection: Connection, table: str, wanted: Sequence[Series]) -> None:
    """Give those series of a table a number that have none."""
    insert_new(
        connection,
        series,
        ("table_name", "event", "version", "source", "planned", "known"),
        [(table, *one) for one in wanted],
    )


def settle(
    connection: Connection,
    kept: Sequence[Kept],
    now: Sequence[Series],
    hours: tuple[Mapping[int, tuple[int, int]], Mapping[int, tuple[int, int]]],
) -> None:
    """Bring flags and first and last hours up to date, after a measurement's rows were written.

    `hours`: first and last hour per series id, of what was written and of what that replaced. Only where
    the replaced may have held a series' first or last row are its hourly rows asked.
    """
    written, replaced = hours
    flags = {one[:3]: one for one in now}
    changes = []
    for one in kept:
        latest = flags.get(one.series[:3], one.series)
        first, last = _merge((one.first_hour, one.last_hour), written.get(one.id, (None, None)))
        old = replaced.get(one.id)
        if old and (old[0] == first or old[1] == last):
            first, last = measurements.seen(connection, one.id)
        if (latest, first, last) != (one.series, one.first_hour, one.last_hour):
            changes.append(
                {
                    "number": one.id,
                    "planned": latest.planned,
                    "known": latest.known,
                    "first_hour": first,
                    "last_hour": last,
                }
            )
    if changes:
        connection.execute(update(series).where(series.c.id == bindparam("number")), changes)


def _read(connection: Connection, table: str | None) -> tuple[Kept, ...]:
    query = select(series).order_by(series.c.id)
    rows = connection.execute(query if table is None else query.where(series.c.table_name == table))
    return tuple(
        Kept(
            row.id,
            row.table_name,
            Series(row.event, row.version, row.source, row.planned, row.known),
            row.first_hour,
            row.last_hour,
        )
        for row in rows
    )


def _merge(one: Seen, other: Seen) -> Seen:
    firsts = [hour for hour in (one[0], other[0]) if hour is not None]
    lasts = [hour for hour in (one[1], other[1]) if hour is not None]
    return min(firsts, default=None), max(lasts, default=None)
