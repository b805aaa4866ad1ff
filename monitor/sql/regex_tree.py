r"""A supported pattern as a tree, for engines whose regular expressions are not RE2's.

`to_re2` has read the pattern by a narrow grammar and written it without anything implicit: a class is a set of code
points, every literal sign is escaped. What it wrote is read here once more, into nodes that PostgreSQL's and
Python's spellings are written from. Classes are plain sets, so that no engine's locale has a say in them.
"""

import re
import unicodedata
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cache, lru_cache
from typing import Literal, TypeAlias

from monitor.sql.regex import to_re2

LAST = 0x10FFFF
_CONTROLS = {"t": 9, "n": 10, "v": 11, "f": 12, "r": 13}
_SURROGATES = (0xD800, 0xDFFF)
_TOKEN = re.compile(
    r"\\x\{(?P<hex>[0-9A-Fa-f]+)\}|\\(?P<property>[pP])\{(?P<named>\w+)\}|\\(?P<escaped>.)"
    r"|(?P<open>\(\?P<\w+>|\(\?:|\()|\{(?P<low>\d+)(?P<comma>,(?P<high>\d*))?\}(?P<lazily>\??)"
    r"|(?P<times>[*+?])(?P<lazy>\??)|(?P<char>.)",
    re.DOTALL,
)

Ranges: TypeAlias = tuple[tuple[int, int], ...]
"""Code points from (inclusive) to (inclusive), in order, apart from each other."""

DIGITS: Ranges = ((0x30, 0x39),)
WORD: Ranges = ((0x30, 0x39), (0x41, 0x5A), (0x5F, 0x5F), (0x61, 0x7A))


class NoSuchSetError(Exception):
    """A set of characters that is not known here."""


@dataclass(frozen=True, slots=True)
class OneOf:
    """One character of a set."""

    ranges: Ranges


@dataclass(frozen=True, slots=True)
class Place:
    """A position, not a character."""

    kind: Literal["start", "end", "boundary", "inside"]
    """`boundary`: between an ASCII word character and none; `inside`: everywhere else."""


@dataclass(frozen=True, slots=True)
class Repeated:
    """A node so many times."""

    node: "Node"
    low: int
    high: int | None
    """None: without end."""
    lazy: bool


@dataclass(frozen=True, slots=True)
class Group:
    """Alternatives, each a sequence."""

    branches: tuple[tuple["Node", ...], ...]
    captures: bool = False


Node: TypeAlias = OneOf | Place | Repeated | Group


@lru_cache(maxsize=1_024)
def tree(pattern: str) -> Group:
    """A supported pattern's tree. Raises ValueError where it is not supported, NoSuchSetError for Unicode scripts.

    >>> tree("a|b?").branches
    ((OneOf(ranges=((97, 97),)),), (Repeated(node=OneOf(ranges=((98, 98),)), low=0, high=1, lazy=False),))
    """
    return _Parser(list(_TOKEN.finditer(to_re2(pattern)))).group(captures=False)


class _Parser:
    """Reads tokens of RE2's spelling, which is known to be well formed."""

    def __init__(self, tokens: list[re.Match[str]]) -> None:
        self._tokens = tokens
        self._at = 0

    def group(self, *, captures: bool) -> Group:
        branches: list[tuple[Node, ...]] = []
        nodes: list[Node] = []
        while self._at < len(self._tokens):
            token = self._tokens[self._at]
            self._at += 1
            if token["char"] == ")":
                break
            if token["char"] == "|":
                branches.append(tuple(nodes))
                nodes = []
            elif token["low"] or token["times"]:
                nodes.append(_repeated(nodes.pop(), token))
            else:
                nodes.append(self._node(token))
        return Group((*branches, tuple(nodes)), captures)

    def _node(self, token: re.Match[str]) -> Node:
        if token["open"]:
            return self.group(captures=token["open"] != "(?:")
        if token["char"] == "[":
            return OneOf(self._class())
        if token["char"] == "^":
            return Place("start")
        if token["escaped"] == "z":
            return Place("end")
        if token["escaped"] in {"b", "B"}:
            return Place("boundary" if token["escaped"] == "b" else "inside")
        return OneOf(_set(token))

    def _class(self) -> Ranges:
        negated = self._tokens[self._at]["char"] == "^"
        self._at += negated
        found: list[tuple[int, int]] = []
        while True:
            token = self._tokens[self._at]
            self._at += 1
            if token["char"] == "]":
                break
            if token["char"] == "-":  # a literal one is escaped
                found[-1] = (found[-1][0], _set(self._tokens[self._at])[-1][1])
                self._at += 1
            else:
                found += _set(token)
        ranges = merged(found)
        return without(ranges) if negated else ranges


def _repeated(node: Node, token: re.Match[str]) -> Repeated:
    if token["times"]:
        low, high = {"*": (0, None), "+": (1, None), "?": (0, 1)}[token["times"]]
        return Repeated(node, low, high, bool(token["lazy"]))
    low = int(token["low"])
    if token["comma"] is None:
        return Repeated(node, low, low, bool(token["lazily"]))
    return Repeated(node, low, int(token["high"]) if token["high"] else None, bool(token["lazily"]))


def _set(token: re.Match[str]) -> Ranges:
    if token["hex"]:
        return ((int(token["hex"], 16),) * 2,)
    if token["property"]:
        ranges = category(token["named"])
        return ranges if token["property"] == "p" else without(ranges)
    letter = token["escaped"]
    if letter in {"d", "D"}:
        return DIGITS if letter == "d" else without(DIGITS)
    if letter in {"w", "W"}:
        return WORD if letter == "w" else without(WORD)
    return ((_CONTROLS.get(letter or "", ord(letter or token["char"])),) * 2,)


def merged(ranges: Iterable[tuple[int, int]]) -> Ranges:
    """The same set, in order and without overlaps."""
    done: list[tuple[int, int]] = []
    for low, high in sorted(ranges):
        if done and low <= done[-1][1] + 1:
            done[-1] = (done[-1][0], max(done[-1][1], high))
        else:
            done.append((low, high))
    return tuple(done)


def without(ranges: Ranges, all_of: tuple[int, int] = (0, LAST)) -> Ranges:
    """What is not in the set.

    >>> without(((0, 64), (66, 0x10FFFF)))
    ((65, 65),)
    """
    return tuple(_gaps(ranges, *all_of))


def _gaps(ranges: Ranges, first: int, last: int) -> Iterator[tuple[int, int]]:
    for low, high in ranges:
        if low > first:
            yield first, low - 1
        first = max(first, high + 1)
    if first <= last:
        yield first, last


def characters(ranges: Ranges) -> Ranges:
    """The set without halves of surrogate pairs, which no text holds."""
    return without(merged((*without(ranges), _SURROGATES)))


@cache
def category(name: str) -> Ranges:
    """The code points of a general category, `L` or `Lu`, as this Python's Unicode has them."""
    if not re.fullmatch(r"[LMNPSZC][a-z]?", name):
        raise NoSuchSetError(f"\\p{{{name}}} is only known to engines that match with RE2")
    return merged((code, code) for code in range(LAST + 1) if unicodedata.category(chr(code)).startswith(name))
