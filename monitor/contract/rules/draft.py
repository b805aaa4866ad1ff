"""What the keywords' files share: why a column cannot be asked, and how numbers are written."""

from monitor.catalog import Family
from monitor.contract.field import InColumn
from monitor.contract.model import Draft, Undecidable, Unmeasurable, Verdict
from monitor.contract.scope import Compile, Keyword

__all__ = ["Compile", "Draft", "Keyword", "never_applies", "no_text", "number_text"]


def never_applies(kind: str, native: str) -> Undecidable:
    """The verdict of a keyword about one kind on a column that cannot hold it."""
    return Undecidable(f"speaks of {kind}; the column is {native}", vacuous=True)


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
        return Undecidable(f"speaks of texts; the column holds {' and '.join(others)}", vacuous=True)
    if others:
        return Undecidable(f"one {field.column.native} column holds text and {' and '.join(others)} alike")
    return None


def number_text(value: float) -> str:
    """A number as people write it.

    >>> number_text(5.0), number_text(0.5)
    ('5', '0.5')
    """
    return str(int(value)) if float(value).is_integer() and abs(value) < 2**63 else str(value)
