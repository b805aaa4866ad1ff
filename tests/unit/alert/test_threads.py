"""One incident, one message: it is changed in place, and what happens is answered in its thread."""

import json
from collections.abc import Iterator
from dataclasses import replace
from datetime import time, timedelta
from pathlib import Path

import pytest

from monitor.alert.hours import Gathered, Quiet
from monitor.alert.outbox import DeliveryReport
from monitor.alert.routing import Destination, Route, Routing
from monitor.alert.sender import Sender
from monitor.alert.slack import PrintSender, WebhookSender
from monitor.alert.waiting import why
from monitor.incidents.model import Intent, Mode, State
from monitor.judge.model import Evidence, Finding, Severity
from tests.fakes.block_kit import mentions
from tests.fakes.office import Office
from tests.fakes.slack import DROP_AFTER, FakeSlack, broken, limited, refusing
from tests.fakes.told import DROP, FAILING, NOW

HOURS = tuple(range(48))
DRAWN = replace(
    DROP,
    evidence=replace(DROP.evidence, series=HOURS, reference=tuple(2 * n for n in HOURS), series_until=495_000),
)
WARNING = replace(FAILING, severity=Severity.WARNING)
QUIET = replace(DROP, severity=Severity.WARNING)


@pytest.fixture
def slack() -> Iterator[FakeSlack]:
    with FakeSlack("C0", "C1", clock=NOW.timestamp) as fake:
        yield fake


@pytest.fixture
def office(tmp_path: Path, slack: FakeSlack) -> Iterator[Office]:
    one = Office.at(tmp_path, slack)
    yield one
    one.history.close()


def many(number: int, finding: Finding = DROP) -> list[Finding]:
    return [replace(finding, property=f"p{n}") for n in range(number)]


def test_an_incident_is_one_message_that_changes_and_a_thread(office: Office, slack: FakeSlack) -> None:
    office.run(WARNING)
    office.run(FAILING)
    office.run()
    (root, worse) = slack.in_channel()
    assert root.text.startswith("✅ Resolved after 2 h: Order Completed 1-1-0 on ios")
    assert root.edits == 2
    assert worse.broadcast
    assert [message.text[:10] for message in slack.thread(root.ts)] == ["🔴 Worse: O", "✅ Resolved"]
    assert mentions(worse.blocks) == ["!subteam^S0789"]
    assert mentions(root.blocks) == [], "a change mentions nobody anew"


def test_an_incident_that_is_back_goes_on_in_its_thread(office: Office, slack: FakeSlack) -> None:
    office.run(DROP)
    office.run(hours=8)
    office.run(DROP)
    root, back = slack.in_channel()
    assert back.thread == root.ts
    assert back.text.startswith("🔴 Back: ")
    assert root.text.startswith("🔴 Back: ")
    assert len(slack.thread(root.ts)) == 2, "resolved, and back"


def test_the_chart_goes_into_the_thread_once(office: Office, slack: FakeSlack) -> None:
    slack.script("files.completeUploadExternal", DROP_AFTER)
    report = office.run(DRAWN)
    assert (report.sent, report.problems) == (2, ())
    (chart,) = slack.thread(slack.messages[0].ts)
    assert chart.files[0]["title"] == "Rows per hour on android: Checkout Started on android"
    (drawn,) = [content for file, content in slack.uploads.items() if file == chart.files[0]["id"]]
    assert drawn.startswith(b"\x89PNG")
    assert office.send() == DeliveryReport()


def test_without_the_scope_for_files_the_chart_is_left_out_and_that_is_said(office: Office, slack: FakeSlack) -> None:
    slack.can_upload = False
    report = office.run(DRAWN)
    assert (report.sent, report.waiting, report.failed) == (1, 0, 0)
    assert report.notes == (
        "a chart could not be uploaded (missing_scope): add the scope files:write to the Slack app",
    )


def test_an_acknowledgement_changes_the_message_once(office: Office, slack: FakeSlack) -> None:
    office.run(DROP)
    assert office.says(Intent.ACKNOWLEDGED, "press-1")
    assert not office.says(Intent.ACKNOWLEDGED, "press-1"), "the same press again"
    office.send()
    (root,) = slack.messages
    assert root.text.startswith("👀 Acknowledged: Checkout Started")
    assert "Acknowledged by ann." in json.dumps(root.blocks)
    assert root.edits == 1
    assert [office.run(DROP).sent for _ in range(3)] == [0, 0, 0]


def test_a_snooze_that_is_over_is_answered_in_the_thread_and_seen_in_the_channel(
    office: Office, slack: FakeSlack
) -> None:
    office.run(DROP)
    office.says(Intent.SNOOZED, until=office.clock.now + timedelta(hours=4))
    for _ in range(8):
        office.run(DROP)
    root, again = slack.in_channel()
    assert (again.thread, again.text[:8]) == (root.ts, "🔴 Still:")
    assert root.edits == 2


def test_a_message_that_slack_took_and_answered_late_is_not_doubled_in_a_thread(
    office: Office, slack: FakeSlack
) -> None:
    office.run(DROP)
    slack.script("chat.postMessage", DROP_AFTER)
    slack.script("chat.update", broken(502, accept=True))
    report = office.run()
    assert (report.sent, report.waiting) == (2, 0)
    assert len(slack.thread(slack.messages[0].ts)) == 1
    assert slack.calls.count("conversations.replies") == 1


def test_what_answers_a_message_waits_for_it(office: Office, slack: FakeSlack) -> None:
    slack.script("chat.postMessage", refusing("token_revoked"))
    report = office.run(DRAWN)
    assert (report.sent, report.failed, report.waiting) == (0, 2, 0)
    message, chart = office.history.pending()
    assert (message.mode, chart.mode) == (Mode.POST, Mode.FILE)
    assert why(message, office.clock.now) == "token_revoked (tried once): the next run tries again"
    assert why(chart, office.clock.now) == "waits for the message that it belongs to"
    slack.script("chat.postMessage", limited("3600"))
    office.send()
    (message, _) = office.history.pending()
    assert "Slack asked to wait until 2026-07-01 16:00 UTC" in why(message, office.clock.now)
    assert office.send() == DeliveryReport(), "nobody asks Slack before that"
    office.clock.now += timedelta(hours=2)
    assert office.send().sent == 2
    assert len(slack.in_channel()) == 1


def test_of_several_changes_only_the_last_is_made(office: Office, slack: FakeSlack) -> None:
    office.run(DROP)
    slack.not_joined.add("C0")
    office.says(Intent.ACKNOWLEDGED, "k1")
    office.says(Intent.SNOOZED, "k2", until=office.clock.now + timedelta(hours=40))
    slack.not_joined.clear()
    office.send()
    assert slack.messages[0].edits == 1
    assert slack.messages[0].text.startswith("💤 Snoozed until 2026-07-03")


def test_a_message_that_somebody_deleted_holds_nothing_up(office: Office, slack: FakeSlack) -> None:
    office.run(DROP)
    slack.messages.clear()
    report = office.run()
    assert (report.sent, report.waiting, report.failed) == (1, 0, 0)
    assert [message.thread for message in slack.messages] == [""]
    assert any("deleted" in note for note in report.notes)
    assert any("told in the channel instead" in note for note in report.notes)


def test_300_findings_are_one_digest_and_what_becomes_of_them_is_one_answer(office: Office, slack: FakeSlack) -> None:
    office.run(*many(300))
    (digest,) = slack.messages
    assert digest.text == "🔴 300 findings: 300 critical"
    office.run(*many(40))
    assert len(slack.in_channel()) == 1
    (answer,) = slack.thread(digest.ts)
    assert answer.text == "✅ 260 resolved"


def test_a_webhook_says_what_it_cannot_do(office: Office, slack: FakeSlack) -> None:
    def webhook() -> Sender:
        return WebhookSender(slack.webhook_url)

    office.make = webhook
    report = office.run(DRAWN)
    assert (report.sent, report.notes) == (
        1,
        ("an incoming webhook cannot bring a chart: set slack.token and slack.channel for that",),
    )
    report = office.run()
    assert (report.sent, len(slack.messages)) == (1, 2)
    assert report.notes == ("an incoming webhook cannot change a message: set slack.token and slack.channel for that",)


def test_printed_messages_are_neither_changed_nor_adorned(office: Office) -> None:
    printed: list[str] = []
    office.make = lambda: PrintSender(printed.append)
    assert office.run(DRAWN) == DeliveryReport(printed=1)
    assert office.run() == DeliveryReport(printed=1)
    assert "Resolved after 1 h" in printed[1]


# ── routing ─────────────────────────────────────────────────────────────────────────────────────────


def night(office: Office, **also: object) -> None:
    usual = Destination(quiet=Quiet(time(20), time(7), "UTC"))
    office.told = replace(office.told, routing=Routing("C0", usual=usual, **also))  # type: ignore[arg-type]


def test_in_quiet_hours_only_what_is_critical_is_told_and_the_rest_when_they_end(
    office: Office, slack: FakeSlack
) -> None:
    night(office)
    office.clock.now = NOW.replace(hour=22)
    office.run(QUIET, replace(DROP, event="Product Viewed"))
    assert [message.text[:1] for message in slack.messages] == ["🔴"]
    for _ in range(8):
        office.run(QUIET, replace(DROP, event="Product Viewed"))
    assert len(slack.messages) == 1
    (waiting,) = [one for one in office.history.incidents() if one.owed is not None]
    assert "told with quiet hours" in waiting.note
    office.run(QUIET, replace(DROP, event="Product Viewed"))
    assert office.clock.now.hour == 8
    assert [message.text[:1] for message in slack.messages] == ["🔴", "🟠"]


def test_what_is_over_before_it_was_told_is_never_told(office: Office, slack: FakeSlack) -> None:
    night(office)
    office.clock.now = NOW.replace(hour=22)
    office.run(QUIET)
    office.run(hours=12)
    office.run()
    assert slack.messages == []
    assert office.incident.state is State.RESOLVED


def test_a_team_that_reads_a_digest_gets_one_message_a_day(office: Office, slack: FakeSlack) -> None:
    usual = Destination(gathered=Gathered((time(9),), "UTC"))
    office.told = replace(office.told, routing=Routing("C0", usual=usual))
    found = many(4, QUIET)
    for hour in range(24):
        office.run(*found[: 1 + hour // 4])
    (digest,) = slack.messages
    assert digest.text == "🟠 4 findings: 4 warning"


def test_a_route_chooses_by_event_source_kind_severity_and_team(office: Office, slack: FakeSlack) -> None:
    routes = (
        Route(Destination("C1"), event="Checkout *", severity=Severity.CRITICAL),
        Route(Destination(mention="U0ONCALL"), source="android", kind="volume_drop"),
        Route(Destination("C1"), team="checkout", severity=Severity.CRITICAL),
    )
    office.told = replace(office.told, routing=Routing("C0", routes=routes))
    office.run(QUIET, FAILING, replace(DROP, property="x"), replace(QUIET, event="Product Viewed", source="web"))
    told = {(message.channel, message.text.split(":")[0][:30]) for message in slack.messages}
    assert [channel for channel, _ in sorted(told)].count("C1") == 2
    assert [channel for channel, _ in sorted(told)].count("C0") == 2


def test_a_digest_of_findings_without_numbers_is_within_the_limits(office: Office, slack: FakeSlack) -> None:
    office.run(*many(40, replace(DROP, message="m" * 3_000, evidence=Evidence())))
    assert len(slack.messages) == 1
    assert slack.refused_blocks == []
