"""A run in a process of its own: its limit, its end, and what is done about what it held."""

import sys
import threading
import time
from datetime import timedelta
from pathlib import Path

from monitor.schedule.child import Runner

MINUTE = timedelta(minutes=1)


def runner(program: str, limit: timedelta = MINUTE) -> tuple[Runner, list[int]]:
    gone: list[int] = []
    return Runner([sys.executable, "-c", program], limit, gone.append), gone


def test_the_exit_code_is_the_runs_own() -> None:
    one, gone = runner("raise SystemExit(3)")

    ended = one.run()

    assert (ended.code, ended.overdue, ended.stopped) == (3, False, False)
    assert gone == []


def test_a_run_that_takes_longer_than_its_limit_is_ended_and_what_it_held_is_given_back() -> None:
    one, gone = runner("import time; time.sleep(60)", timedelta(seconds=0.5))

    ended = one.run()

    assert ended.overdue
    assert ended.code < 0
    assert gone == [ended.pid]


def test_what_a_run_started_is_ended_with_it(tmp_path: Path) -> None:
    mark = tmp_path / "mark"
    grandchild = f"import time; time.sleep(2); open({str(mark)!r}, 'w')"
    one, _ = runner(
        f"import subprocess, sys, time; subprocess.Popen([sys.executable, '-c', {grandchild!r}]); time.sleep(60)",
        timedelta(seconds=1),
    )

    one.run()

    time.sleep(2.5)
    assert not mark.exists()


def test_end_stops_the_run_that_is_under_way_and_starts_no_other() -> None:
    one, gone = runner("import time; time.sleep(60)")
    threading.Timer(0.5, one.end).start()

    ended = one.run()

    assert ended.stopped
    assert gone == [ended.pid]
    assert one.run().stopped
    assert gone == [ended.pid]
    assert not one.waits(MINUTE)
