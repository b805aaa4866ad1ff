from typing import Any

import pytest

from monitor.plan.sanity import flaws


@pytest.mark.parametrize(
    ("schema", "path", "problem"),
    [
        ({"type": "strng"}, ("type",), "'strng' is not known"),
        ({"type": []}, ("type",), "empty list"),
        ({"type": ["string", None]}, ("type", 1), "must be quoted"),
        ({"type": {"a": 1}}, ("type",), "must be a name"),
        ({"type": ["string", "string"]}, ("type", 1), "twice"),
        ({"required": "a"}, ("required",), "must be a list"),
        ({"required": True}, ("required",), "must be a list"),
        ({"required": [1]}, ("required", 0), "number"),
        ({"properties": ["a"]}, ("properties",), "must be a mapping"),
        ({"properties": {"a": None}}, ("properties", "a"), "has no schema"),
        ({"properties": {"a": "string"}}, ("properties", "a"), "must be a schema"),
        ({"enum": "a"}, ("enum",), "must be a list"),
        ({"enum": []}, ("enum",), "empty"),
        ({"pattern": 1}, ("pattern",), "must be a string"),
        ({"minLength": "3"}, ("minLength",), "whole number"),
        ({"minLength": 1.5}, ("minLength",), "whole number"),
        ({"minLength": True}, ("minLength",), "whole number"),
        ({"minLength": -1}, ("minLength",), "negative"),
        ({"maximum": "3"}, ("maximum",), "must be a number"),
        ({"exclusiveMinimum": True}, ("exclusiveMinimum",), "must be a number"),
        ({"maximum": float("inf")}, ("maximum",), "finite"),
        ({"multipleOf": 0}, ("multipleOf",), "above 0"),
        ({"uniqueItems": "yes"}, ("uniqueItems",), "true or false"),
        ({"items": "string"}, ("items",), "must be a schema"),
        ({"allOf": {}}, ("allOf",), "list of schemas"),
        ({"anyOf": ["string"]}, ("anyOf", 0), "must be a schema"),
        ({"properties": {"a": {"items": {"not": {"type": 3}}}}}, ("properties", "a", "items", "not", "type"), "name"),
    ],
)
def test_a_flaw_is_told_at_its_place(schema: dict[str, Any], path: tuple[str, ...], problem: str) -> None:
    (flaw,) = flaws(schema)
    assert flaw.path == path
    assert problem in flaw.problem


def test_a_type_of_another_language_gets_its_json_name() -> None:
    assert flaws({"type": "bool"})[0].hint == "did you mean 'boolean'?"
    assert flaws({"type": "timestamp"})[0].hint == "write type: string, format: date-time"
    assert flaws({"type": "strng"})[0].hint == "did you mean 'string'?"


def test_a_property_may_be_called_like_a_keyword() -> None:
    named = {"type": {"type": "string"}, "required": {"type": "boolean"}, "enum": {}, "$ref": {"type": "string"}}
    assert flaws({"type": "object", "properties": named}) == ()


def test_data_is_not_read_as_schema() -> None:
    assert flaws({"enum": [{"type": "strng"}], "const": {"required": 3}, "default": {"enum": 1}}) == ()


def test_boolean_bounds_belong_to_draft_4() -> None:
    bound = {"minimum": 1, "exclusiveMinimum": True}
    assert flaws({"$schema": "http://json-schema.org/draft-04/schema#", **bound}) == ()
    assert flaws({**bound, "$schema": "http://json-schema.org/draft-07/schema#"})


def test_a_number_too_large_for_a_float_is_still_a_number() -> None:
    assert flaws({"maximum": 10**400, "maxLength": 10**400}) == ()
