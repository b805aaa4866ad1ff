"""What a `$ref` leads to, and what is too large, too deep or endless: refused with a reason, never a crash."""

import time
from typing import Any

import pytest

from monitor.catalog import Column, Family, Table, TableRef
from monitor.contract import bind
from monitor.contract.bind import scope_of
from monitor.contract.declared import declared
from monitor.contract.drafts import ANY, dialect
from monitor.contract.model import BoundTable, Compiled, Declined, Rule
from monitor.contract.refs import Resolver, Unresolved
from monitor.contract.scope import Reading
from monitor.contract.uri import joined
from monitor.landing.model import InDocument, Landed, LandedEvent, LandedTable
from monitor.plan.model import Event, EventVersion, Plan
from monitor.sql import vocabulary as v


def _bound(schema: Any, reading: Reading) -> BoundTable:
    landed = LandedTable(
        Table(TableRef("", "t"), (Column("payload", Family.JSON, "JSON"),)),
        "0",
        (LandedEvent("Event", ("Event",), InDocument(v.Column("payload"), "original")),),
        event=v.Literal("Event"),
        version=v.Literal("1-0-0"),
        source=v.Literal(None),
        time=v.Column("at"),
        received=None,
        loaded=None,
        own_columns=frozenset(),
    )
    plan = Plan((Event("Event", "event", (EventVersion("1-0-0", schema),)),), "revision")
    return bind(plan, Landed((landed,)), reading).tables[0]


def rules(schema: Any, documents: Any = None) -> dict[str, Rule]:
    version = _bound(schema, Reading(documents=documents or {})).versions[0]
    return {rule.id.partition("#")[2]: rule for rule in version.rules}


def reason(rule: Rule) -> str:
    assert isinstance(rule.verdict, Declined)
    return rule.verdict.reason


# Examples of RFC 3986, 5.4, but for references with parameters and to other schemes' own paths.
@pytest.mark.parametrize(
    ("reference", "whole"),
    [
        ("g:h", "g:h"), ("g", "http://a/b/c/g"), ("./g", "http://a/b/c/g"), ("g/", "http://a/b/c/g/"),
        ("/g", "http://a/g"), ("//g", "http://g"), ("?y", "http://a/b/c/d;p?y"), ("g?y", "http://a/b/c/g?y"),
        ("#s", "http://a/b/c/d;p?q#s"), ("g#s", "http://a/b/c/g#s"), ("", "http://a/b/c/d;p?q"),
        (".", "http://a/b/c/"), ("./", "http://a/b/c/"), ("..", "http://a/b/"), ("../g", "http://a/b/g"),
        ("../..", "http://a/"), ("../../g", "http://a/g"), ("../../../g", "http://a/g"), ("/./g", "http://a/g"),
        ("/../g", "http://a/g"), ("g.", "http://a/b/c/g."), ("..g", "http://a/b/c/..g"), ("./g/.", "http://a/b/c/g/"),
        ("g/../h", "http://a/b/c/h"),
    ],
)  # fmt: skip
def test_references_are_made_whole_as_the_rfc_has_it(reference: str, whole: str) -> None:
    assert joined("http://a/b/c/d;p?q", reference) == whole


def test_a_reference_to_a_document_that_was_brought_along_is_followed() -> None:
    schema = {"properties": {"p": {"$ref": "https://example.com/money.json#/definitions/amount"}}}
    money = {"definitions": {"amount": {"$ref": "#/definitions/number"}, "number": {"type": "number"}}}
    assert "leads outside" in reason(rules(schema)["/p:$ref"])
    found = rules(schema, {"https://example.com/money.json": money})
    assert isinstance(found["/p:type"].verdict, Compiled)


@pytest.mark.parametrize(
    "schema",
    [
        {"properties": {"p": {"$ref": "#"}}},
        {"properties": {"p": {"$ref": "#/$defs/a"}}, "$defs": {"a": {"$ref": "#/$defs/b"}, "b": {"$ref": "#/$defs/a"}}},
        {"properties": {"p": {"anyOf": [{"$ref": "#/$defs/a"}]}}, "$defs": {"a": {"items": {"$ref": "#/$defs/a"}}}},
        {"allOf": [{"$ref": "#"}]},
    ],
)
def test_an_endless_reference_is_refused(schema: Any) -> None:
    refused = [rule for rule in rules(schema).values() if isinstance(rule.verdict, Declined)]
    assert refused
    assert all("recursive" in reason(rule) for rule in refused)


def test_definitions_that_double_each_other_are_refused_and_take_no_time() -> None:
    doubling = {str(n): {"anyOf": [{"$ref": f"#/$defs/{n + 1}"}, {"$ref": f"#/$defs/{n + 1}"}]} for n in range(40)}
    schema = {"properties": {"p": {"$ref": "#/$defs/0"}}, "$defs": {**doubling, "40": {"type": "string"}}}
    started = time.monotonic()
    assert "too large" in reason(rules(schema)["/p:anyOf"]) or "deeper" in reason(rules(schema)["/p:anyOf"])
    including = {str(n): {"allOf": [{"$ref": f"#/$defs/{n + 1}"}] * 2} for n in range(40)}
    schema = {"properties": {"p": {"$ref": "#/$defs/0"}}, "$defs": {**including, "40": {"type": "string"}}}
    assert any(isinstance(rule.verdict, Declined) for rule in rules(schema).values())
    assert time.monotonic() - started < 30


def test_what_is_nested_too_deep_is_refused() -> None:
    schema: Any = {"type": "string"}
    for _ in range(60):
        schema = {"not": schema}
    assert "nested deeper" in reason(rules({"properties": {"p": schema}})["/p:not"])
    arrays: Any = {"type": "string"}
    for _ in range(10):
        arrays = {"items": arrays}
    refused = [rule for rule in rules({"properties": {"p": arrays}}).values() if isinstance(rule.verdict, Declined)]
    assert [reason(rule) for rule in refused] == ["arrays and maps nested deeper than 6"]


def test_a_rule_of_thousands_of_values_is_refused() -> None:
    schema = {"properties": {"p": {"enum": [[n] for n in range(5_000)]}, "q": {"anyOf": [{"const": 1}] * 5_000}}}
    found = rules(schema)
    assert reason(found["/p:enum"]) == reason(found["/q:anyOf"]) == "too large to say in one statement"


@pytest.mark.parametrize(
    ("uri", "name"),
    [
        ("http://json-schema.org/draft-04/schema#", "draft 4"),
        ("http://iglucentral.com/schemas/com.snowplowanalytics.self-desc/schema/jsonschema/1-0-0#", "draft 4"),
        ("http://json-schema.org/draft-06/schema", "draft 6"),
        ("https://json-schema.org/draft-07/schema#", "draft 7"),
        ("https://json-schema.org/draft/2019-09/schema", "draft 2019-09"),
        ("https://json-schema.org/draft/2020-12/schema", "draft 2020-12"),
        ("http://json-schema.org/schema#", ANY.name),
    ],
)
def test_a_schema_is_of_the_draft_that_it_says(uri: str, name: str) -> None:
    assert dialect({"$schema": uri}).name == name
    assert ":$schema" not in rules({"$schema": uri})


def test_a_draft_that_nobody_knows_is_told() -> None:
    assert "not a draft" in reason(rules({"$schema": "https://example.com/mine"})[":$schema"])


def test_a_keyword_counts_only_where_the_draft_has_it() -> None:
    old = rules({"$schema": "http://json-schema.org/draft-04/schema#", "properties": {"p": {"const": 1}}})
    assert reason(old["/p:const"]) == "const is not a keyword of draft 4"
    assert reason(rules({"properties": {"p": {"konst": 1}}})["/p:konst"]) == "konst is not a JSON Schema keyword"


@pytest.mark.parametrize("reference", ["#/a/b", "#none", "other.json", "#/properties/0/1", "http://[x#/y"])
def test_what_leads_nowhere_has_a_reason(reference: str) -> None:
    with pytest.raises(Unresolved, match=r"\$ref"):
        Resolver({"properties": {}}).resolve(reference, "")


def _doubling(keyword: str, times: int, levels: int) -> dict[str, Any]:
    """A chain of definitions of which each refers to the next many times over: `times` ** `levels` ways to its end."""
    chain: dict[str, Any] = {
        f"a{n}": {keyword: [{"$ref": f"#/definitions/a{n + 1}"} for _ in range(times)]} for n in range(levels)
    }
    chain[f"a{levels}"] = {"properties": {"p": {"type": "string"}}}
    return {"$schema": "http://json-schema.org/draft-07/schema#", "definitions": chain}


@pytest.mark.parametrize("keyword", ["allOf", "anyOf"])
def test_definitions_that_refer_to_each_other_many_times_over_are_looked_at_once(keyword: str) -> None:
    began = time.perf_counter()
    found = rules({**_doubling(keyword, 20, 6), "type": "object", keyword: [{"$ref": "#/definitions/a0"}]})
    assert time.perf_counter() - began < 20, "20 ** 6 ways take minutes"
    assert len(found) <= 50_000


def test_a_property_that_several_schemas_lead_to_is_declared_with_all_that_they_say() -> None:
    schema = {
        "$schema": "http://json-schema.org/draft-07/schema#",
        "type": "object",
        "definitions": {"one": {"properties": {"p": {"type": "string"}}}},
        "allOf": [
            {"$ref": "#/definitions/one"},
            {"$ref": "#/definitions/one"},
            {"properties": {"p": {"maxLength": 3}, "q": {"type": "integer"}}},
        ],
    }
    scope = scope_of(schema)
    assert {one.path: dict(one.schema) for one in declared(schema, scope)} == {
        ("p",): {"type": "string", "maxLength": 3},
        ("q",): {"type": "integer"},
    }
    assert {"/p:type", "/p:type~2", "/p:maxLength", "/q:type"} <= set(rules(schema))


def test_how_schemas_are_read_is_part_of_a_contracts_hash() -> None:
    schema = {"type": "object", "properties": {"p": {"type": "string", "format": "date"}}}
    held = [_bound(schema, reading).hash for reading in (Reading(), Reading(), Reading(formats=False))]
    assert held[0] == held[1] != held[2], "a cached scan must not be taken for one that asks otherwise"
