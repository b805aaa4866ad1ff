from dataclasses import replace
from datetime import date
from typing import Any

import pytest

from monitor.plan.build import build_plan
from monitor.plan.lint import Lint, LintSeverity, lint
from monitor.plan.model import Event, EventVersion, Status


def sound(name: str = "Order Completed", **schema: Any) -> Event:
    version = EventVersion("1-0-0", {"type": "object", **schema}, where="order.yml:6")
    return Event(name, "", (version,), description="The buyer paid.", team="checkout", where="order.yml:1")


def of(*events: Event) -> tuple[Lint, ...]:
    return lint(build_plan(events))


def versions(*names: str) -> Event:
    return replace(sound(), versions=tuple(EventVersion(name, {}) for name in names))


def test_a_sound_plan_has_no_lints() -> None:
    assert of(sound(properties={"a": {"type": "string"}}, required=["a"])) == ()


def test_an_event_without_owner_description_or_live_version_is_told() -> None:
    held = EventVersion("1-0-0", {}, Status.DRAFT)
    problems = [one.problem for one in of(Event("A", "", (held,), where="a.yml:1"))]
    assert [problem.split(":")[0] for problem in problems] == [
        "has no owner",
        "has no description",
        "has no live version",
    ]


@pytest.mark.parametrize(
    ("typo", "meant"),
    [("mexLength", "maxLength"), ("maxiumum", "maximum"), ("requried", "required"), ("minlength", "minLength")],
)
def test_a_misspelled_keyword_is_told_with_what_was_meant(typo: str, meant: str) -> None:
    (one,) = of(sound(properties={"a/b": {typo: 3}}))
    assert one.severity is LintSeverity.WARNING
    assert one.pointer == f"/properties/a~1b/{typo}"
    assert one.hint == f"did you mean '{meant}'?"
    assert (one.event, one.version, one.where) == ("Order Completed", "1-0-0", "order.yml:6")


def test_an_unknown_keyword_that_is_near_none_is_only_mentioned() -> None:
    (one,) = of(sound(owner_of_field="growth"))
    assert one.severity is LintSeverity.INFO


def test_annotations_and_extensions_are_fine() -> None:
    notes = {"x-owner": 1, "$supersedes": [], "examples": [1], "pii": True, "$comment": "c", "title": "t"}
    assert of(sound(properties={"a": notes})) == ()


def test_properties_named_like_typos_are_fine() -> None:
    assert of(sound(properties={"maxiumum": {"enum": [{"mexLength": 1}]}})) == ()


def test_a_required_property_must_be_declared() -> None:
    (one,) = of(sound(properties={"a": {"type": "object", "required": ["x"], "properties": {"y": {}}}}))
    assert one.problem == "requires 'x', which it does not declare"
    assert one.pointer == "/properties/a/required"


def test_a_nullable_enum_without_null_is_told() -> None:
    (one,) = of(sound(properties={"a": {"type": ["string", "null"], "enum": ["x"]}}))
    assert "null is invalid" in one.problem
    assert of(sound(properties={"a": {"type": ["string", "null"], "enum": ["x", None]}})) == ()


def test_an_enum_value_of_another_type_is_told() -> None:
    (one,) = of(sound(properties={"a": {"type": "integer", "enum": [1, 2.0, True]}}))
    assert one.pointer == "/properties/a/enum/2"


@pytest.mark.parametrize("status", [Status.DEPRECATED, Status.RETIRED])
def test_a_version_that_ends_needs_a_last_day(status: Status) -> None:
    ended = EventVersion("1-0-0", {}, status)
    live = EventVersion("1-0-1", {})
    (one,) = of(replace(sound(), versions=(ended, live)))
    assert one.problem == f"is {status} without a last day"
    assert of(replace(sound(), versions=(replace(ended, until=date(2026, 6, 30)), live))) == ()


def test_a_last_day_of_a_live_version_has_no_effect() -> None:
    held = EventVersion("1-0-0", {}, until=date(2026, 6, 30))
    (one,) = of(replace(sound(), versions=(held,)))
    assert "has no effect" in one.problem


@pytest.mark.parametrize(
    "names",
    [("1-0-0",), ("1-0-0", "1-0-1", "1-1-0", "2-0-0"), ("1-0-0", "1-1-0", "1-1-1", "1-2-0"), ("1", "3"), ("beta",)],
)
def test_versions_in_sequence_have_no_gaps(names: tuple[str, ...]) -> None:
    assert of(versions(*names)) == ()


@pytest.mark.parametrize(
    ("names", "missing"),
    [
        (("1-0-1",), "1-0-0"),
        (("1-0-0", "1-0-2"), "1-0-1"),
        (("1-0-0", "1-2-0"), "1-1-*"),
        (("1-0-0", "3-0-0"), "2-*-*"),
        (("1-0-0", "1-1-1"), "1-1-0"),
    ],
)
def test_a_gap_is_told_with_the_version_that_is_missing(names: tuple[str, ...], missing: str) -> None:
    (one,) = of(versions(*names))
    assert one.problem == f"follows {missing}, which the plan does not have"
    assert one.severity is LintSeverity.INFO


def test_near_duplicate_names_are_told_once_per_pair() -> None:
    (one,) = of(sound("Checkout Started"), sound("checkout_started"), sound("Item Viewed"))
    assert one.event == "checkout_started"
    assert "'Checkout Started'" in one.problem
