"""One table's measurement, written as a whole: rows, packed days, totals, watermark, columns."""

from collections.abc import Iterable
from typing import NamedTuple

from sqlalchemy import Connection

from monitor.catalog import Table
from monitor.history import catalogs, days, measurements, ranges, series, windows
from monitor.history.interned import Interned, shape_text
from monitor.history.measurements import Numbers, Range
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
    old = windows.mark(connection, measured.table)
    before = series.of_table(connection, measured.table) if old else ()
    have = {one.series[:3] for one in before}
    series.add(connection, measured.table, [one for one in measured.series if one[:3] not in have])
    kept = series.of_table(connection, measured.table)
    stored = [one.id for one in before]
    taken = _take(connection, measured, old, stored)
    numbers = _numbers(connection, measured, kept, words)
    written = measurements.write(connection, measured, numbers)
    change = days.Change(*((*new, *gone) for new, gone in zip(written, taken, strict=True)))
    days.write(connection, change, stored)
    ranges.write(connection, measured, numbers.series)
    series.settle(connection, kept, measured.series, (days.seen(written.cells), days.seen(taken.cells)))
    _mark(connection, recording, old)


def _take(connection: Connection, measured: Measured, old: Mark | None, stored: list[int]) -> days.Change:
    """Delete what the scan replaces. Rows that begin after everything kept replace nothing."""
    beyond = old is None or (
        measured.since is not None
        and measured.since > (-1 if old.newest_window is None else old.newest_window)
        and measured.since >= old.until
        and not measured.no_time
    )
    if beyond or not stored:
        return days.Change((), (), ())
    ranges.replace(connection, measured, stored)
    return measurements.take(connection, stored, Range.of(measured))


def _numbers(connection: Connection, measured: Measured, kept: Iterable[series.Kept], words: Words) -> Numbers:
    ids = {one.series[:3]: one.id for one in kept}
    texts = [shape_text(pointers) for pointers in measured.properties]
    shapes = words.shapes.ids(connection, texts)
    rules = words.rules.ids(connection, {failed.rule for failed in measured.failures})
    return Numbers([ids[one[:3]] for one in measured.series], [shapes[text] for text in texts], rules)


def _mark(connection: Connection, recording: Recording, old: Mark | None) -> None:
    measured = recording.measured
    since, until, newest = windows.advance(old, measured)
    digest = catalogs.content_hash(recording.table)
    changed = old is None or old.snapshot != digest
    if changed:
        catalogs.keep(connection, measured.table, recording.table, recording.run_id)
    before = (old.snapshot if changed else old.before) if old else ""
    no_time = measured.no_time_rows if measured.no_time else (old.no_time_rows if old else 0)
    new = Mark(
        name=measured.table,
        since=since,
        until=until,
        newest_window=newest,
        no_time_rows=no_time,
        contract_hash=recording.contract_hash,
        reread_at=measured.until,
        snapshot=digest,
        before=before,
        run_id=recording.run_id,
    )
    windows.keep(connection, new, old)
