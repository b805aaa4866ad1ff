from typing import Any

from monitor.errors import PlanError
from monitor.plan.refs import Expanded, expand

DRAFT_7 = "http://json-schema.org/draft-07/schema#"


def nowhere(_home: str, reference: str) -> tuple[str, Any]:
    raise PlanError(f"no {reference}")


def written(schema: dict[str, Any]) -> Any:
    expanded = expand(schema, nowhere)
    assert expanded.flaws == ()
    return expanded.schema


def problem(expanded: Expanded) -> str:
    ((_, flaw),) = expanded.flaws
    return flaw.problem


def test_a_local_reference_is_written_out_and_its_definitions_left_out() -> None:
    schema = {"properties": {"a": {"$ref": "#/$defs/x"}}, "$defs": {"x": {"type": "string"}}}
    assert written(schema) == {"properties": {"a": {"type": "string"}}}


def test_references_inside_definitions_are_followed() -> None:
    defs = {"x": {"items": {"$ref": "#/definitions/y~1z"}}, "y/z": {"type": "integer"}}
    assert written({"allOf": [{"$ref": "#/definitions/x"}], "definitions": defs}) == {
        "allOf": [{"items": {"type": "integer"}}]
    }


def test_pointers_may_be_percent_encoded_and_escaped() -> None:
    defs = {"a~b é": {"const": 1}}
    assert written({"not": {"$ref": "#/$defs/a~0b%20%C3%A9"}, "$defs": defs}) == {"not": {"const": 1}}


def test_an_annotation_beside_a_reference_wins() -> None:
    defs = {"x": {"type": "string", "description": "any"}}
    schema = {"not": {"$ref": "#/$defs/x", "description": "this", "pii": True}, "$defs": defs}
    assert written(schema) == {"not": {"type": "string", "description": "this", "pii": True}}


def test_a_demand_beside_a_reference_is_demanded_as_well() -> None:
    schema = {"not": {"$ref": "#/$defs/x", "minLength": 3}, "$defs": {"x": {"type": "string"}}}
    assert written(schema) == {"not": {"type": "string", "minLength": 3}}


def test_the_same_demand_on_both_sides_keeps_both() -> None:
    schema = {"not": {"$ref": "#/$defs/x", "minLength": 3}, "$defs": {"x": {"minLength": 5}}}
    assert written(schema) == {"not": {"allOf": [{"minLength": 5}, {"minLength": 3}]}}


def test_demands_that_depend_on_their_neighbours_are_not_mixed() -> None:
    defs: dict[str, Any] = {"x": {"properties": {"a": {}}}}
    schema = {"not": {"$ref": "#/$defs/x", "additionalProperties": False}, "$defs": defs}
    assert written(schema) == {"not": {"allOf": [{"properties": {"a": {}}}, {"additionalProperties": False}]}}


def test_up_to_draft_7_a_reference_hides_its_neighbours() -> None:
    schema = {"$schema": DRAFT_7, "not": {"$ref": "#/x", "minLength": 3}, "x": {"type": "string"}}
    assert written(schema)["not"] == {"type": "string"}


def test_a_reference_to_true_or_false_is_written_out() -> None:
    schema = {"properties": {"a": {"$ref": "#/$defs/t"}, "b": {"$ref": "#/$defs/f"}}, "$defs": {"t": True, "f": False}}
    assert written(schema) == {"properties": {"a": {}, "b": {"not": {}}}}


def test_a_recursive_reference_stays_with_its_definitions() -> None:
    tree = {"properties": {"children": {"items": {"$ref": "#/$defs/tree"}}}}
    schema = {"properties": {"root": {"$ref": "#/$defs/tree"}}, "$defs": {"tree": tree}}
    assert written(schema) == {"properties": {"root": tree}, "$defs": {"tree": tree}}


def test_a_reference_to_the_root_stays() -> None:
    schema = {"properties": {"again": {"$ref": "#"}}}
    assert written(schema) == schema


def test_a_reference_to_itself_stays() -> None:
    schema = {"not": {"$ref": "#/$defs/x"}, "$defs": {"x": {"$ref": "#/$defs/x"}}}
    assert written(schema)["not"] == {"$ref": "#/$defs/x"}


def test_properties_and_data_named_ref_are_no_references() -> None:
    schema = {"properties": {"$ref": {"type": "string"}}, "enum": [{"$ref": "#/nowhere"}]}
    assert written(schema) == schema


def test_a_broken_pointer_is_told_with_the_nearest_name() -> None:
    expanded = expand({"not": {"$ref": "#/$defs/emial"}, "$defs": {"email": {}}}, nowhere)
    assert problem(expanded) == "$ref '#/$defs/emial' points at nothing"
    assert expanded.flaws[0][1].hint == "did you mean 'email'?"
    assert expanded.flaws[0][1].path == ("not", "$ref")


def test_a_reference_to_data_is_told() -> None:
    assert "points at a string" in problem(expand({"not": {"$ref": "#/type"}, "type": "object"}, nowhere))


def test_an_anchor_is_told() -> None:
    assert "not a JSON pointer" in problem(expand({"not": {"$ref": "#anchor"}}, nowhere))


def test_definitions_that_double_each_other_are_refused_not_written_out() -> None:
    defs: dict[str, Any] = {f"d{n}": {"allOf": [{"$ref": f"#/$defs/d{n + 1}"}] * 2} for n in range(60)}
    defs["d60"] = {"type": "string"}
    expanded = expand({"not": {"$ref": "#/$defs/d0"}, "$defs": defs}, nowhere)
    assert any("larger than" in flaw.problem for _, flaw in expanded.flaws)


def test_a_definition_of_another_document_has_its_own_root() -> None:
    shared = {"money": {"properties": {"amount": {"$ref": "#/amount"}}}, "amount": {"type": "number"}}
    expanded = expand({"not": {"$ref": "shared.yml#/money"}, "amount": {}}, lambda _home, _ref: ("shared.yml", shared))
    assert expanded.schema["not"] == {"properties": {"amount": {"type": "number"}}}
    assert expanded.used == {("shared.yml", ("money",)), ("shared.yml", ("amount",))}


def test_recursion_in_another_document_names_that_document() -> None:
    shared = {"tree": {"items": {"$ref": "#/tree"}}}
    expanded = expand({"not": {"$ref": "shared.yml#/tree"}}, lambda _home, _ref: ("shared.yml", shared))
    assert expanded.schema == {"not": {"items": {"$ref": "shared.yml#/tree"}}}


def test_a_reference_by_the_schemas_own_id_is_local() -> None:
    schema = {"$id": "https://acme.test/a", "not": {"$ref": "https://acme.test/a#/x"}, "x": {"type": "string"}}
    assert written(schema)["not"] == {"type": "string"}


def test_a_reference_below_an_inner_id_is_refused_not_guessed() -> None:
    inner = {"$id": "https://acme.test/b", "items": {"$ref": "#/x"}}
    assert "below an $id of its own" in problem(expand({"not": inner, "x": {}}, nowhere))
