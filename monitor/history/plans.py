"""Plan revisions: every plan that a run has worked with, by content."""

from dataclasses import dataclass
from datetime import datetime
from typing import Final

from sqlalchemy import Column, Connection, Table, Text, insert, select, update

from monitor.history.schema import UtcTime, metadata

plan: Final = Table(
    "plan_revision",
    metadata,
    Column("revision", Text, primary_key=True),
    Column("first_seen_at", UtcTime, nullable=False),
    Column("last_seen_at", UtcTime, nullable=False, index=True),
    Column("body", Text, nullable=False),
)


@dataclass(frozen=True, slots=True)
class PlanRecord:
    """A plan as it was. `revision` is the hash of its content."""

    revision: str
    first_seen_at: datetime
    last_seen_at: datetime
    """When a run last came to it from another revision."""
    body: str


def keep(connection: Connection, revision: str, body: str, now: datetime) -> None:
    """Keep a revision. The one that is in use already is left as it is."""
    current = newest(connection)
    if current is not None and current.revision == revision:
        return
    again = update(plan).where(plan.c.revision == revision).values(last_seen_at=now)
    if connection.execute(again).rowcount == 0:
        row = {"revision": revision, "first_seen_at": now, "last_seen_at": now, "body": body}
        connection.execute(insert(plan), row)


def newest(connection: Connection) -> PlanRecord | None:
    """The revision in use; None: no run yet."""
    query = select(plan).order_by(plan.c.last_seen_at.desc(), plan.c.revision).limit(1)
    row = connection.execute(query).one_or_none()
    return None if row is None else PlanRecord(**row._asdict())


def read(connection: Connection, revision: str) -> PlanRecord | None:
    """One revision; None: never worked with."""
    row = connection.execute(select(plan).where(plan.c.revision == revision)).one_or_none()
    return None if row is None else PlanRecord(**row._asdict())
