"""Which parts of a refused scan the warehouse refuses: found by halves, with statements that read no row."""

from collections.abc import Callable, Mapping

from monitor.contract.model import BoundTable
from monitor.contract.without import askable, without


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


def _only(table: BoundTable, every: tuple[str, ...], names: tuple[str, ...]) -> BoundTable:
    kept = set(names)
    return without(table, {name: "" for name in every if name not in kept})
