"""Sharing positions between versions: as many slots as the widest version needs, never their sum."""

from collections.abc import Hashable, Sequence
from typing import TypeVar

T = TypeVar("T", bound=Hashable)


def assign(wants: Sequence[Sequence[T]]) -> tuple[dict[T, int], ...]:
    """Per version, a slot for each of its distinct items.

    The number of slots is that of the widest version. An item that several versions want gets one slot for
    all of them where one is free, so that it is computed once; where none is, it gets a slot in each.

    >>> assign([["a", "b"], ["b", "c"]])
    ({'b': 0, 'a': 1}, {'b': 0, 'c': 1})
    """
    distinct = [tuple(dict.fromkeys(items)) for items in wants]
    if len(distinct) == 1:
        return ({item: slot for slot, item in enumerate(distinct[0])},)
    width = max((len(items) for items in distinct), default=0)
    holders: dict[T, list[int]] = {}
    for version, items in enumerate(distinct):
        for item in items:
            holders.setdefault(item, []).append(version)
    free = [_Free(width) for _ in distinct]
    slots: tuple[dict[T, int], ...] = tuple({} for _ in distinct)
    first = {item: n for n, item in enumerate(holders)}
    reached: dict[tuple[int, ...], int] = {}
    for item in sorted(holders, key=lambda item: (-len(holders[item]), first[item])):
        _place(item, holders[item], free, slots, reached)
    return slots


class _Free:
    """The slots of one version that are still free."""

    __slots__ = ("lowest", "open")

    def __init__(self, width: int) -> None:
        self.open = bytearray(b"\1") * width
        self.lowest = 0

    def take(self, slot: int) -> None:
        self.open[slot] = 0
        while self.lowest < len(self.open) and not self.open[self.lowest]:
            self.lowest += 1


def _place(
    item: T,
    versions: list[int],
    free: list[_Free],
    slots: tuple[dict[T, int], ...],
    reached: dict[tuple[int, ...], int],
) -> None:
    """The lowest slot that is free in all versions; where none is, the lowest of each that is left over.

    `reached`: the slot from which on a group of versions may have one in common. Slots are never given back, so
    each is looked at once per group.
    """
    group = tuple(versions)
    slot, width = reached.get(group, 0), len(free[0].open)
    while slot < width and not all(free[version].open[slot] for version in versions):
        slot += 1
    reached[group] = slot
    while versions:
        if slot >= width:
            slot = free[versions[0]].lowest
        left = []
        for version in versions:
            if free[version].open[slot]:
                slots[version][item] = slot
                free[version].take(slot)
            else:
                left.append(version)
        versions, slot = left, width
