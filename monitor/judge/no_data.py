"""Silence: an event that flowed from a source and has sent nothing for longer than its own past explains."""

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from monitor.judge.flows import Flow, flows
from monitor.judge.lookup import HOURS, Lookup
from monitor.judge.model import Evidence, Finding, Kind, Past, Severity
from monitor.judge.thresholds import Thresholds
from monitor.judge.words import at, count, stamp
from monitor.plan.model import Tier

_DAY = 24
_WEEK = 7 * _DAY
_PATTERN = 4 * _WEEK
"""The past that silence is measured against ends with the last row."""
_LEAST = 8 * _DAY
_IMPROBABLE = 1e-6
_LONGER = 1.25
_SPARSE_LONGER = 3
_SPARSE_GAPS = 20


@dataclass(frozen=True, slots=True)
class _Silence:
    hours: int
    expected: float | None
    """Rows that should have come meanwhile; None: the past is out of sight."""
    usual: int
    """The longest gap before."""


def find(lookup: Lookup, thresholds: Thresholds) -> Iterable[Finding]:
    """One finding per silent event and source, or one per silent source; and per event whose table is gone."""
    past = lookup.past
    for flow in lookup.once(flows):
        event = lookup.events.get(flow.event)
        silence = _silence(past, flow, thresholds.for_event(event).min_expected)
        if silence is None:
            continue
        core = event is None or event.tier is Tier.CORE
        severity = Severity.CRITICAL if core else Severity.WARNING
        yield Finding(
            kind=Kind.NO_DATA,
            severity=thresholds.capped(Severity.INFO if silence.expected is None else severity, event),
            message=_message(flow, silence),
            event=flow.event,
            source=flow.source,
            evidence=_evidence(flow, silence),
            env=flow.env,
            tables=flow.tables,
        )
    yield from _gone(lookup, thresholds)


def _silence(past: Past, flow: Flow, least_rows: int) -> _Silence | None:
    """How long nothing came, where that is longer than the flow's own pattern allows."""
    hours = flow.until - flow.last - 1
    if hours < 1:
        return None
    if flow.last < past.start:
        return _Silence(hours, None, 0) if flow.last - flow.first >= 2 * _WEEK else None
    before = flow.rows[max(flow.first, past.start) - past.start : flow.last - past.start + 1]
    if len(before) < _LEAST:
        return None
    gaps = np.diff(np.flatnonzero(before))
    usual = int(gaps.max()) - 1 if len(gaps) else 0
    expected, dispersion = _expected(before[-_PATTERN:], flow.last + 1, flow.until)
    chance = (1 + dispersion * expected) ** (-1 / dispersion)
    dense = expected >= least_rows and chance <= _IMPROBABLE and hours > _LONGER * usual
    sparse = len(gaps) >= _SPARSE_GAPS and hours >= _DAY and hours > _SPARSE_LONGER * max(usual, 1)
    return _Silence(hours, expected, usual) if dense or sparse else None


def _expected(before: NDArray[np.int64], since: int, until: int) -> tuple[float, float]:
    """Rows expected between two hours from the same hours of the week (of the day, under two weeks), and dispersion."""
    period = _WEEK if len(before) >= 2 * _WEEK else _DAY
    place = (np.arange(since - len(before), since)) % period
    held = np.maximum(np.bincount(place, minlength=period), 1)
    profile = np.bincount(place, weights=before, minlength=period) / held
    expected = float(profile[np.arange(since, until) % period].sum())
    whole = len(before) // _DAY * _DAY
    days = before[-whole:].reshape(-1, _DAY).sum(axis=1)
    meant = np.maximum(profile[place[-whole:]].reshape(-1, _DAY).sum(axis=1), 1e-9)
    strayed = np.mean((days - meant) ** 2) - np.mean(meant)
    return expected, float(max(strayed / np.mean(meant**2), 1e-6))


def _message(flow: Flow, silence: _Silence) -> str:
    what = f"{flow.event or 'any event'} from {flow.source or 'no source'}"
    expected = silence.expected
    rows = "" if expected is None or expected < 1 else f", {count(round(expected), 'row')} expected since"
    return f"No row of {what} for {count(silence.hours, 'hour')}: the last one came at {at(flow.last)}{rows}"


def _evidence(flow: Flow, silence: _Silence) -> Evidence:
    return Evidence(
        facts=(
            ("last row", stamp(flow.last)),
            ("silent hours", silence.hours),
            ("longest gap before (hours)", silence.usual),
            ("expected meanwhile", None if silence.expected is None else round(silence.expected)),
            ("until", stamp(flow.until)),
        ),
        series=tuple(int(number) for number in flow.rows[-HOURS:]),
        series_until=flow.until,
        affected=round(silence.expected or 0),
    )


def _gone(lookup: Lookup, thresholds: Thresholds) -> Iterable[Finding]:
    """Events whose table was measured once and is not in the catalog any more, while others of its landing are."""
    contract = lookup.contract
    unread = {missing.landing for missing in contract.missing if missing.required and missing.events}
    gone = (missing for missing in contract.missing if not missing.required and missing.landing not in unread)
    absent = {str(missing.ref) for missing in gone} - lookup.tables.keys()
    last: dict[tuple[str, str, str], int] = {}
    for table in absent:
        for one in lookup.series.get(table, ()):
            if one.series.planned and one.series.event in lookup.events:
                key = (table, one.series.event, one.series.source)
                last[key] = max(last.get(key, one.last_hour), one.last_hour)
    for (table, name, source), hour in sorted(last.items()):
        event = lookup.events[name]
        yield Finding(
            kind=Kind.NO_DATA,
            severity=thresholds.capped(Severity.CRITICAL, event),
            message=f"The table {table} of {name} is gone: its last row came at {at(hour)}",
            event=name,
            source=source,
            evidence=Evidence(facts=(("table", table), ("last row", stamp(hour)))),
            tables=(table,),
        )
