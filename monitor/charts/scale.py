"""Where the ticks of an axis stand: pure, so that SVG and PNG show the same ones."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

from monitor.charts.model import Chart, Unit
from monitor.charts.words import moment, percent_text, short_text

_DAY = 24
_MONDAY = 4 * _DAY
"""1970-01-05: the first Monday, so that weekly ticks are Mondays."""
_STEPS = (1, 2, 2.5, 5, 10)
_VALUE_TICKS = 4
_TIME_TICKS = 8
_LEAST_SHARE = 0.01


@dataclass(frozen=True, slots=True)
class Tick:
    """One tick and what it says."""

    at: float
    label: str


def value_ticks(chart: Chart) -> tuple[Tick, ...]:
    """Ticks from 0 to the first round number that holds everything; the last one is the top of the axis."""
    top = chart.top
    if chart.unit is Unit.SHARE:
        top = min(max(top, _LEAST_SHARE), 1.0)
    step = _round_step(max(top, 1e-9), whole=chart.unit is Unit.ROWS)
    ticks = [index * step for index in range(math.ceil(round(top / step, 6)) + 1)]
    say = percent_of if chart.unit is Unit.SHARE else short_text
    return tuple(Tick(at, say(at)) for at in (ticks if len(ticks) > 1 else [0.0, step]))


def percent_of(share: float) -> str:
    """A share on an axis: `2.5%`, without superfluous zeros.

    >>> percent_of(0.025), percent_of(0.2), percent_of(0.0)
    ('2.5%', '20%', '0%')
    """
    return f"{share * 100:.3g}%" if 0 < share < 1 else percent_text(share)


def time_ticks(chart: Chart) -> tuple[Tick, ...]:
    """Ticks at UTC midnights, on Mondays where they are a week or more apart."""
    span = max(chart.points - 1, 1) * chart.step
    days = next((d for d in (1, 2, 7, 14, 28, 56, 112) if span / (_DAY * d) <= _TIME_TICKS), 224)
    every = days * _DAY
    offset = _MONDAY if days >= 7 else 0  # noqa: PLR2004 - days of a week
    first = chart.start + (offset - chart.start) % every
    return tuple(Tick(hour, f"{moment(hour):%-d %b}") for hour in range(first, chart.hours[-1] + 1, every))


def _round_step(top: float, *, whole: bool) -> float:
    raw = top / _VALUE_TICKS
    power = 10.0 ** math.floor(math.log10(raw))
    step = next((s * power for s in _STEPS if s * power >= raw * 0.999), 10 * power)
    return float(max(math.ceil(step), 1)) if whole else step


def spans(ticks: Sequence[Tick]) -> tuple[float, float]:
    """The axis that ticks stand on: first to last."""
    return ticks[0].at, ticks[-1].at
