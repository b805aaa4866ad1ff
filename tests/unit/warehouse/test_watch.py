"""Nobody waits for ever: what takes too long is broken off, what does not is left alone."""

import threading
import time
from pathlib import Path

import duckdb
import pytest

from monitor.errors import WarehouseError, WarehouseLostError
from monitor.warehouse import Profile, connect
from monitor.warehouse.adapters.base import Terms
from monitor.warehouse.watch import Patience, Watch

LONG = "SELECT count(*) FROM range(100000000) a, range(100000) b WHERE a.range + b.range = -1"


class Waiting:
    """Somebody who waits until they are cut off, or have waited long enough."""

    def __init__(self) -> None:
        self.cuts = 0
        self._cut = threading.Event()

    def cut(self) -> None:
        self.cuts += 1
        self._cut.set()

    def wait(self, seconds: float) -> bool:
        """Whether they were cut off."""
        found = self._cut.wait(seconds)
        self._cut.clear()
        return found


def test_what_takes_too_long_is_cut_off_once() -> None:
    waiting = Waiting()
    watch = Watch(Patience(0.1), waiting.cut)
    for _ in range(2):
        with watch:
            assert waiting.wait(10)
        assert watch.why == "no answer within 0.1 seconds"
    watch.close()
    assert waiting.cuts == 2


def test_what_ends_in_time_is_left_alone() -> None:
    waiting = Waiting()
    watch = Watch(Patience(0.3), waiting.cut)
    for _ in range(6):
        with watch:
            time.sleep(0.1)
        assert watch.why == ""
    time.sleep(0.5)
    watch.close()
    assert waiting.cuts == 0


def test_who_hears_nothing_asks_whether_anybody_answers() -> None:
    waiting, asked = Waiting(), []

    def answers() -> bool:
        asked.append(time.monotonic())
        return len(asked) < 3

    watch = Watch(Patience(None, answers, look=0.1), waiting.cut)
    with watch:
        assert waiting.wait(10)
    watch.close()
    assert (watch.why, len(asked), waiting.cuts) == ("it answers nobody", 3, 1)


def test_nobody_is_asked_while_answers_come() -> None:
    waiting, asked = Waiting(), []

    def answers() -> bool:
        asked.append(1)
        return False

    watch = Watch(Patience(None, answers, look=0.5), waiting.cut)
    for _ in range(8):
        with watch:
            time.sleep(0.1)
    watch.close()
    assert (asked, waiting.cuts) == ([], 0)


def test_an_answer_that_comes_while_it_is_asked_for_is_not_cut_off() -> None:
    waiting, begun = Waiting(), threading.Event()

    def answers() -> bool:
        begun.set()
        time.sleep(0.3)
        return False

    watch = Watch(Patience(None, answers, look=0.1), waiting.cut)
    with watch:
        assert begun.wait(10)
    time.sleep(0.5)
    watch.close()
    assert waiting.cuts == 0


def test_a_statement_of_duckdb_is_ended_and_the_session_goes_on(tmp_path: Path) -> None:
    duckdb.connect(str(tmp_path / "w.duckdb")).close()
    profile = Profile("duckdb", {"type": "duckdb", "path": "w.duckdb"}, tmp_path / "profiles.yml", "p", "t")
    with connect(profile, Terms(statement_seconds=1)) as session:
        with pytest.raises(WarehouseError) as caught:
            session.query(LONG)
        assert not isinstance(caught.value, WarehouseLostError)
        assert caught.value.problem == "the statement was ended: no answer within 1 seconds"
        assert session.query("SELECT 1")[0][0] == 1
        assert not session.gone


def test_who_stops_a_session_ends_what_it_asks(tmp_path: Path) -> None:
    duckdb.connect(str(tmp_path / "w.duckdb")).close()
    profile = Profile("duckdb", {"type": "duckdb", "path": "w.duckdb"}, tmp_path / "profiles.yml", "p", "t")
    with connect(profile) as session:
        threading.Timer(0.5, session.stop).start()
        with pytest.raises(WarehouseError):
            session.query(LONG)
