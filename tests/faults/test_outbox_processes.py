"""Real processes that empty one outbox: killed at any moment, several at once, or one of them standing still."""

import os
import random
import signal
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from monitor.incidents.model import Intent
from monitor.judge.model import Severity
from tests.fakes.homes import Home
from tests.fakes.office import EVERYBODY, Office
from tests.fakes.slack import FakeSlack
from tests.fakes.told import CONTEXT, DROP, NOW
from tests.faults.witness import ROOT

MESSAGES = 4
LOUD = replace(DROP, severity=Severity.CRITICAL)
MILD = replace(DROP, severity=Severity.WARNING)


@pytest.fixture
def slack() -> Iterator[FakeSlack]:
    with FakeSlack("C0", clock=NOW.timestamp) as fake:
        yield fake


@pytest.fixture
def office(home: Home, slack: FakeSlack) -> Iterator[Office]:
    history = home.open()
    yield Office(history, slack, told=replace(CONTEXT, routing=replace(EVERYBODY, digest_over=10_000)))
    history.close()


@contextmanager
def sender(home: Home, slack: FakeSlack, *how: str) -> Iterator["subprocess.Popen[str]"]:
    """A process of sender.py that is about to claim."""
    command = [sys.executable, str(ROOT / "tests" / "faults" / "sender.py"), home.url, slack.url, slack.token, *how]
    pipe, env = subprocess.PIPE, {**os.environ, "PYTHONPATH": str(ROOT)}
    with subprocess.Popen(command, stdin=pipe, stdout=pipe, stderr=pipe, text=True, cwd=ROOT, env=env) as process:
        try:
            assert said(process) == "ready", process.stderr.read() if process.stderr else ""
            yield process
        finally:
            process.kill()


def said(process: "subprocess.Popen[str]") -> str:
    assert process.stdout is not None
    return process.stdout.readline().strip()


def sent_by(process: "subprocess.Popen[str]") -> int:
    """How many messages it has sent when it ends of itself."""
    out, err = process.communicate("\n", timeout=120)
    assert process.returncode == 0, err
    return int(out)


def posted(slack: FakeSlack) -> Counter[str]:
    return Counter(str(message.metadata["event_payload"]["id"]) for message in slack.messages)


def test_a_sender_that_is_killed_at_any_moment_loses_and_doubles_nothing(
    home: Home, office: Office, slack: FakeSlack, *, whole: bool
) -> None:
    rounds = 20 if whole else 3
    chance = random.Random(4)  # noqa: S311 - moments, no secrets
    for number in range(rounds):
        office.decide(*(replace(DROP, property=f"{number}/{one}") for one in range(MESSAGES)))
        office.clock.now = office.clock.now.replace(minute=number)
        with sender(home, slack) as process:
            time.sleep(chance.random() * 0.25)
            process.send_signal(signal.SIGKILL)
    with sender(home, slack) as final:
        sent_by(final)
    assert office.history.pending() == ()
    assert len(posted(slack)) >= MESSAGES * rounds
    assert set(posted(slack).values()) == {1}
    home.check()


def test_three_senders_at_once_send_every_message_once(home: Home, office: Office, slack: FakeSlack) -> None:
    office.decide(*(replace(DROP, property=f"p{number}") for number in range(30)))
    with sender(home, slack) as one, sender(home, slack) as two, sender(home, slack) as three:
        assert sum(map(sent_by, (one, two, three))) == 30
    assert len(posted(slack)) == 30
    assert set(posted(slack).values()) == {1}


def test_what_a_person_did_is_not_overwritten_by_what_another_process_still_had_to_send(
    home: Home, office: Office, slack: FakeSlack
) -> None:
    office.run(MILD)
    office.run(LOUD, sends=False)
    with sender(home, slack, "stalls") as slow:
        assert said(slow) == "stalled", "it has taken what the run decided, and is about to send it"
        assert office.says(Intent.ACKNOWLEDGED)
        office.send()
        sent_by(slow)
    assert office.history.pending() == (), "whoever held the message sends what came meanwhile as well"
    assert slack.messages[0].text.startswith("👀 Acknowledged"), slack.texts()


def test_whoever_stands_still_for_longer_than_its_claim_does_not_leave_the_older_words(
    home: Home, office: Office, slack: FakeSlack
) -> None:
    office.run(MILD)
    office.run(LOUD, sends=False)
    with sender(home, slack, "stalls") as slow:
        assert said(slow) == "stalled"
        assert office.says(Intent.ACKNOWLEDGED)
        office.clock.now = datetime.now(UTC) + timedelta(hours=1)
        office.send()
        assert slack.messages[0].text.startswith("👀 Acknowledged"), "the claim has run out, another process went on"
        sent_by(slow)
    assert office.history.pending() == ()
    assert slack.messages[0].text.startswith("👀 Acknowledged"), slack.texts()
