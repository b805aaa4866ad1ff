r"""ECMA 262 patterns in PostgreSQL's advanced regular expressions.

PostgreSQL's `\d`, `\w` and `\y` go by the database's locale, and its repetitions end at 255: sets are written out,
boundaries as look-around, and longer repetitions in parts. Its texts cannot hold U+0000; documents that do are read
with `STAND_IN` in its place (monitor/sql/postgresql_json.py), and so are patterns.

Source: https://www.postgresql.org/docs/current/functions-matching.html#FUNCTIONS-POSIX-REGEXP
"""

from functools import lru_cache

from monitor.sql.regex_spelling import Spelling
from monitor.sql.regex_tree import Ranges, Repeated, merged, without

STAND_IN = 0xFDD0
"""A code point that Unicode promises never to be a character."""
_MOST_TIMES = 255
_BMP = 0xFFFF


@lru_cache(maxsize=1_024)
def to_postgres(pattern: str) -> str:
    r"""A supported pattern as PostgreSQL's `~` reads it. Raises ValueError or NoSuchSetError.

    >>> print(to_postgres(r"^[\w.-]+$"))
    ^[\--\.0-9A-Z_a-z]+\Z
    >>> print(to_postgres("a{300}"))
    a{255}a{45}
    """
    return _SPELLING.pattern(pattern)


class _Spelling(Spelling):
    def repeated(self, node: Repeated) -> str:
        """Whether it is lazy does not change what matches, only where; and a lazy one makes its neighbours so."""
        once = self.said(node.node)
        if node.high is None:
            unending = f"{once}{'*' if node.low == 0 else '+'}"
            return unending if node.low <= 1 else f"{_times(once, node.low)}{once}*"
        return (_times(once, node.low) + _optional(once, node.high - node.low)) or "(?:)"

    def one(self, ranges: Ranges) -> str:
        """One character that a text of PostgreSQL can hold."""
        return super().one(_storable(ranges))


def _times(once: str, count: int) -> str:
    if count == 1:
        return once
    whole, rest = divmod(count, _MOST_TIMES)
    return f"{once}{{{_MOST_TIMES}}}" * whole + (f"{once}{{{rest}}}" if rest else "")


def _optional(once: str, count: int) -> str:
    whole, rest = divmod(count, _MOST_TIMES)
    return f"{once}{{0,{_MOST_TIMES}}}" * whole + (f"{once}{{0,{rest}}}" if rest else "")


def _storable(ranges: Ranges) -> Ranges:
    """The characters that a text of PostgreSQL can hold, the stand-in for U+0000 where that is among them."""
    has_nul = any(low == 0 for low, _ in ranges)
    kept = without(merged((*without(ranges), (0, 0), (STAND_IN, STAND_IN))))
    return merged((*kept, (STAND_IN, STAND_IN))) if has_nul else kept


def _char(code: int) -> str:
    char = chr(code)
    if char.isascii() and (char.isalnum() or char in " _\"'<>=!@%&,;:~`#/"):
        return char
    if char.isascii() and char.isprintable():
        return f"\\{char}"
    return f"\\u{code:04x}" if code <= _BMP else f"\\U{code:08x}"


_SPELLING = _Spelling(_char, r"\Z")
