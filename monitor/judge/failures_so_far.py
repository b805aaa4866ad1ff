"""At adoption: event versions that broke the plan and have been silent since, by all the rows that they ever had.

What still arrives is judged by its last hours (`failure_rate`); of what does not, only these rows can say how it is.
"""

from collections.abc import Iterable, Mapping, Sequence

from monitor.contract.model import BoundVersion
from monitor.judge import wilson
from monitor.judge.lookup import Lookup, by_source, only, settled_until
from monitor.judge.model import Evidence, Finding, Kind, Past, SeriesPast, Severity
from monitor.judge.thresholds import Thresholds
from monitor.judge.words import counted, listed, of_rows, per_source, percent, stamp

SILENT = 48
"""Settled hours without a row."""


def find(lookup: Lookup, thresholds: Thresholds) -> Iterable[Finding]:
    """One finding per event version and property, all sources together; none once rows came after the first run."""
    past = lookup.past
    versions: dict[tuple[str, str, str], list[SeriesPast]] = {}
    for one in past.series:
        if past.adopting and one.series.known and one.table in lookup.tables:
            versions.setdefault((lookup.env(one.table), one.series.event, one.series.version), []).append(one)
    for (env, event, number), series in sorted(versions.items()):
        if not all(_is_silent(past, one) for one in series) or not any(one.failed_so_far for one in series):
            continue
        version = lookup.bound(series[0].table, event, number)
        if version is None:
            continue
        for pointer, rules in sorted(_by_pointer(version, series).items()):
            found = _finding(lookup, thresholds, (version, pointer, env), series, rules)
            if found is not None:
                yield found


def _is_silent(past: Past, one: SeriesPast) -> bool:
    return one.last_hour < settled_until(past, one.table) - SILENT


def _by_pointer(version: BoundVersion, series: Sequence[SeriesPast]) -> dict[str, dict[str, int]]:
    """Property → its rules that failed, and in how many rows."""
    pointers = {rule.id: rule.pointer for rule in version.rules}
    found: dict[str, dict[str, int]] = {}
    for one in series:
        for rule, failed in one.failed_so_far.items():
            if rule in pointers:
                rules = found.setdefault(pointers[rule], {})
                rules[rule] = rules.get(rule, 0) + failed
    return found


def _finding(
    lookup: Lookup,
    thresholds: Thresholds,
    subject: tuple[BoundVersion, str, str],
    series: Sequence[SeriesPast],
    rules: Mapping[str, int],
) -> Finding | None:
    """None: too few rows fail. Of several rules the most count, since one row may break them all."""
    version, pointer, env = subject
    event = lookup.events.get(version.event)
    limits = thresholds.for_event(event)
    failed, rows = max(rules.values()), sum(one.recent_checked for one in series)
    landed = sum(one.recent_rows for one in series)
    least = wilson.lower(failed, rows)
    if failed < limits.min_failures or least <= limits.failure_rate_warning:
        return None
    critical = least > limits.failure_rate_critical
    limit = percent(limits.failure_rate_critical if critical else limits.failure_rate_warning)
    name = next((prop.name for prop in version.properties if prop.pointer == pointer), pointer.strip("/"))
    return Finding(
        kind=Kind.FAILURE_RATE,
        severity=thresholds.capped(Severity.CRITICAL if critical else Severity.WARNING, event),
        message=f"{percent(failed / rows)} of {of_rows(rows, landed)} {lookup.lately} fail on "
        f"{name or 'the row as a whole'} (limit {limit})",
        event=version.event,
        version=version.version,
        source=only(one.series.source for one in series),
        property=name,
        evidence=Evidence(
            facts=(
                ("failing rows", failed),
                *counted(rows, landed),
                ("rate", percent(failed / rows)),
                ("at least", percent(least)),
                ("limit", limit),
                ("first seen", stamp(min(one.first_hour for one in series))),
                ("last seen", stamp(max(one.last_hour for one in series))),
                ("sources", per_source(by_source(series))),
                ("tables", listed(sorted({one.table for one in series}))),
            ),
            rules=tuple(sorted(rules.items(), key=lambda rule: (-rule[1], rule[0]))),
            affected=failed,
        ),
        env=env,
        tables=tuple(sorted({one.table for one in series})),
    )
