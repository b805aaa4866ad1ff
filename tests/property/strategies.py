"""Schemas within the keywords that compile, and rows that fit them, nearly fit them, or are hostile."""

import json
from decimal import Decimal
from typing import Any, TypeAlias

from hypothesis import strategies as st

from tests.property.oracle import DRAFTS, PATTERNS

Schema: TypeAlias = dict[str, Any]

NAMES = (
    "currency", "order id", "a.b", 'quo"te', "it's", "sl/ash", "til~de", "per%cent", "$dollar", "é", "😀",
    "back\\slash", "", "*", "0", ":colon", "--;", "tw_f0", "item", "line\nend", "`tick`", "[0]", "?", "~1", "#",
    "a\u2028b",
)  # fmt: skip
TEXTS = (
    "", "a", "abc", "ABC", "ABC\n", "12", "é", "üé", "é😀", "👩‍👩‍👧", "it's\\", 'say "hi"', "a\nc", "axc", "x@y",
    "null", "true", "1", "NULL", "'; drop table canary; --", "$.a", "%s", ":x", "${x}", "{}", "[1]", "\u2028",
    "\xa0x", " x", "ab/y", "\\u0041", "\x00", "a\x00b", "2026-02-28", "2026-02-30", "2024-02-29", "2023-02-29",
    "0000-02-29", "0000-01-31", "2026-13-01", "2026-1-1", "\uff12\uff10\uff12\uff16-01-01", "2026-02-28T10:00:00Z",
    "2026-02-28t10:00:00.123z", "2026-02-28 10:00:00+02:00", "2026-02-30T10:00:00Z", "2026-02-28T24:00:00Z",
    "2026-06-30T23:59:60Z", "2026-02-28T10:00:00", "2026-02-28T10:00:00+0200", "9999-12-31T23:59:59Z",
    "5f0c7d5e-5c5b-4c5b-8c5b-5c5b5c5b5c5b", "5F0C7D5E-5C5B-4C5B-8C5B-5C5B5C5B5C5B",
    "5f0c7d5e5c5b4c5b8c5b5c5b5c5b5c5b", "{5f0c7d5e-5c5b-4c5b-8c5b-5c5b5c5b5c5b}", "a@b.co", "a.b+c@d-e.f",
    "a@b", "a@", "@b", "a b@c", "a@-b", "a..b@c", "a@b@c", "ä@b", "http://a.b/c?d=e#f", "urn:x", "mailto:a@b.c",
    "http:", "//a.b", "http://ä", "http://a b", "1http://a", "http://a/%2", "http://a/%2F",
)  # fmt: skip
NUMBERS = (
    0, 1, -1, 2, 3, 10, 100, 1.0, -0.0, 0.0, 0.5, 1.5, -1.5, 0.1, 0.30000000000000004, 1e308, -1e308, 5e-324,
    1e22, 1e-7, 2**31, 2**53 - 1, 2**53, 2**53 + 1, -(2**53) - 1, 2**63 - 1, 2**63, -(2**63), 2**64 - 1, 2**64,
    2**64 + 1, 10**30, 10**37 + 1, 1e40, 9007199254740993.0, 123456789.123456789,
)  # fmt: skip
ODD: tuple[Any, ...] = (
    None, True, False, [], [1], ["a", None], [[]], [{"a": 1}], {}, {"a": {"b": None}}, {"": 0}, [None],
    [True, 1, "1", 1.0], {"deep": {"deep": {"deep": {"deep": {"deep": [[[[{"deep": 1}]]]]}}}}},
)  # fmt: skip
VALUES: tuple[Any, ...] = (*TEXTS, *NUMBERS, *ODD)
VALUE: st.SearchStrategy[Any] = st.sampled_from(VALUES)
KINDS = ("string", "number", "integer", "boolean", "null", "array", "object")
FORMATS = ("date-time", "date", "uuid", "email", "uri")
BOUNDS = ("minimum", "maximum")
SCALARS = tuple(value for value in VALUES if not isinstance(value, list | dict))


@st.composite
def scalar_keywords(draw: st.DrawFn, *, old: bool) -> Schema:
    """A schema about one value, in any keywords that compile; `old`: draft 4."""
    schema: Schema = {}
    if draw(st.integers(0, 4)):
        kinds = draw(st.lists(st.sampled_from(KINDS), min_size=1, max_size=3, unique=True))
        schema["type"] = kinds[0] if len(kinds) == 1 and draw(st.booleans()) else kinds
    more = draw(st.sets(st.sampled_from(["values", "bound", "length", "pattern", "format"]), max_size=3))
    if "values" in more:
        if not old and draw(st.booleans()):
            schema["const"] = draw(st.sampled_from(SCALARS))
        else:
            schema["enum"] = draw(st.lists(st.sampled_from(SCALARS), min_size=1, max_size=5))
    if "bound" in more:
        schema |= draw(bounds(old=old))
    if "length" in more:
        name = draw(st.sampled_from(["minLength", "maxLength"]))
        schema[name] = draw(st.sampled_from([0, 1, 2, 3, 10]))
    if "pattern" in more:
        schema["pattern"] = draw(st.sampled_from(sorted(PATTERNS)))
    if "format" in more:
        schema["format"] = draw(st.sampled_from(FORMATS))
    return schema


@st.composite
def bounds(draw: st.DrawFn, *, old: bool) -> Schema:
    """A bound in the draft's way of saying it."""
    name = draw(st.sampled_from(BOUNDS))
    bound = draw(st.sampled_from(NUMBERS))
    strict = "exclusive" + name.capitalize()
    if old:
        return {name: bound} | ({strict: draw(st.booleans())} if draw(st.booleans()) else {})
    return {draw(st.sampled_from([name, strict])): bound}


@st.composite
def objects(draw: st.DrawFn, *, old: bool, depth: int = 2) -> Schema:
    """The schema of an object: properties of every shape, some required, closed or open."""
    names = draw(st.lists(st.sampled_from(NAMES), min_size=0, max_size=5, unique=True))
    properties: Schema = {}
    for name in names:
        shape = draw(st.integers(0, 9))
        if shape == 0 and depth:
            properties[name] = draw(objects(old=old, depth=depth - 1))
        elif shape == 1:
            properties[name] = {"type": draw(st.sampled_from(["array", ["array", "null"], ["array", "string"]]))}
            properties[name]["items"] = draw(scalar_keywords(old=old))
        elif shape == 2 and not old:
            properties[name] = True
        else:
            properties[name] = draw(scalar_keywords(old=old))
    schema: Schema = {
        "type": "object" if depth == 2 or draw(st.booleans()) else ["object", "null"],
        "properties": properties,
    }
    needed = draw(st.lists(st.sampled_from([*names, "absent"]), max_size=3, unique=True))
    if needed:
        schema["required"] = needed
    if draw(st.booleans()):
        schema["additionalProperties"] = draw(st.sampled_from([False, False, True]))
    return schema


@st.composite
def versions(draw: st.DrawFn) -> Schema:
    """One event version's schema, of any draft."""
    said = draw(st.sampled_from([None, *DRAFTS]))
    schema = draw(objects(old=said is not None and "draft-04" in said))
    return schema if said is None else {"$schema": said, **schema}


def near(schema: Any) -> list[Any]:
    """Values that the schema is about: on, just beside and beyond what it says."""
    if not isinstance(schema, dict):
        return [1]
    found: list[Any] = [*schema.get("enum", ()), *([schema["const"]] if "const" in schema else ())]
    for name in ("minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum"):
        bound = schema.get(name)
        if isinstance(bound, int | float) and not isinstance(bound, bool):
            found += [bound, bound + 1, bound - 1]
            exact = (
                Decimal(repr(float(bound))) == bound == int(float(bound))
            )  # else Python's float is not its JSON text
            found += [float(bound)] if exact else []
    for name in ("minLength", "maxLength"):
        if name in schema:
            found += ["é" * schema[name], "😀" * (schema[name] + 1), "x" * max(schema[name] - 1, 0)]
    return found


@st.composite
def instances(draw: st.DrawFn, schema: Any) -> Any:
    """A row for the schema: keys mostly declared, values mostly near what it says."""
    if not isinstance(schema, dict) or ("properties" not in schema and "items" not in schema):
        close = near(schema)
        return draw(VALUE if not close or draw(st.integers(0, 3)) == 0 else st.sampled_from(close))
    if draw(st.integers(0, 7)) == 0:
        return draw(VALUE)
    if "items" in schema:
        items: list[Any] = [draw(instances(schema["items"])) for _ in range(draw(st.integers(0, 4)))]
        return items
    row: dict[str, Any] = {}
    for name, sub in schema["properties"].items():
        if draw(st.integers(0, 4)):
            row[name] = draw(instances(sub))
    for name in draw(st.lists(st.sampled_from([*NAMES, "absent", "a/b/c", "Currency"]), max_size=2)):
        row.setdefault(name, draw(st.sampled_from(VALUES)))
    return row


def landed(row: Any) -> Any:
    """A row as it reads after it went through JSON text."""
    return json.loads(json.dumps(row))
