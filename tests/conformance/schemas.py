"""Schemas of any draft in every keyword that compiles, and instances that are near what they say."""

import json
from collections.abc import Callable, Mapping
from decimal import Decimal
from typing import Any, TypeAlias

import jsonschema
from hypothesis import strategies as st
from jsonschema.validators import extend

from tests.property.oracle import DRAFTS, PATTERNS

Schema: TypeAlias = Any
KINDS = ("string", "number", "integer", "boolean", "null", "array", "object")
KEYS = ("a", "b", "c", "a/b", "~", "", "é", "0", 'q"', "a.b", "😀")
KEY_PATTERNS = ("^a", "b$", "é|ü", r"^\w+$", "", "^[^@]+$")
NEW = frozenset(uri for uri in DRAFTS if "2019" in uri or "2020" in uri)
OLDEST = "http://json-schema.org/draft-04/schema#"
NEWEST = "https://json-schema.org/draft/2020-12/schema"
BEFORE_7 = frozenset({OLDEST, "http://json-schema.org/draft-06/schema#"})
DIVISORS = (1, 2, 0.5, 0.1, 0.01, 3, 1e-8, 7.5, 10**18)

NUMBERS = st.one_of(
    st.integers(-3, 4),
    st.sampled_from(
        [0.5, 1.0, -0.0, 1.5, 0.1, 0.3, 2.5, 1e22, 1e-7, 2**53, 2**53 + 1, -(2**53) - 1, 2**63, 2**64 + 1, 10**30,
         10**37 + 1, 10**18, 12391239123, 0.30000000000000004, 100, 1e16, 22.5]
    ),
)  # fmt: skip
TEXTS = st.one_of(
    st.sampled_from(
        ["", "a", "ab", "abc", "é", "😀", "a\x00b", "\x00", "é😀a", "null", "true", "1", "[1]", '{"a": 1}', '"', "\\",
         "ABC", "12", "\u2028", "👩‍👩‍👧", "\ufeff"]
    ),
    st.text(max_size=4).filter(lambda text: not any("\ud800" <= char <= "\udfff" for char in text)),
)  # fmt: skip
SCALARS = st.one_of(st.none(), st.booleans(), NUMBERS, TEXTS)
VALUES = st.recursive(
    SCALARS,
    lambda below: st.one_of(st.lists(below, max_size=4), st.dictionaries(st.sampled_from(KEYS), below, max_size=4)),
    max_leaves=8,
)


@st.composite
def schemas(draw: st.DrawFn, uri: str, depth: int = 3) -> Schema:
    """A schema of a draft, without its `$schema`."""
    if uri != OLDEST and draw(st.integers(0, 9)) == 0:
        return draw(st.booleans())
    schema: dict[str, Any] = {}
    if draw(st.integers(0, 3)) == 0:
        kinds = draw(st.lists(st.sampled_from(KINDS), min_size=1, max_size=3, unique=True))
        schema["type"] = kinds[0] if len(kinds) == 1 else kinds
    parts: list[Callable[[str, int], st.SearchStrategy[Any]]] = [of_numbers, of_texts, of_values]
    if depth:
        parts += [of_arrays, of_objects, of_objects, combined, combined]
    for part in draw(st.lists(st.sampled_from(parts), min_size=1, max_size=2)):
        schema |= draw(part(uri, depth))
    return schema


@st.composite
def of_numbers(draw: st.DrawFn, uri: str, _depth: int) -> Schema:
    name = draw(st.sampled_from(["minimum", "maximum", "multipleOf"]))
    if name == "multipleOf":
        return {name: draw(st.sampled_from(DIVISORS))}
    bound = draw(NUMBERS)
    strict = "exclusive" + name.capitalize()
    if uri == OLDEST:
        return {name: bound, strict: draw(st.booleans())}
    return {draw(st.sampled_from([name, strict])): bound}


@st.composite
def of_texts(draw: st.DrawFn, _uri: str, _depth: int) -> Schema:
    name = draw(st.sampled_from(["minLength", "maxLength", "pattern"]))
    return {name: draw(st.sampled_from(sorted(PATTERNS)) if name == "pattern" else st.sampled_from([0, 1, 2, 3.0]))}


@st.composite
def of_values(draw: st.DrawFn, uri: str, _depth: int) -> Schema:
    if uri != OLDEST and draw(st.booleans()):
        return {"const": draw(VALUES)}
    return {"enum": draw(st.lists(VALUES, min_size=1, max_size=3))}


@st.composite
def of_arrays(draw: st.DrawFn, uri: str, depth: int) -> Schema:
    below = schemas(uri, depth - 1)
    words = ["items", "minItems", "maxItems", "uniqueItems", "uniqueItems"]
    words += ["contains"] * (uri != OLDEST) + ["prefixItems"] * (uri == NEWEST) + ["tuple"] * (uri != NEWEST)
    word = draw(st.sampled_from(words))
    if word in {"minItems", "maxItems"}:
        return {word: draw(st.sampled_from([0, 1, 2, 3]))}
    if word == "uniqueItems":
        return {word: True}
    if word == "contains":
        counts = {name: draw(st.integers(0, 3)) for name in ("minContains", "maxContains") if draw(st.booleans())}
        return {word: draw(below), **(counts if uri in NEW else {})}
    if word == "prefixItems":
        rest = {"items": draw(below)} if draw(st.booleans()) else {}
        return {word: draw(st.lists(below, min_size=1, max_size=2)), **rest}
    if word == "tuple":
        more = {"additionalItems": draw(st.one_of(st.booleans(), below))} if draw(st.booleans()) else {}
        return {"items": draw(st.lists(below, min_size=1, max_size=2)), **more}
    return {word: draw(below)}


@st.composite
def of_objects(draw: st.DrawFn, uri: str, depth: int) -> Schema:  # noqa: PLR0911 - a return per keyword
    below, key = schemas(uri, depth - 1), st.sampled_from(KEYS)
    names = st.lists(key, min_size=1, max_size=2, unique=True)
    word = draw(st.sampled_from(["properties", "closed", "required", "patterns", "names", "count", "dependent"]))
    if word in {"properties", "closed"}:
        schema: dict[str, Any] = {"properties": draw(st.dictionaries(key, below, min_size=1, max_size=3))}
        if word == "closed":
            schema["additionalProperties"] = draw(st.one_of(st.just(value=False), below))
            if draw(st.booleans()):
                schema["patternProperties"] = {draw(st.sampled_from(KEY_PATTERNS)): draw(below)}
        return schema
    if word == "required":
        return {word: draw(names)}
    if word == "patterns":
        return {
            "patternProperties": draw(st.dictionaries(st.sampled_from(KEY_PATTERNS), below, min_size=1, max_size=2))
        }
    if word == "names" and uri != OLDEST:
        return {"propertyNames": draw(below)}
    if word == "count":
        return {draw(st.sampled_from(["minProperties", "maxProperties"])): draw(st.integers(0, 3))}
    wanted = {draw(key): draw(names)}
    if uri in NEW:
        return {"dependentRequired": wanted} if draw(st.booleans()) else {"dependentSchemas": {draw(key): draw(below)}}
    return {"dependencies": {**wanted, draw(key): draw(below)}}


@st.composite
def combined(draw: st.DrawFn, uri: str, depth: int) -> Schema:
    below = schemas(uri, depth - 1)
    words = ["allOf", "anyOf", "oneOf", "not", "$ref"] + ["if"] * (uri not in BEFORE_7)
    word = draw(st.sampled_from(words))
    if word == "not":
        return {word: draw(below)}
    if word == "if":
        branches = {name: draw(below) for name in ("then", "else") if draw(st.booleans())}
        return {word: draw(below), **branches}
    if word == "$ref":
        return {word: f"#/definitions/{draw(st.integers(0, 1))}"}
    return {word: draw(st.lists(below, min_size=1, max_size=3))}


@st.composite
def whole(draw: st.DrawFn) -> Schema:
    """A schema of some draft with the definitions that its references lead to."""
    uri = draw(st.sampled_from(sorted(DRAFTS)))
    schema = draw(schemas(uri).filter(lambda found: isinstance(found, dict)))
    definitions = {
        str(n): draw(schemas(uri, 1).filter(lambda found: "$ref" not in json.dumps(found))) for n in range(2)
    }
    if "$ref" in schema and uri not in NEW:
        schema = {"allOf": [schema]}
    return {"$schema": uri, "definitions": definitions, **schema}


def near(schema: Any) -> list[Any]:
    """Values that some part of a schema speaks of."""
    if isinstance(schema, list):
        return [value for part in schema for value in near(part)]
    if not isinstance(schema, Mapping):
        return []
    found = [*schema.get("enum", ())] + ([schema["const"]] if "const" in schema else [])
    for name in ("minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum", "multipleOf"):
        bound = schema.get(name)
        if isinstance(bound, int | float) and not isinstance(bound, bool):
            found += [bound, bound * 3 if name == "multipleOf" else bound + 1]
    found += [value for name, part in schema.items() if name not in {"enum", "const"} for value in near(part)]
    return found


@st.composite
def instances(draw: st.DrawFn, schema: Any) -> list[Any]:
    """Rows for a schema: what it speaks of, in arrays and objects as deep as it speaks."""
    close = near(schema)
    leaf = st.one_of(st.sampled_from(close), VALUES) if close else VALUES
    value = st.recursive(
        leaf,
        lambda below: st.one_of(st.lists(below, max_size=4), st.dictionaries(st.sampled_from(KEYS), below, max_size=4)),
        max_leaves=6,
    )
    return [json.loads(json.dumps(one)) for one in draw(st.lists(value, min_size=6, max_size=14))]


def _pattern(_validator: Any, pattern: str, instance: Any, _schema: Any) -> Any:
    if isinstance(instance, str) and not PATTERNS[pattern].search(instance):
        yield jsonschema.ValidationError("does not match")


def _pattern_properties(validator: Any, patterns: Mapping[str, Any], instance: Any, _schema: Any) -> Any:
    if isinstance(instance, dict):
        for pattern, schema in patterns.items():
            for key, value in instance.items():
                if named(pattern, key):
                    yield from validator.descend(value, schema)


def _additional(validator: Any, schema: Any, instance: Any, around: Mapping[str, Any]) -> Any:
    if isinstance(instance, dict):
        for key, value in instance.items():
            known = key in around.get("properties", {})
            if not known and not any(named(pattern, key) for pattern in around.get("patternProperties", {})):
                yield from validator.descend(value, schema)


def named(pattern: str, key: str) -> bool:
    """The library searches with Python's `re`, whose `$` and `\\w` are not ECMA's."""
    plain = {"^a": key.startswith("a"), "b$": key.endswith("b"), "": True, "é|ü": "é" in key or "ü" in key}
    if pattern in plain:
        return plain[pattern]
    if pattern == "^[^@]+$":
        return bool(key) and "@" not in key
    return bool(key) and all(char.isascii() and (char.isalnum() or char == "_") for char in key)


def _multiple_of(_validator: Any, divisor: Any, instance: Any, _schema: Any) -> Any:
    """As decimals: the library divides floats."""
    if isinstance(instance, int | float) and not isinstance(instance, bool):
        steps = Decimal(repr(instance)) / Decimal(repr(divisor))
        if steps != steps.to_integral_value():
            yield jsonschema.ValidationError("is not a multiple")


def validator(schema: Mapping[str, Any]) -> Any:
    """The library's validator of the schema's draft, with ECMA's patterns and decimal multiples."""
    own = {
        "pattern": _pattern,
        "multipleOf": _multiple_of,
        "patternProperties": _pattern_properties,
        "additionalProperties": _additional,
    }
    return extend(DRAFTS[schema["$schema"]], own)(schema)  # type: ignore[no-untyped-call]
