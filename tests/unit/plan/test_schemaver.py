from itertools import permutations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitor.errors import PlanError
from monitor.plan.schemaver import SchemaVer, aliases, schemaver, version_key


def test_a_schemaver_is_read_and_written_the_same() -> None:
    assert str(SchemaVer.parse("12-0-3")) == "12-0-3"


def test_schemavers_are_ordered_by_number_not_by_text() -> None:
    assert SchemaVer.parse("1-9-0") < SchemaVer.parse("1-10-0") < SchemaVer.parse("2-0-0")


@pytest.mark.parametrize("text", ["", "1-0", "0-0-0", "1-0-00", "1.0.0", "1-0-0-0", "v1-0-0", "1-0-0\n", "１-0-0"])  # noqa: RUF001
def test_what_is_no_schemaver_is_refused(text: str) -> None:
    assert schemaver(text) is None
    with pytest.raises(PlanError, match="is not a SchemaVer"):
        SchemaVer.parse(text)


@pytest.mark.parametrize(("text", "meant"), [("1.1.0", "1-1-0"), ("1.10", "1-10-0"), ("v2", "2-0-0")])
def test_the_hint_names_the_spelling_that_was_meant(text: str, meant: str) -> None:
    with pytest.raises(PlanError) as told:
        SchemaVer.parse(text)
    assert meant in told.value.hint


def test_any_versions_have_one_order() -> None:
    ordered = ["1-0-0", "1-0-1", "1-2-0", "1-10-0", "2-0-0", "1", "1.1", "v2", "2.0.0", "10", "alpha", "beta"]
    newest_first = ordered[::-1]
    assert sorted(newest_first, key=version_key) == ordered
    for some in permutations(ordered[3:9], 3):
        assert sorted(some, key=version_key) == [one for one in ordered if one in some]


@given(st.lists(st.text(max_size=12)))
def test_no_version_breaks_the_order(versions: list[str]) -> None:
    turned = versions[::-1]
    assert sorted(versions, key=version_key) == sorted(turned, key=version_key)


def test_a_row_may_carry_dots_where_the_plan_has_hyphens() -> None:
    assert aliases("1-1-0") == ("1-1-0", "1.1.0")
    assert aliases("1.1.0") == ("1.1.0", "1-1-0")


def test_other_versions_have_one_spelling() -> None:
    assert aliases("3") == ("3",)
    assert aliases("2026-06") == ("2026-06",)
    assert aliases("1-1.0") == ("1-1.0",)
