"""The demo's DuckDB warehouse: sixty days of a shop's events, the same rows at every build.

Rows come in two steps, since a column changes its type between them: `build` lands what the baseline is taken
from, `advance` the last days with everything that goes wrong in them.
"""

from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

import duckdb

from monitor.demo import statements
from monitor.demo.clock import CLOCK, Clock
from monitor.demo.seeds import SEEDS, NewColumn, TurnsText
from monitor.demo.series import NEW_COLUMN_TYPE, Series, all_series
from monitor.demo.shop import Source
from monitor.demo.sources import SOURCES
from monitor.errors import WarehouseError

TRACKS_KEPT = timedelta(days=14)
"""Every event is in `tracks` once more; the shop deletes those after two weeks, since nobody reads them."""


def build(path: Path, clock: Clock = CLOCK, *, scale: float = 1.0) -> int:
    """Write a new warehouse at `path` with every row up to `clock.baseline_end`; a file that is there is replaced.

    `scale` multiplies the events' rates; 1 is about two million events in sixty days. Returns the number of
    events. Raises WarehouseError when the file cannot be written.
    """
    with _opened(path, new=True) as connection:
        return build_baseline(connection, clock, scale=scale)


def advance(path: Path, clock: Clock = CLOCK, *, scale: float = 1.0) -> int:
    """Land the last days, from `clock.baseline_end` to `clock.as_of`, with everything that goes wrong in them.

    Returns the number of events that were added. Raises WarehouseError when the file cannot be written, is not
    there, or holds the last days already.
    """
    if not path.exists():
        raise WarehouseError("there is no warehouse yet", where=str(path), hint="land the first weeks with `build`")
    with _opened(path, new=False) as connection:
        if _landed_until(connection) >= _naive(clock.baseline_end):
            raise WarehouseError("the last days have landed already", where=str(path), hint="build the warehouse anew")
        return load_last_days(connection, clock, scale=scale)


def build_baseline(connection: duckdb.DuckDBPyConnection, clock: Clock, *, scale: float = 1.0) -> int:
    """Create the shop's tables and land what arrived up to `clock.baseline_end`; the number of events."""
    series = all_series(clock)
    for source in SOURCES:
        for statement in statements.create(source, _of(source, series)):
            connection.execute(statement)
    return _land(connection, series, _Step(clock, clock.begin, clock.baseline_end, scale))


def load_last_days(connection: duckdb.DuckDBPyConnection, clock: Clock, *, scale: float = 1.0) -> int:
    """Change the columns that change, then land what arrived up to `clock.as_of`; the number of events."""
    series = all_series(clock, SEEDS)
    tables = {(one.event.name, one.source.name): one.table for one in series}
    for seed in SEEDS:
        if isinstance(seed, NewColumn):
            connection.execute(statements.add_column(tables[seed.event, seed.source], seed.column, NEW_COLUMN_TYPE))
        if isinstance(seed, TurnsText):
            connection.execute(statements.turn_text(tables[seed.event, seed.source], seed.property))
    return _land(connection, series, _Step(clock, clock.baseline_end, clock.as_of, scale))


@dataclass(frozen=True, slots=True)
class _Step:
    """The hours [begin, end) that are landed, and how many rows they have beside the shop's real size."""

    clock: Clock
    begin: datetime
    end: datetime
    scale: float


def _land(connection: duckdb.DuckDBPyConnection, series: Sequence[Series], step: _Step) -> int:
    """All sources at once: DuckDB writes one table with one core."""
    with ThreadPoolExecutor(max_workers=len(SOURCES)) as pool:
        landed = pool.map(lambda source: _land_source(connection.cursor(), source, _of(source, series), step), SOURCES)
        rows = sum(landed)
    connection.execute("CHECKPOINT")
    return rows


def _land_source(connection: duckdb.DuckDBPyConnection, source: Source, series: Sequence[Series], step: _Step) -> int:
    """One source's rows of the step, all or none; their number."""
    connection.execute("BEGIN")
    connection.execute(statements.setup())
    connection.execute(statements.rates(series, step.clock, step.scale))
    connection.execute(statements.hours(step.begin, step.end))
    if source.layout == "json":
        connection.execute(statements.insert_json(source, series, step.clock))
    else:
        for one in series:
            connection.execute(statements.insert_segment(one, step.clock))
        kept = max(step.begin, step.clock.ago(TRACKS_KEPT))
        connection.execute(statements.insert_tracks(source, series, kept))
    connection.execute("COMMIT")
    total = connection.execute("SELECT coalesce(sum(n), 0)::BIGINT FROM hours").fetchone()
    return int(total[0]) if total else 0


def _landed_until(connection: duckdb.DuckDBPyConnection) -> datetime:
    """When the newest row arrived, as the warehouse says it: UTC without saying so."""
    tables = [source.table for source in SOURCES if source.layout == "json"]
    newest = [connection.table(table).max("received_at").fetchone() for table in tables]
    return max((row[0] for row in newest if row and row[0]), default=datetime.min)  # noqa: DTZ901 - as naive as rows


def _naive(moment: datetime) -> datetime:
    return moment.replace(tzinfo=None)


def _of(source: Source, series: Sequence[Series]) -> list[Series]:
    return [one for one in series if one.source == source]


@contextmanager
def _opened(path: Path, *, new: bool) -> Iterator[duckdb.DuckDBPyConnection]:
    """The file, held until the step is done; a new one replaces whatever was there."""
    try:
        if new:
            path.unlink(missing_ok=True)
            path.with_name(path.name + ".wal").unlink(missing_ok=True)
        with duckdb.connect(str(path)) as connection:
            yield connection
    except (duckdb.IOException, OSError) as error:
        problem = f"the demo's warehouse cannot be written: {str(error).splitlines()[0]}"
        hint = "close whatever has the file open, or choose another folder"
        raise WarehouseError(problem, where=str(path), hint=hint) from error
