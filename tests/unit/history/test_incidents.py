from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from monitor.errors import HistoryError
from monitor.history.store import History
from monitor.incidents.model import Intent, State
from monitor.judge.model import Severity
from tests.fakes.measured import NOW, delivery, dump, finding, incident, opened, transition


@pytest.fixture
def history(tmp_path: Path) -> Iterator[History]:
    opened_one = opened(tmp_path)
    yield opened_one
    opened_one.close()


def test_an_incident_comes_back_as_it_was(history: History) -> None:
    one = replace(incident(), resolved_at=NOW + timedelta(microseconds=1), peak=Severity.CRITICAL)

    history.apply([transition(one)], [])

    assert history.incidents() == (one,)


def test_only_the_newest_episode_of_a_fingerprint_is_told(history: History) -> None:
    history.apply([transition(incident(1, State.RESOLVED))], [])
    history.apply([transition(incident(2))], [])

    assert [one.episode for one in history.incidents()] == [2]


def test_the_next_state_replaces_the_one_before(history: History) -> None:
    history.apply([transition(incident())], [])
    worse = replace(incident(), state=State.ACKNOWLEDGED, finding=finding("25% of 100 rows fail"))

    history.apply([transition(worse)], [])

    assert history.incidents() == (worse,)


def test_applying_twice_is_as_applying_once(history: History, tmp_path: Path) -> None:
    history.apply([transition(incident())], [delivery()])
    before = dump(tmp_path / "history.db")

    history.apply([transition(incident())], [delivery()])

    assert dump(tmp_path / "history.db") == before
    assert len(history.pending()) == 1


def test_one_message_for_each_fingerprint_episode_intent_and_sequence(history: History) -> None:
    history.apply([], [delivery("m1"), delivery("m2")])
    history.apply([], [delivery("m3", sequence=2), delivery("m4", intent=Intent.ESCALATED), delivery("m1")])

    assert [one.id for one in history.pending()] == ["m1", "m3", "m4"]


def test_a_message_stays_pending_until_it_is_sent(history: History) -> None:
    history.apply([], [delivery()])

    history.not_delivered("m1", error="channel_not_found")
    (waiting,) = history.pending()
    history.delivered("m1", at=NOW, channel="C9", ts="1.2")

    assert (waiting.attempts, waiting.error) == (1, "channel_not_found")
    assert history.pending() == ()
    (sent,) = history.deliveries("v1:0123456789abcdef", 1)
    assert sent == replace(delivery(), sent_at=NOW, attempts=2, slack_channel="C9", slack_ts="1.2")


def test_a_message_that_was_sent_is_not_written_again(history: History) -> None:
    history.apply([], [delivery()])
    history.delivered("m1", at=NOW, channel="C9", ts="1.2")

    history.apply([], [delivery()])

    assert history.pending() == ()


def test_marking_a_message_that_is_not_there_is_an_error(history: History) -> None:
    with pytest.raises(HistoryError, match="no such message"):
        history.delivered("m9", at=NOW, channel="C", ts="1")
    with pytest.raises(HistoryError, match="no such message"):
        history.not_delivered("m9", error="")


def test_state_and_messages_are_kept_together_or_not_at_all(history: History) -> None:
    broken = replace(delivery(), text=None)  # type: ignore[arg-type]  # what the database refuses

    history.apply([transition(incident())], [delivery("m2", sequence=2)])
    with pytest.raises(HistoryError, match="refused a statement"):
        history.apply([transition(incident(2))], [broken])

    assert [one.episode for one in history.incidents()] == [1]
    assert [one.id for one in history.pending()] == ["m2"]
