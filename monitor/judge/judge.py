"""The judge: what the contract and the past say, as findings. Pure; the same past gives the same findings."""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace
from itertools import product
from typing import TypeAlias

from monitor.contract.model import Contract
from monitor.judge import (
    column_type_changed,
    duplicated_ids,
    failure_rate,
    failures_so_far,
    measurement_failed,
    missing_column,
    no_data,
    not_seen,
    payload_not_landed,
    retired_version_arriving,
    rows_without_time,
    undeclared_property,
    unexpected_column,
    unknown_version,
    unplanned_event,
    volume,
)
from monitor.judge.lookup import Lookup, settled_until
from monitor.judge.model import Finding, Kind, Past, SeriesPast
from monitor.judge.precedence import settle
from monitor.judge.thresholds import Thresholds
from monitor.plan.model import Status

Find: TypeAlias = Callable[[Lookup, Thresholds], Iterable[Finding]]

KINDS: tuple[Find, ...] = (
    measurement_failed.find,
    no_data.find,
    volume.find,
    column_type_changed.find,
    missing_column.find,
    failure_rate.find,
    failures_so_far.find,
    unexpected_column.find,
    undeclared_property.find,
    unplanned_event.find,
    unknown_version.find,
    retired_version_arriving.find,
    payload_not_landed.find,
    rows_without_time.find,
    duplicated_ids.find,
    not_seen.find,
)

_QUIET_HOURS = 48
_ORDER = {kind: place for place, kind in enumerate(Kind)}


def judge(contract: Contract, past: Past, thresholds: Thresholds) -> tuple[Finding, ...]:
    """Everything that holds now, loudest first; what another finding explains stands inside that one."""
    lookup = Lookup.of(*known_only(contract, past))
    found = [finding for find in KINDS for finding in find(lookup, thresholds)]
    return tuple(sorted(settle(_one_of_each(found)), key=_place))


def known_only(contract: Contract, past: Past) -> tuple[Contract, Past]:
    """Without the tables that could not be measured, and what else is unknown without them, in a fixed order.

    An event's rows from a source are judged only where all their tables were measured: the rest would look like a drop.
    """
    unknown = {one.table for one in past.unmeasured}
    partly = {(one.series.event, one.series.source) for one in past.series if one.table in unknown}
    series = (one for one in past.series if (one.series.event, one.series.source) not in partly)
    ordered = tuple(sorted(series, key=lambda one: (one.series, one.table)))
    tables = tuple(
        sorted((table for table in contract.tables if table.key not in unknown), key=lambda table: table.key)
    )
    measured = {name: table for name, table in past.tables.items() if name not in unknown}
    return replace(contract, tables=tables), replace(past, series=ordered, tables=measured)


def quiet(contract: Contract, past: Past) -> frozenset[tuple[str, str, str]]:
    """Event, version and source without rows in the last 48 settled hours: nothing there can be found good.

    An event "" stands for all events, a source "" for all sources of the version.
    """
    rows: dict[tuple[str, str, str], int] = {
        (event.name, version.version, ""): 0
        for event in contract.plan.events
        for version in event.versions
        if version.status is not Status.DRAFT
    }
    for one, recent in _lately(past):
        number = int(one.rows[recent].sum())
        for key in _within(one):
            rows[key] = rows.get(key, 0) + number
    return frozenset(key for key, number in rows.items() if number == 0)


def unchecked(past: Past) -> frozenset[tuple[str, str, str]]:
    """Event, version and source with rows in the last 48 settled hours of which no rule was asked: all beside a sample.

    What rules say of them is unknown. Empty names stand for all, as in `quiet`.
    """
    if all(one.unchecked is None for one in past.series):
        return frozenset()
    rows: dict[tuple[str, str, str], tuple[int, int]] = {}
    for one, recent in _lately(past):
        landed, checked = int(one.rows[recent].sum()), int(one.checked[recent].sum())
        for key in _within(one):
            before = rows.get(key, (0, 0))
            rows[key] = before[0] + landed, before[1] + checked
    return frozenset(key for key, (landed, checked) in rows.items() if landed and not checked)


def _lately(past: Past) -> Iterator[tuple[SeriesPast, slice]]:
    """Every series, and which of its hours are the last 48 settled ones."""
    settled = {table: settled_until(past, table) - past.start for table in {one.table for one in past.series}}
    for one in past.series:
        width = settled[one.table]
        yield one, slice(max(0, width - _QUIET_HOURS), width)


def _within(one: SeriesPast) -> Iterator[tuple[str, str, str]]:
    """A series' event, version and source, and all that they are a part of; a name that is empty is so already."""
    events, versions, sources = ((name, "") if name else ("",) for name in one.series[:3])
    return product(events, versions, sources)


def _one_of_each(found: Iterable[Finding]) -> list[Finding]:
    """One finding per subject: several of one kind (an event's column in two tables) become one, the loudest."""
    subjects: dict[tuple[str, ...], Finding] = {}
    for finding in sorted(found, key=_place):
        key = (finding.env, finding.kind, finding.event, finding.version, finding.source, finding.property)
        first = subjects.get(key)
        subjects[key] = finding if first is None else replace(first, absorbed=(*first.absorbed, finding))
    return list(subjects.values())


def _place(finding: Finding) -> tuple[int, int, tuple[str, ...]]:
    subject = (finding.event, finding.version, finding.source, finding.property, finding.env, *finding.tables)
    return -finding.severity, _ORDER[finding.kind], subject
