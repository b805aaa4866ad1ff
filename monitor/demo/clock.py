"""The demo's calendar: when its warehouse begins, when the baseline was taken, and now."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

AS_OF = datetime(2026, 6, 30, 18, tzinfo=UTC)
"""The moment that the demo takes for now. The plan's dates (`until`) belong to it."""


@dataclass(frozen=True, slots=True)
class Clock:
    """`days` days up to `as_of` (UTC, a full hour); the drift begins in the last `last_days` of them."""

    as_of: datetime = AS_OF
    days: int = 60
    last_days: int = 3

    def __post_init__(self) -> None:
        if self.as_of.utcoffset() != timedelta(0):
            problem = f"the demo's clock is in UTC: {self.as_of.isoformat()}"
            raise ValueError(problem)
        if (self.as_of.minute, self.as_of.second, self.as_of.microsecond) != (0, 0, 0):
            problem = f"the demo's clock stands at a full hour: {self.as_of.isoformat()}"
            raise ValueError(problem)

    @property
    def begin(self) -> datetime:
        """The first hour of the warehouse."""
        return self.as_of - timedelta(days=self.days)

    @property
    def baseline_end(self) -> datetime:
        """The end (exclusive) of the rows that the baseline is taken from."""
        return self.as_of - timedelta(days=self.last_days)

    def ago(self, age: timedelta) -> datetime:
        """The moment that lay `age` before now."""
        return self.as_of - age


CLOCK = Clock()


def timestamp(moment: datetime) -> str:
    """The SQL literal of a moment in UTC.

    >>> timestamp(AS_OF)
    "TIMESTAMP '2026-06-30 18:00:00'"
    """
    return f"TIMESTAMP '{moment:%Y-%m-%d %H:%M:%S}'"
