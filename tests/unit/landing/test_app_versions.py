import operator as op
from functools import cache
from typing import Any

import duckdb
import pytest
import sqlalchemy as sa
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from monitor.errors import ConfigError, Problems
from monitor.landing.app_versions import Bound, app_version_expr, parse_range, parse_version_map, strays
from monitor.landing.held import Held, Row
from monitor.plan.model import Event, EventVersion, Plan
from monitor.sql import vocabulary as sql
from monitor.sql.engines import writer
from monitor.sql.vocabulary import Expr

WEB = Row(sql.Literal("Order Completed"), sql.Literal("web"))


def versions_of(ranges: dict[str, str], app_versions: list[str | None]) -> list[str | None]:
    """The event version of each app version, asked of DuckDB."""
    found = parse_version_map({"web": {"*": ranges}}, "versions.yml")
    return ask(app_version_expr(found, sql.Column("app"), WEB), [{"app": version} for version in app_versions])


@cache
def warehouse() -> duckdb.DuckDBPyConnection:
    return duckdb.connect()


def ask(expr: Expr, rows: list[dict[str, Any]]) -> list[str | None]:
    duck, columns = warehouse(), list(rows[0])
    engine = writer("duckdb")
    text = engine.compile(sa.select(engine.expr(expr)).select_from(sa.table("rows")).order_by(sa.text("rowid")))
    duck.execute(f"CREATE OR REPLACE TABLE rows ({', '.join(f'{name} VARCHAR' for name in columns)})")
    marks = ", ".join("?" for _ in columns)
    duck.executemany(f"INSERT INTO rows VALUES ({marks})", [[row[name] for name in columns] for row in rows])
    return [row[0] for row in duck.execute(text).fetchall()]


def errors_of(data: Any) -> list[str]:
    with pytest.raises(Problems) as caught:
        parse_version_map(data, "versions.yml")
    assert all(isinstance(error, ConfigError) for error in caught.value.errors)
    return [str(error) for error in caught.value.errors]


def test_ranges_compare_number_by_number() -> None:
    ranges = {"<2.4.0": "1-0-0", ">=2.4 <2.10": "1-1-0", ">=2.10": "2-0-0"}
    landed = {
        "1": "1-0-0",
        "2.3.99": "1-0-0",
        "2.4": "1-1-0",
        "2.4.0": "1-1-0",
        "2.9": "1-1-0",
        "2.9.100": "1-1-0",
        "2.10": "2-0-0",
        "2.10.0.1": "2-0-0",
        "10.0": "2-0-0",
    }
    assert dict(zip(landed, versions_of(ranges, list(landed)), strict=True)) == landed


def test_what_follows_the_numbers_is_cut() -> None:
    app_versions: list[str | None] = ["2.4.0-beta.1", "2.4.0+57", "2.4.0 (1203)", "v2.4.0", " 2.4.0", "2.4.0rc1"]
    assert versions_of({"2.4": "1-1-0"}, app_versions) == ["1-1-0"] * 6


def test_an_app_version_that_is_none_has_no_event_version() -> None:
    assert versions_of({"<3": "1-0-0"}, ["", None, "beta", "unknown", "-1"]) == [None] * 5
    assert versions_of({"*": "1-0-0"}, ["", None, "beta", "7"]) == [None, None, None, "1-0-0"]


def test_a_fourth_number_counts_against_a_bound_of_three() -> None:
    assert versions_of({"<=2.4.0": "1-0-0", ">2.4.0": "1-1-0"}, ["2.4.0", "2.4.0.0", "2.4.0.1"]) == [
        "1-0-0",
        "1-0-0",
        "1-1-0",
    ]


number = st.lists(st.integers(0, 12), min_size=1, max_size=4)


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.lists(number, min_size=1, max_size=8), number, st.sampled_from(["<", "<=", ">", ">=", "="]))
def test_a_range_holds_what_comparing_numbers_says(found: list[list[int]], bound: list[int], sign: str) -> None:
    def padded(parts: list[int]) -> list[int]:
        return parts + [0] * (5 - len(parts))

    holds = {"<": op.lt, "<=": op.le, ">": op.gt, ">=": op.ge, "=": op.eq}[sign]
    texts: list[str | None] = [".".join(map(str, parts)) for parts in found]
    expected = ["x" if holds(padded(parts), padded(bound)) else None for parts in found]
    assert versions_of({sign + ".".join(map(str, bound)): "x"}, texts) == expected


def test_an_event_s_own_ranges_come_before_those_of_all() -> None:
    orders = Held(Event("Order Completed", "order_completed", ()), ("Order Completed", "order_completed"))
    row = Row(sql.Column("event"), sql.Column("source"), (orders,))
    found = parse_version_map(
        {
            "ios": {"*": {"*": "1-0-0"}, "Order Completed": {">=2": "2-0-0"}},
            "web": {"Order Completed": {"*": "3-0-0"}, "Not In This Table": {"*": "4-0-0"}},
        },
        "versions.yml",
    )
    rows = [
        {"source": "ios", "event": "order_completed", "app": "2.1"},
        {"source": "ios", "event": "Order Completed", "app": "1.9"},
        {"source": "ios", "event": "Page Viewed", "app": "2.1"},
        {"source": "web", "event": "Order Completed", "app": "1"},
        {"source": "web", "event": "Not In This Table", "app": "1"},
        {"source": "tv", "event": "Order Completed", "app": "1"},
    ]
    assert ask(app_version_expr(found, sql.Column("app"), row), rows) == [
        "2-0-0",
        "1-0-0",
        "1-0-0",
        "3-0-0",
        None,
        None,
    ]


def test_a_table_of_another_source_asks_nothing() -> None:
    found = parse_version_map({"ios": {"*": {"*": "1-0-0"}}}, "versions.yml")
    assert app_version_expr(found, sql.Column("app"), WEB) == sql.Literal(None)


@pytest.mark.parametrize("text", ["<2.4.0", "< 2.4.0", "  <  2.4", "<v2.4"])
def test_a_range_is_read_with_or_without_spaces(text: str) -> None:
    assert parse_range(text) == (None, Bound((2, 4), inclusive=False))


@pytest.mark.parametrize("text", ["", " ", "latest", "^2.4", "~>2", "2.x", "<2.4 || >3", "<2 <3", "=2 <3", "!=2", "<"])
def test_a_range_that_cannot_be_read_is_an_error_that_shows_how(text: str) -> None:
    (said,) = errors_of({"web": {"*": {text: "1-0-0"}}})
    assert said.startswith("versions.yml web.*: ")
    assert "write a range as '<2.4.0' or '>=2.4.0 <3'" in said


def test_pre_release_bounds_are_refused_with_the_reason() -> None:
    (said,) = errors_of({"web": {"*": {"<2.4.0-rc1": "1-0-0"}}})
    assert "pre-release parts are not compared" in said


@pytest.mark.parametrize(
    ("ranges", "overlap"),
    [
        ({"<2.4": "a", ">=2.3": "b"}, True),
        ({"<=2.4": "a", ">=2.4.0": "b"}, True),
        ({"*": "a", "2": "b"}, True),
        ({">1": "a", ">2": "b"}, True),
        ({"<2.4": "a", ">=2.4": "b"}, False),
        ({"<2.4": "a", ">2.4": "b"}, False),
        ({">=3": "b", "<2.9": "a", ">=2.9 <2.10": "c"}, False),
    ],
)
def test_overlapping_ranges_are_an_error(ranges: dict[str, str], overlap: bool) -> None:  # noqa: FBT001 - a table
    if overlap:
        assert [said for said in errors_of({"web": {"*": ranges}}) if "overlap" in said]
    else:
        parse_version_map({"web": {"*": ranges}}, "versions.yml")


def test_an_empty_range_is_an_error() -> None:
    assert "holds no version" in errors_of({"web": {"*": {">=3 <2": "1-0-0"}}})[0]
    assert "holds no version" in errors_of({"web": {"*": {">2 <2": "1-0-0"}}})[0]


@pytest.mark.parametrize(
    ("data", "said"),
    [
        (None, "versions.yml: is not a mapping"),
        ([], "versions.yml: is not a mapping"),
        ({"web": "1-0-0"}, "versions.yml web: is not a mapping"),
        ({"web": {"*": ["<2"]}}, "versions.yml web.*: is not a mapping"),
        ({"web": {"*": {1.10: "1-0-0"}}}, "key 1.1 is not text (quote it: '1.1')"),
        ({"web": {"*": {"<2": 1.1}}}, "version 1.1 of '<2' is not text (versions are texts: write '1.1')"),
        ({"web": {"*": {"<2": None}}}, "name an event version"),
        ({7: {"*": {}}}, "key 7 is not text"),
    ],
)
def test_a_map_of_another_shape_says_where_and_how(data: Any, said: str) -> None:
    assert any(said in error for error in errors_of(data))


def test_all_errors_of_a_map_are_told_at_once() -> None:
    assert len(errors_of({"web": {"*": {"x": "1", "<2": 2}}, "ios": 3})) == 3


@settings(max_examples=50)
@given(
    st.recursive(
        st.none() | st.text(max_size=6) | st.integers(), lambda inner: st.dictionaries(st.text(max_size=6), inner)
    )
)
def test_any_yaml_is_a_map_or_an_error_with_a_place(data: Any) -> None:
    places = []
    try:
        parse_version_map(data, "versions.yml")
    except Problems as problems:
        places = [error.where for error in problems.errors]
    assert all(place.startswith("versions.yml") for place in places)


def test_names_that_the_plan_does_not_have_are_told_with_the_nearest() -> None:
    plan = Plan((Event("Order Completed", "order_completed", (EventVersion("1-0-0", {}),)),), "x")
    found = parse_version_map(
        {
            "web": {
                "Order Complted": {"*": "1-0-0"},
                "Order Completed": {"<2": "1-0-0", ">=2": "1-0-1"},
                "*": {"*": "9"},
            }
        },
        "versions.yml",
    )
    assert [str(error) for error in strays(found, plan)] == [
        "versions.yml web.Order Complted: event 'Order Complted' is not in the plan (did you mean 'Order Completed'?)",
        "versions.yml web.Order Completed: version '1-0-1' is not planned (did you mean '1-0-0'?)",
    ]
