"""Versions whose rows land without the column that would hold their properties."""

from collections.abc import Iterable

from monitor.contract.outline import outline
from monitor.judge.lookup import Lookup, by_source, only
from monitor.judge.model import Evidence, Finding, Kind, SeriesPast, Severity
from monitor.judge.thresholds import Thresholds
from monitor.judge.words import count, listed, per_source


def find(lookup: Lookup, thresholds: Thresholds) -> Iterable[Finding]:
    """One warning per event version: its rows are counted and nothing in them is checked."""
    contract = lookup.contract
    found: dict[tuple[str, str, str, str], list[SeriesPast]] = {}
    rules: dict[tuple[str, str], int] = {}
    for table in contract.tables:
        for version in table.versions if lookup.arrives(table.key) and outline(table).unlanded else ():
            series = lookup.arriving(table.key, version.event, version.version)
            if version.payload_missing and series:
                key = (table.landed.env, version.event, version.version, version.payload_missing)
                found.setdefault(key, []).extend(series)
                rules[version.event, version.version] = len(version.rules)
    for (env, name, number, column), own in sorted(found.items()):
        tables = sorted({one.table for one in own})
        rows = sum(one.recent_rows for one in own)
        event = lookup.events.get(name)
        yield Finding(
            kind=Kind.PAYLOAD_NOT_LANDED,
            severity=thresholds.capped(Severity.WARNING, event),
            message=f"{count(rows, 'row')} of {name} {number} landed without payload: {listed(tables)} has no {column}",
            event=name,
            version=number,
            source=only(one.series.source for one in own),
            evidence=Evidence(
                facts=(
                    ("column", column),
                    ("rows", rows),
                    ("rules not checked", rules[name, number]),
                    ("tables", listed(tables)),
                    ("sources", per_source(by_source(own))),
                ),
                affected=rows,
            ),
            env=env,
            tables=tuple(tables),
        )
