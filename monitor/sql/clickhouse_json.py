r"""How ClickHouse reads JSON exactly: raw texts, and numbers as they were written.

ClickHouse's functions read numbers into 64 bits: `1.0` comes back as `1`, `18446744073709551616` as a string, and a
document that holds `1e400` is no document at all. So before it is read, a document that holds such a number (few do,
and one look tells) has all its numbers written as strings behind a mark, `"\u0001#1.0"`, which every function passes
on as they are; `text`, `is_of` and `repeats` know the mark. Whoever sends strings that begin with U+0001 and a number
sign has them taken for numbers.
"""

from collections import Counter
from collections.abc import Callable, Sequence
from typing import Any

import sqlalchemy as sa
from sqlalchemy.ext.compiler import compiles

from monitor.sql import vocabulary as v
from monitor.sql.elements import Element
from monitor.sql.spelling import Compiler

_MARK = '"\\u0001#'
"""How a marked number begins, as JSON text."""
_RISKY = r"(^|[:,\[])\s*-?[0-9]+(\.[0-9]*0([^0-9.]|$)|\.[0-9]{15}|[0-9]{18}|[0-9]{14}\.|(\.[0-9]+)?[eE])"
"""A number that would not come back as it was written."""
_TOKENS = r'("(?:[^"\\]|\\.)*")|(-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?(?:[eE][+-]?[0-9]+)?)'
_OPEN, _SHUT = "\x01", "\x02"
"""No JSON text holds these as they are: they mark tokens on the way."""
_MANY = 3
"""From so many keys of one object on, reading all its members once is cheaper than each by name."""
_DEPTH = 6
"""Levels of nesting at which the order of keys does not count for equality."""


class ListOf(sa.sql.expression.ColumnElement[Any]):
    """`[a, b]`, of texts."""

    inherit_cache = False

    def __init__(self, items: Sequence[Element]) -> None:
        self.items = tuple(items)
        self.type = sa.types.ARRAY(sa.types.Text())


class Subscript(sa.sql.expression.ColumnElement[Any]):
    """`many[at]`, from 1; empty text where there is none."""

    inherit_cache = False

    def __init__(self, many: Element, at: Element, *, of_lists: bool = False) -> None:
        self.many, self.at = many, at
        self.type = sa.types.ARRAY(sa.types.Text()) if of_lists else sa.types.Text()


class Lambda(sa.sql.expression.ColumnElement[Any]):
    """`(item0) -> body`."""

    inherit_cache = False

    def __init__(self, names: Sequence[Element], body: Element) -> None:
        self.names, self.body = tuple(names), body
        self.type = sa.types.NullType()


def item(level: int) -> Element:
    """The raw text of the item or member at hand."""
    return sa.literal_column(f"tw_item{level}", sa.Text)


def member(level: int) -> Element:
    """The name of the member at hand."""
    return sa.literal_column(f"tw_name{level}", sa.Text)


def nth(many: Element, position: int) -> Element:
    """An item of a list of texts, from 1; empty text where there is none."""
    return Subscript(many, sa.literal(position))


def begins(raw: Element, sign: str) -> Element:
    """Whether a raw text begins so: `{` for objects, `[` for arrays."""
    return sa.func.startsWith(raw, sign)


def let(name: str, value: Element, body: Callable[[Element], Element]) -> Element:
    """An expression that speaks of a value many times, and holds it once: a statement has a largest size."""
    bound = sa.literal_column(name, sa.Text)
    said = body(bound)
    mapped = sa.func.arrayMap(Lambda((bound,), said), ListOf([value]))
    return Subscript(mapped, sa.literal(1), of_lists=isinstance(said, ListOf))


def parsed(text: Element) -> Element:
    """A text as a document, exact; NULL where it is none."""
    return let("tw_exact", let("tw_text", text, _exact), lambda exact: sa.case((sa.func.isValidJSON(exact), exact)))


def _exact(text: Element) -> Element:
    marked: Element = sa.func.replaceRegexpAll(text, _TOKENS, f"\\1{_OPEN}\\2{_SHUT}")
    for sign, stands_for in ((_OPEN + _SHUT, ""), (_OPEN, _MARK), (_SHUT, '"')):
        marked = sa.func.replaceAll(marked, sign, stands_for)
    marked = sa.case((sa.func.match(text, f"[{_OPEN}{_SHUT}]"), ""), else_=marked)
    return sa.case((sa.func.multiMatchAny(text, ListOf([sa.literal(_RISKY)])), marked), else_=text)


def at(doc: Element, path: v.Path) -> Element:
    """The raw text at a path of a document."""
    return sa.func.JSONExtractRaw(doc, *path)


def of_paths(doc: Element, paths: Sequence[v.Path]) -> Element:
    """A list of the raw texts at many paths of a document, none NULL; the members of an object are read once."""
    siblings = Counter(path[:-1] for path in paths)
    return let(
        "tw_doc",
        sa.func.ifNull(doc, ""),
        lambda there: ListOf([_of_path(there, path, siblings[path[:-1]]) for path in paths]),
    )


def _of_path(doc: Element, path: v.Path, siblings: int) -> Element:
    if not path or siblings < _MANY:
        return at(doc, path)
    listed = sa.func.JSONExtractKeysAndValuesRaw(doc, *path[:-1])
    names, values = sa.func.tupleElement(listed, 1), sa.func.tupleElement(listed, 2)
    return Subscript(values, sa.func.indexOf(names, path[-1]))


def keys(doc: Element, path: v.Path) -> Element:
    """The keys of the object at a path, a repeated one twice; none where there is no object."""
    return sa.func.JSONExtractKeys(sa.func.ifNull(doc, ""), *path)


def size(doc: Element, path: v.Path) -> Element:
    """How many members or items there are at a path."""
    return sa.func.JSONLength(sa.func.ifNull(doc, ""), *path)


def items(raw: Element) -> Element:
    """The raw texts of an array's items; none where it is no array."""
    return sa.func.JSONExtractArrayRaw(sa.func.ifNull(raw, ""))


def members(raw: Element) -> Element:
    """The members of an object, name and raw text; none where it is no object."""
    return sa.func.JSONExtractKeysAndValuesRaw(sa.func.ifNull(raw, ""))


def text(raw: Element) -> Element:
    """A raw text as `vocabulary.Text`: strings without quotes, numbers as written."""
    short = isinstance(raw, Subscript | sa.sql.elements.ColumnClause)
    return _text(raw) if short else let("tw_raw", raw, _text)


def _text(raw: Element) -> Element:
    quoted = begins(raw, '"')
    inside = sa.func.substring(raw, 2, sa.func.length(raw) - 2)
    plain = sa.func.position(raw, "\\") == 0
    return sa.case(
        (sa.and_(quoted, plain), inside),
        (begins(raw, _MARK), _number(raw)),
        (quoted, sa.func.JSONExtractString(raw)),
        (raw.in_(["", "null"]), sa.null()),
        (plain, raw),
        else_=sa.func.replaceRegexpAll(raw, '"\\\\u0001#([^"]*)"', "\\1"),
    )


def texts(held: Element) -> Element:
    """A list of raw texts as a list of texts."""
    one = sa.literal_column("tw_raw", sa.Text)
    return sa.func.arrayMap(Lambda((one,), _text(one)), held, type_=sa.types.ARRAY(sa.types.Text()))


def is_of(raw: Element, kinds: Sequence[v.JsonKind], *, loose: bool) -> Element:
    """Whether a raw text that is there is of one of these kinds."""
    wanted = [kind for kind in kinds if kind != "integer" or "number" not in kinds]
    return sa.or_(*(_is(raw, kind, loose=loose) for kind in wanted))


def _is(raw: Element, kind: v.JsonKind, *, loose: bool) -> Element:  # noqa: PLR0911 - one return per kind
    marked = begins(raw, _MARK)
    unmarked = sa.and_(raw >= "-", raw < ":")  # it begins with a sign or a digit
    match kind:
        case "null":
            return raw == "null"
        case "boolean":
            return raw.in_(["true", "false"])
        case "array":
            return begins(raw, "[")
        case "object":
            return begins(raw, "{")
        case "string":
            return sa.and_(begins(raw, '"'), sa.not_(marked))
        case "number":
            return sa.or_(unmarked, marked)
        case "integer":
            digits = sa.and_(unmarked, sa.not_(sa.func.match(raw, "[.e]")))
            written = _number(raw)
            whole = _whole(written) if loose else sa.not_(sa.func.match(written, "[.eE]"))
            return sa.or_(digits, sa.case((marked, whole), else_=sa.false()))


def _whole(written: Element) -> Element:
    exact, roughly = decimal(written), sa.func.toFloat64OrNull(written)
    beyond = sa.or_(exact.is_(None), sa.and_(exact == 0, roughly != 0))  # more digits than decimals have
    return sa.case((beyond, roughly == sa.func.floor(roughly)), else_=exact == sa.func.floor(exact))


def _number(marked: Element) -> Element:
    return sa.func.substring(marked, len(_MARK) + 1, sa.func.length(marked) - len(_MARK) - 1)


def decimal(text: Element) -> Element:
    """A text as a number of 38 digits before and after the point; NULL where it is none."""
    return sa.func.toDecimal256OrNull(text, 38)


def repeats(raw: Element) -> Element:
    """Whether an array has two items that are equal as JSON."""
    listed = items(raw)
    nested = sa.func.arrayExists(Lambda((item(0),), _container(item(0))), listed)
    same = [sa.func.arrayMap(Lambda((item(0),), _canonical(item(0), depth)), listed) for depth in (0, _DEPTH)]
    flat, deep = (sa.func.length(sa.func.arrayDistinct(one)) < sa.func.length(one) for one in same)
    return sa.case((nested == 1, deep), else_=flat)


def _container(raw: Element) -> Element:
    return sa.or_(begins(raw, "{"), begins(raw, "["))


def _canonical(raw: Element, depth: int) -> Element:
    """A text that equal values share: numbers as decimals, members by name."""
    number = sa.case((begins(raw, _MARK), _number(raw)), else_=raw)
    exact = decimal(number)
    lost = sa.or_(exact.is_(None), exact == 0)
    value = sa.case((lost, sa.func.toString(sa.func.toFloat64OrNull(number) + 0.0)), else_=sa.func.toString(exact))
    spelled = sa.or_(sa.and_(raw >= "-", raw < ":", sa.func.match(raw, "[.e-]")), begins(raw, _MARK))
    scalar = sa.case((spelled, sa.func.ifNull(value, raw)), else_=raw)
    if not depth:
        return scalar
    level = _DEPTH - depth + 1
    name, inner = member(level), item(level)
    unnamed = sa.func.arrayMap(Lambda((inner,), sa.func.tuple("", inner)), items(raw))
    parts = sa.case((begins(raw, "{"), sa.func.arraySort(members(raw))), else_=unnamed)
    said = sa.func.concat(sa.func.toJSONString(name), ":", _canonical(inner, depth - 1))
    listed = sa.func.arrayMap(
        Lambda((name, inner), said), sa.func.tupleElement(parts, 1), sa.func.tupleElement(parts, 2)
    )
    joined = sa.func.concat(sa.func.substring(raw, 1, 1), sa.func.arrayStringConcat(listed, ","))
    return sa.case((_container(raw), joined), else_=scalar)


@compiles(ListOf, "clickhouse")
def _say_list(element: ListOf, compiler: Compiler, **kw: Any) -> str:
    return f"[{', '.join(compiler.process(item, **kw) for item in element.items)}]"


@compiles(Subscript, "clickhouse")
def _say_subscript(element: Subscript, compiler: Compiler, **kw: Any) -> str:
    return f"{compiler.process(element.many, **kw)}[{compiler.process(element.at, **kw)}]"


@compiles(Lambda, "clickhouse")
def _say_lambda(element: Lambda, compiler: Compiler, **kw: Any) -> str:
    names = ", ".join(compiler.process(name, **kw) for name in element.names)
    return f"({names}) -> ({compiler.process(element.body, **kw)})"
