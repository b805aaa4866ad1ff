"""`multipleOf`: about numbers only, exactly as decimals."""

from decimal import Decimal, InvalidOperation
from typing import Any

from monitor.catalog import Family
from monitor.contract.field import Field, InColumn, InJson, NoColumn, not_landed
from monitor.contract.model import Compiled, Declined, Draft, Unmeasurable, Verdict
from monitor.contract.rules.draft import Keyword, never_applies
from monitor.sql import vocabulary as sql

DIGITS = 30
"""Most digits of a divisor, before and after the point: engines count exactly with 38."""


def compile_multiple(keyword: Keyword, field: Field) -> Draft:
    """A number that is a whole multiple of the divisor."""
    sentence = f"is a multiple of {keyword.value}"
    divisor = divisor_text(keyword.value)
    if divisor is None:
        return Draft(Declined(f"multipleOf wants a number above 0 of at most {DIGITS} digits"), sentence)
    if isinstance(field, InJson):
        misses = sql.Not(sql.MultipleOf(field.text, divisor))
        return Draft(Compiled(sql.And((field.kind("integer", "number"), misses))), sentence)
    return Draft(_elsewhere(field, divisor), sentence)


def _elsewhere(field: Field, divisor: str) -> Verdict:
    if isinstance(field, NoColumn):
        return not_landed(field)
    if not isinstance(field, InColumn):
        return never_applies("numbers", "flattened")
    if not field.fits:
        return Unmeasurable(field.misfit)
    if field.family not in {Family.INTEGER, Family.NUMBER}:
        return never_applies("numbers", field.column.native)
    return Compiled(sql.Not(sql.MultipleOf(sql.TryCast(field.value, Family.TEXT), divisor)))


def divisor_text(value: Any) -> str | None:
    """A divisor as plain decimal text; None where it is none, or too long to count with exactly.

    >>> divisor_text(0.01), divisor_text(5.0), divisor_text(1e-8), divisor_text(0)
    ('0.01', '5', '0.00000001', None)
    """
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    try:
        number = Decimal(repr(value))
    except (InvalidOperation, ValueError):
        return None
    if not number.is_finite() or number <= 0:
        return None
    text = f"{number:f}"
    if "." in text:
        text = text.rstrip("0").rstrip(".")
    return text if len(text.replace(".", "").lstrip("0")) <= DIGITS and len(text) <= DIGITS + 2 else None
