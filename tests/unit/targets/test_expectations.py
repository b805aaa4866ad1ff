import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from monitor.catalog import Column, Family
from monitor.errors import TargetError
from monitor.plan.model import EventVersion, Tier
from monitor.targets import gx_project
from monitor.targets.expectations import listed, suites
from monitor.targets.gx_sql import Hours, VersionRows, plain_text
from tests.fakes import landed
from tests.fakes.landed import HOSTILE, contract, orders


def written(*args: Any, **kwargs: Any) -> dict[str, dict[str, Any]]:
    return {
        str(file.path).removeprefix("suites/"): json.loads(file.text)
        for file in suites(contract(*args, **kwargs), "duckdb")
    }


def by_rule(suite: dict[str, Any]) -> dict[str, dict[str, Any]]:
    return {entry["meta"]["trackwarden"]["rule"].partition("#")[2]: entry for entry in suite["expectations"]}


def test_an_event_in_several_tables_has_a_suite_for_each_named_by_its_source() -> None:
    names = [suite.name for suite in listed(contract())]
    assert names == [
        f"order_completed.{version}.{source}" for version in ("1-0-0", "1-1-0") for source in ("android", "web")
    ]


def test_an_event_in_one_table_has_a_suite_per_version() -> None:
    assert [s.name for s in listed(contract(orders(sources=("web",))))] == [
        "order_completed.1-0-0",
        "order_completed.1-1-0",
    ]


def test_a_name_does_not_depend_on_which_tables_have_landed_today() -> None:
    names = {suite.name for suite in listed(contract(tables=landed.catalog(landed.RAW)))}
    assert names == {"order_completed.1-0-0.android", "order_completed.1-1-0.android"}


def test_what_a_stock_expectation_counts_is_one() -> None:
    entry = by_rule(written()["order_completed/1-1-0/web.json"])["/currency:enum"]
    assert entry["type"] == "expect_column_values_to_be_in_set"
    assert entry["kwargs"] == {"column": "currency", "value_set": ["EUR", "USD", HOSTILE]}
    assert entry["severity"] == "critical"
    assert entry["notes"].startswith("currency is one of EUR, USD")


def test_what_no_stock_expectation_says_is_a_query_over_the_batch() -> None:
    entry = by_rule(written()["order_completed/1-1-0/android.json"])["/currency:required"]
    assert entry["type"] == "unexpected_rows_expectation"
    assert entry["kwargs"]["unexpected_rows_query"] == (
        'SELECT coalesce(received_at, "at") AS arrived_at FROM {batch} '
        """WHERE json_type(payload, '/currency') IS NULL"""
    )


def test_braces_and_colons_of_a_pattern_survive_great_expectations() -> None:
    query = by_rule(written()["order_completed/1-1-0/web.json"])["/order_id:pattern"]["kwargs"]["unexpected_rows_query"]
    assert "'^[a-z]{{2}}:[0-9]{{2,}}\\z'" in query
    assert "{batch}" in query.format(batch="{batch}")


def test_a_bound_that_a_float_cannot_say_is_a_query() -> None:
    schema = {"type": "object", "properties": {"total": {"type": "number", "maximum": 2**53 + 1}}}
    entry = by_rule(written(orders(versions=(EventVersion("1-0-0", schema),)))["order_completed/1-0-0/web.json"])
    assert entry["/total:maximum"]["type"] == "unexpected_rows_expectation"


def test_what_cannot_be_checked_is_said_with_its_reason() -> None:
    unchecked = written()["order_completed/1-1-0/web.json"]["meta"]["trackwarden"]["unchecked"]
    said = {entry["rule"].partition("#")[2]: (entry["verdict"], entry["reason"]) for entry in unchecked}
    assert said["/note:contentEncoding"] == ("declined", "contentEncoding is not decoded")
    assert said["/day:format"][0] == "unmeasurable"


def test_the_batch_is_the_rows_of_the_version() -> None:
    query = written()["order_completed/1-1-0/android.json"]["meta"]["trackwarden"]["query"]
    assert query == (
        'SELECT payload, "at", received_at FROM raw.events '
        "WHERE nullif(name, '') IN ('Order Completed', 'order_completed') "
        "AND nullif(version, '') IN ('1-1-0', '1.1.0')"
    )


def test_the_batch_may_be_bounded_by_arrival_hours() -> None:
    suite = listed(contract())[-1]
    query = VersionRows(suite.table, suite.version, "duckdb").batch(Hours(10, 20))
    assert ">= 10" in query
    assert "< 20" in query


def test_the_severity_follows_the_tier() -> None:
    suite = written(orders(tier=Tier.EXPERIMENTAL))["order_completed/1-1-0/web.json"]
    assert {entry["severity"] for entry in suite["expectations"]} == {"info"}


def test_another_event_s_change_leaves_a_suite_as_it_is() -> None:
    before, after = suites(contract(), "duckdb"), suites(contract(orders(), orders(name="Other Event")), "duckdb")
    assert set(before) < set(after)


def test_generation_is_the_same_every_time() -> None:
    assert suites(contract(), "duckdb") == suites(contract(), "duckdb")


def test_a_query_never_returns_a_value_of_the_payload() -> None:
    for entry in written()["order_completed/1-1-0/web.json"]["expectations"]:
        query = entry["kwargs"].get("unexpected_rows_query", "")
        says = "SELECT nullif(id, '') AS event_id, coalesce(received_at, timestamp) AS arrived_at FROM {batch} WHERE "
        assert not query or query.startswith(says)


def test_a_column_named_by_somebody_hostile_is_quoted() -> None:
    table = replace(landed.WEB, columns=(*landed.WEB.columns, Column('x" or :y', Family.TEXT, "VARCHAR")))
    suite = written(tables=landed.catalog(table, landed.RAW))["order_completed/1-1-0/web.json"]
    query = by_rule(suite)[":additionalProperties"]["kwargs"]["unexpected_rows_query"]
    assert query.endswith(r"""coupon IS NOT NULL OR "x"" or \:y" IS NOT NULL""")


def test_plain_text_leaves_what_nothing_reads() -> None:
    assert plain_text("SELECT a::text, 'x', TIMESTAMP '2026-01-01 10:00:00'") == (
        "SELECT a::text, 'x', TIMESTAMP '2026-01-01 10:00:00'"
    )


# ── the project ─────────────────────────────────────────────────────────────────────────────────────


def test_a_new_project_keeps_suites_in_suites(tmp_path: Path) -> None:
    assert gx_project.suite_folder(tmp_path) == "suites"
    (tmp_path / "great_expectations.yml").write_text(gx_project.project_files()[0].text)
    assert gx_project.suite_folder(tmp_path) == "suites"


def test_a_project_of_the_user_s_says_where_its_suites_are(tmp_path: Path) -> None:
    text = gx_project.project_files()[0].text.replace("base_directory: suites/", "base_directory: a/b/")
    (tmp_path / "great_expectations.yml").write_text(text)
    assert gx_project.suite_folder(tmp_path) == "a/b"


@pytest.mark.parametrize("text", ["a: [", "[]", "stores: {}", "x"])
def test_a_broken_project_is_one_clear_error(tmp_path: Path, text: str) -> None:
    (tmp_path / "great_expectations.yml").write_text(text)
    with pytest.raises(TargetError, match=r"great_expectations\.yml"):
        gx_project.suite_folder(tmp_path)


@pytest.mark.parametrize("folder", ["../out", "/abs", "."])
def test_suites_are_not_written_outside_the_project(tmp_path: Path, folder: str) -> None:
    text = gx_project.project_files()[0].text.replace("base_directory: suites/", f"base_directory: {folder}")
    (tmp_path / "great_expectations.yml").write_text(text)
    with pytest.raises(TargetError, match="folder of the project"):
        gx_project.suite_folder(tmp_path)
