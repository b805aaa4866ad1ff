"""The doctor's look at partitions: rows that lie farther from theirs than the landing's slack are never counted."""

from collections.abc import Iterator, Mapping, Sequence

from monitor.alert.wording import lasted
from monitor.cli.answer import Answer
from monitor.errors import ExitCode, WarehouseError
from monitor.judge.words import count, listed, percent
from monitor.landing.model import LandedTable
from monitor.measure.outside import HOURS, LOOK, Outside, outside, read_outside, span_of
from monitor.sql.engines import writer
from monitor.survey.model import Warehouse

_TABLES = 20
"""Of one landing, that are looked at: those with the newest rows."""
_BYTES = 10_000_000_000
"""That a look at one table may read where the warehouse tells beforehand."""
_WHERE = f"of the last {HOURS} hours, partitions of {LOOK.days} days"


def partitions(
    tables: Sequence[LandedTable], newest: Mapping[str, int], warehouse: Warehouse, most: int | None
) -> Iterator[Answer]:
    """Per landing with `partition`: how many rows no run would see.

    `newest`: table → the hour of its newest row. `most`: bytes that a statement may read, where that is configured.
    """
    by_landing: dict[str, list[LandedTable]] = {}
    for table in tables:
        if table.partition is not None and table.key in newest:
            by_landing.setdefault(table.landing, []).append(table)
    for landing, held in by_landing.items():
        asked = sorted(held, key=lambda table: -newest[table.key])[:_TABLES]
        looked = [(table, _asked(table, newest[table.key], warehouse, min(most or _BYTES, _BYTES))) for table in asked]
        found = [(table, one) for table, one in looked if isinstance(one, Outside)]
        if found:  # of nothing that was looked at, nothing is said to be fine
            yield _answer(landing, found, len(held))
        for table, why in looked:
            if isinstance(why, str):
                hint = "whether rows lie outside the slack is not known: count them yourself, by column and arrival"
                yield Answer("partitions", f"{table.key}: not looked at: {why}", hint=hint)


def _asked(table: LandedTable, newest: int, warehouse: Warehouse, most: int) -> Outside | str:
    """What was found of a table, or why nobody knows."""
    sql = outside(table, span_of(newest), writer(warehouse.engine))
    try:
        size = warehouse.estimate(sql)
        if size is not None and size > most:
            return f"it would read {size:,} bytes, more than {most:,}"
        return read_outside(warehouse.query(sql)[0], table)
    except WarehouseError as error:
        return error.hint or error.problem


def _answer(landing: str, found: Sequence[tuple[LandedTable, Outside]], tables: int) -> Answer:
    rows, lost = sum(one.rows for _, one in found), sum(one.lost for _, one in found)
    scope = f"{len(found)} of {count(tables, 'table')}" if len(found) < tables else count(tables, "table")
    said = f"{landing}: {count(lost, 'row')} of {rows:,} outside the slack ({scope}, {_WHERE})"
    if not lost:
        return Answer("partitions", said)
    bad = [table.key for table, one in found if one.lost]
    said += f": {percent(lost / rows)} are never counted, of {listed(bad)}"
    enough = {one.wider for _, one in found if one.lost}
    widest = max(enough, key=_days)
    if "" in enough:
        hint = (
            f"no slack up to 30d would see them all: name the column that follows the time of arrival in"
            f" landings[{landing.partition(':')[0]}].partition, or leave partition out (each scan then reads them all)"
        )
    else:
        slack = next(table.partition.slack for table, _ in found if table.partition)  # one for the whole landing
        hint = f"set landings[{landing.partition(':')[0]}].partition.slack: {widest} (it is {lasted(slack)})"
    hint += ", then have the rows counted: `trackwarden run --since TIME`"
    return Answer("partitions", said, ExitCode.PARTIAL, hint)


def _days(slack: str) -> int:
    return int(slack.rstrip("d") or 0)
