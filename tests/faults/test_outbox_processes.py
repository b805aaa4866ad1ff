"""Real processes that empty one outbox: killed at any moment, or several at once; every message is there once."""

import random
import signal
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from tests.fakes.office import EVERYBODY, Office
from tests.fakes.slack import FakeSlack
from tests.fakes.told import DROP, NOW

ROUNDS = 20
MESSAGES = 4

SENDER = """
import sys, time
from datetime import UTC, datetime
from pathlib import Path
from monitor.alert.outbox import Pace, empty
from monitor.alert.slack import BotSender
from monitor.history.store import History
folder, url, token = sys.argv[1:]
history = History.open("sqlite:///history.db", root=Path(folder))
pace = Pace(lambda: datetime.now(UTC), time.sleep, budget_seconds=20, per_channel_seconds=0.01)
print("ready", flush=True)
report = empty(history.desk, lambda: BotSender(token, "C0", base_url=url), pace)
print(report.sent, flush=True)
"""


@pytest.fixture
def slack(monkeypatch: pytest.MonkeyPatch) -> Iterator[FakeSlack]:
    for name in ("HTTPS_PROXY", "https_proxy", "HTTP_PROXY", "http_proxy"):
        monkeypatch.delenv(name, raising=False)
    with FakeSlack("C0", clock=NOW.timestamp) as fake:
        yield fake


@pytest.fixture
def office(tmp_path: Path, slack: FakeSlack) -> Iterator[Office]:
    one = Office.at(tmp_path, slack)
    one.told = replace(one.told, routing=replace(EVERYBODY, digest_over=10_000))
    yield one
    one.history.close()


def sender(folder: Path, slack: FakeSlack) -> "subprocess.Popen[str]":
    arguments = [sys.executable, "-c", SENDER, str(folder), slack.url, slack.token]
    return subprocess.Popen(arguments, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)


def posted(slack: FakeSlack) -> Counter[str]:
    return Counter(str(message.metadata["event_payload"]["id"]) for message in slack.messages)


@pytest.mark.slow
def test_a_sender_that_is_killed_at_any_moment_loses_and_doubles_nothing(
    office: Office, slack: FakeSlack, tmp_path: Path
) -> None:
    chance = random.Random(4)  # noqa: S311 - moments, no secrets
    for number in range(ROUNDS):
        office.decide(*(replace(DROP, property=f"{number}/{one}") for one in range(MESSAGES)))
        office.clock.now = office.clock.now.replace(minute=number)
        process = sender(tmp_path, slack)
        assert process.stdout is not None
        assert process.stdout.readline() == "ready\n"
        time.sleep(chance.random() * 0.25)
        process.send_signal(signal.SIGKILL)
        process.communicate()
    final = sender(tmp_path, slack)
    out, err = final.communicate(timeout=120)
    assert final.returncode == 0, err
    assert out.startswith("ready")
    assert office.history.pending() == ()
    assert len(posted(slack)) >= MESSAGES * ROUNDS
    assert set(posted(slack).values()) == {1}


@pytest.mark.slow
def test_three_senders_at_once_send_every_message_once(office: Office, slack: FakeSlack, tmp_path: Path) -> None:
    office.decide(*(replace(DROP, property=f"p{number}") for number in range(30)))
    processes = [sender(tmp_path, slack) for _ in range(3)]
    sent = 0
    for process in processes:
        out, err = process.communicate(timeout=120)
        assert process.returncode == 0, err
        sent += int(out.split()[1])
    assert sent == 30
    assert len(posted(slack)) == 30
    assert set(posted(slack).values()) == {1}
