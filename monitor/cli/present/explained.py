"""What `run --explain` shows: what each table would be asked, and what that would read."""

from collections.abc import Iterator, Sequence
from typing import Any, TypeAlias

from monitor.measure.model import Unmeasured
from monitor.measure.windows import moment_of
from monitor.survey import Planned, Untouched

Step: TypeAlias = Planned | Untouched | Unmeasured


def lines(steps: Sequence[Step]) -> Iterator[str]:
    """For people: a line a table that is due, one for the rest, and the sum."""
    due = [step for step in steps if isinstance(step, Planned)]
    for step in due:
        since = "the beginning" if step.since is None else f"{moment_of(step.since):%Y-%m-%d %H:%M}"
        yield (
            f"{step.table}: {_many(len(step.statements), 'statement')} over {_many(step.columns, 'column')},"
            f" {_rows(step.rows)}, {_bytes(step.bytes)};"
            f" {step.reason}, {since} to {moment_of(step.until):%Y-%m-%d %H:%M} UTC"
        )
    for unknown in steps:
        if isinstance(unknown, Unmeasured):
            yield f"{unknown.table}: {unknown.problem}"
    told = [step.bytes for step in due if step.bytes is not None]
    statements = sum(len(step.statements) for step in due)
    still = sum(isinstance(one, Untouched) for one in steps)
    sizes = _bytes(sum(told) if told or not due else None)
    yield f"{_many(statements, 'statement')} over {_many(len(due), 'table')}, {sizes}; {still} with nothing new"


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


def _many(number: int, what: str) -> str:
    return f"{number:,} {what}{'' if number == 1 else 's'}"


def _rows(rows: int | None) -> str:
    return "rows not told by the catalog" if rows is None else f"a table of about {_many(rows, 'row')}"


def _bytes(size: int | None) -> str:
    return "bytes not told by the warehouse" if size is None else _many(size, "byte")
