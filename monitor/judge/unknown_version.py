"""Rows of planned events whose version the plan does not know, or whose version is not resolved."""

from collections.abc import Iterable, Sequence

from monitor.judge.lookup import Lookup, by_source, only
from monitor.judge.model import Evidence, Finding, Kind, SeriesPast, Severity
from monitor.judge.thresholds import Thresholds
from monitor.judge.words import count, listed, per_source, percent, stamp


def find(lookup: Lookup, thresholds: Thresholds) -> Iterable[Finding]:
    """One finding per event and version; one per event for the rows without a version.

    Where no row of an event ever had a version that resolves, that is how it lands and not news: info. Where others do,
    rows without one are a warning. Few rows are info.
    """
    past = lookup.past
    events: dict[tuple[str, str], list[SeriesPast]] = {}
    for one in past.series:
        if one.series.planned and one.table in lookup.tables:
            events.setdefault((lookup.env(one.table), one.series.event), []).append(one)
    for (env, name), series in sorted(events.items()):
        strange = [one for one in series if not one.series.known and one.recent_rows > 0]
        for version in sorted({one.series.version for one in strange}):
            own = [one for one in strange if one.series.version == version]
            yield _finding(lookup, thresholds, (env, name, version), (own, series))


def _finding(
    lookup: Lookup,
    thresholds: Thresholds,
    subject: tuple[str, str, str],
    series: tuple[Sequence[SeriesPast], Sequence[SeriesPast]],
) -> Finding:
    (env, name, version), (own, every) = subject, series
    event = lookup.events.get(name)
    rows, of = sum(one.recent_rows for one in own), sum(one.recent_rows for one in every)
    never = not version and not any(one.series.version for one in every)
    loud = rows >= thresholds.for_event(event).min_rows and not never
    planned = [one.version for one in event.versions] if event else []
    said = (
        f"of version {version}, which is not in the plan (it has {listed(planned)})" if version else "without a version"
    )
    return Finding(
        kind=Kind.UNKNOWN_VERSION,
        severity=thresholds.capped(Severity.WARNING, event) if loud else Severity.INFO,
        message=f"{count(rows, 'row')} of {name} {said}: {percent(rows / of)} of its rows {lookup.lately}"
        + ("" if version else "; their version is not resolved"),
        event=name,
        version=version,
        source=only(one.series.source for one in own),
        evidence=Evidence(
            facts=(
                ("rows", rows),
                ("share", percent(rows / of)),
                ("sources", per_source(by_source(own))),
                ("first seen", stamp(min(one.first_hour for one in own))),
                ("last seen", stamp(max(one.last_hour for one in own))),
                ("planned versions", listed(planned)),
            ),
            affected=rows,
        ),
        env=env,
        tables=tuple(sorted({one.table for one in own})),
    )
