"""Counts as bytes: narrow rows are what makes the history quick. Little-endian throughout."""

from collections.abc import Sequence
from typing import Any, Final, TypeAlias

import numpy as np
from numpy.typing import NDArray

Ints: TypeAlias = NDArray[np.int64]

HOURS: Final = 24

FAILED: Final = np.dtype([("rule", "<u4"), ("hour", "u1"), ("failed", "<u8")])
"""One rule's failures in one hour of a day, in 13 bytes."""

_WIDTHS: Final = (1, 2, 4, 8)
_LARGEST: Final = {width: min((1 << 8 * width) - 1, np.iinfo(np.int64).max) for width in _WIDTHS}


def pack_present(counts: Ints) -> list[bytes]:
    r"""Presence counts of shape (rows, properties): a byte that says how wide (1, 2, 4 or 8 bytes), then the counts.

    All are as wide as the largest count of the call needs.

    >>> pack_present(np.array([[3, 0], [1, 2]]))
    [b'\x01\x03\x00', b'\x01\x01\x02']
    >>> pack_present(np.array([[300, 0]]))
    [b'\x02,\x01\x00\x00']
    """
    width = _width(counts)
    packed = np.empty((len(counts), 1 + width * counts.shape[1]), np.uint8)
    packed[:, 0] = width
    packed[:, 1:] = counts.astype(f"<u{width}").view(np.uint8).reshape(len(counts), -1)
    return _split(packed)


def unpack_present(packed: Sequence[bytes]) -> Ints:
    """Equally long packed presence counts of one property list, as an array of shape (blobs, properties)."""
    width = packed[0][0]
    record = np.dtype([("width", "u1"), ("counts", f"<u{width}", ((len(packed[0]) - 1) // width,))])
    return np.frombuffer(b"".join(packed), record)["counts"].astype(np.int64)


def pack_hours(days: Ints) -> list[bytes]:
    """Days of 24 counts: nothing where all are 0, else as wide as the day's largest needs.

    >>> [len(packed) for packed in pack_hours(np.array([[0] * 24, [1] * 24, [300] * 24]))]
    [0, 24, 48]
    """
    most = days.max(axis=1, initial=0)
    packed = [b""] * len(days)
    least = 0
    for width in _WIDTHS:
        at = np.flatnonzero((most > least) & (most <= _LARGEST[width]))
        least = _LARGEST[width]
        if len(at) == len(days):
            return _split(days.astype(f"<u{width}"))
        for index, blob in zip(at.tolist(), _split(days[at].astype(f"<u{width}")), strict=True):
            packed[index] = blob
    return packed


def unpack_hours(packed: Sequence[bytes]) -> Ints:
    """Any number of packed days as an array of shape (days, 24)."""
    hours = np.zeros((len(packed), HOURS), np.int64)
    lengths = np.fromiter(map(len, packed), np.int64, len(packed))
    for width in _WIDTHS:
        at = np.flatnonzero(lengths == width * HOURS)
        if len(at):
            joined = b"".join([packed[index] for index in at.tolist()])
            hours[at] = np.frombuffer(joined, f"<u{width}").reshape(-1, HOURS)
    return hours


def unpack_checked(packed: Sequence[bytes | None], rows: Ints) -> Ints:
    """Of days of 24 counts, the rows that were asked, as `pack_hours` packed them; None: all of `rows`."""
    if packed.count(None) == len(packed):
        return rows
    part = [n for n, blob in enumerate(packed) if blob is not None]
    checked = rows.copy()
    checked[part] = unpack_hours([blob for blob in packed if blob is not None])
    return checked


def unpack_failed(packed: Sequence[bytes]) -> tuple[Ints, NDArray[Any]]:
    """Packed failures joined: which blob each record stands in, and the records (`FAILED`)."""
    lengths = [len(blob) // FAILED.itemsize for blob in packed]
    return np.repeat(np.arange(len(packed)), lengths), np.frombuffer(b"".join(packed), FAILED)


def starts(*columns: Ints) -> Ints:
    """Where in sorted columns a new combination of values begins."""
    length = len(columns[0])
    new = np.ones(length, np.bool_)
    if length:
        new[1:] = False
        for column in columns:
            new[1:] |= column[1:] != column[:-1]
    return np.flatnonzero(new)


def _width(counts: Ints) -> int:
    most = int(counts.max(initial=0))
    return next(width for width in _WIDTHS if most < 1 << 8 * width)


def _split(rows: NDArray[Any]) -> list[bytes]:
    """Each row's bytes."""
    packed, width = rows.tobytes(), rows.shape[1] * rows.itemsize
    return [packed[at : at + width] for at in range(0, len(packed), width)]
