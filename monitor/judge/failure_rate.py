"""Rows that break the plan: per event version, source and property, all its rules together."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass

import numpy as np

from monitor.contract.model import Contract, Rule
from monitor.judge import wilson
from monitor.judge.lookup import HOURS, Lookup, settled_until, total
from monitor.judge.model import Counts, Evidence, Finding, Kind, Past, SeriesPast, Severity
from monitor.judge.thresholds import Thresholds
from monitor.judge.words import at, count, percent, stamp

_POOLS = (1, 3, 6, 24, 48)
"""Settled hours."""
_OVER = (3, 6, 12, 24)
"""If one of these pools shows that the rate is below the limit again, it is over."""
_NEVER = 1e-6


@dataclass(frozen=True, slots=True)
class _Rate:
    """One property's failures in one source. Hourly, from `Past.start` to `until`."""

    source: str
    until: int
    rows: Counts
    failed: Counts
    """Rows that fail: of several rules the most in each hour, since one row may break them all."""
    rules: Mapping[str, Counts]
    tables: tuple[str, ...]

    def pooled(self, hours: int) -> tuple[int, int]:
        """Failing rows and rows of the last hours."""
        return int(self.failed[-hours:].sum()), int(self.rows[-hours:].sum())


@dataclass(frozen=True, slots=True)
class _Bad:
    """One source's rate beyond the limit: the strongest bound of its pools, and the hours that are told of."""

    rate: _Rate
    bound: float
    first: int
    """Index of the first hour of the run of bad ones."""

    @property
    def told(self) -> int:
        """Index of the first hour whose rows are counted: the run's, two days back at most."""
        return max(self.first, len(self.rate.rows) - _POOLS[-1])


def find(contract: Contract, past: Past, thresholds: Thresholds) -> Iterable[Finding]:
    """One finding per event version and property, over the sources that fail alike."""
    lookup = Lookup.of(contract, past)
    rules = {rule.id: rule for table in contract.tables for version in table.versions for rule in version.rules}
    for (env, event, version), series in sorted(_versions(past, lookup).items()):
        limits = thresholds.for_event(lookup.events.get(event))
        for pointer in sorted({_pointer(rules, rule) for one in series for rule in one.failed}):
            own = {rule for one in series for rule in one.failed if _pointer(rules, rule) == pointer}
            rates = _rates(past, series, own)
            bad = [found for rate in rates if (found := _judged(rate, limits)) is not None]
            if bad:
                name = _name(lookup, series, pointer)
                yield _finding(past, bad, rates, (env, event, version, name), (lookup, thresholds))


def _versions(past: Past, lookup: Lookup) -> dict[tuple[str, str, str], list[SeriesPast]]:
    versions: dict[tuple[str, str, str], list[SeriesPast]] = {}
    for one in past.series:
        known = one.series.planned and one.series.known and one.table in lookup.tables
        if known and settled_until(past, one.table) > past.start:
            key = (lookup.env(one.table), one.series.event, one.series.version)
            versions.setdefault(key, []).append(one)
    return {key: series for key, series in versions.items() if any(one.failed for one in series)}


def _pointer(rules: Mapping[str, Rule], rule: str) -> str:
    """The property that a rule speaks of; its id says it too, for a rule that has left the contract."""
    known = rules.get(rule)
    return known.pointer if known else rule.partition("#")[2].rpartition(":")[0]


def _name(lookup: Lookup, series: Sequence[SeriesPast], pointer: str) -> str:
    """The property's name for people; empty: the row as a whole."""
    for one in series:
        version = lookup.bound(one.table, one.series.event, one.series.version)
        for prop in version.properties if version else ():
            if prop.pointer == pointer:
                return prop.name
    return pointer.strip("/").replace("/", ".")


def _rates(past: Past, series: Sequence[SeriesPast], wanted: AbstractSet[str]) -> list[_Rate]:
    by_source: dict[str, list[SeriesPast]] = {}
    for one in series:
        by_source.setdefault(one.series.source, []).append(one)
    return [_rate(past, source, members, wanted) for source, members in sorted(by_source.items())]


def _rate(past: Past, source: str, members: Sequence[SeriesPast], wanted: AbstractSet[str]) -> _Rate:
    until = min(settled_until(past, one.table) for one in members)
    width = until - past.start
    rows = total((one.rows for one in members), width)
    rules: dict[str, Counts] = {}
    for one in members:
        for rule, failed in one.failed.items():
            if rule in wanted:
                rules[rule] = rules.get(rule, np.zeros(width, dtype=np.int64)) + failed[:width]
    failed = np.zeros(width, dtype=np.int64)
    for hours in rules.values():
        failed = np.maximum(failed, hours)
    tables = tuple(sorted({one.table for one in members}))
    return _Rate(source, until, rows, np.minimum(failed, rows), rules, tables)


def _judged(rate: _Rate, limits: Thresholds) -> _Bad | None:
    """The pool whose lower bound is highest, where it is beyond the limit and the rate did not come down again."""
    limit = limits.failure_rate_warning
    pools = []
    for hours in _POOLS:
        failed, rows = rate.pooled(hours)
        bound = wilson.lower(failed, rows)
        if failed >= limits.min_failures and bound > limit:
            pools.append((bound, failed / rows))
    if not pools or any(wilson.upper(*rate.pooled(hours), z=wilson.Z_99) < limit for hours in _OVER):
        return None
    bound, found = max(pools)
    return _Bad(rate, bound, _since(rate, found, limit))


def _since(rate: _Rate, found: float, limit: float) -> int:
    """Where the run of bad hours begins: where the tail starts that speaks most for that rate."""
    high, low = min(found, 1 - _NEVER), min(max(limit, _NEVER), 1 - _NEVER)
    gain = np.log(high / low) * rate.failed + np.log((1 - high) / (1 - low)) * (rate.rows - rate.failed)
    return int(len(gain) - 1 - np.argmax(np.cumsum(gain[::-1])))


def _finding(
    past: Past,
    bad: Sequence[_Bad],
    rates: Sequence[_Rate],
    subject: tuple[str, str, str, str],
    judged_by: tuple[Lookup, Thresholds],
) -> Finding:
    (env, name, version, prop), (lookup, thresholds) = subject, judged_by
    event = lookup.events.get(name)
    limits = thresholds.for_event(event)
    critical = max(one.bound for one in bad) > limits.failure_rate_critical
    limit = percent(limits.failure_rate_critical if critical else limits.failure_rate_warning)
    since = past.start + min(one.first for one in bad)
    failed = sum(int(one.rate.failed[one.told :].sum()) for one in bad)
    rows = sum(int(one.rate.rows[one.told :].sum()) for one in bad)
    share = percent(failed / max(rows, 1))
    until = min(one.rate.until for one in bad)
    width = until - past.start
    evidence = Evidence(
        facts=(
            ("failing rows", failed),
            ("rows", rows),
            ("rate", share),
            ("at least", percent(max(one.bound for one in bad))),
            ("limit", limit),
            ("since", stamp(since)),
            ("usual", _usual(bad)),
            *_split(rates),
        ),
        rules=_rules(bad),
        series=_chart(one.rate.failed[:width] for one in bad),
        series_until=until,
        reference=_chart(one.rate.rows[:width] for one in bad),
        affected=failed,
    )
    what = f"of {count(rows, 'row')} fail on {prop or 'the row as a whole'}"
    return Finding(
        kind=Kind.FAILURE_RATE,
        severity=thresholds.capped(Severity.CRITICAL if critical else Severity.WARNING, event),
        message=f"{share} {what} (limit {limit}), since {at(since)}",
        event=name,
        version=version,
        source=bad[0].rate.source if len(bad) == 1 else "",
        property=prop,
        evidence=evidence,
        env=env,
        tables=tuple(sorted({table for one in bad for table in one.rate.tables})),
    )


def _rules(bad: Sequence[_Bad]) -> tuple[tuple[str, int], ...]:
    totals: dict[str, int] = {}
    for one in bad:
        for rule, failed in one.rate.rules.items():
            totals[rule] = totals.get(rule, 0) + int(failed[one.told :].sum())
    return tuple(sorted(((rule, number) for rule, number in totals.items() if number), key=lambda r: (-r[1], r[0])))


def _usual(bad: Sequence[_Bad]) -> str | None:
    """The rate before it began; None: it always was so."""
    failed = sum(int(one.rate.failed[: one.first].sum()) for one in bad)
    rows = sum(int(one.rate.rows[: one.first].sum()) for one in bad)
    return percent(failed / rows) if rows else None


def _split(rates: Sequence[_Rate]) -> Iterator[tuple[str, str]]:
    """Every source's rate over the longest pool, where there is more than one."""
    for rate in rates if len(rates) > 1 else ():
        failed, rows = rate.pooled(_POOLS[-1])
        yield f"source {rate.source or 'not given'}", f"{percent(failed / max(rows, 1))} of {rows:,}"


def _chart(hours: Iterable[Counts]) -> tuple[int, ...]:
    each = list(hours)
    return tuple(int(number) for number in total(each, len(each[0]))[-HOURS:])
