r"""ECMA 262 patterns in Python's `re`, for engines that match with a function of ours (SQLite).

Python backtracks: a pattern whose repetitions hold repetitions may take long on texts that were made for that, where
RE2 takes linear time.
"""

from functools import lru_cache
from typing import assert_never

from monitor.sql.regex_tree import WORD, Group, Node, OneOf, Place, Ranges, Repeated, characters, tree

_BMP = 0xFFFF


@lru_cache(maxsize=1_024)
def to_python(pattern: str) -> str:
    r"""A supported pattern as `re` reads it, without flags. Raises ValueError or NoSuchSetError.

    >>> print(to_python(r"^[\w.-]+?$"))
    ^[\--\.0-9A-Z_a-z]+?\Z
    """
    return _branches(tree(pattern))


def _branches(group: Group) -> str:
    return "|".join("".join(map(_said, branch)) for branch in group.branches)


def _said(node: Node) -> str:
    match node:
        case OneOf(ranges):
            return _one(characters(ranges))
        case Place(kind):
            return _PLACES[kind]
        case Group(_, captures):
            return f"{'(' if captures else '(?:'}{_branches(node)})"
        case Repeated(inner, low, high, lazy):
            return f"{_said(inner)}{_times(low, high)}{'?' if lazy else ''}"
        case _:
            assert_never(node)


def _times(low: int, high: int | None) -> str:
    known = {(0, None): "*", (1, None): "+", (0, 1): "?"}.get((low, high))
    return known or f"{{{low},{'' if high is None else high}}}"


def _one(ranges: Ranges) -> str:
    if len(ranges) == 1 and ranges[0][0] == ranges[0][1]:
        return _char(ranges[0][0])
    return _class(ranges) if ranges else "(?!)"


def _class(ranges: Ranges) -> str:
    written = (_char(low) if low == high else f"{_char(low)}-{_char(high)}" for low, high in ranges)
    return f"[{''.join(written)}]"


def _char(code: int) -> str:
    char = chr(code)
    if char.isascii() and (char.isalnum() or char in " _"):
        return char
    if char.isascii() and char.isprintable():
        return f"\\{char}"
    return f"\\u{code:04x}" if code <= _BMP else f"\\U{code:08x}"


_W = _class(WORD)
_PLACES = {
    "start": "^",
    "end": r"\Z",
    "boundary": f"(?:(?<={_W})(?!{_W})|(?<!{_W})(?={_W}))",
    "inside": f"(?:(?<={_W})(?={_W})|(?<!{_W})(?!{_W}))",
}
