r"""ECMA 262 patterns for Snowflake: RE2 by POSIX's rules, so without `(?:…)`, lazy repetitions and `\p`.

Whether a text matches does not depend on which groups capture, or on laziness: both are left out. Classes are written
as code points.

Source: https://docs.snowflake.com/en/sql-reference/functions-regexp
"""

from functools import lru_cache
from typing import assert_never

from monitor.sql.regex_tree import Group, Node, OneOf, Place, Ranges, Repeated, characters, tree

_PLACES = {"start": "^", "end": "$", "boundary": r"\b", "inside": r"\B"}
_PLAIN = frozenset("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789 _-:/@,;<>=!~#%&'\"`")
_NO_RANGE = "[^\\x{0}-\\x{10ffff}]"


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
        return _NO_RANGE
    if len(ranges) == 1 and ranges[0][0] == ranges[0][1]:
        return _char(ranges[0][0])
    written = (_in_class(low) if low == high else f"{_in_class(low)}-{_in_class(high)}" for low, high in ranges)
    return f"[{''.join(written)}]"


def _char(code: int) -> str:
    char = chr(code)
    return char if char in _PLAIN else f"\\x{{{code:x}}}"


def _in_class(code: int) -> str:
    char = chr(code)
    return char if char.isascii() and char.isalnum() else f"\\x{{{code:x}}}"
