"""`required` of a property, and a row's own `type`: where the landing has already answered in part."""

from dataclasses import replace

from monitor.contract.field import InColumn, InJson, InRow, NoColumn, not_landed
from monitor.contract.ground import Ground, Spot
from monitor.contract.model import Compiled, Draft, Stock, Undecidable
from monitor.contract.rules.objects import untold
from monitor.contract.scope import TRUE
from monitor.sql import vocabulary as sql
from monitor.sql.vocabulary import Expr

_STOCK, _TEST = Stock("expect_column_values_to_not_be_null"), Stock("not_null")


def presence(ground: Ground, member: Spot, of: Spot) -> Draft:
    """A property of the object `of` that must be there, wherever it landed."""
    field, says = member.field, "is present"
    if isinstance(field, InRow):
        return Draft(Undecidable("the object lands flattened"), says)
    if isinstance(field, NoColumn):
        return Draft(not_landed(field), says)
    if isinstance(field, InColumn):
        return _in_column(field, member, of)
    if field.alone and (reason := untold(member.types)):
        return Draft(Undecidable(reason), says)
    absent: Expr = sql.Not(field.exists)
    guard = _is_object(ground, of)
    return Draft(Compiled(absent if guard == TRUE else sql.And((guard, absent))), says)


def _is_object(ground: Ground, of: Spot) -> Expr:
    """True where the value whose keys are asked for is an object; a row without any document lacks them all."""
    if of.path:
        holder = of.field if isinstance(of.field, InJson) else ground.holder(of.path)
        return holder.kind("object") if isinstance(holder, InJson) else TRUE
    if not isinstance(of.field, InJson) or set(of.types) == {"object"}:
        return TRUE
    is_object = of.field.kind("object")
    return is_object if of.types else sql.Coalesce((is_object, TRUE))


def _in_column(column: InColumn, member: Spot, of: Spot) -> Draft:
    """It is a column of its own."""
    reason = untold(member.types)
    if of.path and "null" not in member.types:
        reason = "its object is optional and lands flattened"
    if reason:
        return Draft(Undecidable(reason), "is present")
    return Draft(Compiled(sql.IsNull(column.value)), "is present", _STOCK, _TEST)


def no_json_either(draft: Draft, document: InJson) -> Draft:
    """`type` of the whole row fails for text that is no JSON at all, too."""
    if not isinstance(draft.verdict, Compiled) or not isinstance(document.doc, sql.Parsed):
        return draft
    no_json = sql.And((sql.Not(sql.IsNull(document.doc.expr)), sql.IsNull(document.doc)))
    return replace(draft, verdict=Compiled(sql.Or((draft.verdict.fails, no_json))))
