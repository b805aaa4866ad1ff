"""Scans of small tables that are sent as one statement, where the warehouse and the configuration say so.

Where a statement costs more than what it reads, twenty in one take half the time. A scan waits here until there are
enough of them with the same bounds, or until somebody wants its answer.
"""

from collections.abc import Callable, Sequence
from concurrent.futures import Future

from monitor.errors import WarehouseError
from monitor.survey.lanes import Lanes
from monitor.survey.model import Moments, Warehouse
from monitor.values import Values

_SMALL = 1_000_000
"""Rows of a table above which its scan is asked by itself."""


class _Awaited(Future[Sequence[Values]]):
    """An answer that may not have been asked for yet: whoever wants it has it asked for."""

    def __init__(self, flush: Callable[[], None]) -> None:
        super().__init__()
        self._flush = flush

    def result(self, timeout: float | None = None) -> Sequence[Values]:
        """The answer, or the warehouse's refusal."""
        if not self.done():
            self._flush()
        return super().result(timeout)


class Batches:
    """Used by one thread, as `Lanes` is."""

    def __init__(self, lanes: Lanes) -> None:
        self._lanes = lanes
        self.size = max(1, lanes.own.batched)
        """How many scans are one statement at most."""
        self._moments: Moments = {}
        self._waiting: list[tuple[str, int, _Awaited]] = []

    def ask(self, sql: str, width: int, moments: Moments, rows: int | None) -> Future[Sequence[Values]]:
        """A scan's result, column by column. `rows`: about how many the table has, where that is known."""
        if self.size == 1 or (rows or 0) > _SMALL:
            return self._lanes.ask(lambda session: session.columns(sql, width, moments, rows))
        if moments != self._moments:
            self._flush()
            self._moments = moments
        answer = _Awaited(self._flush)
        self._waiting.append((sql, width, answer))
        if len(self._waiting) == self.size:
            self._flush()
        return answer

    def _flush(self) -> None:
        asked, moments = self._waiting, self._moments
        self._waiting = []
        if asked:
            self._lanes.ask(lambda session: _put(session, asked, moments))


def _put(session: Warehouse, asked: Sequence[tuple[str, int, _Awaited]], moments: Moments) -> None:
    wanted = [(sql, width, answer) for sql, width, answer in asked if answer.set_running_or_notify_cancel()]
    try:
        answers = session.batch([(sql, width) for sql, width, _ in wanted], moments)
    except BaseException as error:
        for _, _, answer in wanted:
            answer.set_exception(error)
        raise
    for (_, _, answer), found in zip(wanted, answers, strict=True):
        if isinstance(found, WarehouseError):
            answer.set_exception(found)
        else:
            answer.set_result(found)
