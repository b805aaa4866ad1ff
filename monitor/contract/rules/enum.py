"""`enum` and `const`: the value is one of the listed ones, of the listed kind."""

import json
from typing import Any

from monitor.catalog import Family
from monitor.contract.field import Field, InColumn, InJson, InRow, NoColumn, document_in, not_landed
from monitor.contract.kinds import kind_of
from monitor.contract.model import Compiled, Declined, Stock, Undecidable, Unmeasurable, Verdict
from monitor.contract.rules.arrays import nth
from monitor.contract.rules.bounds import EXACT, LARGEST, constant, in_column, is_number
from monitor.contract.rules.draft import Draft, Keyword, number_text
from monitor.contract.scope import Scope, all_of, any_of, negated, shortened, there
from monitor.sql import vocabulary as sql
from monitor.sql.vocabulary import Expr, Scalar

_SHOWN = 8
_WHOLE_DOCUMENTS = frozenset({"array", "object"})
_NUMBERS = {Family.INTEGER, Family.NUMBER}


def compile_const(keyword: Keyword, field: Field) -> Draft:
    """`const: USD` is an enum of one."""
    return _one_of([keyword.value], f"is {_word(keyword.value)}", field, keyword.scope)


def compile_enum(keyword: Keyword, field: Field) -> Draft:
    """`enum: [USD, EUR]`."""
    if not isinstance(keyword.value, list) or not keyword.value:
        return Draft(Declined("enum wants a list with at least one value"), "is one of nothing")
    words = [_word(value) for value in keyword.value]
    more = f" and {len(words) - _SHOWN} more" if len(words) > _SHOWN else ""
    return _one_of(keyword.value, f"is one of {', '.join(words[:_SHOWN])}{more}", field, keyword.scope)


def _one_of(values: list[Any], sentence: str, field: Field, scope: Scope) -> Draft:
    if not all(map(_countable, values)):
        return Draft(Declined("compares a number that no warehouse counts with"), sentence)
    if isinstance(field, InColumn) and field.fits and field.kinds and field.kinds <= _WHOLE_DOCUMENTS:
        field = document_in(field)
    match field:
        case NoColumn():
            return Draft(not_landed(field), sentence)
        case InRow():
            return Draft(Undecidable("the object lands flattened"), sentence)
        case InJson():
            return Draft(Compiled(_json_fails(values, field, scope)), sentence)
        case InColumn():
            return _column_one_of(values, sentence, field)


def _countable(value: Any) -> bool:
    if isinstance(value, list | dict):
        return all(map(_countable, value.values() if isinstance(value, dict) else value))
    return isinstance(value, bool) or not isinstance(value, int | float) or is_number(value)


def _json_fails(values: list[Any], field: InJson, scope: Scope) -> Expr:
    scope.budget.spend(len(values))
    nested = [value for value in values if isinstance(value, list | dict)]
    if not nested:
        return sql.Not(_json_one_of(values, field))
    scalars = [value for value in values if not isinstance(value, list | dict)]
    arms = [_json_one_of(scalars, field)] if scalars else []
    return all_of(there(field), negated(any_of([*arms, *(equals(value, field, scope) for value in nested)])))


def equals(value: Any, field: InJson, scope: Scope) -> Expr:
    """True where a JSON value equals a planned one: objects key by key, arrays item by item. NULL is not equal."""
    scope.budget.spend()
    if isinstance(value, list):
        size = sql.Compare(sql.ItemCount(field.place), "=", sql.Literal(len(value)))
        items = (equals(item, nth(field, index), scope) for index, item in enumerate(value))
        return all_of(field.kind("array"), size, *items)
    if isinstance(value, dict):
        size = sql.Compare(sql.KeyCount(field.place), "=", sql.Literal(len(value)))
        members = [equals(item, _member(field, str(key), scope), scope) for key, item in value.items()]
        return all_of(field.kind("object"), size, *members)
    return _json_one_of([value], field)


def _member(field: InJson, key: str, scope: Scope) -> InJson:
    member = scope.child(field, key, {})
    assert isinstance(member, InJson)  # noqa: S101 - a document's member is in the document
    return member


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
    alike = [value for value in values if isinstance(value, list | dict) and kind_of(value) in field.kinds]
    if alike:
        return Draft(
            Undecidable(f"one {field.column.native} column holds text and {kind_of(alike[0])} alike"), sentence
        )
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
    if isinstance(value, list | dict):
        return shortened(json.dumps(value, separators=(",", ":"), default=str))
    return "null" if value is None else str(value).lower() if isinstance(value, bool) else str(value)
