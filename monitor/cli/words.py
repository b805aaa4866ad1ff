"""What comes from outside, made safe for a terminal: a name in a table can neither colour nor move the cursor."""

import unicodedata
from pathlib import Path

_INVISIBLE = frozenset({"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"})
"""Controls (escape sequences begin with one), direction overrides, surrogates, line separators."""


def visible(text: str) -> str:
    r"""The text on one line, with nothing in it that a terminal would obey.

    >>> visible("price\x1b[2J\r\n now")
    'price�[2J�� now'
    """
    return "".join("�" if unicodedata.category(character) in _INVISIBLE else character for character in text)


def near(path: Path) -> str:
    """A path as it is typed here: relative where it lies below the current folder."""
    here = Path.cwd()
    return str(path.relative_to(here)) if path.is_relative_to(here) else str(path)
