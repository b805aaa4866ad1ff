"""Stale is unhealthy; a history that cannot be read is unknown, and that is not well either."""

import json
import socket
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from http import HTTPStatus
from http.client import HTTPConnection
from pathlib import Path

import pytest
from prometheus_client.parser import text_string_to_metric_families

from monitor.config.model import Schedule
from monitor.errors import ConfigError
from monitor.history.ledger import WindowState
from monitor.history.store import History, RunRecord
from monitor.schedule.child import Ended
from monitor.schedule.health import Kept, Local, health
from monitor.schedule.loop import trigger
from monitor.schedule.metrics import exposition
from monitor.schedule.state import State
from monitor.schedule.web import JSON, Answer, serving

NOW = datetime(2026, 6, 30, 12, 10, tzinfo=UTC)
HOUR = timedelta(hours=1)
LOCAL = Local(NOW - timedelta(days=2))


def ran(ago: timedelta, code: int | None) -> RunRecord:
    return RunRecord(f"r{ago}", NOW - ago, "p", NOW - ago, code, tables=3, rows=5, seconds=1.5)


def test_a_success_that_is_as_new_as_the_schedule_says_is_well() -> None:
    kept = Kept((ran(timedelta(minutes=9), 0),))

    assert health(LOCAL, kept, NOW + HOUR, HOUR, NOW).status == "ok"


def test_runs_that_could_not_measure_everything_are_no_success() -> None:
    kept = Kept((ran(timedelta(minutes=9), 3), ran(HOUR, 4), ran(2 * HOUR, None), ran(3 * HOUR, 5)))

    assert kept.last_success == NOW - 3 * HOUR


def test_a_run_that_was_asked_about_a_part_is_no_success() -> None:
    kept = Kept((replace(ran(timedelta(minutes=9), 0), whole=False), ran(3 * HOUR, 0)))

    assert kept.last_success == NOW - 3 * HOUR


def test_a_run_that_was_told_a_moment_to_come_makes_nothing_well(tmp_path: Path) -> None:
    one = state(tmp_path)
    history = History.open("sqlite:///history.db", root=tmp_path)
    history.finish_run(ran(-5 * HOUR, 0))
    history.finish_run(replace(ran(HOUR, 0), whole=False))
    history.close()

    assert one.kept().last_success is None
    assert [run.whole for run in one.kept().runs] == [False]


def test_a_success_older_than_the_next_run_and_its_limit_is_stale() -> None:
    kept = Kept((ran(5 * HOUR, 0), ran(6 * HOUR, 0)))

    told = health(LOCAL, kept, NOW - 4 * HOUR, HOUR, NOW)

    assert (told.ok, told.status) == (False, "stale")
    assert told.reason == "no run has measured everything since 2026-06-30 07:10 UTC"


def test_before_the_first_run_could_be_over_it_is_starting() -> None:
    assert health(LOCAL, Kept(), NOW - timedelta(minutes=30), HOUR, NOW).status == "starting"
    assert health(LOCAL, Kept(), NOW - 2 * HOUR, HOUR, NOW).status == "stale"


def test_a_history_that_cannot_be_read_is_not_well() -> None:
    told = health(LOCAL, Kept(problem="is damaged"), NOW + HOUR, HOUR, NOW)

    assert (told.ok, told.reason) == (False, "is damaged")


def numbers(text: bytes) -> dict[str, float]:
    return {
        sample.name + "".join(f"{{{label}}}" for label in sample.labels.values()): sample.value
        for family in text_string_to_metric_families(text.decode())
        for sample in family.samples
    }


def test_metrics_say_what_the_history_and_the_process_know() -> None:
    local = Local(NOW - HOUR, ended={0: 3, 4: 2, 3: 1}, overdue=1)
    kept = Kept((ran(timedelta(minutes=9), 0),), {WindowState.DUE: 2, WindowState.DONE: 7}, waiting=4)

    told = numbers(exposition(local, kept, health(local, kept, NOW + HOUR, HOUR, NOW)))

    assert told["trackwarden_healthy"] == 1
    assert told["trackwarden_windows{due}"] == 2
    assert told["trackwarden_windows{done}"] == 7
    assert told["trackwarden_outbox_waiting"] == 4
    assert told["trackwarden_runs_total{4}"] == 2
    assert told["trackwarden_warehouse_errors_total"] == 3
    assert told["trackwarden_runs_overdue_total"] == 1
    assert told["trackwarden_last_run_seconds"] == 1.5
    assert told["trackwarden_last_success_timestamp_seconds"] == (NOW - timedelta(minutes=9)).timestamp()


def test_numbers_of_a_history_that_cannot_be_read_are_absent_not_0() -> None:
    kept = Kept(problem="is damaged")

    told = numbers(exposition(LOCAL, kept, health(LOCAL, kept, None, HOUR, NOW)))

    assert told["trackwarden_healthy"] == told["trackwarden_history_readable"] == 0
    assert "trackwarden_outbox_waiting" not in told
    assert "trackwarden_last_success_timestamp_seconds" not in told


def state(folder: Path) -> State:
    return State(
        lambda: History.open("sqlite:///history.db", root=folder),
        trigger(Schedule(every=HOUR)),
        HOUR,
        lambda: NOW,
    )


def test_a_run_of_another_scheduler_on_the_same_history_counts(tmp_path: Path) -> None:
    one = state(tmp_path)
    one.begins()
    one.ended(Ended(1, 75))
    history = History.open("sqlite:///history.db", root=tmp_path)
    history.finish_run(ran(timedelta(minutes=5), 0))
    history.close()

    answer = one.answer("/healthz")

    assert answer is not None
    status, _, body = answer
    told = json.loads(body)
    assert status == HTTPStatus.OK
    assert (told["status"], told["last_exit_code"], told["outbox_waiting"]) == ("ok", 0, 0)
    assert told["next_run"] == "2026-06-30T13:01:00+00:00"


def test_pages_are_served_on_loopback_and_nothing_else_is() -> None:
    def asked(path: str) -> Answer | None:
        return (HTTPStatus.SERVICE_UNAVAILABLE, JSON, b"{}") if path == "/healthz" else None

    with serving("127.0.0.1:0", asked) as place:
        host, _, port = place.rpartition(":")
        connection = HTTPConnection(host, int(port), timeout=5)
        found = []
        for method, path in (("GET", "/healthz?x=1"), ("HEAD", "/healthz"), ("GET", "/"), ("POST", "/healthz")):
            connection.request(method, path)
            answer = connection.getresponse()
            answer.read()
            found.append(answer.status)
        connection.close()

    assert found == [503, 503, 404, 501]


def test_a_port_that_is_taken_is_an_error_that_names_it() -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        place = f"127.0.0.1:{taken.getsockname()[1]}"
        with pytest.raises(ConfigError, match=place), serving(place, lambda _: None):
            pytest.fail("two listen")


def test_a_run_whose_end_nobody_saw_is_not_told_as_under_way(tmp_path: Path) -> None:
    one = state(tmp_path)
    one.begins()
    assert one.local().running_since == NOW
    one.lost()
    assert one.local().running_since is None
    assert one.local().next_run is not None
