"""Functions that SQLite's own are not exact enough for, registered on a connection by name (`tw_…`).

All are pure, take what a row holds, and answer NULL (None) rather than fail: an exception would end the statement.
JSON numbers keep their spelling (`_Number`): SQLite's end at 64 bits.
"""

import json
import math
import re
from collections.abc import Callable, Mapping
from datetime import date
from decimal import ROUND_HALF_UP, Decimal, InvalidOperation
from functools import lru_cache, wraps
from typing import Any, TypeAlias

from monitor.sql.regex_postgres import STAND_IN

Json: TypeAlias = Any
_NUL = chr(STAND_IN)
_NUMBER = re.compile(r"\s*[-+]?(\d+(\.\d*)?|\.\d+)([eE][-+]?\d{1,6})?\s*\Z", re.ASCII)
_LOCAL = re.compile(r"(\d{4})-(\d\d)-(\d\d)", re.ASCII)
_HALF = re.compile("[\ud800-\udfff]")
_LONG = 2**63
_MOST_DIGITS = 38
_UNIX_EPOCH_AS_JULIAN = 2_440_587.5
_MOST_JULIAN = 1e7
_DAY = 86_400


class _Number(str):
    """A JSON number as it is written."""

    __slots__ = ()


def _refuse(constant: str) -> Json:
    raise ValueError(constant)


@lru_cache(maxsize=256)
def _loaded(text: str) -> Json:
    """The document; ValueError where it is none (halves of surrogate pairs, NaN)."""
    found = json.loads(text, parse_int=_Number, parse_float=_Number, parse_constant=_refuse)
    if "\\u" in text and _HALF.search(json.dumps(found, ensure_ascii=False)):
        raise ValueError(text)
    return found


def _written(value: Json) -> str:
    if isinstance(value, _Number):
        return str(value)
    if isinstance(value, str):
        return json.dumps(value.replace("\0", _NUL), ensure_ascii=False)
    if isinstance(value, list):
        return f"[{','.join(map(_written, value))}]"
    if isinstance(value, dict):
        return f"{{{','.join(f'{_written(key)}:{_written(inner)}' for key, inner in value.items())}}}"
    return json.dumps(value)


def _kind(value: Json) -> str:
    if isinstance(value, _Number):
        return "integer" if value.lstrip("-").isdigit() else "real"
    if value is None or isinstance(value, bool):
        return json.dumps(value)
    return "text" if isinstance(value, str) else "array" if isinstance(value, list) else "object"


def _text(value: Json) -> str | None:
    if value is None:
        return None
    if isinstance(value, str) and not isinstance(value, _Number):
        return value.replace("\0", _NUL)
    return _written(value)


_ABSENT = object()


def _at(value: Json, path: list[str]) -> Json:
    for key in path:
        if not isinstance(value, dict) or key not in value:
            return _ABSENT
        value = value[key]
    return value


# ── documents ───────────────────────────────────────────────────────────────────────────────────────


def tw_valid(doc: Any) -> int:
    """1 where the text is JSON that every engine takes."""
    _loaded(str(doc))
    return 1


def tw_at(doc: Any, path: str) -> str | None:
    """The JSON text at a path (a JSON list of keys)."""
    found = _at(_loaded(str(doc)), json.loads(path))
    return None if found is _ABSENT else _written(found)


def tw_texts(doc: Any, paths: str) -> str:
    """The texts at paths, as a JSON list."""
    whole = _loaded(str(doc))
    found = (_at(whole, path) for path in json.loads(paths))
    return json.dumps([None if one is _ABSENT else _text(one) for one in found], ensure_ascii=False)


def tw_kinds(doc: Any, paths: str) -> str:
    """The kinds at paths, in json1's words, as a JSON list."""
    whole = _loaded(str(doc))
    found = (_at(whole, path) for path in json.loads(paths))
    return json.dumps([None if one is _ABSENT else _kind(one) for one in found])


def tw_text(raw: Any) -> str | None:
    """A JSON value as text; NULL for null."""
    return _text(_loaded(str(raw)))


def tw_nth(raw: Any, index: int) -> str | None:
    """The JSON text of an array's item."""
    value = _loaded(str(raw))
    return _written(value[index]) if isinstance(value, list) and index < len(value) else None


def tw_unwrapped(raw: Any) -> str:
    """The document without the one-item arrays that a collector wraps it in, at most two."""
    value = _loaded(str(raw))
    for _ in range(2):
        if isinstance(value, list) and len(value) == 1:
            value = value[0]
    return _written(value)


def tw_items(raw: Any, start: int) -> str | None:
    """An array's items from `start` on, each as a JSON text in a JSON list; NULL where there is no array."""
    value = _loaded(str(raw))
    return json.dumps([_written(item) for item in value[start:]]) if isinstance(value, list) else None


def tw_members(raw: Any) -> str | None:
    """An object's members, each value as a JSON text; NULL where there is no object."""
    value = _loaded(str(raw))
    if not isinstance(value, dict):
        return None
    return json.dumps({key.replace("\0", _NUL): _written(inner) for key, inner in value.items()}, ensure_ascii=False)


def tw_repeats(raw: Any) -> int:
    """1 where an array holds two items that are equal as JSON."""
    value = _loaded(str(raw))
    if not isinstance(value, list):
        return 0
    return int(len(set(map(_same, value))) < len(value))


def _same(value: Json) -> Any:
    """What is equal exactly where the JSON values are."""
    if isinstance(value, _Number):
        return ("number", *_scaled(value))
    if isinstance(value, list):
        return ("array", tuple(map(_same, value)))
    if isinstance(value, dict):
        return ("object", frozenset((key, _same(inner)) for key, inner in value.items()))
    return (type(value).__name__, value)


# ── numbers ─────────────────────────────────────────────────────────────────────────────────────────


def _scaled(text: str) -> tuple[int, int]:
    """A decimal as digits without trailing zeros, times a power of ten: exact, however large the power."""
    sign, digits, exponent = Decimal(text).as_tuple()
    if not isinstance(exponent, int):
        raise ValueError(text)  # noqa: TRY004 - infinity is no number of JSON
    number = "".join(map(str, digits))
    kept = number.rstrip("0")
    if not kept:
        return 0, 0
    return (-int(kept) if sign else int(kept)), exponent + len(number) - len(kept)


def tw_multiple(text: Any, divisor: str) -> int | None:
    """Whether a number is a whole multiple of a decimal."""
    if not _NUMBER.match(str(text)):
        return None
    digits, power = _scaled(str(text))
    of, of_power = _scaled(divisor)
    if power >= of_power:
        return int(digits * pow(10, power - of_power, of) % of == 0)
    if of_power - power > len(str(digits)):
        return int(digits == 0)
    return int(digits % (of * 10 ** (of_power - power)) == 0)


def tw_number(value: Any) -> int | float | None:
    """A text as a number: exact within 64 bits, a float beyond."""
    if isinstance(value, int | float):
        return value
    if not _NUMBER.match(str(value)):
        return None
    text = str(value).strip()
    whole = int(text) if text.lstrip("+-").isdigit() and len(text) < _MOST_DIGITS else None
    return whole if whole is not None and -_LONG <= whole < _LONG else float(text)


def _rounded(value: Any) -> int | None:
    if isinstance(value, float):
        value = repr(value)
    if not _NUMBER.match(str(value)):
        return None
    number = Decimal(str(value).strip())
    if number.adjusted() >= _MOST_DIGITS:
        return None
    return int(number.to_integral_value(ROUND_HALF_UP))


def tw_whole(value: Any) -> int | float | None:
    """A text as a whole number; beyond 64 bits a float, which is compared rightly with all within."""
    whole = _rounded(value)
    return whole if whole is None or -_LONG <= whole < _LONG else float(whole)


def tw_integer(value: Any) -> int | None:
    """A text as a whole number of 64 bits."""
    whole = _rounded(value)
    return whole if whole is not None and -_LONG <= whole < _LONG else None


def tw_digits(value: Any) -> str | None:
    """A text as a whole number, exactly, as digits."""
    whole = _rounded(value)
    return None if whole is None else str(whole)


def tw_compare(value: Any, other: str) -> int | None:
    """-1, 0 or 1: a whole number beside one beyond 64 bits."""
    whole = _rounded(value)
    return None if whole is None else (whole > int(other)) - (whole < int(other))


# ── texts and times ─────────────────────────────────────────────────────────────────────────────────


def tw_matches(text: Any, pattern: str) -> int:
    """1 where a pattern (Python's) matches somewhere."""
    return int(_compiled(pattern).search(str(text).replace(_NUL, "\0")) is not None)


def tw_captured(text: Any, pattern: str) -> str | None:
    """The first group of the first match; NULL where it is empty."""
    found = _compiled(pattern).search(str(text).replace(_NUL, "\0"))
    return (found[1] or None) if found is not None else None


@lru_cache(maxsize=1_024)
def _compiled(pattern: str) -> re.Pattern[str]:
    return re.compile(pattern)


def tw_part(text: Any, separator: str, index: int) -> str:
    """The part of a text at an index from 1; empty where there are fewer."""
    parts = str(text).split(separator)
    return parts[index - 1] if index <= len(parts) else ""


def tw_boolean(value: Any) -> int | None:
    """A text as a truth value."""
    return {"true": 1, "t": 1, "1": 1, "false": 0, "f": 0, "0": 0}.get(str(value).strip().lower())


def tw_date(value: Any) -> str | None:
    """A text that begins with a day of the calendar, as that day."""
    found = _LOCAL.match(str(value))
    if found is None:
        return None
    year, month, day = map(int, found.groups())
    date(year or 4, month, day)  # the year 0 was a leap year
    return found[0]


def tw_julian(value: float) -> int | None:
    """A Julian day, or seconds, as whole seconds since 1970."""
    if not math.isfinite(value):
        return None
    seconds = (value - _UNIX_EPOCH_AS_JULIAN) * _DAY if abs(value) < _MOST_JULIAN else value
    return math.floor(round(seconds, 3))


def tw_floor_div(value: Any, by: int) -> int | None:
    """A number divided, rounded down."""
    number = tw_integer(value)
    return None if number is None else number // by


def floor(value: float) -> float:
    """Some builds of SQLite lack it."""
    return value if abs(value) >= _LONG else math.floor(value)


def _never_fails(function: Callable[..., Any]) -> Callable[..., Any]:
    @wraps(function)
    def safe(*values: Any) -> Any:
        if values[0] is None:
            return None
        try:
            return function(*values)
        except (ValueError, TypeError, OverflowError, InvalidOperation, RecursionError, IndexError):
            return None

    return safe


_ALL: tuple[tuple[Callable[..., Any], int], ...] = (
    (tw_valid, 1), (tw_at, 2), (tw_texts, 2), (tw_kinds, 2), (tw_text, 1), (tw_nth, 2), (tw_unwrapped, 1),
    (tw_items, 2), (tw_members, 1), (tw_repeats, 1), (tw_multiple, 2), (tw_number, 1), (tw_whole, 1), (tw_integer, 1),
    (tw_digits, 1), (tw_compare, 2), (tw_matches, 2), (tw_captured, 2), (tw_part, 3), (tw_boolean, 1), (tw_date, 1),
    (tw_julian, 1), (tw_floor_div, 2), (floor, 1),
)  # fmt: skip

FUNCTIONS: Mapping[str, tuple[int, Callable[..., Any]]] = {
    function.__name__: (width, _never_fails(function)) for function, width in _ALL
}
"""Name in SQL → how many arguments, and the function."""
