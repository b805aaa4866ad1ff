"""Bounds of a failure rate that a few rows cannot fool."""

from math import sqrt

Z_999 = 3.2905
"""Two-sided 99.9%."""
Z_99 = 2.5758
"""Two-sided 99%."""


def lower(failed: int, rows: int, z: float = Z_999) -> float:
    """The Wilson score interval's lower end: the rate is at least this. 0 without rows.

    >>> round(lower(180, 1000), 3)
    0.144
    >>> lower(1, 1) < 0.1
    True
    """
    centre, half = _interval(failed, rows, z)
    return max(0.0, centre - half)


def upper(failed: int, rows: int, z: float = Z_999) -> float:
    """The interval's upper end: the rate is at most this. 1 without rows.

    >>> upper(0, 0)
    1.0
    >>> upper(0, 2000) < 0.01
    True
    """
    if rows <= 0:
        return 1.0
    centre, half = _interval(failed, rows, z)
    return min(1.0, centre + half)


def _interval(failed: int, rows: int, z: float) -> tuple[float, float]:
    if rows <= 0:
        return 0.0, 0.0
    rate = min(failed, rows) / rows
    spread = z * z / rows
    centre = (rate + spread / 2) / (1 + spread)
    half = z / (1 + spread) * sqrt(rate * (1 - rate) / rows + spread / (4 * rows))
    return centre, half
