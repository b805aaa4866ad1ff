"""BigQuery's JSON functions and decimals of 76 digits, for an emulator whose database has other ones.

DuckDB's JSON keeps the spelling of numbers, the order of members and both of two equal keys, reads `$."0"` and `['/a']`
in its own way, and has no decimals beyond 38 digits. What each function answers here is what BigQuery's documentation
says (https://cloud.google.com/bigquery/docs/reference/standard-sql/json_functions); where that is silent, what Google's
own GoogleSQL answers. `NULL` in, `NULL` out, unless said otherwise.
"""

import json
import math
import re
from collections.abc import Mapping
from decimal import ROUND_HALF_UP, Context, Decimal, InvalidOperation
from typing import Any

_SPECIAL = re.compile(r'["\\.\x00-\x1f]')
"""What makes `JSON_KEYS` quote a key."""
_STEP = re.compile(r'\.([\w\-:\s]+)|\."((?:[^"\\]|\\.)*)"|\[\s*(\d+)\s*\]')
_SIGNED_64, _UNSIGNED_64 = 2**63, 2**64
_PLACES = Decimal(1).scaleb(-38)
_DIGITS = Context(prec=200)
_LARGEST = Decimal("578960446186580977117854925043439539266.34992332820282019728792003956564819967")
_ABSENT = object()


class RefusedError(ValueError):
    """What BigQuery ends a statement with, and `SAFE.` makes NULL of."""


def parse_json(text: str) -> str:
    """`PARSE_JSON(text, wide_number_mode => 'round')`: JSON as BigQuery keeps it."""
    try:
        found = json.loads(
            text, parse_int=_whole, parse_float=_fraction, parse_constant=_refused, object_pairs_hook=_first_of_each
        )
        said = written(found)
        said.encode()  # half a surrogate pair is no character
    except (ValueError, RecursionError) as error:
        raise RefusedError(f"Invalid input to PARSE_JSON: {error}") from None
    return said


def json_type(value: str) -> str:
    """`JSON_TYPE(json)`."""
    found = _read(value)
    if found is None:
        return "null"
    if isinstance(found, bool):
        return "boolean"
    if isinstance(found, int | float):
        return "number"
    return "string" if isinstance(found, str) else "array" if isinstance(found, list) else "object"


def json_query(value: str, path: str) -> str | None:
    """`JSON_QUERY(json, path)`: the value there; NULL where there is none."""
    found = _at(_read(value), path)
    return None if found is _ABSENT else written(found)


def json_value(value: str, path: str) -> str | None:
    """`JSON_VALUE(json, path)`: a string, number or boolean as text; NULL for all else."""
    found = _at(_read(value), path)
    if found is _ABSENT or found is None or isinstance(found, dict | list):
        return None
    return found if isinstance(found, str) else written(found)


def json_query_array(value: str) -> list[str] | None:
    """`JSON_QUERY_ARRAY(json)`: an array's items; NULL for all else."""
    found = _read(value)
    return [written(one) for one in found] if isinstance(found, list) else None


def json_keys(value: str) -> list[str]:
    """`JSON_KEYS(json, 1)`: an object's keys in order, those with special characters as JSON strings; else none."""
    found = _read(value)
    keys = sorted(found) if isinstance(found, dict) else []
    return [json.dumps(key, ensure_ascii=False) if _SPECIAL.search(key) else key for key in keys]


def json_member(value: str, key: str) -> str | None:
    """`json['key']`: a member of an object by its exact name; NULL for all else."""
    found = _read(value)
    return written(found[key]) if isinstance(found, dict) and key in found else None


def bignumeric(text: str) -> float | None:
    """`SAFE_CAST(text AS BIGNUMERIC)` as the nearest float: its sign is exact. NULL where it is none."""
    number = _decimal(text)
    return None if number is None else float(number)


def bignumeric_whole(text: str) -> int | None:
    """`ROUND(SAFE_CAST(text AS BIGNUMERIC))`."""
    number = _decimal(text)
    return None if number is None else int(number.to_integral_value(ROUND_HALF_UP, _DIGITS))


def bignumeric_rest(text: str, divisor: str) -> float | None:
    """`MOD(SAFE_CAST(text AS BIGNUMERIC), BIGNUMERIC divisor)`, by its sign."""
    number, by = _decimal(text), _decimal(divisor)
    return None if number is None or by is None else float(_DIGITS.remainder(number, by))


FUNCTIONS: Mapping[str, tuple[Any, list[str], str]] = {
    "tw_parse_json": (parse_json, ["VARCHAR"], "JSON"),
    "tw_json_type": (json_type, ["JSON"], "VARCHAR"),
    "tw_json_query": (json_query, ["JSON", "VARCHAR"], "JSON"),
    "tw_json_value": (json_value, ["JSON", "VARCHAR"], "VARCHAR"),
    "tw_json_query_array": (json_query_array, ["JSON"], "JSON[]"),
    "tw_json_keys": (json_keys, ["JSON"], "VARCHAR[]"),
    "tw_json_member": (json_member, ["JSON", "VARCHAR"], "JSON"),
    "tw_bignumeric": (bignumeric, ["VARCHAR"], "DOUBLE"),
    "tw_bignumeric_whole": (bignumeric_whole, ["VARCHAR"], "HUGEINT"),
    "tw_bignumeric_rest": (bignumeric_rest, ["VARCHAR", "VARCHAR"], "DOUBLE"),
}
"""Name in the emulator's database → function, its parameters' types, its own."""


def written(value: Any) -> str:
    """A value as BigQuery writes it: `1.0`, `1e+17`, members by name."""
    if isinstance(value, dict):
        return "{" + ",".join(f"{_text(key)}:{written(value[key])}" for key in sorted(value)) + "}"
    if isinstance(value, list):
        return "[" + ",".join(map(written, value)) + "]"
    if isinstance(value, str):
        return _text(value)
    return repr(value) if isinstance(value, float) else json.dumps(value)


def _text(value: str) -> str:
    return json.dumps(value, ensure_ascii=False)


def _read(value: str) -> Any:
    return json.loads(value)


def _whole(digits: str) -> int | float:
    number = int(digits)
    return number if -_SIGNED_64 <= number < _UNSIGNED_64 else _fraction(digits)


def _fraction(digits: str) -> float:
    number = float(digits)
    if math.isinf(number):
        raise RefusedError(f"number overflow parsing '{digits}'")
    return number


def _refused(word: str) -> None:
    raise RefusedError(f"unexpected {word}")


def _first_of_each(members: list[tuple[str, Any]]) -> dict[str, Any]:
    kept: dict[str, Any] = {}
    for key, value in members:
        kept.setdefault(key, value)
    return kept


def _at(value: Any, path: str) -> Any:
    """Keys are followed in objects; a whole number, in quotes or not, is a position in an array."""
    if not path.startswith("$"):
        raise RefusedError(f"JSONPath must start with '$': {path}")
    start = 1
    while start < len(path):
        step = _STEP.match(path, start)
        if step is None:
            raise RefusedError(f"Invalid token in JSONPath at: {path[start:]}")
        start = step.end()
        plain, quoted, index = step.groups()
        key = plain if plain is not None else index if index is not None else quoted.replace('\\"', '"')
        if isinstance(value, dict) and key in value:
            value = value[key]
        elif isinstance(value, list) and re.fullmatch(r"\s*\+?\d+\s*", key) and int(key) < len(value):
            value = value[int(key)]
        else:
            return _ABSENT
    return value


def _decimal(text: str) -> Decimal | None:
    try:
        number = Decimal(text.strip())
        held = number.quantize(_PLACES, ROUND_HALF_UP, _DIGITS)
    except InvalidOperation:
        return None
    return held if number.is_finite() and abs(held) <= _LARGEST else None
