"""`type`: in a column the landed type has already answered, but for whole numbers; in a document it is asked."""

from typing import cast

from monitor.catalog import Family
from monitor.contract.field import KINDS, Field, InColumn, NoColumn
from monitor.contract.model import Compiled, Declined, Undecidable, Unmeasurable
from monitor.contract.rules.draft import Draft, Keyword
from monitor.sql import vocabulary as sql
from monitor.sql.vocabulary import JsonKind


def compile_type(keyword: Keyword, field: Field) -> Draft:
    """`type: integer`, or a list of them."""
    types = tuple(keyword.value) if isinstance(keyword.value, list) else (keyword.value,)
    sentence = f"is {' or '.join(map(str, types))}"
    if not types or not all(isinstance(kind, str) and kind in KINDS for kind in types):
        return Draft(Declined(f"type {keyword.value!r} is not a JSON Schema type"), sentence)
    if isinstance(field, NoColumn):
        return Draft(Unmeasurable(f"column {field.column} has not landed"), sentence)
    if isinstance(field, InColumn):
        return Draft(_in_column(types, field), sentence)
    kinds = cast("tuple[JsonKind, ...]", tuple(sorted(set(types))))
    return Draft(Compiled(sql.Not(field.kind(*kinds))), sentence)


def _in_column(types: tuple[str, ...], field: InColumn) -> Compiled | Undecidable | Unmeasurable:
    if not field.fits:
        return Unmeasurable(field.misfit)
    if set(types) == {"null"}:
        return Compiled(sql.Not(sql.IsNull(field.value)))
    if field.family is Family.NUMBER and "integer" in types and "number" not in types:
        return Compiled(sql.Compare(field.value, "<>", sql.Floor(field.value)))
    return Undecidable(f"the column is {field.column.native}: it holds nothing else")
