"""Kinds of JSON values: of a value in the plan, and of what a schema lets in."""

from collections.abc import Callable, Mapping
from typing import Any, TypeAlias

KINDS: frozenset[str] = frozenset({"null", "boolean", "integer", "number", "string", "array", "object"})

_KIND_NAMES = (
    (bool, "boolean"),
    (int, "integer"),
    (float, "number"),
    (str, "string"),
    (list, "array"),
    (dict, "object"),
)
_DEPTH = 6
_ALONE = {kind: (kind,) for kind in KINDS}


def kind_of(value: Any) -> str:
    """The kind of a planned value.

    >>> kind_of(1.5), kind_of(None)
    ('number', 'null')
    """
    return next((name for kind, name in _KIND_NAMES if isinstance(value, kind)), "null")


Follow: TypeAlias = Callable[[Mapping[str, Any]], Any]


def types_of(
    schema: Any, follow: Follow = lambda _: None, depth: int = _DEPTH, *, lonely: bool = False
) -> tuple[str, ...]:
    """The kinds that a schema lets in, whatever shape it says them in; empty where it does not say.

    `follow` gives the schema that a `$ref` means, or None; `lonely`: what stands beside a `$ref` is not heard.

    >>> types_of({"type": ["string", "null"]}), types_of({"enum": ["a", 1]})
    (('string', 'null'), ('string', 'integer'))
    >>> types_of({"anyOf": [{"type": "string"}, {"type": "null"}]})
    ('string', 'null')
    """
    if not isinstance(schema, (dict, Mapping)) or not depth:
        return ()
    if lonely and "$ref" in schema:
        return types_of(follow(schema), follow, depth - 1, lonely=lonely)
    written = schema.get("type")
    if type(written) is str:
        return _ALONE.get(written, ())
    if written is not None:
        listed = written if isinstance(written, list) else [written]
        return tuple(kind for kind in listed if isinstance(kind, str) and kind in KINDS)
    if isinstance(schema.get("enum"), list) or "const" in schema:
        values = schema["enum"] if isinstance(schema.get("enum"), list) else [schema.get("const")]
        return tuple(dict.fromkeys(map(kind_of, values)))
    return _through(schema, lambda inner: types_of(inner, follow, depth - 1, lonely=lonely), follow)


def _through(schema: Mapping[str, Any], types: Callable[[Any], tuple[str, ...]], follow: Follow) -> tuple[str, ...]:
    """The kinds that the schemas it is put together of let in."""
    if "$ref" in schema and (found := types(follow(schema))):
        return found
    for name in ("anyOf", "oneOf"):
        if isinstance(schema.get(name), list):
            arms = [types(arm) for arm in schema[name]]
            if arms and all(arms):
                return tuple(dict.fromkeys(kind for arm in arms for kind in arm))
    said = schema["allOf"] if isinstance(schema.get("allOf"), list) else ()
    return next((kinds for arm in said if (kinds := types(arm))), ())
