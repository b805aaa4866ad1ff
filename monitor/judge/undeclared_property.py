"""Properties that rows of a version carry and the version does not declare."""

from collections.abc import Iterable, Mapping, Sequence

from monitor.judge.columns import undeclared_everywhere
from monitor.judge.lookup import Lookup, by_source, only
from monitor.judge.model import Evidence, Finding, Kind, Past, SeriesPast, Severity
from monitor.judge.near import near
from monitor.judge.thresholds import Thresholds
from monitor.judge.words import among, count, listed, per_source, percent, sampled

_Carried = Mapping[str, Sequence[SeriesPast]]
"""Undeclared name → the series whose rows carry it."""


def find(lookup: Lookup, thresholds: Thresholds) -> Iterable[Finding]:
    """One finding per event version and property; per event, where all of several seen versions carry it undeclared.

    More than 20 names of one event are one finding. Few rows are info.
    """
    past = lookup.past
    for (env, name), series in sorted(_events(lookup, past).items()):
        carried: dict[str, list[SeriesPast]] = {}
        for one in series:
            for prop, rows in one.undeclared.items():
                if rows > 0 and not _is_column(lookup, one, prop):
                    carried.setdefault(prop, []).append(one)
        if len(carried) > thresholds.group_beyond:
            yield _grouped(lookup, thresholds, (env, name), carried)
            continue
        versions = {one.series.version for one in series}
        for prop, members in sorted(carried.items()):
            of_it = {one.series.version for one in members}
            whole = len(versions) > 1 and of_it == versions
            for version in [""] if whole else sorted(of_it):
                own = [one for one in members if whole or one.series.version == version]
                yield _finding(lookup, thresholds, (env, name, version, prop), own)


def _events(lookup: Lookup, past: Past) -> dict[tuple[str, str], list[SeriesPast]]:
    """The known versions' series with rows in the last days, by event."""
    events: dict[tuple[str, str], list[SeriesPast]] = {}
    for one in past.series:
        if one.series.planned and one.series.known and one.recent_rows and one.table in lookup.tables:
            events.setdefault((lookup.env(one.table), one.series.event), []).append(one)
    return events


def _is_column(lookup: Lookup, one: SeriesPast, name: str) -> bool:
    """A column that no version declares: `unexpected_column` tells it."""
    return name in undeclared_everywhere(lookup.tables[one.table])


def _finding(
    lookup: Lookup, thresholds: Thresholds, subject: tuple[str, str, str, str], own: Sequence[SeriesPast]
) -> Finding:
    env, name, version, prop = subject
    event = lookup.events.get(name)
    rows, of = sum(one.undeclared[prop] for one in own), sum(one.recent_checked for one in own)
    landed = sum(one.recent_rows for one in own)
    loud = rows >= thresholds.for_event(event).min_rows
    hint = near(prop, _declared(lookup, own))
    by = f"{name} {version}" if version else f"no version of {name}"
    said = "not declared by" if version else "declared by"
    return Finding(
        kind=Kind.UNDECLARED_PROPERTY,
        severity=thresholds.capped(Severity.WARNING, event) if loud else Severity.INFO,
        message=f"{prop} is {said} {by}; {count(rows, 'row')} of {of:,}{sampled(of, landed)} "
        f"{'carries' if rows == 1 else 'carry'} it" + (f"; did you mean {hint}?" if hint else ""),
        event=name,
        version=version,
        source=only(one.series.source for one in own),
        property=prop,
        evidence=Evidence(
            facts=(
                ("rows", rows),
                ("share", percent(rows / of) if of else None),
                *among(of, landed),
                ("versions", listed(sorted({one.series.version for one in own}))),
                ("sources", per_source(by_source(own))),
            ),
            affected=rows,
        ),
        env=env,
        tables=tuple(sorted({one.table for one in own})),
    )


def _declared(lookup: Lookup, own: Sequence[SeriesPast]) -> set[str]:
    names: set[str] = set()
    for one in own:
        version = lookup.bound(one.table, one.series.event, one.series.version)
        if version:
            names |= {*version.declared_keys, *(prop.column or prop.name for prop in version.properties)}
    return names


def _grouped(lookup: Lookup, thresholds: Thresholds, subject: tuple[str, str], carried: _Carried) -> Finding:
    env, name = subject
    event = lookup.events.get(name)
    rows = {prop: sum(one.undeclared[prop] for one in own) for prop, own in carried.items()}
    most = sorted(rows, key=lambda prop: (-rows[prop], prop))
    loud = any(number >= thresholds.for_event(event).min_rows for number in rows.values())
    what = f"{count(len(rows), 'property', 'properties')} that their version does not declare"
    return Finding(
        kind=Kind.UNDECLARED_PROPERTY,
        severity=thresholds.capped(Severity.WARNING, event) if loud else Severity.INFO,
        message=f"Rows of {name} carry {what}: {listed(most)}",
        event=name,
        evidence=Evidence(facts=tuple((prop, rows[prop]) for prop in most), affected=max(rows.values())),
        env=env,
        tables=tuple(sorted({one.table for own in carried.values() for one in own})),
    )
