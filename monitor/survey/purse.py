"""What is left of a run's budget. Asked and paid by one thread."""

from collections.abc import Callable

from monitor.errors import WarehouseError
from monitor.survey.model import Budget

_RAISE = "raise measure.budget.bytes where a run never comes to it"


class Purse:
    """Bytes that statements read, by the warehouse's own estimate, and seconds since the run began to ask."""

    def __init__(self, budget: Budget, clock: Callable[[], float]) -> None:
        self._budget, self._clock, self._began, self._read = budget, clock, clock(), 0

    @property
    def counts_bytes(self) -> bool:
        """Estimates are wanted: each is a request of its own."""
        return self._budget.bytes is not None

    def refuses(self, size: Callable[[], int | None]) -> tuple[str, str] | None:
        """Why a table no longer fits, and what to do; None: it does, and is counted."""
        budget = self._budget
        if budget.seconds is not None and self._clock() - self._began >= budget.seconds:
            return f"skipped: the run's {budget.seconds:g} seconds are over", "the next run begins with it"
        if budget.bytes is not None:
            more = size() or 0
            if self._read + more > budget.bytes:
                left = max(0, budget.bytes - self._read)
                return f"skipped: it would read {more:,} bytes, and {left:,} are left", _RAISE
            self._read += more
        return None

    def pays(self, size: Callable[[], int | None]) -> None:
        """For what is asked beside a scan. Raises WarehouseError where too little is left."""
        if self._budget.bytes is None:
            return
        more = size() or 0
        left = max(0, self._budget.bytes - self._read)
        if more > left:
            raise WarehouseError(f"it would read {more:,} bytes, and {left:,} are left", hint=_RAISE)
        self._read += more

    def spends(self, size: Callable[[], int | None]) -> None:
        """For what every run asks, whatever is left: the probe."""
        if self._budget.bytes is not None:
            self._read += size() or 0
