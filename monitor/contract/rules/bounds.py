"""`minimum`, `maximum` and their exclusive forms: about numbers only."""

from math import isfinite
from typing import Any

from monitor.catalog import Family
from monitor.contract.field import Field, InColumn, InJson, NoColumn, not_landed
from monitor.contract.model import Compiled, Declined, Stock, Unmeasurable
from monitor.contract.rules.draft import Draft, Keyword, never_applies, number_text
from monitor.sql import vocabulary as sql
from monitor.sql.vocabulary import Expr, Operator

_FAILS: dict[str, tuple[Operator, str, str]] = {
    "minimum": ("<", "is at least", "min_value"),
    "maximum": (">", "is at most", "max_value"),
    "exclusiveMinimum": ("<=", "is above", "min_value"),
    "exclusiveMaximum": (">=", "is below", "max_value"),
}
_STRICT = {"minimum": "exclusiveMinimum", "maximum": "exclusiveMaximum"}
_PLAIN = {strict: plain for plain, strict in _STRICT.items()}

EXACT = 2**53
"""Below it every whole number is exactly a float; from it on whole numbers are compared as such."""
LARGEST = 10**38
"""From it on a whole number is only compared as a float."""


def compile_bound(keyword: Keyword, field: Field) -> Draft:
    """A bound; draft 4's boolean `exclusiveMinimum` sharpens its neighbour and is no rule of its own."""
    name, bound = keyword.name, keyword.value
    if isinstance(bound, bool) and name in _PLAIN:
        return _draft_4(keyword)
    if not is_number(bound):
        return Draft(Declined(f"{name} wants a number"), f"has {name} {bound}")
    if keyword.schema.get(_STRICT.get(name, "")) is True:
        name = _STRICT[name]
    return _bound(name, bound, field)


def is_number(value: Any) -> bool:
    """A number that warehouses count with: no truth value, no infinity, nothing beyond a float."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        return False
    try:
        return isfinite(float(value))
    except OverflowError:
        return False


def _draft_4(keyword: Keyword) -> Draft:
    plain = _PLAIN[keyword.name]
    if not keyword.value:
        return Draft(Compiled(sql.Literal(value=False)), f"may reach its {plain}")
    if not is_number(keyword.schema.get(plain)):
        return Draft(Declined(f"{keyword.name} is true beside no {plain}"), f"has {keyword.name}")
    return Draft(Compiled(sql.Literal(value=False)), f"does not reach its {plain}: see there")


def _bound(name: str, bound: float, field: Field) -> Draft:
    operator, words, argument = _FAILS[name]
    sentence = f"{words} {number_text(bound)}"
    if isinstance(field, NoColumn):
        return Draft(not_landed(field), sentence)
    if isinstance(field, InJson):
        beyond = _beyond(field, operator, bound)
        return Draft(Compiled(sql.And((field.kind("integer", "number"), beyond))), sentence)
    if not isinstance(field, InColumn):
        return Draft(never_applies("numbers", "flattened"), sentence)
    if not field.fits:
        return Draft(Unmeasurable(field.misfit), sentence)
    if field.family not in {Family.INTEGER, Family.NUMBER}:
        return Draft(never_applies("numbers", field.column.native), sentence)
    strict: tuple[tuple[str, bool], ...] = ((f"strict_{argument[:3]}", True),) if name in _PLAIN else ()
    stock = Stock("expect_column_values_to_be_between", ((argument, bound), *strict))
    return Draft(
        Compiled(sql.Compare(field.value, operator, sql.Literal(in_column(bound, field.family)))), sentence, stock
    )


def _beyond(field: InJson, operator: Operator, bound: float) -> Expr:
    as_float = sql.Compare(field.number, operator, sql.Literal(constant(bound)))
    if not EXACT <= abs(bound) < LARGEST:
        return as_float
    whole = sql.Whole(field.text)
    exact = sql.Compare(whole, operator, sql.Literal(int(bound)))
    return sql.Case(((sql.Not(sql.IsNull(whole)), exact),), as_float)


def constant(value: float) -> float:
    """A planned number as engines read it: whole numbers of more than 38 digits are floats."""
    return value if abs(value) < LARGEST else float(value)


def in_column(value: float, family: Family) -> float:
    """A planned number as columns of a family compare with it: large ones as whole numbers or as floats."""
    if abs(value) < EXACT:
        return value
    return int(value) if family is Family.INTEGER and abs(value) < LARGEST else float(value)
