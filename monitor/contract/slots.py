"""Sharing positions between versions: as many slots as the widest version needs, never their sum."""

from collections import Counter
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
    width = max((len(items) for items in distinct), default=0)
    holders: dict[T, list[int]] = {}
    for version, items in enumerate(distinct):
        for item in items:
            holders.setdefault(item, []).append(version)
    free = [set(range(width)) for _ in distinct]
    slots: tuple[dict[T, int], ...] = tuple({} for _ in distinct)
    first = {item: n for n, item in enumerate(holders)}
    for item in sorted(holders, key=lambda item: (-len(holders[item]), first[item])):
        _place(item, holders[item], free, slots)
    return slots


def _place(item: T, versions: list[int], free: list[set[int]], slots: tuple[dict[T, int], ...]) -> None:
    votes = Counter(slot for version in versions for slot in free[version])
    while versions:
        slot = min(votes, key=lambda slot: (-votes[slot], slot))
        taken = [version for version in versions if slot in free[version]]
        for version in taken:
            slots[version][item] = slot
            free[version].discard(slot)
        del votes[slot]
        versions = [version for version in versions if version not in taken]
