"""How far each landed table has been measured (its watermark), and what it lacked."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import cache
from typing import Any, Final

from sqlalchemy import BigInteger, Column, Connection, Integer, Select, Table, Text, bindparam, delete, select, update

from monitor.history.schema import execute_many, fetch, fetch_of, insert_many, insert_new, metadata, one_of
from monitor.measure.model import Measured

landed: Final = Table(
    "landed_table",
    metadata,
    Column("name", Text, primary_key=True),
    Column("since", Integer),
    Column("until", Integer, nullable=False),
    Column("newest_window", Integer),
    Column("reach", Integer),  # first window after everything ever measured, gaps or not
    Column("no_time_rows", BigInteger, nullable=False),
    Column("contract_hash", Text, nullable=False),
    Column("reread_at", Integer),
    Column("snapshot", Text, nullable=False),  # hash of the columns at the last measurement
    Column("before", Text, nullable=False),  # hash of the columns before they last changed; empty: they never did
    Column("run_id", Text, nullable=False),
)
_COLUMNS: Final = tuple(column.name for column in landed.columns)
_ALL: Final = select(landed).order_by(landed.c.name)
_DELETE: Final = delete(landed).where(landed.c.name == bindparam("table"))
_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Watermark:
    """What has been measured of one table. Windows are whole UTC hours since 1970-01-01."""

    table: str
    since: int | None
    """First window ever measured with rows; None: never."""
    until: int
    """First window not measured yet."""
    newest: datetime | None
    """Start of the newest window ever measured with rows."""
    no_time_rows: int
    contract_hash: str
    """Of the contract that the last measurement was made under; empty: only touched."""
    reread_at: int | None
    """`until` of the last measurement that read windows again, or the first one: what a touch does not move."""
    run_id: str
    """The run that last measured it: until this changes, no count does."""


@dataclass(frozen=True, slots=True)
class Mark:
    """A table's row, as kept."""

    name: str
    since: int | None
    until: int
    newest_window: int | None
    reach: int | None
    no_time_rows: int
    contract_hash: str
    reread_at: int | None
    snapshot: str
    before: str
    run_id: str

    @property
    def watermark(self) -> Watermark:
        """The public face of it."""
        newest = None if self.newest_window is None else _EPOCH + timedelta(hours=self.newest_window)
        return Watermark(
            self.name,
            self.since,
            self.until,
            newest,
            self.no_time_rows,
            self.contract_hash,
            self.reread_at,
            self.run_id,
        )


def marks(connection: Connection) -> dict[str, Mark]:
    """Every table's row."""
    return {row[0]: Mark(*row) for row in fetch(connection, _ALL)}


def marks_of(connection: Connection, tables: Sequence[str]) -> dict[str, Mark]:
    """The rows of some tables; none of those never measured nor touched."""
    return {row[0]: Mark(*row) for row in fetch_of(connection, _of_tables, tables)}


def advance(old: Mark | None, measured: Measured) -> int:
    """The first window not measured yet, after a measurement.

    It moves on only where the measurement begins at or before it: a range measured further on
    (`--since`) leaves the windows between due, it does not skip them.
    """
    if old is None:
        return measured.until
    if measured.since is not None and measured.since > old.until:
        return old.until
    return max(old.until, measured.until)


def keep(connection: Connection, marks: Iterable[tuple[Mark, Mark | None]]) -> None:
    """Write tables' rows (new, old) over what was there."""
    changed = [(new, old) for new, old in marks if new != old]
    execute_many(connection, _DELETE, [(old.name,) for _, old in changed if old is not None])
    insert_many(connection, landed, _COLUMNS, [tuple(getattr(new, name) for name in _COLUMNS) for new, _ in changed])


@cache
def _of_tables(number: int) -> Select[Any]:
    return select(landed).where(one_of(landed.c.name, number))


def touch(connection: Connection, until: Mapping[str, int]) -> None:
    """Move watermarks on, never back: the tables had nothing new before these windows."""
    known = marks(connection)
    ahead = [{"table": name, "to": to} for name, to in until.items() if name in known and known[name].until < to]
    if ahead:
        query = update(landed).where(landed.c.name == bindparam("table")).values(until=bindparam("to"))
        connection.execute(query, ahead)
    new = [(name, None, to, None, None, 0, "", None, "", "", "") for name, to in until.items() if name not in known]
    insert_new(connection, landed, _COLUMNS, list(new))


def least(*hours: int | None) -> int | None:
    """The first hour that is known."""
    return min((hour for hour in hours if hour is not None), default=None)


def most(*hours: int | None) -> int | None:
    """The last hour that is known."""
    return max((hour for hour in hours if hour is not None), default=None)
