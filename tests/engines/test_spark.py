"""Spark as the distributed engine: two executors take part, and nothing of them outlives the tests."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from monitor.warehouse import Profile, connect
from monitor.warehouse.adapters.base import Terms

_PID = "reflect('java.lang.ProcessHandle', 'current')"
"""The process that a row is worked on in."""
_GONE_WITHIN = 10.0


@pytest.fixture
def server(engine: str, profile: Profile) -> Profile:
    if engine != "spark":
        pytest.skip("about Spark's executors")
    return profile


def test_both_executors_read_a_table_and_the_driver_reads_none_of_it(server: Profile) -> None:
    with connect(server, Terms(writes=True)) as warehouse:
        warehouse.write(["CREATE TABLE tw_spread USING parquet AS SELECT /*+ REPARTITION(8) */ id FROM range(0, 800)"])
        try:
            rows = warehouse.query(f"SELECT {_PID} AS pid, count(*) FROM tw_spread GROUP BY 1")
        finally:
            warehouse.write(["DROP TABLE tw_spread"])
    assert sum(count for _, count in rows) == 800
    assert len(rows) == 2
    assert all("CoarseGrainedExecutorBackend" in _command(int(pid)) for pid, _ in rows)


def test_rows_that_a_view_holds_are_counted_by_an_executor(server: Profile) -> None:
    with connect(server) as warehouse:
        rows = warehouse.query(f"SELECT {_PID} AS pid, count(*) FROM VALUES (1), (2) AS landed(n) GROUP BY 1")
    assert sum(count for _, count in rows) == 2
    assert all("CoarseGrainedExecutorBackend" in _command(int(pid)) for pid, _ in rows)


_HOLDER = """
import sys, time
from pathlib import Path
from tests.fakes.spark import running
with running(Path(sys.argv[1])) as fields:
    print(fields["port"], flush=True)
    time.sleep(600)
"""


@pytest.mark.skipif(os.environ.get("TRACKWARDEN_ALL_ENGINES") != "1", reason="starts a Spark of its own: all engines")
def test_no_process_outlives_tests_that_are_killed(tmp_path: Path) -> None:
    with subprocess.Popen([sys.executable, "-c", _HOLDER, str(tmp_path)], stdout=subprocess.PIPE) as holder:
        assert holder.stdout is not None
        assert int(holder.stdout.readline())
        assert _started_below(tmp_path)
        holder.send_signal(signal.SIGKILL)
    until = time.monotonic() + _GONE_WITHIN
    while _started_below(tmp_path) and time.monotonic() < until:
        time.sleep(0.2)
    assert not _started_below(tmp_path)


def _started_below(folder: Path) -> list[str]:
    """Java processes whose command names the folder."""
    found = (_command(int(entry.name)) for entry in Path("/proc").iterdir() if entry.name.isdigit())
    return [command for command in found if "java" in command and str(folder) in command]


def _command(pid: int) -> str:
    try:
        return Path(f"/proc/{pid}/cmdline").read_text(errors="replace").replace("\0", " ")
    except OSError:
        return ""
