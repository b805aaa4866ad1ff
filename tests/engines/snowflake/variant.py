"""What Snowflake documents of VARIANT, in Python; a VARIANT is kept as JSON text of one spelling per value.

Fixed-point numbers are exact to 38 digits, and `1.0` is a NUMBER(2, 1); what is written with an exponent, or is longer,
is a double and keeps an exponent. Members stand in the order of their names. Not emulated: the trailing commas and
`undefined` that Snowflake's parser lets through.

Source: https://docs.snowflake.com/en/sql-reference/functions/parse_json, …/typeof, …/array_except, …/array_distinct
"""

import json
import math
from collections import Counter
from collections.abc import Callable, Hashable
from decimal import Decimal
from typing import Any

_DIGITS = 38
_KINDS: dict[type, str] = {
    type(None): "NULL_VALUE", bool: "BOOLEAN", int: "INTEGER", Decimal: "DECIMAL", float: "DOUBLE", str: "VARCHAR",
    list: "ARRAY", dict: "OBJECT",
}  # fmt: skip


# ── reading and writing ─────────────────────────────────────────────────────────────────────────────


def _fixed(text: str) -> int | Decimal | float:
    if "e" in text.lower() or sum(map(str.isdigit, text)) > _DIGITS:
        return _double(text)
    if "." not in text:
        return int(text)
    number = Decimal(text)
    return number or abs(number)  # there is no -0


def _double(text: str) -> float:
    number = float(text)
    if math.isinf(number):
        raise ValueError(text)  # beyond a double's range
    return number


def _never(word: str) -> None:
    raise ValueError(word)  # NaN and Infinity are no JSON


def _once(members: list[tuple[str, Any]]) -> dict[str, Any]:
    if len({name for name, _ in members}) < len(members):
        raise ValueError("duplicate object attribute")
    return dict(members)


def _read(text: str, *, strict: bool = False) -> Any:
    """Strict: a key that stands twice in an object is an error; else the last one counts."""
    pairs: Callable[[list[tuple[str, Any]]], dict[str, Any]] = _once if strict else dict
    return json.loads(text, parse_int=_fixed, parse_float=_fixed, parse_constant=_never, object_pairs_hook=pairs)


def _written(value: Any) -> str:
    match value:
        case dict():
            return "{" + ",".join(f"{_written(name)}:{_written(value[name])}" for name in sorted(value)) + "}"
        case list():
            return "[" + ",".join(map(_written, value)) + "]"
        case Decimal():
            return f"{value:f}"
        case float():
            text = repr(value)
            return text if "e" in text else f"{text}e0"
        case _:
            text = json.dumps(value, ensure_ascii=False)
            text.encode()  # half of a surrogate pair is no text
            return text


def parse_json(text: str, options: str) -> str | None:
    """`PARSE_JSON`: strict about duplicate keys unless asked with `d`. An empty text is NULL."""
    return _written(_read(text, strict="d" not in options)) if text.strip() else None


def try_parse_json(text: str, options: str) -> str | None:
    """`TRY_PARSE_JSON`: NULL where `PARSE_JSON` fails."""
    try:
        return parse_json(text, options)
    except (ValueError, RecursionError):
        return None


# ── looking at values ───────────────────────────────────────────────────────────────────────────────


def typeof(doc: str) -> str:
    """`TYPEOF`, the word of the value's own type."""
    return _KINDS[type(_read(doc))]


def to_varchar(doc: str) -> str | None:
    """A cast to VARCHAR: texts without quotes, a JSON null as NULL, arrays and objects as JSON."""
    match _read(doc):
        case None:
            return None
        case str() as text:
            return text
        case float() as number:
            return str(int(number)) if number.is_integer() and abs(number) < 10**15 else repr(number)
        case other:
            return _written(other)


def member(doc: str, name: str) -> str | None:
    """`GET` with a name, whose case counts; NULL where there is no object, or no such member."""
    value = _read(doc)
    return _written(value[name]) if isinstance(value, dict) and name in value else None


def nth(doc: str, index: int) -> str | None:
    """`GET` with a position; NULL where there is no array, or a shorter one."""
    value = _read(doc)
    return _written(value[index]) if isinstance(value, list) and 0 <= index < len(value) else None


def as_array(doc: str) -> str | None:
    """`AS_ARRAY`: NULL where there is none; nothing is converted."""
    return doc if isinstance(_read(doc), list) else None


def as_object(doc: str) -> str | None:
    """`AS_OBJECT`: as above."""
    return doc if isinstance(_read(doc), dict) else None


def object_keys(doc: str) -> str | None:
    """`OBJECT_KEYS`: the names of the top level."""
    value = _read(doc)
    return _written(list(value)) if isinstance(value, dict) else None


def array_size(doc: str) -> int | None:
    """`ARRAY_SIZE`: NULL where a VARIANT holds no array."""
    value = _read(doc)
    return len(value) if isinstance(value, list) else None


def items(doc: str) -> list[str] | None:
    """The items one by one, for `FILTER`."""
    value = _read(doc)
    return [_written(item) for item in value] if isinstance(value, list) else None


# ── comparing items ─────────────────────────────────────────────────────────────────────────────────


def _alike(value: Any) -> Hashable:
    """Equal for equal values: numbers by value, objects whatever the order of their members."""
    match value:
        case bool() | None | str():
            return type(value).__name__, value
        case int() | Decimal() | float():
            return "number", Decimal(repr(value)) if isinstance(value, float) else Decimal(value)
        case list():
            return "array", tuple(map(_alike, value))
        case _:
            return "object", frozenset((name, _alike(inner)) for name, inner in value.items())


def array_distinct(doc: str) -> str:
    """`ARRAY_DISTINCT`."""
    return _written(list({_alike(item): item for item in _read(doc)}.values()))


def array_except(doc: str, other: str) -> str:
    """`ARRAY_EXCEPT`: arrays are multisets, each item of the other takes away one."""
    left, taken = [], Counter(map(_alike, _read(other)))
    for item in _read(doc):
        if taken[_alike(item)] > 0:
            taken[_alike(item)] -= 1
        else:
            left.append(item)
    return _written(left)


def array_slice(doc: str, start: int, end: int) -> str:
    """`ARRAY_SLICE`: from 0, without the last position, negative ones from the end: as Python has it."""
    return _written(_read(doc)[start:end])
