r"""ECMA 262 patterns in Python's `re`, for engines that match with a function of ours (SQLite).

Python backtracks: a pattern whose repetitions hold repetitions may take long on texts that were made for that, where
RE2 takes linear time.
"""

from functools import lru_cache

from monitor.sql.regex_spelling import Spelling

_BMP = 0xFFFF


@lru_cache(maxsize=1_024)
def to_python(pattern: str) -> str:
    r"""A supported pattern as `re` reads it, without flags. Raises ValueError or NoSuchSetError.

    >>> print(to_python(r"^[\w.-]+?$"))
    ^[\--\.0-9A-Z_a-z]+?\Z
    """
    return _SPELLING.pattern(pattern)


def _char(code: int) -> str:
    char = chr(code)
    if char.isascii() and (char.isalnum() or char in " _"):
        return char
    if char.isascii() and char.isprintable():
        return f"\\{char}"
    return f"\\u{code:04x}" if code <= _BMP else f"\\U{code:08x}"


_SPELLING = Spelling(_char, r"\Z")
