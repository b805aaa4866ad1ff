"""What is old enough to go. Hours and packed days go together, so that measuring a window again stays exact.

What stays: the numbers of series, rules and shapes (runs remember them), watermarks, every incident that is not closed
with all its messages, the plan in use, the columns that tables have or had before, windows that wait.
"""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Final

from sqlalchemy import Connection, Table, and_, delete, exists, func, or_, select
from sqlalchemy.sql.elements import ColumnElement

from monitor.history.catalogs import snapshot
from monitor.history.days import day, day_failure
from monitor.history.incidents import incident, step
from monitor.history.ledger import WindowState, window
from monitor.history.measurements import failure, measurement
from monitor.history.outbox import delivery
from monitor.history.packing import HOURS
from monitor.history.plans import plan
from monitor.history.ranges import undeclared
from monitor.history.runs import run
from monitor.history.windows import landed
from monitor.incidents.model import State
from monitor.measure.model import NO_TIME
from monitor.measure.windows import hour_of

LEAST: Final = timedelta(days=63)
"""Judging reads eight weeks, and a level takes one more."""

_CLOSED: Final = (State.RESOLVED.value, State.WITHDRAWN.value)


def goes(before: datetime) -> Mapping[Table, ColumnElement[bool]]:
    """Per table, which rows are older than that UTC day and needed by nobody; in the order in which they go."""
    first_day = hour_of(before) // HOURS
    first_hour = first_day * HOURS
    closed = and_(incident.c.state.in_(_CLOSED), incident.c.seen_at < before)
    newer = incident.alias("newer")
    later = exists().where(newer.c.fingerprint == incident.c.fingerprint, newer.c.episode > incident.c.episode)
    kept = _same_incident(incident, delivery.c.fingerprint, delivery.c.episode)
    root = exists().where(incident.c.root == delivery.c.id)  # a digest is of no incident, and its members answer it
    told = _same_incident(incident, step.c.fingerprint, step.c.episode)
    adopted = select(run.c.id).where(run.c.rows > 0).order_by(run.c.started_at, run.c.id).limit(2)
    newest_plan = select(func.max(plan.c.last_seen_at)).scalar_subquery()
    used = exists().where(
        landed.c.name == snapshot.c.table_name,
        or_(landed.c.snapshot == snapshot.c.hash, landed.c.before == snapshot.c.hash),
    )
    return {
        measurement: _old(measurement.c.hour, first_hour),
        failure: _old(failure.c.hour, first_hour),
        undeclared: _old(undeclared.c.day, first_day),
        day: day.c.day < first_day,
        day_failure: day_failure.c.day < first_day,
        run: and_(run.c.started_at < before, run.c.id.not_in(adopted)),  # by these it is known that adoption is over
        window: and_(window.c.start < first_hour, window.c.state.in_((WindowState.DONE, WindowState.LATE))),
        # The newest episode of a fingerprint says that it was known before: it stays for as long again.
        incident: and_(closed, or_(later, incident.c.seen_at < before - (LEAST * 2))),
        delivery: and_(delivery.c.sent_at < before, ~kept, ~root),
        step: and_(step.c.at < before, ~told),
        plan: and_(plan.c.last_seen_at < before, plan.c.last_seen_at != newest_plan),
        snapshot: ~used,
    }


def count(connection: Connection, before: datetime) -> Mapping[str, int]:
    """How many rows of each table would go; those of incidents that would go with them are not counted yet."""
    counted = {
        table.name: int(connection.execute(select(func.count()).select_from(table).where(rows)).scalar_one())
        for table, rows in goes(before).items()
    }
    return {name: rows for name, rows in counted.items() if rows}


def prune(connection: Connection, before: datetime) -> Mapping[str, int]:
    """Delete them; how many rows of each table have gone."""
    gone = {
        table.name: int(connection.execute(delete(table).where(rows)).rowcount) for table, rows in goes(before).items()
    }
    return {name: rows for name, rows in gone.items() if rows}


def _old(column: ColumnElement[int], first: int) -> ColumnElement[bool]:
    """Older, and not of the rows without any time, which are measured again as a whole."""
    no_time = (NO_TIME, NO_TIME // HOURS)
    return and_(column < first, column.not_in(no_time))


def _same_incident(of: Table, fingerprint: ColumnElement[str], episode: ColumnElement[int]) -> ColumnElement[bool]:
    return exists().where(of.c.fingerprint == fingerprint, of.c.episode == episode)
