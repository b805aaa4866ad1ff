"""`trackwarden incidents`, on a history and a Slack of its own; and buttons pressed while a schedule listens."""

import json
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from monitor.alert.single import short
from monitor.cli.listening import listening
from monitor.history.store import History
from monitor.incidents.model import Incident, State
from monitor.wiring import Workspace
from tests.fakes.office import Office
from tests.fakes.slack import FakeSlack, refusing
from tests.fakes.slack_socket import press
from tests.fakes.told import DROP, FAILING
from tests.unit.cli.conftest import Call, Ended


@pytest.fixture
def slack() -> Iterator[FakeSlack]:
    with FakeSlack("C0") as fake:
        yield fake


class Desk:
    """A workspace with two incidents that Slack was told of."""

    def __init__(self, folder: Path, slack: FakeSlack, call: Call) -> None:
        self.folder, self.slack, self._call = folder, slack, call
        file = folder / "trackwarden.yml"
        text = file.read_text(encoding="utf-8")
        head, _, tail = text.partition("\nslack:\n")
        _, _, rest = tail.partition("\n\n")
        said = "slack: {token: \"{{ env_var('SLACK_BOT_TOKEN') }}\", app_token: xapp-fake-token, channel: C0}"
        file.write_text(f"{head}\n{said}\n\n{rest}", encoding="utf-8")
        self.env = {"SLACK_BOT_TOKEN": slack.token, "SLACK_API_URL": slack.url}
        history = History.open("sqlite:///state/history.db", root=folder)
        Office(history, slack).run(DROP, FAILING)
        history.close()

    def call(self, *arguments: str) -> Ended:
        return self._call("-C", self.folder, "incidents", *arguments, env=self.env)

    def incident(self, event: str = "Order Completed") -> Incident:
        history = History.open("sqlite:///state/history.db", root=self.folder)
        try:
            return next(one for one in history.incidents() if one.finding.event == event)
        finally:
            history.close()

    def root(self, event: str = "Order Completed") -> str:
        return next(m.text for m in self.slack.messages if event in m.text and not m.thread)


@pytest.fixture
def desk(workspace: Path, slack: FakeSlack, call: Call) -> Desk:
    return Desk(workspace, slack, call)


def test_list_says_what_is_wrong_with_its_id_and_why_messages_wait(desk: Desk) -> None:
    shown = desk.call("list")
    one = desk.incident()
    assert shown.code == 0
    assert f"{short(one)}  ● Rows break the plan  Order Completed 1-1-0 · ios" in shown.out
    assert "18.2% of 12,480 rows fail (limit 1%)" in shown.out
    listed = json.loads(desk.call("list", "--json").out)
    assert {found["state"] for found in listed["incidents"]} == {"open"}
    assert listed["waiting"] == []


def test_ack_is_kept_with_who_and_why_and_changes_the_message(desk: Desk) -> None:
    mark = short(desk.incident())
    done = desk.call("ack", mark, "--fixed-in", "2-0-0", "--by", "ann", "--note", "in the next release")
    assert (done.code, done.out) == (0, f"{mark} acknowledged by ann: fixed in 2-0-0 (in the next release)\n")
    assert desk.root().startswith("👀 Acknowledged: Order Completed")
    whole = json.loads(desk.call("show", mark, "--json").out)
    assert (whole["state"], whole["fixed_in"], whole["by"]) == ("acknowledged", "2-0-0", "ann")
    assert [(step["what"], step["who"]) for step in whole["steps"]] == [("opened", ""), ("acknowledged", "ann")]
    assert [message["mode"] for message in whole["messages"]] == ["post", "update"]
    again = desk.call("ack", mark, "--fixed-in", "2-0-0")
    assert again.code == 2
    assert "acknowledged already, by ann" in again.err


def test_a_note_and_a_name_obey_nobody_s_terminal(desk: Desk) -> None:
    one = desk.incident()
    ended = desk.call("ack", one.fingerprint, "--by", "eve\x1b[2J", "--note", "look\x1b]0;x\x07 " + "n" * 9_000)
    shown = desk.call("show", one.fingerprint)
    assert ended.code == shown.code == 0
    assert "\x1b" not in ended.out + shown.out
    assert "\x07" not in ended.out + shown.out
    assert "n" * 600 not in shown.out.replace("\n", "")


def test_snooze_and_resolve_say_until_when_and_who(desk: Desk) -> None:
    mark = short(desk.incident())
    assert desk.call("snooze", mark, "--for", "2d", "--by", "bob").code == 0
    assert desk.incident().state is State.SNOOZED
    assert "snoozed by bob until" in desk.call("list").out
    assert desk.call("resolve", mark, "--by", "bob").out == f"{mark} resolved by bob; it comes back if it still holds\n"
    shown = desk.call("show", mark)
    assert "What happened" in shown.out
    assert "resolved: resolved by bob" in shown.out
    assert "1 incident over" in desk.call("list").out


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("show", "zzzzzzzz"), "there is no incident 'zzzzzzzz'"),
        (("ack", "3"), "there is no incident '3'"),
        (("snooze", "ID"), "say for how long"),
        (("snooze", "ID", "--for", "2020-01-01"), "a snooze ends in the future"),
        (("snooze", "ID", "--for", "2y"), "is no time"),
        (("ack", "ID", "--fixed-in", "1-0-0"), "not older than 1-0-0"),
    ],
)
def test_what_cannot_be_done_is_an_error_with_the_next_step(desk: Desk, arguments: tuple[str, ...], said: str) -> None:
    mark = short(desk.incident())
    ended = desk.call(*(mark if one == "ID" else one for one in arguments))
    assert ended.code == 2
    assert said in " ".join(ended.err.split())
    assert desk.incident().state is State.OPEN


def test_of_several_that_are_asked_for_either_all_are_done_or_none(desk: Desk) -> None:
    one, other = desk.incident(), desk.incident("Checkout Started")
    desk.call("ack", short(other))
    refused = desk.call("ack", short(one), short(other))
    assert refused.code == 2
    assert desk.incident().state is State.OPEN


def test_a_slack_that_is_down_leaves_the_change_to_the_next_run_and_says_so(desk: Desk) -> None:
    desk.slack.script("chat.update", *[refusing("token_revoked")] * 9)
    ended = desk.call("ack", short(desk.incident()), "--by", "ann")
    assert ended.code == 5
    assert "token_revoked" in ended.err
    assert desk.incident().state is State.ACKNOWLEDGED
    waiting = desk.call("list").out
    assert "1 message waiting" in waiting
    assert "change (acknowledged) C0: token_revoked (tried once): the next run tries again" in waiting


def test_a_button_is_heard_while_a_schedule_listens_and_a_second_one_is_answered_alone(desk: Desk) -> None:
    socket = desk.slack.listen()
    one = desk.incident()
    value = f"{one.fingerprint}/{one.episode}"
    with listening(Workspace.open(desk.folder, desk.env)) as heard:
        assert heard
        socket.wait_for_connections(1)
        socket.send(press("ack", value, at="1.0"))
        socket.send(press("ack", value, at="2.0"))
        end = time.monotonic() + 15
        while not desk.slack.ephemeral and time.monotonic() < end:
            time.sleep(0.05)
    assert desk.root().startswith("👀 Acknowledged: Order Completed")
    ((channel, person, text),) = desk.slack.ephemeral
    assert (channel, person) == ("C0", "U0ANN")
    assert text == "Nothing was changed: it is acknowledged already, by ann (U0ANN)."


def test_without_an_app_token_nobody_listens(workspace: Path) -> None:
    with listening(Workspace.open(workspace, {})) as heard:
        assert not heard
