"""Measurements, findings and incidents made up for tests of the history."""

import sqlite3
from collections.abc import Iterable
from datetime import UTC, datetime
from pathlib import Path

from hypothesis import strategies as st

from monitor.catalog import Column, Family, Table, TableRef
from monitor.history.store import History
from monitor.incidents.model import Delivery, Incident, Intent, State, Transition
from monitor.judge.model import Evidence, Finding, Kind, Severity
from monitor.measure.model import Count, Counts, Failure, Measured, Series, Undeclared

NOW = datetime(2026, 6, 30, 12, 0, tzinfo=UTC)
ORDER = Series("Order Completed", "1-1-0", "web", planned=True, known=True)
ORDER_IOS = Series("Order Completed", "1-1-0", "ios", planned=True, known=True)
POINTERS = ("/order_id", "/currency")
TABLE = Table(
    TableRef("web", "order_completed"),
    (Column("order_id", Family.TEXT, "VARCHAR"), Column("currency", Family.TEXT, "VARCHAR")),
)


def opened(folder: Path) -> History:
    """A history in a file `history.db` of that folder."""
    return History.open("sqlite:///history.db", root=folder)


def count(hour: int, rows: int = 1, *, window: int | None = None, series: int = 0, undeclared: int = 0) -> Count:
    """A count whose properties are all present in all rows, none of them invalid."""
    return Count(series, hour, hour if window is None else window, rows, 0, undeclared, (rows,) * len(POINTERS))


def measured(
    since: int | None,
    until: int,
    counts: Iterable[Count],
    *,
    failures: Iterable[Failure] = (),
    undeclared: Iterable[Undeclared] = (),
    table: str = "web.order_completed",
) -> Measured:
    """A scan of two series of one table."""
    return Measured(
        table=table,
        since=since,
        until=until,
        series=(ORDER, ORDER_IOS),
        properties=(POINTERS, POINTERS),
        counts=Counts.of(counts),
        failures=tuple(failures),
        undeclared=tuple(undeclared),
    )


def dump(path: Path) -> dict[str, list[tuple[object, ...]]]:
    """Every row of every table of a history file."""
    connection = sqlite3.connect(path)
    try:
        names = [name for (name,) in connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'")]
        return {name: sorted(connection.execute(f'SELECT * FROM "{name}"'), key=repr) for name in names}
    finally:
        connection.close()


def finding(message: str = "18.2% of 12,480 rows fail (limit 1%)", severity: Severity = Severity.CRITICAL) -> Finding:
    """A failure rate."""
    return Finding(Kind.FAILURE_RATE, severity, message, "Order Completed", "1-1-0", "ios", evidence=Evidence())


def incident(episode: int = 1, state: State = State.OPEN, sequence: int = 1) -> Incident:
    """An incident about that finding."""
    return Incident("v1:0123456789abcdef", episode, state, Severity.CRITICAL, finding(), NOW, NOW, sequence=sequence)


def transition(after: Incident) -> Transition:
    """Its coming to be."""
    return Transition(None, after, Intent.OPENED, "new")


def delivery(number: str = "m1", *, sequence: int = 1, intent: Intent = Intent.OPENED) -> Delivery:
    """A message about it."""
    return Delivery(number, "v1:0123456789abcdef", 1, intent, sequence, "C1", "18.2% failing", "[]", NOW)


_TEXT = st.text(max_size=20)
_FACT = st.tuples(
    _TEXT, st.none() | _TEXT | st.integers(-(2**53), 2**53) | st.floats(allow_nan=False, allow_infinity=False)
)
_EVIDENCE = st.builds(
    Evidence,
    facts=st.lists(_FACT, max_size=4).map(tuple),
    rules=st.lists(st.tuples(_TEXT, st.integers(0, 10**9)), max_size=3).map(tuple),
    series=st.lists(st.none() | st.integers(0, 10**9), max_size=5).map(tuple),
    series_until=st.integers(0, 10**6),
)


def findings() -> st.SearchStrategy[Finding]:
    """Any finding, with up to two levels of absorbed ones."""
    return st.recursive(_made(st.just(())), lambda inner: _made(st.lists(inner, max_size=2).map(tuple)), max_leaves=4)


def _made(absorbed: st.SearchStrategy[tuple[Finding, ...]]) -> st.SearchStrategy[Finding]:
    return st.builds(
        Finding,
        kind=st.sampled_from(Kind),
        severity=st.sampled_from(Severity),
        message=_TEXT,
        event=_TEXT,
        version=_TEXT,
        source=_TEXT,
        property=_TEXT,
        evidence=_EVIDENCE,
        absorbed=absorbed,
        env=_TEXT,
    )
