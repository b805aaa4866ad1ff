"""Event ids that occur more than once."""

from collections.abc import Iterable

from monitor.judge.lookup import Lookup
from monitor.judge.model import Evidence, Finding, Kind, Severity
from monitor.judge.thresholds import Thresholds
from monitor.judge.words import count


def find(lookup: Lookup, thresholds: Thresholds) -> Iterable[Finding]:
    """One info finding per table: repeated ids are normal at a low rate, and worth saying."""
    past = lookup.past
    del thresholds  # a matter of delivery at least once: never loud
    for key, table in sorted(past.tables.items()):
        rows = table.duplicates
        if rows > 0 and key in lookup.tables:
            yield Finding(
                kind=Kind.DUPLICATED_IDS,
                severity=Severity.INFO,
                message=f"{count(rows, 'row')} of {key} with the id of an earlier row",
                event=lookup.only_event(key),
                property=key,
                evidence=Evidence(facts=(("table", key), ("rows", rows)), affected=rows),
                env=lookup.env(key),
                tables=(key,),
            )
