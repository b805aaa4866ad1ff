"""Regular expressions once per distinct value, where the catalog tells that a column has few of them.

A scan asks a pattern of every row. Where a column of a million rows holds fifty values it is asked of the fifty,
and each row looks its answer up. That pays only for patterns that cost more than the join: see `_DEAR`.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

import sqlalchemy as sa

from monitor.catalog import Table
from monitor.measure.rows import Rows
from monitor.sql import tree
from monitor.sql import vocabulary as v
from monitor.sql.vocabulary import Expr
from monitor.sql.writer import Element, Writer

_FEW = 1_000
"""Distinct values that may be looked up."""
_EACH = 100
"""Rows that a value stands in, at least, on the average."""
_DEAR = 24
"""Characters of a column's patterns from which they cost more than a join (docs/performance.md)."""


@dataclass(frozen=True, slots=True)
class Lookup:
    """One column and the patterns that are asked of its values."""

    column: str
    asked: tuple[v.Matches, ...]


@dataclass(frozen=True, slots=True)
class Lookups:
    """What a statement looks up instead of asking it of every row."""

    of: tuple[Lookup, ...]
    prefix: str
    """How our own columns begin."""

    @classmethod
    def within(cls, exprs: Iterable[Expr], table: Table, prefix: str) -> "Lookups":
        """The patterns in these expressions that are dear, of columns with few values."""
        asked: dict[str, dict[v.Matches, None]] = {}
        for expr in exprs:
            for column, one in _matches(expr):
                asked.setdefault(column, {})[one] = None
        return cls(
            tuple(
                Lookup(column, tuple(patterns))
                for column, patterns in sorted(asked.items())
                if _has_few(table, column) and sum(len(one.pattern) for one in patterns) >= _DEAR
            ),
            prefix,
        )

    @property
    def instead(self) -> Mapping[Expr, Expr]:
        """What stands for each pattern in the rows that `beside` gives."""
        named: dict[Expr, Expr] = {}
        for n, lookup in enumerate(self.of):
            named |= {one: v.Column(self._answer(n, i)) for i, one in enumerate(lookup.asked)}
        return named

    def beside(self, below: sa.FromClause, rows: Rows) -> sa.FromClause:
        """The rows with the answers beside them: NULL where the value is."""
        joined = below
        for n, lookup in enumerate(self.of):
            answers = self._answers(n, lookup, rows)
            same = rows.writer.same_text(sa.column(lookup.column), sa.column(self._value(n)))
            joined = sa.outerjoin(joined, answers, same)
        return joined

    def _answers(self, n: int, lookup: Lookup, rows: Rows) -> sa.Subquery:
        writer: Writer = rows.writer
        value = writer.expr(v.Column(lookup.column))
        values = rows.values(writer.exact_text(value).label(lookup.column)).distinct()
        told: list[Element] = [
            sa.column(lookup.column).label(self._value(n)),
            *(writer.expr(one).label(self._answer(n, i)) for i, one in enumerate(lookup.asked)),
        ]
        distinct = writer.fence(values).subquery(f"{self.prefix}values{n}")
        return writer.fence(sa.select(*told).select_from(distinct)).subquery(f"{self.prefix}answers{n}")

    def _value(self, n: int) -> str:
        return f"{self.prefix}v{n}"

    def _answer(self, n: int, i: int) -> str:
        return f"{self.prefix}v{n}_{i}"


def _has_few(table: Table, name: str) -> bool:
    column = table.column(name)
    if column is None or column.distinct is None or not table.rows:
        return False
    return column.distinct <= min(_FEW, table.rows / _EACH)


def _matches(expr: Expr) -> Iterator[tuple[str, v.Matches]]:
    """Columns, and the patterns that are asked of them as they are."""
    if isinstance(expr, v.Matches) and isinstance(expr.expr, v.Column):
        yield expr.expr.name, expr
        return
    for part in tree.parts(expr):
        yield from _matches(part)


def replaced(exprs: Sequence[Expr | None], instead: Mapping[Expr, Expr]) -> list[Expr | None]:
    """The expressions with what stands for their patterns."""
    return [None if expr is None else tree.replaced(expr, instead) for expr in exprs]
