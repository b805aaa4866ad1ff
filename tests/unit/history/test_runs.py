from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta, timezone

import pytest
from sqlalchemy import text

from monitor.history import judgements
from monitor.history.store import History, RunRecord
from tests.fakes.homes import Home
from tests.fakes.measured import NOW, finding


@pytest.fixture
def history(home: Home) -> Iterator[History]:
    opened_one = home.open()
    yield opened_one
    opened_one.close()


def test_runs_come_back_newest_first(history: History) -> None:
    first = RunRecord("r1", NOW, "p1")
    second = RunRecord("r2", NOW + timedelta(hours=1), "p1")
    history.begin_run(first)
    history.begin_run(second)
    done = replace(first, finished_at=NOW, exit_code=0, tables=3, rows=12, seconds=1.5)

    history.finish_run(done)

    assert history.runs(5) == (second, done)
    assert history.runs(1) == (second,)


def test_times_are_kept_in_utc_whatever_their_zone(history: History) -> None:
    elsewhere = NOW.astimezone(timezone(timedelta(hours=-7)))

    history.begin_run(RunRecord("r1", elsewhere, "p1"))

    (kept,) = history.runs(1)
    assert kept.started_at == NOW
    assert kept.started_at.utcoffset() == timedelta(0)


def test_the_first_run_is_the_first_that_measured_rows_and_ended(history: History) -> None:
    assert history.first_run()
    history.begin_run(RunRecord("killed", NOW, "p", rows=5))
    assert history.first_run()
    history.finish_run(RunRecord("empty", NOW, "p", finished_at=NOW, tables=4))
    assert history.first_run()
    history.finish_run(RunRecord("full", NOW, "p", finished_at=NOW, tables=4, rows=1))
    assert not history.first_run()


def test_a_judgement_is_remembered_under_its_key_alone(history: History) -> None:
    assert history.judgement("k1") is None

    history.keep_judgement("k1", [finding()])
    history.keep_judgement("k2", [])

    assert history.judgement("k1") == (finding(),)
    assert history.judgement("k2") == ()


def test_only_the_last_judgements_are_remembered(history: History) -> None:
    for number in range(judgements.KEPT + 3):
        history.keep_judgement(f"k{number}", [])

    assert history.judgement("k2") is None
    assert history.judgement("k3") == ()


def test_a_judgement_that_cannot_be_read_is_judged_again(history: History) -> None:
    history.keep_judgement("k", [finding()])
    with history._writing() as connection:
        connection.execute(text("UPDATE judgement SET findings = '[{}]'"))

    assert history.judgement("k") is None


def test_plan_revisions_are_kept_once_and_the_last_used_is_known(history: History) -> None:
    assert history.plan() is None
    for hour, revision in enumerate(("a", "a", "b", "a")):
        history.keep_plan(revision, f"body of {revision}", NOW + timedelta(hours=hour))

    newest, other = history.plan(), history.plan("b")

    assert newest is not None
    assert (newest.revision, newest.first_seen_at, newest.last_seen_at) == ("a", NOW, NOW + timedelta(hours=3))
    assert other is not None
    assert other.body == "body of b"
    assert history.plan("c") is None
