"""Planned events as one table holds them."""

from dataclasses import dataclass
from typing import NamedTuple

from monitor.catalog import TableRef
from monitor.config.landings import InColumn
from monitor.landing.columns import Columns
from monitor.landing.model import Landed, MissingTable
from monitor.plan.model import Event, Plan
from monitor.sql import vocabulary as sql
from monitor.sql.vocabulary import Expr

UNKNOWN = sql.Literal("unknown")
"""The source of rows that say none."""


class Held(NamedTuple):
    """One planned event and the values of its table's event expression that mean it."""

    event: Event
    raw: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Row:
    """What every row of one table says of itself, and the events that it can be."""

    event: Expr
    source: Expr
    held: tuple[Held, ...] = ()


def is_event(event: Expr, raw: tuple[str, ...]) -> Expr | None:
    """Predicate: the row is one of these; None where every row is, because the table holds nothing else."""
    return None if isinstance(event, sql.Literal) and event.value in raw else sql.OneOf(event, raw)


def planned_for(plan: Plan, source: str | InColumn) -> tuple[Event, ...]:
    """The events that may come from a source; all of them where the rows themselves say the source."""
    if isinstance(source, InColumn):
        return plan.events
    return tuple(event for event in plan.events if not event.sources or source in event.sources)


def source_expr(columns: Columns, source: str | InColumn) -> Expr:
    """Where a row was sent from, never NULL: the configured name, or what the column says (`unknown` if nothing)."""
    if isinstance(source, str):
        return sql.Literal(source)
    said = columns.text(source.column, "source.column")
    return sql.Coalesce((said, UNKNOWN)) if said else UNKNOWN


def one_table_missing(table: str, source: str | InColumn, landing: str) -> Landed:
    """What a landing of one table brings where the catalog does not have it: an error of measurement."""
    said = source if isinstance(source, str) else ""
    return Landed((), (MissingTable(TableRef.parse(table), landing, "", required=True, source=said),))
