"""What history knows as plain tables: one row an observation, one column a fact, times as times.

For people who count themselves: `monitor.frames` and `trackwarden history export`. Names and kinds of columns are
kept stable; what is packed for judging is unpacked here.
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from typing import Any, Final

from sqlalchemy import Connection, Select, func, select
from sqlalchemy.sql.elements import ColumnElement

from monitor.history.codec import decode
from monitor.history.copying import BATCH
from monitor.history.incidents import incident
from monitor.history.interned import rule
from monitor.history.ledger import window
from monitor.history.measurements import failure, measurement
from monitor.history.outbox import delivery
from monitor.history.runs import run
from monitor.history.series import series
from monitor.judge.model import Severity
from monitor.measure.model import NO_TIME

_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)


class Kind(StrEnum):
    """What a column holds."""

    TEXT = "text"
    INT = "int"
    """Never missing."""
    COUNT = "count"
    """A whole number that may be missing."""
    FLOAT = "float"
    BOOL = "bool"
    MOMENT = "moment"
    """An aware moment, in UTC; may be missing."""


@dataclass(frozen=True, slots=True)
class Tidy:
    """One table: its columns in order, and how a row of the database becomes one of its own."""

    columns: Mapping[str, Kind]
    query: Select[Any]
    hour: ColumnElement[int] | None
    """Whole UTC hours, by which `since` and `until` choose."""
    row: Callable[[Any], tuple[object, ...]] = tuple


def moment(hour: int | None) -> datetime | None:
    """The beginning of an hour; None: a row without any time."""
    return None if hour is None or hour == NO_TIME else _EPOCH + timedelta(hours=hour)


def _incident(row: Any) -> tuple[object, ...]:
    (finding,) = decode(row.finding)
    about = (finding.kind.value, finding.event, finding.version, finding.source, finding.property, finding.message)
    words = (row.state, Severity(row.severity).word, Severity(row.peak).word)
    return (row.fingerprint, row.episode, *words, row.opened_at, row.seen_at, row.resolved_at, *about)


_SERIES: Final = (series.c.table_name, series.c.event, series.c.version, series.c.source)
_SERIES_KINDS: Final = {
    "table": Kind.TEXT, "event": Kind.TEXT, "version": Kind.TEXT, "source": Kind.TEXT,
}  # fmt: skip
_HOURS: Final = {"hour": Kind.MOMENT, "window": Kind.MOMENT}

TIDY: Final[Mapping[str, Tidy]] = {
    "series": Tidy(
        {
            **_SERIES_KINDS, "planned": Kind.BOOL, "known": Kind.BOOL, **_HOURS,
            "rows": Kind.INT, "invalid": Kind.INT, "undeclared": Kind.INT, "checked": Kind.INT,
        },
        select(
            *_SERIES, series.c.planned, series.c.known, measurement.c.hour, measurement.c.window,
            measurement.c.rows.label("counted"), measurement.c.invalid, measurement.c.undeclared,
            func.coalesce(measurement.c.checked, measurement.c.rows).label("checked"),
        ).join_from(measurement, series, series.c.id == measurement.c.series_id)
        .order_by(measurement.c.series_id, measurement.c.window, measurement.c.hour),
        measurement.c.hour,
        lambda row: (*row[:4], bool(row[4]), bool(row[5]), moment(row[6]), moment(row[7]), *row[8:]),
    ),
    "failures": Tidy(
        {**_SERIES_KINDS, "rule": Kind.TEXT, **_HOURS, "failed": Kind.INT},
        select(*_SERIES, rule.c.text, failure.c.hour, failure.c.window, failure.c.failed)
        .join_from(failure, series, series.c.id == failure.c.series_id).join(rule, rule.c.id == failure.c.rule_id)
        .order_by(failure.c.series_id, failure.c.window, failure.c.hour, failure.c.rule_id),
        failure.c.hour,
        lambda row: (*row[:5], moment(row[5]), moment(row[6]), row[7]),
    ),
    "windows": Tidy(
        {
            "start": Kind.MOMENT, "state": Kind.TEXT, "run": Kind.TEXT, "owner": Kind.TEXT, "attempts": Kind.INT,
            "claimed_at": Kind.MOMENT, "finished_at": Kind.MOMENT, "error": Kind.TEXT,
        },
        select(
            window.c.start, window.c.state, window.c.run_id, window.c.owner, window.c.attempts,
            window.c.claimed_at, window.c.finished_at, window.c.error,
        ).order_by(window.c.start),
        window.c.start,
        lambda row: (moment(row[0]), *row[1:]),
    ),
    "runs": Tidy(
        {
            "run": Kind.TEXT, "started_at": Kind.MOMENT, "finished_at": Kind.MOMENT, "plan_revision": Kind.TEXT,
            "exit_code": Kind.COUNT, "tables": Kind.INT, "windows": Kind.INT, "rows": Kind.INT, "queries": Kind.INT,
            "seconds": Kind.FLOAT, "unmeasured": Kind.INT, "findings": Kind.INT,
        },
        select(
            run.c.id, run.c.started_at, run.c.finished_at, run.c.plan_revision, run.c.exit_code, run.c.tables,
            run.c.windows, run.c.rows.label("counted"), run.c.queries, run.c.seconds, run.c.unmeasured, run.c.findings,
        ).order_by(run.c.started_at, run.c.id),
        None,
    ),
    "incidents": Tidy(
        {
            "fingerprint": Kind.TEXT, "episode": Kind.INT, "state": Kind.TEXT, "severity": Kind.TEXT,
            "peak": Kind.TEXT, "opened_at": Kind.MOMENT, "seen_at": Kind.MOMENT, "resolved_at": Kind.MOMENT,
            "kind": Kind.TEXT, "event": Kind.TEXT, "version": Kind.TEXT, "source": Kind.TEXT, "property": Kind.TEXT,
            "message": Kind.TEXT,
        },
        select(
            incident.c.fingerprint, incident.c.episode, incident.c.state, incident.c.severity, incident.c.peak,
            incident.c.opened_at, incident.c.seen_at, incident.c.resolved_at, incident.c.finding,
        ).order_by(incident.c.opened_at, incident.c.fingerprint, incident.c.episode),
        None,
        _incident,
    ),
    "messages": Tidy(
        {
            "id": Kind.TEXT, "fingerprint": Kind.TEXT, "episode": Kind.INT, "intent": Kind.TEXT, "mode": Kind.TEXT,
            "channel": Kind.TEXT, "created_at": Kind.MOMENT, "sent_at": Kind.MOMENT, "attempts": Kind.INT,
            "error": Kind.TEXT, "text": Kind.TEXT,
        },
        select(
            delivery.c.id, delivery.c.fingerprint, delivery.c.episode, delivery.c.intent, delivery.c.mode,
            delivery.c.channel, delivery.c.created_at, delivery.c.sent_at, delivery.c.attempts, delivery.c.error,
            delivery.c.text,
        ).order_by(delivery.c.created_at, delivery.c.id),
        None,
    ),
}  # fmt: skip
"""Every table by its name."""


def batches(connection: Connection, name: str, since: int | None, until: int | None) -> Iterator[list[tuple[Any, ...]]]:
    """A table's rows, some thousands at a time. Tables of hours are cut at the hours `since` and `until`."""
    table = TIDY[name]
    query = table.query
    if table.hour is not None and since is not None:
        query = query.where(table.hour >= since)
    if table.hour is not None and until is not None:
        query = query.where(table.hour < until)
    streaming = connection.execution_options(stream_results=True, max_row_buffer=BATCH)
    for part in streaming.execute(query).partitions(BATCH):
        yield [table.row(row) for row in part]
