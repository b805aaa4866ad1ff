"""What every part of `trackwarden.yml` has in common, and how durations and shares are written: `2h`, `5%`."""

import re
from datetime import timedelta
from typing import Annotated, Any, Literal, TypeAlias
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field


class Section(BaseModel):
    """A part of the file: frozen, and no key but its own."""

    model_config = ConfigDict(frozen=True, extra="forbid", hide_input_in_errors=True)


UNITS = {"s": "seconds", "m": "minutes", "h": "hours", "d": "days", "w": "weeks"}


def duration(value: Any) -> timedelta:
    """`30m`, `2h`, `1d12h` → a timedelta; anything else is a ValueError that says how it is written.

    >>> duration("1d12h")
    datetime.timedelta(days=1, seconds=43200)
    """
    if isinstance(value, timedelta):
        return value
    text = value.strip() if isinstance(value, str) else ""
    parts = re.findall(r"([0-9]{1,6})([smhdw])", text)
    if not parts or "".join(number + unit for number, unit in parts) != text:
        raise ValueError("is not a duration: write a number and a unit (s, m, h, d, w), like 30m, 2h or 1d12h")
    return sum((timedelta(**{UNITS[unit]: int(number)}) for number, unit in parts), timedelta())


def share(value: Any) -> float:
    """`5%` → 0.05; a bare number is a share already, so `5` is refused: it could mean either.

    >>> share("0.5%")
    0.005
    """
    if isinstance(value, str) and re.fullmatch(r"\s*[0-9]{1,6}(\.[0-9]{1,6})?\s*%\s*", value):
        return float(value.strip().rstrip("% ")) / 100
    if isinstance(value, float) and 0 <= value <= 1:
        return value
    raise ValueError("is not a share: write a percentage like 5%, or a fraction like 0.05")


_BYTES = {"B": 1, "KB": 10**3, "MB": 10**6, "GB": 10**9, "TB": 10**12, "KIB": 2**10, "MIB": 2**20, "GIB": 2**30}


def size(value: Any) -> int:
    """`50GB` → bytes; a bare whole number is bytes already.

    >>> size("1.5 GB"), size("1GiB")
    (1500000000, 1073741824)
    """
    if isinstance(value, int) and not isinstance(value, bool):
        return value
    found = (
        re.fullmatch(r"\s*([0-9]{1,9}(?:\.[0-9]{1,6})?)\s*([A-Za-z]{1,3})\s*", value)
        if isinstance(value, str)
        else None
    )
    unit = _BYTES.get(found[2].upper()) if found else None
    if found is None or unit is None:
        raise ValueError("is not a size: write a number and a unit (B, KB, MB, GB, TB), like 50GB")
    return int(float(found[1]) * unit)


Bytes = Annotated[int, BeforeValidator(size), Field(gt=0)]
"""Written `50GB`."""

Duration = Annotated[timedelta, BeforeValidator(duration)]
"""Not negative; written `30m`, `2h`, `1d12h`."""

Share = Annotated[float, BeforeValidator(share), Field(ge=0, le=1)]
"""A fraction between 0 and 1; written `5%` or `0.05`."""

Ratio = Annotated[float, BeforeValidator(share), Field(ge=0)]
"""A fraction that may be above 1; written `300%`."""

CLOCK = r"^([01][0-9]|2[0-3]):[0-5][0-9]$"
"""A time of day: `07:30`."""

Loudness: TypeAlias = Literal["info", "warning", "critical"]
"""A severity."""

Kind: TypeAlias = Literal[
    "measurement_failed",
    "no_data",
    "volume_drop",
    "volume_spike",
    "column_type_changed",
    "missing_column",
    "failure_rate",
    "unexpected_column",
    "undeclared_property",
    "unplanned_event",
    "unknown_version",
    "retired_version_arriving",
    "payload_not_landed",
    "rows_without_time",
    "duplicated_ids",
    "not_seen",
]
"""A kind of finding; a test holds these to the judge's."""


def zone(name: str) -> str:
    """An IANA time zone's name, if there is one of that name.

    >>> zone("Europe/Berlin")
    'Europe/Berlin'
    """
    try:
        ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        raise ValueError("is not a known time zone: write an IANA name, like Europe/Berlin") from None
    return name


def one_or_more(value: Any) -> Any:
    """`x` where a list `[x]` may stand."""
    return [value] if isinstance(value, str) else value
