"""Every command starts quickly, tells what it is for, and is in the reference."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from monitor.cli import main
from monitor.cli.entry import COMMANDS
from scripts import cli_reference

ROOT = Path(__file__).parents[3]
HEAVY = (
    *("sqlalchemy", "great_expectations", "dbt", "pandas", "numpy", "altair", "duckdb", "slack_sdk", "pydantic"),
    *("alembic", "apscheduler", "vl_convert", "rich", "jinja2", "yaml"),
)
CALLS = [
    [],
    ["--help"],
    ["--version"],
    *([name, "--help"] for name in COMMANDS),
    *(["plan", one, "--help"] for one in ("lint", "show")),
]
WAYS = tuple(cli_reference.commands((("trackwarden", main),)))
SCRIPT = """
import json, sys, time
from monitor.cli import main
try:
    main(json.loads(sys.argv[1]))
except SystemExit as ended:
    code = ended.code
loaded = sorted({name.partition(".")[0] for name in sys.modules} & set(json.loads(sys.argv[2])))
print(json.dumps({"loaded": loaded, "cpu": time.process_time()}), file=sys.stderr)
"""


def started(arguments: list[str]) -> tuple[str, list[str], float]:
    """What was printed, which heavy packages were imported, CPU seconds of the whole process."""
    command = [sys.executable, "-c", SCRIPT, json.dumps(arguments), json.dumps(HEAVY)]
    ended = subprocess.run(command, check=True, capture_output=True, text=True, cwd=ROOT)
    told = json.loads(ended.stderr.splitlines()[-1])
    return ended.stdout + ended.stderr, told["loaded"], told["cpu"]


@pytest.mark.parametrize("arguments", CALLS, ids=" ".join)
def test_help_imports_nothing_heavy(arguments: list[str]) -> None:
    shown, loaded, _ = started(arguments)
    assert loaded == []
    assert "Usage: " in shown or "--version" in arguments


def test_help_takes_little_time() -> None:
    assert min(started(["--help"])[2] for _ in range(3)) < 0.3


@pytest.mark.parametrize("way", WAYS, ids=lambda way: " ".join(name for name, _ in way))
def test_every_command_tells_of_itself_and_is_in_the_reference(way: cli_reference.Way) -> None:
    name, command = way[-1]
    assert command.help
    assert name == "trackwarden" or "Example" in command.help
    assert cli_reference.section(way) in (ROOT / "docs" / "cli.md").read_text(encoding="utf-8")


def test_the_reference_is_up_to_date() -> None:
    assert cli_reference.main(["--check"]) == 0
