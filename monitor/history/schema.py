"""What every record kind's table shares: the metadata, the revisions of its shape, times, quick inserts."""

from collections.abc import Sequence
from datetime import UTC, datetime
from functools import lru_cache
from typing import Any, Final

from sqlalchemy import Connection, Dialect, MetaData, String, Table, TypeDecorator, insert

metadata: Final = MetaData(
    naming_convention={
        "pk": "pk_%(table_name)s",
        "uq": "uq_%(table_name)s_%(column_0_name)s",
        "ix": "ix_%(table_name)s_%(column_0_name)s",
    }
)

REVISIONS: Final = ("0001",)
"""Every revision of the shape, oldest first: the files of `migrations/versions`."""

HEAD: Final = REVISIONS[-1]


class UtcTime(TypeDecorator[datetime]):
    """An aware moment, kept as ISO 8601 text in UTC: it sorts as it reads, on every database."""

    impl = String(32)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> str | None:  # noqa: ARG002 - SQLAlchemy's
        """Text of 32 characters, microseconds included."""
        return None if value is None else value.astimezone(UTC).isoformat(timespec="microseconds")

    def process_result_value(self, value: str | None, dialect: Dialect) -> datetime | None:  # noqa: ARG002 - SQLAlchemy's
        """The same moment, in UTC."""
        return None if value is None else datetime.fromisoformat(value)


def insert_many(connection: Connection, table: Table, columns: Sequence[str], rows: list[tuple[Any, ...]]) -> None:
    """Insert tuples through the driver's executemany: no per-row work of ours or SQLAlchemy's."""
    if rows:
        connection.exec_driver_sql(_insert_text(table, tuple(columns), connection.dialect), rows)


def insert_new(connection: Connection, table: Table, columns: Sequence[str], rows: list[tuple[Any, ...]]) -> None:
    """Insert those tuples whose unique key is not there yet; SQLite and PostgreSQL say it alike."""
    if rows:
        text = _insert_text(table, tuple(columns), connection.dialect)
        connection.exec_driver_sql(f"{text} ON CONFLICT DO NOTHING", rows)


@lru_cache(maxsize=256)
def _insert_text(table: Table, columns: tuple[str, ...], dialect: Dialect) -> str:
    """The INSERT statement in the driver's own parameter style, made to be positional."""
    make: Any = type(dialect)
    positional = dialect if dialect.positional else make(paramstyle="format")
    return str(insert(table).inline().compile(dialect=positional, column_keys=list(columns)))
