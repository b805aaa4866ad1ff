"""`type`: in a column the landed type has already answered, but for whole numbers; in a document it is asked."""

from typing import cast

from monitor.catalog import Family
from monitor.contract.field import Field, InColumn, InJson, NoColumn
from monitor.contract.kinds import KINDS
from monitor.contract.model import Compiled, Declined, Undecidable, Unmeasurable, Verdict
from monitor.contract.rules.draft import Draft, Keyword
from monitor.contract.scope import FALSE, TRUE
from monitor.sql import vocabulary as sql
from monitor.sql.vocabulary import JsonKind


def compile_type(keyword: Keyword, field: Field) -> Draft:
    """`type: integer`, or a list of them."""
    types = tuple(keyword.value) if isinstance(keyword.value, list) else (keyword.value,)
    sentence = f"is {' or '.join(map(str, types))}"
    known = bool(types) and all(isinstance(kind, str) and kind in KINDS for kind in types)
    if not known:
        return Draft(Declined(f"type {keyword.value!r} is not a JSON Schema type"), sentence)
    if isinstance(field, NoColumn):
        return Draft(Unmeasurable(f"column {field.column} has not landed"), sentence)
    if isinstance(field, InColumn):
        return Draft(_inside(types, field) if keyword.scope.inside else _in_column(types, field), sentence)
    kinds = cast("tuple[JsonKind, ...]", tuple(sorted(set(types))))
    return Draft(Compiled(sql.Not(_json(field).kind(*kinds))), sentence)


def _in_column(types: tuple[str, ...], field: InColumn) -> Compiled | Undecidable | Unmeasurable:
    if not field.fits:
        return Unmeasurable(field.misfit)
    if set(types) == {"null"}:
        return Compiled(sql.Not(sql.IsNull(field.value)))
    if field.family is Family.NUMBER and "integer" in types and "number" not in types:
        return Compiled(sql.Compare(field.value, "<>", sql.Floor(field.value)))
    return Undecidable(f"the column is {field.column.native}: it holds nothing else")


def _inside(types: tuple[str, ...], field: InColumn) -> Verdict:
    """The same as part of a rule, where a column's kind is not told by another rule. NULL passes, as everywhere."""
    allowed = set(types) | ({"integer"} if "number" in types else set())
    held = field.kinds - ({"number"} if field.family is Family.INTEGER else set())
    if held <= allowed or (field.family is Family.NUMBER and "number" in allowed):
        return Compiled(FALSE)
    if field.family is Family.NUMBER and "integer" in allowed:
        return Compiled(sql.Compare(field.value, "<>", sql.Floor(field.value)))
    if not held & allowed:
        return Compiled(TRUE if field.name is not None else sql.Not(sql.IsNull(field.value)))
    return Undecidable(f"one {field.column.native} column holds {' and '.join(sorted(held))} alike")


def _json(field: Field) -> InJson:
    assert isinstance(field, InJson)  # noqa: S101 - an object in columns is answered for before
    return field
