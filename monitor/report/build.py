"""The whole site from the contract, the past, what holds and what was said: pure, no clock, no disk."""

from collections import Counter, defaultdict
from collections.abc import Sequence

from monitor.contract.model import BoundTable, Contract
from monitor.incidents.model import Incident
from monitor.judge.model import Finding, Past, SeriesPast
from monitor.plan.model import Event
from monitor.report.build_version import versions_of
from monitor.report.drawings import drawings_of
from monitor.report.hours import days_of, last_day, recent, rows_by_day, total
from monitor.report.index import Known, link_to, look_up, newest_live, standing, unknown_tables
from monitor.report.model import (
    EventRow,
    NotSeen,
    Overview,
    RefusedSchema,
    RunInfo,
    Share,
    SourceRow,
    Standing,
    Told,
    UnplannedEvent,
)
from monitor.report.pages import ColumnChange, EventPage, Site, VersionPart
from monitor.report.told import apart, tell_all, tell_resolved


def build_site(
    contract: Contract, past: Past, findings: Sequence[Finding], incidents: Sequence[Incident], info: RunInfo
) -> Site:
    """All pages. `findings` are those that hold now; `incidents` all that are kept, in any order."""
    known = look_up(contract, past)
    told = tell_all(contract, known, findings, incidents)
    resolved = tell_resolved(contract, known, incidents, info)
    by_event: defaultdict[str, list[Told]] = defaultdict(list)
    for one in told:
        for name in (one.event.name, *one.covers):
            by_event[name].append(one)
    closed: defaultdict[str, list[Told]] = defaultdict(list)
    for one in resolved:
        closed[one.event.name].append(one)
    pages = tuple(
        _page(event, known, (tuple(by_event[event.name]), tuple(closed[event.name])), info)
        for event in contract.plan.events
    )
    return Site(_overview(contract, known, (tuple(told), tuple(resolved), pages), info), pages)


def _page(event: Event, known: Known, said: tuple[tuple[Told, ...], tuple[Told, ...]], info: RunInfo) -> EventPage:
    told, resolved = said
    series = known.series.get(event.name, ())
    unknown = tuple(known.unknown.get(event.name, ()))
    bound = known.bound.get(event.name, ())
    return EventPage(
        file=known.links[event.name].page,
        event=event.name,
        key=event.key,
        description=event.description,
        team=event.team,
        tier=event.tier.value,
        sources=event.sources,
        where=event.where,
        standing=standing(told, unknown=bool(unknown), seen=bool(series)),
        workspace=info.workspace,
        told=told,
        resolved=resolved,
        unknown=unknown,
        versions=versions_of(event, known),
        drawings=drawings_of(event, series, known.past) if series else (),
        changes=tuple(change for table in _once(bound) for change in _changes(table, known.past)),
        tables=tuple(sorted({table.key for table, _ in bound} | {one.table for one in series})),
        day=last_day(known.past, series),
        first_hour=min((one.first_hour for one in series), default=None),
        last_hour=max((one.last_hour for one in series), default=None),
        recent_days=known.past.recent_days,
        until=known.past.until if series else None,
        plan_revision=info.plan_revision if series else "",
    )


def _once(bound: Sequence[tuple[BoundTable, object]]) -> list[BoundTable]:
    return list({table.key: table for table, _ in bound}.values())


def _changes(table: BoundTable, past: Past) -> list[ColumnChange]:
    """How a table's columns differ from when it was first measured."""
    known = past.tables.get(table.key)
    if known is None or known.before is None:
        return []
    before = {column.name: column.native for column in known.before.columns}
    now = {column.name: column.native for column in table.landed.table.columns}
    return [
        ColumnChange(table.key, name, before.get(name, ""), now.get(name, ""))
        for name in sorted({*before, *now})
        if before.get(name) != now.get(name)
    ]


def _overview(
    contract: Contract,
    known: Known,
    built: tuple[tuple[Told, ...], tuple[Told, ...], tuple[EventPage, ...]],
    info: RunInfo,
) -> Overview:
    told, resolved, pages = built
    events = {event.name: event for event in contract.plan.events}
    counts = Counter(page.standing for page in pages)
    refused = {(one.name, one.version): one for one in (*contract.plan.refused, *contract.refused)}
    return Overview(
        info=info,
        until=known.past.until,
        planned=len(pages),
        standings=tuple((one, counts[one]) for one in Standing),
        told=apart(told),
        resolved=resolved,
        events=_event_rows(pages, known, events),
        sources=_sources(known.past, told),
        unknown=tuple(unknown_tables(contract, known.past, known.links)),
        unplanned=_unplanned(known.past),
        not_seen=tuple(
            NotSeen(link_to(known.links, page.event), page.team, tuple(v.version for v in page.versions))
            for page in pages
            if page.standing is Standing.NOT_SEEN
        ),
        refused=tuple(RefusedSchema(one.name, one.version, one.reason, one.where) for one in refused.values()),
        recent_days=known.past.recent_days,
    )


def _event_rows(pages: Sequence[EventPage], known: Known, events: dict[str, Event]) -> tuple[EventRow, ...]:
    days, order = days_of(known.past), list(Standing)
    rows = [
        EventRow(
            event=known.links[page.event],
            standing=page.standing,
            team=page.team,
            tier=page.tier,
            day=page.day,
            daily=rows_by_day(known.past, known.series.get(page.event, ()), days),
            shares=_shares(page.versions, newest_live(events[page.event])),
            last_hour=page.last_hour,
            unmeasured=bool(page.unknown),
        )
        for page in pages
        if page.standing is not Standing.NOT_SEEN
    ]
    return tuple(sorted(rows, key=lambda row: (order.index(row.standing), -row.day.rows, row.event.name)))


def _shares(versions: Sequence[VersionPart], newest: str) -> tuple[Share, ...]:
    """Versions with rows in the recent days, as the plan orders them: oldest first."""
    planned = [one for one in versions if one.status]
    ordered = [*reversed(planned), *(one for one in versions if not one.status)]
    return tuple(
        Share(one.version, one.rows, one.share, newest=bool(one.status) and one.version == newest)
        for one in ordered
        if one.rows
    )


def _sources(past: Past, told: Sequence[Told]) -> tuple[SourceRow, ...]:
    groups: defaultdict[str, list[SeriesPast]] = defaultdict(list)
    for one in past.series:
        groups[one.series.source].append(one)
    holes = {one.table for one in past.unmeasured}
    days = days_of(past)
    return tuple(
        SourceRow(
            name=name,
            standing=standing(
                [one for one in told if one.source == name and name],
                unknown=any(one.table in holes for one in group),
                seen=True,
            ),
            events=len({one.series.event for one in group}),
            day=last_day(past, group),
            daily=rows_by_day(past, group, days),
            last_hour=max(one.last_hour for one in group),
        )
        for name, group in sorted(groups.items())
    )


def _unplanned(past: Past) -> tuple[UnplannedEvent, ...]:
    groups: defaultdict[str, list[SeriesPast]] = defaultdict(list)
    for one in past.series:
        if not one.series.planned:
            groups[one.series.event].append(one)
    since, until = recent(past)
    events = [
        UnplannedEvent(
            name=name,
            sources=tuple(sorted({one.series.source for one in group if one.series.source})),
            tables=tuple(sorted({one.table for one in group})),
            rows=sum(total(one.rows, past, since, until) for one in group),
            first_hour=min(one.first_hour for one in group),
            last_hour=max(one.last_hour for one in group),
        )
        for name, group in groups.items()
    ]
    return tuple(sorted(events, key=lambda one: (-one.rows, one.name)))
