"""`schedule` as a process: it runs at once, tells a failing run, goes on, answers who asks, and stops on SIGTERM."""

import json
import os
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from http.client import HTTPConnection
from pathlib import Path

import pytest

pytestmark = pytest.mark.xdist_group("cli")
COMMAND = [sys.executable, "-c", "from monitor.cli import main; main()"]
ROOT = Path(__file__).parents[3]


@contextmanager
def scheduled(folder: Path, *more: str, said: str = "listen: null", **env: str) -> Iterator["subprocess.Popen[str]"]:
    """A schedule of that workspace."""
    config = folder / "trackwarden.yml"
    config.write_text(f"{config.read_text()}\nschedule: {{every: 1h, {said}}}\n")
    given = {**os.environ, "HOME": str(folder), **env}
    command = [*COMMAND, "-C", str(folder), "schedule", "--no-report", *more]
    pipe = subprocess.PIPE
    with subprocess.Popen(command, stdout=pipe, stderr=pipe, text=True, cwd=ROOT, env=given) as process:
        try:
            yield process
        finally:
            process.kill()


def stopped(process: "subprocess.Popen[str]") -> tuple[str, str]:
    """What it still said after a stop signal."""
    process.send_signal(signal.SIGTERM)
    out, err = process.communicate(timeout=60)
    assert process.returncode == 0, err
    return out, err


def test_a_schedule_runs_at_once_and_stops_on_sigterm(workspace: Path) -> None:
    with scheduled(workspace) as process:
        assert process.stdout is not None
        line = process.stdout.readline()
        assert process.stdout.readline().startswith("next run at ")
        assert stopped(process) == ("stopped\n", "")
    assert "23 tables" in line
    assert "exit code 0" in line


def test_a_run_that_fails_is_told_and_the_schedule_goes_on(workspace: Path) -> None:
    (workspace / "warehouse.duckdb").unlink()
    with scheduled(workspace) as process:
        assert process.stdout is not None
        assert process.stdout.readline().startswith("next run at ")
        _, err = stopped(process)
    assert "there is no such DuckDB file" in err
    assert "Traceback" not in err


def test_a_run_that_takes_too_long_is_ended_and_leaves_the_workspace_free(workspace: Path) -> None:
    with scheduled(workspace, said="listen: null, limit: 0s") as process:
        assert process.stdout is not None
        assert process.stdout.readline().startswith("next run at ")
        _, err = stopped(process)
    assert "took longer than 0:00:00 and was ended" in err
    done = subprocess.run([*COMMAND, "-C", str(workspace), "-q", "run"], cwd=ROOT, check=False, timeout=60)
    assert done.returncode == 0


def test_json_lines_and_pages_say_how_it_fares_and_no_secret(workspace: Path) -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    said = f"listen: '127.0.0.1:{port}', heartbeat: 'http://127.0.0.1:1/sesame-of-the-heartbeat'"
    with scheduled(workspace, "--log", "json", said=said, SLACK_BOT_TOKEN="") as process:
        assert process.stdout is not None
        lines = [json.loads(process.stdout.readline()) for _ in range(4)]
        connection = HTTPConnection("127.0.0.1", port, timeout=20)
        connection.request("GET", "/healthz")
        health = json.loads(connection.getresponse().read())
        connection.request("GET", "/metrics")
        metrics = connection.getresponse().read().decode()
        connection.close()
        out, err = stopped(process)

    assert lines[0]["address"] == f"127.0.0.1:{port}"
    assert (lines[1]["level"], lines[1]["exit_code"], lines[1]["tables"]) == ("info", 0, 23)
    assert (lines[2]["level"], "heartbeat URL could not be called" in lines[2]["message"]) == ("error", True)
    assert lines[3]["next_run"].endswith("+00:00")
    assert (health["status"], health["windows"]["done"], health["last_exit_code"]) == ("ok", 1, 0)
    assert 'trackwarden_runs_total{exit_code="0"} 1.0' in metrics
    assert "sesame" not in json.dumps(lines) + json.dumps(health) + metrics + out + err
