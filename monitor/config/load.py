"""`trackwarden.yml` → settings, or every error in it at once: file, line, key, and what was probably meant."""

import difflib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, get_args

from pydantic import BaseModel, ValidationError
from pydantic.fields import FieldInfo
from pydantic_core import ErrorDetails

from monitor.config.document import Document, KeyPath, read_document
from monitor.config.model import Settings
from monitor.errors import ConfigError, Problems


def load_settings(path: Path, env: Mapping[str, str]) -> Settings:
    """The settings in that file; `env` is what `env_var` reads. Raises Problems of ConfigError."""
    try:
        text = path.read_text(encoding="utf-8")
    except FileNotFoundError as error:
        hint = "run `trackwarden init`, or say where the workspace is with -C"
        raise Problems([ConfigError("no such file", where=str(path), hint=hint)]) from error
    except (OSError, UnicodeDecodeError) as error:
        reason = error.strerror if isinstance(error, OSError) else "not UTF-8"
        raise Problems([ConfigError(f"cannot be read: {reason}", where=str(path))]) from error
    return parse_settings(text, env, name=path.name, root=path.parent)


def parse_settings(text: str, env: Mapping[str, str], *, name: str, root: Path) -> Settings:
    """The settings in a text that errors call `name`; its paths are relative to `root`. Raises Problems."""
    document = read_document(text, name, env)
    if document.errors:
        raise Problems(document.errors)
    if not isinstance(document.value, dict):
        raise Problems([ConfigError("is not a mapping of keys to values", where=name)])
    if "root" in document.value:
        hint = _did_you_mean("root", _keys([Settings]))
        raise Problems([ConfigError("is not a known key", where=document.where(("root",)), hint=hint)])
    try:
        return Settings.model_validate({**document.value, "root": root})
    except ValidationError as error:
        # Not chained: pydantic's own error knows the values, secrets among them.
        raise Problems(_explained(error, document)) from None


def _explained(error: ValidationError, document: Document) -> Iterator[ConfigError]:
    for detail in error.errors(include_url=False, include_input=False):
        path = _written(detail, document)
        yield ConfigError(_problem(detail), where=document.where(path), hint=_hint(detail, document, path))


def _written(detail: ErrorDetails, document: Document) -> KeyPath:
    """Pydantic's place without the names of the unions' arms, which nobody wrote."""
    path: KeyPath = ()
    for part in detail["loc"]:
        if (*path, part) in document.lines:
            path = (*path, part)
    if detail["type"] == "missing":
        return (*path, detail["loc"][-1])
    return (*path, "layout") if detail["type"] == "union_tag_invalid" else path


PROBLEMS = {
    "missing": "is missing",
    "extra_forbidden": "is not a known key",
    "literal_error": "is not one of the known values",
    "union_tag_invalid": "is not one of the known values",
    "union_tag_not_found": "does not say which kind it is",
    "string_type": "is not text",
    "string_too_short": "is empty",
    "model_type": "is not a mapping of keys to values",
    "model_attributes_type": "is not a mapping of keys to values",
    "dict_type": "is not a mapping of keys to values",
    "mapping_type": "is not a mapping of keys to values",
    "tuple_type": "is not a list",
    "path_type": "is not a path",
}
"""Pydantic's kinds of error in this house's words."""


def _problem(detail: ErrorDetails) -> str:
    """The problem; never the value, which may be a secret."""
    if detail["type"] == "value_error":
        return str(detail["ctx"]["error"])
    return PROBLEMS.get(detail["type"]) or detail["msg"][0].lower() + detail["msg"][1:]


def _hint(detail: ErrorDetails, document: Document, path: KeyPath) -> str:
    kind, context = detail["type"], detail.get("ctx", {})
    match kind:
        case "extra_forbidden":
            return _did_you_mean(str(path[-1]), _keys(_models_at(detail["loc"][:-1])))
        case "literal_error" | "union_tag_invalid":
            expected = str(context.get("expected") or context.get("expected_tags"))
            words = [word.strip(" '") for word in expected.replace(" or ", ",").split(",")]
            return _did_you_mean(str(context.get("tag") or document.at(path)), words)
        case "union_tag_not_found":
            models = _models_at(detail["loc"])
            word = "say its `layout`: one of" if any("layout" in model.model_fields for model in models) else "one of"
            return f"{word} {', '.join(_tag(model) for model in models)}"
        case "string_type":
            return "put it in quotes"
        case _:
            return ""


def _did_you_mean(word: str, known: Iterable[str]) -> str:
    words = sorted(set(known))
    near = difflib.get_close_matches(word.casefold(), words, n=1, cutoff=0.6)
    return f"did you mean '{near[0]}'?" if near else f"one of {', '.join(words)}"


# ------------------------------------------------------- which keys are known where: asked of the models


def _models_at(loc: Sequence[str | int]) -> list[type[BaseModel]]:
    """The models that could stand at pydantic's place: several, where a union's arm is not said."""
    models: list[type[BaseModel]] = [Settings]
    for part in loc:
        arms = [model for model in models if _tag(model) == part]
        if len(models) > 1 and arms:
            models = arms
            continue
        fields = [field for model in models for key, field in _fields(model) if key == part]
        inside = [model for field in fields for model in _models_in(field.annotation)]
        models = inside or models  # else an index, or a key that the user chose
    return models


def _models_in(annotation: Any) -> list[type[BaseModel]]:
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return [annotation]
    return [model for part in get_args(annotation) for model in _models_in(part)]


def _fields(model: type[BaseModel]) -> Iterator[tuple[str, FieldInfo]]:
    for name, field in model.model_fields.items():
        if name != "root":
            yield field.alias or name, field


def _keys(models: Iterable[type[BaseModel]]) -> list[str]:
    return [key for model in models for key, _ in _fields(model)]


def _tag(model: type[BaseModel]) -> str:
    """What tells one arm of a union from the others: a landing's layout, a locator's first key."""
    layout = model.model_fields.get("layout")
    return str(get_args(layout.annotation)[0]) if layout else _keys([model])[0]
