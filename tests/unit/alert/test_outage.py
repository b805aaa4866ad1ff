"""What Slack and the network do to a message: one message in the end, and in between the outbox says why it waits."""

import logging
import socket
import sqlite3
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from monitor.alert.sender import Sender
from monitor.alert.slack import BotSender, WebhookSender
from monitor.alert.waiting import why
from monitor.cli.debugging import log_everything
from tests.fakes.office import Office
from tests.fakes.slack import DROP_AFTER, DROP_BEFORE, FakeSlack, Fault, broken, limited, refusing
from tests.fakes.told import DROP, NOW

SECRET = "xoxb-s3ntinel-of-a-secret"


@pytest.fixture
def slack() -> Iterator[FakeSlack]:
    with FakeSlack("C0", clock=NOW.timestamp) as fake:
        yield fake


@pytest.fixture
def office(tmp_path: Path, slack: FakeSlack) -> Iterator[Office]:
    one = Office.at(tmp_path, slack)
    yield one
    one.history.close()


def waiting(office: Office) -> list[str]:
    return [why(one, office.clock.now) for one in office.history.pending()]


@pytest.mark.parametrize(
    ("fault", "said"),
    [
        (DROP_BEFORE, "the connection broke (tried once)"),
        (DROP_AFTER, "the connection broke (tried once)"),
        (Fault(delay=2.5, accept=True), "no answer in time (tried once)"),
        (limited("0.75"), "ratelimited: Slack asked to wait until"),
        (limited("4000.5"), "ratelimited: Slack asked to wait until"),
        (broken(500), "Slack answered 500 (tried once)"),
        (broken(502, accept=True), "Slack answered 502 (tried once)"),
        (broken(503), "Slack answered 503 (tried once)"),
        (broken(504, accept=True), "Slack answered 504 (tried once)"),
        (refusing("not_in_channel"), "not_in_channel (tried once)"),
        (refusing("token_revoked"), "token_revoked (tried once)"),
        (refusing("internal_error"), "internal_error (tried once)"),
    ],
)
def test_each_fault_ends_in_one_message_and_says_in_between_why_it_waits(
    office: Office, slack: FakeSlack, fault: Fault, said: str
) -> None:
    slack.script("chat.postMessage", fault)
    office.decide(DROP)
    office.send(budget=0.5)
    if slack.messages and not office.history.pending():
        pytest.fail("the fault was not met")
    assert [line.startswith(said) for line in waiting(office)] == [True], waiting(office)
    office.clock.now = NOW.replace(hour=23)
    assert office.send().sent == 1
    assert len(slack.messages) == 1
    assert office.history.pending() == ()


def test_two_hours_without_slack_lose_nothing_and_double_nothing(office: Office, slack: FakeSlack) -> None:
    faults = (DROP_BEFORE, broken(503), Fault(drop=True, accept=True), limited("30"), broken(502, accept=True))
    office.decide(DROP, replace(DROP, event="Product Viewed"))
    reasons = set()
    for number in range(12):
        slack.script("chat.postMessage", *[faults[number % 5]] * 5)
        slack.script("conversations.history", *[broken(503)] * 5)
        office.send(budget=5)
        reasons.update(waiting(office))
        slack._faults.clear()
        office.clock.now = NOW.replace(hour=14, minute=10 * (number % 6)) if number < 6 else office.clock.now
    office.clock.now = NOW.replace(hour=16, minute=30)
    office.send()
    assert office.history.pending() == ()
    ids = [message.metadata["event_payload"]["id"] for message in slack.messages]
    assert len(ids) == len(set(ids)) == 2
    assert all(reason.endswith("the next run tries again") or "asked to wait" in reason for reason in reasons), reasons


def test_a_process_that_died_after_slack_took_the_message_is_made_good(office: Office, slack: FakeSlack) -> None:
    office.decide(DROP)
    (claimed,) = office.history.desk.claim(NOW, NOW.replace(hour=23))
    BotSender(slack.token, "C0", base_url=slack.url).send(claimed, maybe_sent=False)
    with sqlite3.connect(str(office.history._engine.url.database)) as connection:  # as if another process had died
        connection.execute("UPDATE delivery SET claimed_by = 'elsewhere:1:x'")
    assert why(office.history.pending()[0], NOW) == "being sent by process 1 on elsewhere"
    assert office.send().sent == 0, "it may be at it still"
    office.clock.now = NOW.replace(hour=23, minute=30)
    assert office.send().sent == 1
    assert len(slack.messages) == 1


def test_a_process_of_this_machine_that_is_no_more_is_not_waited_for(office: Office, slack: FakeSlack) -> None:
    office.decide(DROP)
    office.history.desk.claim(NOW, NOW.replace(hour=23))
    with sqlite3.connect(str(office.history._engine.url.database)) as connection:
        connection.execute(f"UPDATE delivery SET claimed_by = '{socket.gethostname()}:4194305:x'")
    assert office.send().sent == 1
    assert slack.calls == ["conversations.history", "chat.postMessage"], "it may have been sent: look first"


def test_no_secret_and_no_rows_value_is_in_logs_history_or_messages(
    office: Office, slack: FakeSlack, capfd: pytest.CaptureFixture[str], caplog: pytest.LogCaptureFixture
) -> None:
    before = logging.getLogger().level, list(logging.getLogger().handlers)
    log_everything()
    logging.getLogger().addHandler(caplog.handler)
    caplog.set_level(logging.DEBUG)
    logging.getLogger("slack_sdk").setLevel(logging.DEBUG)
    logging.getLogger("urllib3").setLevel(logging.DEBUG)
    try:
        senders: list[Sender] = [
            BotSender(SECRET, "C0", base_url=slack.url),
            BotSender(f"{SECRET}\nx", "C0", base_url=slack.url),
            BotSender(SECRET, "C0", base_url="http://127.0.0.1:1/api/"),
            WebhookSender(f"http://127.0.0.1:1/services/{SECRET}"),
            WebhookSender(f"{slack.webhook_url}/{SECRET}"),
            WebhookSender(f"ht tp://{SECRET}"),
        ]
        problems = []
        for number, sender in enumerate(senders):
            office.make = lambda one=sender: one  # type: ignore[misc]
            for fault in (DROP_AFTER, broken(502), refusing("token_revoked"), Fault(status=404, error="no_service")):
                slack.script("chat.postMessage", fault)
                slack.script("webhook", fault)
            report = office.run(replace(DROP, property=f"p{number}"))
            problems += [*map(str, report.problems), *report.notes]
    finally:
        logging.getLogger().handlers[:] = before[1]
        logging.getLogger().setLevel(before[0])
    assert problems
    said = capfd.readouterr()
    kept = Path(str(office.history._engine.url.database))
    files = b"".join(one.read_bytes() for one in kept.parent.iterdir())
    for place in ("\n".join(problems), said.out, said.err, caplog.text, repr(slack.messages), files.decode("latin-1")):
        assert "s3ntinel" not in place
