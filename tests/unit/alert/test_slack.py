import json
import logging
from collections.abc import Iterator
from dataclasses import replace

import pytest

from monitor.alert.sender import Printed, Reach, Refused, Sent
from monitor.alert.slack import BotSender, PrintSender, WebhookSender
from tests.fakes.slack import DROP_AFTER, DROP_BEFORE, FakeSlack, Fault, broken, limited, refusing
from tests.fakes.told import NOW, deliveries

SECRET = "s3ntinel-of-a-secret"
ONE = deliveries(1)[0]


@pytest.fixture
def slack() -> Iterator[FakeSlack]:
    with FakeSlack("C0", "C1", clock=NOW.timestamp) as fake:
        yield fake


def bot(slack: FakeSlack, *, timeout: int = 10) -> BotSender:
    return BotSender(slack.token, "C0", base_url=slack.url, timeout=timeout)


def test_a_message_arrives_with_its_blocks_its_text_and_its_id(slack: FakeSlack) -> None:
    assert bot(slack).send(ONE, maybe_sent=False) == Sent("C0", slack.messages[0].ts)
    assert slack.texts() == [ONE.text]
    assert slack.messages[0].blocks == json.loads(ONE.blocks)
    assert slack.messages[0].metadata == {"event_type": "trackwarden", "event_payload": {"id": ONE.id}}
    assert slack.calls == ["chat.postMessage"]


def test_an_empty_channel_is_the_default_one(slack: FakeSlack) -> None:
    bot(slack).send(ONE, maybe_sent=False)
    bot(slack).send(replace(ONE, channel="C1"), maybe_sent=False)
    assert [message.channel for message in slack.messages] == ["C0", "C1"]
    nowhere = BotSender(slack.token, "", base_url=slack.url).send(ONE, maybe_sent=False)
    assert isinstance(nowhere, Refused)
    assert "slack.channel" in nowhere.hint


@pytest.mark.parametrize("fault", [DROP_BEFORE, DROP_AFTER])
def test_a_dropped_connection_is_ambiguous_and_tried_once(slack: FakeSlack, fault: Fault) -> None:
    slack.script("chat.postMessage", fault)
    outcome = bot(slack).send(ONE, maybe_sent=False)
    assert isinstance(outcome, Refused)
    assert (outcome.permanent, outcome.ambiguous, outcome.reach) == (False, True, Reach.ACCOUNT)
    assert slack.calls == ["chat.postMessage"]


def test_a_message_that_had_arrived_is_found_and_not_posted_again(slack: FakeSlack) -> None:
    slack.script("chat.postMessage", DROP_AFTER)
    bot(slack).send(ONE, maybe_sent=False)
    assert bot(slack).send(ONE, maybe_sent=True) == Sent("C0", slack.messages[0].ts)
    assert len(slack.messages) == 1


def test_a_message_is_found_behind_pages_of_others(slack: FakeSlack) -> None:
    for delivery in deliveries(450):
        bot(slack).send(delivery, maybe_sent=False)
    assert bot(slack).send(ONE, maybe_sent=True) == Sent("C0", slack.messages[0].ts)
    assert slack.calls.count("conversations.history") == 3


def test_a_message_that_had_not_arrived_is_posted(slack: FakeSlack) -> None:
    assert bot(slack).send(ONE, maybe_sent=True) == Sent("C0", slack.messages[0].ts)
    assert slack.calls == ["conversations.history", "chat.postMessage"]


def test_without_the_scope_to_look_it_posts_and_says_so(slack: FakeSlack) -> None:
    slack.can_read_history = False
    outcome = bot(slack).send(ONE, maybe_sent=True)
    assert isinstance(outcome, Sent)
    assert "twice" in outcome.note
    assert "channels:history" in outcome.note


def test_when_looking_fails_for_now_nothing_is_posted(slack: FakeSlack) -> None:
    slack.script("conversations.history", limited("1.5"))
    outcome = bot(slack).send(ONE, maybe_sent=True)
    assert isinstance(outcome, Refused)
    assert (outcome.permanent, outcome.retry_after) == (False, 1.5)
    assert slack.messages == []


def test_slow_answers_are_ambiguous(slack: FakeSlack) -> None:
    slack.script("chat.postMessage", Fault(accept=True, delay=30.0))
    outcome = bot(slack, timeout=1).send(ONE, maybe_sent=False)
    assert isinstance(outcome, Refused)
    assert (outcome.error, outcome.ambiguous) == ("no answer in time", True)


@pytest.mark.parametrize("said", ["2", "1.5", "0", "soon"])
def test_retry_after_is_read_whole_or_fractional(slack: FakeSlack, said: str) -> None:
    slack.script("chat.postMessage", limited(said))
    outcome = bot(slack).send(ONE, maybe_sent=False)
    expected = None if said == "soon" else float(said)
    assert outcome == Refused(
        permanent=False, error="ratelimited", retry_after=expected, reach=Reach.CHANNEL, ambiguous=False
    )


@pytest.mark.parametrize("status", [500, 502, 503, 504])
def test_a_broken_gateway_is_tried_again(slack: FakeSlack, status: int) -> None:
    slack.script("chat.postMessage", broken(status))
    slack.script("webhook", broken(status))
    for outcome in (
        bot(slack).send(ONE, maybe_sent=False),
        WebhookSender(slack.webhook_url).send(ONE, maybe_sent=False),
    ):
        assert isinstance(outcome, Refused)
        assert (outcome.permanent, outcome.ambiguous) == (False, True)


@pytest.mark.parametrize(
    ("error", "reach", "step"),
    [
        ("invalid_auth", Reach.ACCOUNT, "slack.token"),
        ("token_revoked", Reach.ACCOUNT, "slack.token"),
        ("account_inactive", Reach.ACCOUNT, "slack.token"),
        ("not_in_channel", Reach.CHANNEL, "/invite"),
        ("channel_not_found", Reach.CHANNEL, "id"),
        ("invalid_blocks", Reach.MESSAGE, "report"),
        ("msg_too_long", Reach.MESSAGE, "report"),
        ("some_new_error", Reach.MESSAGE, "reference"),
    ],
)
def test_what_will_never_pass_says_what_to_do(slack: FakeSlack, error: str, reach: Reach, step: str) -> None:
    slack.script("chat.postMessage", refusing(error))
    outcome = bot(slack).send(ONE, maybe_sent=False)
    assert isinstance(outcome, Refused)
    assert (outcome.permanent, outcome.error, outcome.reach) == (True, error, reach)
    assert step in outcome.hint


@pytest.mark.parametrize("body", ["<html>log in</html>", "[]", "null", '"ok"', "", "{}", '{"ok": false, "error": 7}'])
def test_an_answer_that_is_not_slacks_is_refused(slack: FakeSlack, body: str) -> None:
    slack.script("chat.postMessage", Fault(body=body))
    slack.script("webhook", Fault(body=body))
    assert isinstance(bot(slack).send(ONE, maybe_sent=False), Refused)
    assert isinstance(WebhookSender(slack.webhook_url).send(ONE, maybe_sent=False), Refused)


def test_a_webhook_posts_and_refusals_are_seen_in_its_status(slack: FakeSlack) -> None:
    sender = WebhookSender(slack.webhook_url)
    assert sender.send(ONE, maybe_sent=False) == Sent()
    assert slack.texts() == [ONE.text]
    slack.script("webhook", Fault(status=404, error="no_service"), Fault(status=410, error="channel_is_archived"))
    slack.script("webhook", Fault(status=403, body="<html>blocked</html>"), limited("2.5"))
    outcomes = [sender.send(ONE, maybe_sent=False) for _ in range(4)]
    assert all(isinstance(outcome, Refused) for outcome in outcomes)
    errors = [(o.error, o.permanent) for o in outcomes if isinstance(o, Refused)]
    assert errors == [
        ("no_service", True),
        ("channel_is_archived", True),
        ("HTTP status 403", True),
        ("ratelimited", False),
    ]
    assert "new incoming webhook" in outcomes[0].hint if isinstance(outcomes[0], Refused) else False
    assert len(slack.messages) == 1


def test_without_slack_the_message_is_printed_and_marked() -> None:
    printed: list[str] = []
    assert PrintSender(printed.append).send(replace(ONE, channel="C1"), maybe_sent=False) == Printed()
    assert printed[0].startswith("┌ not sent (no Slack token), for C1\n│ 🔴 Order Completed 1-1-0 on ios: 18.2%")


@pytest.mark.parametrize(
    "fault", [DROP_BEFORE, refusing("token_revoked"), broken(502), Fault(body="<html>"), limited("1")]
)
def test_secrets_are_in_no_log_and_no_error(
    slack: FakeSlack, fault: Fault, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    slack.token = f"xoxb-{SECRET}"
    slack.script("chat.postMessage", fault)
    slack.script("webhook", fault)
    webhook = slack.webhook_url.replace("secret-of-the-webhook", SECRET)
    dead = f"http://user:{SECRET}@127.0.0.1:1"
    with caplog.at_level(logging.DEBUG):
        logging.getLogger("slack_sdk").setLevel(logging.DEBUG)
        outcomes = [
            sender.send(ONE, maybe_sent=maybe)
            for sender in (bot(slack), WebhookSender(webhook))
            for maybe in (False, True)
        ]
        odd = (f"{SECRET}\nx", f"{SECRET}\r", SECRET, f"{webhook} \n{SECRET}", f"https://[{SECRET}", f"ftp://{SECRET}")
        outcomes += [WebhookSender(url).send(ONE, maybe_sent=False) for url in odd]
        outcomes += [BotSender(token, "C0", base_url=slack.url).send(ONE, maybe_sent=False) for token in odd]
        monkeypatch.setenv("HTTPS_PROXY", dead)
        outcomes += [bot(slack).send(ONE, maybe_sent=True), WebhookSender(webhook).send(ONE, maybe_sent=True)]
    assert SECRET not in caplog.text
    assert SECRET not in repr(outcomes)
