r"""ECMA 262 patterns for Snowflake: POSIX's extended ones, so without `(?:…)`, lazy repetitions, `\p` and `\x`.

Whether a text matches does not depend on which groups capture, or on laziness: both are left out. Characters stand as
themselves. Classes are bracket expressions that POSIX and RE2 read alike: what means something in one of them stands
where it means nothing, and a backslash stands twice. A dot is any character: Snowflake's parameter `s`.

Source: https://docs.snowflake.com/en/sql-reference/functions-regexp
"""

from collections.abc import Iterator
from functools import lru_cache
from typing import assert_never

from monitor.sql.regex_tree import LAST, Group, Node, OneOf, Place, Ranges, Repeated, characters, tree, without

_PLACES = {"start": "^", "end": "$", "boundary": r"\b", "inside": r"\B"}
_MEANT = frozenset(r"\.[]{}()*+?^$|")
"""What means something outside brackets."""
_MEANT_INSIDE = tuple(map(ord, r"-[\]^"))
_NEVER = r"\b\B"
"""What matches nowhere: a place cannot be both."""


@lru_cache(maxsize=1_024)
def to_posix(pattern: str) -> str:
    r"""A supported pattern as Snowflake reads it. Raises ValueError or NoSuchSetError.

    >>> print(to_posix(r"^(?:a|\d+?)$"))
    ^(a|[0-9]+)$
    """
    return _branches(tree(pattern))


@lru_cache(maxsize=1_024)
def first_group(pattern: str) -> int:
    r"""Which of `to_posix`'s groups, from 1, is the pattern's own first one; 0: it has none.

    >>> first_group("(?:a)(b)"), first_group("a")
    (2, 0)
    """
    seen = 0

    def look(group: Group) -> int:
        nonlocal seen
        for branch in group.branches:
            for node in branch:
                inner = node.node if isinstance(node, Repeated) else node
                if isinstance(inner, Group):
                    seen += 1
                    found = seen if inner.captures else look(inner)
                    if found:
                        return found
        return 0

    return look(tree(pattern))


def _branches(group: Group) -> str:
    return "|".join("".join(map(_said, branch)) for branch in group.branches)


def _said(node: Node) -> str:
    match node:
        case OneOf(ranges):
            return _one(characters(ranges))
        case Place(kind):
            return _PLACES[kind]
        case Group():
            return f"({_branches(node)})"
        case Repeated(inner, low, high):
            return f"{_said(inner)}{_times(low, high)}"
        case _:
            assert_never(node)


def _times(low: int, high: int | None) -> str:
    known = {(0, None): "*", (1, None): "+", (0, 1): "?"}.get((low, high))
    return known or f"{{{low}}}" if low == high else known or f"{{{low},{'' if high is None else high}}}"


def _one(ranges: Ranges) -> str:
    if not ranges:
        return _NEVER
    if len(ranges) == 1 and ranges[0][0] == ranges[0][1]:
        char = chr(ranges[0][0])
        return f"\\{char}" if char in _MEANT else char
    if ranges[-1][1] < LAST:
        return f"[{_inside(ranges)}]"
    others = characters(without(ranges))
    return f"[^{_inside(others)}]" if others else "."


def _inside(ranges: Ranges) -> str:
    """What stands in brackets: `]` first, `-` last, `^` not first unless it is after a negation, `[` before no dot."""
    meant = [chr(code) for code in _MEANT_INSIDE if any(low <= code <= high for low, high in ranges)]
    plain = "".join(_range(low, high) for low, high in _apart(ranges))
    first = "]" if "]" in meant else ""
    rest = ("\\\\" if "\\" in meant else "") + ("[" if "[" in meant else "") + ("^" if "^" in meant else "")
    last = "-" if "-" in meant else ""
    if not first + plain and rest == "^":
        return f"{last}{rest}"
    return f"{first}{plain}{rest}{last}"


def _range(low: int, high: int) -> str:
    return chr(low) if low == high else f"{chr(low)}-{chr(high)}"


def _apart(ranges: Ranges) -> Iterator[tuple[int, int]]:
    """The ranges, none of which begins or ends at a sign that means something inside brackets."""
    for low, high in ranges:
        begin, end = low, high
        while begin in _MEANT_INSIDE and begin <= end:
            begin += 1
        while end in _MEANT_INSIDE and begin <= end:
            end -= 1
        if begin <= end:
            yield begin, end
