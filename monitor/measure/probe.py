"""The probe: one statement that reads every table's newest arrival, so that unchanged tables are not scanned."""

from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime

import sqlalchemy as sa

from monitor.landing.model import LandedTable
from monitor.measure.read import Row
from monitor.measure.scan import arrival
from monitor.measure.windows import Seen
from monitor.sql import vocabulary as v
from monitor.sql.writer import Writer

PROBE_ARMS = 500
"""Tables per statement: SQLite's limit of UNION arms."""


def probe(tables: Sequence[LandedTable], since: Sequence[datetime], writer: Writer) -> str:
    """For each table: its index, the hour of its newest arrival at or after `since`, its rows without any time."""
    arms = [_arm(index, table, moment, writer) for index, (table, moment) in enumerate(zip(tables, since, strict=True))]
    return writer.compile(arms[0] if len(arms) == 1 else sa.union_all(*arms))


def read_probe(rows: Iterable[Row]) -> Iterator[tuple[int, Seen]]:
    """Decode the probe's rows: table index, what was seen."""
    for index, newest, no_time in rows:
        yield int(index), Seen(None if newest is None else int(newest), int(no_time))


def _arm(index: int, table: LandedTable, since: datetime, writer: Writer) -> sa.Select[tuple[object, ...]]:
    at = arrival(table)
    assert at is not None  # noqa: S101 - the survey asks only tables that have a time
    ref = table.table.ref
    when = writer.expr(at)
    newest = sa.func.max(sa.case((when >= writer.moment(since), when)))
    inner = (
        sa.select(newest.label("newest"), (sa.func.count() - sa.func.count(when)).label("no_time"))
        .select_from(sa.table(ref.name, schema=ref.schema or None))
        .subquery(f"t{index}")
    )
    hour = writer.epoch_hour(v.EpochHour(v.Column("newest")))
    return sa.select(sa.literal(index), hour, sa.literal_column("no_time")).select_from(inner)
