"""`run` from outside: what it prints, what it keeps, what it ends with."""

import json
import re
from pathlib import Path
from typing import Any

import duckdb
import pytest

from monitor.demo import warehouse
from monitor.demo.clock import CLOCK
from monitor.judge.explain import EXPLANATIONS
from monitor.judge.model import Kind
from monitor.wiring import Workspace
from tests.unit.cli.conftest import SCALE, Call

pytestmark = pytest.mark.xdist_group("cli")
BASELINE = ("--until", f"{CLOCK.baseline_end:%Y-%m-%dT%H:%M}")
NOW = ("--until", f"{CLOCK.as_of:%Y-%m-%dT%H:%M}")


@pytest.fixture
def advanced(workspace: Path) -> Path:
    """The shop with its last days."""
    warehouse.advance(workspace / "warehouse.duckdb", scale=SCALE)
    return workspace


def rows(folder: Path, table: str) -> int:
    """All rows of a table."""
    with duckdb.connect(str(folder / "warehouse.duckdb"), read_only=True) as connection:
        found = connection.execute(f"SELECT count(*) FROM {table}").fetchone()
    return int(found[0]) if found else 0


def told(text: str) -> dict[str, Any]:
    """The one object on stdout."""
    document: dict[str, Any] = json.loads(text)
    return document


def test_json_is_one_object_of_the_documented_shape(advanced: Path, call: Call) -> None:
    ended = call("-C", advanced, "run", "--json", *NOW)
    document = told(ended.out)
    assert ended.code == 0
    assert list(document) == ["run", "plan_revision", "measured", "versions", "findings", "unmeasured"]
    assert set(document["measured"]) == {"tables", "windows", "rows", "sample", "queries", "seconds"}
    assert document["measured"]["sample"] is None
    for version in document["versions"]:
        assert set(version) == {
            "event", "version", "source", "rows", "checked_rows", "invalid_rows", "failure_rate", "rules",
        }  # fmt: skip
        assert version["checked_rows"] == version["rows"]
        for rule in version["rules"]:
            assert set(rule) == {"rule", "property", "keyword", "failed"}
    keys = {"kind", "severity", "event", "version", "source", "property", "message", "evidence"}
    assert document["findings"]
    for finding in document["findings"]:
        assert set(finding) == keys
        assert {"rules", "absorbed"} <= set(finding["evidence"])


def test_json_sums_are_the_rows_that_this_run_measured(advanced: Path, call: Call) -> None:
    document = told(call("-C", advanced, "run", "--json", *NOW).out)
    refunds = [one for one in document["versions"] if one["event"] == "Order Refunded" and one["source"] == "web"]
    assert [one["version"] for one in refunds] == ["1-0-0"]
    assert refunds[0]["rows"] == rows(advanced, "web_prod.order_refunded")
    assert sum(one["rows"] for one in document["versions"]) == document["measured"]["rows"]
    for one in document["versions"]:
        assert one["failure_rate"] == one["invalid_rows"] / one["rows"]


def test_json_lists_every_rule_that_is_checked_also_where_none_failed(advanced: Path, call: Call) -> None:
    document = told(call("-C", advanced, "run", "--json", *NOW).out)
    refund = next(one for one in document["versions"] if one["event"] == "Order Refunded" and one["source"] == "web")
    listed = {(rule["property"], rule["keyword"]): rule["failed"] for rule in refund["rules"]}
    assert listed["reason", "enum"] == 0
    assert listed["order_id", "required"] == 0
    assert ("reason", "type") not in listed  # a text column holds nothing else: there is nothing to ask
    unknown = [one for one in document["versions"] if (one["event"], one["version"]) == ("Product Added", "1-2-0")]
    assert all(one["rules"] == [] for one in unknown)


def sampling(folder: Path) -> Path:
    """The same workspace, with half of the rows asked where there are more than forty."""
    settings = folder / "trackwarden.yml"
    settings.write_text(settings.read_text(encoding="utf-8") + "\nmeasure: {sample: {share: 50%, above: 40}}\n")
    return folder


def test_a_run_that_samples_says_so_in_the_terminal_and_as_json(advanced: Path, call: Call) -> None:
    whole = told(call("-C", advanced, "run", "--dry-run", "--json", *NOW).out)
    said = call("-C", sampling(advanced), "run", "--dry-run", *NOW).out
    line = next(line for line in " ".join(said.split()).split("Measured ") if "tables" in line)
    found = re.search(r"rules asked of a sample: ([0-9,]+) of ([0-9,]+) planned rows", line)
    assert found is not None
    checked, planned = (int(number.replace(",", "")) for number in found.groups())
    assert 0 < checked < planned <= whole["measured"]["rows"]
    document = told(call("-C", advanced, "run", "--dry-run", "--json", *NOW).out)
    assert document["measured"]["rows"] == whole["measured"]["rows"]
    assert document["measured"]["sample"]["rows"] == planned
    counted = {(one["event"], one["version"], one["source"]): one["rows"] for one in whole["versions"]}
    assert counted == {(one["event"], one["version"], one["source"]): one["rows"] for one in document["versions"]}
    assert all(one["invalid_rows"] <= one["checked_rows"] <= one["rows"] for one in document["versions"])
    assert any(one["checked_rows"] < one["rows"] for one in document["versions"])


def test_what_a_sampling_run_would_ask_says_so(advanced: Path, call: Call) -> None:
    said = call("-C", sampling(advanced), "run", "--explain", *NOW).out
    assert "rules are asked of 50% of the rows, drawn row by row, where the range holds more than 40" in said
    due = told(call("-C", advanced, "run", "--explain", "--json", *NOW).out)["due"]
    drawn = [one for one in due if one["sample"]]
    assert drawn
    assert all(one["sample"] == {"share": 0.5, "above": 40, "by": "rows"} for one in drawn)
    assert all(len(one["statements"]) == 2 and "random() < 0.5" in one["statements"][1] for one in drawn)


def test_json_sends_unsent_messages_to_stderr(advanced: Path, call: Call) -> None:
    ended = call("-C", advanced, "run", "--json", *NOW)
    assert "not sent" in ended.err
    assert ended.out.count("\n") == 1


def test_a_second_run_measures_nothing_and_tells_nothing(advanced: Path, call: Call) -> None:
    first = call("-C", advanced, "run", *NOW)
    assert "Measured 23 tables" in first.out
    assert "First run:" in first.out
    second = call("-C", advanced, "run", *NOW)
    assert second.code == 0
    assert "Measured nothing: nothing new has arrived" in second.out
    assert "not sent" not in second.out


def test_the_summary_says_each_finding_in_one_line(advanced: Path, call: Call) -> None:
    found = told(call("-C", advanced, "run", "--dry-run", "--json", *NOW).out)["findings"]
    lines = call("-C", advanced, "run", "--dry-run", *NOW).out.splitlines()
    assert found
    for one in found:
        titled = [line for line in lines if line.endswith(one["message"])]
        assert len(titled) == 1
        assert EXPLANATIONS[Kind(one["kind"])].title in titled[0]
        assert one["event"] in titled[0]


def test_a_dry_run_keeps_nothing(workspace: Path, call: Call) -> None:
    ended = call("-C", workspace, "run", "--dry-run", *BASELINE)
    assert "Dry run: nothing was kept" in ended.out
    history = Workspace.open(workspace).history()
    try:
        assert not history.watermarks()
        assert not history.runs(1)
    finally:
        history.close()


def test_only_tables_that_hold_the_event_are_measured(workspace: Path, call: Call) -> None:
    ended = call("-C", workspace, "run", "--event", "order_refunded", "--json", *BASELINE)
    assert told(ended.out)["measured"]["tables"] == 3


def test_findings_end_in_1_only_where_it_is_asked_for(advanced: Path, call: Call) -> None:
    assert call("-C", advanced, "run", "--dry-run", *NOW).code == 0
    assert call("-C", advanced, "run", "--dry-run", "--fail-on", "warning", *NOW).code == 1


def test_a_quiet_run_says_nothing_where_all_is_well(workspace: Path, call: Call) -> None:
    ended = call("-q", "-C", workspace, "run", *BASELINE)
    assert (ended.code, ended.out, ended.err) == (0, "", "")


def test_measuring_again_is_silent(advanced: Path, call: Call) -> None:
    call("-C", advanced, "run", *BASELINE)
    again = call("-C", advanced, "run", "--since", "2d", *NOW)
    assert "none, since --since is silent without --notify" in again.out
    assert "┌ not sent" not in again.out


def test_a_workspace_named_by_a_relative_path_keeps_its_history_in_itself(
    workspace: Path, call: Call, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(workspace.parent)
    assert call("-C", workspace.name, "run", *BASELINE).code == 0
    assert (workspace / "state" / "history.db").is_file()
    assert call("-C", workspace.name, "report").out == "workspace/reports/index.html\n"
