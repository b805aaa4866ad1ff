"""Plain values as YAML that people like to read. Only for what we make ourselves: mappings, lists and scalars.

It is quick (a round-tripping library takes seconds for a large project) and has one spelling for every value.
"""

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from typing import TypeAlias

Value: TypeAlias = "str | int | float | bool | Mapping[str, Value] | Sequence[Value] | None"

_BARE = re.compile(r"[A-Za-z_][A-Za-z0-9_./-]*(?: [A-Za-z0-9_./(),;-]+)*")
_WORDS = frozenset({"null", "true", "false", "yes", "no", "on", "off", "y", "n", "nan", "inf"})
_UNPRINTABLE = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u2028\u2029\ufeff\ufffe\uffff]")
_SURROGATE = re.compile("[\ud800-\udfff]")


def dump(value: Mapping[str, Value]) -> str:
    """The mapping as a YAML document, keys in their own order.

    >>> print(dump({"sources": [{"name": "web", "tags": ["a"]}]}), end="")
    sources:
      - name: web
        tags:
          - a
    """
    return "".join(f"{line}\n" for line in _mapping(value))


def scalar(value: str | float | bool | None) -> str:  # noqa: FBT001 - a YAML scalar
    """One value on one line.

    >>> scalar("order id"), scalar("yes"), scalar("a: b"), scalar(None)
    ('order id', '"yes"', '"a: b"', 'null')
    """
    if not isinstance(value, str):
        return json.dumps(value)
    if _BARE.fullmatch(value) and value.lower() not in _WORDS and not value.endswith("."):
        return value
    quoted = json.dumps(_SURROGATE.sub("\ufffd", value), ensure_ascii=False)
    return _UNPRINTABLE.sub(lambda char: f"\\u{ord(char[0]):04x}", quoted)


def _mapping(value: Mapping[str, Value]) -> Iterator[str]:
    for key, inner in value.items():
        name = scalar(key)
        if isinstance(inner, Mapping):
            yield from _below(f"{name}:", list(_mapping(inner)), "{}")
        elif isinstance(inner, Sequence) and not isinstance(inner, str):
            yield from _below(f"{name}:", list(_sequence(inner)), "[]")
        else:
            yield f"{name}: {scalar(inner)}"


def _sequence(value: Sequence[Value]) -> Iterator[str]:
    for inner in value:
        if isinstance(inner, Mapping):
            lines = list(_mapping(inner)) or ["{}"]
        elif isinstance(inner, Sequence) and not isinstance(inner, str):
            lines = list(_sequence(inner)) or ["[]"]
        else:
            lines = [scalar(inner)]
        yield f"- {lines[0]}"
        yield from (f"  {line}" for line in lines[1:])


def _below(head: str, lines: Sequence[str], empty: str) -> Iterator[str]:
    if not lines:
        yield f"{head} {empty}"
        return
    yield head
    yield from (f"  {line}" for line in lines)
