"""Incidents: findings through time, one row per fingerprint and episode; and what happened to each, step by step."""

import json
from collections.abc import Iterable, Sequence
from dataclasses import fields
from datetime import datetime
from typing import Any, Final

from sqlalchemy import (
    Boolean,
    Column,
    Connection,
    Integer,
    Row,
    Table,
    Text,
    bindparam,
    delete,
    false,
    func,
    insert,
    select,
)

from monitor.history.codec import decode, encode
from monitor.history.schema import UtcTime, insert_new, metadata
from monitor.incidents.model import Incident, Intent, State, Step, View
from monitor.judge.model import Severity

incident: Final = Table(
    "incident",
    metadata,
    Column("fingerprint", Text, primary_key=True),
    Column("episode", Integer, primary_key=True, autoincrement=False),
    Column("state", Text, nullable=False),
    Column("severity", Integer, nullable=False),
    Column("opened_at", UtcTime, nullable=False),
    Column("seen_at", UtcTime, nullable=False),
    Column("resolved_at", UtcTime),
    Column("peak", Integer, nullable=False),
    Column("sequence", Integer, nullable=False),
    Column("finding", Text, nullable=False),  # JSON (codec.py)
    Column("told_at", UtcTime),
    Column("streak", Integer, nullable=False, server_default="0"),
    Column("stepped", Integer, nullable=False, server_default="0"),
    Column("turns", Text, nullable=False, server_default="[]"),  # JSON: moments
    Column("flapping", Boolean, nullable=False, server_default=false()),
    Column("until", UtcTime),
    Column("fixed_in", Text, nullable=False, server_default=""),
    Column("by", Text, nullable=False, server_default=""),
    Column("note", Text, nullable=False, server_default=""),
    Column("limits", Text, nullable=False, server_default=""),
    Column("root", Text, nullable=False, server_default=""),
    Column("owed", Text, nullable=False, server_default=""),
    Column("owed_until", UtcTime),
    Column("views", Text, nullable=False, server_default="[]"),  # JSON: place, root, owed, until
)

step: Final = Table(
    "incident_step",
    metadata,
    Column("key", Text, primary_key=True),
    Column("fingerprint", Text, nullable=False, index=True),
    Column("episode", Integer, nullable=False),
    Column("at", UtcTime, nullable=False),
    Column("what", Text, nullable=False),
    Column("who", Text, nullable=False),
    Column("reason", Text, nullable=False),
)
_STEP: Final = tuple(field.name for field in fields(Step))


def newest(connection: Connection) -> tuple[Incident, ...]:
    """The newest episode of every fingerprint, oldest incident first."""
    last = (
        select(incident.c.fingerprint, func.max(incident.c.episode).label("episode"))
        .group_by(incident.c.fingerprint)
        .subquery()
    )
    query = (
        select(incident)
        .join(last, (incident.c.fingerprint == last.c.fingerprint) & (incident.c.episode == last.c.episode))
        .order_by(incident.c.opened_at, incident.c.fingerprint)
    )
    return tuple(_incident(row) for row in connection.execute(query))


def keep(connection: Connection, changed: Iterable[Incident]) -> None:
    """Write incidents over what was known of them. The last one of a fingerprint and episode holds."""
    rows = {(one.fingerprint, one.episode): _row(one) for one in changed}
    if rows:
        gone = delete(incident).where(
            incident.c.fingerprint == bindparam("gone"), incident.c.episode == bindparam("gone_episode")
        )
        connection.execute(gone, [{"gone": key[0], "gone_episode": key[1]} for key in rows])
        connection.execute(insert(incident), list(rows.values()))


def happened(connection: Connection, steps: Sequence[Step]) -> None:
    """Write what happened; what is known by its key already happened once."""
    kept = step.c.at.type.dialect_impl(connection.dialect).bind_processor(connection.dialect)
    moments = [kept(one.at) if kept else one.at for one in steps]
    rows = [
        tuple(moment if name == "at" else getattr(one, name) for name in _STEP)
        for one, moment in zip(steps, moments, strict=True)
    ]
    insert_new(connection, step, _STEP, rows)


def has_happened(connection: Connection, key: str) -> bool:
    """Whether a step of that key is known."""
    return connection.execute(select(step.c.key).where(step.c.key == key)).first() is not None


def story(connection: Connection, fingerprint: str) -> tuple[Step, ...]:
    """Everything that happened to a fingerprint's episodes, oldest first."""
    query = select(step).where(step.c.fingerprint == fingerprint).order_by(step.c.at, step.c.key)
    return tuple(Step(**row._asdict()) for row in connection.execute(query))


def _row(one: Incident) -> dict[str, Any]:
    return {
        "fingerprint": one.fingerprint,
        "episode": one.episode,
        "state": one.state.value,
        "severity": int(one.severity),
        "opened_at": one.opened_at,
        "seen_at": one.seen_at,
        "resolved_at": one.resolved_at,
        "peak": int(one.peak),
        "sequence": one.sequence,
        "finding": encode([one.finding]),
        "told_at": one.told_at,
        "streak": one.streak,
        "stepped": one.stepped,
        "turns": json.dumps([at.isoformat() for at in one.turns]),
        "flapping": one.flapping,
        "until": one.until,
        "fixed_in": one.fixed_in,
        "by": one.by,
        "note": one.note,
        "limits": one.limits,
        "root": one.root,
        "owed": one.owed.value if one.owed else "",
        "owed_until": one.owed_until,
        "views": json.dumps([_view(view) for view in one.views]),
    }


def _incident(row: Row[Any]) -> Incident:
    kept = row._asdict()
    return Incident(
        **{
            **kept,
            "state": State(row.state),
            "severity": Severity(row.severity),
            "peak": Severity(row.peak),
            "finding": decode(row.finding)[0],
            "turns": tuple(datetime.fromisoformat(at) for at in json.loads(row.turns)),
            "owed": Intent(row.owed) if row.owed else None,
            "views": tuple(_read_view(*view) for view in json.loads(row.views)),
        }
    )


def _view(one: View) -> tuple[str, str, str, str]:
    return one.place, one.root, one.owed.value if one.owed else "", one.until.isoformat() if one.until else ""


def _read_view(place: str, root: str, owed: str, until: str) -> View:
    return View(place, root, Intent(owed) if owed else None, datetime.fromisoformat(until) if until else None)
