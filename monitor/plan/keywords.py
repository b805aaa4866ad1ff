"""What the keywords of JSON Schema hold, and where a schema holds further schemas.

Sources: the meta-schemas of draft 4, 6, 7, 2019-09 and 2020-12. A position decides what a key is:
below `properties` the key `$ref` is a property's name, below `enum` it is data.
"""

from collections.abc import Iterator, Mapping
from typing import Any, TypeAlias

Path: TypeAlias = tuple[str | int, ...]
"""Keys and list positions from a document's root to one of its values."""

TYPES = ("array", "boolean", "integer", "null", "number", "object", "string")

ONE_SCHEMA = frozenset(
    {
        "additionalItems", "additionalProperties", "contains", "contentSchema", "else", "if", "items", "not",
        "propertyNames", "then", "unevaluatedItems", "unevaluatedProperties",
    }
)  # fmt: skip
SCHEMA_LIST = frozenset({"allOf", "anyOf", "items", "oneOf", "prefixItems"})
NAMED_SCHEMAS = frozenset(
    {"$defs", "definitions", "dependencies", "dependentSchemas", "patternProperties", "properties"}
)
COUNTS = frozenset(
    {
        "maxContains", "maxItems", "maxLength", "maxProperties",
        "minContains", "minItems", "minLength", "minProperties",
    }
)  # fmt: skip
NUMBERS = frozenset({"exclusiveMaximum", "exclusiveMinimum", "maximum", "minimum", "multipleOf"})
TEXTS = frozenset({"$comment", "$ref", "$schema", "contentEncoding", "contentMediaType", "format", "pattern"})
FLAGS = frozenset({"deprecated", "pii", "readOnly", "uniqueItems", "writeOnly"})
ANNOTATIONS = frozenset(
    {"$comment", "default", "deprecated", "description", "examples", "pii", "readOnly", "title", "writeOnly"}
)
"""Keywords that say something about a value and demand nothing of it; `pii` is ours."""
OTHERS = frozenset(
    {
        "$anchor", "$dynamicAnchor", "$dynamicRef", "$id", "$recursiveAnchor", "$recursiveRef", "$vocabulary",
        "const", "dependentRequired", "enum", "id", "required", "type",
    }
)  # fmt: skip
KNOWN = ONE_SCHEMA | SCHEMA_LIST | NAMED_SCHEMAS | COUNTS | NUMBERS | TEXTS | FLAGS | ANNOTATIONS | OTHERS
"""Every keyword of any draft that we respect."""


def is_draft_4(schema: Mapping[str, Any]) -> bool:
    """Whether its `$schema` says draft 3 or 4, as Iglu's self-describing schemas do."""
    said = schema.get("$schema")
    return isinstance(said, str) and any(word in said for word in ("draft-04", "draft-03", "self-desc"))


def ref_hides_siblings(schema: Mapping[str, Any]) -> bool:
    """Whether keywords beside a `$ref` are ignored: up to draft 7; without a `$schema` they count."""
    said = schema.get("$schema")
    return is_draft_4(schema) or (isinstance(said, str) and ("draft-06" in said or "draft-07" in said))


def children(schema: Mapping[str, Any]) -> Iterator[tuple[Path, Any]]:
    """The schemas directly inside one schema, each with its path from there; malformed ones too."""
    for key, value in schema.items():
        if isinstance(value, dict):
            if key in ONE_SCHEMA:
                yield (key,), value
            elif key in NAMED_SCHEMAS:
                for name, held in value.items():
                    if not (key == "dependencies" and isinstance(held, list)):
                        yield (key, name), held
        elif isinstance(value, list) and key in SCHEMA_LIST:
            for place, held in enumerate(value):
                yield (key, place), held


def walk(schema: Mapping[str, Any]) -> Iterator[tuple[Path, Mapping[str, Any]]]:
    """The schema itself and every schema below it, in document order; `true` and `false` have no keywords."""
    waiting: list[tuple[Path, Any]] = [((), schema)]
    while waiting:
        path, here = waiting.pop()
        if isinstance(here, dict):
            yield path, here
            waiting.extend(reversed([((*path, *more), below) for more, below in children(here)]))


def types(schema: Mapping[str, Any]) -> tuple[str, ...]:
    """The types a schema names; empty where it names none."""
    said = schema.get("type", ())
    return (said,) if isinstance(said, str) else tuple(said)


def pointer(path: Path) -> str:
    """The path as a JSON pointer.

    >>> pointer(("properties", "a/b", 0))
    '/properties/a~1b/0'
    """
    return "".join("/" + str(part).replace("~", "~0").replace("/", "~1") for part in path)
