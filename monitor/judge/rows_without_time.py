"""Rows all of whose times are empty."""

from collections.abc import Iterable

from monitor.judge.lookup import Lookup
from monitor.judge.model import Evidence, Finding, Kind, Severity
from monitor.judge.thresholds import Thresholds
from monitor.judge.words import count


def find(lookup: Lookup, thresholds: Thresholds) -> Iterable[Finding]:
    """One info finding per table."""
    past = lookup.past
    del thresholds  # a matter of how a table lands: never loud
    for key, table in sorted(past.tables.items()):
        rows = table.no_time_rows
        if rows > 0 and key in lookup.tables:
            yield Finding(
                kind=Kind.ROWS_WITHOUT_TIME,
                severity=Severity.INFO,
                message=f"{count(rows, 'row')} of {key} "
                + ("has no time and belongs to no hour" if rows == 1 else "have no time and belong to no hour"),
                event=lookup.only_event(key),
                property=key,
                evidence=Evidence(facts=(("table", key), ("rows", rows)), affected=rows),
                env=lookup.env(key),
                tables=(key,),
            )
