"""A range of hours as a range of partitions: wider by the landing's slack, so that it passes over and never counts.

A scan's text is kept on disk and bounded when it runs, and partitions are named by constants of many types. So the text
holds a mark, and what is asked holds in its place a comparison of the partition's column with constants. Pure.
"""

from datetime import UTC, datetime, timedelta

import sqlalchemy as sa

from monitor.catalog import Family
from monitor.contract.model import BoundTable
from monitor.landing.model import Partition
from monitor.sql.writer import Element, Writer

_FIRST, _LAST = datetime(1, 1, 1, tzinfo=UTC), datetime(9999, 12, 31, tzinfo=UTC)
_OLD = datetime(1971, 1, 1, tzinfo=UTC)
_ANY = datetime(2000, 1, 1, tzinfo=UTC)
"""A moment that every engine's types hold: ClickHouse's dates begin with 1970."""


def mark(table: BoundTable) -> Element:
    """Stands for the comparison in a scan's text, and is true for every row. No constant of the plan knows the hash."""
    return sa.literal_column(_text(table))


def placed(sql: str, table: BoundTable, since: datetime | None, until: datetime, writer: Writer) -> str:
    """A statement about a table with what `inside` says where the mark stands."""
    partition, text = table.landed.partition, _text(table)
    if partition is None or not writer.prunes or text not in sql:
        return sql
    return sql.replace(text, f"({writer.compile(inside(partition, since, until, writer))})")


def inside(partition: Partition, since: datetime | None, until: datetime, writer: Writer) -> Element:
    """A row's partition may hold arrivals in [since, until); so may one that says nothing (NULL).

    BigQuery's `_PARTITIONTIME` is NULL while a row stands in the streaming buffer, and a lake's writers put what has no
    date into a partition of its own: such rows may have come at any time.

    From the beginning (`since` is None) every partition is asked for, in words that speak of the column: warehouses
    that demand a filter by it (`require_partition_filter`) are to have one.
    """
    column: Element = sa.column(partition.column)
    if since is None:
        any_ = _constant(partition, _ANY, writer)
        return sa.or_(column >= any_, column < any_, column.is_(None))
    low = _constant(partition, _begin(partition, _moved(since, -partition.slack)), writer)
    high = _constant(partition, _moved(until, partition.slack), writer)
    return sa.or_(sa.and_(column >= low, column <= high), column.is_(None))


def looked_at(partition: Partition, since: datetime, writer: Writer) -> Element:
    """The partitions from a moment on, and those that wrong clocks write to: of before 1971, and of no time at all."""
    column: Element = sa.column(partition.column)
    first, old = (_constant(partition, _begin(partition, at), writer) for at in (since, _OLD))
    return sa.or_(column >= first, column < old, column.is_(None))


def _moved(moment: datetime, by: timedelta) -> datetime:
    at = moment.astimezone(UTC)
    if by < timedelta(0):
        return at + by if at - _FIRST > -by else _FIRST
    return at + by if _LAST - at > by else _LAST


def _begin(partition: Partition, moment: datetime) -> datetime:
    """The beginning of the partition that a moment lies in."""
    hour = moment.replace(minute=0, second=0, microsecond=0)
    if partition.by == "hour":
        return hour
    day = hour.replace(hour=0)
    return day if partition.by == "day" else day.replace(day=1)


def _constant(partition: Partition, moment: datetime, writer: Writer) -> Element:
    if partition.family is Family.TIMESTAMP:
        return writer.moment(moment)
    if partition.family is Family.DATE:
        return sa.cast(sa.literal(moment.date().isoformat()), sa.Date)
    written = moment.strftime(partition.form)
    return sa.literal(int(written) if partition.family is Family.INTEGER else written)


def _text(table: BoundTable) -> str:
    return f"(1 = 1 /* tw:{table.hash} */)"
