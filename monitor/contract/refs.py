"""What a `$ref` means: inside its own document, or in a document that was brought along. Nothing is fetched.

Base URIs follow `$id` (draft 4: `id`) as each draft has it; a JSON pointer is walked from the root of its resource.
Sources: JSON Schema core 8.2 (2020-12), 8.3 (draft 7); RFC 3986 5.2, RFC 6901.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from monitor.contract.drafts import Dialect, dialect
from monitor.contract.uri import joined, split, unescaped

_IN_ONE = frozenset(
    {
        "additionalItems", "additionalProperties", "contains", "else", "if", "items", "not", "propertyNames", "then",
        "unevaluatedItems", "unevaluatedProperties", "contentSchema",
    }
)  # fmt: skip
_IN_LISTS = frozenset({"allOf", "anyOf", "oneOf", "items", "prefixItems"})
_IN_MAPS = frozenset({"$defs", "definitions", "dependencies", "dependentSchemas", "patternProperties", "properties"})
_MOST = 50_000
_DEPTH = 200


@dataclass(frozen=True, slots=True)
class Target:
    """A schema that something refers to."""

    schema: Any
    base: str
    """What the references around it are relative to: an `$id` of its own is not in it yet."""
    dialect: Dialect


class Unresolved(Exception):  # noqa: N818 - a verdict, not a fault
    """A reference that leads nowhere known; says why."""


class Resolver:
    """The references of one document. Its schemas are indexed when the first reference is met."""

    def __init__(self, root: Any, documents: Mapping[str, Any] | None = None) -> None:
        self._root, self._documents = root, documents or {}
        self._spoken = dialect(root)
        self._resources: dict[str, Target] | None = None
        self._anchors: dict[str, Target] = {}
        self._left = _MOST

    def resolve(self, reference: str, base: str) -> Target:
        """The schema that a reference means. Raises Unresolved with the reason."""
        place, fragment = split(joined(base, reference))
        if fragment and not fragment.startswith("/"):
            found = self._index() and self._anchors.get(f"{place}#{unescaped(fragment)}")
            if not found:
                found = self._brought(place) and self._anchors.get(f"{place}#{unescaped(fragment)}")
            if not found:
                raise Unresolved(f"$ref {reference!r}: there is no such anchor")
            return found
        resource = self._index().get(place) or self._brought(place)
        if resource is None:
            raise Unresolved(f"$ref {reference!r} leads outside the schema")
        return _walk(resource, fragment, reference)

    def moved(self, schema: Mapping[str, Any], base: str, spoken: Dialect) -> str:
        """What the references inside a schema are relative to, if they were relative to `base` around it."""
        return _base(schema, base, spoken)

    def _index(self) -> dict[str, Target]:
        if self._resources is None:
            self._resources = {}
            # A root may be asked for by the empty URI and by its own.
            self._resources[""] = Target(self._root, "", self._spoken)
            self._take(self._root, "", self._spoken)
        return self._resources

    def _brought(self, place: str) -> Target | None:
        """A document that was brought along, indexed under the URI that it was brought by."""
        if place not in self._documents or self._resources is None:
            return None
        document = self._documents[place]
        spoken = dialect(document, self._spoken)
        self._resources.setdefault(place, Target(document, place, spoken))
        self._take(document, place, spoken)
        return self._resources[place]

    def _take(self, schema: Any, base: str, spoken: Dialect, depth: int = 0) -> None:
        if not isinstance(schema, Mapping) or depth > _DEPTH:
            return
        self._left -= 1
        if self._left < 0:
            raise Unresolved("the schema is too large to look for references in it")
        if spoken.lonely and "$ref" in schema and depth:
            return
        spoken = dialect(schema, spoken)
        target = Target(schema, base, spoken)
        base = _base(schema, base, spoken)
        assert self._resources is not None  # noqa: S101 - made before anything is taken
        said = schema.get(spoken.identifier)
        if depth == 0 or (isinstance(said, str) and not said.startswith("#")):
            self._resources.setdefault(base, target)
        for anchor in _anchors(schema, spoken):
            self._anchors.setdefault(f"{base}#{anchor}", target)
        for below in _below(schema):
            self._take(below, base, spoken, depth + 1)


def _anchors(schema: Mapping[str, Any], spoken: Dialect) -> Iterator[str]:
    said = schema.get(spoken.identifier)
    if spoken.lonely or spoken.identifier == "id":
        if isinstance(said, str) and "#" in said and said.partition("#")[2]:
            yield said.partition("#")[2]
        return
    for name in ("$anchor", "$dynamicAnchor"):
        if isinstance(schema.get(name), str):
            yield schema[name]
    if isinstance(said, str) and said.startswith("#") and len(said) > 1:
        yield said[1:]


def _base(schema: Any, base: str, spoken: Dialect) -> str:
    said = schema.get(spoken.identifier) if isinstance(schema, Mapping) else None
    if not isinstance(said, str) or said.startswith("#") or (spoken.lonely and "$ref" in schema):
        return base
    return split(joined(base, said))[0]


def _below(schema: Mapping[str, Any]) -> Iterator[Any]:
    """Where schemas stand in a schema: not in `enum`, `const`, `default` or `examples`."""
    for name, value in schema.items():
        if name in _IN_ONE and isinstance(value, Mapping):
            yield value
        elif name in _IN_LISTS and isinstance(value, list):
            yield from value
        elif name in _IN_MAPS and isinstance(value, Mapping):
            yield from value.values()


def _walk(resource: Target, fragment: str, reference: str) -> Target:
    found, around, spoken = resource.schema, resource.base, resource.dialect
    for raw in fragment.split("/")[1:]:
        around = _base(found, around, spoken)
        key = unescaped(raw).replace("~1", "/").replace("~0", "~")
        if isinstance(found, Mapping) and key in found:
            found = found[key]
        elif isinstance(found, list) and key.isdecimal() and int(key) < len(found):
            found = found[int(key)]
        else:
            raise Unresolved(f"$ref {reference!r} points at nothing")
        spoken = dialect(found, spoken)
    return Target(found, around, spoken)
