"""The outbox: what is to be said, written with the state that it speaks of, and what became of it."""

from collections.abc import Sequence
from dataclasses import fields
from datetime import datetime
from typing import Any, Final

from sqlalchemy import Column, Connection, Integer, Row, Table, Text, UniqueConstraint, select, update

from monitor.errors import HistoryError
from monitor.history.schema import UtcTime, insert_new, metadata
from monitor.incidents.model import Delivery, Intent

delivery: Final = Table(
    "delivery",
    metadata,
    Column("id", Text, primary_key=True),
    Column("fingerprint", Text, nullable=False),
    Column("episode", Integer, nullable=False),
    Column("intent", Text, nullable=False),
    Column("sequence", Integer, nullable=False),
    Column("channel", Text, nullable=False),
    Column("text", Text, nullable=False),
    Column("blocks", Text, nullable=False),
    Column("created_at", UtcTime, nullable=False),
    Column("sent_at", UtcTime, index=True),
    Column("attempts", Integer, nullable=False),
    Column("error", Text, nullable=False),
    Column("slack_channel", Text, nullable=False),
    Column("slack_ts", Text, nullable=False),
    UniqueConstraint("fingerprint", "episode", "intent", "sequence"),
)
_FIELDS: Final = tuple(field.name for field in fields(Delivery))


def add(connection: Connection, deliveries: Sequence[Delivery]) -> None:
    """Write messages that are not there yet: one for each fingerprint, episode, intent and sequence."""
    insert_new(connection, delivery, _FIELDS, [_row(connection, one) for one in deliveries])


def pending(connection: Connection) -> tuple[Delivery, ...]:
    """Messages not sent yet, oldest first."""
    query = select(delivery).where(delivery.c.sent_at.is_(None)).order_by(delivery.c.created_at, delivery.c.id)
    return tuple(_delivery(row) for row in connection.execute(query))


def of(connection: Connection, fingerprint: str, episode: int) -> tuple[Delivery, ...]:
    """All messages about one incident, sent or not, in the order in which they were meant."""
    query = (
        select(delivery)
        .where(delivery.c.fingerprint == fingerprint, delivery.c.episode == episode)
        .order_by(delivery.c.sequence, delivery.c.id)
    )
    return tuple(_delivery(row) for row in connection.execute(query))


def sent(connection: Connection, delivery_id: str, at: datetime, place: tuple[str, str]) -> None:
    """Mark a message as taken by Slack; `place` is the channel id and the message's ts."""
    values = {"sent_at": at, "error": "", "slack_channel": place[0], "slack_ts": place[1]}
    _attempted(connection, delivery_id, values)


def failed(connection: Connection, delivery_id: str, error: str) -> None:
    """Keep why a message was not taken; it stays pending."""
    _attempted(connection, delivery_id, {"error": error})


def _attempted(connection: Connection, delivery_id: str, values: dict[str, Any]) -> None:
    query = update(delivery).where(delivery.c.id == delivery_id).values(attempts=delivery.c.attempts + 1, **values)
    if connection.execute(query).rowcount == 0:
        raise HistoryError(
            "no such message in the outbox", where=delivery_id, hint="it was never written: apply its transition first"
        )


def _row(connection: Connection, one: Delivery) -> tuple[Any, ...]:
    """The values as their columns keep them: times as text, the intent as its word."""
    kept = (
        delivery.c[name].type.dialect_impl(connection.dialect).bind_processor(connection.dialect) for name in _FIELDS
    )
    values = (str(one.intent.value) if name == "intent" else getattr(one, name) for name in _FIELDS)
    return tuple(process(value) if process else value for process, value in zip(kept, values, strict=True))


def _delivery(row: Row[Any]) -> Delivery:
    return Delivery(**{**row._asdict(), "intent": Intent(row.intent)})
