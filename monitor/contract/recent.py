"""The versions of the tables that were looked at last stay bound; those of others are bound again when asked for."""

from collections import OrderedDict
from collections.abc import Callable
from typing import TypeAlias

from monitor.contract.model import BoundVersion

Bound: TypeAlias = Callable[[], tuple[BoundVersion, ...]]

MOST = 150_000
"""Rules and properties that stay bound: about 150 MB. 10,000 events of 50 properties would be more than 1 GB."""


class Recent:
    """Bound versions by their contract's hash, up to so many rules and properties, the latest table always."""

    __slots__ = ("_held", "_most", "_size")

    def __init__(self, most: int = MOST) -> None:
        self._most = most
        self._held: OrderedDict[str, tuple[BoundVersion, ...]] = OrderedDict()
        self._size = 0

    def of(self, digest: str, bind: Bound) -> tuple[BoundVersion, ...]:
        """The versions, bound now where they are not any more."""
        found = self._held.get(digest)
        if found is not None:
            self._held.move_to_end(digest)
            return found
        found = bind()
        self._held[digest] = found
        self._size += _weight(found)
        while self._size > self._most and len(self._held) > 1:
            self._size -= _weight(self._held.popitem(last=False)[1])
        return found


def _weight(versions: tuple[BoundVersion, ...]) -> int:
    return sum(len(version.rules) + len(version.properties) for version in versions)
