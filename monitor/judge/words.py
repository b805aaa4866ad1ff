"""How findings say numbers, hours and names: the same way in every kind."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_SHOWN = 5
SAMPLED = "sampled rows"
"""The fact that says of how many rows a rate is, where rules were asked of a sample."""
_TINY = 0.001


def at(hour: int) -> str:
    """An hour for a sentence.

    >>> at(494_390)
    '2026-05-26 14:00 UTC'
    """
    return f"{_EPOCH + timedelta(hours=hour):%Y-%m-%d %H:00} UTC"


def stamp(hour: int) -> str:
    """An hour as a fact, in ISO 8601.

    >>> stamp(494_390)
    '2026-05-26T14:00Z'
    """
    return f"{_EPOCH + timedelta(hours=hour):%Y-%m-%dT%H:00Z}"


def count(number: int, noun: str, plural: str = "") -> str:
    """A number with its noun.

    >>> count(1, "row"), count(12480, "row"), count(0, "day")
    ('1 row', '12,480 rows', '0 days')
    """
    return f"{number:,} {noun if number == 1 else plural or noun + 's'}"


def of_rows(checked: int, rows: int) -> str:
    """Which rows a rate is of: those that landed, or those of them that were asked.

    >>> of_rows(1204, 1204), of_rows(1, 1), of_rows(1204, 12040)
    ('1,204 rows', '1 row', '1,204 sampled rows')
    """
    return count(checked, "row" if checked == rows else "sampled row")


def counted(checked: int, rows: int) -> tuple[tuple[str, int], ...]:
    """The same as facts.

    >>> counted(1204, 1204), counted(1204, 12040)
    ((('rows', 1204),), (('sampled rows', 1204), ('rows in all', 12040)))
    """
    return (("rows", rows),) if checked == rows else ((SAMPLED, checked), ("rows in all", rows))


def sampled(checked: int, rows: int) -> str:
    """What follows a number of rows, where they are not all.

    >>> sampled(1204, 1204), sampled(1204, 12040)
    ('', ' sampled')
    """
    return "" if checked == rows else " sampled"


def among(checked: int, rows: int) -> tuple[tuple[str, int], ...]:
    """Facts about a sample that a count is of; none where it is of all rows."""
    return () if checked == rows else counted(checked, rows)


def percent(share: float) -> str:
    """A share as people read it: one decimal below 99.95%, more where it is tiny.

    >>> percent(0.1824), percent(0.01), percent(1.0), percent(0.0004)
    ('18.2%', '1%', '100%', '0.04%')
    """
    digits = 1 if abs(share) >= _TINY else 2
    text = f"{share * 100:.{digits}f}"
    return (text.rstrip("0").rstrip(".") if "." in text else text) + "%"


def listed(names: Sequence[str], shown: int = _SHOWN) -> str:
    """Some names and how many more there are.

    >>> listed(["a", "b"]), listed(list("abcdefg"), 3)
    ('a, b', 'a, b, c and 4 more')
    """
    rest = len(names) - shown
    return ", ".join(names) if rest <= 0 else f"{', '.join(names[:shown])} and {rest:,} more"


def lately(*, adopting: bool) -> str:
    """Which rows a count is of.

    >>> lately(adopting=False), lately(adopting=True)
    ('in the last days', 'so far')
    """
    return "so far" if adopting else "in the last days"


def per_source(rows: Sequence[tuple[str, int]]) -> str:
    """Rows by source, most first.

    >>> per_source([("ios", 3), ("", 2000)])
    'no source 2,000, ios 3'
    """
    ordered = sorted(rows, key=lambda pair: (-pair[1], pair[0]))
    return listed([f"{source or 'no source'} {number:,}" for source, number in ordered])
