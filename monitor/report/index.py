"""Everything that is known of each event, looked up once for all pages."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from monitor.contract.model import BoundTable, BoundVersion, Contract
from monitor.judge.model import Kind, Past, SeriesPast
from monitor.links import event_page
from monitor.plan.model import Event
from monitor.report.model import EventLink, Standing, Told, UnknownTable


@dataclass(frozen=True, slots=True)
class Known:
    """What the pages are built from, by event name."""

    past: Past
    links: Mapping[str, EventLink]
    series: Mapping[str, Sequence[SeriesPast]]
    bound: Mapping[str, Sequence[tuple[BoundTable, BoundVersion]]]
    unknown: Mapping[str, Sequence[UnknownTable]]


def look_up(contract: Contract, past: Past) -> Known:
    """Index a contract and its past by event."""
    links = {event.name: EventLink(event.name, event_page(event.key)) for event in contract.plan.events}
    series: defaultdict[str, list[SeriesPast]] = defaultdict(list)
    for one in past.series:
        if one.series.planned:
            series[one.series.event].append(one)
    bound: defaultdict[str, list[tuple[BoundTable, BoundVersion]]] = defaultdict(list)
    for table in contract.tables:
        for version in table.versions:
            bound[version.event].append((table, version))
    unknown: defaultdict[str, list[UnknownTable]] = defaultdict(list)
    for hole in unknown_tables(contract, past, links):
        for event in hole.events:
            unknown[event.name].append(hole)
    return Known(past, links, series, bound, unknown)


def link_to(links: Mapping[str, EventLink], event: str) -> EventLink:
    """The event's link; without a page where the plan does not know it."""
    return links.get(event, EventLink(event))


def unknown_tables(contract: Contract, past: Past, links: Mapping[str, EventLink]) -> list[UnknownTable]:
    """Tables that could not be measured, and configured ones that the warehouse does not have."""
    holes = {
        one.table: UnknownTable(
            one.table, one.problem, one.hint, tuple(link_to(links, event) for event in sorted(set(one.events)))
        )
        for one in past.unmeasured
    }
    for missing in contract.missing:
        if missing.required and str(missing.ref) not in holes:
            events = (link_to(links, missing.event),) if missing.event else ()
            problem = "the configuration names this table and the warehouse does not have it"
            hint = f"check landing {missing.landing} in trackwarden.yml, and the grants of the warehouse user"
            holes[str(missing.ref)] = UnknownTable(str(missing.ref), problem, hint, events)
    return [holes[table] for table in sorted(holes)]


def standing(told: Iterable[Told], *, unknown: bool, seen: bool) -> Standing:
    """Ok, unknown, or the worst that holds; what could not be measured is never ok.

    >>> standing([], unknown=True, seen=True)
    <Standing.UNKNOWN: 'unknown'>
    """
    severities = {one.severity for one in told if one.kind != Kind.MEASUREMENT_FAILED.value}
    for loud in (Standing.CRITICAL, Standing.WARNING):
        if loud.value in severities:
            return loud
    if unknown:
        return Standing.UNKNOWN
    if not seen:
        return Standing.NOT_SEEN
    return Standing.INFO if Standing.INFO.value in severities else Standing.OK


def newest_live(event: Event) -> str:
    """The version that an event's rows should come to: the newest that is live; empty: none."""
    return next((v.version for v in reversed(event.versions) if v.status.value == "live"), "")
