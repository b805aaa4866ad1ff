"""Counting landed rows in Python, with the `jsonschema` library: what a scan must agree with.

The library is told nothing of SQL. Its errors become rule ids by their place in the row and their keyword. Two
of its habits are replaced, because they are Python's and not JSON Schema's: patterns are matched as ECMA 262 has
them, and formats are checked by the RFCs' own grammars, written here by hand.
"""

import calendar
import re
import string
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

import jsonschema
from jsonschema.validators import extend

from monitor.contract.walk import pointer

DRAFTS: Mapping[str, Any] = {
    "http://json-schema.org/draft-04/schema#": jsonschema.Draft4Validator,
    "http://json-schema.org/draft-06/schema#": jsonschema.Draft6Validator,
    "http://json-schema.org/draft-07/schema#": jsonschema.Draft7Validator,
    "https://json-schema.org/draft/2019-09/schema": jsonschema.Draft201909Validator,
    "https://json-schema.org/draft/2020-12/schema": jsonschema.Draft202012Validator,
}
PATTERNS: Mapping[str, re.Pattern[str]] = {
    pattern: re.compile(python, re.ASCII)
    for pattern, python in {
        "^[A-Z]{3}$": r"\A[A-Z]{3}\Z",
        r"^\d+$": r"\A\d+\Z",
        "a.c": r"a[^\n\r\u2028\u2029]c",
        r"\.": r"\.",
        r"^[\w-]+@": r"\A[\w\-]+@",
        "é|ü": "é|ü",
        r"^\s": "\\A[\t-\r \xa0\u1680\u2000-\u200a\u2028\u2029\u202f\u205f\u3000\ufeff]",
        "^$": r"\A\Z",
        r"it's\\": r"it's\\",
        r"^(?:[a-z]{2}|x)\/y?": r"\A(?:[a-z]{2}|x)/y?",
        r"\u00e9\ud83d\ude00": "é😀",
        "^[^@]+$": r"\A[^@]+\Z",
    }.items()
}
"""ECMA's pattern → the same in Python."""

_DATE = re.compile(r"([0-9]{4})-([0-9]{2})-([0-9]{2})")
_CLOCK = re.compile(r"([0-9]{2}):([0-9]{2}):([0-9]{2})(?:\.[0-9]+)?(?:[Zz]|[+-]([0-9]{2}):([0-9]{2}))")
_URI = set(string.ascii_letters + string.digits + "-._~:/?#[]@!$&'()*+,;=%")
_ATOM = set(string.ascii_letters + string.digits + "!#$%&'*+-/=?^_`{|}~")
_LABEL = set(string.ascii_letters + string.digits + "-")

_formats = jsonschema.FormatChecker(formats=())


@_formats.checks("date")
def is_date(value: object) -> bool:
    """RFC 3339 full-date; the day exists (year 0 is a leap year)."""
    if not isinstance(value, str):
        return True
    found = _DATE.fullmatch(value)
    if not found:
        return False
    year, month, day = map(int, found.groups())
    return 1 <= month <= 12 and 1 <= day <= calendar.monthrange(year or 2000, month)[1]


@_formats.checks("date-time")
def is_date_time(value: object) -> bool:
    """RFC 3339 date-time; its note lets a space stand for the T. A leap second may stand anywhere."""
    if not isinstance(value, str):
        return True
    found = _CLOCK.fullmatch(value[11:])
    if not found or value[10:11] not in {"T", "t", " "} or not is_date(value[:10]):
        return False
    hour, minute, second, offset_hour, offset_minute = (int(part or 0) for part in found.groups())
    return hour < 24 and minute < 60 and second <= 60 and offset_hour < 24 and offset_minute < 60


@_formats.checks("uuid")
def is_uuid(value: object) -> bool:
    """RFC 4122: 8-4-4-4-12 hexadecimal digits of either case."""
    if not isinstance(value, str):
        return True
    parts = value.split("-")
    return [len(part) for part in parts] == [8, 4, 4, 4, 12] and set("".join(parts)) <= set(string.hexdigits)


@_formats.checks("email")
def is_email(value: object) -> bool:
    """RFC 5321 with a dot-atom before the @ and a domain after it.

    The library asks only for an `@`; quoted local parts and address literals are not accepted here.
    """
    if not isinstance(value, str):
        return True
    local, at, domain = value.rpartition("@")
    atoms = all(atom and set(atom) <= _ATOM for atom in local.split("."))
    labels = all(label and set(label) <= _LABEL and label[0] != "-" and label[-1] != "-" for label in domain.split("."))
    return bool(at) and atoms and labels


@_formats.checks("uri")
def is_uri(value: object) -> bool:
    """RFC 3986: a scheme, then only the characters that URIs are made of."""
    if not isinstance(value, str):
        return True
    scheme, colon, rest = value.partition(":")
    if not colon or not re.fullmatch("[A-Za-z][A-Za-z0-9+.-]*", scheme) or not set(rest) <= _URI:
        return False
    return all(re.fullmatch("[0-9A-Fa-f]{2}", part[:2]) for part in rest.split("%")[1:])


def _pattern(_validator: Any, pattern: str, instance: Any, _schema: Any) -> Iterator[jsonschema.ValidationError]:
    if isinstance(instance, str) and not PATTERNS[pattern].search(instance):
        yield jsonschema.ValidationError("does not match")


def validator(schema: Mapping[str, Any]) -> Any:
    """A validator of the schema's own draft (2020-12 where it names none), formats asserted."""
    draft = DRAFTS[schema.get("$schema", "https://json-schema.org/draft/2020-12/schema")]
    return extend(draft, {"pattern": _pattern})(schema, format_checker=_formats)  # type: ignore[no-untyped-call]


def broken(schema: Mapping[str, Any], row: Any) -> set[str]:
    """The rules that a row breaks: pointer and keyword, as rule ids end (`/currency:enum`)."""
    found: set[str] = set()
    for error in validator(schema).iter_errors(row):
        place = tuple("*" if isinstance(key, int) else key for key in error.absolute_path)
        if error.validator == "required":
            found |= {
                f"{pointer((*place, name))}:required" for name in error.validator_value if name not in error.instance
            }
        else:
            found.add(f"{pointer(place)}:{error.validator}")
    return found


def required(schema: Mapping[str, Any]) -> set[str]:
    """What a row without any document breaks."""
    return {f"{pointer((name,))}:required" for name in schema.get("required", ())}


def carried(row: Any, path: Iterable[str]) -> bool:
    """The row carries a value that is not null at a path of keys."""
    for key in path:
        if not isinstance(row, dict) or key not in row:
            return False
        row = row[key]
    return row is not None
