"""A chart as a Vega-Lite specification, built with altair.

altair takes 40 ms to build and validate one, so each form of chart is built once: what differs from chart to
chart travels as parameters and datasets. Hours are plain numbers and every tick is given: no time zone and no
locale of the machine can move one. Colours are a palette's or CSS variables, so that one form serves paper
and a page that knows light from dark.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache, reduce
from typing import Any

import altair as alt

from monitor.charts.model import MOST_LINES, Band, Chart, Shape
from monitor.charts.scale import spans, time_ticks, value_ticks

_BREAK: Any = "break-paths-show-path-domains"
_PARAMETERS = ("times", "times_said", "across", "values", "values_said", "up", "names", "title")


@dataclass(frozen=True, slots=True)
class Ink:
    """The colours of a chart, and whether it carries its own text."""

    lines: tuple[str, ...]
    grid: str
    text: str
    limit: str
    band: str
    background: str
    labelled: bool
    """Measuring text is most of the time that drawing takes (8 ms without, 45 with): pages set their own."""


PAGE = Ink(
    lines=tuple(f"var(--line-{number})" for number in range(1, MOST_LINES + 1)),
    grid="var(--grid)",
    text="var(--quiet)",
    limit="var(--critical)",
    band="var(--band)",
    background="transparent",
    labelled=False,
)
PAPER = Ink(
    lines=("#2f66c9", "#c2621b", "#1a8a7c", "#a33f86", "#6a5acd", "#77808d"),
    grid="#e6e8ec",
    text="#5b6472",
    limit="#c0262d",
    band="#dbe6fa",
    background="#ffffff",
    labelled=True,
)


@dataclass(frozen=True, slots=True)
class Size:
    """The plot's inner size in pixels."""

    width: int = 584
    height: int = 168


@dataclass(frozen=True, slots=True)
class _Form:
    """What two charts must share to be drawn from one specification."""

    shape: Shape
    lines: int
    band: bool
    expected: bool
    limit: bool


def vega_lite(chart: Chart, ink: Ink, size: Size) -> dict[str, Any]:
    """The whole specification, data included."""
    form = _Form(chart.shape, len(chart.lines), chart.band is not None, bool(chart.expected), chart.limit is not None)
    given = _given(chart)
    return {
        **_built(form, ink, size),
        "params": [{"name": name, "value": given[name]} for name in _PARAMETERS],
        "datasets": {
            "lines": list(_points(chart)),
            "band": list(_pairs(chart, chart.band)),
            "expected": list(_expectations(chart)),
            "limit": [{"limit": chart.limit}],
        },
    }


def _given(chart: Chart) -> dict[str, object]:
    times, values = time_ticks(chart), value_ticks(chart)
    return {
        "times": [tick.at for tick in times],
        "times_said": [tick.label for tick in times],
        "across": [chart.hours[0], max(chart.hours[-1], chart.hours[0] + 1)],
        "values": [tick.at for tick in values],
        "values_said": [tick.label for tick in values],
        "up": list(spans(values)),
        "names": [_plain(line.name) for line in chart.lines],
        "title": _plain(chart.title),
    }


@cache
def _built(form: _Form, ink: Ink, size: Size) -> dict[str, Any]:
    layers = [
        *([_band(ink)] if form.band else []),
        *([_expected(ink)] if form.expected else []),
        _lines(form, ink),
        *([_limit(ink)] if form.limit else []),
    ]
    drawn = reduce(lambda below, above: below + above, layers[1:], alt.layer(layers[0]))
    padding: Any = 12 if ink.labelled else 0
    drawn = drawn.properties(width=size.width, height=size.height, background=ink.background, padding=padding)
    drawn = drawn.add_params(*(alt.param(name=name, value=0) for name in _PARAMETERS))
    if ink.labelled:
        title = alt.Title(_expr("title"), anchor="start", fontSize=13, color=ink.text)
        drawn = drawn.properties(title=title)
    else:
        drawn = drawn.properties(autosize=alt.AutoSizeParams(type="none"))
    built: dict[str, Any] = drawn.configure(aria=False, view=alt.ViewConfig(stroke=None)).to_dict()
    return built


def _lines(form: _Form, ink: Ink) -> Any:
    base = alt.Chart(alt.NamedData("lines"))
    stacked = form.shape is Shape.STACKED
    if stacked:
        marked = base.mark_area(opacity=0.85, strokeWidth=0, invalid=_BREAK)
    else:
        marked = base.mark_line(strokeWidth=1.75, strokeJoin="round", strokeCap="round", invalid=_BREAK)
    legend = alt.Legend(
        title=None, orient="bottom", labelColor=ink.text, symbolType="stroke", labelExpr="names[datum.value]"
    )
    numbers = list(range(form.lines))
    return marked.encode(
        x=alt.X("x:Q", axis=_axis("times", ink), scale=alt.Scale(domain=_expr("across"), nice=False, zero=False)),
        y=alt.Y(
            "y:Q",
            stack="zero" if stacked else None,
            axis=_axis("values", ink, grid=True),
            scale=alt.Scale(domain=_expr("up"), nice=False, clamp=True),
        ),
        color=alt.Color(
            "line:N",
            legend=legend if ink.labelled and form.lines > 1 else None,
            scale=alt.Scale(domain=numbers, range=list(ink.lines[: form.lines])),
        ),
        order=alt.Order("line:Q"),
    )


def _axis(ticks: str, ink: Ink, *, grid: bool = False) -> alt.Axis:
    return alt.Axis(
        title=None,
        values=_expr(ticks),
        labels=ink.labelled,
        labelExpr=f"{ticks}_said[indexof({ticks}, datum.value)]",
        labelColor=ink.text,
        ticks=not grid,
        tickColor=ink.grid,
        tickSize=4,
        domain=not grid,
        domainColor=ink.grid,
        grid=grid,
        gridColor=ink.grid,
    )


def _band(ink: Ink) -> Any:
    area = alt.Chart(alt.NamedData("band")).mark_area(color=ink.band, invalid=_BREAK)
    return area.encode(x=alt.X("x:Q"), y=alt.Y("low:Q"), y2=alt.Y2("high"))


def _expected(ink: Ink) -> Any:
    line = alt.Chart(alt.NamedData("expected")).mark_line(
        color=ink.text, strokeWidth=1.25, strokeDash=[4, 3], invalid=_BREAK
    )
    return line.encode(x=alt.X("x:Q"), y=alt.Y("expected:Q"))


def _limit(ink: Ink) -> Any:
    rule = alt.Chart(alt.NamedData("limit")).mark_rule(color=ink.limit, strokeDash=[4, 3])
    return rule.encode(y=alt.Y("limit:Q"))


def _expr(name: str) -> Any:
    return alt.ExprRef(name)


def _points(chart: Chart) -> Iterator[dict[str, object]]:
    for index, line in enumerate(chart.lines):
        for hour, value in zip(chart.hours, line.values, strict=True):
            yield {"x": hour, "y": value, "line": index}


def _pairs(chart: Chart, band: Band | None) -> Iterator[dict[str, object]]:
    if band is not None:
        for hour, low, high in zip(chart.hours, band.low, band.high, strict=True):
            yield {"x": hour, "low": low, "high": high}


def _expectations(chart: Chart) -> Iterator[dict[str, object]]:
    if chart.expected:
        for hour, value in zip(chart.hours, chart.expected, strict=True):
            yield {"x": hour, "expected": value}


def _plain(text: str) -> str:
    """A name from outside as a chart can show it: one line, printable, short."""
    return "".join(c if c.isprintable() else " " for c in text)[:60]
