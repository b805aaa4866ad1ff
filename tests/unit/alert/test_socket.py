"""Buttons, pressed in a Slack that speaks the real protocol over a real WebSocket."""

import logging
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Self

import pytest
from slack_sdk.socket_mode.builtin import SocketModeClient

from monitor.alert.buttons import LISTENER, Press, pressed, read_press
from monitor.alert.socket import Listener
from monitor.incidents.model import State
from tests.fakes.office import Office
from tests.fakes.slack import FakeSlack, limited
from tests.fakes.slack_socket import FakeSocket, press
from tests.fakes.told import DROP, NOW


@pytest.fixture
def slack() -> Iterator[FakeSlack]:
    with FakeSlack("C0", clock=NOW.timestamp) as fake:
        yield fake


@pytest.fixture
def office(tmp_path: Path, slack: FakeSlack) -> Iterator[Office]:
    one = Office.at(tmp_path, slack)
    one.told = replace(one.told, buttons=True)
    yield one
    one.history.close()


class Desk:
    """A listener at work: what it is told it does, and sends."""

    def __init__(self, office: Office, *, people: frozenset[str] = frozenset()) -> None:
        self.office, self.people, self.handled, self.answers = office, people, 0, [""]
        self.socket: FakeSocket = office.slack.listen()
        token, url = office.slack.app_token, office.slack.url
        self.listener = Listener(token, self.handle, self.beat, base_url=url, ping_seconds=0.3)
        self.slow = 0.0

    def handle(self, one: Press) -> None:
        time.sleep(self.slow)
        self.answers.append(pressed(one, self.office.history.desk, lambda: self.office.context, self.people))
        self.office.send()
        self.handled += 1

    def beat(self, alive: bool) -> None:  # noqa: FBT001 - the listener's own signature
        self.office.history.desk.beat(LISTENER, self.office.clock.now if alive else None)

    def __enter__(self) -> Self:
        self.listener.start()
        self.socket.wait_for_connections(1)
        return self

    def __exit__(self, *_: object) -> None:
        self.listener.stop()


def until(holds: Callable[[], bool], seconds: float = 10.0) -> None:
    """Wait until it holds; there is nothing to wait on but the other thread's work."""
    end = time.monotonic() + seconds
    while not holds():
        assert time.monotonic() < end
        time.sleep(0.02)


def value_of(office: Office) -> str:
    return f"{office.incident.fingerprint}/{office.incident.episode}"


def test_a_button_acknowledges_once_however_often_it_is_delivered(office: Office, slack: FakeSlack) -> None:
    office.run(DROP)
    with Desk(office) as desk:
        payload = press("ack", value_of(office))
        envelope = desk.socket.send(payload)
        for retry in (1, 2):
            desk.socket.send(payload, envelope=envelope, retry=retry)
        desk.socket.send(payload)
        desk.socket.wait_for_acknowledgements(4)
        until(lambda: desk.handled == 4)
    assert office.incident.state is State.ACKNOWLEDGED
    assert office.incident.by == "ann (U0ANN)"
    (root,) = slack.messages
    assert (root.edits, root.text[:16]) == (1, "👀 Acknowledged: ")
    assert desk.answers == ["", "", "", "", ""]
    assert [one.who for one in office.history.desk.story(office.incident.fingerprint) if one.who] == ["ann (U0ANN)"]


def test_an_envelope_is_acknowledged_before_its_work_is_done(office: Office) -> None:
    office.run(DROP)
    with Desk(office) as desk:
        desk.slow = 1.0
        for number in range(3):
            desk.socket.send(press("ack", value_of(office), at=f"{number}.0"))
        desk.socket.wait_for_acknowledgements(3)
        assert max(seconds for _, seconds in desk.socket.acknowledged) < 1.0
        until(lambda: desk.handled == 3)
    assert [answer for answer in desk.answers if answer] == [
        "Nothing was changed: it is acknowledged already, by ann (U0ANN)."
    ] * 2


def test_snooze_is_for_as_long_as_the_button_says(office: Office, slack: FakeSlack) -> None:
    office.run(DROP)
    with Desk(office) as desk:
        desk.socket.send(press("snooze_24h", value_of(office)))
        until(lambda: desk.handled == 1)
    assert office.incident.until == office.clock.now.replace(day=2)
    assert slack.messages[0].text.startswith("💤 Snoozed until 2026-07-02 15:00 UTC")


def test_a_stranger_and_a_stale_message_are_told_alone_and_change_nothing(office: Office) -> None:
    office.run(DROP)
    with Desk(office, people=frozenset({"U0ANN"})) as desk:
        desk.socket.send(press("ack", value_of(office), person="U0EVE"))
        desk.socket.send(press("ack", f"{office.incident.fingerprint}/7"))
        until(lambda: desk.handled == 2)
    assert ["slack.people" in desk.answers[1], "an earlier time" in desk.answers[2]] == [True, True]
    assert office.incident.state is State.OPEN
    assert office.slack.messages[0].edits == 0


def test_a_refreshed_and_a_broken_connection_are_made_again(office: Office) -> None:
    office.run(DROP)
    with Desk(office) as desk:
        desk.socket.refresh()
        desk.socket.wait_for_connections(2)
        until(desk.listener.is_listening)
        desk.socket.send(press("snooze_4h", value_of(office)))
        until(lambda: desk.handled == 1)
        desk.socket.cut()
        desk.socket.wait_for_connections(3, timeout=20)
        until(desk.listener.is_listening)
        desk.socket.send(press("ack", value_of(office)))
        until(lambda: desk.handled == 2)
    assert office.incident.state is State.ACKNOWLEDGED


def test_the_listener_says_that_it_lives_and_that_it_has_stopped(office: Office) -> None:
    with Desk(office):
        until(lambda: office.history.desk.last_beat(LISTENER) == office.clock.now)
    assert office.history.desk.last_beat(LISTENER) is None


def test_that_it_has_stopped_is_said_before_a_line_that_closes_slowly_is_closed(
    office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    closing = threading.Event()
    desk = Desk(office)
    monkeypatch.setattr(SocketModeClient, "close", lambda _: closing.wait(20))
    with desk:
        until(lambda: office.history.desk.last_beat(LISTENER) == office.clock.now)
        desk.listener.stop(timeout=3.0)
        assert office.history.desk.last_beat(LISTENER) is None
        closing.set()


def test_what_slack_refuses_is_logged_without_the_token_and_tried_again(
    office: Office, slack: FakeSlack, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    slack.script("apps.connections.open", limited("1.5"))
    with Desk(office) as desk:
        until(desk.listener.is_listening)
    assert "not heard" in caplog.text
    assert slack.app_token not in caplog.text


@pytest.mark.parametrize(
    "payload",
    [
        {},
        {"type": "view_submission"},
        press("open_report", "v1:0123456789abcdef/1"),
        press("ack", "v1:0/1"),
        press("ack; DROP TABLE incident", "v1:0123456789abcdef/1"),
        press("ack", "v1:0123456789abcdef/1", person="<!channel>"),
        {"type": "block_actions", "actions": []},
    ],
)
def test_what_is_no_press_of_ours_is_left_alone(payload: dict[str, object]) -> None:
    assert read_press(payload) is None


def test_buttons_are_shown_only_while_somebody_listens(office: Office, slack: FakeSlack) -> None:
    office.run(DROP)
    labels = [
        element["text"]["text"] for block in slack.messages[0].blocks if block["type"] == "actions"
        for element in block["elements"]
    ]  # fmt: skip
    assert labels == ["Acknowledge", "Snooze 4 h", "Snooze 24 h"]
    office.told = replace(office.told, buttons=False)
    office.run(DROP, replace(DROP, event="Product Viewed"))
    assert "trackwarden incidents ack" in str(slack.messages[1].blocks)
    assert not [block for block in slack.messages[1].blocks if block["type"] == "actions"]
