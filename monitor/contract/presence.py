"""`required` of a property in a column, and a row's own `type`: where the landing has already answered in part."""

from dataclasses import replace

from monitor.contract.field import InColumn, InJson
from monitor.contract.ground import Spot
from monitor.contract.model import Compiled, Draft, Stock, Undecidable
from monitor.contract.rules.objects import untold
from monitor.sql import vocabulary as sql

_STOCK, _TEST = Stock("expect_column_values_to_not_be_null"), Stock("not_null")


def present_column(column: InColumn, member: Spot, of: Spot) -> Draft:
    """A property of the object `of` that must be there, and is a column of its own."""
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
