"""`enum` and `const`: the value is one of the listed ones, of the listed kind."""

from typing import Any

from monitor.catalog import Family
from monitor.contract.field import Field, InColumn, InJson, NoColumn
from monitor.contract.model import Compiled, Declined, Stock, Undecidable, Unmeasurable, Verdict
from monitor.contract.rules.bounds import EXACT, LARGEST, constant, in_column, is_number
from monitor.contract.rules.draft import Draft, Keyword, number_text
from monitor.sql import vocabulary as sql
from monitor.sql.vocabulary import Expr, Scalar

_SHOWN = 8
_NUMBERS = {Family.INTEGER, Family.NUMBER}


def compile_const(keyword: Keyword, field: Field) -> Draft:
    """`const: USD` is an enum of one."""
    return _one_of([keyword.value], f"is {_word(keyword.value)}", field)


def compile_enum(keyword: Keyword, field: Field) -> Draft:
    """`enum: [USD, EUR]`."""
    if not isinstance(keyword.value, list) or not keyword.value:
        return Draft(Declined("enum wants a list with at least one value"), "is one of nothing")
    words = [_word(value) for value in keyword.value]
    more = f" and {len(words) - _SHOWN} more" if len(words) > _SHOWN else ""
    return _one_of(keyword.value, f"is one of {', '.join(words[:_SHOWN])}{more}", field)


def _one_of(values: list[Any], sentence: str, field: Field) -> Draft:
    if any(isinstance(value, list | dict) for value in values):
        return Draft(Declined("compares arrays or objects"), sentence)
    if any(isinstance(value, int | float) and not isinstance(value, bool) and not is_number(value) for value in values):
        return Draft(Declined("compares a number that no warehouse counts with"), sentence)
    match field:
        case NoColumn():
            return Draft(Unmeasurable(f"column {field.column} has not landed"), sentence)
        case InJson():
            return Draft(Compiled(sql.Not(_json_one_of(values, field))), sentence)
        case InColumn():
            return _column_one_of(values, sentence, field)


def _json_one_of(values: list[Any], field: InJson) -> Expr:
    texts = tuple(value for value in values if isinstance(value, str))
    numbers = [constant(value) for value in values if is_number(value)]
    exact = tuple(int(value) for value in numbers if EXACT <= abs(value) < LARGEST)
    others = tuple(value for value in numbers if not EXACT <= abs(value) < LARGEST)
    truths = tuple("true" if value else "false" for value in values if isinstance(value, bool))
    arms: list[Expr] = []
    if texts:
        arms.append(sql.And((field.kind("string"), sql.OneOf(field.text, texts))))
    if others:
        arms.append(sql.And((field.kind("integer", "number"), sql.OneOf(field.number, others))))
    if exact:
        arms.append(_exactly(exact, field))
    if truths:
        arms.append(sql.And((field.kind("boolean"), sql.OneOf(field.text, truths))))
    if None in values:
        arms.append(field.kind("null"))
    return arms[0] if len(arms) == 1 else sql.Or(tuple(arms))


def _exactly(values: tuple[int, ...], field: InJson) -> Expr:
    """One of these large whole numbers; NULL where the value is absent, false where it is larger than 38 digits."""
    number = field.kind("integer", "number")
    listed = sql.Coalesce((sql.OneOf(sql.Whole(field.text), values), sql.Literal(value=False)))
    return sql.Case(((number, listed),), number)


def _column_one_of(values: list[Any], sentence: str, field: InColumn) -> Draft:
    if not field.fits:
        return Draft(Unmeasurable(field.misfit), sentence)
    if field.family in {Family.TIMESTAMP, Family.DATE}:
        return Draft(Undecidable(f"the collector turned the text into {field.column.native}"), sentence)
    if field.family in {Family.JSON, Family.OTHER}:
        return Draft(Declined(f"compares values of a {field.column.native} column"), sentence)
    kept = tuple(dict.fromkeys(landed for value in values for landed in _landed(value, field)))
    verdict: Verdict = Compiled(sql.Not(sql.OneOf(field.value, kept)) if kept else sql.Not(sql.IsNull(field.value)))
    if not kept or not field.plain:
        return Draft(verdict, sentence)
    stock = Stock("expect_column_values_to_be_in_set", (("value_set", kept),))
    return Draft(verdict, sentence, stock, Stock("accepted_values", (("values", kept),)))


def _landed(value: Scalar, field: InColumn) -> tuple[Scalar, ...]:
    """The value as the column holds it; nothing where it cannot. A text column of a union holds numbers as text."""
    texts = field.family is Family.TEXT
    if isinstance(value, bool):
        return (
            (str(value).lower(),) if texts and "boolean" in field.types else (value,) * (field.family is Family.BOOLEAN)
        )
    if isinstance(value, int | float):
        if texts:
            return (number_text(value),) if {"integer", "number"} & set(field.types) else ()
        never = field.family is Family.INTEGER and not float(value).is_integer()
        return (in_column(value, field.family),) if field.family in _NUMBERS and not never else ()
    return (value,) if isinstance(value, str) and texts else ()


def _word(value: Any) -> str:
    return "null" if value is None else str(value).lower() if isinstance(value, bool) else str(value)
