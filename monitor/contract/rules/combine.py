"""Keywords that put schemas together: `allOf`, `anyOf`, `oneOf`, `not`, `if`, `$ref`.

Each is one rule. Where a part of it is refused, or cannot be decided in that landing, all of it is.
"""

from collections.abc import Sequence

from monitor.contract.field import Field, InColumn, document_in
from monitor.contract.model import Compiled, Declined, Draft
from monitor.contract.rules.draft import Keyword
from monitor.contract.scope import FALSE, Judged, all_of, any_of, shortened, there
from monitor.sql import vocabulary as sql

_WHOLE_DOCUMENTS = frozenset({"array", "object"})


def compile_all(keyword: Keyword, field: Field) -> Draft:
    """`allOf`: fails where any part does."""
    judged = _judged(keyword, field)
    if judged is None:
        return _no_list(keyword)
    return Draft(Compiled(any_of(one.fails for one in judged)), _listed("fits all of", judged))


def compile_any(keyword: Keyword, field: Field) -> Draft:
    """`anyOf`: fails where every part does."""
    judged = _judged(keyword, field)
    if judged is None:
        return _no_list(keyword)
    return Draft(Compiled(all_of(*(one.fails for one in judged))), _listed("fits any of", judged))


def compile_one(keyword: Keyword, field: Field) -> Draft:
    """`oneOf`: fails where none fits, or several do."""
    judged = _judged(keyword, field)
    if judged is None:
        return _no_list(keyword)
    sentence = _listed("fits exactly one of", judged)
    if len(judged) == 1:
        return Draft(Compiled(judged[0].fails), sentence)
    not_fitting = sql.CountTrue(tuple(one.fails for one in judged))
    wrong = sql.Compare(not_fitting, "<>", sql.Literal(len(judged) - 1))
    return Draft(Compiled(all_of(there(as_document(field)), wrong)), sentence)


def compile_not(keyword: Keyword, field: Field) -> Draft:
    """`not`: fails where the value fits."""
    judged = keyword.scope.judge(keyword.value, as_document(field))
    return Draft(Compiled(all_of(there(as_document(field)), judged.fits)), f"is not what {judged.words}")


def compile_if(keyword: Keyword, field: Field) -> Draft:
    """`if` with its `then` and `else`."""
    at = as_document(field)
    asked = keyword.scope.judge(keyword.value, at)
    then = keyword.scope.judge(keyword.schema.get("then", True), at)
    otherwise = keyword.scope.judge(keyword.schema.get("else", True), at)
    sentence = f"where it {asked.words}: {then.words}" if "then" in keyword.schema else f"if {asked.words}"
    if "else" in keyword.schema:
        sentence += f"; elsewhere: {otherwise.words}"
    if then.fails == otherwise.fails:
        return Draft(Compiled(then.fails), shortened(sentence))
    fails = sql.Case(((asked.fails, otherwise.fails),), then.fails)
    return Draft(Compiled(fails), shortened(sentence))


def compile_branch(keyword: Keyword, field: Field) -> Draft:  # noqa: ARG001 - as every keyword
    """`then` and `else`: part of `if`, nothing without it."""
    said = "is part of its if" if "if" in keyword.schema else "stands beside no if and says nothing"
    return Draft(Compiled(FALSE), f"{keyword.name} {said}")


def compile_ref(keyword: Keyword, field: Field) -> Draft:
    """`$ref`: what the schema that it leads to says."""
    schema, scope = keyword.scope.target(keyword.value)
    judged = scope.judge(schema, as_document(field))
    return Draft(Compiled(judged.fails), judged.words)


def as_document(field: Field) -> Field:
    """A column that holds arrays and objects only, as the document that it is; all else as it is."""
    if isinstance(field, InColumn) and field.kinds and field.kinds <= _WHOLE_DOCUMENTS and field.fits:
        return document_in(field)
    return field


def _judged(keyword: Keyword, field: Field) -> Sequence[Judged] | None:
    if not isinstance(keyword.value, list) or not keyword.value:
        return None
    at = as_document(field)
    return [keyword.scope.judge(schema, at) for schema in keyword.value]


def _no_list(keyword: Keyword) -> Draft:
    return Draft(Declined(f"{keyword.name} wants a list of schemas"), f"has {keyword.name}")


def _listed(words: str, judged: Sequence[Judged]) -> str:
    return shortened(f"{words}: {'; '.join(one.words for one in judged)}")
