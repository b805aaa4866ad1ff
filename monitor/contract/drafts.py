"""The drafts of JSON Schema: which keywords each of them knows, and by which words a schema says its draft.

Sources: the meta-schemas of drafts 4, 6, 7, 2019-09 and 2020-12 (https://json-schema.org/specification-links).
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

ANNOTATIONS: frozenset[str] = frozenset(
    {
        "$schema", "$id", "id", "$comment", "$anchor", "$defs", "definitions", "title", "description", "default",
        "examples", "example", "deprecated", "readOnly", "writeOnly", "self", "$supersedes", "$supersededBy", "pii",
        "labels", "$dynamicAnchor", "$recursiveAnchor",
    }
)  # fmt: skip
"""Keywords that say nothing about validity."""

_DRAFT_4 = frozenset(
    {
        "type", "enum", "minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum", "multipleOf", "minLength",
        "maxLength", "pattern", "format", "items", "additionalItems", "minItems", "maxItems", "uniqueItems",
        "properties", "required", "additionalProperties", "patternProperties", "minProperties", "maxProperties",
        "dependencies", "allOf", "anyOf", "oneOf", "not", "$ref",
    }
)  # fmt: skip
_DRAFT_6 = _DRAFT_4 | {"const", "contains", "propertyNames"}
_DRAFT_7 = _DRAFT_6 | {"if", "then", "else", "contentEncoding", "contentMediaType"}
_DRAFT_2019 = (_DRAFT_7 - {"dependencies"}) | {
    "dependentRequired", "dependentSchemas", "minContains", "maxContains", "unevaluatedItems",
    "unevaluatedProperties", "$recursiveRef", "$vocabulary", "contentSchema",
}  # fmt: skip
_DRAFT_2020 = (_DRAFT_2019 - {"additionalItems", "$recursiveRef"}) | {"prefixItems", "$dynamicRef"}

REFUSED: Mapping[str, str] = {
    "$dynamicRef": "a dynamic $ref is not known before there is a row",
    "$recursiveRef": "a recursive $ref has no end",
    "$vocabulary": "vocabularies are not read",
    "unevaluatedItems": "unevaluatedItems looks at what other keywords saw",
    "unevaluatedProperties": "unevaluatedProperties looks at what other keywords saw",
    "contentEncoding": "contentEncoding is not decoded",
    "contentMediaType": "contentMediaType is not decoded",
    "contentSchema": "contentSchema is not decoded",
}
"""Keywords that are known and never compiled, and why."""


@dataclass(frozen=True, slots=True)
class Dialect:
    """What one draft knows."""

    name: str
    keywords: frozenset[str]
    loose: bool = True
    """`1.0` is an integer: from draft 6 on."""
    lonely: bool = False
    """A `$ref` hides its neighbours: before 2019-09."""
    identifier: str = "$id"

    def unknown(self, keyword: str) -> str:
        """Why a keyword means nothing in this draft; empty where it does."""
        if keyword in self.keywords:
            return ""
        known = keyword in _ALL
        return f"{keyword} is not a keyword of {self.name}" if known else f"{keyword} is not a JSON Schema keyword"


_ALL = _DRAFT_2020 | _DRAFT_2019 | _DRAFT_7
ANY = Dialect("any draft", _ALL)
"""Where a schema does not say: every draft's keywords, read as the newest that has them."""
DRAFT_4 = Dialect("draft 4", _DRAFT_4, loose=False, lonely=True, identifier="id")

_BY_MARK: tuple[tuple[str, Dialect], ...] = (
    ("draft-03", DRAFT_4),
    ("draft-04", DRAFT_4),
    ("com.snowplowanalytics.self-desc", DRAFT_4),
    ("draft-06", Dialect("draft 6", _DRAFT_6, lonely=True)),
    ("draft-07", Dialect("draft 7", _DRAFT_7, lonely=True)),
    ("draft/2019-09", Dialect("draft 2019-09", _DRAFT_2019)),
    ("draft/2020-12", Dialect("draft 2020-12", _DRAFT_2020)),
)
_NEWEST = ("http://json-schema.org/schema", "https://json-schema.org/schema")


def dialect(schema: Any, otherwise: Dialect = ANY) -> Dialect:
    """The draft that a schema says; `otherwise` where it says none, or one that nobody knows.

    >>> dialect({"$schema": "http://json-schema.org/draft-07/schema#"}).name, dialect({}).name
    ('draft 7', 'any draft')
    """
    said = schema.get("$schema") if isinstance(schema, Mapping) else None
    if not isinstance(said, str):
        return otherwise
    return next((known for mark, known in _BY_MARK if mark in said), otherwise)


def unknown_draft(schema: Mapping[str, Any]) -> str:
    """Why the schema's `$schema` says nothing; empty where it is absent or one of the drafts."""
    said = schema.get("$schema")
    if said is None or (isinstance(said, str) and said.startswith(_NEWEST)):
        return ""
    if isinstance(said, str) and any(mark in said for mark, _ in _BY_MARK):
        return ""
    return "not a draft of JSON Schema that is known: read as any draft's keywords say"
