"""A series is one event on one source: what the warehouse's statements are filled in with."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import assert_never

from monitor.demo.clock import Clock, timestamp
from monitor.demo.events import EVENTS
from monitor.demo.seeds import FewerRows, NewColumn, OtherValues, OtherVersion, Seed, TurnsText, UnplannedEvent
from monitor.demo.shop import Property, ShopEvent, Source
from monitor.demo.sources import SOURCES

NEW_COLUMN_TYPE = "VARCHAR"
FIRST_DRAW = 50
"""Draws from here on are the problems' own; rows and properties use those below."""


@dataclass(frozen=True, slots=True)
class Series:
    """One event on one source, with its problems already written into its expressions."""

    id: int
    """Chance depends on it: it must not change when another series comes or goes."""
    event: ShopEvent
    source: Source
    version_sql: str
    properties: tuple[Property, ...]
    begins: timedelta | None = None
    """How long before now it began; None: it was always there."""
    changes: tuple[timedelta, float] = (timedelta(0), 1.0)
    """How long before now its rate changed, and by which factor."""

    @property
    def table(self) -> str:
        """Where its rows land."""
        return f"{self.source.table}.{self.event.slug}" if self.source.layout == "segment" else self.source.table


def all_series(clock: Clock, seeds: Sequence[Seed] = ()) -> tuple[Series, ...]:
    """Every event on every source that sends it, with the problems of `seeds`; the same ids whatever the seeds."""
    planned = tuple(_planned(clock))
    unplanned = tuple(
        _unplanned(seed, planned, 900 + number) for number, seed in enumerate(seeds) if isinstance(seed, UnplannedEvent)
    )
    return tuple(_with(series, seeds, clock) for series in planned + unplanned)


def _planned(clock: Clock) -> Iterator[Series]:
    for event_number, event in enumerate(EVENTS):
        for source in SOURCES:
            if source.name in event.rates:
                yield Series(
                    id=10 * event_number + source.id,
                    event=event,
                    source=source,
                    version_sql=_version(event, source, clock),
                    properties=event.properties,
                )


def _version(event: ShopEvent, source: Source, clock: Clock) -> str:
    """The version that the row's release sends."""
    shipped = [release for release in source.releases if release.tracking and release.tracking == event.changed_by]
    if not shipped:
        return f"'{event.version}'"
    since = timestamp(clock.ago(timedelta(days=shipped[0].days_ago)))
    return f"CASE WHEN installed >= {since} THEN '{event.version}' ELSE '{event.before}' END"


def _unplanned(seed: UnplannedEvent, planned: Sequence[Series], number: int) -> Series:
    """A series that resembles another one under a name of its own."""
    model = next(s for s in planned if s.event.name == seed.beside and s.source.name == seed.source)
    rates = {seed.source: model.event.rates[seed.source] * seed.share}
    event = replace(model.event, name=seed.event, rates=rates)
    return replace(model, id=number, event=event, begins=seed.age)


def _with(series: Series, seeds: Sequence[Seed], clock: Clock) -> Series:
    """The series with those of the problems that are its own."""
    for number, seed in enumerate(seeds):
        if (seed.event, seed.source) == (series.event.name, series.source.name):
            series = _with_one(series, seed, _takes(seed, FIRST_DRAW + number, clock))
    return series


def _takes(seed: Seed, draw: int, clock: Clock) -> str:
    """The SQL condition of the rows that a problem takes; each problem draws for itself."""
    since = f"received >= {timestamp(clock.ago(seed.age))}"
    return since if isinstance(seed, FewerRows) else f"{since} AND u(key, {draw}) < {seed.share}"


def _with_one(series: Series, seed: Seed, takes: str) -> Series:
    match seed:
        case OtherValues():
            return _rewritten(series, seed.property, f"CASE WHEN {takes} THEN {seed.sql} ELSE {{sql}} END")
        case TurnsText():
            text = f"CASE WHEN {takes} THEN {seed.sql} ELSE printf('%.2f', {{sql}}) END"
            return _rewritten(series, seed.property, text)
        case NewColumn():
            column = Property(seed.column, NEW_COLUMN_TYPE, f"CASE WHEN {takes} THEN {seed.sql} END")
            return replace(series, properties=(*series.properties, column))
        case OtherVersion():
            version = f"CASE WHEN {takes} THEN '{seed.version}' ELSE {series.version_sql} END"
            return replace(series, version_sql=version)
        case FewerRows():
            return replace(series, changes=(seed.age, seed.left))
        case UnplannedEvent():
            return series
        case _:
            assert_never(seed)


def _rewritten(series: Series, name: str, template: str) -> Series:
    """The series with one property's expression replaced; `{sql}` in the template is the expression it had."""
    properties = tuple(replace(p, sql=template.format(sql=p.sql)) if p.name == name else p for p in series.properties)
    return replace(series, properties=properties)
