"""Which charts an event's page shows: only those that say something."""

from collections import defaultdict
from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from monitor.charts.evidence import chart_of
from monitor.charts.model import DAILY, HOURLY, MOST_LINES, Chart, Line, Shape, Unit
from monitor.judge.model import Finding, Kind, Past, SeriesPast
from monitor.judge.words import SAMPLED
from monitor.plan.model import Event
from monitor.report.hours import Days, daily, days_of, rows_by_day
from monitor.report.model import Drawing

_WEEK = 7 * DAILY
_UNRESOLVED = "(not resolved)"
_Groups = Mapping[str, Sequence[SeriesPast]]


def drawings_of(event: Event, series: Sequence[SeriesPast], past: Past) -> tuple[Drawing, ...]:
    """Volume by day; failure rate where any row failed; adoption where there is more than one version."""
    days = days_of(past)
    drawn = (
        _volume(series, past, days),
        _failure_rate(event, series, past, days),
        _adoption(event, series, past, days),
    )
    return tuple(one for one in drawn if one is not None)


def _volume(series: Sequence[SeriesPast], past: Past, days: Days) -> Drawing | None:
    groups = _folded({name or "(no source)": group for name, group in _by_source(series).items()})
    lines = tuple(Line(name, rows_by_day(past, group, days)) for name, group in groups.items())
    whole = sum(any(line.values[index] is not None for line in lines) for index in range(days.count))
    if not lines:
        return None
    if whole < 2:  # noqa: PLR2004 - a line needs two points
        return _hours(groups, past)
    chart = Chart("Rows per day, by source", Unit.ROWS, days.start, DAILY, lines)
    return Drawing(chart, "Whole UTC days of the collector's time; a gap was not measured.")


def _hours(groups: _Groups, past: Past) -> Drawing:
    """The newest week by hour, for a history that is too young for days."""
    until = max(one.last_hour + 1 for group in groups.values() for one in group)
    count = min(_WEEK, max(until - past.start, 2))
    lines = tuple(Line(name, _last_hours(group, past, until, count)) for name, group in groups.items())
    chart = Chart("Rows per hour, by source", Unit.ROWS, until - count, HOURLY, lines)
    return Drawing(chart, "UTC hours of the collector's time, up to the newest with rows.")


def _last_hours(group: Sequence[SeriesPast], past: Past, until: int, count: int) -> tuple[float | None, ...]:
    sums = np.zeros(count, dtype=np.int64)
    for one in group:
        newest = one.rows[: until - past.start][-count:]
        sums[count - len(newest) :] += newest
    return tuple(float(n) for n in sums)


def evidence_of(finding: Finding) -> Drawing | None:
    """The hours that a finding was judged from: rows against the expected, or the failing part of all rows."""
    chart = chart_of(finding)
    if chart is None:
        return None
    if finding.kind is Kind.FAILURE_RATE:
        of = "all sampled rows" if any(name == SAMPLED for name, _ in finding.evidence.facts) else "all rows"
        return Drawing(chart, f"Failing rows of {of}, UTC hours.")
    return Drawing(chart, "UTC hours; dashed is what the same hours of the weeks before let expect.")


def _failure_rate(event: Event, series: Sequence[SeriesPast], past: Past, days: Days) -> Drawing | None:
    checked = [one for one in series if one.series.known]
    if not any(int(one.invalid.sum()) for one in checked):
        return None
    groups = _folded(_by_version(event, checked))
    lines = []
    for name, group in groups.items():
        rows = np.sum([daily(past, one.checked, days) for one in group], axis=0)
        invalid = np.sum([daily(past, one.invalid, days) for one in group], axis=0)
        lines.append(Line(name, _ratios(invalid, rows)))
    chart = Chart("Failure rate per day, by version", Unit.SHARE, days.start, DAILY, tuple(lines))
    of = "" if all(one.unchecked is None for one in checked) else ", of those that were checked (a sample)"
    return Drawing(chart, f"Rows that break at least one rule of their version{of}; the last day is so far.")


def _adoption(event: Event, series: Sequence[SeriesPast], past: Past, days: Days) -> Drawing | None:
    groups = _folded(_by_version(event, series))
    if len(groups) < 2:  # noqa: PLR2004 - one version has all rows
        return None
    rows = {name: np.sum([daily(past, one.rows, days) for one in group], axis=0) for name, group in groups.items()}
    everything = np.sum(list(rows.values()), axis=0)
    lines = tuple(Line(name, _ratios(counts, everything)) for name, counts in rows.items())
    chart = Chart("Adoption: share of rows per day, by version", Unit.SHARE, days.start, DAILY, lines, Shape.STACKED)
    return Drawing(chart, "Each version's part of the event's rows; the last day is so far.")


def _ratios(part: NDArray[np.int64], whole: NDArray[np.int64]) -> tuple[float | None, ...]:
    return tuple(float(p / w) if w else None for p, w in zip(part, whole, strict=True))


def _by_source(series: Sequence[SeriesPast]) -> dict[str, list[SeriesPast]]:
    groups: defaultdict[str, list[SeriesPast]] = defaultdict(list)
    for one in sorted(series, key=lambda one: one.series.source):
        groups[one.series.source].append(one)
    return dict(groups)


def _by_version(event: Event, series: Sequence[SeriesPast]) -> dict[str, list[SeriesPast]]:
    """Oldest planned version first, those the plan does not know last."""
    order = [version.version for version in event.versions]
    groups: defaultdict[str, list[SeriesPast]] = defaultdict(list)
    for one in sorted(series, key=lambda one: (not one.series.known, one.series.version)):
        groups[one.series.version or _UNRESOLVED].append(one)
    ranks = {name: (order.index(name) if name in order else len(order), name) for name in groups}
    return {name: groups[name] for name in sorted(groups, key=ranks.__getitem__)}


def _folded(groups: _Groups) -> dict[str, Sequence[SeriesPast]]:
    """At most as many groups as a chart can tell apart: the smallest become one, "others"."""
    if len(groups) <= MOST_LINES:
        return dict(groups)
    sizes = {name: sum(int(one.rows.sum()) for one in group) for name, group in groups.items()}
    kept = set(sorted(sizes, key=sizes.__getitem__, reverse=True)[: MOST_LINES - 1])
    others = [one for name, group in groups.items() if name not in kept for one in group]
    return {**{name: group for name, group in groups.items() if name in kept}, "others": others}
