"""Who is alive: a moment by name, written while a component works."""

from datetime import datetime
from typing import Final

from sqlalchemy import Column, Connection, Table, Text, delete, insert, select

from monitor.history.schema import UtcTime, metadata

heartbeat: Final = Table(
    "heartbeat",
    metadata,
    Column("name", Text, primary_key=True),
    Column("at", UtcTime, nullable=False),
)


def beat(connection: Connection, name: str, at: datetime | None) -> None:
    """It is alive now; None: it has stopped."""
    connection.execute(delete(heartbeat).where(heartbeat.c.name == name))
    if at is not None:
        connection.execute(insert(heartbeat), {"name": name, "at": at})


def last(connection: Connection, name: str) -> datetime | None:
    """When it was alive last; None: never, or it has stopped."""
    moment: datetime | None = connection.execute(
        select(heartbeat.c.at).where(heartbeat.c.name == name)
    ).scalar_one_or_none()
    return moment
