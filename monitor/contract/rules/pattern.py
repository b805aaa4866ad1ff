"""`pattern`: a regular expression that must match somewhere in a text."""

from monitor.contract.field import Field, InColumn, InJson, NoColumn, not_landed
from monitor.contract.model import Compiled, Declined
from monitor.contract.rules.draft import Draft, Keyword, never_applies, no_text
from monitor.sql import vocabulary as sql
from monitor.sql.regex import unsupported


def compile_pattern(keyword: Keyword, field: Field) -> Draft:
    """An ECMA 262 pattern; look-around and back-references are refused, as no warehouse has them."""
    sentence = f"matches {keyword.value}"
    if not isinstance(keyword.value, str):
        return Draft(Declined("pattern wants a text"), sentence)
    if reason := unsupported(keyword.value):
        return Draft(Declined(reason), sentence)
    return must_match(keyword.value, sentence, field)


def must_match(pattern: str, sentence: str, field: Field) -> Draft:
    """The rule that a text matches; other kinds of values pass."""
    if isinstance(field, NoColumn):
        return Draft(not_landed(field), sentence)
    if isinstance(field, InJson):
        misses = sql.Not(sql.Matches(field.text, pattern))
        return Draft(Compiled(sql.And((field.kind("string"), misses))), sentence)
    if not isinstance(field, InColumn):
        return Draft(never_applies("texts", "flattened"), sentence)
    if verdict := no_text(field):
        return Draft(verdict, sentence)
    return Draft(Compiled(sql.Not(sql.Matches(field.value, pattern))), sentence)
