"""What goes wrong is told once, in one form, with the right exit code; and nothing that was measured is lost."""

import json
import subprocess
import sys
from collections.abc import Mapping
from datetime import timedelta
from pathlib import Path

import pytest

from monitor.demo import warehouse
from monitor.demo.clock import CLOCK
from monitor.history.store import History
from monitor.wiring import Workspace
from tests.fakes.slack import FakeSlack, refusing
from tests.unit.cli.conftest import SCALE, Call, Ended

pytestmark = pytest.mark.xdist_group("cli")
UNTIL = ("--until", f"{CLOCK.baseline_end:%Y-%m-%dT%H:%M}")
HELD = "import duckdb, sys, time; held = duckdb.connect(sys.argv[1]); print('held', flush=True); time.sleep(60)"


def one_error(ended: Ended) -> str:
    """The one error on stderr; asserts that it is one, with a place and a next step, and no traceback."""
    assert "Traceback" not in ended.out + ended.err
    assert ended.err.count("error: ") == 1
    assert "  where: " in ended.err
    assert "  next:  " in ended.err
    return ended.err


def measured(folder: Path, env: Mapping[str, str] | None = None) -> dict[str, int]:
    """Each table's watermark."""
    history: History = Workspace.open(folder, env).history()
    try:
        return {name: mark.until for name, mark in history.watermarks().items()}
    finally:
        history.close()


def test_a_broken_plan(workspace: Path, call: Call) -> None:
    event = workspace / "tracking_plan" / "events" / "order_refunded.yml"
    event.write_text(event.read_text(encoding="utf-8").replace("type: boolean", "type: boolan"), encoding="utf-8")
    ended = call("-C", workspace, "run", *UNTIL)
    assert ended.code == 2
    assert "'boolan'" in one_error(ended)
    assert "order_refunded.yml:" in ended.err
    assert not (workspace / "state" / "history.db").exists()


def test_several_errors_of_a_plan_are_listed_at_once(workspace: Path, call: Call) -> None:
    for name in ("order_refunded", "cart_viewed"):
        (workspace / "tracking_plan" / "events" / f"{name}.yml").write_text("event: 1\n", encoding="utf-8")
    ended = call("-C", workspace, "plan", "lint")
    assert ended.code == 2
    assert ended.err.count("error: ") > 1
    assert ended.err.rstrip().endswith("errors")


def test_a_folder_that_is_no_workspace(tmp_path: Path, call: Call) -> None:
    ended = call("-C", tmp_path, "run")
    assert ended.code == 2
    assert "trackwarden init" in one_error(ended)


def test_an_unreachable_warehouse(workspace: Path, call: Call) -> None:
    (workspace / "warehouse.duckdb").unlink()
    ended = call("-C", workspace, "run", *UNTIL)
    assert ended.code == 4
    assert "there is no such DuckDB file" in one_error(ended)


def test_a_missing_table_is_unknown_and_the_others_are_measured(workspace: Path, call: Call) -> None:
    config = workspace / "trackwarden.yml"
    config.write_text(config.read_text(encoding="utf-8").replace("raw.android_events", "raw.nowhere"), encoding="utf-8")
    ended = call("-C", workspace, "run", *UNTIL)
    assert ended.code == 3
    assert "raw.nowhere" in one_error(ended)
    assert "Measured 22 tables" in ended.out
    assert len(measured(workspace)) == 22


def test_a_locked_warehouse_leaves_what_was_measured(workspace: Path, call: Call) -> None:
    assert call("-C", workspace, "run", *UNTIL).code == 0
    before = measured(workspace)
    command = [sys.executable, "-c", HELD, str(workspace / "warehouse.duckdb")]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as holder:
        assert holder.stdout is not None
        assert holder.stdout.readline() == "held\n"
        try:
            ended = call("-C", workspace, "run", *UNTIL)
        finally:
            holder.kill()
    assert ended.code == 4
    assert f"PID {holder.pid}" in one_error(ended)
    assert measured(workspace) == before


def test_a_revoked_token_loses_no_message(workspace: Path, call: Call) -> None:
    config = workspace / "trackwarden.yml"
    text = config.read_text(encoding="utf-8").replace("  # token:", "  token:")
    config.write_text(text, encoding="utf-8")
    warehouse.advance(workspace / "warehouse.duckdb", scale=SCALE)
    now = ("--until", f"{CLOCK.as_of:%Y-%m-%dT%H:%M}")
    with FakeSlack("C0SHOPDATA") as slack:
        env = {"SLACK_API_URL": slack.url, "SLACK_BOT_TOKEN": slack.token}
        slack.script("chat.postMessage", refusing("token_revoked"))
        ended = call("-C", workspace, "run", *now, env=env)
        assert ended.code == 5
        assert "token_revoked" in one_error(ended)
        assert slack.token not in ended.out + ended.err
        assert len(measured(workspace, env)) == 23
        assert slack.messages == []
        again = call("-C", workspace, "run", *now, env=env)
        assert again.code == 0
        assert "Messages: 1 sent" in again.out
        assert len(slack.messages) == 1


def test_a_lease_that_another_run_holds(workspace: Path, call: Call) -> None:
    history: History = Workspace.open(workspace).history()
    try:
        with history.lease("run by somebody else", timedelta(days=3650)):
            ended = call("-C", workspace, "run", *UNTIL)
    finally:
        history.close()
    assert ended.code == 75
    assert "another run is under way" in one_error(ended)


def test_a_history_that_is_no_history(workspace: Path, call: Call) -> None:
    (workspace / "state").mkdir(exist_ok=True)
    (workspace / "state" / "history.db").write_text("a letter to a friend\n" * 100, encoding="utf-8")
    ended = call("-C", workspace, "run", *UNTIL)
    assert ended.code == 4
    one_error(ended)


def test_an_event_that_nobody_planned_has_a_suggestion(workspace: Path, call: Call) -> None:
    ended = call("-C", workspace, "run", "--event", "Order Complete", *UNTIL)
    assert ended.code == 2
    assert "did you mean 'Order Completed'?" in one_error(ended)


@pytest.mark.parametrize(
    "arguments",
    [
        ["--since", "yesterday"],
        ["--until", "2026-13-01"],
        ["--since", "2026-07-01", "--until", "2026-06-01"],
        ["--fail-on", "much"],
    ],
)
def test_an_option_that_cannot_be_read_is_a_usage_error(workspace: Path, call: Call, arguments: list[str]) -> None:
    ended = call("-C", workspace, "run", *arguments)
    assert ended.code == 2
    assert "Usage: " in ended.err
    assert "Traceback" not in ended.err


def test_errors_in_json_mode_leave_stdout_empty_or_one_object(workspace: Path, call: Call) -> None:
    config = workspace / "trackwarden.yml"
    config.write_text(config.read_text(encoding="utf-8").replace("raw.android_events", "raw.nowhere"), encoding="utf-8")
    ended = call("-C", workspace, "run", "--json", *UNTIL)
    assert ended.code == 3
    assert [one["table"] for one in json.loads(ended.out)["unmeasured"]] == ["raw.nowhere"]
    (workspace / "warehouse.duckdb").unlink()
    assert call("-C", workspace, "run", "--json", *UNTIL).out == ""


def test_a_secret_is_in_no_output_not_even_with_debug(workspace: Path, call: Call) -> None:
    secret = "s3cr3t-of-the-shop"
    config = workspace / "trackwarden.yml"
    text = config.read_text(encoding="utf-8")
    url = f"postgresql+nothing://me:{secret}@127.0.0.1:1/x?password={secret}"
    config.write_text(text.replace("sqlite:///state/history.db", url), encoding="utf-8")
    for debug in ([], ["--debug"]):
        ended = call(*debug, "-C", workspace, "run", *UNTIL)
        assert ended.code == 4
        assert secret not in ended.out + ended.err
