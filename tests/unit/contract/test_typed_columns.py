"""Keywords where properties are columns of their own: what collectors cut off, what NULL does not tell."""

from collections.abc import Mapping
from typing import Any

import pytest

from monitor.catalog import Column, Family, Table, TableRef
from monitor.contract import bind
from monitor.contract.model import Compiled, Rule, Undecidable
from monitor.landing.model import InColumns, Landed, LandedEvent, LandedTable
from monitor.plan.model import Event, EventVersion, Plan
from monitor.sql import vocabulary as v

FAMILIES: Mapping[str, Column] = {
    "text": Column("p", Family.TEXT, "VARCHAR"),
    "integer": Column("p", Family.INTEGER, "BIGINT"),
    "number": Column("p", Family.NUMBER, "DOUBLE"),
    "boolean": Column("p", Family.BOOLEAN, "BOOLEAN"),
    "timestamp": Column("p", Family.TIMESTAMP, "TIMESTAMP"),
}


def rules(schema: Any, family: str, truncates: int | None = None) -> dict[str, Rule]:
    """The rules of a version whose one property `p` is a column, by the end of their ids."""
    column = FAMILIES[family]
    landed = LandedTable(
        Table(TableRef("", "t"), (column,)),
        "0",
        (LandedEvent("Event", ("Event",), InColumns("original", truncates)),),
        event=v.Literal("Event"),
        version=v.Literal("1-0-0"),
        source=v.Literal(None),
        time=v.Column("at"),
        received=None,
        loaded=None,
        own_columns=frozenset({"at"}),
    )
    plan = Plan((Event("Event", "event", (EventVersion("1-0-0", schema),)),), "revision")
    return {rule.id.partition("#")[2]: rule for rule in bind(plan, Landed((landed,))).tables[0].versions[0].rules}


def of(prop: Any, family: str, truncates: int | None = None) -> dict[str, Rule]:
    return rules({"type": "object", "properties": {"p": prop}}, family, truncates)


@pytest.mark.parametrize(
    ("keyword", "value"),
    [("pattern", "^a"), ("format", "uuid"), ("enum", ["a", "x" * 600]), ("const", "x" * 512), ("minLength", 600)],
)
def test_a_text_that_the_collector_cut_off_is_not_bad(keyword: str, value: Any) -> None:
    rule = of({"type": "string", keyword: value}, "text", truncates=512)[f"/p:{keyword}"]
    assert isinstance(rule.verdict, Compiled)
    assert isinstance(rule.verdict.fails, v.And)
    assert rule.verdict.fails.exprs[0] == v.Compare(v.Length(v.Column("p")), "<", v.Literal(512))
    assert rule.expectation is rule.test is None, "a stock expectation would count them"


@pytest.mark.parametrize(
    ("keyword", "value"), [("maxLength", 5), ("enum", ["a", "b"]), ("const", "a"), ("minLength", 3)]
)
def test_what_was_cut_off_does_not_matter_where_the_rest_is_bad_whatever_it_was(keyword: str, value: Any) -> None:
    prop = {"type": "string", keyword: value}
    assert of(prop, "text", truncates=512)[f"/p:{keyword}"] == of(prop, "text")[f"/p:{keyword}"]


def test_what_is_not_cut_off_keeps_its_predicate() -> None:
    plain = of({"type": "string", "maxLength": 5}, "text")["/p:maxLength"].verdict
    assert plain == Compiled(v.Compare(v.Length(v.Column("p")), ">", v.Literal(5)))
    assert of({"type": "integer", "minimum": 5}, "integer", truncates=512)["/p:minimum"].verdict == Compiled(
        v.Compare(v.Column("p"), "<", v.Literal(5))
    )


def test_a_combination_about_a_column_is_cut_off_as_a_whole() -> None:
    rule = of({"type": "string", "not": {"enum": ["a"]}}, "text", truncates=512)["/p:not"]
    assert isinstance(rule.verdict, Compiled)
    assert isinstance(rule.verdict.fails, v.And)
    assert rule.verdict.fails.exprs[0] == v.Compare(v.Length(v.Column("p")), "<", v.Literal(512))


@pytest.mark.parametrize("prop", [{}, {"type": ["string", "null"]}, {"enum": ["a", None]}, {"maxLength": 3}])
def test_null_where_null_is_allowed_does_not_tell_absence(prop: Any) -> None:
    verdict = rules({"properties": {"p": prop}, "required": ["p"]}, "text")["/p:required"].verdict
    assert isinstance(verdict, Undecidable)


@pytest.mark.parametrize("prop", [{"type": "string"}, {"enum": ["a"]}, {"anyOf": [{"type": "string"}, {"const": "a"}]}])
def test_null_where_null_is_not_allowed_is_absence(prop: Any) -> None:
    verdict = rules({"properties": {"p": prop}, "required": ["p"]}, "text")["/p:required"].verdict
    assert verdict == Compiled(v.IsNull(v.Column("p")))


@pytest.mark.parametrize(
    ("family", "part", "decided"),
    [
        ("integer", {"minLength": 3}, True),
        ("integer", {"minItems": 3}, True),
        ("integer", {"type": "number"}, True),
        ("number", {"type": "integer"}, True),
        ("boolean", {"const": True}, True),
        ("timestamp", {"pattern": "Z$"}, False),
        ("integer", {"unevaluatedItems": False}, False),
    ],
)
def test_a_part_of_a_combination_passes_is_asked_or_makes_all_of_it_undecided(
    family: str, part: Any, *, decided: bool
) -> None:
    planned = {"timestamp": "string"}.get(family, family)
    rule = of({"type": planned, "anyOf": [part, {"enum": [1, 2]}]}, family)["/p:anyOf"]
    assert isinstance(rule.verdict, Compiled) is decided, rule.verdict


@pytest.mark.parametrize("keyword", ["propertyNames", "patternProperties", "maxProperties"])
def test_columns_do_not_tell_which_keys_were_sent(keyword: str) -> None:
    value: Any = {"propertyNames": {"maxLength": 3}, "patternProperties": {"^a": {}}, "maxProperties": 1}[keyword]
    assert isinstance(rules({"type": "object", keyword: value}, "text")[f":{keyword}"].verdict, Undecidable)
