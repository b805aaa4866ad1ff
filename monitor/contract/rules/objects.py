"""Keywords about objects: which keys there are, and what stands under them. Values that are no objects pass."""

from collections.abc import Callable, Iterator, Mapping
from typing import Any, TypeAlias

from monitor.contract.field import Field, InColumn, InJson, InRow, NoColumn, document_in, name_of_member, not_landed
from monitor.contract.model import Compiled, Declined, Draft, Undecidable, Verdict
from monitor.contract.rules.arrays import whole_number
from monitor.contract.rules.draft import Keyword
from monitor.contract.scope import FALSE, TRUE, Unsaid, all_of, any_of, negated
from monitor.sql import vocabulary as sql
from monitor.sql.regex import unsupported
from monitor.sql.vocabulary import Expr, Operator

Object: TypeAlias = InJson | InRow
_RENAMED = Undecidable("the landing renames keys")
_FLAT = "the object lands flattened"


def object_of(field: Field) -> Object | Verdict:
    """Where the object is: a document, or the columns of its parts."""
    match field:
        case InJson() | InRow():
            return field
        case NoColumn():
            return not_landed(field)
        case InColumn():
            if field.kinds and "object" not in field.kinds:
                return Undecidable(f"speaks of objects; the column is {field.column.native}", vacuous=True)
            if field.kinds <= {"object", "array"} and field.kinds:
                return document_in(field)
            return Undecidable(f"one {field.column.native} column holds objects and more")


def on_objects(compile_it: Callable[[Keyword, Object], Draft]) -> Callable[[Keyword, Field], Draft]:
    """A keyword that only speaks of objects, wherever those are."""

    def compile_anywhere(keyword: Keyword, field: Field) -> Draft:
        found = object_of(field)
        if isinstance(found, InJson | InRow):
            return compile_it(keyword, found)
        return Draft(found, f"has {keyword.name}")

    return compile_anywhere


def is_object(at: Object) -> Expr:
    """True where the value is an object."""
    return at.kind("object") if isinstance(at, InJson) else TRUE


# ── required ────────────────────────────────────────────────────────────────────────────────────────


def absent(at: Object, name: str, schema: Any, keyword: Keyword) -> Expr:
    """True where an object lacks a key; of a landed column, where it is NULL and null is not allowed."""
    member = keyword.scope.child(at, name, schema)
    match member:
        case InJson():
            return sql.Not(member.exists)
        case NoColumn():
            raise Unsaid(not_landed(member))
        case InRow():
            raise Unsaid(Undecidable(_FLAT))
        case InColumn():
            if not isinstance(at, InRow) or not at.whole:
                raise Unsaid(Undecidable("its object is optional and lands flattened"))
            if reason := untold(keyword.scope.types(schema)):
                raise Unsaid(Undecidable(reason))
            return sql.IsNull(member.value)


def untold(types: tuple[str, ...]) -> str:
    """Why NULL in a column does not tell absence; empty where it does."""
    if not types:
        return "null is allowed, as no type is planned, and the landing does not tell null from absent"
    return "may be null, and the landing does not tell null from absent" if "null" in types else ""


@on_objects
def compile_required(keyword: Keyword, at: Object) -> Draft:
    """`required` inside a rule: all the names at once."""
    names = _names(keyword.value)
    if names is None:
        return Draft(Declined("required wants a list of names"), "has required")
    missing = any_of(absent(at, name, _planned(keyword).get(name, {}), keyword) for name in names)
    fails = missing if missing == FALSE else all_of(is_object(at), missing)
    return Draft(Compiled(fails), f"has {', '.join(names) or 'nothing in particular'}")


def _names(value: Any) -> tuple[str, ...] | None:
    if not isinstance(value, list) or not all(isinstance(name, str) for name in value):
        return None
    return tuple(dict.fromkeys(value))


def _planned(keyword: Keyword) -> Mapping[str, Any]:
    properties = keyword.schema.get("properties")
    return properties if isinstance(properties, Mapping) else {}


# ── properties ──────────────────────────────────────────────────────────────────────────────────────


@on_objects
def compile_properties(keyword: Keyword, at: Object) -> Draft:
    """`properties` inside a rule: all of them at once."""
    if not isinstance(keyword.value, Mapping):
        return Draft(Declined("properties wants a mapping"), "has properties")
    arms, words = [], []
    for name, schema in keyword.value.items():
        judged = keyword.scope.judge(schema, keyword.scope.child(at, str(name), schema))
        arms.append(guarded(at, str(name), judged.fails))
        words.append(f"{name} {judged.words}")
    return Draft(Compiled(any_of(arms)), ", ".join(words) or "has any properties")


def guarded(at: Object, name: str, fails: Expr) -> Expr:
    """A predicate about a member; a name that is a number would also name an array's item."""
    return all_of(is_object(at), fails) if name.isdecimal() and fails != FALSE else fails


@on_objects
def compile_additional(keyword: Keyword, at: Object) -> Draft:
    """`additionalProperties`: what stands under keys that neither `properties` nor `patternProperties` names."""
    names = tuple(str(name) for name in _planned(keyword))
    patterns = _patterns(keyword.schema.get("patternProperties", {}))
    sentence = "has no undeclared property"
    if isinstance(at, InRow):
        if keyword.value is False and not patterns and set(names) == set(at.names) and at.others is not None:
            return Draft(Compiled(at.others), sentence)
        return Draft(Undecidable("the landing flattens the object"), sentence)
    if keyword.value is False and not patterns:
        keys = tuple(dict.fromkeys(map(keyword.scope.landed, names)))
        return Draft(Compiled(all_of(is_object(at), sql.HasOtherKeys(at.doc, at.path, keys))), sentence)
    if keyword.scope.naming and (patterns or not isinstance(keyword.value, bool)):
        keys = tuple(dict.fromkeys(map(keyword.scope.landed, names)))
        if patterns:
            return Draft(_RENAMED, sentence)
    else:
        keys = names
    judged = keyword.scope.below().judge(keyword.value, keyword.scope.item(at.loose))
    name = sql.MemberName(keyword.scope.level)
    named: list[Expr] = [sql.Not(sql.OneOf(name, keys))] if keys else []
    named += [sql.Not(sql.Matches(name, pattern)) for pattern in patterns]
    fails = FALSE if judged.fails == FALSE else all_of(*named, judged.fails)
    if keyword.value is not False:
        sentence = f"has further properties of which each {judged.words}"
    return Draft(Compiled(_any_member(at, fails, keyword)), sentence)


@on_objects
def compile_patterns(keyword: Keyword, at: Object) -> Draft:
    """`patternProperties`: what stands under keys that match."""
    sentence = "has patternProperties"
    if not isinstance(keyword.value, Mapping):
        return Draft(Declined("patternProperties wants a mapping"), sentence)
    patterns = _patterns(keyword.value)
    if isinstance(at, InRow):
        return Draft(Undecidable("columns do not have the names that were sent"), sentence)
    if keyword.scope.naming and patterns:
        return Draft(_RENAMED, sentence)
    name = sql.MemberName(keyword.scope.level)
    arms, words = [], []
    for pattern in patterns:
        judged = keyword.scope.below().judge(keyword.value[pattern], keyword.scope.item(at.loose))
        arms.append(FALSE if judged.fails == FALSE else all_of(sql.Matches(name, pattern), judged.fails))
        words.append(f"what matches {pattern} {judged.words}")
    return Draft(Compiled(_any_member(at, any_of(arms), keyword)), ", ".join(words) or sentence)


@on_objects
def compile_names(keyword: Keyword, at: Object) -> Draft:
    """`propertyNames`: a schema of the keys themselves."""
    if isinstance(at, InRow):
        return Draft(Undecidable("columns do not have the names that were sent"), "has propertyNames")
    if keyword.scope.naming and keyword.value is not False:
        return Draft(_RENAMED, "has propertyNames")
    keyword.scope.item(at.loose)  # as deep as a member's value
    judged = keyword.scope.below().judge(keyword.value, name_of_member(keyword.scope.level))
    return Draft(Compiled(_any_member(at, judged.fails, keyword)), f"has only names of which each {judged.words}")


def _any_member(at: InJson, fails: Expr, keyword: Keyword) -> Expr:
    return FALSE if fails == FALSE else sql.AnyMember(at.place, fails, keyword.scope.level)


def _patterns(value: Any) -> tuple[str, ...]:
    """The patterns of `patternProperties`. Raises Unsaid where a warehouse cannot match one."""
    patterns = tuple(str(pattern) for pattern in value) if isinstance(value, Mapping) else ()
    for pattern in patterns:
        if reason := unsupported(pattern):
            raise Unsaid(Declined(reason))
    return patterns


# ── counts ──────────────────────────────────────────────────────────────────────────────────────────


@on_objects
def compile_count(keyword: Keyword, at: Object) -> Draft:
    """`minProperties` and `maxProperties`."""
    least = keyword.name == "minProperties"
    sentence = f"has at {'least' if least else 'most'} {keyword.value} properties"
    bound = whole_number(keyword.value)
    if bound is None:
        return Draft(Declined(f"{keyword.name} wants a whole number from 0"), sentence)
    count = sql.KeyCount(at.place) if isinstance(at, InJson) else _columns_there(keyword, at)
    operator: Operator = "<" if least else ">"
    return Draft(Compiled(sql.Compare(count, operator, sql.Literal(bound))), sentence)


def _columns_there(keyword: Keyword, at: InRow) -> Expr:
    """How many properties a row carries; refused where NULL does not tell absence, or columns are not all known."""
    if (
        not at.whole
        or keyword.schema.get("additionalProperties") is not False
        or set(at.names) != set(_planned(keyword))
    ):
        raise Unsaid(Undecidable("columns do not tell how many properties were sent"))
    missing = tuple(absent(at, name, schema, keyword) for name, schema in _planned(keyword).items())
    return sql.CountTrue(tuple(sql.Not(one) for one in missing))


# ── dependencies ────────────────────────────────────────────────────────────────────────────────────


@on_objects
def compile_dependent(keyword: Keyword, at: Object) -> Draft:
    """`dependentRequired`, `dependentSchemas`, and the drafts' older `dependencies`, which are both."""
    if not isinstance(keyword.value, Mapping):
        return Draft(Declined(f"{keyword.name} wants a mapping"), f"has {keyword.name}")
    arms, words = [], []
    for fails, said in _dependencies(keyword, at):
        arms.append(fails)
        words.append(said)
    return Draft(Compiled(any_of(arms)), "; ".join(words) or "depends on nothing")


def _dependencies(keyword: Keyword, at: Object) -> Iterator[tuple[Expr, str]]:
    planned = _planned(keyword)
    for name, wanted in keyword.value.items():
        listed = (wanted,) if isinstance(wanted, str) and keyword.name == "dependencies" else _names(wanted)
        if listed is not None and keyword.name != "dependentSchemas":
            missing = any_of(absent(at, other, planned.get(other, {}), keyword) for other in listed)
            said = f"has {', '.join(listed) or 'nothing more'} where it has {name}"
        elif keyword.name == "dependentRequired":
            raise Unsaid(Declined("dependentRequired wants lists of names"))
        else:
            judged = keyword.scope.judge(wanted, at)
            missing, said = judged.fails, f"where it has {name}: {judged.words}"
        if missing == FALSE:
            yield FALSE, said
            continue
        lacks = absent(at, str(name), planned.get(name, {}), keyword)
        yield all_of(is_object(at), negated(lacks), missing), said
