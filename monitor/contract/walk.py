"""From a JSON Schema to rules: every keyword of every level gets a verdict, and none is passed over in silence.

A schema is walked twice. `declared` says which properties it declares and where they land; the binder gives
those places positions. `rules` then writes each keyword down as a rule about such a place.
"""

import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any

from monitor.catalog import Family
from monitor.contract.field import KINDS, Field, Flattened, InColumn, InJson, NoColumn
from monitor.contract.model import Compiled, Declined, Rule, Stock, Undecidable, Unmeasurable, Verdict
from monitor.contract.rules import ANNOTATIONS, RULES
from monitor.contract.rules.draft import Draft, Keyword, never_applies
from monitor.sql import vocabulary as sql
from monitor.sql.vocabulary import Expr, Path

_DEPTH = 12
_WALKED = frozenset({"properties", "required", "additionalProperties", "items"})
_VALIDATING = frozenset(
    {
        "multipleOf", "patternProperties", "propertyNames", "minProperties", "maxProperties", "prefixItems",
        "additionalItems", "contains", "minContains", "maxContains", "uniqueItems", "minItems", "maxItems",
        "dependencies", "dependentRequired", "dependentSchemas", "allOf", "anyOf", "oneOf", "not", "if", "then", "else",
        "$ref", "$dynamicRef", "$recursiveRef", "unevaluatedProperties", "unevaluatedItems", "contentEncoding",
        "contentMediaType", "contentSchema", "$vocabulary",
    }
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Declared:
    """One property that a schema declares, at any depth of objects."""

    path: Path
    schema: Mapping[str, Any]
    required: bool
    """The object that holds it requires it."""

    @property
    def types(self) -> tuple[str, ...]:
        """The planned types; empty where the schema says none."""
        return types_of(self.schema)

    @property
    def always(self) -> bool:
        """Required at the top: no row of the version may lack it."""
        return self.required and len(self.path) == 1


@dataclass(frozen=True, slots=True)
class Ground:
    """What rules of one event version stand on."""

    prefix: str
    """`order_completed@1-1-0`"""
    field: Callable[[Path, tuple[str, ...]], Field | Flattened]
    """Where the property of a path and planned types is."""
    holder: Callable[[Path], InJson | Flattened]
    """Where the object of a path is, whose keys are asked for."""
    other_keys: Callable[[Path, tuple[str, ...]], Expr | None]
    """Predicate: the object at a path has keys beside those; None where the landing cannot tell."""
    document: InJson | None = None
    """The document that holds all properties; None where a row is columns, and so always an object."""


def types_of(schema: Mapping[str, Any]) -> tuple[str, ...]:
    """`type` as a tuple of known kinds, whatever shape it was written in; inferred from enum and const.

    >>> types_of({"type": ["string", "null"]}), types_of({"enum": ["a", 1]})
    (('string', 'null'), ('string', 'integer'))
    """
    written = schema.get("type")
    if written is None:
        values = (
            schema["enum"] if isinstance(schema.get("enum"), list) else [schema["const"]] if "const" in schema else []
        )
        return tuple(dict.fromkeys(_kind_of(value) for value in values))
    listed = written if isinstance(written, list) else [written]
    return tuple(kind for kind in listed if isinstance(kind, str) and kind in KINDS)


def pointer(path: Path) -> str:
    """A JSON pointer.

    >>> pointer(("address", "a/b"))
    '/address/a~1b'
    """
    return "".join("/" + key.replace("~", "~0").replace("/", "~1") for key in path)


def declared(schema: Mapping[str, Any], path: Path = ()) -> Iterator[Declared]:
    """The properties of a schema, parents before children, in the order they are written."""
    properties = schema.get("properties")
    if not isinstance(properties, Mapping) or len(path) >= _DEPTH:
        return
    required = schema.get("required")
    names = {name for name in required if isinstance(name, str)} if isinstance(required, list) else set()
    for name, sub in properties.items():
        if not isinstance(name, str):
            continue
        below = sub if isinstance(sub, Mapping) else {}
        yield Declared((*path, name), below, name in names)
        yield from declared(below, (*path, name))


def rules(schema: Mapping[str, Any], ground: Ground) -> tuple[Rule, ...]:
    """Every keyword of the schema as a rule with its verdict. Ids are unique."""
    found: dict[str, Rule] = {}
    for rule in _object(schema, (), ground):
        name, twin = rule.id, 1
        while name in found:  # the items of `a` and a property of `a` that is named `*`
            twin += 1
            name = f"{rule.id}~{twin}"
        found[name] = rule if name == rule.id else replace(rule, id=name)
    return tuple(found.values())


def _object(schema: Mapping[str, Any], path: Path, ground: Ground) -> Iterator[Rule]:
    """The keywords of one object's schema: its own, its requirements, its properties."""
    for name, value in schema.items():
        if name in ANNOTATIONS or (name in RULES and path) or (name == "additionalProperties" and _is_anything(value)):
            continue
        if name == "type" and not path:
            yield from _root_type(value, ground)
        elif name == "required":
            yield from _required(value, schema, path, ground)
        elif name == "additionalProperties":
            yield from _additional(value, schema, path, ground)
        elif name == "properties":
            yield from _properties(value, path, ground)
        elif not (name == "items" and path):
            draft = _at_the_root(name, path)
            if name == "items" and ground.document is not None:
                draft = Draft(Declined("items of the whole row is not compiled yet"), "the row has items")
            yield _rule(ground, path, name, value, draft)


def _is_anything(schema: Any) -> bool:
    """A schema that every value fits."""
    return schema is True or (isinstance(schema, Mapping) and set(schema) <= ANNOTATIONS)


def _root_type(value: Any, ground: Ground) -> Iterator[Rule]:
    """`type` of the whole row: asked of a document, answered where a row is columns."""
    document = ground.document
    if document is None:
        if value != "object":
            yield _rule(ground, (), "type", value, _at_the_root("type", ()))
        return
    draft = RULES["type"](Keyword("type", value, {}), document)
    if isinstance(draft.verdict, Compiled):
        arms = [draft.verdict.fails]
        if isinstance(document.doc, sql.Parsed):  # text that is no JSON at all
            arms.append(sql.And((sql.Not(sql.IsNull(document.doc.expr)), sql.IsNull(document.doc))))
        draft = replace(draft, verdict=Compiled(arms[0] if len(arms) == 1 else sql.Or(tuple(arms))))
    yield _rule(ground, (), "type", value, draft)


def _at_the_root(name: str, path: Path) -> Draft:
    reason = f"{name} is not compiled yet" if name in _VALIDATING else f"{name} is not a JSON Schema keyword"
    if not path and name in {"enum", "const"}:
        return Draft(Declined("compares arrays or objects"), f"has {name}")
    if not path and (name in RULES or name == "items"):
        reason = f"{name} speaks of the whole row, which always is an object"
        return Draft(Undecidable(reason), f"the row has {name}")
    return Draft(Declined(reason), f"has {name}")


def _properties(value: Any, path: Path, ground: Ground) -> Iterator[Rule]:
    if not isinstance(value, Mapping):
        yield _rule(ground, path, "properties", value, Draft(Declined("properties wants a mapping"), "has properties"))
        return
    for name, sub in value.items():
        if _is_anything(sub):
            continue
        at = (*path, str(name))
        if sub is False:
            yield _rule(ground, at, "false", sub, Draft(Declined("a schema of false is not compiled yet"), "is absent"))
        elif not isinstance(sub, Mapping):
            yield _rule(ground, at, "schema", None, Draft(Declined("the schema is not a mapping"), "fits its schema"))
        elif len(at) > _DEPTH:
            yield _rule(ground, at, "schema", None, Draft(Declined(f"nested deeper than {_DEPTH}"), "fits its schema"))
        else:
            yield from _value(sub, at, ground)


def _value(schema: Mapping[str, Any], path: Path, ground: Ground) -> Iterator[Rule]:
    """The keywords of one property: about its value, its items, and, where it is an object, its keys."""
    field = ground.field(path, types_of(schema))
    for name, value in schema.items():
        if isinstance(field, Flattened):
            if name in RULES or name == "items":
                yield _rule(ground, path, name, value, Draft(Undecidable("the object lands flattened"), f"has {name}"))
        elif compiler := RULES.get(name):
            yield _rule(ground, path, name, value, compiler(Keyword(name, value, schema), field))
        elif name == "items":
            yield from _items(value, path, ground, field)
    yield from _object(schema, path, ground)


def _required(value: Any, schema: Mapping[str, Any], path: Path, ground: Ground) -> Iterator[Rule]:
    if not isinstance(value, list) or not all(isinstance(name, str) for name in value):
        yield _rule(ground, path, "required", value, Draft(Declined("required wants a list of names"), "has required"))
        return
    properties = schema.get("properties")
    planned = properties if isinstance(properties, Mapping) else {}
    parent = ground.holder(path) if path else _odd_root(schema, ground)
    for name in dict.fromkeys(value):
        sub = planned.get(name)
        types = types_of(sub) if isinstance(sub, Mapping) else ()
        field = ground.field((*path, name), types)
        yield _rule(ground, (*path, name), "required", value=True, draft=_present(field, types, parent))


def _odd_root(schema: Mapping[str, Any], ground: Ground) -> InJson | None:
    """The document, where it may be something else than an object; elsewhere one without properties lacks them all."""
    return ground.document if set(types_of(schema)) - {"object"} else None


def _present(field: Field | Flattened, types: tuple[str, ...], parent: InJson | Flattened | None) -> Draft:
    match field:
        case Flattened():
            return Draft(Undecidable("the object lands flattened"), "is present")
        case NoColumn():
            return Draft(Unmeasurable(f"column {field.column} has not landed"), "is present")
        case InColumn() | InJson(alone=True) if "null" in types:
            return Draft(Undecidable("may be null, and the landing does not tell null from absent"), "is present")
        case InJson():
            absent: Expr = sql.Not(field.exists)
            if isinstance(parent, InJson):
                absent = sql.And((parent.kind("object"), absent))
            return Draft(Compiled(absent), "is present")
        case InColumn():
            if parent is not None:
                return Draft(Undecidable("its object is optional and lands flattened"), "is present")
            stock, test = Stock("expect_column_values_to_not_be_null"), Stock("not_null")
            return Draft(Compiled(sql.IsNull(field.value)), "is present", stock, test)


def _additional(value: Any, schema: Mapping[str, Any], path: Path, ground: Ground) -> Iterator[Rule]:
    if value is not False:
        draft = Draft(Declined("additionalProperties with a schema is not compiled yet"), "has further properties")
        yield _rule(ground, path, "additionalProperties", value, draft)
        return
    properties = schema.get("properties")
    names = tuple(str(name) for name in properties) if isinstance(properties, Mapping) else ()
    sentence = "has no undeclared property"
    if "patternProperties" in schema:
        draft = Draft(Declined("beside patternProperties it is not compiled yet"), sentence)
    elif (others := ground.other_keys(path, names)) is None:
        draft = Draft(Undecidable("the landing flattens the object"), sentence)
    else:
        draft = Draft(Compiled(others), sentence)
    yield _rule(ground, path, "additionalProperties", value, draft)


def _items(value: Any, path: Path, ground: Ground, field: Field) -> Iterator[Rule]:
    if _is_anything(value):
        return
    if not isinstance(value, Mapping):
        shape = "as a list" if isinstance(value, list) else f"of {json.dumps(value, default=str)}"
        yield _rule(ground, path, "items", value, Draft(Declined(f"items {shape} is not compiled yet"), "has items"))
        return
    for name, word in value.items():
        if name in ANNOTATIONS:
            continue
        draft = _item(Keyword(name, word, value), field)
        yield _rule(ground, (*path, "*"), name, word, draft)


def _item(keyword: Keyword, field: Field) -> Draft:
    compiler = RULES.get(keyword.name)
    if compiler is None:
        known = keyword.name in _VALIDATING | _WALKED
        reason = (
            f"{keyword.name} of items is not compiled yet" if known else f"{keyword.name} is not a JSON Schema keyword"
        )
        return Draft(Declined(reason), f"has {keyword.name}")
    array = _array(field)
    if not isinstance(array, InJson):
        return Draft(array, f"has {keyword.name}")
    draft = compiler(keyword, InJson(sql.Item(), None, (), array.loose))
    if not isinstance(draft.verdict, Compiled):
        return draft
    return Draft(Compiled(sql.AnyItem(array.place, draft.verdict.fails)), draft.sentence)


def _array(field: Field) -> InJson | Unmeasurable | Undecidable:
    """Where the array is, or why its items cannot be asked for: a column holds it as a list or as JSON text."""
    match field:
        case InJson():
            return field
        case NoColumn():
            return Unmeasurable(f"column {field.column} has not landed")
        case InColumn():
            return Unmeasurable(field.misfit) if not field.fits else _array_in_column(field)


def _array_in_column(field: InColumn) -> InJson | Undecidable:
    if field.family not in {Family.TEXT, Family.OTHER} or (field.types and "array" not in field.types):
        return never_applies("arrays", field.column.native)
    if field.family is Family.TEXT and (not field.types or "string" in field.types):
        return Undecidable(f"one {field.column.native} column holds text and array alike")
    return InJson(sql.At(sql.Parsed(field.value), ()), None, (), field.loose)


def _rule(ground: Ground, path: Path, name: str, value: Any, draft: Draft) -> Rule:
    at = pointer(path)
    subject = ".".join(path) or "the row"
    verdict: Verdict = draft.verdict
    return Rule(
        id=f"{ground.prefix}#{at}:{name}",
        pointer=at,
        keyword=name,
        value=json.dumps(value, separators=(",", ":"), default=str),
        sentence=f"{subject} {draft.sentence}",
        verdict=verdict,
        expectation=draft.expectation,
        test=draft.test,
    )


_KIND_NAMES = (
    (bool, "boolean"),
    (int, "integer"),
    (float, "number"),
    (str, "string"),
    (list, "array"),
    (dict, "object"),
)


def _kind_of(value: Any) -> str:
    return next((name for kind, name in _KIND_NAMES if isinstance(value, kind)), "null")
