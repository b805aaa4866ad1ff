"""The disk is full: the run says so and ends with 4, what was kept is whole, the report that stood there stands."""

import os
import resource
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from monitor.errors import ExitCode
from tests.fakes.homes import File
from tests.faults import shop
from tests.faults.witness import ROOT

MAIN = [sys.executable, "-c", "from monitor.cli import main; main()"]


def called(folder: Path, *arguments: str, before: Callable[[], None] | None = None) -> tuple[int, str]:
    """The command in that workspace; its exit code and what it said."""
    env = {**os.environ, "HISTORY_URL": "sqlite:///state/history.db", "SLACK_BOT_TOKEN": "", "PYTHONPATH": str(ROOT)}
    done = subprocess.run(
        [*MAIN, "-C", str(folder), *arguments],
        env=env, capture_output=True, text=True, check=False, cwd=folder, timeout=120, preexec_fn=before,
    )  # fmt: skip
    return done.returncode, done.stdout + done.stderr


@pytest.fixture(scope="module")
def original(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A workspace whose history and report stand, with hours to be measured."""
    folder = shop.build(tmp_path_factory.mktemp("shop") / "workspace", 60, range(10, 20))
    code, told = called(folder, "run", "--until", shop.moment(1).isoformat())
    assert code == 0, told
    code, told = called(folder, "report")
    assert code == 0, told
    return folder


@pytest.fixture
def workspace(original: Path, tmp_path: Path) -> Path:
    """A copy of it, the test's own."""
    return Path(shutil.copytree(original, tmp_path / "workspace"))


def held(folder: Path) -> dict[str, bytes]:
    """Every file of the report."""
    return {
        str(path.relative_to(folder)): path.read_bytes() for path in (folder / "reports").rglob("*") if path.is_file()
    }


def no_file_grows_beyond(size: int) -> Callable[[], None]:
    """A limit that makes each write beyond it fail, as a full disk does."""

    def limit() -> None:
        resource.setrlimit(resource.RLIMIT_FSIZE, (size, size))

    return limit


def test_a_run_that_cannot_write_ends_with_4_and_the_next_one_goes_on(workspace: Path) -> None:
    home = File(workspace / "state")
    before, report = home.dump(), held(workspace)

    code, told = called(workspace, "run", "--until", shop.moment(60).isoformat(), before=no_file_grows_beyond(2048))

    assert code == ExitCode.UNREACHABLE, told
    assert "Traceback" not in told
    after = home.dump()
    home.check()
    assert after["measurement"] == before["measurement"]
    assert after["day"] == before["day"]
    assert after["incident"] == before["incident"]
    assert held(workspace) == report
    code, told = called(workspace, "run", "--until", shop.moment(60).isoformat())
    assert code == 0, told
    assert home.execute('SELECT sum("rows") FROM measurement') == [(shop.rows_by_hour(60),)]


def test_a_report_that_cannot_be_written_leaves_the_one_that_stood_there(workspace: Path) -> None:
    report = held(workspace)
    assert called(workspace, "run", "--until", shop.moment(60).isoformat())[0] == 0

    code, told = called(workspace, "report", before=no_file_grows_beyond(2048))

    assert code == ExitCode.UNREACHABLE, told
    assert "Traceback" not in told
    assert held(workspace) == report
    assert not list((workspace / "reports").rglob("*.tmp"))


@pytest.mark.skipif(shutil.which("unshare") is None, reason="this machine has no unshare to mount a small disk with")
def test_a_disk_without_room_is_said_and_loses_nothing(workspace: Path, tmp_path: Path) -> None:
    script = """
set -u
mount -t tmpfs -o size=2m none "$STATE" || exit 99
cp -a "$KEPT/." "$STATE"
dd if=/dev/zero of="$STATE/filler" bs=4096 2>/dev/null
"$@"; code=$?
rm "$STATE/filler"; rm -rf "$KEPT"; cp -a "$STATE" "$KEPT"; exit $code
"""
    kept = tmp_path / "kept"
    shutil.copytree(workspace / "state", kept, ignore=shutil.ignore_patterns("cache"))
    before = File(kept).dump()
    env = {
        **os.environ, "HISTORY_URL": "sqlite:///state/history.db", "SLACK_BOT_TOKEN": "", "PYTHONPATH": str(ROOT),
        "STATE": str(workspace / "state"), "KEPT": str(kept),
    }  # fmt: skip
    run = [*MAIN, "-C", str(workspace), "run", "--until", shop.moment(60).isoformat()]

    done = subprocess.run(
        ["unshare", "-rm", "sh", "-c", script, "sh", *run],
        env=env, capture_output=True, text=True, check=False, cwd=tmp_path, timeout=120,
    )  # fmt: skip

    if done.returncode in (1, 99) and ("unshare" in done.stderr or "mount" in done.stderr):
        pytest.skip("this user may not mount a small disk")
    assert done.returncode == ExitCode.UNREACHABLE, done.stdout + done.stderr
    assert "the disk is full" in done.stderr
    home = File(kept)
    home.check()
    assert home.dump()["measurement"] == before["measurement"]
