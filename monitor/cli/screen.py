"""Where output goes: results on stdout, progress on stderr; wrapped and coloured only where somebody looks."""

import os
import sys

from rich.console import Console
from rich.text import Text

from monitor.cli.words import visible

_NEVER_WRAPPED = 4000
STYLES = {"critical": "bold red", "warning": "yellow", "info": "cyan", "ok": "green", "problem": "bold red"}
"""How severities, and the doctor's answers, look."""


def stdout() -> Console:
    """For results. In a pipe a line stays one line, whatever its length."""
    width = None if sys.stdout.isatty() or os.environ.get("FORCE_COLOR") else _NEVER_WRAPPED
    return Console(file=sys.stdout, highlight=False, markup=False, emoji=False, width=width)


def stderr() -> Console:
    """For progress: never mixed with results."""
    return Console(file=sys.stderr, highlight=False, markup=False, emoji=False)


def words(*parts: str | tuple[str, str]) -> Text:
    """Text from pieces: plain, or (text, style). What a terminal would obey is taken out."""
    return Text.assemble(
        *((visible(part), "") if isinstance(part, str) else (visible(part[0]), part[1]) for part in parts)
    )
