"""Rows that break the plan: per event version, source and property, all its rules together."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass

import numpy as np

from monitor.judge import wilson
from monitor.judge.lookup import HOURS, Lookup, settled_until, total
from monitor.judge.model import Counts, Evidence, Finding, Kind, Past, SeriesPast, Severity, Sparse
from monitor.judge.thresholds import Thresholds
from monitor.judge.words import at, counted, of_rows, percent, stamp

_POOLS = (1, 3, 6, 24, 48)
"""Settled hours."""
_OVER = (3, 6, 12, 24)
"""If one of these pools shows that the rate is below the limit again, it is over."""
_ASKED = tuple(sorted({*_POOLS, *_OVER}))
_NEVER = 1e-6


@dataclass(frozen=True, slots=True)
class _Rate:
    """One property's failures in one source. Hourly up to `until`, from `Past.start` or some hours back."""

    source: str
    until: int
    rows: Counts
    failed: Counts
    """Rows that fail: of several rules the most in each hour, since one row may break them all."""
    rules: Mapping[str, Counts]
    tables: tuple[str, ...]
    landed: Counts
    """All rows, where `rows` are only those that rules were asked of."""

    def pooled(self) -> Mapping[int, tuple[int, int]]:
        """Hours → failing rows and rows of so many last hours."""
        failed = [0, *np.cumsum(self.failed[: -_POOLS[-1] - 1 : -1]).tolist()]
        rows = [0, *np.cumsum(self.rows[: -_POOLS[-1] - 1 : -1]).tolist()]
        return {hours: (failed[min(hours, len(failed) - 1)], rows[min(hours, len(rows) - 1)]) for hours in _ASKED}


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


def find(lookup: Lookup, thresholds: Thresholds) -> Iterable[Finding]:
    """One finding per event version and property, over the sources that fail alike."""
    past = lookup.past
    for (env, event, version), series in sorted(_versions(past, lookup).items()):
        limits = thresholds.for_event(lookup.events.get(event))
        for pointer, own in sorted(_by_pointer(lookup, series).items()):
            if _most(series, own) < limits.min_failures:
                continue
            if not any(_beyond(rate, limits) for rate in _rates(past, series, own, _POOLS[-1])):
                continue
            rates = _rates(past, series, own)
            bad = [found for rate in rates if (found := _judged(rate, limits)) is not None]
            name = _name(lookup, series, pointer)
            yield _finding(past, bad, rates, (env, event, version, name), (lookup, thresholds))


def _by_pointer(lookup: Lookup, series: Sequence[SeriesPast]) -> dict[str, set[str]]:
    """Property → the ids of its rules that ever failed."""
    event, version = series[0].series[:2]
    planned = lookup.events.get(event)
    prefix = f"{planned.key}@{version}#" if planned else ""
    pointers: dict[str, set[str]] = {}
    for rule in {rule for one in series for rule in one.failed}:
        pointers.setdefault(_pointer(rule, prefix), set()).add(rule)
    return pointers


def _versions(past: Past, lookup: Lookup) -> dict[tuple[str, str, str], list[SeriesPast]]:
    versions: dict[tuple[str, str, str], list[SeriesPast]] = {}
    for one in past.series:
        known = one.series.planned and one.series.known and one.table in lookup.tables
        if known and lookup.settled[one.table] > past.start:
            key = (lookup.env(one.table), one.series.event, one.series.version)
            versions.setdefault(key, []).append(one)
    return {key: series for key, series in versions.items() if any(one.failed for one in series)}


def _pointer(rule: str, prefix: str) -> str:
    """The property that a rule speaks of: its id says it, also of a rule that has left the contract."""
    rest = rule[len(prefix) :] if prefix and rule.startswith(prefix) else rule.partition("#")[2]
    return rest.rpartition(":")[0]


def _name(lookup: Lookup, series: Sequence[SeriesPast], pointer: str) -> str:
    """The property's name for people; empty: the row as a whole."""
    for one in series:
        version = lookup.bound(one.table, one.series.event, one.series.version)
        for prop in version.properties if version else ():
            if prop.pointer == pointer:
                return prop.name
    return pointer.strip("/").replace("/", ".")


def _rates(past: Past, series: Sequence[SeriesPast], wanted: AbstractSet[str], hours: int | None = None) -> list[_Rate]:
    """By source, over the last settled hours or all of them."""
    by_source: dict[str, list[SeriesPast]] = {}
    for one in series:
        by_source.setdefault(one.series.source, []).append(one)
    return [_rate(past, members, wanted, hours) for _, members in sorted(by_source.items())]


def _rate(past: Past, members: Sequence[SeriesPast], wanted: AbstractSet[str], hours: int | None) -> _Rate:
    until = min(settled_until(past, one.table) for one in members)
    end = until - past.start
    start = 0 if hours is None else max(0, end - hours)
    rules: dict[str, Counts] = {}
    for one in members:
        for rule in one.failed:
            if rule in wanted:
                rules[rule] = rules.get(rule, 0) + _between(one.failed, rule, start, end)
    rows = total((one.checked[start:] for one in members), end - start)
    landed = rows
    if any(one.unchecked is not None for one in members):
        landed = total((one.rows[start:] for one in members), end - start)
    most = np.zeros(end - start, dtype=np.int64)
    for failed in rules.values():
        most = np.maximum(most, failed)
    tables = tuple(sorted({one.table for one in members}))
    return _Rate(members[0].series.source, until, rows, np.minimum(most, rows), rules, tables, landed)


def _most(series: Sequence[SeriesPast], rules: AbstractSet[str]) -> int:
    """Never less than the rows that fail in any source over any of the pools."""
    return sum(_total(one.failed, rule) for one in series for rule in one.failed if rule in rules)


def _total(failed: Mapping[str, Counts], rule: str) -> int:
    return failed.total(rule) if isinstance(failed, Sparse) else int(failed[rule].sum())


def _between(failed: Mapping[str, Counts], rule: str, start: int, end: int) -> Counts:
    return failed.between(rule, start, end) if isinstance(failed, Sparse) else failed[rule][start:end]


def _beyond(rate: _Rate, limits: Thresholds) -> tuple[float, float] | None:
    """The highest lower bound of the pools that are beyond the limit, and that pool's rate; None where it came down."""
    limit = limits.failure_rate_warning
    pooled = rate.pooled()
    pools = []
    for hours in _POOLS:
        failed, rows = pooled[hours]
        if failed >= limits.min_failures and failed > limit * rows:
            pools.append((wilson.lower(failed, rows), failed / rows))
    strongest = max(pools, default=(0.0, 0.0))
    if strongest[0] <= limit:
        return None
    over = any(wilson.upper(*pooled[hours], z=wilson.Z_99) < limit for hours in _OVER)
    return None if over else strongest


def _judged(rate: _Rate, limits: Thresholds) -> _Bad | None:
    beyond = _beyond(rate, limits)
    if beyond is None:
        return None
    bound, found = beyond
    return _Bad(rate, bound, _since(rate, found, limits.failure_rate_warning))


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
    landed = sum(int(one.rate.landed[one.told :].sum()) for one in bad)
    share = percent(failed / max(rows, 1))
    until = min(one.rate.until for one in bad)
    width = until - past.start
    evidence = Evidence(
        facts=(
            ("failing rows", failed),
            *counted(rows, landed),
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
    what = f"of {of_rows(rows, landed)} fail on {prop or 'the row as a whole'}"
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
        failed, rows = rate.pooled()[_POOLS[-1]]
        yield f"source {rate.source or 'not given'}", f"{percent(failed / max(rows, 1))} of {rows:,}"


def _chart(hours: Iterable[Counts]) -> tuple[int, ...]:
    each = list(hours)
    return tuple(int(number) for number in total(each, len(each[0]))[-HOURS:])
