"""A process that runs a workspace again and again, for tests that kill and stop it.

`fork`: each line on stdin is a moment (ISO 8601); a child that has everything imported runs it, and its exit
code and the CPU seconds that it used are printed. `loop`: runs by a clock of its own, an hour every so many seconds,
until the last hour is done; the clock begins at the moment (seconds since 1970) that is written to stdin.
"""

import os
import signal
import sys
import time
import traceback
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

from monitor.alert import outbox, slack
from monitor.errors import LeaseHeldError, TrackwardenError
from monitor.history import postgres, sqlite
from monitor.run import Options, run
from monitor.warehouse import connect
from monitor.wiring import Workspace

IMPORTED = (outbox, slack, postgres, sqlite, connect)
"""What a run imports only when it needs it."""


class Nobody:
    """Watches nothing."""

    def begins(self, tables: int) -> None:
        """Say nothing."""

    def looked_at(self, table: str) -> None:
        """Say nothing."""

    def prints(self, message: str) -> None:
        """Everything is to go to Slack."""
        raise AssertionError(message)


def said(line: object) -> None:
    """One line for the test."""
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


def once(folder: Path, now: datetime, lease: timedelta) -> int:
    """One run; its exit code."""
    try:
        return int(run(Workspace.open(folder), Options(now=now, lease=lease), Nobody()).exit_code(None))
    except TrackwardenError as error:
        if not isinstance(error, LeaseHeldError):
            sys.stderr.write(f"{error.problem} ({error.where})\n")
        return int(error.exit_code)


def forks(folder: Path, lease: timedelta) -> None:
    """A child for each line; where the line goes on with CPU seconds, it is killed after so many, and a little later.

    CPU seconds: they are the same on a machine that is busy with other things. The little (seconds) finds the child
    also where it waits for a disk, a server or Slack.
    """
    said("ready")
    for line in sys.stdin:
        now, *point = line.split()
        child = os.fork()
        if child == 0:
            code = 70
            try:
                code = once(folder, datetime.fromisoformat(now), lease)
            except BaseException:
                traceback.print_exc()
                raise
            finally:
                sys.stderr.flush()
                os._exit(code)
        cpu, wait = map(float, point) if point else (float("inf"), 0.0)
        said("{} {}".format(*_ended(child, cpu, wait)))


def _ended(child: int, cpu: float, wait: float) -> tuple[int, float]:
    """The child's exit code and CPU seconds; it is still ours when it is killed: nobody else can have its number."""
    clock = (~child << 3) | 2  # Linux: the CPU clock of another process
    while True:
        pid, status, used = os.wait4(child, os.WNOHANG)
        if pid:
            return os.waitstatus_to_exitcode(status), used.ru_utime + used.ru_stime
        if time.clock_gettime(clock) >= cpu:
            time.sleep(wait)
            os.kill(child, signal.SIGKILL)
            cpu = float("inf")
        time.sleep(0.001)


def loops(folder: Path, lease: timedelta, begin: datetime, hours: int, step: float) -> None:
    """Runs, an hour of the simulated clock every `step` seconds, until the last hour's run went well."""
    said("ready")
    clock = _clock(float(sys.stdin.readline()), step)
    while True:
        hour = min(clock(), hours)
        code = once(folder, begin + timedelta(hours=hour), lease)
        said(f"{hour} {code}")
        if hour == hours and code in (0, 5):
            return
        time.sleep(step / 4)


def _clock(began: float, step: float) -> Callable[[], int]:
    return lambda: int((time.time() - began) / step)


if __name__ == "__main__":
    how, place, seconds, *rest = sys.argv[1:]
    if how == "fork":
        forks(Path(place), timedelta(seconds=float(seconds)))
    else:
        start = datetime.fromisoformat(rest[0]).astimezone(UTC)
        loops(Path(place), timedelta(seconds=float(seconds)), start, int(rest[1]), float(rest[2]))
