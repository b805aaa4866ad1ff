"""Events that arrive and are not in the plan."""

from collections.abc import Iterable, Mapping, Sequence

from monitor.judge.lookup import Lookup, by_source, only
from monitor.judge.model import Evidence, Finding, Kind, SeriesPast, Severity
from monitor.judge.near import near
from monitor.judge.thresholds import Thresholds
from monitor.judge.words import count, listed, per_source, stamp

_Arriving = Mapping[str, Sequence[SeriesPast]]


def find(lookup: Lookup, thresholds: Thresholds) -> Iterable[Finding]:
    """One finding per event name; more than 20 at once are one. Few rows are info."""
    past = lookup.past
    envs: dict[str, dict[str, list[SeriesPast]]] = {}
    for one in past.series:
        bound = lookup.tables.get(one.table)
        ignored = bound.landed.ignored if bound else frozenset()
        if not one.series.planned and one.series.event and one.recent_rows > 0 and one.series.event not in ignored:
            envs.setdefault(lookup.env(one.table), {}).setdefault(one.series.event, []).append(one)
    for env, arriving in sorted(envs.items()):
        if len(arriving) > thresholds.group_beyond:
            yield _grouped(thresholds, env, arriving)
            continue
        for name, series in sorted(arriving.items()):
            yield _finding(lookup, thresholds, (env, name), series)


def _finding(lookup: Lookup, thresholds: Thresholds, subject: tuple[str, str], series: Sequence[SeriesPast]) -> Finding:
    env, name = subject
    rows = sum(one.recent_rows for one in series)
    hint = near(name, lookup.events)
    source = only(one.series.source for one in series)
    return Finding(
        kind=Kind.UNPLANNED_EVENT,
        severity=Severity.WARNING if rows >= thresholds.min_rows else Severity.INFO,
        message=f"{name} is not in the plan: {count(rows, 'row')} {lookup.lately}"
        + (f" from {source}" if source else "")
        + (f"; did you mean {hint}?" if hint else ""),
        event=name,
        source=source,
        evidence=Evidence(
            facts=(
                ("rows", rows),
                ("sources", per_source(by_source(series))),
                ("first seen", stamp(min(one.first_hour for one in series))),
                ("last seen", stamp(max(one.last_hour for one in series))),
                ("near", hint or None),
            ),
            affected=rows,
        ),
        env=env,
        tables=tuple(sorted({one.table for one in series})),
    )


def _grouped(thresholds: Thresholds, env: str, arriving: _Arriving) -> Finding:
    rows = {name: sum(one.recent_rows for one in series) for name, series in arriving.items()}
    most = sorted(rows, key=lambda name: (-rows[name], name))
    loud = any(number >= thresholds.min_rows for number in rows.values())
    return Finding(
        kind=Kind.UNPLANNED_EVENT,
        severity=Severity.WARNING if loud else Severity.INFO,
        message=f"{count(len(rows), 'event')} are not in the plan: {listed(most)}",
        evidence=Evidence(facts=tuple((name, rows[name]) for name in most), affected=sum(rows.values())),
        env=env,
        tables=tuple(sorted({one.table for series in arriving.values() for one in series})),
    )
