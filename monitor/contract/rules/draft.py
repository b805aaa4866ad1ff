"""What a keyword's file returns: a rule without its id."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, TypeAlias

from monitor.contract.field import Field
from monitor.contract.model import Stock, Undecidable, Verdict


@dataclass(frozen=True, slots=True)
class Draft:
    """A verdict, a sentence that follows the property's name, and what stock tools call the same."""

    verdict: Verdict
    sentence: str
    expectation: Stock | None = None
    test: Stock | None = None


@dataclass(frozen=True, slots=True)
class Keyword:
    """One keyword of one schema: `minimum: 0`, with its neighbours, which some keywords look at."""

    name: str
    value: Any
    schema: Mapping[str, Any]


Compile: TypeAlias = Callable[[Keyword, Field], Draft]


def never_applies(kind: str, native: str) -> Undecidable:
    """The verdict of a keyword about one kind on a column that cannot hold it."""
    return Undecidable(f"speaks of {kind}; the column is {native}")


def number_text(value: float) -> str:
    """A number as people write it.

    >>> number_text(5.0), number_text(0.5)
    ('5', '0.5')
    """
    return str(int(value)) if float(value).is_integer() and abs(value) < 2**63 else str(value)
