"""A chart as a value: what is drawn, not how."""

from dataclasses import dataclass
from enum import StrEnum

HOURLY = 1
DAILY = 24

MOST_LINES = 6
"""As many lines as can be told apart; callers fold the rest into one."""


class Unit(StrEnum):
    """What the numbers are."""

    ROWS = "rows"
    SHARE = "share"
    """0 to 1, shown as a percentage."""


class Shape(StrEnum):
    """How the numbers are drawn."""

    LINES = "lines"
    STACKED = "stacked"
    """Parts of a whole, one above the other."""


@dataclass(frozen=True, slots=True)
class Line:
    """One series. None: not measured, drawn as a gap, never as zero."""

    name: str
    values: tuple[float | None, ...]


@dataclass(frozen=True, slots=True)
class Band:
    """The range that was expected, one pair for each point; None: nothing was expected."""

    low: tuple[float | None, ...]
    high: tuple[float | None, ...]


@dataclass(frozen=True, slots=True)
class Chart:
    """Equally spaced numbers from `start` (a whole UTC hour since 1970), one every `step` hours.

    The first line has the first colour, and so on; at most `MOST_LINES` lines.
    """

    title: str
    """`Rows per day, by source`"""
    unit: Unit
    start: int
    step: int
    lines: tuple[Line, ...]
    shape: Shape = Shape.LINES
    band: Band | None = None
    expected: tuple[float | None, ...] = ()
    """What was expected, one number for each point: dashed, behind the lines. Empty: nothing was."""
    limit: float | None = None
    """A threshold, drawn as a dashed line."""

    def __post_init__(self) -> None:
        if not 0 < len(self.lines) <= MOST_LINES:
            problem = f"a chart has 1 to {MOST_LINES} lines, not {len(self.lines)}"
            raise ValueError(problem)
        if len({len(line.values) for line in self.lines}) != 1:
            problem = "the lines of a chart have one length"
            raise ValueError(problem)
        if self.expected and len(self.expected) != self.points:
            problem = "what is expected is as long as the lines"
            raise ValueError(problem)

    @property
    def points(self) -> int:
        """Numbers in each line."""
        return len(self.lines[0].values)

    @property
    def hours(self) -> range:
        """The hour of each number."""
        return range(self.start, self.start + self.points * self.step, self.step)

    @property
    def top(self) -> float:
        """The largest number that must fit."""
        if self.shape is Shape.STACKED:
            columns = zip(*(line.values for line in self.lines), strict=True)
            return max((sum(v or 0 for v in column) for column in columns), default=0.0)
        high = self.band.high if self.band else ()
        values = (*(v for line in self.lines for v in line.values), *high, *self.expected, self.limit)
        return max((v for v in values if v is not None), default=0.0)
