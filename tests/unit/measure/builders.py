"""Landed tables for scans: one place that knows all the fields."""

from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import Any

from monitor.catalog import Table
from monitor.contract import bind
from monitor.contract.model import BoundTable
from monitor.landing.model import InColumns, InDocument, Landed, LandedEvent, LandedTable
from monitor.plan.model import Event, EventVersion, Plan
from monitor.sql import tree
from monitor.sql import vocabulary as v

DOCUMENT = InDocument(v.Column("payload"), "original")
COLUMNS = InColumns("original")


def plan(events: Mapping[str, Sequence[Any]]) -> Plan:
    """Events by name with the schemas of their versions 1-0-0, 1-1-0, …; keys are lower case."""
    return Plan(
        tuple(
            Event(
                name, name.lower().replace(" ", "_"), tuple(EventVersion(f"1-{n}-0", one) for n, one in enumerate(held))
            )
            for name, held in events.items()
        ),
        "revision",
    )


def landed(
    table: Table,
    events: Sequence[str],
    payload: InColumns | InDocument = DOCUMENT,
    times: Mapping[str, v.Expr] | None = None,
    **more: Any,
) -> LandedTable:
    """A table whose columns event, version, source and at say what they say; one event makes the name a constant."""
    said: dict[str, v.Expr] = {"time": v.Column("at")} if times is None else dict(times)
    own = {"event", "version", "source", "payload", *(name for at in said.values() for name in tree.columns(at))}
    return LandedTable(
        table=table,
        landing="0:web",
        events=tuple(LandedEvent(name, (name, name.lower().replace(" ", "_")), payload) for name in events),
        event=v.Literal(events[0]) if len(events) == 1 else v.Column("event"),
        version=v.Column("version"),
        source=v.Column("source"),
        time=said.get("time"),
        received=said.get("received"),
        loaded=said.get("loaded"),
        own_columns=frozenset(own),
        lag=timedelta(hours=2),
        **more,
    )


def bound(plan_: Plan, table: LandedTable) -> BoundTable:
    """The table bound to the plan."""
    return bind(plan_, Landed((table,))).tables[0]
