"""`schedule` as a process: it runs at once, tells a failing run, goes on, and stops on SIGTERM."""

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

pytestmark = pytest.mark.xdist_group("cli")
COMMAND = [sys.executable, "-c", "from monitor.cli import main; main()"]
ROOT = Path(__file__).parents[3]


def scheduled(folder: Path) -> "subprocess.Popen[str]":
    """A schedule of that workspace."""
    env = {**os.environ, "HOME": str(folder)}
    command = [*COMMAND, "-C", str(folder), "schedule", "--no-report"]
    return subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, cwd=ROOT, env=env)


def test_a_schedule_runs_at_once_and_stops_on_sigterm(workspace: Path) -> None:
    with scheduled(workspace) as process:
        assert process.stdout is not None
        line = process.stdout.readline()
        assert process.stdout.readline().startswith("next run at ")
        process.send_signal(signal.SIGTERM)
        assert process.wait(20) == 0
    assert "23 tables" in line
    assert "exit code 0" in line


def test_a_run_that_fails_is_told_and_the_schedule_goes_on(workspace: Path) -> None:
    (workspace / "warehouse.duckdb").unlink()
    with scheduled(workspace) as process:
        assert process.stdout is not None
        assert process.stdout.readline().startswith("next run at ")
        process.send_signal(signal.SIGTERM)
        _, err = process.communicate(timeout=20)
    assert process.returncode == 0
    assert "there is no such DuckDB file" in err
    assert "Traceback" not in err
