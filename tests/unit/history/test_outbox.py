"""Which messages a process may take, and in which order; in SQLite and in PostgreSQL."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import pytest

from monitor.history.store import History
from monitor.incidents.model import Delivery, Intent, Mode
from tests.fakes.homes import Home
from tests.fakes.told import NOW

LATER = NOW + timedelta(minutes=2)
ROOT = Delivery("root", "v1:0f", 1, Intent.OPENED, 1, "C0", "text", "[]", NOW)
CHANGE = replace(ROOT, mode=Mode.UPDATE, root="root")
ANSWER = replace(ROOT, mode=Mode.REPLY, root="root")
OTHER = replace(ROOT, id="other", fingerprint="v1:0e")


@pytest.fixture
def history(home: Home) -> Iterator[History]:
    opened = home.open()
    yield opened
    opened.close()


def numbered(kind: Delivery, number: int, **said: Any) -> Delivery:
    return replace(kind, id=f"{kind.mode.value} {number}", sequence=number, **said)


def write(history: History, *deliveries: Delivery) -> None:
    history.desk.apply([], deliveries)


def claimed(history: History, now: datetime = NOW) -> list[str]:
    return [one.id for one in history.desk.claim(now, now + timedelta(minutes=1))]


def another_takes(home: Home, delivery_id: str) -> None:
    home.execute(
        "UPDATE delivery SET claimed_by = 'elsewhere:1:x', claimed_until = '2026-07-01T14:01:00.000000+00:00'"
        f" WHERE id = '{delivery_id}'"
    )


def test_a_message_is_taken_with_all_that_changes_or_answers_it_or_not_at_all(home: Home, history: History) -> None:
    write(history, ROOT, numbered(CHANGE, 2), numbered(ANSWER, 2), OTHER)
    another_takes(home, "update 2")
    assert claimed(history) == ["other"]
    assert claimed(history, LATER) == ["other", "root", "update 2", "reply 2"]


def test_what_slack_asked_to_wait_for_holds_the_whole_thread(history: History) -> None:
    write(history, numbered(CHANGE, 2), numbered(ANSWER, 2))
    history.desk.not_delivered("update 2", error="ratelimited", not_before=NOW + timedelta(minutes=1))
    write(history, numbered(CHANGE, 3))
    assert claimed(history) == []
    assert claimed(history, LATER) == ["update 3", "reply 2"]


def test_what_is_decided_later_is_sent_later_although_it_speaks_of_an_earlier_moment(history: History) -> None:
    pressed = NOW + timedelta(seconds=5)
    write(history, numbered(ANSWER, 3, created_at=NOW), numbered(ANSWER, 2, created_at=pressed), OTHER)
    assert claimed(history) == ["other", "reply 2", "reply 3"]


def test_of_several_changes_only_the_last_is_made_whether_it_waits_or_was_sent(history: History) -> None:
    pressed = NOW + timedelta(seconds=5)
    write(history, numbered(CHANGE, 3, created_at=NOW), numbered(CHANGE, 2, created_at=pressed))
    assert claimed(history) == ["update 3"]
    history.desk.delivered("update 3", at=NOW, channel="C0", ts="1.0")
    write(history, numbered(CHANGE, 1))
    assert claimed(history) == []
    assert history.pending() == ()


def test_a_change_that_was_sent_after_a_later_one_makes_that_one_necessary_again(history: History) -> None:
    write(history, numbered(CHANGE, 2), numbered(CHANGE, 3))
    history.desk.delivered("update 3", at=NOW, channel="C0", ts="1.0")
    assert history.desk.delivery("update 2") is not None
    history.desk.delivered("update 2", at=LATER, channel="C0", ts="1.0")
    assert [one.id for one in history.pending()] == ["update 3"]
    assert claimed(history) == ["update 3"]


def test_what_was_tried_already_is_not_asked_for_again(history: History) -> None:
    write(history, ROOT, OTHER)
    until = NOW + timedelta(minutes=1)
    assert [one.id for one in history.desk.claim(NOW, until, {"root"})] == ["other"]
