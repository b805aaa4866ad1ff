"""The probe: one statement that reads every table's newest arrival, so that unchanged tables are not scanned."""

from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime
from typing import Any, TypeAlias

import sqlalchemy as sa

from monitor.landing.model import LandedTable, Partition
from monitor.measure.origin import rows_of
from monitor.measure.partition import inside
from monitor.measure.rows import arrival, pruning
from monitor.measure.windows import Seen
from monitor.sql import vocabulary as v
from monitor.sql.writer import Element, Writer
from monitor.values import Row

PROBE_ARMS = 500
"""Tables per statement: SQLite's limit of UNION arms."""


Span: TypeAlias = tuple[datetime, datetime]
"""From a moment (inclusive) to another."""


def probe(tables: Sequence[LandedTable], spans: Sequence[Span], writer: Writer) -> str:
    """For each table: its index, the hour of its newest arrival within the span, its rows without a usable time.

    Arrivals after the span (a clock of 9999) would hide what came within it. Of a table whose partition is known only
    the partitions of the span are read, and rows without a usable time that stand in others are not counted.
    """
    said = _Said(writer)
    arms = [_arm(index, table, span, said) for index, (table, span) in enumerate(zip(tables, spans, strict=True))]
    found = (arms[0] if len(arms) == 1 else sa.union_all(*arms)).subquery("found")
    hour = writer.epoch_hour(v.EpochHour(v.Column("tw_newest")))
    told: list[Element] = [sa.literal_column("tw_place"), hour, sa.literal_column("tw_no_time")]
    return writer.compile(sa.select(*told).select_from(found))


def read_probe(rows: Iterable[Row]) -> Iterator[tuple[int, Seen]]:
    """Decode the probe's rows: table index, what was seen."""
    for index, newest, no_time in rows:
        yield int(index), Seen(None if newest is None else int(newest), int(no_time))


class _Said:
    """What many arms say alike, compiled once."""

    def __init__(self, writer: Writer) -> None:
        self._writer = writer
        self._moments: dict[datetime, str] = {}
        self._times: dict[v.Expr, tuple[str, str]] = {}
        self._pruned: dict[tuple[v.Expr, str], str | None] = {}

    def moment(self, moment: datetime) -> str:
        """A moment as SQL."""
        if moment not in self._moments:
            self._moments[moment] = self._writer.compile(self._writer.moment(moment))
        return self._moments[moment]

    def time(self, at: v.Expr) -> tuple[str, str]:
        """A row's arrival, and whether it has none."""
        if at not in self._times:
            when = self._writer.expr(at)
            self._times[at] = (
                self._writer.compile(self._writer.instant(when)),
                self._writer.compile(self._writer.timeless(when)),
            )
        return self._times[at]

    def pruned(self, at: v.Expr, since: str) -> str | None:
        """What lets an engine pass over what came before; what comes after the span is little."""
        if (at, since) not in self._pruned:
            first, writer = pruning(at, self._writer), self._writer
            begun = None if first is None else writer.instant(first) >= sa.literal_column(since)
            found = None if first is None or begun is None else writer.compile(sa.or_(begun, writer.timeless(first)))
            self._pruned[at, since] = None if found is None else f"({found})"
        return self._pruned[at, since]

    def rows(self, table: LandedTable, at: v.Expr, span: Span) -> sa.FromClause:
        """The rows of a table that may have come within the span, with what says their arrival."""
        columns = v.columns(at) | ({table.partition.column} if table.partition else set())
        return rows_of(table, columns, self._writer, (self._writer.moment(span[0]), self._writer.moment(span[1])))

    def inside(self, partition: Partition, span: Span) -> str | None:
        """What lets an engine pass over partitions that cannot hold anything within the span."""
        return f"({self._writer.compile(inside(partition, *span, self._writer))})" if self._writer.prunes else None


def _arm(index: int, table: LandedTable, span: Span, said: _Said) -> sa.Select[Any]:
    at = arrival(table)
    assert at is not None  # noqa: S101 - the survey asks only tables that have a time
    when, timeless = said.time(at)
    since, until = map(said.moment, span)
    within = f"{when} >= {since} AND {when} < {until}"
    newest = f"max(CASE WHEN {within} THEN {when} END) AS tw_newest"
    # What came before is of no interest: where an engine can, it does not read it.
    wanted: Element = sa.literal_column(f"(({within}) OR ({timeless}))")
    pruned = said.pruned(at, since)
    wanted = wanted if pruned is None else sa.and_(sa.literal_column(pruned), wanted)
    passed = None if table.partition is None else said.inside(table.partition, span)
    wanted = wanted if passed is None else sa.and_(sa.literal_column(passed), wanted)
    chosen = f"{index} AS tw_place, {newest}, count(CASE WHEN {timeless} THEN 1 END) AS tw_no_time"
    return sa.select(sa.literal_column(chosen)).select_from(said.rows(table, at, span)).where(wanted)
