"""`minLength` and `maxLength`: code points of a text."""

from monitor.contract.field import Field, InColumn, InJson, NoColumn, not_landed
from monitor.contract.model import Compiled, Declined, Stock
from monitor.contract.rules.draft import Draft, Keyword, never_applies, no_text
from monitor.sql import vocabulary as sql
from monitor.sql.vocabulary import Operator

_MOST = 2**62


def compile_length(keyword: Keyword, field: Field) -> Draft:
    """A bound on the number of code points."""
    shortest = keyword.name == "minLength"
    sentence = f"has at {'least' if shortest else 'most'} {keyword.value} characters"
    bound = keyword.value
    if isinstance(bound, float) and bound.is_integer():
        bound = int(bound)
    if isinstance(bound, bool) or not isinstance(bound, int) or bound < 0:
        return Draft(Declined(f"{keyword.name} wants a whole number from 0"), sentence)
    limit = sql.Literal(min(bound, _MOST))
    operator: Operator = "<" if shortest else ">"
    if isinstance(field, NoColumn):
        return Draft(not_landed(field), sentence)
    if isinstance(field, InJson):
        outside = sql.Compare(sql.Length(field.text), operator, limit)
        return Draft(Compiled(sql.And((field.kind("string"), outside))), sentence)
    if not isinstance(field, InColumn):
        return Draft(never_applies("texts", "flattened"), sentence)
    if verdict := no_text(field):
        return Draft(verdict, sentence)
    argument = "min_value" if shortest else "max_value"
    stock = Stock("expect_column_value_lengths_to_be_between", ((argument, bound),)) if field.plain else None
    return Draft(Compiled(sql.Compare(sql.Length(field.value), operator, limit)), sentence, stock)
