"""`init`, `doctor`, `plan`, `generate` and `report` from outside."""

import json
from pathlib import Path

import duckdb
import pytest

from monitor.cli.init import BLANK
from monitor.demo.clock import CLOCK
from tests.fakes.slack import FakeSlack, refusing
from tests.unit.cli.conftest import Call

pytestmark = pytest.mark.xdist_group("cli")
ROOT = Path(__file__).parents[3]
BASELINE = ("--until", f"{CLOCK.baseline_end:%Y-%m-%dT%H:%M}")
EVENTS = """
CREATE SCHEMA raw;
CREATE TABLE raw.events AS SELECT 'Order Completed' AS event_name,
  '{"order_id": "1", "currency": "EUR", "total": 3, "schema_version": "1-0-0"}' AS payload,
  TIMESTAMP '2026-01-01 10:00:00' AS occurred_at, TIMESTAMP '2026-01-01 10:01:00' AS received_at;
"""


# ── init ────────────────────────────────────────────────────────────────────────────────────────────


def test_following_what_init_says_reaches_a_first_run(tmp_path: Path, call: Call) -> None:
    folder = tmp_path / "tracking"
    said = call("init", folder)
    assert said.code == 0
    assert f"cp {folder}/profiles.example.yml {folder}/profiles.yml" in said.out
    (folder / "profiles.yml").write_bytes((folder / "profiles.example.yml").read_bytes())
    with duckdb.connect(str(folder / "warehouse.duckdb")) as connection:
        connection.execute(EVENTS)
    assert call("-C", folder, "doctor").code == 0
    ended = call("-C", folder, "run", "--until", "2026-01-02", "--json")
    assert ended.code == 0, ended.err
    version = json.loads(ended.out)["versions"][0]
    assert (version["event"], version["version"], version["rows"]) == ("Order Completed", "1-0-0", 1)
    assert version["invalid_rows"] == 0


def test_init_overwrites_nothing(tmp_path: Path, call: Call) -> None:
    (tmp_path / "trackwarden.yml").write_text("mine", encoding="utf-8")
    said = call("init", tmp_path)
    assert (tmp_path / "trackwarden.yml").read_text(encoding="utf-8") == "mine"
    assert "it was there already" in said.out
    assert all((tmp_path / name).is_file() for name in BLANK)


def test_init_where_nothing_can_be_written_is_one_error(tmp_path: Path, call: Call) -> None:
    (tmp_path / "file").write_text("", encoding="utf-8")
    ended = call("init", tmp_path / "file")
    assert ended.code == 2
    assert "error: the workspace cannot be written" in ended.err


def test_the_blank_profiles_are_the_example(tmp_path: Path, call: Call) -> None:
    call("init", tmp_path)
    assert (tmp_path / "profiles.example.yml").read_bytes() == (ROOT / "profiles.example.yml").read_bytes()


# ── doctor ──────────────────────────────────────────────────────────────────────────────────────────


def test_the_doctor_finds_all_in_place(workspace: Path, call: Call) -> None:
    ended = call("-C", workspace, "doctor")
    assert ended.code == 0
    for name in ("configuration", "plan", "profile", "warehouse", "landing 2", "history", "Slack", "dbt target"):
        assert name in ended.out
    assert "11 tables for 11 planned events" in ended.out
    assert "problem" not in ended.out
    assert not (workspace / "state" / "history.db").exists()


def test_the_doctor_ends_with_the_first_failing_code(workspace: Path, call: Call) -> None:
    (workspace / "warehouse.duckdb").unlink()
    config = workspace / "trackwarden.yml"
    config.write_text(
        config.read_text(encoding="utf-8").replace("project: expectations", "project: trackwarden.yml"),
        encoding="utf-8",
    )
    ended = call("-C", workspace, "doctor")
    assert ended.code == 4
    assert ended.out.count("problem") == 2
    assert "there is no such DuckDB file" in ended.out


def test_the_doctor_tries_the_token(workspace: Path, call: Call) -> None:
    config = workspace / "trackwarden.yml"
    config.write_text(config.read_text(encoding="utf-8").replace("  # token:", "  token:"), encoding="utf-8")
    with FakeSlack() as slack:
        env = {"SLACK_API_URL": slack.url, "SLACK_BOT_TOKEN": slack.token}
        assert "the token is trackwarden in Fake" in call("-C", workspace, "doctor", env=env).out
        slack.script("auth.test", refusing("token_revoked"))
        ended = call("-C", workspace, "doctor", env=env)
        assert ended.code == 5
        assert "the token was revoked" in ended.out
        assert slack.token not in ended.out + ended.err


# ── plan ────────────────────────────────────────────────────────────────────────────────────────────


def test_one_event_is_shown_with_the_verdict_on_every_rule(workspace: Path, call: Call) -> None:
    shown = call("-C", workspace, "plan", "show", "order_refunded").out
    assert "web_prod.order_refunded, ios_prod.order_refunded" in shown
    assert "✓ reason is one of size" in shown
    assert "undecidable: the column is VARCHAR" in shown


def test_without_a_warehouse_refused_keywords_are_still_seen(workspace: Path, call: Call) -> None:
    (workspace / "warehouse.duckdb").unlink()
    event = workspace / "tracking_plan" / "events" / "order_refunded.yml"
    text = event.read_text(encoding="utf-8").replace(
        "type: boolean", "type: boolean\n          contentEncoding: base64"
    )
    event.write_text(text, encoding="utf-8")
    ended = call("-C", workspace, "plan", "show", "Order Refunded")
    assert ended.code == 0
    assert "as if all events landed in one JSON document" in ended.err
    assert "✗ " in ended.out
    assert "refused: " in ended.out


def test_the_plan_as_json_has_a_verdict_for_every_rule(workspace: Path, call: Call) -> None:
    document = json.loads(call("-C", workspace, "plan", "show", "--json").out)
    assert len(document["events"]) == 12
    rules = [r for e in document["events"] for v in e["versions"] for at in v["landed"] for r in at["rules"]]
    assert {rule["verdict"] for rule in rules} <= {"compiled", "undecidable", "refused", "unmeasurable"}
    assert all(rule["reason"] for rule in rules if rule["verdict"] != "compiled")


def test_lints_have_places_and_strict_ends_in_1(workspace: Path, call: Call) -> None:
    assert call("-C", workspace, "plan", "lint", "--strict").code == 0
    event = workspace / "tracking_plan" / "events" / "order_refunded.yml"
    event.write_text(event.read_text(encoding="utf-8").replace("team: checkout\n", ""), encoding="utf-8")
    lenient, strict = call("-C", workspace, "plan", "lint"), call("-C", workspace, "plan", "lint", "--strict")
    assert (lenient.code, strict.code) == (0, 1)
    assert "order_refunded.yml:1" in lenient.out
    assert "has no owner" in lenient.out


# ── generate, report ────────────────────────────────────────────────────────────────────────────────


def test_generate_check_prints_the_diff_and_ends_in_1(workspace: Path, call: Call) -> None:
    assert call("-C", workspace, "generate", "--check").code == 1
    assert call("-C", workspace, "generate").code == 0
    assert call("-C", workspace, "generate", "--check").code == 0
    event = workspace / "tracking_plan" / "events" / "order_refunded.yml"
    event.write_text(event.read_text(encoding="utf-8").replace("wrong_item", "broken"), encoding="utf-8")
    ended = call("-C", workspace, "generate", "--check")
    assert ended.code == 1
    assert "wrong_item" in ended.out
    assert "out of date: " in ended.err


def test_generate_check_needs_no_warehouse_once_the_catalog_is_kept(workspace: Path, call: Call) -> None:
    call("-C", workspace, "generate")
    (workspace / "profiles.yml").unlink()
    ended = call("-C", workspace, "generate", "--check")
    assert ended.code == 0
    assert "no profiles.yml found" in ended.err
    assert call("-C", workspace, "generate", "--check", "--offline").err == ""
    assert call("-C", workspace, "generate").code == 2


def test_a_report_before_the_first_run_says_so(workspace: Path, call: Call) -> None:
    ended = call("-C", workspace, "report")
    assert ended.code == 2
    assert "nothing has been measured yet" in ended.err


def test_a_report_is_written_from_history_also_without_the_warehouse(workspace: Path, call: Call) -> None:
    assert call("-C", workspace, "run", *BASELINE).code == 0
    first = call("-C", workspace, "report")
    assert first.out == f"{workspace / 'reports' / 'index.html'}\n"
    assert "13 pages written" in first.err
    (workspace / "warehouse.duckdb").unlink()
    second = call("-C", workspace, "report")
    assert second.code == 0
    assert "0 pages written, 13 unchanged" in second.err
    assert "there is no such DuckDB file" in second.err
