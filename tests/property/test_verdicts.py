"""No keyword of any schema is passed over: each is a rule with a verdict, or says nothing about validity."""

from collections.abc import Iterator
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from monitor.catalog import Column, Family, Table, TableRef
from monitor.contract import bind
from monitor.contract.rules import ANNOTATIONS
from monitor.contract.walk import pointer
from monitor.landing.model import InColumns, InDocument, Landed, LandedEvent, LandedTable
from monitor.plan.model import Event, EventVersion, Plan
from monitor.sql import vocabulary as v

NAMES = st.sampled_from(["a", "b", "a/b", "*", "~", "", "é"])
KEYWORDS = (
    "type", "enum", "const", "minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum", "minLength", "maxLength",
    "pattern", "format", "required", "additionalProperties", "items", "properties", "multipleOf", "patternProperties",
    "propertyNames", "minProperties", "prefixItems", "additionalItems", "contains", "uniqueItems", "dependencies",
    "allOf", "anyOf", "oneOf", "not", "if", "then", "else", "$ref", "unevaluatedProperties", "contentEncoding",
    "$vocabulary", "minItems", "maxProperties", "minContains", "dependentRequired", "dependentSchemas",
    "mexLength", "maxiumum", "title", "description", "$comment", "default", "examples", "", "a:b",
)  # fmt: skip
SCALARS = st.sampled_from(
    [
        None,
        True,
        False,
        0,
        1,
        -1,
        1.5,
        2,
        float("inf"),
        10**400,
        "",
        "a",
        "string",
        "date",
        "^a",
        "(",
        "\0",
        "object",
        "array",
        "number",
    ]
)
NOISE = st.one_of(
    SCALARS, st.lists(SCALARS, max_size=3), st.dictionaries(st.sampled_from(["a", "type"]), SCALARS, max_size=2)
)


def schemas(depth: int = 3) -> st.SearchStrategy[Any]:
    """Schemas that mean something, and schemas that mean nothing, at every level."""
    if not depth:
        return st.one_of(st.booleans(), NOISE)
    below = st.deferred(lambda: schemas(depth - 1))
    properties = st.one_of(st.dictionaries(NAMES, below, max_size=3), NOISE)
    anything = st.dictionaries(st.sampled_from(KEYWORDS), st.one_of(NOISE, below), max_size=5)
    shaped = st.fixed_dictionaries(
        {}, optional={"properties": properties, "items": below, "required": st.lists(NAMES, max_size=2)}
    )
    return st.builds(lambda one, two: {**one, **two}, anything, shaped)


def expected(schema: Any, path: tuple[str, ...] = ()) -> Iterator[str]:  # noqa: C901 - an arm per keyword
    """The ends of the ids of rules that must be there: `/a:enum`."""
    for name, value in schema.items():
        if name in ANNOTATIONS or says_nothing(name, value, schema):
            continue
        if name == "properties" and isinstance(value, dict):
            for key, sub in value.items():
                yield from of_value(sub, (*path, key))
        elif name == "required" and isinstance(value, list) and all(isinstance(key, str) for key in value):
            yield from (f"{pointer((*path, key))}:required" for key in value)
        elif name == "items" and isinstance(value, dict):
            yield from of_value(value, (*path, "*"))
        elif name == "prefixItems" and isinstance(value, list):
            for index, sub in enumerate(value):
                yield from of_value(sub, (*path, str(index)))
        elif name == "allOf" and isinstance(value, list) and value:
            for arm in value:
                yield from of_value(arm, path)
        else:
            yield f"{pointer(path)}:{name}"


def of_value(sub: Any, path: tuple[str, ...]) -> Iterator[str]:
    if isinstance(sub, dict):
        yield from expected(sub, path)
    elif sub is False:
        yield f"{pointer(path)}:false"
    elif sub is not True:
        yield f"{pointer(path)}:schema"


def says_nothing(name: str, value: Any, schema: Any) -> bool:
    """A schema that everything fits; a part of a neighbour."""
    if name in {"additionalProperties", "items", "additionalItems"}:
        return value is True or (isinstance(value, dict) and set(value) <= ANNOTATIONS)
    return name in {"then", "else"} and "if" in schema


def covered(end: str, found: list[str]) -> bool:
    """In columns the items of what is no array have one rule for all of them, at the array or at its items."""
    if end in found:
        return True
    places = end.partition(":")[0].split("/")
    above = ["/".join(places[:n]) for n, key in enumerate(places) if key == "*" or key.isdecimal()]
    return any(
        one.startswith((f"{place}:items", f"{place}:prefixItems", f"{place}/*:")) for one in found for place in above
    )


def rule_ids(schema: Any, payload: InColumns | InDocument) -> list[str]:
    columns = (
        Column("payload", Family.JSON, "JSON"),
        Column("a", Family.TEXT, "VARCHAR"),
        Column("b", Family.NUMBER, "DOUBLE"),
    )
    landed = LandedTable(
        Table(TableRef("", "t"), columns),
        "0",
        (LandedEvent("Event", ("Event",), payload),),
        event=v.Literal("Event"),
        version=v.Literal("1-0-0"),
        source=v.Literal(None),
        time=v.Column("at"),
        received=None,
        loaded=None,
        own_columns=frozenset({"payload"}),
    )
    plan = Plan((Event("Event", "event", (EventVersion("1-0-0", schema),)),), "revision")
    return [rule.id.partition("#")[2] for rule in bind(plan, Landed((landed,))).tables[0].versions[0].rules]


@settings(max_examples=150, deadline=None, suppress_health_check=list(HealthCheck))
@given(schemas())
def test_every_keyword_in_a_document_has_a_verdict(schema: Any) -> None:
    found = rule_ids(schema, InDocument(v.Column("payload"), "original"))
    assert set(expected(schema)) <= set(found)
    assert len(found) == len(set(found)), "ids are unique"


@settings(max_examples=150, deadline=None, suppress_health_check=list(HealthCheck))
@given(schemas())
def test_every_keyword_in_columns_has_a_verdict(schema: Any) -> None:
    found = rule_ids(schema, InColumns("original"))
    ends = set(expected(schema)) - ({":type"} if schema.get("type") == "object" else set())
    assert not [end for end in ends if not covered(end, found)]
    assert len(found) == len(set(found)), "ids are unique"
