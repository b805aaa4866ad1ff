"""Runs: what each did, and how it ended."""

from dataclasses import dataclass, fields
from datetime import datetime
from typing import Final

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    Connection,
    Float,
    Integer,
    Table,
    Text,
    delete,
    exists,
    func,
    insert,
    select,
    true,
)

from monitor.history.schema import UtcTime, metadata

run: Final = Table(
    "run",
    metadata,
    Column("id", Text, primary_key=True),
    Column("started_at", UtcTime, nullable=False, index=True),
    Column("plan_revision", Text, nullable=False),
    Column("finished_at", UtcTime),
    Column("exit_code", Integer),
    Column("tables", Integer, nullable=False),
    Column("windows", Integer, nullable=False),
    Column("rows", BigInteger, nullable=False),
    Column("queries", Integer, nullable=False),
    Column("seconds", Float, nullable=False),
    Column("unmeasured", Integer, nullable=False),
    Column("findings", Integer, nullable=False),
    Column("whole", Boolean, nullable=False, server_default=true()),
)


@dataclass(frozen=True, slots=True)
class RunRecord:
    """One run of the main job."""

    id: str
    started_at: datetime
    plan_revision: str
    finished_at: datetime | None = None
    """None: under way, or killed."""
    exit_code: int | None = None
    tables: int = 0
    """Tables measured."""
    windows: int = 0
    rows: int = 0
    queries: int = 0
    seconds: float = 0.0
    unmeasured: int = 0
    """Tables that could not be measured."""
    findings: int = 0
    whole: bool = True
    """It looked at everything that was due, not at some events or at hours of before."""


_FIELDS: Final = tuple(field.name for field in fields(RunRecord))


def keep(connection: Connection, record: RunRecord) -> None:
    """Write a run over what was known of it."""
    connection.execute(delete(run).where(run.c.id == record.id))
    connection.execute(insert(run), {name: getattr(record, name) for name in _FIELDS})


def newest(connection: Connection, limit: int) -> tuple[RunRecord, ...]:
    """The last runs, newest first."""
    query = select(*(run.c[name] for name in _FIELDS)).order_by(run.c.started_at.desc(), run.c.id.desc()).limit(limit)
    return tuple(RunRecord(**row._asdict()) for row in connection.execute(query))


def any_measured(connection: Connection) -> bool:
    """Some finished run has measured rows."""
    query = select(exists().where(run.c.finished_at.is_not(None), run.c.rows > 0))
    return bool(connection.execute(query).scalar_one())


def measured_once(connection: Connection) -> bool:
    """One run has measured rows, and no other."""
    query = select(func.count()).select_from(run).where(run.c.rows > 0)
    return bool(connection.execute(query).scalar_one() == 1)
