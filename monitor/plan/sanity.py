"""What makes a JSON Schema no schema at all: a type that does not exist, a bound that is no number."""

import math
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from monitor.plan.keywords import (
    COUNTS,
    FLAGS,
    NAMED_SCHEMAS,
    NUMBERS,
    ONE_SCHEMA,
    SCHEMA_LIST,
    TEXTS,
    TYPES,
    Path,
    children,
    is_draft_4,
    walk,
)
from monitor.plan.nearest import did_you_mean


@dataclass(frozen=True, slots=True)
class Flaw:
    """One thing that is wrong with a schema, at a path from its root."""

    path: Path
    problem: str
    hint: str = ""


def flaws(schema: Mapping[str, Any], *, draft_4: bool | None = None) -> tuple[Flaw, ...]:
    """Everything that makes the schema unusable, nested places included; empty when it is sound.

    References are not followed. `draft_4` tells how to read boolean bounds where the schema is a
    part of a document that says so; by default its own `$schema` does.
    """
    old = is_draft_4(schema) if draft_4 is None else draft_4
    return tuple(_flaws(schema, old=old))


def _flaws(schema: Mapping[str, Any], *, old: bool) -> Iterator[Flaw]:
    for path, here in walk(schema):
        for key, value in here.items():
            check = _CHECKS.get(key)
            if check and not (old and key.startswith("exclusive") and isinstance(value, bool)):
                for flaw in check(key, value):
                    yield Flaw((*path, *flaw.path), flaw.problem, flaw.hint)
        for more, below in children(here):
            if not isinstance(below, dict | bool):
                yield _no_schema((*path, *more), below)


def _no_schema(path: Path, value: object) -> Flaw:
    name = path[-1]
    if value is None:
        return Flaw(path, f"{name!r} has no schema", f"write {name}: {{type: string}}, or {{}} for anything")
    hint = f"write {name}: {{type: {value}}}" if value in TYPES else "write a mapping such as {type: string}"
    return Flaw(path, f"{name!r} must be a schema, not {kind_of(value)}", hint)


def _type(key: str, value: object) -> Iterator[Flaw]:
    names = value if isinstance(value, list) else [value]
    if not names:
        yield Flaw((key,), "type is an empty list: no value could ever fit", f"one of {', '.join(TYPES)}")
    for place, name in enumerate(names):
        path: Path = (key, place) if isinstance(value, list) else (key,)
        if name is None:
            yield Flaw(path, "type null must be quoted", 'write "null"')
        elif not isinstance(name, str):
            yield Flaw(path, f"type must be a name, not {kind_of(name)}", f"one of {', '.join(TYPES)}")
        elif name not in TYPES:
            yield Flaw(path, f"type {name!r} is not known", _SAME.get(name.lower()) or did_you_mean(name, TYPES))
        elif names.index(name) < place:
            yield Flaw(path, f"type {name!r} is named twice", "name it once")


_SAME = {
    "bool": "did you mean 'boolean'?",
    "float": "did you mean 'number'?",
    "double": "did you mean 'number'?",
    "decimal": "did you mean 'number'?",
    "int": "did you mean 'integer'?",
    "long": "did you mean 'integer'?",
    "text": "did you mean 'string'?",
    "varchar": "did you mean 'string'?",
    "list": "did you mean 'array'?",
    "map": "did you mean 'object'?",
    "dict": "did you mean 'object'?",
    "struct": "did you mean 'object'?",
    "date": "write type: string, format: date",
    "datetime": "write type: string, format: date-time",
    "timestamp": "write type: string, format: date-time",
    "uuid": "write type: string, format: uuid",
    "any": "leave type out",
}


def _required(key: str, value: object) -> Iterator[Flaw]:
    if isinstance(value, bool):
        yield Flaw((key,), "required must be a list of property names", "list it in the object around the property")
    elif not isinstance(value, list):
        yield Flaw((key,), f"required must be a list, not {kind_of(value)}", f"write [{value}]" if value else "")
    else:
        for place, name in enumerate(value):
            if not isinstance(name, str):
                yield Flaw((key, place), f"required names a {kind_of(name)}, not a property", "quote the name")


def _enum(key: str, value: object) -> Iterator[Flaw]:
    if not isinstance(value, list):
        yield Flaw((key,), f"enum must be a list, not {kind_of(value)}", "write [first, second]")
    elif not value:
        yield Flaw((key,), "enum is empty: no value could ever fit", "list the allowed values, or remove enum")


def _count(key: str, value: object) -> Iterator[Flaw]:
    whole = isinstance(value, int) or (isinstance(value, float) and value.is_integer())
    if isinstance(value, bool) or not whole:
        yield Flaw((key,), f"{key} must be a whole number, not {_shown(value)}")
    elif isinstance(value, int | float) and value < 0:
        yield Flaw((key,), f"{key} must not be negative", "0 or more")


def _number(key: str, value: object) -> Iterator[Flaw]:
    if isinstance(value, bool) or not isinstance(value, int | float):
        hint = f"write the bound itself: {key}: 5" if isinstance(value, bool) else ""
        yield Flaw((key,), f"{key} must be a number, not {_shown(value)}", hint)
    elif isinstance(value, float) and not math.isfinite(value):
        yield Flaw((key,), f"{key} must be a finite number")
    elif key == "multipleOf" and value <= 0:
        yield Flaw((key,), "multipleOf must be above 0")


def _text(key: str, value: object) -> Iterator[Flaw]:
    if not isinstance(value, str):
        yield Flaw((key,), f"{key} must be a string, not {_shown(value)}", "quote it")


def _flag(key: str, value: object) -> Iterator[Flaw]:
    if not isinstance(value, bool):
        yield Flaw((key,), f"{key} must be true or false, not {_shown(value)}")


def _schema(key: str, value: object) -> Iterator[Flaw]:
    if isinstance(value, dict | bool) or (key in SCHEMA_LIST and isinstance(value, list)):
        return
    yield Flaw((key,), f"{key} must be a schema, not {_shown(value)}", "write a mapping, true or false")


def _schema_list(key: str, value: object) -> Iterator[Flaw]:
    if not isinstance(value, list) or not value:
        yield Flaw((key,), f"{key} must be a list of schemas, not {_shown(value)}")


def _named(key: str, value: object) -> Iterator[Flaw]:
    if not isinstance(value, dict):
        hint = "write `name: {type: string}` below it, without dashes" if isinstance(value, list) else ""
        yield Flaw((key,), f"{key} must be a mapping of names to schemas, not {_shown(value)}", hint)


def kind_of(value: object) -> str:
    """What a value is, in the words of JSON."""
    if value is None:
        return "null"
    for kind, name in ((bool, "boolean"), (int | float, "number"), (str, "string"), (list, "list")):
        if isinstance(value, kind):
            return name
    return "mapping"


def _shown(value: object) -> str:
    """A scalar as it is, cut short; of the others only the kind, since they may be long."""
    if isinstance(value, str | int | float) and not isinstance(value, bool):
        return shortened(repr(value))
    return kind_of(value)


def shortened(text: str, size: int = 40) -> str:
    """The text, or its beginning: what stands in a plan may be long."""
    return text if len(text) <= size else f"{text[:size]}…"


_CHECKS: Mapping[str, Callable[[str, object], Iterator[Flaw]]] = {
    **dict.fromkeys(NAMED_SCHEMAS, _named),
    **dict.fromkeys(SCHEMA_LIST, _schema_list),
    **dict.fromkeys(ONE_SCHEMA, _schema),
    **dict.fromkeys(COUNTS, _count),
    **dict.fromkeys(NUMBERS, _number),
    **dict.fromkeys(TEXTS, _text),
    **dict.fromkeys(FLAGS, _flag),
    "enum": _enum,
    "required": _required,
    "type": _type,
}
