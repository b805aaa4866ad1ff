"""Keywords about arrays: how many items, which, whether they repeat. Values that are no arrays pass."""

from collections.abc import Callable, Sequence
from typing import Any, TypeAlias

from monitor.contract.field import Field, InColumn, InJson, InRow, NoColumn, array_in, not_landed
from monitor.contract.model import Compiled, Declined, Draft, Undecidable, Unmeasurable, Verdict
from monitor.contract.rules.draft import Keyword
from monitor.contract.scope import FALSE, all_of, any_of, negated
from monitor.sql import vocabulary as sql
from monitor.sql.vocabulary import Expr, Operator

_MOST = 2**62
_IN_ARRAY: TypeAlias = Callable[[Keyword, InJson], Draft]


def array_of(field: Field) -> InJson | Verdict:
    """Where the array is, or why its items cannot be asked for: a column holds it as a list or as JSON text."""
    match field:
        case InJson():
            return field
        case NoColumn():
            return not_landed(field)
        case InRow():
            return Undecidable("speaks of arrays; the object lands flattened", vacuous=True)
        case InColumn():
            return Unmeasurable(field.misfit) if not field.fits else array_in(field)


def nth(array: InJson, index: int) -> InJson:
    """Where the item at an index is."""
    place = sql.Nth(array.place, index)
    return InJson(place, sql.Document(place), (), array.loose)


def whole_number(value: Any) -> int | None:
    """A whole number from 0, `2.0` too; None where the value is none."""
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    return min(value, _MOST) if isinstance(value, int) and not isinstance(value, bool) and value >= 0 else None


def on_arrays(compile_it: _IN_ARRAY) -> Callable[[Keyword, Field], Draft]:
    """A keyword that only speaks of arrays, wherever those are."""

    def compile_anywhere(keyword: Keyword, field: Field) -> Draft:
        array = array_of(field)
        return (
            compile_it(keyword, array) if isinstance(array, InJson) else Draft(array, _sentence(keyword, keyword.value))
        )

    return compile_anywhere


def _sentence(keyword: Keyword, value: Any) -> str:
    words = {"minItems": f"has at least {value} items", "maxItems": f"has at most {value} items"}
    words |= {"uniqueItems": "repeats no item", "contains": "contains such an item"}
    return words.get(keyword.name, f"has {keyword.name}")


@on_arrays
def compile_count(keyword: Keyword, array: InJson) -> Draft:
    """`minItems` and `maxItems`."""
    sentence, bound = _sentence(keyword, keyword.value), whole_number(keyword.value)
    if bound is None:
        return Draft(Declined(f"{keyword.name} wants a whole number from 0"), sentence)
    operator: Operator = "<" if keyword.name == "minItems" else ">"
    return Draft(Compiled(sql.Compare(sql.ItemCount(array.place), operator, sql.Literal(bound))), sentence)


@on_arrays
def compile_unique(keyword: Keyword, array: InJson) -> Draft:
    """`uniqueItems: true`."""
    if not isinstance(keyword.value, bool):
        return Draft(Declined("uniqueItems wants true or false"), "repeats no item")
    if not keyword.value:
        return Draft(Compiled(FALSE), "may repeat items")
    return Draft(Compiled(sql.Repeats(array.place)), "repeats no item")


@on_arrays
def compile_items(keyword: Keyword, array: InJson) -> Draft:
    """`items`: one schema for all items (from 2020-12 on: for those after `prefixItems`), or a list of them."""
    if isinstance(keyword.value, list):
        if not _positional(keyword):
            return Draft(Declined(f"items wants a schema in {keyword.scope.dialect.name}"), "has items")
        return _prefix(keyword, keyword.value, array)
    return _rest(keyword, array, _prefixed(keyword))


@on_arrays
def compile_prefix(keyword: Keyword, array: InJson) -> Draft:
    """`prefixItems`: a schema per position."""
    if not isinstance(keyword.value, list):
        return Draft(Declined("prefixItems wants a list of schemas"), "has prefixItems")
    return _prefix(keyword, keyword.value, array)


@on_arrays
def compile_additional(keyword: Keyword, array: InJson) -> Draft:
    """`additionalItems`: the schema of items after a list of them; beside one schema, or none, it says nothing."""
    items = keyword.schema.get("items")
    if not isinstance(items, list):
        return Draft(Compiled(FALSE), "has no further items: items is no list")
    return _rest(keyword, array, len(items))


def _positional(keyword: Keyword) -> bool:
    return "additionalItems" in keyword.scope.dialect.keywords


def _prefixed(keyword: Keyword) -> int:
    """How many items `prefixItems` speaks of, where the draft knows it."""
    prefix = keyword.schema.get("prefixItems")
    return len(prefix) if isinstance(prefix, list) and "prefixItems" in keyword.scope.dialect.keywords else 0


def _prefix(keyword: Keyword, schemas: Sequence[Any], array: InJson) -> Draft:
    judged = [keyword.scope.judge(schema, nth(array, index)) for index, schema in enumerate(schemas)]
    words = "; ".join(f"item {index} {one.words}" for index, one in enumerate(judged, 1))
    is_array = array.kind("array")
    fails = any_of(one.fails for one in judged)
    return Draft(Compiled(fails if fails == FALSE else all_of(is_array, fails)), f"has items: {words or 'any'}")


def _rest(keyword: Keyword, array: InJson, start: int) -> Draft:
    after = f" after item {start}" if start else ""
    if keyword.value is False:
        more = sql.Compare(sql.ItemCount(array.place), ">", sql.Literal(start))
        return Draft(Compiled(more), f"has no item{after}")
    scope = keyword.scope
    judged = scope.below().judge(keyword.value, scope.item(array.loose))
    fails: Expr = FALSE if judged.fails == FALSE else sql.AnyItem(array.place, judged.fails, scope.level, start)
    return Draft(Compiled(fails), f"has only items of which each{after} {judged.words}")


# ── contains ────────────────────────────────────────────────────────────────────────────────────────


@on_arrays
def compile_contains(keyword: Keyword, array: InJson) -> Draft:
    """`contains`: at least one item fits; none needs to where `minContains` is 0."""
    fits, words = _fitting(keyword, array)
    if _known(keyword, "minContains") == 0:
        return Draft(Compiled(FALSE), f"may contain an item that {words}")
    found = sql.AnyItem(array.place, fits, keyword.scope.level)
    return Draft(Compiled(all_of(array.kind("array"), sql.Not(found))), f"contains an item that {words}")


@on_arrays
def compile_contains_count(keyword: Keyword, array: InJson) -> Draft:
    """`minContains` and `maxContains`: how many items fit `contains`; without it they say nothing."""
    least = keyword.name == "minContains"
    sentence = f"contains at {'least' if least else 'most'} {keyword.value} such items"
    bound = whole_number(keyword.value)
    if bound is None:
        return Draft(Declined(f"{keyword.name} wants a whole number from 0"), sentence)
    if "contains" not in keyword.schema or (least and bound <= 1):
        return Draft(Compiled(FALSE), sentence)
    fits, words = _fitting(keyword, array)
    count = sql.CountItems(array.place, fits, keyword.scope.level)
    operator: Operator = "<" if least else ">"
    fails = sql.Compare(count, operator, sql.Literal(bound))
    return Draft(Compiled(fails), f"contains at {'least' if least else 'most'} {bound} items each of which {words}")


def _known(keyword: Keyword, name: str) -> int | None:
    return whole_number(keyword.schema.get(name)) if name in keyword.scope.dialect.keywords else None


def _fitting(keyword: Keyword, array: InJson) -> tuple[Expr, str]:
    """The predicate of an item that fits `contains`."""
    scope = keyword.scope
    judged = scope.below().judge(keyword.schema["contains"], scope.item(array.loose))
    return negated(judged.fails), judged.words
