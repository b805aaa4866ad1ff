"""Counting flags in SQL: how many rows break a rule, how many lack a value. Texts in, texts out; pure."""

from collections.abc import Sequence

from monitor.sql import vocabulary as v
from monitor.sql.vocabulary import Expr

_MOST_IN_A_ROW = 200


def null_of(per_version: Sequence[Expr | None]) -> Expr | v.Place | None:
    """The one value whose absence is all that a slot asks for; None: it asks for something else."""
    asked = {expr for expr in per_version if expr is not None}
    match next(iter(asked)) if len(asked) == 1 else None:
        case v.IsNull(value):
            return value
        case v.Not(v.Exists(place)):
            return place
    return None


def any_of(flags: Sequence[str]) -> str:
    """One of them is true. A thousand in a row are as many levels to some parsers: they are grouped."""
    if len(flags) <= _MOST_IN_A_ROW:
        return " OR ".join(flags)
    size = -(-len(flags) // _MOST_IN_A_ROW)
    grouped = [flags[at : at + size] for at in range(0, len(flags), size)]
    return " OR ".join(f"({any_of(group)})" for group in grouped)


def nulls_of(value: str) -> str:
    """Counting values costs a fifth of counting NULLs, and most values are counted anyway: once for both."""
    return f"count(*) - count({value})"


def rows_where(flag: str) -> str:
    """`count(case when …)`: works on every engine, and beats FILTER on DuckDB."""
    return f"count(CASE WHEN {flag} THEN 1 END)"
