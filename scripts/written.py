"""A document that a script writes: written, or with --check compared with what stands there."""

import argparse
import sys
from collections.abc import Callable, Sequence
from pathlib import Path


def write_or_check(document: Path, reference: Callable[[], str], arguments: Sequence[str], about: str) -> int:
    """Write the document, or with --check say whether it is up to date: the exit code."""
    parser = argparse.ArgumentParser(description=about)
    parser.add_argument("--check", action="store_true", help="write nothing; end with 1 where it is out of date")
    check: bool = parser.parse_args(arguments).check
    text = reference()
    if not check:
        document.parent.mkdir(exist_ok=True)
        document.write_text(text, encoding="utf-8")
        return 0
    if document.exists() and document.read_text(encoding="utf-8") == text:
        return 0
    print(f"docs/{document.name} is out of date: `make fmt` writes it", file=sys.stderr)
    return 1
