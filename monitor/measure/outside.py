"""Rows that no run would see: their partition lies farther from their arrival than the landing's slack. Pure.

A scan that passes over partitions cannot know of them, so they are counted apart, by whoever asks (`doctor`).
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

import sqlalchemy as sa

from monitor.landing.model import LandedTable, Partition
from monitor.measure.origin import rows_of
from monitor.measure.partition import inside, looked_at
from monitor.measure.rows import arrival, pruning, within
from monitor.measure.windows import moment_of
from monitor.sql import tree
from monitor.sql.writer import Element, Writer
from monitor.values import Row

HOURS = 48
"""Arrivals of so many hours are looked at."""
LOOK = timedelta(days=31)
"""How far before them partitions are looked at; all that come after are, and those of before 1971."""
WIDER = {name: timedelta(days=days) for name, days in {"2d": 2, "3d": 3, "7d": 7, "14d": 14, "30d": 30}.items()}
"""As a configuration says them → slacks that may be wide enough."""
_HOUR = timedelta(hours=1)


@dataclass(frozen=True, slots=True)
class Outside:
    """What was found of one table."""

    rows: int
    """That came within the hours, in partitions that were looked at."""
    lost: int
    """Of these, rows that an hourly run does not see."""
    wider: str
    """The least of `WIDER` with which it would see them all; empty: none, or no row is lost."""


def span_of(newest: int) -> tuple[datetime, datetime]:
    """The hours that are looked at, up to that of the newest row (whole hours since 1970)."""
    until = moment_of(newest + 1)
    return until - HOURS * _HOUR, until


def outside(table: LandedTable, span: tuple[datetime, datetime], writer: Writer) -> str:
    """A statement that counts the rows that came within the span, and those of them that lie outside each slack."""
    at, partition = arrival(table), table.partition
    assert at is not None and partition is not None  # noqa: PT018, S101 - asked only of tables that have both
    when = writer.instant(writer.expr(at))
    bounds = writer.moment(span[0]), writer.moment(span[1])
    slacks = [partition, *(replace(partition, slack=slack) for slack in _wider(partition).values())]
    lost = [sa.func.count(sa.case((_beyond(one, span, when, writer), 1))) for one in slacks]
    wanted = [looked_at(partition, span[0] - LOOK, writer), within(writer.expr(at), bounds, writer)]
    first = pruning(at, writer)
    if first is not None:
        wanted.append(sa.or_(within(first, bounds, writer), first.is_(None)))
    rows = rows_of(table, tree.columns(at) | {partition.column}, writer, bounds)
    return writer.compile(sa.select(sa.func.count(), *lost).select_from(rows).where(sa.and_(*wanted)))


def read_outside(row: Row, table: LandedTable) -> Outside:
    """Decode the statement's one row."""
    rows, lost, *beyond = map(int, row)
    assert table.partition is not None  # noqa: S101 - it was asked
    enough = (name for name, left in zip(_wider(table.partition), beyond, strict=True) if not left)
    return Outside(rows, lost, next(enough, "") if lost else "")


def _wider(partition: Partition) -> dict[str, timedelta]:
    return {name: slack for name, slack in WIDER.items() if slack > partition.slack}


def _beyond(partition: Partition, span: tuple[datetime, datetime], when: Element, writer: Writer) -> Element:
    """A row that came in one of the hours, and that a scan of this hour passes over."""
    arms = [
        sa.and_(when >= writer.moment(since), when < writer.moment(until), sa.not_(seen))
        for since, until, seen in _alike(partition, span, writer)
    ]
    return sa.or_(*arms)


def _alike(
    partition: Partition, span: tuple[datetime, datetime], writer: Writer
) -> Iterator[tuple[datetime, datetime, Element]]:
    """The hours of the span, those together whose scans ask for the same partitions."""
    hours = [span[0] + n * _HOUR for n in range(HOURS)]
    said: Sequence[tuple[datetime, Element]] = [(at, inside(partition, at, at + _HOUR, writer)) for at in hours]
    texts = [writer.compile(seen) for _, seen in said]
    begins = [n for n, text in enumerate(texts) if n == 0 or text != texts[n - 1]]
    for begin, end in zip(begins, [*begins[1:], HOURS], strict=True):
        yield said[begin][0], span[0] + end * _HOUR, said[begin][1]
