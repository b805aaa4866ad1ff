"""Three schedulers work on one history and are stopped for longer than their leases: each window is done once."""

import json
import os
import random
import signal
import subprocess
import threading
import time
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from pathlib import Path

from monitor.measure.windows import hour_of
from tests.fakes.homes import Home
from tests.fakes.slack import FakeSlack
from tests.faults import shop
from tests.faults.witness import done, witness, worker

LEASE = 1.0
STALL = (1.2, 2.5)
"""Seconds: longer than the lease."""


def stalls(workers: "list[subprocess.Popen[str]]", over: threading.Event, count: list[int], most: int) -> None:
    """Stop one of them at a time, at any moment, for longer than its lease; so many times at most."""
    chance = random.Random(7)  # noqa: S311 - the same choices each time
    while count[0] < most and not over.wait(chance.uniform(0.05, 0.6)):
        one = chance.choice(workers)
        if one.poll() is None:
            os.kill(one.pid, signal.SIGSTOP)
            count[0] += 1
            over.wait(chance.uniform(*STALL))
            os.kill(one.pid, signal.SIGCONT)


def test_three_schedulers_with_stalls_do_each_window_once_and_tell_each_incident_once(
    home: Home, tmp_path: Path, *, whole: bool
) -> None:
    hours, step, most = (200, 0.5, 10_000) if whole else (8, 0.6, 3)
    folder = shop.build(tmp_path / "shop", hours, range(2, 4 if not whole else hours // 2))
    witness(home)
    over, stalled = threading.Event(), [0]
    with FakeSlack(shop.CHANNEL) as slack, ExitStack() as stack:
        arguments = ("loop", folder, LEASE, shop.BEGIN.isoformat(), hours, step)
        workers = [stack.enter_context(worker(home, slack, *arguments)) for _ in range(3)]
        for one in workers:
            assert one.stdout is not None
            assert one.stdout.readline() == "ready\n"
        began = time.time()
        thread = threading.Thread(target=stalls, args=(workers, over, stalled, most))
        thread.start()
        with ThreadPoolExecutor(3) as pool:  # side by side: nobody waits on a pipe that is full
            told = list(pool.map(lambda one: one.communicate(f"{began}\n", timeout=600), workers))
        over.set()
        thread.join()

    errors = "".join(err for _, err in told)
    assert [one.returncode for one in workers] == [0, 0, 0], errors
    assert stalled[0] >= 2
    last = hour_of(shop.moment(hours)) - 1
    windows = done(home)
    assert set(windows.values()) == {1}
    assert set(windows) == set(range(min(windows), last + 1))
    assert len(windows) >= hours
    rows = home.execute('SELECT sum("rows") FROM measurement')[0][0]
    assert int(rows) == shop.rows_by_hour(hours)
    assert home.execute("SELECT count(*) FROM delivery WHERE sent_at IS NULL")[0][0] == 0
    ids = Counter(json.dumps(one.metadata, sort_keys=True) for one in slack.messages)
    assert ids
    assert set(ids.values()) == {1}, "a message stands in Slack twice"
    opened = home.execute(
        "SELECT fingerprint, episode, count(*) FROM delivery WHERE intent = 'opened' AND mode = 'post'"
        " GROUP BY fingerprint, episode"
    )
    assert all(int(count) == 1 for *_, count in opened)
    home.check()
