"""One table's measurement, written as a whole: rows, packed days, totals, watermark, columns."""

from collections.abc import Iterable
from typing import NamedTuple

from sqlalchemy import Connection

from monitor.catalog import Table
from monitor.history import catalogs, days, measurements, ranges, seen, series, windows
from monitor.history.interned import Interned, shape_text
from monitor.history.measurements import Columns, Numbers, Range
from monitor.history.windows import Mark
from monitor.measure.model import Measured


class Recording(NamedTuple):
    """What one scan brings home."""

    measured: Measured
    table: Table
    contract_hash: str
    run_id: str


class Words(NamedTuple):
    """The texts that rows name by number."""

    rules: Interned
    shapes: Interned

    def forget(self) -> None:
        """Read them again: the last transaction was undone."""
        self.rules.forget()
        self.shapes.forget()


def record(connection: Connection, recording: Recording, words: Words) -> None:
    """Replace the measured range of one table, in the caller's transaction.

    A table's first record finds nothing to replace and asks for nothing.
    """
    measured = recording.measured
    columns = Columns.of(measured)
    hours = days.seen(columns.cells)
    old = windows.mark(connection, measured.table)
    before = series.of_table(connection, measured.table) if old else ()
    have = {one.series[:3] for one in before}
    new = [(one, hours.get(at, (None, None))) for at, one in enumerate(measured.series) if one[:3] not in have]
    series.add(connection, measured.table, new)
    kept = series.of_table(connection, measured.table)
    stored = [one.id for one in before]
    taken = _take(connection, measured, old, stored)
    numbers = _numbers(connection, measured, kept, words)
    written = measurements.write(connection, measured, columns, numbers)
    days.write(connection, written.plus(taken), measured.table if stored else None)
    ranges.write(connection, measured, numbers.series)
    if stored:
        met = {numbers.series[at]: both for at, both in hours.items()}
        gone = {number: both for cells in taken.cells for number, both in days.seen(cells).items()}
        seen.settle(connection, kept, measured.series, (met, gone))
    _mark(connection, recording, old, columns.windows())


def _take(connection: Connection, measured: Measured, old: Mark | None, stored: list[int]) -> days.Change:
    """Delete what the scan replaces. Windows after everything that was ever measured replace nothing."""
    reach = old.reach if old else None
    beyond = measured.since is not None and reach is not None and measured.since >= reach
    if not stored or (beyond and not measured.no_time):
        return days.Change()
    ranges.replace(connection, measured)
    return measurements.take(connection, measured.table, Range.of(measured))


def _numbers(connection: Connection, measured: Measured, kept: Iterable[series.Kept], words: Words) -> Numbers:
    ids = {one.series[:3]: one.id for one in kept}
    texts = [shape_text(pointers) for pointers in measured.properties]
    shapes = words.shapes.ids(connection, texts)
    rules = words.rules.ids(connection, {failed.rule for failed in measured.failures})
    return Numbers([ids[one[:3]] for one in measured.series], [shapes[text] for text in texts], rules)


def _mark(
    connection: Connection, recording: Recording, old: Mark | None, filled: tuple[int | None, int | None]
) -> None:
    """Write the watermark and, where the columns changed, their snapshot."""
    measured = recording.measured
    digest = catalogs.content_hash(recording.table)
    changed = old is None or old.snapshot != digest
    reread = old is None or measured.since is None or measured.since < old.until
    if changed:
        catalogs.keep(connection, measured.table, recording.table, recording.run_id)
    new = Mark(
        name=measured.table,
        since=windows.least(old.since if old else None, filled[0]),
        until=windows.advance(old, measured),
        newest_window=windows.most(old.newest_window if old else None, filled[1]),
        reach=windows.most(old.reach if old else None, measured.until),
        no_time_rows=measured.no_time_rows if measured.no_time or old is None else old.no_time_rows,
        contract_hash=recording.contract_hash,
        reread_at=measured.until if old is None or reread else old.reread_at,
        snapshot=digest,
        before="" if old is None else old.snapshot if changed else old.before,
        run_id=recording.run_id,
    )
    windows.keep(connection, new, old)
