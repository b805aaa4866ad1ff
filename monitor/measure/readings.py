"""What a scan reads out of documents, and for which versions: each property once per row, not once per rule. Pure."""

from collections.abc import Sequence
from typing import TypeAlias

from monitor.contract.model import Extract

Reading: TypeAlias = tuple[Extract | None, ...]
"""What one version reads, by position; None: nothing of its own."""


def readings(wanted: Sequence[Reading]) -> list[tuple[tuple[Extract, ...], list[int]]]:
    """What to read out of documents, and for which versions.

    A version whose properties stand among another's, at the same positions, is read with it: fewer arms, and the
    properties it does not have are NULL in its rows or in nobody's slots.
    """
    merged: list[tuple[Reading, list[int]]] = []
    widest_first = sorted(range(len(wanted)), key=lambda n: -sum(extract is not None for extract in wanted[n]))
    for index in widest_first:
        mine = wanted[index]
        if not any(mine):
            continue
        for reading, indexes in merged:
            if all(extract is None or extract == there for extract, there in zip(mine, reading, strict=True)):
                indexes.append(index)
                break
        else:
            merged.append((mine, [index]))
    return [(_filled(reading), indexes) for reading, indexes in merged]


def _filled(reading: Reading) -> tuple[Extract, ...]:
    """A list has no holes: a position in between that is not used reads what another reads."""
    last = max(n for n, extract in enumerate(reading) if extract is not None)
    filler = next(extract for extract in reading if extract is not None)
    return tuple(extract or filler for extract in reading[: last + 1])
