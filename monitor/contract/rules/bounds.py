"""`minimum`, `maximum` and their exclusive forms: about numbers only."""

from typing import Any

from monitor.catalog import Family
from monitor.contract.field import Field, InColumn, NoColumn
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


def compile_bound(keyword: Keyword, field: Field) -> Draft:
    """A bound; draft 4's boolean `exclusiveMinimum` changes its neighbour and is no rule of its own."""
    name, bound = keyword.name, keyword.value
    if isinstance(bound, bool) and name.startswith("exclusive"):
        return _draft_4(keyword, field)
    if isinstance(bound, bool) or not isinstance(bound, int | float):
        return Draft(Declined(f"{name} wants a number"), f"has {name} {bound}")
    neighbour = keyword.schema.get({"minimum": "exclusiveMinimum", "maximum": "exclusiveMaximum"}.get(name, ""))
    if neighbour is True:
        name = {"minimum": "exclusiveMinimum", "maximum": "exclusiveMaximum"}[name]
    return _bound(name, bound, field)


def _draft_4(keyword: Keyword, field: Field) -> Draft:
    plain = {"exclusiveMinimum": "minimum", "exclusiveMaximum": "maximum"}[keyword.name]
    bound = keyword.schema.get(plain)
    if keyword.value and isinstance(bound, int | float) and not isinstance(bound, bool):
        return _bound(keyword.name, bound, field)
    if keyword.value:
        return Draft(Declined(f"{keyword.name} is true beside no {plain}"), f"has {keyword.name}")
    return Draft(Compiled(sql.Literal(value=False)), f"may reach its {plain}")


def _bound(name: str, bound: float, field: Field) -> Draft:
    operator, words, argument = _FAILS[name]
    sentence = f"{words} {number_text(bound)}"
    if isinstance(field, NoColumn):
        return Draft(Unmeasurable(f"column {field.column} has not landed"), sentence)
    limit = sql.Literal(bound)
    if not isinstance(field, InColumn):
        beyond: Expr = sql.Compare(field.number, operator, limit)
        return Draft(Compiled(sql.And((field.kind("integer", "number"), beyond))), sentence)
    if not field.fits:
        return Draft(Unmeasurable(field.misfit), sentence)
    if field.family not in {Family.INTEGER, Family.NUMBER}:
        return Draft(never_applies("numbers", field.column.native), sentence)
    strict: tuple[tuple[str, Any], ...] = (
        ((f"strict_{argument[:3]}", True),) if name.startswith("exclusive") else ()
    )
    stock = Stock("expect_column_values_to_be_between", ((argument, bound), *strict))
    return Draft(Compiled(sql.Compare(field.value, operator, limit)), sentence, stock)
