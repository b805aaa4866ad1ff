"""The bounded follow-ups of a scan: naming what is undeclared, and counting duplicated ids.

A scan only counts rows that carry something undeclared. Where it found some, one statement names it: columns by
counting them, keys by listing them, up to a cap, since keys from outside may be without number.
"""

from collections.abc import Iterable, Sequence
from dataclasses import replace
from typing import Protocol

import numpy as np
import sqlalchemy as sa

from monitor.contract.model import BoundTable
from monitor.errors import WarehouseError
from monitor.measure.model import NO_TIME, Counts, Measured, Undeclared
from monitor.measure.read import NAMES_CAP, OTHER, Names, Read
from monitor.measure.rows import Range, Rows
from monitor.sql import tree
from monitor.sql import vocabulary as v
from monitor.sql.writer import Element, Writer
from monitor.values import Row

_ROWS_CAP = 20_000


def undeclared_columns(table: BoundTable, reach: Range, writer: Writer) -> tuple[str, tuple[str, ...]] | None:
    """A statement that counts each undeclared column per series and day, and its columns' names in order."""
    names = tuple(dict.fromkeys(name for version in table.versions for name in version.undeclared_columns))
    if not names:
        return None
    rows = Rows(table, reach, writer)
    day = _day(rows)
    counts = [sa.func.count(sa.column(name)).label(rows.name(f"n{n}")) for n, name in enumerate(names)]
    keys = [rows.col(key) for key in rows.keys if key not in {"hour", "window"}]
    below = rows.base(names).subquery(rows.name("rows"))
    statement = sa.select(*keys, day, *counts).select_from(below).group_by(*_ordinals(len(keys) + 1))
    return writer.compile(statement), names


def undeclared_keys(table: BoundTable, reach: Range, writer: Writer) -> str | None:
    """A statement that lists each key of the documents per series and day, most frequent first."""
    documents: dict[v.Expr, list[int]] = {}
    for index, version in enumerate(table.versions):
        if version.document is not None:
            documents.setdefault(version.document, []).append(index)
    if not documents:
        return None
    rows = Rows(table, reach, writer)
    columns = frozenset().union(*(tree.columns(document) for document in documents))
    below = rows.with_kind(columns)
    arms = [(indexes, *writer.keyed(below, writer.expr(document))) for document, indexes in documents.items()]
    parts = []
    for indexes, sources, key in arms:
        where = rows.of(indexes) if rows.several else sa.true()
        keys = [rows.col(name) for name in rows.keys if name not in {"hour", "window"}]
        parts.append(sa.select(*keys, _day(rows), key.label(rows.name("key"))).select_from(*sources).where(where))
    listed = (parts[0] if len(parts) == 1 else sa.union_all(*parts)).subquery(rows.name("keys"))
    chosen = [rows.col(name) for name in rows.keys if name not in {"hour", "window"}]
    chosen += [rows.col("day"), rows.col("key")]
    count = sa.func.count().label(rows.name("n"))
    statement = (
        sa.select(*chosen, count)
        .select_from(listed)
        .group_by(*_ordinals(len(chosen)))
        .order_by(count.desc(), *_ordinals(len(chosen)))  # a tie at the cap falls the same way each time
        .limit(_ROWS_CAP)
    )
    return writer.compile(statement)


def duplicated_ids(table: BoundTable, reach: Range, writer: Writer) -> str | None:
    """A statement that counts rows whose id another row of the range has already."""
    if table.landed.id is None:
        return None
    rows = Rows(table, reach, writer)
    column = writer.expr(table.landed.id)
    below = rows.base(tree.columns(table.landed.id)).subquery(rows.name("rows"))
    statement = sa.select(sa.func.count(column) - sa.func.count(column.distinct())).select_from(below)
    return writer.compile(statement)


class Ask(Protocol):
    """A way to ask more about the rows that a scan has read."""

    @property
    def table(self) -> BoundTable:
        """What the scan was of."""
        ...

    @property
    def reach(self) -> Range:
        """Which rows it read."""
        ...

    def rows(self, sql: str) -> Sequence[Row]:
        """The answer to a statement over the same range. Raises WarehouseError."""
        ...

    def writer(self) -> Writer:
        """For one statement."""
        ...


def named(measured: Measured, found: Read, ask: Ask) -> Measured:
    """Name what is undeclared where the scan counted some. Where that fails, only the names are missed."""
    if not measured.counts.undeclared.any():
        return measured
    names: list[Undeclared] = []
    asked = 0
    try:
        listed = undeclared_columns(ask.table, ask.reach, ask.writer())
        if listed is not None:
            asked += 1
            names += read_columns(ask.rows(listed[0]), found.names, listed[1], ask.table)
        keys = undeclared_keys(ask.table, ask.reach, ask.writer())
        if keys is not None:
            asked += 1
            names += read_keys(ask.rows(keys), found.names, ask.table)
    except WarehouseError as error:
        missed = (f"what is undeclared could not be named: {error.hint or error.problem}",)
        return replace(measured, queries=measured.queries + asked, missed=missed)
    if ask.reach.share < 1:
        names = _at_most_checked(names, measured.counts)
    # A row that came between the statements may be of a series that the scan has not seen: the next run has it.
    known = tuple(one for one in names if one.series < len(found.series))
    return replace(measured, undeclared=known, queries=measured.queries + asked)


def with_duplicates(measured: Measured, ask: Ask) -> Measured:
    """Count duplicated ids where the landing has an id: over the whole table, whatever its parts."""
    sql = duplicated_ids(ask.table, ask.reach, ask.writer()) if len(measured.counts) else None
    if sql is None:
        return measured
    asked = replace(measured, queries=measured.queries + 1)
    try:
        return replace(asked, duplicates=int(ask.rows(sql)[0][0]))
    except WarehouseError as error:
        missed = f"duplicated ids could not be counted: {error.hint or error.problem}"
        return replace(asked, missed=(*measured.missed, missed))


def read_columns(rows: Iterable[Row], names: Names, columns: Sequence[str], table: BoundTable) -> list[Undeclared]:
    """Decode `undeclared_columns`: only the columns that the row's own version does not declare."""
    foreign = {(version.event, version.version): set(version.undeclared_columns) for version in table.versions}
    found: list[Undeclared] = []
    for row in rows:
        series, version, day, counts = _group(row, names)
        if version is None:
            continue
        mine = foreign[version]
        carried = [(name, n) for name, n in zip(columns, counts, strict=True) if n and name in mine]
        found += [Undeclared(series, day, name, n) for name, n in carried]
    return _added(found)


def read_keys(rows: Iterable[Row], names: Names, table: BoundTable) -> list[Undeclared]:
    """Decode `undeclared_keys`: only keys that the row's own version does not declare, capped in number."""
    declared = {(version.event, version.version): frozenset(version.declared_keys) for version in table.versions}
    seen: set[str] = set()
    found: list[Undeclared] = []
    for row in rows:
        series, version, day, (name, count) = _group(row, names)
        if version is None or name in declared[version]:
            continue
        named = name if name in seen or len(seen) < NAMES_CAP else OTHER
        seen.add(named)
        found.append(Undeclared(series, day, named, count))
    return _added(found)


def _at_most_checked(found: Iterable[Undeclared], counts: Counts) -> list[Undeclared]:
    """Each statement draws rows of its own: no name is in more rows of a day than rules were asked of."""
    days = np.where(counts.hour == NO_TIME, NO_TIME, counts.hour // 24)
    checked: dict[tuple[int, int], int] = {}
    for series, day, rows in zip(counts.series.tolist(), days.tolist(), counts.checked.tolist(), strict=True):
        checked[series, day] = checked.get((series, day), 0) + rows
    bounded = (one._replace(rows=min(one.rows, checked.get((one.series, one.day), 0))) for one in found)
    return [one for one in bounded if one.rows]


def _group(row: Row, names: Names) -> tuple[int, tuple[str, str] | None, int, Row]:
    """A row's series, its planned version, its day, and what was counted."""
    at = 0 if names.map.event is not None else 1
    series, slots = names.resolve(row[0] if at else None, row[at], row[at + 1])
    day = NO_TIME if row[at + 2] is None else int(row[at + 2])
    return series, None if slots is None else (slots.event, slots.version), day, row[at + 3 :]


def _added(found: Iterable[Undeclared]) -> list[Undeclared]:
    together: dict[tuple[int, int, str], int] = {}
    for one in found:
        together[one[:3]] = together.get(one[:3], 0) + one.rows
    return [Undeclared(*key, rows) for key, rows in together.items()]


def _day(rows: Rows) -> Element:
    return sa.cast(sa.func.floor(rows.col("hour") / sa.literal(24.0)), sa.BigInteger).label(rows.name("day"))


def _ordinals(count: int) -> list[Element]:
    return [sa.literal_column(str(n + 1)) for n in range(count)]
