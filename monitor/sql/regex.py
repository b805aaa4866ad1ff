r"""ECMA 262 patterns as warehouses read them: what cannot be said is found before a scan is built.

JSON Schema's patterns are ECMA 262. Engines that match with RE2 (DuckDB, BigQuery, ClickHouse) share most of it,
refuse some and read some otherwise; a pattern that an engine refuses would take the whole statement with it. So a
pattern is read token by token, by a grammar narrower than any engine's: `unsupported` says what falls outside, and
`to_re2` writes what falls inside in RE2's spelling.

ECMA's meaning is kept: `\d` and `\w` are ASCII, `\s` is Unicode's white space, `.` stops at four line ends, `$` is
the very end of the text. Sources: ECMA 262 (22.2 Patterns, annex B), https://github.com/google/re2/wiki/Syntax.
"""

import re
from dataclasses import dataclass, field
from functools import lru_cache
from typing import NoReturn

_MAX_LENGTH = 2_000
_MAX_REPEAT = 1_000
"""RE2's limit of a repetition, nested ones multiplied."""
_MAX_COST = 50_000
"""Instructions; RE2 gives up at about 80,000 in the 8 MB that engines give it."""

_DOT = r"[^\n\r\x{2028}\x{2029}]"
_SPACES = r"\t-\r \x{a0}\x{1680}\x{2000}-\x{200a}\x{2028}\x{2029}\x{202f}\x{205f}\x{3000}\x{feff}"
_NOT_SPACES = (
    r"\x{0}-\x{8}\x{e}-\x{1f}!-\x{9f}\x{a1}-\x{167f}\x{1681}-\x{1fff}\x{200b}-\x{2027}\x{202a}-\x{202e}"
    r"\x{2030}-\x{205e}\x{2060}-\x{2fff}\x{3001}-\x{fefe}\x{ff00}-\x{10ffff}"
)
_SETS = frozenset("dDwWsS")
_CONTROLS = {"t": 9, "n": 10, "v": 11, "f": 12, "r": 13}
_COUNT = re.compile(r"\{(\d+)(,(\d*))?\}")
_HEX = re.compile(r"x([0-9A-Fa-f]{2})|u\{([0-9A-Fa-f]{1,6})\}|u([0-9A-Fa-f]{4})")
_LOW = re.compile(r"\\u([Dd][C-Fc-f][0-9A-Fa-f]{2})")
_NAMED = re.compile(r"\(\?<([A-Za-z_][A-Za-z0-9_]*)>")
_PROPERTY = re.compile(r"[pP]\{(?:(General_Category|gc|Script|sc)=)?([A-Za-z_]+)\}")
_LAST = 0x10FFFF
_HIGH_HALVES, _HALVES = range(0xD800, 0xDC00), range(0xD800, 0xE000)
"""Surrogates: in pairs they spell one character, alone none."""

_CATEGORIES = {
    "Letter": "L", "Cased_Letter": "", "Uppercase_Letter": "Lu", "Lowercase_Letter": "Ll", "Titlecase_Letter": "Lt",
    "Modifier_Letter": "Lm", "Other_Letter": "Lo", "Mark": "M", "Combining_Mark": "M", "Nonspacing_Mark": "Mn",
    "Spacing_Mark": "Mc", "Enclosing_Mark": "Me", "Number": "N", "Decimal_Number": "Nd", "digit": "Nd",
    "Letter_Number": "Nl", "Other_Number": "No", "Punctuation": "P", "punct": "P", "Connector_Punctuation": "Pc",
    "Dash_Punctuation": "Pd", "Open_Punctuation": "Ps", "Close_Punctuation": "Pe", "Initial_Punctuation": "Pi",
    "Final_Punctuation": "Pf", "Other_Punctuation": "Po", "Symbol": "S", "Math_Symbol": "Sm", "Currency_Symbol": "Sc",
    "Modifier_Symbol": "Sk", "Other_Symbol": "So", "Separator": "Z", "Space_Separator": "Zs", "Line_Separator": "Zl",
    "Paragraph_Separator": "Zp",
}  # fmt: skip
_SCRIPTS = frozenset(
    {
        "Arabic", "Armenian", "Bengali", "Cyrillic", "Devanagari", "Ethiopic", "Georgian", "Greek", "Gujarati",
        "Gurmukhi", "Han", "Hangul", "Hebrew", "Hiragana", "Katakana", "Khmer", "Lao", "Latin", "Mongolian", "Myanmar",
        "Sinhala", "Tamil", "Telugu", "Thai", "Tibetan",
    }
)  # fmt: skip


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
    except _UnsupportedError as refused:
        return "", str(refused)


class _UnsupportedError(Exception):
    """What the pattern holds that engines do not match alike."""


def _refuse(reason: str) -> NoReturn:
    raise _UnsupportedError(reason)


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
            _refuse("the pattern is not valid: a group is not closed")
        self.groups[0].take(self.atom)
        if self.groups[0].cost > _MAX_COST:
            _refuse("the pattern repeats too much")
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
            self._atom(_Atom(20), _DOT, 1) if char == "." else self._atom(_Atom(_bytes(ord(char))), _literal(char), 1)

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
            _refuse(f"repeats more than {_MAX_REPEAT} times")
        if high < low:
            _refuse("the pattern is not valid: a repetition's bounds are the wrong way round")
        self._repeat(count[0], len(count[0]), max(high, 1) + (count[2] == ","), times=max(high, 1))

    def _repeat(self, written: str, length: int, copies: int, *, times: int) -> None:
        if self.atom is None:
            _refuse("the pattern is not valid: nothing to repeat")
        repeats = self.atom.repeats * times
        if repeats > _MAX_REPEAT:
            _refuse(f"repeats more than {_MAX_REPEAT} times")
        self.at += length
        if self.pattern.startswith("?", self.at):
            written, self.at = written + "?", self.at + 1
        if self.pattern[self.at : self.at + 1] in {"*", "+", "?"} or _COUNT.match(self.pattern, self.at):
            _refuse("the pattern is not valid: a repetition of a repetition")
        self.groups[-1].take(_Atom(self.atom.cost * copies + 1, repeats))
        self.atom = None
        self.out.append(written)

    # ── groups ──────────────────────────────────────────────────────────────────────────────────────

    def _open(self) -> None:
        rest = self.pattern[self.at : self.at + 4]
        if rest.startswith(("(?=", "(?!", "(?<=", "(?<!")):
            _refuse("look-around is not matched by warehouses")
        written, length = "(", 1
        if rest.startswith("(?:"):
            written, length = "(?:", 3
        elif named := _NAMED.match(self.pattern, self.at):
            if named[1] in self.names:
                _refuse(f"the pattern is not valid: two groups are named {named[1]}")
            self.names.add(named[1])
            written, length = f"(?P<{named[1]}>", len(named[0])
        elif rest.startswith("(?"):
            _refuse("the pattern uses what ECMA 262 does not have")
        self._atom(None, written, length)
        self.groups.append(_Group())

    def _close(self) -> None:
        if len(self.groups) == 1:
            _refuse("the pattern is not valid: a group is closed that was not opened")
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
            _refuse("back-references are not matched by warehouses")
        elif letter in "sS" and letter:
            self._atom(_Atom(40), f"[{_SPACES}]" if letter == "s" else f"[^{_SPACES}]", 2)
        elif letter in _SETS:
            self._atom(_Atom(20), f"\\{letter}", 2)
        elif letter in "pP" and letter:
            written, length = _property(self.pattern, self.at + 1)
            self._atom(_Atom(800), written, length + 1)
        else:
            code, length = _character(self.pattern, self.at)
            self._atom(_Atom(_bytes(code)), _coded(code, self.pattern[self.at : self.at + length]), length)

    # ── classes ─────────────────────────────────────────────────────────────────────────────────────

    def _class(self) -> None:
        start = self.at + 1
        negated = self.pattern.startswith("^", start)
        at = start + negated
        items: list[str] = []
        cost = 20 if negated else 1
        while self.pattern[at : at + 1] != "]":
            if at >= len(self.pattern):
                _refuse("the pattern is not valid: a class is not closed")
            low, item, length = _class_item(self.pattern, at)
            at += length
            end = self.pattern[at + 1 : at + 2]
            if self.pattern.startswith("-", at) and end not in {"", "]"}:
                high, other, length = _class_item(self.pattern, at + 1)
                at += 1 + length
                item = _range(low, high, item, other)
                cost += 24
            items.append(item)
            cost += 800 if low is None and item[:2] in {r"\p", r"\P"} else 12
        if not items:
            _refuse("an empty class is not matched by warehouses")
        self._atom(_Atom(cost), f"[{'^' * negated}{''.join(items)}]", at + 1 - self.at)


def _range(low: int | None, high: int | None, first: str, last: str) -> str:
    r"""`a-z`; beside a set, as in `[\w-.]`, the hyphen is only a hyphen."""
    if low is None or high is None:
        return f"{first}\\-{last}"
    if high < low:
        _refuse("the pattern is not valid: a range is the wrong way round")
    return f"{first}-{last}"


def _class_item(pattern: str, at: int) -> tuple[int | None, str, int]:
    """One member of a class: its code point (None: a set), RE2's spelling, and its length in the pattern."""
    char = pattern[at]
    if char != "\\":
        return ord(char), _coded(ord(char), char), 1
    letter = pattern[at + 1 : at + 2]
    if letter == "b":
        return 8, r"\x{8}", 2
    if letter and letter in "sS":
        return None, _SPACES if letter == "s" else _NOT_SPACES, 2
    if letter in _SETS:
        return None, f"\\{letter}", 2
    if letter and letter in "pP":
        written, length = _property(pattern, at + 1)
        return None, written, length + 1
    code, length = _character(pattern, at)
    return code, _coded(code, pattern[at : at + length]), length


def _character(pattern: str, at: int) -> tuple[int, int]:
    """The code point of an escape that stands for one character, and the escape's length."""
    letter = pattern[at + 1 : at + 2]
    if letter in _CONTROLS:
        return _CONTROLS[letter], 2
    if letter == "0" and not pattern[at + 2 : at + 3].isdigit():
        return 0, 2
    if found := _HEX.match(pattern, at + 1):
        return _code_point(pattern, at, found)
    control = pattern[at + 2 : at + 3]
    if letter == "c" and control.isascii() and control.isalpha():
        return ord(control) % 32, 3
    if not letter:
        _refuse("the pattern is not valid: it ends within an escape")
    if letter.isascii() and letter.isalnum():
        _refuse(f"the pattern is not valid: unknown escape \\{letter}")
    return ord(letter), 2


def _code_point(pattern: str, at: int, found: re.Match[str]) -> tuple[int, int]:
    code = int(found[1] or found[2] or found[3], 16)
    length = 1 + len(found[0])
    if code in _HIGH_HALVES and found[3] and (low := _LOW.match(pattern, at + length)):
        return 0x10000 + ((code - _HIGH_HALVES.start) << 10) + int(low[1], 16) - _HIGH_HALVES.stop, length + len(low[0])
    if code in _HALVES or code > _LAST:
        _refuse("half a surrogate pair is not a character in warehouses")
    return code, length


def _property(pattern: str, at: int) -> tuple[str, int]:
    r"""`\p{Letter}` in RE2's short names. RE2 knows general categories and scripts, no further properties."""
    found = _PROPERTY.match(pattern, at)
    if found is None:
        _refuse("the pattern is not valid: \\p wants a name in braces")
    kind, name = found[1] or "", found[2]
    short = "" if kind in {"Script", "sc"} else _CATEGORIES.get(name, name if name in _CATEGORIES.values() else "")
    if not short and kind not in {"General_Category", "gc"} and name in _SCRIPTS:
        short = name
    if not short:
        _refuse(f"\\p{{{name}}} is not matched by warehouses")
    return f"\\{pattern[at]}{{{short}}}", len(found[0])


def _literal(char: str) -> str:
    return f"\\{char}" if char in "{}]" else _coded(ord(char), char)


def _coded(code: int, written: str) -> str:
    """A character in RE2's spelling; hexadecimal keeps the digits that the plan wrote."""
    char = chr(code)
    if code in _HALVES:
        _refuse("half a surrogate pair is not a character in warehouses")
    if char.isascii() and (char.isalnum() or char in " _\"'<>=!@%&,;:~`#/"):
        return char
    if char.isascii() and char.isprintable():
        return f"\\{char}"
    if written[:2] == "\\u" and len(written) == len("\\u0000"):
        return f"\\x{{{written[2:]}}}"
    return char if char.isprintable() and not written.startswith("\\") else f"\\x{{{code:x}}}"


def _bytes(code: int) -> int:
    return len(chr(code).encode(errors="replace"))
