"""What was counted is kept before it is much, or old, or before anybody waits; and whatever happens."""

from collections.abc import Iterable
from pathlib import Path

import pytest

from monitor.errors import HistoryError
from monitor.history.store import History, Recording
from monitor.run.keeping import Keeper, keeping
from tests.fakes.measured import TABLE, count, measured


class Kept(History):
    """A history that remembers how many tables were written together."""

    written: list[int]

    def record_many(self, recordings: Iterable[Recording]) -> None:
        listed = list(recordings)
        super().record_many(listed)
        self.written.append(len(listed))


@pytest.fixture
def history() -> Kept:
    made = Kept.open("sqlite://", root=Path())
    made.written = []  # type: ignore[attr-defined]
    return made  # type: ignore[return-value]


def recording(n: int, groups: int = 1) -> Recording:
    counts = [count(400 + hour) for hour in range(groups)]
    return Recording(measured(None, 400 + groups, counts, table=f"web.t{n}"), TABLE, "c", "r")


def test_tables_that_come_quickly_are_written_together(history: Kept) -> None:
    with keeping(history) as keeper:
        for n in range(150):
            keeper.add(recording(n))
        assert history.written == [64, 64]
    assert history.written == [64, 64, 22]
    assert len(history.watermarks()) == 150


def test_much_is_written_at_once(history: Kept) -> None:
    keeper = Keeper(history)
    keeper.add(recording(1))
    keeper.add(recording(2, groups=2_500))
    assert history.written == [2]


def test_nothing_waits_for_longer_than_a_second(history: Kept) -> None:
    now = 10.0
    keeper = Keeper(history, lambda: now)
    keeper.add(recording(1))
    now = 10.9
    keeper.add(recording(2))
    assert history.written == []
    now = 11.0
    keeper.add(recording(3))
    assert history.written == [3]
    keeper.add(recording(4))
    assert history.written == [3]


@pytest.mark.parametrize("why", [KeyboardInterrupt, SystemExit, RuntimeError, HistoryError])
def test_whatever_ends_the_block_what_was_counted_is_kept(history: Kept, why: type[BaseException]) -> None:
    error = HistoryError("is full", where="history.db") if why is HistoryError else why("ended")

    with pytest.raises(why) as raised, keeping(history) as keeper:  # noqa: PT012 - it is the block that raises
        keeper.add(recording(1))
        raise error

    assert raised.value is error
    assert list(history.watermarks()) == ["web.t1"]


def test_what_cannot_be_written_is_told_and_not_tried_again(history: Kept, monkeypatch: pytest.MonkeyPatch) -> None:
    tries: list[int] = []

    def full(recordings: list[Recording]) -> None:
        tries.append(len(recordings))
        raise HistoryError("the disk is full", where="history.db")

    monkeypatch.setattr(history, "record_many", full)

    with pytest.raises(HistoryError, match="full"), keeping(history) as keeper:
        keeper.add(recording(1))

    assert tries == [1]
