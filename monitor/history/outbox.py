"""The outbox: what is to be said, written with the state that it speaks of, and what became of it."""

from collections.abc import Collection, Sequence
from dataclasses import fields, replace
from datetime import datetime
from typing import Any, Final

from sqlalchemy import (
    Boolean,
    Column,
    Connection,
    Integer,
    Row,
    Select,
    Table,
    Text,
    UniqueConstraint,
    bindparam,
    false,
    select,
    update,
)

from monitor.errors import HistoryError
from monitor.history.leases import Holder
from monitor.history.schema import UtcTime, insert_new, metadata
from monitor.incidents.model import Delivery, Intent, Mode

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
    Column("mode", Text, nullable=False, server_default="post"),
    Column("root", Text, nullable=False, server_default=""),
    Column("broadcast", Boolean, nullable=False, server_default=false()),
    Column("not_before", UtcTime),
    Column("claims", Integer, nullable=False, server_default="0"),
    Column("claimed_by", Text, nullable=False, server_default=""),
    Column("claimed_until", UtcTime),
    UniqueConstraint("fingerprint", "episode", "intent", "sequence", "mode", "channel"),
)
_JOINED: Final = frozenset({"root_channel", "root_ts", "root_done"})
_FIELDS: Final = tuple(field.name for field in fields(Delivery) if field.name not in _JOINED)
_ORDER: Final = {mode: place for place, mode in enumerate(Mode)}


def add(connection: Connection, deliveries: Sequence[Delivery]) -> None:
    """Write messages that are not there yet: one per fingerprint, episode, intent, sequence, mode and channel."""
    insert_new(connection, delivery, _FIELDS, [_row(connection, one) for one in deliveries])


def pending(connection: Connection) -> tuple[Delivery, ...]:
    """Messages not sent yet, oldest first, each root before what is said in its thread."""
    return _in_order(_read(connection, _select().where(delivery.c.sent_at.is_(None))))


def of(connection: Connection, fingerprint: str, episode: int) -> tuple[Delivery, ...]:
    """All messages about one incident, sent or not, in the order in which they were meant."""
    query = _select().where(delivery.c.fingerprint == fingerprint, delivery.c.episode == episode)
    return tuple(sorted(_read(connection, query), key=lambda one: (one.sequence, _ORDER[one.mode], one.id)))


def named(connection: Connection, delivery_id: str) -> Delivery | None:
    """One message; None: there is none of that id."""
    return next(iter(_read(connection, _select().where(delivery.c.id == delivery_id))), None)


def claim(connection: Connection, now: datetime, until: datetime, but: Collection[str] = ()) -> tuple[Delivery, ...]:
    """Take what may be sent now, so that no other process sends it before `until`; not the ids in `but`.

    What a process took that is no more, or whose time is over, is taken over. A message that is claimed a second
    time (`claims`) may have arrived: look before sending. A message is taken with all that changes or answers it, or
    not at all: so two processes never speak of one incident at the same time, the older words after the newer ones.
    Changes that a later one makes needless are marked as done with.
    """
    me = Holder.here("")
    mine = _name(me)
    waiting = pending(connection)
    held = {_thread(one) for one in waiting if not _is_free(one, me, now)}
    free = [one for one in waiting if _thread(one) not in held and one.id not in but]
    needless = _overtaken(connection) if any(one.mode is Mode.UPDATE for one in free) else frozenset()
    for one in free:
        if one.id in needless:
            skipped(connection, one.id, now, "a later change of the same message was made")
    taken = [
        replace(one, claims=one.claims + 1, claimed_by=mine, claimed_until=until)
        for one in free
        if one.id not in needless
    ]
    if taken:
        query = update(delivery).where(delivery.c.id == bindparam("one"))
        values = {"claims": delivery.c.claims + 1, "claimed_by": mine, "claimed_until": until}
        connection.execute(query.values(values), [{"one": one.id} for one in taken])
    return tuple(taken)


def unclaim(connection: Connection, untried: Sequence[str]) -> None:
    """Give back what this process took; what it never tried was as good as never taken."""
    mine = (delivery.c.claimed_by == _name(Holder.here(""))) & delivery.c.sent_at.is_(None)
    connection.execute(
        update(delivery).where(mine, delivery.c.id.in_(list(untried))).values(claims=delivery.c.claims - 1)
    )
    connection.execute(update(delivery).where(mine).values(claimed_by="", claimed_until=None))


def sent(connection: Connection, delivery_id: str, at: datetime, place: tuple[str, str]) -> None:
    """Mark a message as taken by Slack; `place` is the channel id and the message's ts.

    A change that was sent after a later one (by a process that stood still for longer than its claim) has put the
    older state before people's eyes: the later change is made again.
    """
    values = {"sent_at": at, "error": "", "slack_channel": place[0], "slack_ts": place[1], "not_before": None}
    _attempted(connection, delivery_id, values)
    later = delivery.alias("later")
    query = (
        select(later.c.id)
        .join(delivery, (delivery.c.root == later.c.root) & (delivery.c.sequence < later.c.sequence))
        .where(delivery.c.id == delivery_id, delivery.c.mode == Mode.UPDATE, later.c.mode == Mode.UPDATE)
        .where(later.c.sent_at.is_not(None), later.c.slack_ts != "")
    )
    again: list[str] = list(connection.execute(query).scalars())
    if again:
        waits = {"sent_at": None, "claimed_by": "", "claimed_until": None}
        connection.execute(update(delivery).where(delivery.c.id.in_(again)).values(waits))


def skipped(connection: Connection, delivery_id: str, at: datetime, why: str) -> None:
    """Mark a message as done although it was not sent: there is nothing to do, or no way to do it."""
    _attempted(connection, delivery_id, {"sent_at": at, "error": why, "not_before": None})


def failed(connection: Connection, delivery_id: str, error: str, not_before: datetime | None = None) -> None:
    """Keep why a message was not taken; it stays pending, and is not tried before that moment."""
    _attempted(connection, delivery_id, {"error": error, "not_before": not_before})


def _attempted(connection: Connection, delivery_id: str, values: dict[str, Any]) -> None:
    query = update(delivery).where(delivery.c.id == delivery_id).values(attempts=delivery.c.attempts + 1, **values)
    if connection.execute(query).rowcount == 0:
        raise HistoryError(
            "no such message in the outbox", where=delivery_id, hint="it was never written: apply its transition first"
        )


def _is_free(one: Delivery, me: Holder, now: datetime) -> bool:
    if one.not_before is not None and one.not_before > now:
        return False
    if not one.claimed_by or one.claimed_until is None or one.claimed_until <= now:
        return True
    host, pid, process = one.claimed_by.rsplit(":", 2)
    return one.claimed_by == _name(me) or me.outlived(Holder("", host, int(pid), process))


def _thread(one: Delivery) -> str:
    """The message that it changes or answers, or that it is."""
    return one.root or one.id


def _in_order(found: Sequence[Delivery]) -> tuple[Delivery, ...]:
    """By the moment of what they speak of, but of one incident by its sequence.

    A run speaks of the moment it began at, and a button may be pressed before it decides: what is decided later is
    then of an earlier moment.
    """
    moments: dict[str, datetime] = {}
    reached: dict[tuple[str, int], datetime] = {}
    for one in sorted(found, key=lambda one: one.sequence):
        incident = (one.fingerprint, one.episode)
        moments[one.id] = reached[incident] = max(one.created_at, reached.get(incident, one.created_at))
    return tuple(sorted(found, key=lambda one: (moments[one.id], _ORDER[one.mode], one.sequence, one.id)))


def _overtaken(connection: Connection) -> frozenset[str]:
    """Changes that wait although a later change of the same message is there, sent or not."""
    later = delivery.alias("later")
    query = (
        select(delivery.c.id)
        .join(later, (later.c.root == delivery.c.root) & (later.c.sequence > delivery.c.sequence))
        .where(delivery.c.sent_at.is_(None), delivery.c.mode == Mode.UPDATE, later.c.mode == Mode.UPDATE)
    )
    return frozenset(connection.execute(query).scalars())


def _name(holder: Holder) -> str:
    return f"{holder.host}:{holder.pid}:{holder.process}"


def _select() -> Select[Any]:
    """Every message with where its root stands."""
    root = delivery.alias("root_delivery")
    own = [delivery.c[name] for name in _FIELDS]
    place = (
        root.c.slack_channel.label("root_channel"),
        root.c.slack_ts.label("root_ts"),
        root.c.sent_at.label("root_done"),
        root.c.id.label("root_id"),
    )
    return select(*own, *place).select_from(delivery.outerjoin(root, root.c.id == delivery.c.root))


def _read(connection: Connection, query: Select[Any]) -> list[Delivery]:
    return [_delivery(row) for row in connection.execute(query)]


def _row(connection: Connection, one: Delivery) -> tuple[Any, ...]:
    """The values as their columns keep them: times as text, the intent as its word."""
    kept = (
        delivery.c[name].type.dialect_impl(connection.dialect).bind_processor(connection.dialect) for name in _FIELDS
    )
    values = (str(getattr(one, name).value) if name in ("intent", "mode") else getattr(one, name) for name in _FIELDS)
    return tuple(process(value) if process else value for process, value in zip(kept, values, strict=True))


def _delivery(row: Row[Any]) -> Delivery:
    kept = row._asdict()
    gone = kept.pop("root_id") is None and bool(row.root)  # pruned: what answers it waits for nothing
    done = gone or bool(row.root_done)
    place = {"root_channel": row.root_channel or "", "root_ts": row.root_ts or "", "root_done": done}
    return Delivery(**{**kept, **place, "intent": Intent(row.intent), "mode": Mode(row.mode)})
