"""What pydantic found wrong in a YAML file, in our words: file, line, key, and the nearest valid one."""

import typing
from collections.abc import Iterator, Mapping
from enum import Enum
from typing import Any

from pydantic import BaseModel, ValidationError

from monitor.errors import PlanError
from monitor.plan.nearest import did_you_mean, nearest
from monitor.plan.sanity import shortened
from monitor.readers.yaml_safe import Document, Path

_PROBLEMS: Mapping[str, str] = {
    "dict_type": "must be a mapping",
    "model_type": "must be a mapping",
    "model_attributes_type": "must be a mapping",
    "tuple_type": "must be a list",
    "list_type": "must be a list",
    "string_type": "must be text",
    "too_short": "must not be empty",
    "date_from_datetime_parsing": "must be a day such as 2026-06-30",
    "date_parsing": "must be a day such as 2026-06-30",
    "date_from_datetime_inexact": "must be a day such as 2026-06-30",
    "date_type": "must be a day such as 2026-06-30",
}


def told(error: ValidationError, document: Document, model: type[BaseModel]) -> Iterator[PlanError]:
    """One PlanError for each thing that the model refused, in the order of the file."""
    found = [_one(dict(detail), document, model) for detail in error.errors(include_url=False)]
    return (one for _, one in sorted(found, key=lambda pair: pair[0]))


def _one(detail: Mapping[str, Any], document: Document, model: type[BaseModel]) -> tuple[int, PlanError]:
    path: Path = tuple(part for part in detail["loc"] if part != "[key]")
    kind, value = detail["type"], detail["input"]
    key = str(path[-1]) if path else ""
    problem, hint = f"{key!r} {_PROBLEMS.get(kind, _plain(detail))}", ""
    if kind == "extra_forbidden":
        names = _fields(model, path[:-1])
        problem, hint = f"key {key!r} is not known", did_you_mean(key, names)
        if nearest(key, names) is None:
            hint = f"known here: {', '.join(sorted(names))}"
    elif kind == "missing":
        problem, hint = f"key {key!r} is missing", f"add `{key}:` here"
        path = path[:-1]
    elif kind == "enum":
        field = _annotation(model, path)
        values = [str(one.value) for one in field] if field else []
        problem, hint = f"{key} {_shown(value)} is not known", did_you_mean(str(value), values)
    elif kind == "string_type" and (written := document.written(path)) is not None:
        hint = f'quote it: "{written}"'
    elif kind == "tuple_type" and isinstance(value, str):
        hint = f"write {key}: [{value}]"
    where = f"{document.place(path)} {'/'.join(str(part) for part in path)}".rstrip()
    return document.line(path), PlanError(problem, where=where, hint=hint)


def _plain(detail: Mapping[str, Any]) -> str:
    message: str = detail["msg"]
    return message.removeprefix("Value error, ").replace("String should", "must").replace("Input should", "must")


def _shown(value: object) -> str:
    return shortened(repr(value) if isinstance(value, str) else str(value))


def _annotation(model: type[BaseModel], path: Path) -> type[Enum] | None:
    """The enumeration that the value at a path must be one of."""
    holder = _model(model, path[:-1])
    found = holder and next((f.annotation for n, f in holder.model_fields.items() if (f.alias or n) == path[-1]), None)
    return found if isinstance(found, type) and issubclass(found, Enum) else None


def _fields(model: type[BaseModel], path: Path) -> list[str]:
    holder = _model(model, path)
    return [field.alias or name for name, field in holder.model_fields.items()] if holder else []


def _model(model: type[BaseModel], path: Path) -> type[BaseModel] | None:
    """The model that describes the mapping at a path: through fields, mapping values and list items."""
    here: Any = model
    for part in path:
        if isinstance(here, type) and issubclass(here, BaseModel):
            fields = {field.alias or name: field.annotation for name, field in here.model_fields.items()}
            here = fields.get(str(part))
        else:
            here = typing.get_args(here)[-1] if typing.get_args(here) else None
    return here if isinstance(here, type) and issubclass(here, BaseModel) else None
