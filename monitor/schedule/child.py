"""A run in a process of its own: it can be ended at any moment, and takes nothing with it when it breaks.

Ending is safe: each table is one transaction, messages stand in the outbox, and the lease of a process that is gone
is given back. The process is the leader of a session, so that a terminal's Ctrl-C reaches only whoever supervises it.
"""

import os
import signal
import subprocess
import threading
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import timedelta


@dataclass(frozen=True, slots=True)
class Ended:
    """How a run's process ended."""

    pid: int
    code: int
    """The command's exit code; negative: the signal that ended it."""
    overdue: bool = False
    """It took longer than its limit."""
    stopped: bool = False
    """Somebody ended it."""


class Runner:
    """Starts one run after the other; `end` may be called from another thread."""

    def __init__(self, command: Sequence[str], limit: timedelta, gone: Callable[[int], object]) -> None:
        """Take the command, how long it may run, and what is to be done about a process that was ended (its pid)."""
        self._command, self._limit, self._gone = list(command), limit, gone
        self._lock = threading.Lock()
        self._process: subprocess.Popen[bytes] | None = None
        self._asked, self._stopped = threading.Event(), threading.Event()

    def run(self) -> Ended:
        """One run, from its start to its end."""
        with self._lock:
            if self._stopped.is_set():
                return Ended(0, 0, stopped=True)
            process = subprocess.Popen(self._command, start_new_session=True, stdin=subprocess.DEVNULL)  # noqa: S603 - our own command
            self._process = process
        overdue = False
        try:
            process.wait(self._limit.total_seconds())
        except subprocess.TimeoutExpired:
            overdue = True
            _kill(process)
        with self._lock:
            self._process = None
        if process.returncode < 0:
            self._gone(process.pid)
        return Ended(process.pid, process.returncode, overdue, self._stopped.is_set())

    def ask(self) -> None:
        """Whoever waits for another run waits no longer; a run that is under way goes on."""
        self._asked.set()

    def end(self) -> None:
        """End the run that is under way, and start no other."""
        with self._lock:
            self._asked.set()
            self._stopped.set()
            if self._process is not None:
                _kill(self._process, wait=False)

    def waits(self, time: timedelta) -> bool:
        """Wait so long; False: it was asked to stop meanwhile."""
        return not self._asked.wait(time.total_seconds())


def _kill(process: "subprocess.Popen[bytes]", *, wait: bool = True) -> None:
    """The process and whatever it started."""
    with suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)
    if wait:
        process.wait()
