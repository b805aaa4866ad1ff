"""Which properties a schema declares, at any depth of objects: its own, and those of what it refers to or includes."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, TypeAlias

from monitor.contract.scope import Scope, Unsaid
from monitor.sql.vocabulary import Path

DEPTH = 12
"""Objects within objects whose properties are rules of their own."""
MOST = 50_000
_ARMS = 8
_IN_ONE = ("if", "then", "else")
_IN_LISTS = ("anyOf", "oneOf")

Layer: TypeAlias = tuple[Mapping[str, Any], Scope]
"""A schema that holds for a value, and what it is read with."""

_Met: TypeAlias = dict[tuple[int, str], int]
"""A schema by its identity and base → how deep it was met."""


@dataclass(frozen=True, slots=True)
class Declared:
    """One property that a schema declares, at any depth of objects."""

    path: Path
    schema: Mapping[str, Any]
    """All that is said of it: where several schemas speak of it, their keywords together."""
    required: bool
    """The object that holds it requires it."""
    types: tuple[str, ...] = ()
    """The planned types; empty where the schema says none."""

    @property
    def always(self) -> bool:
        """Required at the top: no row of the version may lack it."""
        return self.required and len(self.path) == 1


def declared(schema: Any, scope: Scope) -> tuple[Declared, ...]:
    """The properties of a schema, parents before children, in the order they are written."""
    found: list[Declared] = []
    for one in _declared([(schema, scope)], ()):
        found.append(one)
        if len(found) >= MOST:
            break
    return tuple(found)


def layers(schema: Any, scope: Scope) -> Iterator[Layer]:
    """The schemas that hold for a value: the one itself, what it refers to, what `allOf` includes. Each once."""
    return _layers(schema, scope, 0, {})


def _layers(schema: Any, scope: Scope, depth: int, met: _Met) -> Iterator[Layer]:
    if not isinstance(schema, Mapping) or depth > DEPTH or _again(schema, scope, depth, met):
        return
    scope = scope.entered(schema)
    if "$ref" in schema:
        if not scope.dialect.lonely:
            yield schema, scope
        try:
            target, there = scope.target(schema["$ref"])
        except Unsaid:
            return
        yield from _layers(target, there, depth + 1, met)
        if scope.dialect.lonely:
            return
    else:
        yield schema, scope
    if isinstance(schema.get("allOf"), list):
        for arm in schema["allOf"]:
            yield from _layers(arm, scope, depth + 1, met)


def _again(schema: Mapping[str, Any], scope: Scope, depth: int, met: _Met) -> bool:
    """The schema was met before, no deeper: references to references would otherwise be followed without end."""
    at = (id(schema), scope.base)
    if met.get(at, depth + 1) <= depth:
        return True
    met[at] = depth
    return False


def mentioned(schema: Any, scope: Scope) -> Iterator[str]:
    """The names of properties that any part of a schema speaks of, its alternatives included."""
    return _mentioned(schema, scope, 0, {})


def _mentioned(schema: Any, scope: Scope, depth: int, met: _Met) -> Iterator[str]:
    if depth > _ARMS or (isinstance(schema, Mapping) and _again(schema, scope, depth, met)):
        return
    for layer, inner in layers(schema, scope):
        properties = layer.get("properties")
        if isinstance(properties, Mapping):
            yield from (name for name in properties if isinstance(name, str))
        for arm in _arms(layer):
            yield from _mentioned(arm, inner, depth + 1, met)


def _arms(schema: Mapping[str, Any]) -> Iterable[Any]:
    for name in _IN_ONE:
        if name in schema:
            yield schema[name]
    for name in _IN_LISTS:
        if isinstance(schema.get(name), list):
            yield from schema[name]
    for name in ("dependentSchemas", "dependencies"):
        if isinstance(schema.get(name), Mapping):
            yield from schema[name].values()


def _declared(parts: Sequence[tuple[Any, Scope]], path: Path) -> Iterator[Declared]:
    if len(path) >= DEPTH:
        return
    named: dict[str, list[tuple[Any, Scope]]] = {}
    required: set[str] = set()
    met: _Met = {}
    for schema, scope in parts:
        for layer, inner in _layers(schema, scope, 0, met):
            properties, needed = layer.get("properties"), layer.get("required")
            if isinstance(properties, Mapping):
                for name, sub in properties.items():
                    if isinstance(name, str):
                        named.setdefault(name, []).append((sub, inner))
            if isinstance(needed, list):
                required |= {name for name in needed if isinstance(name, str)}
    for name, subs in named.items():
        at = (*path, name)
        yield Declared(at, _together(subs), name in required, _types(subs))
        if any(_has_properties(sub) for sub, _ in subs):
            yield from _declared(subs, at)


def _has_properties(schema: Any) -> bool:
    return isinstance(schema, (dict, Mapping)) and ("properties" in schema or "$ref" in schema or "allOf" in schema)


def _types(subs: Sequence[tuple[Any, Scope]]) -> tuple[str, ...]:
    return next((types for sub, scope in subs if (types := scope.types(sub))), ())


def _together(subs: Sequence[tuple[Any, Scope]]) -> Mapping[str, Any]:
    if len(subs) == 1 and isinstance(subs[0][0], Mapping) and not {"$ref", "allOf"} & subs[0][0].keys():
        return subs[0][0]
    merged: dict[str, Any] = {}
    met: _Met = {}
    for sub, scope in subs:
        for layer, _ in _layers(sub, scope, 0, met):
            for name, value in layer.items():
                both = isinstance(value, Mapping) and isinstance(merged.get(name), Mapping)
                merged[name] = {**merged[name], **value} if both else merged.get(name, value)
    return merged
