"""How many rows were to be expected in the last hours, from the weeks before. numpy only, many series at once.

Expected = the same hour of the week in the last 6 weeks, ± 1 hour (18 values, each over its own week's level), their
trimmed mean, times today's level. A level is the median of 7 daily totals: one bad day does not move it. How far a
window's count may stray is learned from the same hours of the day in those weeks, as a negative binomial's dispersion;
its tail says how improbable a count is. Why this one: docs/decisions/0003-volume-baseline.md.
"""

from dataclasses import dataclass
from enum import IntEnum
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

Floats: TypeAlias = NDArray[np.float64]
Whole: TypeAlias = NDArray[np.int64]

WINDOWS = (1, 3, 6, 24)
"""Hours, each ending with the newest settled hour."""
DAY = 24
WEEK = 7 * DAY
WEEKS = 6
NEEDED = DAY + (WEEKS + 1) * WEEK
"""Hours that the full baseline looks back."""

YOUNGEST = 8 * DAY
"""Known hours below which nothing is expected."""

_FULL = 3 * WEEK + DAY
_TRIM = 0.2
_LEAST_DAYS = 4
_LEAST_RESIDUALS = 10
_KEPT = 0.9
_KEPT_VARIANCE = 0.623
"""The variance of a normal's middle 90%: what the trimmed mean of squares is divided by."""
_FITTED = 1.1
"""The profile was fitted to the residuals that measure it: they come out about a tenth too small."""
_CHUNK = 250


class Basis(IntEnum):
    """What a series' history is long enough for."""

    NOTHING = 0
    """Under 8 days: no expectation."""
    HOUR_OF_DAY = 1
    """From 8 days: good enough to see an outage, not to see a change."""
    HOUR_OF_WEEK = 2
    """From 22 days."""


@dataclass(frozen=True, slots=True)
class Expectation:
    """Per series (first axis): what the last hours should have held."""

    basis: Whole
    hourly: Floats
    """S × 168: expected rows of each of the last 168 hours."""
    seen: Floats
    """S × windows: rows."""
    expected: Floats
    """S × windows: at today's level."""
    least: Floats
    """S × windows: at the lower one of today's level and that of the week before."""
    most: Floats
    """S × windows: at the higher one. A level that just moved must not make an alert."""
    dispersion: Floats
    """S × windows: variance is about mean + dispersion × mean²."""

    def z_low(self) -> Floats:
        """S × windows: how improbably little was seen, in standard deviations (negative: less than expected)."""
        return tail(self.seen, self.least, self.dispersion)

    def z_high(self) -> Floats:
        """S × windows: how improbably much was seen (positive: more than expected)."""
        return -tail(self.seen, self.most, self.dispersion, above=True)


def tail(seen: Floats, mean: Floats, dispersion: Floats, *, above: bool = False) -> Floats:
    """The normal deviate of a negative binomial's tail: P(count ≤ seen), or with `above` P(count ≥ seen).

    Cube-root approximation of the beta integral (Abramowitz & Stegun 26.5.21), good far out in both tails, where the
    usual variance-stabilising asinh is not: at dispersion .1 its "5 sigma" drop comes once in 17,000 hours.

    >>> round(float(tail(np.array([0.0]), np.array([15.0]), np.array([0.0]))[0]), 1)
    -4.7
    """
    size = 1.0 / np.maximum(dispersion, 1e-9)
    count = np.maximum(np.nan_to_num(seen), 0.0) + (0.0 if above else 1.0)
    count = np.maximum(count, 1e-9)
    share = size / (size + np.maximum(mean, 1e-9))
    rises, falls = np.cbrt(count * share), np.cbrt(size * (1.0 - share))
    distance = rises * (1.0 - 1.0 / (9.0 * count)) - falls * (1.0 - 1.0 / (9.0 * size))
    deviate = 3.0 * distance / np.sqrt(rises**2 / count + falls**2 / size)
    return np.asarray(-deviate if above else deviate, dtype=np.float64)


def expect(rows: NDArray[np.int64] | Floats, known: Whole) -> Expectation:
    """What the last hours of each series should have held.

    `rows`: S × H, oldest hour first; the last column is the newest settled hour. `known`: how many of a series' last
    hours are known at all (since it was first seen); what is older is no zero but nothing.
    """
    parts = [_expect(rows[at : at + _CHUNK], known[at : at + _CHUNK]) for at in range(0, len(rows), _CHUNK)]
    if not parts:
        parts = [_expect(np.zeros((0, NEEDED)), np.zeros(0, dtype=np.int64))]
    return Expectation(
        basis=np.concatenate([part.basis for part in parts]),
        hourly=np.concatenate([part.hourly for part in parts]),
        seen=np.concatenate([part.seen for part in parts]),
        expected=np.concatenate([part.expected for part in parts]),
        least=np.concatenate([part.least for part in parts]),
        most=np.concatenate([part.most for part in parts]),
        dispersion=np.concatenate([part.dispersion for part in parts]),
    )


def _expect(rows: NDArray[np.int64] | Floats, known: Whole) -> Expectation:
    past = _padded(rows, known)
    basis = np.where(known >= _FULL, Basis.HOUR_OF_WEEK, np.where(known >= YOUNGEST, Basis.HOUR_OF_DAY, Basis.NOTHING))
    levels = _levels(past)
    profile = _profile(past, levels)
    hourly = profile * levels[:, :1]
    young = basis == Basis.HOUR_OF_DAY
    if young.any():
        hourly[young] = np.tile(_daily_profile(past[young]), 7)
    hourly[basis == Basis.NOTHING] = np.nan
    expected = _tails(hourly)
    moved = np.where(young, 1.0, np.nan_to_num(levels[:, 1] / levels[:, 0], nan=1.0))[:, None]
    return Expectation(
        basis=basis.astype(np.int64),
        hourly=hourly,
        seen=_tails(np.nan_to_num(past)),
        expected=expected,
        least=expected * np.minimum(moved, 1.0),
        most=expected * np.maximum(moved, 1.0),
        dispersion=_dispersion(past, profile, levels, expected),
    )


def _padded(rows: NDArray[np.int64] | Floats, known: Whole) -> Floats:
    """The last `NEEDED` hours, NaN where nothing is known."""
    past = np.full((len(rows), NEEDED), np.nan)
    width = min(rows.shape[1], NEEDED)
    if width:
        past[:, -width:] = rows[:, -width:]
    past[np.arange(NEEDED, 0, -1)[None, :] > known[:, None]] = np.nan
    return past


def _levels(past: Floats) -> Floats:
    """S × 7: the median daily total of the 7 days before the newest day, and of the same days 1…6 weeks earlier.

    A series with a week whose median day is empty (it comes on Mondays only) has no level: 1 everywhere.
    """
    days = past[:, :-DAY].reshape(len(past), WEEKS + 1, 7, DAY).sum(axis=3)[:, ::-1]
    ordered = np.sort(days, axis=2)
    count = np.sum(~np.isnan(ordered), axis=2)
    low = np.take_along_axis(ordered, np.maximum((count - 1) // 2, 0)[:, :, None], axis=2)[:, :, 0]
    high = np.take_along_axis(ordered, np.minimum(count // 2, 6)[:, :, None], axis=2)[:, :, 0]
    levels = np.where(count >= _LEAST_DAYS, (low + high) / 2, np.nan)
    levels[(levels == 0).any(axis=1) | np.isnan(levels[:, 0])] = 1.0
    return np.asarray(levels, dtype=np.float64)


def _profile(past: Floats, levels: Floats) -> Floats:
    """S × 168: the share of its week's level that each hour of the week holds."""
    values = [
        past[:, NEEDED - (week + 1) * WEEK + beside : NEEDED - week * WEEK + beside] / levels[:, week, None]
        for week in range(1, WEEKS + 1)
        for beside in (-1, 0, 1)
    ]
    return _trimmed_mean(np.stack(values, axis=2))


def _daily_profile(past: Floats) -> Floats:
    """S × 24: rows of each hour of the day, over the last 14 days."""
    values = [
        past[:, NEEDED - (day + 1) * DAY + beside : NEEDED - day * DAY + beside]
        for day in range(1, 15)
        for beside in (-1, 0, 1)
    ]
    return _trimmed_mean(np.stack(values, axis=2))


def _trimmed_mean(values: Floats) -> Floats:
    """Over the last axis, NaN left out, a fifth cut off at each end; NaN where nothing is left."""
    values.sort(axis=2)
    count = np.sum(~np.isnan(values), axis=2)
    cut = (count * _TRIM).astype(np.int64)
    place = np.arange(values.shape[2])
    kept = (place >= cut[:, :, None]) & (place < (count - cut)[:, :, None])
    total = np.sum(np.where(kept, values, 0.0), axis=2)
    left = count - 2 * cut
    return np.asarray(np.where(left > 0, total / np.maximum(left, 1), np.nan), dtype=np.float64)


def _tails(hours: Floats) -> Floats:
    """S × windows: the sums over each window's last hours."""
    return np.stack([hours[:, -window:].sum(axis=1) for window in WINDOWS], axis=1)


def _dispersion(past: Floats, profile: Floats, levels: Floats, expected: Floats) -> Floats:
    """S × windows, from how the same hours of the day strayed in the last 6 weeks, the level's error included."""
    ratios = np.stack([_overdispersion(past, profile, levels, window) for window in WINDOWS], axis=1)
    with np.errstate(divide="ignore", invalid="ignore"):
        level = 0.25 * ratios[:, -1:] / expected[:, -1:] * expected
        return np.asarray(np.nan_to_num(np.maximum(ratios + level - 1.0, 0.0) / expected, nan=0.0, posinf=0.0))


def _overdispersion(past: Floats, profile: Floats, levels: Floats, window: int) -> Floats:
    """S: variance over mean of one window's counts; at least 1, which is a Poisson's."""
    squares = []
    for week in range(1, WEEKS + 1):
        hours = past[:, NEEDED - (week + 1) * WEEK : NEEDED - week * WEEK].reshape(len(past), 7, DAY)
        meant = (profile * levels[:, week, None]).reshape(len(past), 7, DAY)
        seen, mean = hours[:, :, -window:].sum(axis=2), meant[:, :, -window:].sum(axis=2)
        with np.errstate(divide="ignore", invalid="ignore"):
            squares.append(np.where(mean >= 1.0, (seen - mean) ** 2 / mean, np.nan))
    ordered = np.sort(np.concatenate(squares, axis=1), axis=1)
    count = np.sum(~np.isnan(ordered), axis=1)
    kept = np.ceil(count * _KEPT).astype(np.int64)
    inside = np.arange(ordered.shape[1]) < kept[:, None]
    mean_square = np.sum(np.where(inside, ordered, 0.0), axis=1) / np.maximum(kept, 1)
    return np.where(count >= _LEAST_RESIDUALS, np.maximum(mean_square / _KEPT_VARIANCE * _FITTED, 1.0), 1.0)
