"""What every part of `trackwarden.yml` has in common, and how durations and shares are written: `2h`, `5%`."""

import re
from datetime import timedelta
from typing import Annotated, Any

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


Duration = Annotated[timedelta, BeforeValidator(duration)]
"""Not negative; written `30m`, `2h`, `1d12h`."""

Share = Annotated[float, BeforeValidator(share), Field(ge=0, le=1)]
"""A fraction between 0 and 1; written `5%` or `0.05`."""

Ratio = Annotated[float, BeforeValidator(share), Field(ge=0)]
"""A fraction that may be above 1; written `300%`."""
