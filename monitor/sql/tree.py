"""An expression as a tree: what stands directly in it, others put in its place, the columns that it speaks of."""

from collections.abc import Iterator, Mapping
from dataclasses import fields, replace
from functools import lru_cache
from typing import Any

from monitor.sql.vocabulary import Column, Expr


def parts(expr: Expr) -> Iterator[Expr]:
    """The expressions that stand directly in an expression."""
    for part in fields(expr):
        yield from _exprs(getattr(expr, part.name))


def _exprs(value: Any) -> Iterator[Expr]:
    if isinstance(value, tuple):
        for one in value:
            yield from _exprs(one)
    elif hasattr(value, "__dataclass_fields__"):
        yield value


def replaced(expr: Expr, instead: Mapping[Expr, Expr]) -> Expr:
    """The expression with others in the place of those that are named; itself where it holds none of them."""
    if expr in instead:
        return instead[expr]
    held = {part.name: getattr(expr, part.name) for part in fields(expr)}
    changed = {name: new for name, value in held.items() if (new := _replaced(value, instead)) is not value}
    return replace(expr, **changed) if changed else expr


def _replaced(value: Any, instead: Mapping[Expr, Expr]) -> Any:
    if isinstance(value, tuple):
        new = tuple(_replaced(one, instead) for one in value)
        return value if all(one is other for one, other in zip(new, value, strict=True)) else new
    return replaced(value, instead) if hasattr(value, "__dataclass_fields__") else value


@lru_cache(maxsize=200_000)
def columns(expr: Expr) -> frozenset[str]:
    """The landed columns that an expression speaks of."""
    if isinstance(expr, Column):
        return frozenset({expr.name})
    return frozenset().union(*(_inside(getattr(expr, part.name)) for part in fields(expr)))


def _inside(value: object) -> frozenset[str]:
    if isinstance(value, tuple):
        return frozenset().union(*map(_inside, value))
    return columns(value) if hasattr(value, "__dataclass_fields__") else frozenset()
