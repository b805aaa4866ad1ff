from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import make_url

from monitor.errors import HistoryError
from monitor.history import opening, sqlite
from monitor.history.codec import encode
from monitor.history.store import History
from monitor.incidents.model import Intent, Mode, State
from monitor.judge.model import Severity
from tests.fakes.measured import NOW, delivery, dump, finding, incident, opened, transition


@pytest.fixture
def history(tmp_path: Path) -> Iterator[History]:
    opened_one = opened(tmp_path)
    yield opened_one
    opened_one.close()


def test_an_incident_comes_back_as_it_was(history: History) -> None:
    one = replace(incident(), resolved_at=NOW + timedelta(microseconds=1), peak=Severity.CRITICAL)

    history.desk.apply([transition(one)], [])

    assert history.desk.incidents() == (one,)


def test_only_the_newest_episode_of_a_fingerprint_is_told(history: History) -> None:
    history.desk.apply([transition(incident(1, State.RESOLVED))], [])
    history.desk.apply([transition(incident(2))], [])

    assert [one.episode for one in history.desk.incidents()] == [2]


def test_the_next_state_replaces_the_one_before(history: History) -> None:
    history.desk.apply([transition(incident())], [])
    worse = replace(incident(), state=State.ACKNOWLEDGED, finding=finding("25% of 100 rows fail"))

    history.desk.apply([transition(worse)], [])

    assert history.desk.incidents() == (worse,)


def test_applying_twice_is_as_applying_once(history: History, tmp_path: Path) -> None:
    history.desk.apply([transition(incident())], [delivery()])
    before = dump(tmp_path / "history.db")

    history.desk.apply([transition(incident())], [delivery()])

    assert dump(tmp_path / "history.db") == before
    assert len(history.desk.pending()) == 1


def test_one_message_for_each_fingerprint_episode_intent_and_sequence(history: History) -> None:
    history.desk.apply([], [delivery("m1"), delivery("m2")])
    history.desk.apply([], [delivery("m3", sequence=2), delivery("m4", intent=Intent.ESCALATED), delivery("m1")])

    assert [one.id for one in history.desk.pending()] == ["m1", "m4", "m3"], "in the order of their sequence"


def test_a_message_stays_pending_until_it_is_sent(history: History) -> None:
    history.desk.apply([], [delivery()])

    history.desk.not_delivered("m1", error="channel_not_found")
    (waiting,) = history.desk.pending()
    history.desk.delivered("m1", at=NOW, channel="C9", ts="1.2")

    assert (waiting.attempts, waiting.error) == (1, "channel_not_found")
    assert history.desk.pending() == ()
    (sent,) = history.desk.deliveries("v1:0123456789abcdef", 1)
    assert sent == replace(delivery(), sent_at=NOW, attempts=2, slack_channel="C9", slack_ts="1.2")


def test_a_message_that_was_sent_is_not_written_again(history: History) -> None:
    history.desk.apply([], [delivery()])
    history.desk.delivered("m1", at=NOW, channel="C9", ts="1.2")

    history.desk.apply([], [delivery()])

    assert history.desk.pending() == ()


def test_marking_a_message_that_is_not_there_is_an_error(history: History) -> None:
    with pytest.raises(HistoryError, match="no such message"):
        history.desk.delivered("m9", at=NOW, channel="C", ts="1")
    with pytest.raises(HistoryError, match="no such message"):
        history.desk.not_delivered("m9", error="")


def test_state_and_messages_are_kept_together_or_not_at_all(history: History) -> None:
    broken = replace(delivery(), text=None)  # type: ignore[arg-type]  # what the database refuses

    history.desk.apply([transition(incident())], [delivery("m2", sequence=2)])
    with pytest.raises(HistoryError, match="refused a statement"):
        history.desk.apply([transition(incident(2))], [broken])

    assert [one.episode for one in history.desk.incidents()] == [1]
    assert [one.id for one in history.desk.pending()] == ["m2"]


def test_what_an_older_trackwarden_has_told_is_known_as_told(tmp_path: Path) -> None:
    engine = sqlite.make_engine(make_url(f"sqlite:///{tmp_path / 'history.db'}"))
    moment = NOW.isoformat(timespec="microseconds")
    with engine.execution_options(writes=True).begin() as connection:
        opening.upgrade(connection, "0001")
        for mark, state in (("v1:0000000000000001", "open"), ("v1:0000000000000002", "known")):
            connection.exec_driver_sql(
                "INSERT INTO incident (fingerprint, episode, state, severity, opened_at, seen_at, peak, sequence,"
                " finding) VALUES (?, 1, ?, 3, ?, ?, 3, 1, ?)",
                (mark, state, moment, moment, encode([finding()])),
            )
        connection.exec_driver_sql(
            "INSERT INTO delivery VALUES ('m1', 'v1:0000000000000001', 1, 'opened', 1, 'C1', 'text', '[]', ?, ?, 1,"
            " '', 'C1', '1.2')",
            (moment, moment),
        )
    engine.dispose()
    history = opened(tmp_path)
    told, known = sorted(history.incidents(), key=lambda one: one.fingerprint)
    assert (told.told_at, told.root, known.told_at, known.root) == (NOW, "m1", None, "")
    (sent,) = history.desk.deliveries(told.fingerprint, 1)
    assert (sent.slack_ts, sent.mode, sent.root) == ("1.2", Mode.POST, "")
    history.close()
