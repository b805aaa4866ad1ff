"""The probe: one statement that reads every table's newest arrival, so that unchanged tables are not scanned."""

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import NamedTuple, TypeAlias

import sqlalchemy as sa

from monitor.landing.model import LandedTable, Partition
from monitor.measure.origin import rows_of
from monitor.measure.partition import inside
from monitor.measure.rows import arrival, pruning
from monitor.measure.windows import Seen
from monitor.sql import tree
from monitor.sql import vocabulary as v
from monitor.sql.writer import Element, Writer
from monitor.values import Row

PROBE_ARMS = 500
"""Tables per statement: SQLite's limit of UNION arms."""


Span: TypeAlias = tuple[datetime, datetime]
"""From a moment (inclusive) to another."""


def probe(tables: Sequence[LandedTable], spans: Sequence[Span], writer: Writer) -> str:
    """For each table with such rows: its index, the hour of its newest arrival in the span, its rows without a time.

    Arrivals after the span (a clock of 9999) would hide what came within it. Of a table whose partition is known only
    the partitions of the span are read, and rows without a usable time that stand in others are not counted.

    Tables whose arrivals are said alike are put together before anything is counted: an engine plans one aggregate
    for all of them, not one for each.
    """
    alike: dict[_Alike, list[tuple[int, LandedTable]]] = {}
    for index, (table, span) in enumerate(zip(tables, spans, strict=True)):
        alike.setdefault(_Alike.of(table, span), []).append((index, table))
    said = _Said(writer)
    return " UNION ALL ".join(said.counted(kind, members) for kind, members in alike.items())


def read_probe(rows: Iterable[Row], tables: int) -> list[Seen]:
    """Decode the probe's rows: what was seen of each of so many tables."""
    seen = [Seen(None, 0)] * tables
    for index, newest, no_time in rows:
        seen[int(index)] = Seen(None if newest is None else int(newest), int(no_time))
    return seen


class _Alike(NamedTuple):
    """What tables have in common that are counted together."""

    span: Span
    at: v.Expr
    """A row's arrival."""
    natives: tuple[str, ...]
    """The types of the columns that say it, so that it is of one type in all of them."""

    @classmethod
    def of(cls, table: LandedTable, span: Span) -> "_Alike":
        at = arrival(table)
        assert at is not None  # noqa: S101 - the survey asks only tables that have a time
        wanted = tree.columns(at)
        natives = (f"{column.name} {column.native}" for column in table.table.columns if column.name in wanted)
        return cls(span, at, tuple(sorted(natives)))


class _Said:
    """What many tables say alike, compiled once; the rest is text: to put 200 together was a tenth of a run."""

    def __init__(self, writer: Writer) -> None:
        self._writer = writer
        newest = writer.compile(writer.epoch_hour(v.EpochHour(v.Column("tw_newest"))))
        self._told = f"SELECT tw_place, {newest} AS tw_hour, tw_no_time"
        self._wanted: dict[_Alike, tuple[str, str]] = {}

    def counted(self, kind: _Alike, members: Sequence[tuple[int, LandedTable]]) -> str:
        """One statement over the rows of all of them."""
        rows = " UNION ALL ".join(self._rows(index, table, kind) for index, table in members)
        within, when, timeless = self._within(sa.column("tw_at"), kind.span)
        newest = f"max(CASE WHEN {within} THEN {when} END) AS tw_newest"
        counts = f"{newest}, count(CASE WHEN {timeless} THEN 1 END) AS tw_no_time"
        found = f"SELECT tw_place, {counts} FROM ({rows}) AS tw_rows GROUP BY tw_place"  # noqa: S608 - quoted
        return f"{self._told} FROM ({found}) AS tw_found"

    def _rows(self, index: int, table: LandedTable, kind: _Alike) -> str:
        """The rows of a table that may have come within the span, by their arrival alone."""
        writer, (since, until) = self._writer, kind.span
        columns = tree.columns(kind.at) | ({table.partition.column} if table.partition else set())
        rows = rows_of(table, columns, writer, (writer.moment(since), writer.moment(until)))
        everything: list[Element] = [sa.literal_column("*")]
        verb, _, source = writer.compile(sa.select(*everything).select_from(rows)).partition("*")
        passed = None if table.partition is None else self._inside(table.partition, kind.span)
        at, asked = self._asked(kind)
        wanted = asked if passed is None else f"{passed} AND {asked}"
        return f"{verb}{index} AS tw_place, {at} AS tw_at{source} WHERE {wanted}"

    def _asked(self, kind: _Alike) -> tuple[str, str]:
        """A row's arrival; it lies in the span or is no time: what came before may be passed over."""
        if kind not in self._wanted:
            writer, since = self._writer, self._writer.moment(kind.span[0])
            at = writer.expr(kind.at)
            within, _, timeless = self._within(at, kind.span)
            first = pruning(kind.at, writer)
            begun = None if first is None else writer.instant(first) >= since
            pruned = None if first is None or begun is None else sa.or_(begun, writer.timeless(first))
            ahead = "" if pruned is None else f"({writer.compile(pruned)}) AND "
            self._wanted[kind] = writer.compile(at), f"{ahead}(({within}) OR ({timeless}))"
        return self._wanted[kind]

    def _within(self, at: Element, span: Span) -> tuple[str, str, str]:
        """It lies in the span; it itself, as something to compare with; it is no time."""
        writer = self._writer
        when = writer.compile(writer.instant(at))
        since, until = (writer.compile(writer.moment(moment)) for moment in span)
        return f"{when} >= {since} AND {when} < {until}", when, writer.compile(writer.timeless(at))

    def _inside(self, partition: Partition, span: Span) -> str | None:
        """What lets an engine pass over partitions that cannot hold anything within the span."""
        return f"({self._writer.compile(inside(partition, *span, self._writer))})" if self._writer.prunes else None
