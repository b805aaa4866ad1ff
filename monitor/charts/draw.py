"""Charts as SVG for pages and as PNG for Slack, through vl-convert: no browser, no network.

The SVG takes its colours from the page's CSS variables and its text from here; no text from outside passes
through the renderer. Each column carries a `<title>`: hovering shows the numbers without a script.
"""

import json
from html import escape

import vl_convert

from monitor.charts.model import DAILY, Chart, Unit
from monitor.charts.scale import spans, time_ticks, value_ticks
from monitor.charts.spec import PAGE, PAPER, Size, vega_lite
from monitor.charts.words import count_text, day_text, hour_text, percent_text

_SIZE = Size(474, 150)
_PAPER = Size()
_LEFT, _TOP, _RIGHT, _BOTTOM = 46, 10, 10, 22


def svg(chart: Chart) -> str:
    """The chart as one `<svg>` element; safe to put into a page as it is."""
    drawn: str = vl_convert.vegalite_to_svg(json.dumps(vega_lite(chart, PAGE, _SIZE)))
    inner = drawn[drawn.index(">") + 1 : drawn.rindex("</svg>")]
    width, height = _SIZE.width + _LEFT + _RIGHT, _SIZE.height + _TOP + _BOTTOM
    return (
        f'<svg class="chart" viewBox="0 0 {width} {height}" role="img" aria-label="{_said(summary(chart))}">'
        f'<g transform="translate({_LEFT},{_TOP})">{inner}{_columns(chart)}</g>{_labels(chart)}</svg>'
    )


def png(chart: Chart) -> bytes:
    """The chart as a PNG at twice its size, with title and legend, on white."""
    drawn: bytes = vl_convert.vegalite_to_png(json.dumps(vega_lite(chart, PAPER, _PAPER)), scale=2)
    return drawn


def summary(chart: Chart) -> str:
    """The chart in one sentence, for those who do not see it."""
    lasts = (f"{line.name} {_last(chart, line.values)}" for line in chart.lines)
    first, last = chart.hours[0], chart.hours[-1]
    return f"{chart.title}, {day_text(first)} to {day_text(last)}. Last: {', '.join(lasts)}."


def numbers_at(chart: Chart, index: int) -> tuple[tuple[str, str], ...]:
    """The names and numbers of one point, with what was expected."""
    said = tuple((line.name, value_text(chart, line.values[index])) for line in chart.lines)
    if not chart.expected:
        return said
    expected = chart.expected[index]
    return (*said, ("expected", "–" if expected is None else value_text(chart, expected)))


def value_text(chart: Chart, value: float | None) -> str:
    """One number of the chart with its unit."""
    if value is None:
        return "not measured"
    return percent_text(value) if chart.unit is Unit.SHARE else count_text(value)


def _last(chart: Chart, values: tuple[float | None, ...]) -> str:
    return value_text(chart, next((v for v in reversed(values) if v is not None), None))


def _labels(chart: Chart) -> str:
    times, values = time_ticks(chart), value_ticks(chart)
    low, high = spans(values)
    first, last = chart.hours[0], max(chart.hours[-1], chart.hours[0] + 1)
    baseline = _TOP + _SIZE.height
    said = [
        f'<text x="{_LEFT + (tick.at - first) / (last - first) * _SIZE.width:.1f}" y="{baseline + 16}"'
        f' text-anchor="middle">{tick.label}</text>'
        for tick in times
    ] + [
        f'<text x="{_LEFT - 6}" y="{baseline - (tick.at - low) / (high - low) * _SIZE.height + 3.5:.1f}"'
        f' text-anchor="end">{tick.label}</text>'
        for tick in values
    ]
    return "".join(said)


def _columns(chart: Chart) -> str:
    """One transparent column for each point, that says its numbers when hovered."""
    width = _SIZE.width / max(chart.points - 1, 1)
    say = day_text if chart.step == DAILY else hour_text
    columns = []
    for index, hour in enumerate(chart.hours):
        left, right = max((index - 0.5) * width, 0), min((index + 0.5) * width, _SIZE.width)
        numbers = "\n".join(f"{name}: {value}" for name, value in numbers_at(chart, index))
        columns.append(
            f'<rect class="hit" x="{left:.1f}" width="{right - left:.1f}" height="{_SIZE.height}">'
            f"<title>{_said(f'{say(hour)}{chr(10)}{numbers}')}</title></rect>"
        )
    return "".join(columns)


def _said(text: str) -> str:
    """Outside text inside SVG: escaped, and without the characters that XML and HTML forbid."""
    return escape("".join(c if c.isprintable() or c == "\n" else "\N{REPLACEMENT CHARACTER}" for c in text))
