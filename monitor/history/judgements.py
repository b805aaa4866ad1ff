"""Judgements: a memo of a pure function. The key says everything that the findings depend on."""

from collections.abc import Sequence
from typing import Final

from sqlalchemy import Column, Connection, Integer, Table, Text, delete, func, insert, select

from monitor.errors import HistoryError
from monitor.history.codec import decode, encode
from monitor.history.schema import metadata
from monitor.judge.model import Finding

judgement: Final = Table(
    "judgement",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("key", Text, nullable=False, unique=True),
    Column("findings", Text, nullable=False),
)

KEPT: Final = 20
"""How many judgements are remembered; older ones are computed again."""


def recall(connection: Connection, key: str) -> tuple[Finding, ...] | None:
    """The findings kept under a key; None: not kept, or kept by a version whose text is not ours."""
    row = connection.execute(select(judgement).where(judgement.c.key == key)).one_or_none()
    if row is None:
        return None
    try:
        return decode(row.findings)
    except HistoryError:
        return None  # a memo, nothing else: it is judged again


def keep(connection: Connection, key: str, findings: Sequence[Finding]) -> None:
    """Keep findings under a key, and forget the oldest."""
    connection.execute(delete(judgement).where(judgement.c.key == key))
    connection.execute(insert(judgement), {"key": key, "findings": encode(findings)})
    newest = select(func.max(judgement.c.id)).scalar_subquery()
    connection.execute(delete(judgement).where(judgement.c.id <= newest - KEPT))
