r"""ECMA 262 patterns as warehouses read them: what cannot be said is found before a scan is built.

JSON Schema's patterns are ECMA 262. Engines that match with RE2 (DuckDB, BigQuery, ClickHouse) share most of it,
refuse some and read some otherwise; a pattern that an engine refuses would take the whole statement with it. So a
pattern is read token by token, by a grammar narrower than any engine's: `unsupported` says what falls outside, and
`to_re2` writes what falls inside in RE2's spelling. Single characters are in monitor/sql/regex_characters.py.

ECMA's meaning is kept: `\d` and `\w` are ASCII, `\s` is Unicode's white space, `.` stops at four line ends, `$` is
the very end of the text. Sources: ECMA 262 (22.2 Patterns, annex B), https://github.com/google/re2/wiki/Syntax.
"""

import re
from dataclasses import dataclass, field
from functools import lru_cache

from monitor.sql.regex_characters import (
    SETS,
    SPACES,
    UnsupportedError,
    character,
    class_item,
    coded,
    literal,
    property_of,
    range_of,
    refuse,
    size,
)

_MAX_LENGTH = 2_000
_MAX_REPEAT = 1_000
"""RE2's limit of a repetition, nested ones multiplied."""
_MAX_COST = 50_000
"""Instructions; RE2 gives up at about 80,000 in the 8 MB that engines give it."""

_DOT = r"[^\n\r\x{2028}\x{2029}]"
_COUNT = re.compile(r"\{(\d+)(,(\d*))?\}")
_NAMED = re.compile(r"\(\?<([A-Za-z_][A-Za-z0-9_]*)>")


def unsupported(pattern: str) -> str:
    """Why no warehouse can match the pattern; empty where it can be.

    >>> unsupported("^[A-Z]{3}$")
    ''
    >>> unsupported("(?=x)")
    'look-around is not matched by warehouses'
    """
    return _translated(pattern)[1]


def to_re2(pattern: str) -> str:
    r"""A supported pattern in RE2's spelling. Raises ValueError with the reason where it is not supported.

    >>> to_re2(r"^\u00e9+$")
    '^\\x{00e9}+\\z'
    """
    written, reason = _translated(pattern)
    if reason:
        raise ValueError(reason)
    return written


@lru_cache(maxsize=4_096)
def _translated(pattern: str) -> tuple[str, str]:
    if len(pattern) > _MAX_LENGTH:
        return "", f"the pattern is longer than {_MAX_LENGTH} characters"
    try:
        return _Reader(pattern).read(), ""
    except UnsupportedError as refused:
        return "", str(refused)


@dataclass(slots=True)
class _Atom:
    """What a repetition may follow: its instructions, and how often its inner repetitions already repeat."""

    cost: int = 1
    repeats: int = 1


@dataclass(slots=True)
class _Group:
    cost: int = 1
    repeats: int = 1

    def take(self, atom: _Atom | None) -> None:
        if atom is not None:
            self.cost += atom.cost
            self.repeats = max(self.repeats, atom.repeats)


@dataclass(slots=True)
class _Reader:
    """One pass over a pattern: RE2's spelling out, or a refusal."""

    pattern: str
    at: int = 0
    out: list[str] = field(default_factory=list)
    groups: list[_Group] = field(default_factory=lambda: [_Group()])
    names: set[str] = field(default_factory=set)
    atom: _Atom | None = None
    """The last atom, while a repetition may still follow it."""

    def read(self) -> str:
        while self.at < len(self.pattern):
            self._token(self.pattern[self.at])
        if len(self.groups) > 1:
            refuse("the pattern is not valid: a group is not closed")
        self.groups[0].take(self.atom)
        if self.groups[0].cost > _MAX_COST:
            refuse("the pattern repeats too much")
        return "".join(self.out)

    def _token(self, char: str) -> None:
        if char in "*+?":
            self._repeat(char, len(char), 1, times=1)
        elif char == "{" and (count := _COUNT.match(self.pattern, self.at)):
            self._counted(count)
        elif char == "(":
            self._open()
        elif char == ")":
            self._close()
        elif char == "[":
            self._class()
        elif char == "\\":
            self._escape()
        elif char in "|^$":
            self._atom(None, {"|": "|", "^": "^", "$": r"\z"}[char], 1)
        else:
            self._atom(_Atom(20), _DOT, 1) if char == "." else self._atom(_Atom(size(ord(char))), literal(char), 1)

    def _atom(self, atom: _Atom | None, written: str, length: int) -> None:
        self.groups[-1].take(self.atom)
        self.atom = atom
        self.out.append(written)
        self.at += length

    # ── repetitions ─────────────────────────────────────────────────────────────────────────────────

    def _counted(self, count: re.Match[str]) -> None:
        low = int(count[1][:6])
        high = int(count[3][:6]) if count[3] else low
        if max(low, high) > _MAX_REPEAT:
            refuse(f"repeats more than {_MAX_REPEAT} times")
        if high < low:
            refuse("the pattern is not valid: a repetition's bounds are the wrong way round")
        self._repeat(count[0], len(count[0]), max(high, 1) + (count[2] == ","), times=max(high, 1))

    def _repeat(self, written: str, length: int, copies: int, *, times: int) -> None:
        if self.atom is None:
            refuse("the pattern is not valid: nothing to repeat")
        repeats = self.atom.repeats * times
        if repeats > _MAX_REPEAT:
            refuse(f"repeats more than {_MAX_REPEAT} times")
        self.at += length
        if self.pattern.startswith("?", self.at):
            written, self.at = written + "?", self.at + 1
        if self.pattern[self.at : self.at + 1] in {"*", "+", "?"} or _COUNT.match(self.pattern, self.at):
            refuse("the pattern is not valid: a repetition of a repetition")
        self.groups[-1].take(_Atom(self.atom.cost * copies + 1, repeats))
        self.atom = None
        self.out.append(written)

    # ── groups ──────────────────────────────────────────────────────────────────────────────────────

    def _open(self) -> None:
        rest = self.pattern[self.at : self.at + 4]
        if rest.startswith(("(?=", "(?!", "(?<=", "(?<!")):
            refuse("look-around is not matched by warehouses")
        written, length = "(", 1
        if rest.startswith("(?:"):
            written, length = "(?:", 3
        elif named := _NAMED.match(self.pattern, self.at):
            if named[1] in self.names:
                refuse(f"the pattern is not valid: two groups are named {named[1]}")
            self.names.add(named[1])
            written, length = f"(?P<{named[1]}>", len(named[0])
        elif rest.startswith("(?"):
            refuse("the pattern uses what ECMA 262 does not have")
        self._atom(None, written, length)
        self.groups.append(_Group())

    def _close(self) -> None:
        if len(self.groups) == 1:
            refuse("the pattern is not valid: a group is closed that was not opened")
        group = self.groups.pop()
        group.take(self.atom)
        self.atom = None
        self._atom(_Atom(group.cost + 1, group.repeats), ")", 1)

    # ── escapes ─────────────────────────────────────────────────────────────────────────────────────

    def _escape(self) -> None:
        letter = self.pattern[self.at + 1 : self.at + 2]
        if letter in "bB" and letter:
            self._atom(None, f"\\{letter}", 2)
        elif letter in "123456789k" and letter:
            refuse("back-references are not matched by warehouses")
        elif letter in "sS" and letter:
            self._atom(_Atom(40), f"[{SPACES}]" if letter == "s" else f"[^{SPACES}]", 2)
        elif letter in SETS:
            self._atom(_Atom(20), f"\\{letter}", 2)
        elif letter in "pP" and letter:
            written, length = property_of(self.pattern, self.at + 1)
            self._atom(_Atom(800), written, length + 1)
        else:
            code, length = character(self.pattern, self.at)
            self._atom(_Atom(size(code)), coded(code, self.pattern[self.at : self.at + length]), length)

    # ── classes ─────────────────────────────────────────────────────────────────────────────────────

    def _class(self) -> None:
        start = self.at + 1
        negated = self.pattern.startswith("^", start)
        at = start + negated
        items: list[str] = []
        cost = 20 if negated else 1
        while self.pattern[at : at + 1] != "]":
            if at >= len(self.pattern):
                refuse("the pattern is not valid: a class is not closed")
            low, item, length = class_item(self.pattern, at)
            at += length
            end = self.pattern[at + 1 : at + 2]
            if self.pattern.startswith("-", at) and end not in {"", "]"}:
                high, other, length = class_item(self.pattern, at + 1)
                at += 1 + length
                item = range_of(low, high, item, other)
                cost += 24
            items.append(item)
            cost += 800 if low is None and item[:2] in {r"\p", r"\P"} else 12
        if not items:
            refuse("an empty class is not matched by warehouses")
        self._atom(_Atom(cost), f"[{'^' * negated}{''.join(items)}]", at + 1 - self.at)
