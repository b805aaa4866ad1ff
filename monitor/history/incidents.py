"""Incidents: findings through time, one row per fingerprint and episode."""

from collections.abc import Iterable
from typing import Any, Final

from sqlalchemy import Column, Connection, Integer, Row, Table, Text, bindparam, delete, func, insert, select

from monitor.history.codec import decode, encode
from monitor.history.schema import UtcTime, metadata
from monitor.incidents.model import Incident, State
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
)


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
    }


def _incident(row: Row[Any]) -> Incident:
    return Incident(
        fingerprint=row.fingerprint,
        episode=row.episode,
        state=State(row.state),
        severity=Severity(row.severity),
        finding=decode(row.finding)[0],
        opened_at=row.opened_at,
        seen_at=row.seen_at,
        resolved_at=row.resolved_at,
        peak=Severity(row.peak),
        sequence=row.sequence,
    )
