"""Elements that all engines say alike: constants, sums, texts joined, one of several words; units of time."""

import operator
from collections.abc import Iterable, Sequence
from functools import reduce
from typing import Any, TypeAlias

import sqlalchemy as sa
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.compiler import SQLCompiler
from sqlalchemy.sql.elements import ColumnElement

from monitor.catalog import TableRef
from monitor.sql import vocabulary as v

Element: TypeAlias = ColumnElement[Any]

MICROSECONDS = {"seconds": 1_000_000, "milliseconds": 1_000, "microseconds": 1}
"""A unit of `vocabulary.SinceEpoch` → microseconds in it."""
PER_SECOND = {"seconds": 1, "milliseconds": 1_000, "microseconds": 1_000_000}
"""A unit of `vocabulary.SinceEpoch` → how many a second has."""
MICROSECONDS_PER_HOUR = 3_600_000_000

_EXACT = 2**53
"""Below it every whole number is exactly a float."""

_SHORT = 100
"""Numbers that a sum adds one by one."""


def constant(value: v.Scalar) -> Element:
    """A constant, quoted by SQLAlchemy when the statement is written."""
    if value is None:
        return sa.null()
    if isinstance(value, float):
        return _float(value)
    return sa.literal(value)


def constants(values: Sequence[v.Scalar]) -> Sequence[Any]:
    """What a value is looked for among."""
    # SQLAlchemy quotes a whole list by its first value's type: `(1, 0.5)` would become `(1, 0)`.
    if all(isinstance(value, str) for value in values):
        return values
    return [constant(value) for value in values]


def _float(value: float) -> Element:
    """A float with an exponent: without one it is a decimal, which columns of 128 bits cannot be compared with."""
    if value.is_integer() and abs(value) < _EXACT:
        return sa.literal(int(value))
    text = repr(value)
    return sa.literal_column(text if "e" in text else f"{text}e0")


def counted(predicates: Sequence[Element]) -> Element:
    """How many of these are true: a whole number, never NULL."""
    return total([sa.case((predicate, 1), else_=0) for predicate in predicates])


def total(numbers: Sequence[Element]) -> Element:
    """The sum of numbers, halves in brackets: engines refuse expressions that are as deep as a long sum."""
    if len(numbers) <= _SHORT:
        return reduce(operator.add, numbers, sa.literal(0))
    half = len(numbers) // 2
    return _Bracketed(total(numbers[:half])) + _Bracketed(total(numbers[half:]))


class _Bracketed(ColumnElement[Any]):
    """`(…)`, whatever is in it: SQLAlchemy leaves brackets out of sums of sums."""

    inherit_cache = False

    def __init__(self, inner: Element) -> None:
        self.inner = inner
        self.type = sa.types.Integer()


@compiles(_Bracketed)
def _say_bracketed(element: _Bracketed, compiler: SQLCompiler, **kw: Any) -> str:
    return f"({compiler.process(element.inner, **kw)})"


def joined(parts: Sequence[Element]) -> Element:
    """Texts one after the other; NULL where any is NULL."""
    text = parts[0]
    for part in parts[1:]:
        text = text.op("||")(part)
    return text


def among(found: Element, words: Iterable[str]) -> Element:
    """What was found is one of these words, each named once."""
    wanted = tuple(dict.fromkeys(words))
    return found == wanted[0] if len(wanted) == 1 else found.in_(wanted)


class Sampled(sa.FromClause):
    """A table, and the engine's words for a part of its blocks."""

    inherit_cache = False

    def __init__(self, ref: TableRef, words: str) -> None:
        self.table = sa.table(ref.name, schema=ref.schema or None)
        self.words = words


@compiles(Sampled)
def _say_sampled(element: Sampled, compiler: SQLCompiler, **kw: Any) -> str:
    return f"{compiler.process(element.table, **kw)} {element.words}"
