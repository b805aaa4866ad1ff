"""A table is bound when somebody looks at its versions; what is known of it in short need not be bound at all."""

from collections.abc import Mapping
from typing import Any

import pytest

from monitor.catalog import Column, Family, Table, TableRef
from monitor.contract import Binder, bind
from monitor.contract.model import BoundTable, Unmeasurable
from monitor.contract.outline import Keeping, Outline, outline, outlined
from monitor.contract.recent import Recent
from monitor.landing.model import InColumns, Landed, LandedEvent, LandedTable, NotLanded, Payload
from monitor.plan.model import Event, EventVersion, Plan
from monitor.sql import vocabulary as v

TEXT, NUMBER = (Family.TEXT, "VARCHAR"), (Family.NUMBER, "DOUBLE")
SCHEMA = {
    "type": "object",
    "required": ["a"],
    "properties": {"a": {"type": "string", "maxLength": 5}, "b": {"type": "number", "minimum": 1}},
}


def table(name: str, columns: Mapping[str, tuple[Family, str]], payload: Payload | None = None) -> LandedTable:
    return LandedTable(
        Table(TableRef("", name), tuple(Column(one, *kind) for one, kind in columns.items())),
        "0",
        (LandedEvent("Event", ("Event",), payload or InColumns("original")),),
        event=v.Literal("Event"),
        version=v.Column("version"),
        source=v.Literal(None),
        time=v.Column("at"),
        received=None,
        loaded=None,
        own_columns=frozenset({"at", "version"}),
    )


def plan(*schemas: Any, revision: str = "revision") -> Plan:
    versions = tuple(EventVersion(f"1-{n}-0", schema) for n, schema in enumerate(schemas))
    return Plan((Event("Event", "event", versions),), revision)


def outlines_of(columns: Mapping[str, tuple[Family, str]], *schemas: Any) -> Outline:
    return outline(bind(plan(*schemas), Landed((table("t", columns),))).tables[0])


class Failing(dict[str, Any]):
    """A schema that nobody may look at."""

    def get(self, key: str, default: Any = None) -> Any:
        raise AssertionError(f"{key}, {default}: the table was bound")


# ── outlines ────────────────────────────────────────────────────────────────────────────────────────


def test_of_a_table_that_fits_its_plan_there_is_nothing_to_say() -> None:
    assert outlines_of({"a": TEXT, "b": NUMBER}, SCHEMA) == Outline(
        misfit=False, lacking=False, unlanded=False, undeclared=()
    )


@pytest.mark.parametrize(
    ("columns", "misfit", "lacking", "undeclared"),
    [
        ({"a": TEXT, "b": TEXT}, True, False, ()),  # no number stands in a text
        ({"b": NUMBER}, False, True, ()),  # required, and there is no column
        ({"a": TEXT}, False, False, ()),  # not required: it may come with its first value
        ({"a": TEXT, "b": NUMBER, "z": TEXT, "c": TEXT}, False, False, ("c", "z")),
    ],
)
def test_an_outline_says_what_a_judge_would_look_closer_at(
    columns: Mapping[str, tuple[Family, str]],
    misfit: bool,  # noqa: FBT001 - what is expected
    lacking: bool,  # noqa: FBT001
    undeclared: tuple[str, ...],
) -> None:
    assert outlines_of(columns, SCHEMA) == Outline(misfit, lacking, unlanded=False, undeclared=undeclared)


def test_only_what_no_version_declares_is_undeclared() -> None:
    other = {"type": "object", "properties": {"z": {"type": "string"}}}
    assert outlines_of({"a": TEXT, "b": NUMBER, "z": TEXT, "c": TEXT}, SCHEMA, other).undeclared == ("c",)


def test_a_version_whose_payload_did_not_land_says_nothing_of_columns() -> None:
    landed = table("t", {"a": TEXT, "x": TEXT}, NotLanded("payload"))
    found = outline(bind(plan(SCHEMA), Landed((landed,))).tables[0])
    assert found == Outline(misfit=False, lacking=False, unlanded=True, undeclared=())


def test_a_rule_that_the_warehouse_refuses_makes_a_table_remarkable() -> None:
    landed = Landed((table("t", {"a": TEXT, "b": NUMBER}),))
    whole = bind(plan(SCHEMA), landed).tables[0]
    refused = {"event@1-0-0#/a:maxLength": "no such function"}
    kept: dict[str, Any] = {}
    binder = Binder(plan(SCHEMA), landed, lambda digest: refused if digest == whole.hash else {}, keeping=Keeping(kept))
    rest = binder.contract().tables[0]
    assert rest.hash != whole.hash
    assert outline(rest).misfit
    assert [rule.id for one in rest.versions for rule in one.rules if isinstance(rule.verdict, Unmeasurable)] == [
        *refused
    ]
    assert list(kept) == [rest.hash], "the contract with the rule is not the one that is kept"


# ── binding late ────────────────────────────────────────────────────────────────────────────────────


def test_nothing_is_bound_before_somebody_looks() -> None:
    contract = Binder(plan(Failing(SCHEMA)), Landed((table("t", {"a": TEXT}),))).contract()
    assert contract.tables[0].hash
    assert contract.hash
    with pytest.raises(AssertionError, match="was bound"):
        list(contract.tables[0].versions)


def test_a_known_outline_is_enough_to_judge_by() -> None:
    landed = Landed((table("t", {"a": TEXT, "b": TEXT}),))
    kept: dict[str, Any] = {}
    first = outline(Binder(plan(SCHEMA), landed, keeping=Keeping(kept)).contract().tables[0])
    again = Binder(plan(Failing(SCHEMA)), landed, keeping=Keeping(kept)).contract().tables[0]
    assert outline(again) == first
    assert first.misfit


def test_an_outline_of_another_plan_or_table_is_not_taken_for_this_one() -> None:
    kept: dict[str, Any] = {}
    landed = table("t", {"a": TEXT, "b": NUMBER})
    for of, one in (
        (plan(SCHEMA), landed),
        (plan(SCHEMA, revision="next"), landed),
        (plan(SCHEMA), table("t", {"a": TEXT, "b": TEXT})),
        (plan(SCHEMA), table("u", {"a": TEXT, "b": NUMBER})),
    ):
        outline(Binder(of, Landed((one,)), keeping=Keeping(kept)).contract().tables[0])
    assert len(kept) == 4


@pytest.mark.parametrize(
    "damaged",
    [None, "text", [], [False, False, False], [0, 0, 0, []], [False, False, False, [1]], [False, False, False, "ab"]],
)
def test_an_outline_that_is_none_of_ours_is_made_anew(damaged: Any) -> None:
    landed = Landed((table("t", {"a": TEXT, "b": TEXT}),))
    digest = Binder(plan(SCHEMA), landed).contract().tables[0].hash
    kept = {digest: damaged}
    assert outline(Binder(plan(SCHEMA), landed, keeping=Keeping(kept)).contract().tables[0]).misfit
    assert kept[digest] == [True, False, False, []]


def test_few_tables_stay_bound_and_the_others_are_bound_again_alike() -> None:
    names = ["t", "u", "w"]
    landed = Landed(tuple(table(name, {"a": TEXT, "b": NUMBER}) for name in names))
    whole = bind(plan(SCHEMA), landed)
    few = Binder(plan(SCHEMA), landed, keeping=Keeping(most=1)).contract()
    first = tuple(few.tables[0].versions)
    assert few.tables[0].versions[0] is first[0], "the last one that was looked at stays"
    assert [tuple(one.versions) for one in few.tables] == [tuple(one.versions) for one in whole.tables]
    assert few.tables[0].versions[0] is not first[0]
    assert few.tables[0].versions == first
    assert few == whole


def test_what_was_looked_at_last_is_the_last_to_go() -> None:
    made: list[str] = []
    versions = tuple(bind(plan(SCHEMA), Landed((table("t", {"a": TEXT, "b": NUMBER}),))).tables[0].versions)
    size = len(versions[0].rules) + len(versions[0].properties)
    recent = Recent(2 * size)
    for name in ("a", "b", "a", "c", "a", "b"):
        recent.of(name, lambda name=name: made.append(name) or versions)  # type: ignore[misc, func-returns-value]
    assert made == ["a", "b", "c", "b"]


def test_a_table_whose_versions_are_given_has_an_outline_too() -> None:
    bound = bind(plan(SCHEMA), Landed((table("t", {"b": NUMBER}),))).tables[0]
    given = BoundTable(bound.landed, tuple(bound.versions), "hash")
    assert outline(given) == outlined(tuple(bound.versions)) == outline(bound)


# ── what is said alike ──────────────────────────────────────────────────────────────────────────────


def ids(*schemas: Any, columns: Mapping[str, tuple[Family, str]]) -> list[list[str]]:
    found = bind(plan(*schemas), Landed((table("t", columns),))).tables[0]
    return [[rule.id for rule in version.rules] for version in found.versions]


def test_versions_that_say_the_same_have_rules_of_their_own_that_share_what_they_say() -> None:
    found = bind(plan(SCHEMA, SCHEMA), Landed((table("t", {"a": TEXT, "b": NUMBER}),))).tables[0]
    for first, second in zip(found.versions[0].rules, found.versions[1].rules, strict=True):
        assert (first.id, second.id.replace("@1-1-0#", "@1-0-0#")) == (
            second.id.replace("@1-1-0#", "@1-0-0#"),
            first.id,
        )
        assert first.id != second.id
        assert first.verdict is second.verdict or first.verdict == second.verdict


@pytest.mark.parametrize("one, other", [(1, True), (1, 1.0), ("1", 1), (0, False)])  # noqa: PT006 - two values
def test_values_that_python_finds_equal_are_not_the_same_rule(one: Any, other: Any) -> None:
    schemas = [{"type": "object", "properties": {"a": {"enum": [value, "x"]}}} for value in (one, other)]
    landed = Landed((table("t", {"a": (Family.JSON, "JSON")}),))
    together = bind(plan(*schemas), landed).tables[0].versions
    for version, schema in zip(together, schemas, strict=True):
        alone = bind(plan(schema), landed).tables[0].versions[0]
        assert [(rule.value, rule.verdict) for rule in version.rules] == [
            (rule.value, rule.verdict) for rule in alone.rules
        ]


def test_a_property_that_includes_another_schema_is_compiled_for_each_version() -> None:
    schemas = [
        {"type": "object", "$defs": {"n": {"minimum": least}}, "properties": {"b": {"$ref": "#/$defs/n"}}}
        for least in (1, 2)
    ]
    found = bind(plan(*schemas), Landed((table("t", {"b": NUMBER}),))).tables[0]
    assert [[rule.value for rule in version.rules] for version in found.versions] == [["1"], ["2"]]


def test_a_property_twice_in_one_version_keeps_two_rules() -> None:
    twice = {"allOf": [{"properties": {"a": {"maxLength": 5}}}, {"properties": {"a": {"maxLength": 5}}}]}
    assert ids(twice, twice, columns={"a": TEXT}) == [
        [f"event@1-{n}-0#/a:maxLength", f"event@1-{n}-0#/a:maxLength~2"] for n in range(2)
    ]
