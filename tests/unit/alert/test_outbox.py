from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from datetime import timedelta

import pytest

from monitor.alert.outbox import DeliveryReport, Pace, empty
from monitor.alert.sender import Outcome, Sender, Sent
from monitor.alert.slack import BotSender, PrintSender, WebhookSender
from monitor.errors import ExitCode
from monitor.incidents.model import Delivery
from tests.fakes.slack import DROP_AFTER, DROP_BEFORE, FakeSlack, Fault, broken, limited, refusing
from tests.fakes.told import NOW, Clock, Kept, deliveries


@pytest.fixture
def slack() -> Iterator[FakeSlack]:
    with FakeSlack("C0", "C1", clock=NOW.timestamp) as fake:
        yield fake


def bot(slack: FakeSlack) -> BotSender:
    return BotSender(slack.token, "C0", base_url=slack.url)


def run(kept: Kept, sender: Sender, clock: Clock | None = None, *, budget: float = 60.0) -> DeliveryReport:
    """One run's sending of what an earlier one claimed, so that everything is looked up first."""
    at = clock or Clock()
    return empty(kept, lambda: sender, Pace(at, at.sleep, budget))


def run_fresh(kept: Kept, sender: Sender, clock: Clock | None = None) -> DeliveryReport:
    """One run's sending of what it has just written."""
    at = clock or Clock()
    return empty(replace(kept, earlier=0), lambda: sender, Pace(at, at.sleep))


def kept(count: int, *, channel: str = "") -> Kept:
    return Kept(list(deliveries(count, channel=channel)))


@dataclass
class Recording:
    """Takes everything, and notes when."""

    clock: Clock
    at: list[tuple[str, float]] = field(default_factory=list)

    def send(self, delivery: Delivery, *, maybe_sent: bool) -> Outcome:  # noqa: ARG002 - the protocol
        self.at.append((delivery.channel, (self.clock.now - NOW).total_seconds()))
        return Sent("C", "1")


def test_every_message_is_sent_once_and_marked_with_its_place(slack: FakeSlack) -> None:
    outbox = kept(3)
    assert run_fresh(outbox, bot(slack)) == DeliveryReport(sent=3)
    assert slack.texts() == [delivery.text for delivery in outbox.pending]
    assert outbox.told[outbox.pending[0].id] == ("C0", slack.messages[0].ts)
    assert slack.calls == ["chat.postMessage"] * 3
    assert run(outbox, bot(slack)) == DeliveryReport()
    assert len(slack.messages) == 3


def test_one_post_a_second_goes_to_each_channel() -> None:
    clock = Clock()
    sender = Recording(clock)
    outbox = Kept([*deliveries(6)[:3], *deliveries(6, channel="C1")[3:]])
    run(outbox, sender, clock)
    assert sender.at == [("", 0.0), ("C1", 0.0), ("", 1.0), ("C1", 1.0), ("", 2.0), ("C1", 2.0)]


@pytest.mark.parametrize(
    "fault", [DROP_AFTER, Fault(status=500, body="", accept=True), Fault(status=504, body="", accept=True)]
)
def test_slack_accepted_and_the_answer_was_lost_gives_exactly_one_message(slack: FakeSlack, fault: Fault) -> None:
    slack.script("chat.postMessage", fault)
    outbox = kept(1)
    report = run_fresh(outbox, bot(slack))
    assert (report.sent, report.problems) == (1, ())
    assert len(slack.messages) == 1
    assert outbox.told[outbox.pending[0].id][1] == slack.messages[0].ts


def test_a_connection_that_breaks_before_slack_accepts_is_tried_again(slack: FakeSlack) -> None:
    slack.script("chat.postMessage", DROP_BEFORE, broken(503), DROP_BEFORE)
    clock = Clock()
    assert run_fresh(kept(1), bot(slack), clock).sent == 1
    assert len(slack.messages) == 1
    assert clock.slept == [1.0, 2.0, 4.0]


def test_a_run_that_died_between_sending_and_marking_is_made_good_by_the_next(slack: FakeSlack) -> None:
    outbox = kept(1)
    bot(slack).send(outbox.pending[0], maybe_sent=False)
    assert run(outbox, bot(slack)).sent == 1
    assert len(slack.messages) == 1


@pytest.mark.parametrize("said", ["7", "2.5"])
def test_retry_after_is_waited_for(slack: FakeSlack, said: str) -> None:
    slack.script("chat.postMessage", limited(said))
    clock = Clock()
    assert run_fresh(kept(1), bot(slack), clock).sent == 1
    assert clock.slept == [float(said)]


def test_a_retry_after_beyond_the_time_leaves_the_message_to_the_next_run(slack: FakeSlack) -> None:
    slack.script("chat.postMessage", limited("3600"))
    outbox, clock = kept(2), Clock()
    report = run_fresh(outbox, bot(slack), clock)
    assert (report.sent, report.waiting) == (0, 2)
    assert all(problem.exit_code is ExitCode.NOT_NOTIFIED for problem in report.problems)
    assert clock.now - NOW < timedelta(seconds=61)
    assert run(outbox, bot(slack)).sent == 2
    assert len(slack.messages) == 2


def test_a_revoked_token_is_one_problem_with_a_hint_and_nothing_is_lost(slack: FakeSlack) -> None:
    slack.script("chat.postMessage", refusing("token_revoked"))
    outbox = kept(5)
    report = run_fresh(outbox, bot(slack))
    assert (report.sent, report.failed) == (0, 5)
    assert [problem.exit_code for problem in report.problems] == [ExitCode.NOT_NOTIFIED]
    assert str(report.problems[0]).startswith(
        "Slack: 5 messages not sent: token_revoked (the token was revoked; put a valid"
    )
    assert slack.calls == ["chat.postMessage"]
    assert len(outbox.still_pending()) == 5
    assert run(outbox, bot(slack)).sent == 5
    assert len(slack.messages) == 5


def test_an_unreachable_slack_costs_five_tries_in_all_not_five_for_each_message() -> None:
    sender = BotSender("xoxb", "C0", base_url="http://127.0.0.1:1/api/")
    outbox, clock = kept(30), Clock()
    report = run_fresh(outbox, sender, clock)
    assert (report.waiting, len(report.problems)) == (30, 1)
    assert clock.slept == [1.0, 2.0, 4.0, 8.0]
    assert "next run tries again" in str(report.problems[0])
    assert "the connection was refused" in str(report.problems[0])


def test_a_channel_that_refuses_hands_over_to_the_default_channel_and_says_so(slack: FakeSlack) -> None:
    slack.not_joined.add("C1")
    outbox = kept(1, channel="C1")
    report = run_fresh(outbox, bot(slack))
    assert (report.sent, report.problems) == (1, ())
    assert slack.messages[0].channel == "C0"
    assert "C1 refused (not_in_channel)" in report.notes[0]
    assert "/invite" in report.notes[0]


def test_a_default_channel_that_refuses_is_a_problem_with_a_hint(slack: FakeSlack) -> None:
    slack.not_joined.add("C0")
    report = run_fresh(kept(2), bot(slack))
    assert (report.sent, report.failed, len(report.problems)) == (0, 2, 1)
    assert "/invite" in report.problems[0].hint


def test_a_refused_layout_is_sent_as_one_line_of_text(slack: FakeSlack) -> None:
    outbox = kept(1)
    outbox.pending[0] = replace(outbox.pending[0], blocks='[{"type": "nonsense"}]')
    report = run_fresh(outbox, bot(slack))
    assert report.sent == 1
    assert slack.messages[0].blocks == []
    assert "invalid_blocks" in report.notes[0]


def test_what_does_not_fit_into_the_time_waits_for_the_next_run(slack: FakeSlack) -> None:
    outbox = kept(8)
    report = run(outbox, bot(slack), budget=4.5)
    assert (report.sent, report.waiting) == (5, 3)
    assert "the time for sending was over" in str(report.problems[0])
    assert run(outbox, bot(slack)).sent == 3
    assert len(slack.messages) == 8


def test_slacks_own_limit_of_one_post_a_second_loses_nothing(slack: FakeSlack) -> None:
    slack.one_per_second = True
    ticking = Clock()
    outbox = kept(2)

    class Real(Clock):
        def sleep(self, seconds: float) -> None:
            super().sleep(seconds)
            slack._last_post.clear()  # a second has gone by

    ticking = Real()
    assert run_fresh(outbox, bot(slack), ticking).sent == 2
    assert len(slack.messages) == 2


def test_a_webhook_that_was_removed_keeps_the_message_and_says_what_to_do(slack: FakeSlack) -> None:
    slack.script("webhook", Fault(status=404, error="no_service"))
    outbox = kept(2)
    report = run_fresh(outbox, WebhookSender(slack.webhook_url))
    assert (report.sent, report.failed) == (0, 2)
    assert "new incoming webhook" in report.problems[0].hint
    assert len(outbox.still_pending()) == 2


def test_a_webhook_cannot_look_so_a_doubtful_message_is_sent_again_and_said(slack: FakeSlack) -> None:
    slack.script("webhook", DROP_AFTER)
    report = run_fresh(kept(1), WebhookSender(slack.webhook_url))
    assert report.sent == 1
    assert "twice" in report.notes[0]


def test_printed_messages_are_done_and_counted_apart() -> None:
    printed: list[str] = []
    outbox, clock = kept(3), Clock()
    assert run(outbox, PrintSender(printed.append), clock) == DeliveryReport(printed=3)
    assert (len(printed), clock.slept, outbox.still_pending()) == (3, [], [])


def test_what_is_already_sent_is_not_sent_again() -> None:
    sent = [replace(delivery, sent_at=NOW) for delivery in deliveries(2)]
    clock = Clock()
    assert run(Kept(sent), Recording(clock), clock) == DeliveryReport()
