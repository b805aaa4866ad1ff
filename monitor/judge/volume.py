"""Volume drops and spikes: an event's rows from one source against the same hours of the weeks before."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from monitor.judge.baseline import WINDOWS, YOUNGEST, Basis, Expectation, Floats, expect
from monitor.judge.flows import Flow, flows
from monitor.judge.lookup import HOURS, Lookup
from monitor.judge.model import Evidence, Finding, Kind, Past, Severity
from monitor.judge.thresholds import Thresholds
from monitor.judge.words import at, percent, stamp
from monitor.plan.model import Event, Tier

_OUTAGE = 0.1
"""A young series is only judged on outages: at most a tenth of what was expected is left."""
_TOGETHER = 0.8
"""So large a share of a source's events must move with its total for the source to be the cause."""
_WEEKS = 4
"""So many weeks before are told beside what was seen."""
_SOURCES = 3
_GRAVE = 0.9
_HALF = 0.5


@dataclass(frozen=True, slots=True)
class _Group:
    """Flows that end with the same hour, judged at once."""

    flows: tuple[Flow, ...]
    expectation: Expectation
    low: NDArray[np.bool_]
    """Flows × windows: far fewer rows than expected."""
    high: NDArray[np.bool_]

    def ratio(self, row: int, window: int) -> float:
        """Seen over expected."""
        return float(self.expectation.seen[row, window] / max(self.expectation.expected[row, window], 1e-9))


def find(lookup: Lookup, thresholds: Thresholds) -> Iterable[Finding]:
    """One finding per event and source, or one per source where its events moved together."""
    past = lookup.past
    every = lookup.once(flows)
    grown = [flow for flow in every if flow.until - max(flow.first, past.start) >= YOUNGEST]
    for until in sorted({flow.until for flow in grown}):
        group = _judged(past, [flow for flow in grown if flow.until == until], lookup, thresholds)
        for row, flow in enumerate(group.flows):
            for down, hit in ((True, group.low[row]), (False, group.high[row])):
                window = _strongest(group.expectation, row, hit, down=down)
                if window is None or (not flow.event and not _together(group, row, window, thresholds)):
                    continue
                event = lookup.events.get(flow.event)
                yield _finding(past, group, row, window, (event, thresholds, _others(flow, every)))


def _judged(past: Past, members: Sequence[Flow], lookup: Lookup, thresholds: Thresholds) -> _Group:
    rows = np.stack([flow.rows for flow in members])
    known = np.array([flow.until - max(flow.first, past.start) for flow in members], dtype=np.int64)
    expectation = expect(rows, known)
    limits = [thresholds.for_event(lookup.events.get(flow.event)) for flow in members]
    drops, spikes = np.array([limit.drop for limit in limits]), np.array([limit.spike for limit in limits])
    least_rows = np.array([limit.min_expected for limit in limits])[:, None]
    z = np.array([limit.z for limit in limits])[:, None]
    full = (expectation.basis == Basis.HOUR_OF_WEEK)[:, None]
    with np.errstate(invalid="ignore"):
        fewer = (expectation.z_low() < -z) & (expectation.least >= least_rows)
        more = (expectation.z_high() > z) & (expectation.most >= least_rows)
        low = full & fewer & (expectation.seen <= (1 - drops) * expectation.least)
        high = full & more & (expectation.seen >= (1 + spikes) * expectation.most)
        low |= ~full & fewer & _outages(rows, expectation, least_rows)
    return _Group(tuple(members), expectation, low, high)


def _outages(rows: NDArray[np.int64], expectation: Expectation, least_rows: NDArray[np.int64]) -> NDArray[np.bool_]:
    """Next to nothing is left, of what was expected and of what came a week before (a first weekend is no outage)."""
    week = rows[:, : -7 * 24]
    before = np.stack([week[:, -window:].sum(axis=1) for window in WINDOWS], axis=1)
    usual = np.minimum(before, expectation.expected)
    left = expectation.seen <= _OUTAGE * usual
    return np.asarray((expectation.basis == Basis.HOUR_OF_DAY)[:, None] & (usual >= least_rows) & left)


def _strongest(expectation: Expectation, row: int, hit: NDArray[np.bool_], *, down: bool) -> int | None:
    """The window with the least probable count among those that hit."""
    if not hit.any():
        return None
    z = -expectation.z_low()[row] if down else expectation.z_high()[row]
    return int(np.argmax(np.where(hit, z, -np.inf)))


def _together(group: _Group, total: int, window: int, thresholds: Thresholds) -> bool:
    """Most of the source's events went at least half as far as its total: the source is the cause, not an event."""
    flow, turn = group.flows[total], (1 + group.ratio(total, window)) / 2
    went = [
        group.ratio(row, window) <= turn if turn < 1 else group.ratio(row, window) >= turn
        for row, one in enumerate(group.flows)
        if one.event
        and (one.env, one.source) == (flow.env, flow.source)
        and group.expectation.expected[row, window] >= thresholds.min_expected
    ]
    return len(went) > 1 and sum(went) >= _TOGETHER * len(went)


def _finding(
    past: Past, group: _Group, row: int, window: int, beside: tuple[Event | None, Thresholds, Sequence[Flow]]
) -> Finding:
    event, thresholds, others = beside
    flow, hourly = group.flows[row], group.expectation.hourly[row]
    seen_hourly = flow.rows[-HOURS:].astype(np.float64)
    start = _first_bad(seen_hourly, hourly, group.ratio(row, window))
    since = flow.until - (len(hourly) - start)
    seen, expected = int(seen_hourly[start:].sum()), float(hourly[start:].sum())
    change = seen / max(expected, 1e-9) - 1
    rows = "rows" if flow.event else "rows of all events"  # the subject, event and source, is told beside it
    words = f"{percent(abs(change))} {'fewer' if change < 0 else 'more'} {rows}"
    spread = _spread(expected, float(group.expectation.dispersion[row, window]))
    facts: list[tuple[str, str | int | float | None]] = [
        ("change", percent(change)),
        ("seen", seen),
        ("expected", round(expected)),
        ("expected range", f"{max(0, round(expected - spread)):,} to {round(expected + spread):,}"),
        ("since", stamp(since)),
        ("until", stamp(flow.until)),
        ("last row", stamp(flow.last)),
        *_weeks(past, flow, since),
        *_elsewhere(past, others, since),
        *_shares(past, flow, since),
    ]
    return Finding(
        kind=Kind.VOLUME_DROP if change < 0 else Kind.VOLUME_SPIKE,
        severity=thresholds.capped(_severity(change, event, flow), event),
        message=f"{words} than expected since {at(since)}: {seen:,} seen, {round(expected):,} expected",
        event=flow.event,
        source=flow.source,
        evidence=Evidence(
            facts=tuple(facts),
            series=tuple(int(number) for number in seen_hourly),
            series_until=flow.until,
            reference=tuple(
                None if np.isnan(number) else round(float(number)) for number in hourly[-len(seen_hourly) :]
            ),
            affected=abs(round(expected - seen)),
        ),
        env=flow.env,
        tables=flow.tables,
    )


def _first_bad(seen: Floats, expected: Floats, ratio: float) -> int:
    """Where the change most probably began: the start of the tail that `ratio` × expected explains best."""
    factor = max(ratio, 0.02)
    with np.errstate(invalid="ignore"):
        gain = np.nan_to_num(seen * np.log(factor) + (1.0 - factor) * expected)
    return int(len(gain) - 1 - np.argmax(np.cumsum(gain[::-1])))


def _spread(expected: float, dispersion: float) -> float:
    return float(2.58 * np.sqrt(expected + dispersion * expected**2))


def _severity(change: float, event: Event | None, flow: Flow) -> Severity:
    """A fall by nine tenths is critical, by half where the event is core or the whole source is down."""
    matters = not flow.event or (event is not None and event.tier is Tier.CORE)
    return Severity.CRITICAL if change <= -(_HALF if matters else _GRAVE) else Severity.WARNING


def _weeks(past: Past, flow: Flow, since: int) -> Iterator[tuple[str, str]]:
    """The same hours of the four weeks before, the latest first, as far as the series goes back."""
    start = since - past.start
    starts = [start - week * HOURS for week in range(1, _WEEKS + 1)]
    known = [begin for begin in starts if begin >= max(0, flow.first - past.start)]
    length = flow.until - since
    if known:
        rows = flow.rows
        yield "same hours, weeks before", ", ".join(f"{int(rows[at : at + length].sum()):,}" for at in known)


def _others(flow: Flow, every: Sequence[Flow]) -> Sequence[Flow]:
    """The same event from other sources of the environment: what moves alone has its cause in the source."""
    if not flow.event:
        return ()
    return [one for one in every if (one.env, one.event) == (flow.env, flow.event) and one.source != flow.source]


def _elsewhere(past: Past, others: Sequence[Flow], since: int) -> Iterator[tuple[str, str]]:
    """Each other source's rows since then, as far as they may be judged, beside the same hours a week before."""
    for other in others[:_SOURCES]:
        start, until = since - past.start, other.until - past.start
        if other.source and until > start >= HOURS:
            now, before = (int(other.rows[begin : begin + until - start].sum()) for begin in (start, start - HOURS))
            yield f"source {other.source}", f"{now:,} rows, {before:,} a week before"


def _shares(past: Past, flow: Flow, since: int) -> Iterator[tuple[str, str]]:
    """Each version's (or, for a source's total, event's) rows since then, beside the same hours a week before."""
    start, until = since - past.start, flow.until - past.start
    now: dict[str, int] = {}
    before: dict[str, int] = {}
    for one in flow.series:
        name = (one.series.version or "not resolved") if flow.event else one.series.event
        now[name] = now.get(name, 0) + int(one.rows[start:until].sum())
        before[name] = before.get(name, 0) + int(one.rows[max(0, start - HOURS) : max(0, until - HOURS)].sum())
    for name in sorted(now, key=lambda name: (-before[name], name))[:5]:
        yield f"{'version' if flow.event else 'event'} {name}", f"{now[name]:,} rows, {before[name]:,} a week before"
