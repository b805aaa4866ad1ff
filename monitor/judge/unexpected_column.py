"""Columns that no version of a table's events declares."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from monitor.contract.model import BoundTable
from monitor.judge.columns import undeclared_everywhere
from monitor.judge.lookup import Lookup, by_source, only
from monitor.judge.model import Evidence, Finding, Kind, Past, SeriesPast, Severity
from monitor.judge.near import near
from monitor.judge.thresholds import Thresholds
from monitor.judge.words import among, count, listed, per_source, percent, sampled


@dataclass(frozen=True, slots=True)
class _Extra:
    table: BoundTable
    column: str
    native: str
    new: bool
    """The table did not have it when it was first measured."""
    series: tuple[SeriesPast, ...]
    """What carried it in the last days."""
    sampled: bool
    """Rows of the table were passed over in the last days: one of them may have carried it."""

    @property
    def rows(self) -> int:
        return sum(one.undeclared[self.column] for one in self.series)


def find(lookup: Lookup, thresholds: Thresholds) -> Iterable[Finding]:
    """One finding per event and column; more than 20 of one table are one.

    A warning where rows carry it, info where it is new and empty, or nearly so.
    """
    contract, past = lookup.contract, lookup.past
    single: dict[tuple[str, str, str], list[_Extra]] = {}
    for table in contract.tables:
        extras = list(_extras(table, past, lookup))
        if len(extras) > thresholds.group_beyond:
            yield _grouped(lookup, thresholds, table, extras)
            continue
        name = lookup.only_event(table.key)
        for extra in extras:
            single.setdefault((table.landed.env, name or table.key, extra.column), []).append(extra)
    for (_, _, column), extras in sorted(single.items()):
        yield _finding(lookup, thresholds, column, extras)


def _extras(table: BoundTable, past: Past, lookup: Lookup) -> Iterable[_Extra]:
    known = past.tables.get(table.key)
    before = known.before if known else None
    passed_over = any(one.recent_unchecked for one in lookup.series.get(table.key, ()))
    for column in undeclared_everywhere(table):
        carried = tuple(one for one in lookup.series.get(table.key, ()) if one.undeclared.get(column, 0) > 0)
        new = before is not None and before.column(column) is None
        landed = table.landed.table.column(column)
        if carried or new:
            yield _Extra(table, column, landed.native if landed else "", new, carried, passed_over)


def _finding(lookup: Lookup, thresholds: Thresholds, column: str, extras: Sequence[_Extra]) -> Finding:
    tables = sorted({extra.table.key for extra in extras})
    name = lookup.only_event(tables[0])
    event = lookup.events.get(name)
    series = [one for extra in extras for one in extra.series]
    rows = sum(extra.rows for extra in extras)
    of, landed = sum(one.recent_checked for one in series), sum(one.recent_rows for one in series)
    planned = {prop.column for extra in extras for version in extra.table.versions for prop in version.properties}
    hint = near(column, planned - {""})
    loud = rows >= thresholds.for_event(event).min_rows
    none = "no sampled row carries it yet" if any(extra.sampled for extra in extras) else "no row carries it yet"
    carried = f"{count(rows, 'row')} of {of:,}{sampled(of, landed)} carry it" if rows else none
    return Finding(
        kind=Kind.UNEXPECTED_COLUMN,
        severity=thresholds.capped(Severity.WARNING, event) if loud else Severity.INFO,
        message=f"Column {column} of {listed(tables)} is in no version of the plan; {carried}"
        + (f"; did you mean {hint}?" if hint else ""),
        event=name,
        source=only(one.series.source for one in series),
        property=column,
        evidence=Evidence(
            facts=(
                ("type", extras[0].native),
                ("rows", rows),
                ("share", percent(rows / of) if of else None),
                *among(of, landed),
                ("tables", listed(tables)),
                ("versions", listed(sorted({one.series.version or "not resolved" for one in series}))),
                ("sources", per_source(by_source(series))),
                ("new", "yes" if any(extra.new for extra in extras) else "no"),
            ),
            affected=rows,
        ),
        env=extras[0].table.landed.env,
        tables=tuple(tables),
    )


def _grouped(lookup: Lookup, thresholds: Thresholds, table: BoundTable, extras: Sequence[_Extra]) -> Finding:
    name = lookup.only_event(table.key)
    event = lookup.events.get(name)
    most = sorted(extras, key=lambda extra: (-extra.rows, extra.column))
    loud = any(extra.rows >= thresholds.for_event(event).min_rows for extra in extras)
    return Finding(
        kind=Kind.UNEXPECTED_COLUMN,
        severity=thresholds.capped(Severity.WARNING, event) if loud else Severity.INFO,
        message=f"{count(len(extras), 'column')} of {table.key} are in no version of the plan: "
        + listed([extra.column for extra in most]),
        event=name,
        property=table.key,
        evidence=Evidence(
            facts=tuple((extra.column, extra.rows) for extra in most),
            affected=max(extra.rows for extra in extras),
        ),
        env=table.landed.env,
        tables=(table.key,),
    )
