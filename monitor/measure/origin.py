"""The rows of a landed table as something to select from: one table, or several put together.

A table that stands by itself is named, and nothing more. Any other becomes one subquery with exactly the columns that
are asked for, so that engines which bill or read by column read no other.
"""

from collections.abc import Iterable
from datetime import datetime
from typing import Any, TypeAlias

import sqlalchemy as sa

from monitor.catalog import TableRef
from monitor.landing.model import FirstOf, LandedTable, Marks, Origin, Part
from monitor.sql import tree
from monitor.sql.writer import Element, Writer

Bounds: TypeAlias = tuple[Element | None, Element | None]
"""From when (None: from the beginning) and until when rows are asked for, as the statement says it."""

_NTH = "tw_nth"
_MAIN = "tw_main"
_KEY = "tw_key_"


def rows_of(landed: LandedTable, columns: Iterable[str], writer: Writer, bounds: Bounds | None = None) -> sa.FromClause:
    """What to select the landed columns from. `bounds` lets parts be passed over whose rows cannot be within."""
    origin = landed.origin
    if origin is None:
        return _named(landed.table.ref)
    return _Build(origin, frozenset(columns), writer, bounds or (None, None)).source()


def _named(ref: TableRef) -> sa.TableClause:
    return sa.table(ref.name, schema=ref.schema or None)


class _Build:
    """One origin on its way to a subquery."""

    def __init__(self, origin: Origin, columns: frozenset[str], writer: Writer, bounds: Bounds) -> None:
        self.origin, self.writer, self.bounds = origin, writer, bounds
        self.columns = columns
        self.given = {name: one for one in origin.beside for name in _gives(one)}

    def source(self) -> sa.FromClause:
        origin = self.origin
        own = self._own()
        below: sa.FromClause = self._parts(sorted(own)).subquery(_MAIN)
        wanted = [one for one in origin.beside if self.columns & set(_gives(one)) or self._filtered_by(one)]
        chosen: list[Element] = [below.c[name].label(name) for name in sorted(own)]
        joined: Any = below
        for number, one in enumerate(wanted):
            other = self._beside(one, f"tw_beside_{number}")
            pairs = (one.on,) if isinstance(one, Marks) else one.on
            on = [below.c[mine] == other.c[f"{_KEY}{n}"] for n, (mine, _) in enumerate(pairs)]
            joined = joined.outerjoin(other, sa.and_(*on))
            chosen += [other.c[name].label(name) for name in _gives(one)]
        if origin.where is None and not origin.once and origin.not_in is None and not wanted:
            return below
        rows = sa.select(*chosen).select_from(joined)
        if origin.where is not None or origin.not_in is not None or origin.once:
            rows = self._kept(rows.subquery("tw_joined"), chosen)
        return rows.subquery("tw_origin")

    def _own(self) -> set[str]:
        """The columns that the parts themselves must have."""
        origin = self.origin
        own = set(self.columns) | set(origin.once) | ({origin.not_in[0]} if origin.not_in else set())
        own |= tree.columns(origin.where) if origin.where is not None else set()
        own |= {mine for one in origin.beside for mine in _keys(one)}
        own -= self.given.keys()
        if not own:  # a bare count still selects something
            own.add(origin.parts[0].table.columns[0].name)
        return own

    def _filtered_by(self, one: FirstOf | Marks) -> bool:
        where = self.origin.where
        return where is not None and bool(tree.columns(where) & set(_gives(one)))

    def _parts(self, names: list[str]) -> Any:
        arms = [self._part(part, names) for part in self.origin.parts]
        return arms[0] if len(arms) == 1 else sa.union_all(*arms)

    def _part(self, part: Part, names: list[str]) -> sa.Select[Any]:
        there = {column.name for column in part.table.columns}
        chosen: list[Element] = [
            (sa.column(name) if name in there else sa.null()).label(name)  # each part may lack what others have
            for name in names
        ]
        rows = sa.select(*chosen).select_from(_named(part.table.ref))
        since, until = self.bounds
        # Constants against parameters: a part that can hold nothing of the range is not read.
        if since is not None and part.until is not None:
            rows = rows.where(since < self._moment(part.until))
        if until is not None and part.since is not None:
            rows = rows.where(until > self._moment(part.since))
        return rows

    def _moment(self, moment: datetime) -> Element:
        return self.writer.moment(moment)

    def _beside(self, one: FirstOf | Marks, name: str) -> sa.Subquery:
        if isinstance(one, Marks):
            return self._marks(one, name)
        by: list[Element] = [sa.column(f"{_KEY}{n}") for n, _ in enumerate(one.on)]
        held: list[Element] = [sa.column(mine) for _, mine in one.columns]
        nth = sa.func.row_number().over(partition_by=by, order_by=by)
        rows = self._others(one).subquery(f"{name}_all")
        numbered = sa.select(*by, *held, nth.label(_NTH)).select_from(rows).subquery(f"{name}_n")
        chosen = [column for column in numbered.c if column.name != _NTH]
        return sa.select(*chosen).where(numbered.c[_NTH] == 1).subquery(name)

    def _others(self, one: FirstOf) -> Any:
        types = {column.name: column.native for column in one.tables[0].columns}
        arms = []
        for table in one.tables:
            there = {column.name for column in table.columns if column.native == types.get(column.name)}
            keys: list[Element] = [sa.column(theirs).label(f"{_KEY}{n}") for n, (_, theirs) in enumerate(one.on)]
            held: list[Element] = [
                (sa.column(theirs) if theirs in there else sa.null()).label(mine) for theirs, mine in one.columns
            ]
            rows = sa.select(*keys, *held).select_from(_named(table.ref))
            arms.append(self._bounded(rows, one.same_time) if one.same_time else rows)
        return arms[0] if len(arms) == 1 else sa.union_all(*arms)

    def _bounded(self, rows: sa.Select[Any], name: str) -> sa.Select[Any]:
        since, until = self.bounds
        at = self.writer.instant(sa.column(name))
        rows = rows if since is None else rows.where(at >= since)
        return rows if until is None else rows.where(at < until)

    def _marks(self, one: Marks, name: str) -> sa.Subquery:
        key: Element = sa.column(one.on[1])
        marks = [sa.func.max(sa.case((self.writer.expr(predicate), 1))).label(named) for named, predicate in one.marks]
        rows = sa.select(key.label(f"{_KEY}0"), *marks).select_from(_named(one.table))
        return rows.where(self.writer.expr(one.where)).group_by(key).subquery(name)

    def _kept(self, rows: sa.Subquery, chosen: list[Element]) -> sa.Select[Any]:
        origin = self.origin
        names = [column.name for column in chosen]
        if origin.once:
            first: Element = sa.column(origin.once[0])
            nth = sa.func.row_number().over(partition_by=first, order_by=[*map(sa.column, origin.once[1:])] or [first])
            columns: list[Element] = [sa.column(name) for name in names]
            everything: list[Element] = [*columns, nth.label(_NTH)]
            kept = self._filtered(sa.select(*everything).select_from(rows)).subquery("tw_numbered")
            counted = sa.or_(sa.column(_NTH) == 1, first.is_(None))
            return sa.select(*columns).select_from(kept).where(counted)
        held: list[Element] = [sa.column(name) for name in names]
        return self._filtered(sa.select(*held).select_from(rows))

    def _filtered(self, rows: sa.Select[Any]) -> sa.Select[Any]:
        origin = self.origin
        if origin.where is not None:
            rows = rows.where(self.writer.expr(origin.where))
        if origin.not_in is not None:
            name, elsewhere = origin.not_in
            arms = [_one(theirs, "tw_there").select_from(_named(ref)) for ref, theirs in elsewhere]
            there = (arms[0] if len(arms) == 1 else sa.union_all(*arms)).subquery("tw_elsewhere")
            held = sa.select(there.c.tw_there).where(there.c.tw_there.is_not(None))
            rows = rows.where(sa.or_(sa.column(name).is_(None), sa.column(name).not_in(held)))
        return rows


def _gives(one: FirstOf | Marks) -> tuple[str, ...]:
    """The names that stand beside a row."""
    return tuple(name for name, _ in one.marks) if isinstance(one, Marks) else tuple(name for _, name in one.columns)


def _keys(one: FirstOf | Marks) -> tuple[str, ...]:
    return (one.on[0],) if isinstance(one, Marks) else tuple(mine for mine, _ in one.on)


def _one(column: str, name: str) -> sa.Select[Any]:
    chosen: Element = sa.column(column)
    return sa.select(chosen.label(name))
