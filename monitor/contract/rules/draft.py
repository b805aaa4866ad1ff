"""What a keyword's file returns: a rule without its id."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, TypeAlias

from monitor.catalog import Family
from monitor.contract.field import Field, InColumn
from monitor.contract.model import Stock, Undecidable, Unmeasurable, Verdict


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


def no_text(field: InColumn) -> Verdict | None:
    """Why a keyword about texts cannot be asked of a column; None where it can."""
    if not field.fits:
        return Unmeasurable(field.misfit)
    if field.family in {Family.TIMESTAMP, Family.DATE}:
        return Undecidable(f"the collector turned the text into {field.column.native}")
    if field.family is not Family.TEXT:
        return never_applies("texts", field.column.native)
    others = [kind for kind in field.types if kind not in {"string", "null"}]
    if others and "string" not in field.types:
        return Undecidable(f"speaks of texts; the column holds {' and '.join(others)}")
    if others:
        return Undecidable(f"one {field.column.native} column holds text and {' and '.join(others)} alike")
    return None


def number_text(value: float) -> str:
    """A number as people write it.

    >>> number_text(5.0), number_text(0.5)
    ('5', '0.5')
    """
    return str(int(value)) if float(value).is_integer() and abs(value) < 2**63 else str(value)
