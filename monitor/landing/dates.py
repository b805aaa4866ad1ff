"""Date windows: which version was the current one on which days (UTC)."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from itertools import combinations
from typing import Any

from pydantic import ValidationError

from monitor.config.locators import Dates
from monitor.errors import ConfigError, Problems
from monitor.sql import vocabulary as sql
from monitor.sql.vocabulary import Expr

HOW = "write each version's days as {from: 2026-01-31, until: 2026-06-30}; `until` is the first day without it"

_EPOCH = date(1970, 1, 1)


@dataclass(frozen=True, slots=True)
class DateWindow:
    """The days on which a version was the current one: from `start`, until and without `until`; None: open."""

    version: str
    start: date | None
    until: date | None


@dataclass(frozen=True, slots=True)
class DateWindows:
    """Windows that do not overlap."""

    windows: tuple[DateWindow, ...]


def date_windows(dates: Mapping[str, Dates], where: str) -> DateWindows:
    """The windows of a mapping from versions to days. Raises Problems of ConfigError where two overlap."""
    windows = tuple(DateWindow(version, held.start, held.until) for version, held in dates.items())
    errors = tuple(_wrong(windows, where))
    if errors:
        raise Problems(errors)
    return DateWindows(windows)


def parse_dates(data: Any, where: str) -> DateWindows:
    """The windows in parsed YAML: `{version: {from: day, until: day}}`. Raises Problems of ConfigError."""
    if not isinstance(data, Mapping):
        raise Problems([ConfigError("is not a mapping of versions to days", where=where, hint=HOW)])
    errors: list[ConfigError] = []
    dates: dict[str, Dates] = {}
    for version, days in data.items():
        if not isinstance(version, str):
            errors.append(ConfigError(f"version {version!r} is not text", where=where, hint=f"quote it: '{version}'"))
            continue
        try:
            dates[version] = Dates.model_validate(days)
        except ValidationError:
            errors.append(ConfigError("is not a pair of days", where=f"{where} {version}", hint=HOW))
    if errors:
        raise Problems(errors)
    return date_windows(dates, where)


def _wrong(windows: tuple[DateWindow, ...], where: str) -> Iterator[ConfigError]:
    for window in windows:
        if window.start and window.until and window.until <= window.start:
            yield ConfigError("ends before it begins", where=f"{where} {window.version}", hint=HOW)
    for one, other in combinations(windows, 2):
        if _begins_before_end(one, other) and _begins_before_end(other, one):
            hint = "a day has one current version: end one window where the other begins"
            yield ConfigError(f"the days of {one.version} and {other.version} overlap", where=where, hint=hint)


def _begins_before_end(one: DateWindow, other: DateWindow) -> bool:
    return one.start is None or other.until is None or one.start < other.until


def date_expr(dates: DateWindows, time: Expr) -> Expr:
    """The version that was the current one at a time; NULL outside all windows."""
    hour = sql.EpochHour(time)
    arms = tuple((_inside(window, hour), sql.Literal(window.version)) for window in dates.windows)
    return sql.Case(arms, sql.Literal(None)) if arms else sql.Literal(None)


def _inside(window: DateWindow, hour: Expr) -> Expr:
    since, until = window.start, window.until
    bounds: tuple[Expr, ...] = (
        *((sql.Compare(hour, ">=", sql.Literal(_hours(since))),) if since else ()),
        *((sql.Compare(hour, "<", sql.Literal(_hours(until))),) if until else ()),
    )
    return sql.And(bounds) if bounds else sql.Not(sql.IsNull(hour))


def _hours(day: date) -> int:
    return (day - _EPOCH).days * 24
