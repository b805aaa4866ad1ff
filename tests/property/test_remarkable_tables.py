"""Most tables are judged by their outline alone: what is found must be what looking at every column would find."""

from typing import Any

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from monitor.catalog import Column, Family, Table, TableRef
from monitor.contract import Binder
from monitor.contract.field import fits
from monitor.contract.outline import Keeping
from monitor.judge.judge import judge
from monitor.judge.model import Kind, Past, SeriesPast, TablePast
from monitor.judge.thresholds import Thresholds
from monitor.landing.model import InColumns, Landed, LandedEvent, LandedTable
from monitor.measure.model import Series
from monitor.plan.model import Event, EventVersion, Plan
from monitor.sql import vocabulary as v

NAMES = ("a", "b", "c")
FAMILIES = {"text": Family.TEXT, "integer": Family.INTEGER, "number": Family.NUMBER, "date": Family.DATE}
HOURS = 48
WIDER = {(Family.INTEGER, Family.NUMBER), (Family.DATE, Family.TIMESTAMP)}

columns = st.dictionaries(st.sampled_from(NAMES), st.sampled_from(sorted(FAMILIES)))
schemas = st.fixed_dictionaries(
    {
        "required": st.lists(st.sampled_from(NAMES), unique=True),
        "properties": st.dictionaries(st.sampled_from(NAMES), st.sampled_from(["string", "number", "integer"])),
    }
)


def _table(held: dict[str, str]) -> Table:
    named = tuple(Column(name, FAMILIES[kind], kind.upper()) for name, kind in sorted(held.items()))
    return Table(TableRef("", "t"), (*named, Column("at", Family.TIMESTAMP, "TIMESTAMP")))


def _landed(table: Table) -> LandedTable:
    return LandedTable(
        table,
        "0",
        (LandedEvent("Event", ("Event",), InColumns("original")),),
        event=v.Literal("Event"),
        version=v.Literal("1-0-0"),
        source=v.Literal(""),
        time=v.Column("at"),
        received=None,
        loaded=None,
        own_columns=frozenset({"at"}),
    )


def _past(before: Table | None, arriving: int, carried: dict[str, int]) -> Past:
    rows = np.full(HOURS, arriving, dtype=np.int64)
    series = SeriesPast(
        series=Series("Event", "1-0-0", "", planned=True, known=True),
        table="t",
        first_hour=0,
        last_hour=HOURS - 1,
        rows=rows,
        invalid=np.zeros(0, np.int64),
        failed={},
        undeclared=carried,
        present={},
        recent_rows=int(rows.sum()),
    )
    return Past(0, HOURS, (series,), {"t": TablePast("t", 0, HOURS, HOURS, before)})


@given(schemas, columns, st.none() | columns, st.sampled_from([0, 20]))
def test_what_is_found_of_columns_is_what_looking_at_each_would_find(
    said: dict[str, Any], now: dict[str, str], then: dict[str, str] | None, arriving: int
) -> None:
    planned = said["properties"]
    schema = {
        "type": "object",
        "required": [name for name in said["required"] if name in planned],
        "properties": {name: {"type": kind} for name, kind in planned.items()},
    }
    plan = Plan((Event("Event", "event", (EventVersion("1-0-0", schema),)),), "revision")
    landed = Landed((_landed(_table(now)),))
    before = None if then is None else _table(then)
    carried = {name: 7 for name in now if name not in planned}
    past = _past(before, arriving, carried if arriving else {})
    kept: dict[str, Any] = {}
    first = judge(Binder(plan, landed, keeping=Keeping(kept)).contract(), past, Thresholds())
    again = judge(Binder(plan, landed, keeping=Keeping(kept)).contract(), past, Thresholds())
    assert again == first, "a known outline makes no difference"

    old = {} if then is None else {name: FAMILIES[kind] for name, kind in then.items()}
    new = {name: FAMILIES[kind] for name, kind in now.items()}
    moved = {
        name for name in new.keys() & old.keys() if new[name] is not old[name] and (old[name], new[name]) not in WIDER
    }
    wrong = {name for name in planned.keys() & new.keys() if name in moved or not fits((planned[name],), new[name])}
    missing = {name for name in planned.keys() - new.keys() if name in schema["required"] or name in old}
    extra = {name for name in new.keys() - planned.keys() if arriving or (then is not None and name not in old)}
    if not arriving:
        wrong, missing = set(), set()
    assert _of(first, Kind.COLUMN_TYPE_CHANGED) == wrong
    assert _of(first, Kind.MISSING_COLUMN) == missing
    assert _of(first, Kind.UNEXPECTED_COLUMN) == extra


def _of(found: Any, kind: Kind) -> set[str]:
    """Absorbed ones count: one cause, one finding."""
    every = [*found, *(below for one in found for below in one.absorbed)]
    return {one.property for one in every if one.kind is kind}
