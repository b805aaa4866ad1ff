"""What `run --explain` shows: what each table would be asked, and what that would read."""

from collections.abc import Iterator, Sequence
from typing import Any, TypeAlias

from monitor.judge.words import count, listed, percent
from monitor.measure.model import Unmeasured
from monitor.measure.sampling import Sample
from monitor.measure.windows import moment_of
from monitor.survey import Planned, Untouched

Step: TypeAlias = Planned | Untouched | Unmeasured


_HEAD = ("table", "statements", "columns", "rows in all", "bytes", "windows (UTC)", "why")
_NUMBERS = range(1, 5)
"""Columns that stand to the right."""


def lines(steps: Sequence[Step]) -> Iterator[str]:
    """For people: a line a table that is due, one for each that is unknown, and the sum."""
    due = [step for step in steps if isinstance(step, Planned)]
    if due:
        yield from _aligned([_HEAD, *map(_row, due)])
    for unknown in steps:
        if isinstance(unknown, Unmeasured):
            yield f"{unknown.table}: {unknown.problem}"
    yield from _samples(due)
    told = [step.bytes for step in due if step.bytes is not None]
    statements = sum(len(step.statements) for step in due)
    still = sum(isinstance(one, Untouched) for one in steps)
    size = f"{sum(told):,} bytes" if told or not due else "bytes not told by the warehouse"
    yield f"{count(statements, 'statement')} over {count(len(due), 'table')}, {size}; {still} with nothing new"


def _samples(due: Sequence[Planned]) -> Iterator[str]:
    """Once for all tables of which it is the same."""
    tables: dict[str, list[str]] = {}
    for step in due:
        if step.sample is not None:
            tables.setdefault(_drawn(step.sample), []).append(step.table)
    for words, names in tables.items():
        yield f"{listed(names) if len(names) < len(due) or len(names) == 1 else 'all of them'}: {words}"


def _drawn(sample: Sample) -> str:
    """What would be asked of a table that is due, in words."""
    how = "drawn by blocks" if sample.blocks else "drawn row by row"
    of = f"{percent(sample.share)} of the rows, {how}"
    return f"rules are asked of {of}, where the range holds more than {sample.above:,}; all rows are counted"


def _row(step: Planned) -> tuple[str, ...]:
    since = "the beginning" if step.since is None else f"{moment_of(step.since):%Y-%m-%d %H:%M}"
    windows = f"{since} to {moment_of(step.until):%Y-%m-%d %H:%M}"
    numbers = (len(step.statements), step.columns, step.rows, step.bytes)
    return (step.table, *("?" if one is None else f"{one:,}" for one in numbers), windows, step.reason)


def _aligned(rows: Sequence[Sequence[str]]) -> Iterator[str]:
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    for row in rows:
        cells = [
            cell.rjust(width) if at in _NUMBERS else cell.ljust(width)
            for at, (cell, width) in enumerate(zip(row, widths, strict=True))
        ]
        yield "  ".join(cells).rstrip()


def _sample(sample: Sample) -> dict[str, Any]:
    return {"share": sample.share, "above": sample.above, "by": "blocks" if sample.blocks else "rows"}


def document(steps: Sequence[Step]) -> dict[str, Any]:
    """The same as JSON: statements in full."""
    return {
        "due": [
            {
                "table": step.table,
                "reason": step.reason,
                "since": None if step.since is None else moment_of(step.since).isoformat(),
                "until": moment_of(step.until).isoformat(),
                "statements": list(step.statements),
                "columns": step.columns,
                "rows": step.rows,
                "bytes": step.bytes,
                "sample": None if step.sample is None else _sample(step.sample),
            }
            for step in steps
            if isinstance(step, Planned)
        ],
        "nothing_new": [{"table": step.table, "reason": step.reason} for step in steps if isinstance(step, Untouched)],
        "unknown": [
            {"table": step.table, "problem": step.problem, "hint": step.hint}
            for step in steps
            if isinstance(step, Unmeasured)
        ],
    }
