"""Numbers and times as an analyst reads them: grouped digits, units, UTC."""

from datetime import UTC, datetime, timedelta

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_SMALLEST = 0.0001
_THOUSAND = 1000


def moment(hour: int) -> datetime:
    """The start of a whole UTC hour since 1970-01-01."""
    return _EPOCH + timedelta(hours=hour)


def hour_text(hour: int) -> str:
    """An hour as it stands in tables.

    >>> hour_text(495_038)
    '2026-06-22 14:00 UTC'
    """
    return f"{moment(hour):%Y-%m-%d %H:00} UTC"


def day_text(hour: int) -> str:
    """The UTC day of an hour.

    >>> day_text(495_038)
    '2026-06-22'
    """
    return f"{moment(hour):%Y-%m-%d}"


def time_text(when: datetime) -> str:
    """A moment to the minute, in UTC.

    >>> time_text(datetime(2026, 6, 22, 16, 5, tzinfo=UTC))
    '2026-06-22 16:05 UTC'
    """
    return f"{when.astimezone(UTC):%Y-%m-%d %H:%M} UTC"


def count_text(value: float) -> str:
    """A count with grouped digits; a mean below ten keeps one decimal.

    >>> count_text(12480), count_text(2.5), count_text(0)
    ('12,480', '2.5', '0')
    """
    if value != int(value) and abs(value) < 10:  # noqa: PLR2004 - above ten a decimal says nothing
        return f"{value:,.1f}"
    return f"{round(value):,}"


def short_text(value: float) -> str:
    """A count for an axis.

    >>> short_text(950), short_text(1500), short_text(2_000_000)
    ('950', '1.5k', '2M')
    """
    size, unit = float(value), ""
    for unit in ("", "k", "M", "G"):  # noqa: B007 - the unit at which the loop stops is the answer
        if abs(size) < _THOUSAND:
            break
        size /= _THOUSAND
    return f"{size:.3g}{unit}" if abs(size) < _THOUSAND else f"{size:,.0f}{unit}"


def change_text(change: float) -> str:
    """A relative change, signed.

    >>> change_text(-0.704), change_text(0.1), change_text(0.001)
    ('−70%', '+10%', '±0%')
    """
    rounded = round(change * 100)
    sign = "±" if rounded == 0 else "+" if rounded > 0 else "\N{MINUS SIGN}"
    return f"{sign}{abs(rounded):,}%"


def percent_text(part: float, whole: float = 1.0) -> str:
    """A share; it never says 0% or 100% of what is not exactly that; `–` of nothing.

    >>> percent_text(2271, 12480), percent_text(1, 100_000), percent_text(99_999, 100_000)
    ('18.2%', '<0.01%', '>99.9%')
    >>> percent_text(0, 10), percent_text(10, 10), percent_text(0, 0), percent_text(1, 1000)
    ('0%', '100%', '–', '0.10%')
    """
    if whole == 0:
        return "–"
    share = part / whole
    if share in (0.0, 1.0):
        return f"{share:.0%}"
    if 0 < share < _SMALLEST:
        return "<0.01%"
    if 0.999 < share < 1:  # noqa: PLR2004 - what one decimal would round up to the whole
        return ">99.9%"
    return f"{share:.2%}" if share < 0.01 else f"{share:.1%}"  # noqa: PLR2004 - two digits that count
