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
    "$vocabulary", "mexLength", "maxiumum", "title", "description", "$comment", "default", "examples", "", "a:b",
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


def expected(schema: Any, path: tuple[str, ...] = ()) -> Iterator[str]:
    """The ends of the ids of rules that must be there: `/a:enum`."""
    for name, value in schema.items():
        if name in ANNOTATIONS or says_nothing(name, value, path):
            continue
        if name == "properties" and isinstance(value, dict):
            for key, sub in value.items():
                yield from of_property(sub, (*path, key))
        elif name == "required" and isinstance(value, list) and all(isinstance(key, str) for key in value):
            yield from (f"{pointer((*path, key))}:required" for key in value)
        elif name == "items" and path and isinstance(value, dict):
            yield from (f"{pointer((*path, '*'))}:{word}" for word in value if word not in ANNOTATIONS)
        else:
            yield f"{pointer(path)}:{name}"


def of_property(sub: Any, path: tuple[str, ...]) -> Iterator[str]:
    if isinstance(sub, dict):
        yield from expected(sub, path)
    elif sub is False:
        yield f"{pointer(path)}:false"
    elif sub is not True:
        yield f"{pointer(path)}:schema"


def says_nothing(name: str, value: Any, path: tuple[str, ...]) -> bool:
    """A schema that everything fits; `type: object` of a row that is columns."""
    if name in {"additionalProperties", "items"} and (path or name != "items"):
        return value is True or (isinstance(value, dict) and set(value) <= ANNOTATIONS)
    return False


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
    unsaid = set(expected(schema)) - set(found) - ({":type"} if schema.get("type") == "object" else set())
    flattened = {end for end in unsaid if f"{end.partition('/*:')[0]}:items" in found}  # one verdict for all of them
    assert not unsaid - flattened
    assert len(found) == len(set(found)), "ids are unique"
