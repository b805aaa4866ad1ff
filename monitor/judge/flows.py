"""What volume is judged on: the rows of one event from one source, all versions together, and each source's total.

Versions are summed so that a migration from one to the next is not a drop.
"""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass

from monitor.judge.lookup import Lookup, is_live, total
from monitor.judge.model import Counts, SeriesPast
from monitor.plan.model import Event


@dataclass(frozen=True, slots=True)
class Flow:
    """One event from one source; `event` is empty for the source's total."""

    env: str
    source: str
    event: str
    series: tuple[SeriesPast, ...]
    start: int
    """`Past.start`"""
    first: int
    last: int
    """First and last hour ever seen with rows; the last one may be too new to be judged."""
    until: int
    """The first hour that may not be judged, in any of its tables."""

    @property
    def rows(self) -> Counts:
        """One number an hour from `start`, as far as `until`; added up when asked for, since most are never."""
        return total((one.rows for one in self.series), self.until - self.start)

    @property
    def tables(self) -> tuple[str, ...]:
        """Where its rows stand."""
        return tuple(sorted({one.table for one in self.series}))


def flows(lookup: Lookup) -> tuple[Flow, ...]:
    """The live planned events by source, and the total of every source that more than one of them comes from."""
    past = lookup.past
    events: dict[tuple[str, str, str], list[SeriesPast]] = {}
    sources: dict[tuple[str, str], list[SeriesPast]] = {}
    for one in past.series:
        if one.table not in lookup.tables or lookup.settled[one.table] <= past.start:
            continue
        env = lookup.env(one.table)
        sources.setdefault((env, one.series.source), []).append(one)
        if one.series.planned and _wanted(lookup.events.get(one.series.event), one.series.source):
            events.setdefault((env, one.series.source, one.series.event), []).append(one)
    found = [_flow(lookup, key, series) for key, series in sorted(events.items())]
    number = Counter((flow.env, flow.source) for flow in found)
    several = {key for key in sources if number[key] > 1}
    return (*found, *(_flow(lookup, (*key, ""), sources[key]) for key in sorted(several)))


def _wanted(event: Event | None, source: str) -> bool:
    return event is not None and is_live(event) and (not event.sources or source in event.sources)


def _flow(lookup: Lookup, key: tuple[str, str, str], series: Iterable[SeriesPast]) -> Flow:
    members = tuple(series)
    until = min(lookup.settled[one.table] for one in members)
    first, last = min(one.first_hour for one in members), max(one.last_hour for one in members)
    env, source, event = key
    return Flow(env, source, event, members, lookup.past.start, first, last, until)
