"""The demo as a user sees it: all seven causes found, each once, and nothing else."""

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from monitor.demo.clock import CLOCK

ROOT = Path(__file__).parents[2]
COMMAND = [sys.executable, "-c", "from monitor.cli import main; main()"]
NOW = f"{CLOCK.as_of:%Y-%m-%dT%H:%M}"
SEEDED = {
    ("failure_rate", "Order Completed", "1-1-0", "ios", "currency"),
    ("volume_drop", "Checkout Started", "", "android", ""),
    ("column_type_changed", "Product Viewed", "", "web", "price"),
    ("unplanned_event", "User Logged In", "", "android", ""),
    ("retired_version_arriving", "Search Performed", "1-0-0", "web", ""),
}


@pytest.fixture(scope="module")
def demo(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, str]:
    """The demo's folder, and what it printed."""
    home = tmp_path_factory.mktemp("home")
    ended = trackwarden(home, "demo", "--dir", str(home / "shop"))
    assert ended.returncode == 0, ended.stderr
    return home / "shop", ended.stdout


def trackwarden(home: Path, *arguments: str) -> "subprocess.CompletedProcess[str]":
    """The command, with an empty home folder."""
    env = {**os.environ, "HOME": str(home)}
    return subprocess.run([*COMMAND, *arguments], check=False, capture_output=True, text=True, env=env, cwd=ROOT)


def found(folder: Path) -> list[dict[str, Any]]:
    """The findings that hold at the demo's now."""
    ended = trackwarden(folder.parent, "-C", str(folder), "run", "--json", "--until", NOW)
    findings: list[dict[str, Any]] = json.loads(ended.stdout)["findings"]
    return findings


@pytest.mark.slow
@pytest.mark.xdist_group("demo")
def test_every_seeded_cause_is_found_once_and_nothing_else(demo: tuple[Path, str]) -> None:
    loud = [one for one in found(demo[0]) if one["severity"] != "info"]
    told = {(one["kind"], one["event"], one["version"], one["source"], one["property"]) for one in loud}
    assert len(loud) == 7
    assert told >= SEEDED
    assert {one["property"] for one in loud if one["kind"] in ("unexpected_column", "undeclared_property")} == {
        "coupon_code"
    }
    assert sum(one["kind"] == "unknown_version" for one in loud) == 1


@pytest.mark.slow
@pytest.mark.xdist_group("demo")
def test_the_demo_leaves_everything_where_it_says(demo: tuple[Path, str]) -> None:
    folder, said = demo
    for name in ("reports/index.html", "slack-messages.txt", "expectations", "dbt_project/models", "state/history.db"):
        assert (folder / name).exists()
        assert f"{folder}/{name}" in said
    messages = (folder / "slack-messages.txt").read_text(encoding="utf-8")
    assert messages.count("not sent (no Slack token)") == 7


@pytest.mark.slow
@pytest.mark.xdist_group("demo")
def test_what_the_demo_suggests_works(demo: tuple[Path, str]) -> None:
    folder, said = demo
    commands = [line.strip() for line in said.splitlines() if line.startswith("  trackwarden -C ")]
    assert len(commands) == 5
    for command in commands:
        ended = subprocess.run(
            [
                "/bin/sh",
                "-c",
                f'trackwarden() {{ "{sys.executable}" -c "from monitor.cli import main; main()" "$@"; }}; {command}',
            ],
            check=False,
            capture_output=True,
            text=True,
            env={**os.environ, "HOME": str(folder.parent)},
            cwd=ROOT,
        )
        assert ended.returncode == (1 if "--fail-on" in command else 0), (command, ended.stderr)
        assert "error: " not in ended.stderr
