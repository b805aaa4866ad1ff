"""Rows of a version that arrive after its last day."""

from collections.abc import Iterable
from datetime import date, timedelta

from monitor.judge.lookup import Lookup, only
from monitor.judge.model import Evidence, Finding, Kind, Past, SeriesPast, Severity
from monitor.judge.thresholds import Thresholds
from monitor.judge.words import count, per_source, percent, stamp
from monitor.plan.model import Event, EventVersion, Status

_DAY_ZERO = date(1970, 1, 1)


def find(lookup: Lookup, thresholds: Thresholds) -> Iterable[Finding]:
    """One finding per retired event version with rows of hours after its last day. Few rows are info."""
    past = lookup.past
    retired: dict[tuple[str, str, str], list[SeriesPast]] = {}
    for one in past.series:
        version = _retired(lookup, one)
        if version is not None and _rows(past, one, version) > 0:
            retired.setdefault((lookup.env(one.table), one.series.event, one.series.version), []).append(one)
    for (env, name, version_name), series in sorted(retired.items()):
        event = lookup.events[name]
        version = _retired(lookup, series[0])
        if version is not None:
            rows = [(one, _rows(past, one, version)) for one in series]
            yield _finding(past, thresholds, (env, event, version_name, version.until), rows)


def _retired(lookup: Lookup, one: SeriesPast) -> EventVersion | None:
    event = lookup.events.get(one.series.event)
    if not one.series.planned or event is None or one.table not in lookup.tables:
        return None
    version = event.version(one.series.version)
    return version if version is not None and version.status is Status.RETIRED else None


def _rows(past: Past, one: SeriesPast, version: EventVersion) -> int:
    """Rows of the last days, as far as they are later than the version's last day."""
    first = _lately(past)
    if version.until is not None:
        first = max(first, (version.until - _DAY_ZERO + timedelta(days=1)).days * 24)
    return int(one.rows[max(0, first - past.start) :].sum())


def _lately(past: Past) -> int:
    """The first hour of the last days; at adoption too, since it is told only while it goes on."""
    return past.until - 24 * past.recent_days


def _finding(
    past: Past,
    thresholds: Thresholds,
    subject: tuple[str, Event, str, date | None],
    rows: list[tuple[SeriesPast, int]],
) -> Finding:
    env, event, version, until = subject
    total = sum(number for _, number in rows)
    shown = slice(max(0, _lately(past) - past.start), None)
    of = sum(int(one.rows[shown].sum()) for one in past.series if one.series.event == event.name)
    sources: dict[str, int] = {}
    for one, number in rows:
        sources[one.series.source] = sources.get(one.series.source, 0) + number
    loud = total >= thresholds.for_event(event).min_rows
    last = f" (its last day was {until})" if until else ""
    return Finding(
        kind=Kind.RETIRED_VERSION_ARRIVING,
        severity=thresholds.capped(Severity.WARNING, event) if loud else Severity.INFO,
        message=f"{event.name} {version} is retired{last} and still arrives: {count(total, 'row')} in the last days",
        event=event.name,
        version=version,
        source=only(sources),
        evidence=Evidence(
            facts=(
                ("rows", total),
                ("share of the event", percent(total / of) if of else None),
                ("until", str(until) if until else None),
                ("last seen", stamp(max(one.last_hour for one, _ in rows))),
                ("sources", per_source(tuple(sources.items()))),
            ),
            affected=total,
        ),
        env=env,
        tables=tuple(sorted({one.table for one, _ in rows})),
    )
