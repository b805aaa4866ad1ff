"""What an unquoted YAML scalar is.

A number is what both YAML 1.1 and YAML 1.2 call one; where they disagree (`1e3`, `010`, `0o10`,
`12:30`), and for dates, the scalar stays the text that was written. Booleans are YAML 1.1's.
"""

import math
import re
from collections.abc import Mapping
from functools import lru_cache

_WORDS: Mapping[str, bool | None] = {
    **dict.fromkeys(("", "~", "null", "Null", "NULL")),
    **dict.fromkeys(("true", "True", "TRUE", "yes", "Yes", "YES", "on", "On", "ON"), True),
    **dict.fromkeys(("false", "False", "FALSE", "no", "No", "NO", "off", "Off", "OFF"), False),
}
_INTEGER = re.compile(r"[-+]?(?:0|[1-9][0-9]*)", re.ASCII)
_BASED = re.compile(r"0x[0-9a-fA-F]+", re.ASCII)
_FLOAT = re.compile(r"(?:[-+]?(?:0|[1-9][0-9]*)\.[0-9]*|\.[0-9]+)(?:[eE][-+][0-9]+)?", re.ASCII)
_NO_NUMBER = re.compile(r"[-+]?\.(?:inf|Inf|INF)|\.(?:nan|NaN|NAN)")


@lru_cache(maxsize=10_000)
def resolve_plain(text: str) -> str | int | float | bool | None:
    """What an unquoted scalar is. Raises ValueError for a number that JSON cannot hold.

    >>> [resolve_plain(text) for text in ("1.10", "no", "", "1-1-0", "2026-06-30", "007")]
    [1.1, False, None, '1-1-0', '2026-06-30', '007']
    """
    if text in _WORDS:
        return _WORDS[text]
    if text[0] not in "0123456789+-.":
        return text
    if _NO_NUMBER.fullmatch(text):
        raise ValueError(text)
    if _INTEGER.fullmatch(text) or _BASED.fullmatch(text):
        return int(text, 0)
    if not _FLOAT.fullmatch(text):
        return text
    number = float(text)
    if not math.isfinite(number):
        raise ValueError(text)
    return number


def said(value: object) -> str:
    """What a scalar was read as, in words."""
    if value is None:
        return "null"
    if isinstance(value, bool):
        return "true" if value else "false"
    return f"the number {value}"
