r"""One character of an ECMA 262 pattern, or a set of them, in RE2's spelling: escapes, properties, members of a class.

Source: ECMA 262 (22.2.1 Patterns: CharacterEscape, CharacterClassEscape, ClassRanges).
"""

import re
from typing import NoReturn

SPACES = r"\t-\r \x{a0}\x{1680}\x{2000}-\x{200a}\x{2028}\x{2029}\x{202f}\x{205f}\x{3000}\x{feff}"
_NOT_SPACES = (
    r"\x{0}-\x{8}\x{e}-\x{1f}!-\x{9f}\x{a1}-\x{167f}\x{1681}-\x{1fff}\x{200b}-\x{2027}\x{202a}-\x{202e}"
    r"\x{2030}-\x{205e}\x{2060}-\x{2fff}\x{3001}-\x{fefe}\x{ff00}-\x{10ffff}"
)
SETS = frozenset("dDwWsS")
_CONTROLS = {"t": 9, "n": 10, "v": 11, "f": 12, "r": 13}
_HEX = re.compile(r"x([0-9A-Fa-f]{2})|u\{([0-9A-Fa-f]{1,6})\}|u([0-9A-Fa-f]{4})")
_LOW = re.compile(r"\\u([Dd][C-Fc-f][0-9A-Fa-f]{2})")
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


class UnsupportedError(Exception):
    """What the pattern holds that engines do not match alike."""


def refuse(reason: str) -> NoReturn:
    """Raises UnsupportedError."""
    raise UnsupportedError(reason)


def range_of(low: int | None, high: int | None, first: str, last: str) -> str:
    r"""`a-z`; beside a set, as in `[\w-.]`, the hyphen is only a hyphen."""
    if low is None or high is None:
        return f"{first}\\-{last}"
    if high < low:
        refuse("the pattern is not valid: a range is the wrong way round")
    return f"{first}-{last}"


def class_item(pattern: str, at: int) -> tuple[int | None, str, int]:
    """One member of a class: its code point (None: a set), RE2's spelling, and its length in the pattern."""
    char = pattern[at]
    if char != "\\":
        return ord(char), coded(ord(char), char), 1
    letter = pattern[at + 1 : at + 2]
    if letter == "b":
        return 8, r"\x{8}", 2
    if letter and letter in "sS":
        return None, SPACES if letter == "s" else _NOT_SPACES, 2
    if letter in SETS:
        return None, f"\\{letter}", 2
    if letter and letter in "pP":
        written, length = property_of(pattern, at + 1)
        return None, written, length + 1
    code, length = character(pattern, at)
    return code, coded(code, pattern[at : at + length]), length


def character(pattern: str, at: int) -> tuple[int, int]:
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
        refuse("the pattern is not valid: it ends within an escape")
    if letter.isascii() and letter.isalnum():
        refuse(f"the pattern is not valid: unknown escape \\{letter}")
    return ord(letter), 2


def _code_point(pattern: str, at: int, found: re.Match[str]) -> tuple[int, int]:
    code = int(found[1] or found[2] or found[3], 16)
    length = 1 + len(found[0])
    if code in _HIGH_HALVES and found[3] and (low := _LOW.match(pattern, at + length)):
        return 0x10000 + ((code - _HIGH_HALVES.start) << 10) + int(low[1], 16) - _HIGH_HALVES.stop, length + len(low[0])
    if code in _HALVES or code > _LAST:
        refuse("half a surrogate pair is not a character in warehouses")
    return code, length


def property_of(pattern: str, at: int) -> tuple[str, int]:
    r"""`\p{Letter}` in RE2's short names. RE2 knows general categories and scripts, no further properties."""
    found = _PROPERTY.match(pattern, at)
    if found is None:
        refuse("the pattern is not valid: \\p wants a name in braces")
    kind, name = found[1] or "", found[2]
    short = "" if kind in {"Script", "sc"} else _CATEGORIES.get(name, name if name in _CATEGORIES.values() else "")
    if not short and kind not in {"General_Category", "gc"} and name in _SCRIPTS:
        short = name
    if not short:
        refuse(f"\\p{{{name}}} is not matched by warehouses")
    return f"\\{pattern[at]}{{{short}}}", len(found[0])


def literal(char: str) -> str:
    """A character that stands in the pattern as itself, outside a class."""
    return f"\\{char}" if char in "{}]" else coded(ord(char), char)


def coded(code: int, written: str) -> str:
    """A character in RE2's spelling; hexadecimal keeps the digits that the plan wrote."""
    char = chr(code)
    if code in _HALVES:
        refuse("half a surrogate pair is not a character in warehouses")
    if char.isascii() and (char.isalnum() or char in " _\"'<>=!@%&,;:~`#/"):
        return char
    if char.isascii() and char.isprintable():
        return f"\\{char}"
    if written[:2] == "\\u" and len(written) == len("\\u0000"):
        return f"\\x{{{written[2:]}}}"
    return char if char.isprintable() and not written.startswith("\\") else f"\\x{{{code:x}}}"


def size(code: int) -> int:
    """Bytes of a character, each of which is an instruction of RE2's."""
    return len(chr(code).encode(errors="replace"))
