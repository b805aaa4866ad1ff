"""Small contracts and pasts, said in a line each."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date

import numpy as np
from numpy.typing import NDArray

from monitor.catalog import Column, Family, Table, TableRef
from monitor.contract.model import BoundProperty, BoundTable, BoundVersion, Compiled, Contract, Rule, Unmeasurable
from monitor.judge.model import Past, SeriesPast, TablePast
from monitor.landing.model import InColumns, LandedEvent, LandedTable
from monitor.measure.model import Series, Unmeasured
from monitor.plan.model import Event, EventVersion, Plan, Status, Tier
from monitor.sql.vocabulary import Column as Named
from monitor.sql.vocabulary import IsNull, Literal

START = 494_424
"""2026-05-28 00:00 UTC, a Thursday."""
HOURS = 56 * 24
UNTIL = START + HOURS
NATIVE = {Family.TEXT: "VARCHAR", Family.NUMBER: "DOUBLE", Family.INTEGER: "BIGINT", Family.BOOLEAN: "BOOLEAN"}


def event(
    name: str,
    *versions: str,
    tier: Tier = Tier.STANDARD,
    team: str = "checkout",
    sources: tuple[str, ...] = (),
    retired: Mapping[str, date | None] | None = None,
) -> Event:
    gone = retired or {}
    numbers = versions or ("1-0-0",)
    key = name.lower().replace(" ", "_")
    planned = tuple(
        EventVersion(v, {}, Status.RETIRED if v in gone else Status.LIVE, until=gone.get(v)) for v in numbers
    )
    return Event(name, key, planned, team=team, tier=tier, sources=sources)


def prop(
    name: str,
    *,
    required: bool = False,
    family: Family = Family.TEXT,
    landed: bool = True,
    fits: bool = True,
    types: tuple[str, ...] = ("string",),
) -> BoundProperty:
    return BoundProperty(
        pointer=f"/{name}",
        name=name,
        types=types,
        required=required,
        column=name,
        family=family if landed else None,
        native=NATIVE[family] if landed else "",
        landed=landed,
        fits=fits,
    )


def rule(event_key: str, version: str, name: str, keyword: str, *, unmeasurable: bool = False) -> Rule:
    verdict = Unmeasurable("landed as VARCHAR") if unmeasurable else Compiled(IsNull(Named(name)))
    return Rule(f"{event_key}@{version}#/{name}:{keyword}", f"/{name}", keyword, "1", f"{name} {keyword}", verdict)


def version(
    name: str,
    number: str = "1-0-0",
    *properties: BoundProperty,
    rules: tuple[Rule, ...] = (),
    undeclared: tuple[str, ...] = (),
    payload_missing: str = "",
) -> BoundVersion:
    return BoundVersion(
        event=name,
        key=name.lower().replace(" ", "_"),
        version=number,
        status=Status.LIVE,
        raw_events=(name,),
        raw_versions=(number,),
        properties=properties,
        rules=rules,
        undeclared_columns=undeclared,
        payload_missing=payload_missing,
    )


def table(key: str, *versions: BoundVersion, columns: Sequence[Column] = (), env: str = "prod") -> BoundTable:
    names = {one.event for one in versions}
    landed = LandedTable(
        table=Table(TableRef.parse(key), tuple(columns)),
        landing="0",
        events=tuple(LandedEvent(name, (name,), InColumns("original")) for name in sorted(names)),
        event=Literal(""),
        version=Literal(None),
        source=Literal(None),
        time=None,
        received=None,
        loaded=None,
        own_columns=frozenset(),
        env=env,
    )
    return BoundTable(landed, versions, "hash", planned=bool(versions))


def contract(events: Sequence[Event], *tables: BoundTable) -> Contract:
    return Contract(Plan(tuple(events), "abc123abc123"), tables)


def columns(*names: str) -> tuple[Column, ...]:
    return tuple(Column(name, Family.TEXT, "VARCHAR") for name in names)


def flat(per_hour: int, hours: int = HOURS) -> NDArray[np.int64]:
    return np.full(hours, per_hour, dtype=np.int64)


def last(hours: int, per_hour: int) -> NDArray[np.int64]:
    """Nothing, then so much in each of the last hours."""
    rows = flat(0)
    rows[-hours:] = per_hour
    return rows


@dataclass(frozen=True)
class Given:
    """What `series` makes by default, said once."""

    table: str = "raw.events"
    source: str = "web"
    planned: bool = True
    known: bool = True
    failed: Mapping[str, NDArray[np.int64]] = field(default_factory=dict)
    undeclared: Mapping[str, int] = field(default_factory=dict)


GIVEN = Given()


def series(name: str, number: str, rows: NDArray[np.int64], given: Given = GIVEN) -> SeriesPast:
    seen = np.flatnonzero(rows)
    return SeriesPast(
        series=Series(name, number, given.source, given.planned, given.known),
        table=given.table,
        first_hour=START + int(seen[0]) if len(seen) else UNTIL,
        last_hour=START + int(seen[-1]) if len(seen) else UNTIL,
        rows=rows,
        invalid=np.zeros_like(rows),
        failed=given.failed,
        undeclared=given.undeclared,
        present={},
        recent_rows=int(rows[-72:].sum()),
    )


def past(
    *members: SeriesPast, lag: int = 0, unmeasured: Sequence[Unmeasured] = (), before: Table | None = None
) -> Past:
    """All tables measured up to `UNTIL`; the last `lag` hours are not settled."""
    tables = {one.table for one in members}
    known = {name: TablePast(name, START, UNTIL, UNTIL - lag, before) for name in tables}
    return Past(START, UNTIL, members, known, tuple(unmeasured))


def with_table(given: Past, key: str, *, no_time_rows: int = 0, duplicates: int = 0) -> Past:
    changed = replace(given.tables[key], no_time_rows=no_time_rows, duplicates=duplicates)
    return replace(given, tables={**given.tables, key: changed})


def seasonal(scale: float, seed: int, dispersion: float = 0.02, hours: int = HOURS) -> NDArray[np.int64]:
    """Negative binomial counts with a day and a week in them."""
    rng = np.random.default_rng(seed)
    hour = np.arange(hours)
    day = np.exp(1.1 * np.sin(2 * np.pi * ((hour % 24) + rng.integers(0, 24)) / 24))
    week = np.where((hour // 24) % 7 >= 5, rng.uniform(0.4, 1.2), 1.0)
    rate = rng.gamma(1 / dispersion, dispersion * scale * day * week)
    return np.asarray(rng.poisson(rate), dtype=np.int64)
