"""What every engine has to answer to the vocabulary: expressions and their answers, tried on engines that run.

DuckDB's own tests stand in tests/unit/sql/test_duckdb.py; these cases are for engines whose JSON is their own.
"""

import json
from collections.abc import Iterator
from typing import Any, TypeAlias

from monitor.catalog import Family
from monitor.sql import vocabulary as v

Asked: TypeAlias = tuple[str, v.Expr, object]
"""What is asked in words, the expression, the answer."""

HOSTILE = (
    'quo"te', "it's", "a;--", "`tick`", "%s", "100%", "%(x)s", ":colon", "?", "$1", "${spark.master}", "{x}", "{a:b}",
    "é", "😀", "a.b", "a/b", "~1", "[0]", "back\\slash", "\\", "\\n", "*", " ", "\n", "'; drop table canary; --",
    "`; drop table canary; --", "select", "a\u2028b", "'\"",
)  # fmt: skip

_KINDS: tuple[v.JsonKind, ...] = ("null", "boolean", "integer", "number", "string", "array", "object")
_VALUES = {
    "null": ("null",), "true": ("boolean",), "1": ("integer", "number"), "1.0": ("integer", "number"),
    "1e2": ("integer", "number"), "-0.0": ("integer", "number"), "1e400": ("integer", "number"), "1.5": ("number",),
    "18446744073709551616": ("integer", "number"), '"18446744073709551616"': ("string",), '""': ("string",),
    '"[1]"': ("string",), "[]": ("array",), "{}": ("object",), "123456789012345678.5": ("number",),
}  # fmt: skip
_REPEATED = {
    "[1, 1.0]": True, "[1, true]": False, '["1", 1]': False, "[[1], [1.0]]": True, "[[1], [2]]": False, "[]": False,
    '{"a": 1}': False, '[{"a": 1, "b": 2}, {"b": 2.0, "a": 1}]': True, "[0, -0.0]": True, "[1e2, 100]": True,
    "[9007199254740993, 9007199254740992]": False, "[null, null]": True, '["a", "\\u0061"]': True,
    '[[{"a": {"x": 1, "y": [1]}}], [{"a": {"y": [1.0], "x": 1}}]]': True,
}  # fmt: skip
_MULTIPLES = (
    ("1.10", "0.01", True), ("1.105", "0.01", False), ("3", "3", True), ("9007199254740993", "2", False),
    ("x", "2", None), ("0.0000001", "1e-8", True), ("1e-50", "0.1", False), ("0", "5", True),
)  # fmt: skip


def doc(value: Any) -> v.Expr:
    """A text read as a document."""
    return v.Parsed(v.Literal(value if isinstance(value, str) else json.dumps(value)))


def at(value: Any, *path: str) -> v.At:
    """A place in it."""
    return v.At(doc(value), path)


def asked() -> Iterator[Asked]:
    """All questions with their answers."""
    for value, kinds in _VALUES.items():
        for kind in _KINDS:
            place = at(f'{{"a": {value}}}', "a")
            yield f"{value} is of kind {kind}", v.Is(place, (kind,)), kind in kinds
    yield "1.0 is no integer in draft 4", v.Is(at('{"a": 1.0}', "a"), ("integer",), loose=False), False
    yield "nor among items", v.AnyItem(at("[1.0]"), v.Is(v.Item(), ("integer",), loose=False)), False
    for text, repeats in _REPEATED.items():
        yield f"{text} repeats", v.Repeats(at(text)), repeats
    for text, divisor, is_one in _MULTIPLES:
        yield f"{text} is a multiple of {divisor}", v.MultipleOf(v.Literal(text), divisor), is_one
    yield from _absent()
    yield from _nested()
    yield from _texts()


def _absent() -> Iterator[Asked]:
    nothing = v.At(v.Parsed(v.TryCast(v.Literal(None), Family.TEXT)), ("a",))
    yield "no document has no kind", v.Is(nothing, ("string",)), None
    yield "and nothing is there", v.Exists(nothing), False
    yield "an absent key has no kind", v.Is(at("{}", "a"), ("string",)), None
    yield "JSON null is there", v.Exists(at('{"a": null}', "a")), True
    yield "and has no text", v.Text(at('{"a": null}', "a")), None
    yield "what is no JSON is NULL", v.IsNull(doc("{bad")), True
    yield "also where it begins well", v.IsNull(doc('{"a": 1} x')), True
    yield "also a lone surrogate", v.IsNull(doc('{"a": "\\ud83d"}')), True
    yield "white space before a brace", v.Is(at(' \n{"a": 1}'), ("object",)), True
    yield "a key is no index", v.Exists(at("[1]", "0")), False
    for name in HOSTILE:
        yield f"the key {name!r}", v.Text(at({name: {name: "x"}, "other": 1}, name, name)), "x"
        yield f"not the key {name!r}", v.Exists(at({"other": 1}, name)), False
        yield f"the constant {name!r}", v.Literal(name), name


def _nested() -> Iterator[Asked]:
    inner = v.AnyItem(v.Item(0), v.Is(v.Item(1), ("string",)), 1)
    yield "an item of an item", v.AnyItem(at([[1], [2, "x"]]), inner), True
    yield "no such item", v.AnyItem(at([[1], [2]]), inner), False
    yield "a string is no array", v.AnyItem(at('"[1]"'), v.Literal(True)), False
    yield "from the second on", v.AnyItem(at(["x", 1]), v.Is(v.Item(), ("string",)), 0, 1), False
    yield "counted items", v.CountItems(at([1, "x", None]), v.Is(v.Item(), ("string", "null"))), 2
    yield "no items of an object", v.CountItems(at({}), v.Literal(True)), None
    yield "how many items", v.ItemCount(at([1, None])), 2
    yield "how many items an object has", v.ItemCount(at({"a": 1})), None
    yield "how many keys, one twice", v.KeyCount(at('{"a":1,"a":2,"b":3}')), 2
    yield "how many keys an array has", v.KeyCount(at([1])), None
    named = v.And((v.Matches(v.MemberName(), "^y"), v.Is(v.Item(), ("string",))))
    yield "a member by name and value", v.AnyMember(at({"x1": 1, "y": "s"}), named), True
    yield "an array has no members", v.AnyMember(at([1]), v.Literal(True)), False
    yield "the second item", v.Text(v.Nth(at([1, "b"]), 1)), "b"
    yield "no third item", v.Exists(v.Nth(at([1, "b"]), 2)), False
    yield "objects have no first item", v.Exists(v.Nth(at({"a": 1}), 0)), False
    yield "inside an item", v.Text(v.At(v.Document(v.Nth(at([{"a": {"b": "c"}}]), 0)), ("a", "b"))), "c"
    yield "another key", v.HasOtherKeys(doc({"a": 1, "b": 2}), (), ("a",)), True
    yield "no keys in an array", v.HasOtherKeys(doc([1]), (), ("a",)), False
    yield "nothing is declared", v.HasOtherKeys(doc({"a": 1}), (), ()), True
    for wrapped in ([{"a": 1}], [[{"a": 1}]], {"a": 1}):
        yield f"{wrapped} unwrapped", v.Text(v.At(v.Unwrapped(doc(wrapped)), ("a",))), "1"
    yield "two are not wrapped", v.Text(v.At(v.Unwrapped(doc([{"a": 1}, {}])), ("a",))), None


def _texts() -> Iterator[Asked]:
    large = "12345678901234567890123456789012345678"
    yield "38 digits", v.Whole(v.Literal(large)), int(large)
    yield "39 digits", v.Whole(v.Literal(large + "9")), None
    yield "a fraction is rounded", v.Whole(v.Literal("1.6")), 2
    yield "compared beyond 64 bits", v.Compare(v.Whole(v.Literal(str(2**64 + 1))), ">", v.Literal(2**64)), True
    yield "no number", v.TryCast(v.Literal("x"), Family.NUMBER), None
    yield "no such day", v.IsNull(v.TryCast(v.Literal("2026-02-30"), Family.DATE)), True
    yield "such a day", v.IsNull(v.TryCast(v.Literal("2028-02-29"), Family.DATE)), False
    yield "a time without a day", v.TryCast(v.Literal("10:00"), Family.TIMESTAMP), None
    before = v.TryCast(v.Literal("1969-12-31T23:59:59.5Z"), Family.TIMESTAMP)
    yield "the hour before 1970", v.EpochHour(before), -1
    yield "a zone counts", v.EpochHour(v.TryCast(v.Literal("1970-01-01T03:00:00+02:00"), Family.TIMESTAMP)), 1
    yield "seconds since", v.EpochHour(v.SinceEpoch(v.Literal(7200), "seconds")), 2
    yield "the second part", v.SplitPart(v.Literal("a.b"), ".", 2), "b"
    yield "no third part", v.SplitPart(v.Literal("a.b"), ".", 3), ""
    yield "captured", v.Captured(v.Literal("v12"), "v([0-9]+)"), "12"
    yield "not captured", v.Captured(v.Literal("x"), "v([0-9]+)"), None
    yield "code points", v.Length(v.Literal("é😀")), 2
    yield "leading code points", v.Leading(v.Literal("é😀x"), 2), "é😀"
    yield "a NUL is a character", v.Length(v.Literal("a\0b")), 3
    yield "$ is the very end", v.Matches(v.Literal("a\n"), "^a$"), False
    yield "a dot is a code point", v.Matches(v.Literal("😀"), "^.$"), True
    yield "a dot is no line end", v.Matches(v.Literal("a\nb"), "a.b"), False
    yield "digits are ASCII", v.Matches(v.Literal("٣"), r"^\d$"), False
    yield "a backslash", v.Matches(v.Literal("a\\b"), r"^a\\b$"), True
    yield "zero is minus zero", v.OneOf(v.TryCast(v.Literal("-0.0"), Family.NUMBER), (0, 1)), True
    yield "kinds of constants", v.OneOf(v.TryCast(v.Literal("0.5"), Family.NUMBER), (1, 0.5)), True
