"""Pages as HTML: autoescaped, under a content security policy that allows our own style and script only.

Everything that a template prints passes `clean` first: characters that HTML forbids, and those that turn text
around, become visible replacement characters.
"""

import re
from base64 import b64encode
from collections.abc import Iterator, Sequence
from functools import cache
from hashlib import sha256
from typing import Any, NamedTuple

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup

from monitor.charts.model import DAILY, Chart
from monitor.charts.words import change_text, count_text, day_text, hour_text, percent_text, time_text
from monitor.links import safe_address
from monitor.report.model import Overview
from monitor.report.pages import EventPage

_FORBIDDEN = re.compile(
    "[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069\ud800-\udfff\ufffe\uffff]"
)
_WIDTH, _FLOOR = 132.0, 28.0
_SPARK_DAYS = 60


class Spark(NamedTuple):
    """A sparkline: its path, the area under it and its last point, in a 132 × 30 box."""

    path: str
    under: str
    x: str
    y: str


def clean(text: str) -> str:
    r"""Text from outside without control, direction and lone surrogate characters.

    >>> clean("a\x00b\u202ec").count("\N{REPLACEMENT CHARACTER}")
    2
    """
    return _FORBIDDEN.sub("\N{REPLACEMENT CHARACTER}", text)


def sparkline(values: Sequence[float | None]) -> Spark:
    """The newest days as a line from zero to the largest; a gap where nothing was measured.

    >>> sparkline([None, 1.0, 2.0]).path
    'M66.0,15.0L132.0,2.0'
    """
    newest = values[-_SPARK_DAYS:]
    top = max((value for value in newest if value is not None), default=0.0) or 1.0
    step = _WIDTH / max(len(newest) - 1, 1)
    last = ""
    path, under, before, y = "", "", "", ""
    for index, value in enumerate(newest):
        if value is None:
            under += f"L{before},{_FLOOR}" if before else ""
            before = ""
            continue
        x, y = f"{index * step:.1f}", f"{_FLOOR - value / top * (_FLOOR - 2):.1f}"
        path += f"{'L' if before else 'M'}{x},{y}"
        under += f"{'L' if before else f'M{x},{_FLOOR}L'}{x},{y}"
        last = before = x
    return Spark(path, f"{under}L{before},{_FLOOR}" if before else under, last, y)


def draw(chart: Chart) -> Markup:
    """The chart as inline SVG."""
    from monitor.charts.draw import svg  # noqa: PLC0415 - altair and vl-convert, only where a page has a chart

    return Markup(svg(chart))  # noqa: S704 - charts.draw escapes the little outside text that it prints


def chart_rows(chart: Chart) -> Iterator[tuple[str, ...]]:
    """The chart's numbers as table rows, newest first."""
    from monitor.charts.draw import numbers_at  # noqa: PLC0415 - as above

    say = day_text if chart.step == DAILY else hour_text
    for index in reversed(range(chart.points)):
        yield say(chart.hours[index]), *(value for _, value in numbers_at(chart, index))


def render_overview(overview: Overview) -> str:
    """The first page."""
    return _rendered("overview.html", overview)


def render_event(page: EventPage) -> str:
    """One event's page."""
    return _rendered("event.html", page)


@cache
def templates_digest() -> str:
    """Changes when any template does, so that pages are written again."""
    names = sorted(_environment().list_templates())
    return sha256("\0".join(_source(name) for name in names).encode()).hexdigest()


def _rendered(name: str, page: object) -> str:
    style, script = _source("style.css"), _source("filter.js")
    return (
        _environment()
        .get_template(name)
        .render(
            page=page,
            style=Markup(style),  # noqa: S704 - our own file
            script=Markup(script),  # noqa: S704 - our own file
            policy=_policy(style, script),
        )
    )


def _policy(style: str, script: str) -> str:
    """Nothing is loaded, nothing runs, but what we wrote ourselves."""
    return (
        f"default-src 'none'; style-src '{_hash(style)}'; script-src '{_hash(script)}'; "
        "img-src 'none'; base-uri 'none'; form-action 'none'"
    )


def _hash(text: str) -> str:
    return f"sha256-{b64encode(sha256(text.encode()).digest()).decode()}"


def _source(name: str) -> str:
    environment = _environment()
    loader = environment.loader
    if loader is None:  # pragma: no cover - the environment below always has one
        raise LookupError(name)
    return loader.get_source(environment, name)[0].strip()


def _finalize(value: Any) -> Any:
    return clean(value) if isinstance(value, str) and not isinstance(value, Markup) else value


@cache
def _environment() -> Environment:
    environment = Environment(
        loader=PackageLoader("monitor.report"),
        autoescape=True,
        undefined=StrictUndefined,
        finalize=_finalize,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters.update(
        count=count_text,
        percent=percent_text,
        change=change_text,
        hour=hour_text,
        day=day_text,
        time=time_text,
        address=safe_address,
        sparkline=sparkline,
        draw=draw,
        rows=chart_rows,
    )
    return environment
