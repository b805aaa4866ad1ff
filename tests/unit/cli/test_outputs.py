"""`run --outputs`: the whole job in one command."""

from pathlib import Path

import pytest
from click.testing import CliRunner

from bench import build
from monitor.cli import main

NOW = "2026-06-08T06:00"


@pytest.fixture
def workspace(tmp_path: Path) -> Path:
    return build.typed(tmp_path, 2, 300)


def test_one_command_measures_and_writes_suites_sources_and_report(workspace: Path) -> None:
    done = CliRunner().invoke(main, ["-C", str(workspace), "run", "--until", NOW, "--outputs"])

    assert done.exit_code == 0, done.output
    assert (workspace / "reports" / "index.html").is_file()
    assert len(list((workspace / "expectations").rglob("*-0-0*.json"))) >= 4
    assert any((workspace / "dbt_project" / "models" / "staging").glob("stg_event_*.sql"))
    assert "brings it up to date" not in done.output


def test_a_dry_run_writes_nothing_and_says_so(workspace: Path) -> None:
    done = CliRunner().invoke(main, ["-C", str(workspace), "run", "--until", NOW, "--outputs", "--dry-run"])

    assert done.exit_code == 2
    assert "--dry-run keeps nothing" in done.output
    assert not (workspace / "reports").exists()
