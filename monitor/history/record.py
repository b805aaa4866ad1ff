"""Tables' measurements, each written as a whole: rows, packed days, totals, watermark, columns."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, NamedTuple

from sqlalchemy import Connection

from monitor.catalog import Table
from monitor.history import catalogs, days, measurements, ranges, seen, series, windows
from monitor.history.interned import Interned, shape_text
from monitor.history.measurements import Columns, Numbers, Range, Scanned
from monitor.history.series import Kept, Seen
from monitor.history.windows import Mark
from monitor.measure.model import Measured, Series


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


class _One(NamedTuple):
    """A recording, and what is kept of its table."""

    recording: Recording
    columns: Columns
    old: Mark | None
    before: Sequence[Kept]
    hours: Mapping[int, tuple[int, int]]
    """First and last hour with rows, by the index of a series."""

    @property
    def measured(self) -> Measured:
        return self.recording.measured

    @property
    def new(self) -> list[tuple[str, Series, Seen]]:
        """Series that have no number yet, with the hours that they are first met in."""
        have = {one.series[:3] for one in self.before}
        named = enumerate(self.measured.series)
        nothing = (None, None)
        return [(self.measured.table, one, self.hours.get(at, nothing)) for at, one in named if one[:3] not in have]


def record(connection: Connection, recordings: Sequence[Recording], words: Words) -> None:
    """Replace the measured ranges of tables, each of which stands once among them, in the caller's transaction.

    What is the same for all is asked and written once. A table's first record finds nothing to replace.
    """
    ones = _known(connection, recordings)
    new = [wanted for one in ones for wanted in one.new]
    series.add(connection, new)
    named = series.of_tables(connection, list({table: None for table, _, _ in new}))
    kept = [named.get(one.measured.table, one.before) for one in ones]
    taken = [_take(connection, one) for one in ones]
    scans = _numbered(connection, ones, kept, words)
    written = measurements.write(connection, scans)
    changes = [change.plus(gone) for change, gone in zip(written, taken, strict=True)]
    tables = [one.measured.table if one.before else None for one in ones]
    days.write(connection, zip(tables, changes, strict=True))
    ranges.write(connection, scans)
    settled = zip(ones, kept, scans, taken, strict=True)
    seen.write(connection, [change for one in settled for change in _settled(connection, *one)])
    _mark(connection, ones)


def _known(connection: Connection, recordings: Sequence[Recording]) -> list[_One]:
    old = windows.marks_of(connection, [recording.measured.table for recording in recordings])
    before = series.of_tables(connection, list(old))
    ones = []
    for recording in recordings:
        table, columns = recording.measured.table, Columns.of(recording.measured)
        ones.append(_One(recording, columns, old.get(table), before.get(table, ()), days.seen(columns.cells)))
    return ones


def _take(connection: Connection, one: _One) -> days.Change:
    """Delete what the scan replaces. Windows after everything that was ever measured replace nothing."""
    measured, reach = one.measured, one.old.reach if one.old else None
    beyond = measured.since is not None and reach is not None and measured.since >= reach
    if not one.before or (beyond and not measured.no_time):
        return days.Change()
    ranges.replace(connection, measured)
    return measurements.take(connection, measured.table, Range.of(measured))


def _numbered(
    connection: Connection, ones: Sequence[_One], kept: Sequence[Sequence[Kept]], words: Words
) -> list[Scanned]:
    texts = [[shape_text(pointers) for pointers in one.measured.properties] for one in ones]
    shapes = words.shapes.ids(connection, {text for some in texts for text in some})
    rules = words.rules.ids(connection, {failed.rule for one in ones for failed in one.measured.failures})
    scans = []
    for one, mine, some in zip(ones, kept, texts, strict=True):
        ids = {known.series[:3]: known.id for known in mine}
        numbers = Numbers([ids[met[:3]] for met in one.measured.series], [shapes[text] for text in some], rules)
        scans.append(Scanned(one.measured, one.columns, numbers))
    return scans


def _settled(
    connection: Connection, one: _One, kept: Sequence[Kept], scan: Scanned, taken: days.Change
) -> list[dict[str, Any]]:
    """When series were first and last seen; those of a first record were written with it."""
    if not one.before:
        return []
    met = {scan.numbers.series[at]: both for at, both in one.hours.items()}
    gone = {number: both for cells in taken.cells for number, both in days.seen(cells).items()}
    return seen.changes(connection, kept, one.measured.series, (met, gone))


def _mark(connection: Connection, ones: Iterable[_One]) -> None:
    """Write the watermarks and, where columns changed, their snapshots."""
    marks = []
    for one in ones:
        new = _moved(one)
        if one.old is None or one.old.snapshot != new.snapshot:
            catalogs.keep(connection, new.name, one.recording.table, new.run_id)
        marks.append((new, one.old))
    windows.keep(connection, marks)


def _moved(one: _One) -> Mark:
    measured, old, filled = one.measured, one.old, one.columns.windows()
    digest = catalogs.content_hash(one.recording.table)
    changed = old is None or old.snapshot != digest
    reread = old is None or measured.since is None or measured.since < old.until
    return Mark(
        name=measured.table,
        since=windows.least(old.since if old else None, filled[0]),
        until=windows.advance(old, measured),
        newest_window=windows.most(old.newest_window if old else None, filled[1]),
        reach=windows.most(old.reach if old else None, measured.until),
        no_time_rows=measured.no_time_rows if measured.no_time or old is None else old.no_time_rows,
        contract_hash=one.recording.contract_hash,
        reread_at=measured.until if old is None or reread else old.reread_at,
        snapshot=digest,
        before="" if old is None else old.snapshot if changed else old.before,
        run_id=one.recording.run_id,
    )
