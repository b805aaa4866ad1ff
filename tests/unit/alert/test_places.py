"""Several places on one incident: each has its own message, its own faults and its own time."""

import socket
import sqlite3
import time
from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from monitor.alert.channel import ChannelSender
from monitor.alert.hours import Gathered, Quiet
from monitor.alert.lanes import Everywhere
from monitor.alert.routing import Channel, Destination, Routing
from monitor.alert.sender import Sender
from monitor.alert.slack import BotSender, PrintSender
from monitor.alert.waiting import why
from monitor.history.store import History
from monitor.incidents.model import Intent
from monitor.judge.model import Severity
from tests.fakes.hooks import FakeHooks, Hitch
from tests.fakes.mail import DROPPED_AFTER, FakeMail, Trouble
from tests.fakes.office import HOUR, Office
from tests.fakes.slack import FakeSlack, broken
from tests.fakes.told import DROP, FAILING, NOW

MAIL, HOOK, LOUD = Channel("mail"), Channel("hook"), Channel("loud", severity=Severity.CRITICAL)
WARNING = replace(FAILING, severity=Severity.WARNING)


@pytest.fixture
def slack() -> Iterator[FakeSlack]:
    with FakeSlack("C0", clock=NOW.timestamp) as fake:
        yield fake


@pytest.fixture
def mail() -> Iterator[FakeMail]:
    with FakeMail() as server:
        yield server


@pytest.fixture
def hooks() -> Iterator[FakeHooks]:
    with FakeHooks() as server:
        yield server


@pytest.fixture
def office(tmp_path: Path, slack: FakeSlack, mail: FakeMail, hooks: FakeHooks) -> Iterator[Office]:
    one = Office.at(tmp_path, slack)

    def everywhere() -> Sender:
        urls = {
            "channels.mail": mail.url("ann@example.com"),
            "channels.hook": hooks.url("hook"),
            "channels.loud": hooks.url("loud"),
        }
        channels = {place: ChannelSender(place, url, timeout=2, patience=6) for place, url in urls.items()}
        return Everywhere(BotSender(slack.token, "C0", base_url=slack.url, timeout=2), channels)

    one.make = everywhere
    use(one, MAIL, HOOK, LOUD)
    yield one
    one.history.close()


def use(office: Office, *channels: Channel, slack: bool = True) -> None:
    """From now on these are the channels."""
    routing = Routing("C0", usual=Destination(mention="S0789"), channels=channels, slack=slack)
    office.told = replace(office.told, routing=routing)


def subjects(mail: FakeMail) -> list[str]:
    return [str(letter.message["Subject"])[:12] for letter in mail.letters]


def titles(hooks: FakeHooks, path: str) -> list[str]:
    return [posted.said["title"][:12] for posted in hooks.posted if posted.path == f"/{path}"]


# ── one incident, several places ────────────────────────────────────────────────────────────────────


def test_one_incident_is_told_once_in_each_place_and_ends_in_each(
    office: Office, slack: FakeSlack, mail: FakeMail, hooks: FakeHooks
) -> None:
    assert office.run(FAILING).sent == 4
    assert office.run(FAILING).sent == 0
    office.run()
    office.run()
    assert len([one for one in slack.messages if not one.thread]) == 1
    assert subjects(mail) == ["🔴 Order Comp", "✅ Resolved a"]
    assert titles(hooks, "hook") == titles(hooks, "loud") == ["🔴 Order Comp", "✅ Resolved a"]
    assert office.history.pending() == ()
    assert office.incident.views == ()


def test_a_channel_with_a_floor_hears_of_it_when_it_is_loud_enough_and_of_its_end(
    office: Office, hooks: FakeHooks
) -> None:
    office.run(WARNING)
    assert titles(hooks, "loud") == []
    office.run(FAILING)
    assert titles(hooks, "loud") == ["🔴 Worse: Ord"]
    office.run(WARNING)
    office.run()
    assert titles(hooks, "loud") == ["🔴 Worse: Ord", "✅ Resolved a"]
    assert titles(hooks, "hook") == ["🟠 Order Comp", "🔴 Worse: Ord", "✅ Resolved a"]


def test_a_channel_that_was_never_told_hears_nothing_of_the_end(office: Office, hooks: FakeHooks) -> None:
    office.run(WARNING)
    office.run()
    assert titles(hooks, "loud") == []
    assert titles(hooks, "hook") == ["🟠 Order Comp", "✅ Resolved a"]


def test_what_a_person_does_ends_it_everywhere_and_an_acknowledgement_is_for_slack(
    office: Office, slack: FakeSlack, hooks: FakeHooks
) -> None:
    office.run(FAILING)
    office.says(Intent.ACKNOWLEDGED, "k1")
    office.send()
    assert titles(hooks, "hook") == ["🔴 Order Comp"]
    office.says(Intent.RESOLVED, "k2")
    office.send()
    assert titles(hooks, "hook") == ["🔴 Order Comp", "✅ Resolved a"]
    assert any("Resolved" in one.text for one in slack.messages)


def test_what_comes_back_within_a_day_is_told_as_back(office: Office, mail: FakeMail) -> None:
    for found in ((FAILING,), (), (FAILING,), ()):
        office.run(*found)
    assert subjects(mail) == ["🔴 Order Comp", "✅ Resolved a", "🔴 Back: Orde", "✅ Resolved a"]


def test_what_was_wrong_at_adoption_is_one_summary_in_each_place(office: Office, mail: FakeMail) -> None:
    office.run(FAILING, DROP, first_run=True)
    assert [str(letter.message["Subject"]) for letter in mail.letters] == ["📋 Known at adoption: 2"]
    office.run()
    assert len(mail.letters) == 1


def test_a_pager_gets_incidents_one_by_one_and_nothing_of_what_was_known(office: Office, hooks: FakeHooks) -> None:
    many = [replace(FAILING, property=f"p{number}") for number in range(12)]
    use(office, replace(HOOK, one_by_one=True), replace(LOUD, digest_over=3))
    office.run(DROP, first_run=True)
    assert titles(hooks, "hook") == []
    assert len(titles(hooks, "loud")) == 1
    office.run(DROP, *many)
    assert len(titles(hooks, "hook")) == 12
    assert titles(hooks, "loud")[1:] == ["🔴 12 finding"]
    office.run()
    assert len([one for one in titles(hooks, "hook") if one.startswith("✅")]) == 12


@pytest.mark.parametrize("url", ["sqlite://", "sqlite:///history.db"])
def test_many_places_at_once_are_marked_one_after_the_other(
    office: Office, hooks: FakeHooks, tmp_path: Path, url: str
) -> None:
    names = [f"h{number}" for number in range(5)]
    history = History.open(url, root=tmp_path / "another")
    other = replace(office, history=history)
    other.make = lambda: Everywhere(
        PrintSender(lambda _: None),
        {f"channels.{name}": ChannelSender(f"channels.{name}", hooks.url(name)) for name in names},
    )
    use(other, *(Channel(name) for name in names), slack=False)
    found = [replace(FAILING, property=f"p{number}") for number in range(4)]
    assert other.run(*found).sent == other.run().sent == 20
    assert [len(titles(hooks, name)) for name in names] == [8] * 5
    assert history.pending() == ()
    history.close()


# ── instead of Slack, and without it ────────────────────────────────────────────────────────────────


def test_a_channel_instead_of_slack_has_its_findings_alone(office: Office, slack: FakeSlack, mail: FakeMail) -> None:
    use(office, replace(MAIL, teams=("checkout",), instead=True))
    office.run(FAILING, replace(DROP, event="Product Viewed"))
    assert subjects(mail) == ["🔴 Order Comp"]
    assert [one.text[:14] for one in slack.messages if not one.thread] == ["🔴 Product View"]
    office.run()
    assert subjects(mail) == ["🔴 Order Comp", "✅ Resolved a"]
    assert not any("Order" in one.text for one in slack.messages)


def test_what_slack_was_told_before_it_goes_on_to_be_told(office: Office, slack: FakeSlack, mail: FakeMail) -> None:
    use(office, replace(MAIL, severity=Severity.CRITICAL, instead=True))
    office.run(WARNING)
    office.run(FAILING)
    office.run()
    assert subjects(mail) == ["🔴 Worse: Ord", "✅ Resolved a"]
    assert slack.messages[0].text.startswith("✅ Resolved"), "the message is changed in place"


def test_without_slack_nothing_is_printed_and_the_channels_are_told(
    office: Office, mail: FakeMail, slack: FakeSlack
) -> None:
    printed: list[str] = []
    make = ChannelSender("channels.mail", mail.url("ann@example.com"))
    office.make = lambda: Everywhere(PrintSender(printed.append), {"channels.mail": make})
    use(office, MAIL, slack=False)
    assert office.run(FAILING).sent == 1
    assert office.run().sent == 1
    assert subjects(mail) == ["🔴 Order Comp", "✅ Resolved a"]
    assert (printed, slack.calls) == ([], [])


def test_a_channel_that_left_the_configuration_leaves_nothing_behind(office: Office, mail: FakeMail) -> None:
    mail.always = Trouble("GREETING", "421 busy")
    office.run(FAILING)
    office.make = lambda: Everywhere(PrintSender(lambda _: None), {})
    report = office.send()
    assert report.notes == ("channels.mail is not in the configuration any more: its messages are dropped",)
    assert office.history.pending() == ()


# ── quiet hours and digests ─────────────────────────────────────────────────────────────────────────


def test_each_place_has_its_own_quiet_hours(office: Office, slack: FakeSlack, mail: FakeMail, hooks: FakeHooks) -> None:
    use(office, replace(MAIL, quiet=_quiet(office, hours=3)), HOOK)
    office.run(WARNING)
    assert (subjects(mail), len(titles(hooks, "hook")), len(slack.messages) > 0) == ([], 1, True)
    office.run(WARNING)
    office.run(WARNING)
    assert subjects(mail) == []
    office.run(WARNING)
    assert subjects(mail) == ["🟠 Order Comp"]
    office.run()
    assert subjects(mail) == ["🟠 Order Comp", "✅ Resolved a"]


def test_what_is_over_before_it_was_told_somewhere_is_never_told_there(
    office: Office, mail: FakeMail, hooks: FakeHooks
) -> None:
    use(office, replace(MAIL, quiet=_quiet(office, hours=5)), HOOK)
    for found in ((WARNING,), (), (), (), (), (), ()):
        office.run(*found)
    assert subjects(mail) == []
    assert titles(hooks, "hook") == ["🟠 Order Comp", "✅ Resolved a"]


def test_slack_asleep_does_not_keep_a_pager_from_hearing_the_end(
    office: Office, slack: FakeSlack, mail: FakeMail
) -> None:
    routing = Routing("C0", usual=Destination(quiet=_quiet(office, hours=8)), channels=(MAIL,))
    office.told = replace(office.told, routing=routing)
    office.run(WARNING)
    office.run()
    assert subjects(mail) == ["🟠 Order Comp", "✅ Resolved a"]
    assert slack.messages == []
    assert office.history.pending() == ()


def test_a_digest_gathers_what_is_not_critical_and_tells_it_once(office: Office, mail: FakeMail) -> None:
    at = (NOW + 3 * HOUR).time()
    use(office, replace(MAIL, gathered=Gathered((at,))))
    second = replace(WARNING, property="price")
    office.run(WARNING)
    office.run(WARNING, second)
    office.run(WARNING, second, DROP)
    assert subjects(mail) == ["🔴 Checkout S"]
    office.run(WARNING, second, DROP)
    assert [str(letter.message["Subject"]) for letter in mail.letters[1:]] == ["🟠 2 findings"]
    office.run()
    assert sorted(subjects(mail)[2:]) == ["✅ Resolved a"] * 3


# ── faults ──────────────────────────────────────────────────────────────────────────────────────────


def test_two_hours_without_the_mail_server_end_in_one_letter_and_slack_has_its_own_at_once(
    office: Office, slack: FakeSlack, mail: FakeMail, hooks: FakeHooks
) -> None:
    faults = (Trouble("GREETING", "421 busy"), Trouble("MAIL", "451 later"), Trouble("END", "452 full"))
    office.decide(FAILING)
    for number in range(12):
        mail.always = faults[number % 3]
        office.send(budget=5)
        office.clock.now += timedelta(minutes=10)
    (waiting,) = office.history.pending()
    assert why(waiting, office.clock.now).startswith("the mail server answered 4")
    assert (len(titles(hooks, "hook")), len([one for one in slack.messages if not one.thread])) == (1, 1)
    mail.always = None
    assert office.send().sent == 1
    assert subjects(mail) == ["🔴 Order Comp"]


def test_slack_down_keeps_nobody_else_from_being_told(office: Office, slack: FakeSlack, mail: FakeMail) -> None:
    slack.script("chat.postMessage", *[broken(503)] * 10)
    report = office.run(FAILING)
    assert [problem.where for problem in report.problems] == ["Slack"]
    assert subjects(mail) == ["🔴 Order Comp"]
    slack._faults.clear()
    office.clock.now += HOUR
    office.send()
    assert len([one for one in slack.messages if not one.thread]) == 1
    assert len(mail.letters) == 1


def test_a_problem_says_which_channel_and_what_to_do(office: Office, hooks: FakeHooks) -> None:
    hooks.always = Hitch(401)
    report = office.run(WARNING)
    (problem,) = report.problems
    assert problem.where == "channels.hook"
    assert problem.problem == "1 message not sent: the service answered 401"
    assert "channels.hook.url" in problem.hint
    assert (report.failed, report.waiting) == (1, 0)


def test_a_layout_that_a_service_refuses_is_sent_as_one_line(office: Office, hooks: FakeHooks) -> None:
    use(office, HOOK)
    hooks.script(Hitch(422))
    report = office.run(WARNING)
    assert len(report.notes) == 1
    assert report.notes[0].startswith("channels.hook refused a message's layout (the service answered 422)")
    assert titles(hooks, "hook") == ["🟠 Order Comp"]


def test_the_end_is_not_told_before_the_beginning(office: Office, hooks: FakeHooks) -> None:
    use(office, HOOK)
    hooks.always = Hitch(503)
    office.run(WARNING)
    office.run()
    assert titles(hooks, "hook") == []
    hooks.always = None
    office.clock.now += HOUR
    office.send()
    assert titles(hooks, "hook") == ["🟠 Order Comp", "✅ Resolved a"]


def test_a_process_that_died_between_sending_and_marking_sends_twice_at_most_and_says_so(
    office: Office, hooks: FakeHooks
) -> None:
    use(office, HOOK, slack=False)
    office.decide(WARNING)
    (claimed,) = office.history.desk.claim(office.clock.now, office.clock.now + HOUR)
    ChannelSender("channels.hook", hooks.url("hook")).send(claimed, maybe_sent=False)
    with closing(sqlite3.connect(str(office.history._engine.url.database))) as connection, connection:
        connection.execute(f"UPDATE delivery SET claimed_by = '{socket.gethostname()}:4194305:x'")  # it is no more
    report = office.send()
    assert len(titles(hooks, "hook")) == 2
    assert len(report.notes) == 1
    assert "may have come twice" in report.notes[0]
    assert office.send().sent == 0


def test_an_answer_that_was_lost_is_told_twice_at_most_and_said(office: Office, mail: FakeMail) -> None:
    use(office, MAIL, slack=False)
    mail.script(DROPPED_AFTER)
    report = office.run(WARNING)
    assert len(mail.letters) == 2
    assert "may have come twice" in report.notes[0]


def test_a_mail_server_that_hangs_holds_up_its_own_letters_alone(
    office: Office, slack: FakeSlack, mail: FakeMail, hooks: FakeHooks
) -> None:
    mail.always = Trouble("EHLO", hang=60)
    office.decide(FAILING)
    began = time.monotonic()
    office.send(budget=1)
    took = time.monotonic() - began
    assert (len(titles(hooks, "hook")), len(titles(hooks, "loud"))) == (1, 1)
    assert len([one for one in slack.messages if not one.thread]) == 1
    assert took < 12, "a connection's two seconds, and loading apprise"
    (waiting,) = office.history.pending()
    assert waiting.channel == "channels.mail"
    assert waiting.error == "no answer in time"


def _quiet(office: Office, *, hours: int) -> Quiet:
    return Quiet((office.clock.now - HOUR).time(), (office.clock.now + hours * HOUR).time())
