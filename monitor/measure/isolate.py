"""What cannot be asked of a table: what its engine has no words for, and which parts of a refused scan it refuses.

The second is found by halves, with statements that read no row.
"""

from collections.abc import Callable, Mapping

import sqlalchemy as sa

from monitor.contract.model import BoundTable
from monitor.contract.without import askable, asked, without
from monitor.sql.writer import Unsayable, Writer


def refused(table: BoundTable, ask: Callable[[BoundTable], str | None]) -> Mapping[str, str]:
    """What the warehouse refuses of a table's contract → its words; empty where no single part is to blame.

    `ask` has the warehouse bind a contract (`scan.check`): its words where it refuses, None where it does not.
    """
    every = askable(table)
    if not every or ask(_only(table, every, ())) is not None:
        return {}
    found: dict[str, str] = {}
    waiting = [every]
    while waiting:
        names = waiting.pop()
        words = ask(_only(table, every, names))
        if words is None:
            continue
        if len(names) == 1:
            found[names[0]] = words
        else:
            half = len(names) // 2
            waiting += [names[:half], names[half:]]
    return found


def unsaid(table: BoundTable, writer: Writer) -> Mapping[str, str]:
    """What the engine has no words for (`askable`) → its reason; asked where a scan could not be written."""
    writer.bind_extracted(lambda _: sa.null(), lambda _: sa.null())  # where they will stand does not matter here
    found: dict[str, str] = {}
    for name, expr in asked(table):
        try:
            writer.expr(expr)
        except Unsayable as reason:
            found[name] = str(reason)
    return found


def _only(table: BoundTable, every: tuple[str, ...], names: tuple[str, ...]) -> BoundTable:
    kept = set(names)
    return without(table, {name: "" for name in every if name not in kept})
