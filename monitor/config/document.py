"""A YAML file as plain values, with the line of each, and `env_var` rendered."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, TypeAlias

import yaml

from monitor.errors import ConfigError

KeyPath: TypeAlias = tuple[str | int, ...]
"""Where a value is: `("landings", 0, "table")`."""

MOST_BYTES = 1_000_000
MOST_VALUES = 20_000
MOST_LEVELS = 30

ENV_VAR = re.compile(
    r"""\{\{\s*env_var\(\s*(?:'(?P<name1>[^']*)'|"(?P<name2>[^"]*)")\s*"""
    r"""(?:,\s*(?:'(?P<default1>[^']*)'|"(?P<default2>[^"]*)")\s*)?\)\s*\}\}"""
)


@dataclass(slots=True)
class Document:
    """A file's values, and what was wrong with them before anyone asked what they mean."""

    name: str
    env: Mapping[str, str]
    value: Any = None
    lines: dict[KeyPath, int] = field(default_factory=dict)
    """The line of each value, counted from 1; of a mapping's value, the line of its key."""
    errors: list[ConfigError] = field(default_factory=list)

    def where(self, path: KeyPath) -> str:
        """The place of a value, or of the nearest thing around it that is written."""
        written = path
        while written and written not in self.lines:
            written = written[:-1]
        place = f"{self.name}:{self.lines.get(written, 1)}"
        return f"{place} {dotted(path)}" if path else place

    def at(self, path: KeyPath) -> Any:
        """The value at a path that is written."""
        value = self.value
        for part in path:
            value = value[part]
        return value


def dotted(path: KeyPath) -> str:
    """A key's path as people write it.

    >>> dotted(("landings", 0, "table"))
    'landings[0].table'
    """
    text = "".join(f"[{part}]" if isinstance(part, int) else f".{part}" for part in path)
    return text.removeprefix(".")


def read_document(text: str, name: str, env: Mapping[str, str]) -> Document:
    """YAML as plain values; what cannot be read is among the document's errors, and None in its values."""
    document = Document(name, env)
    if len(text.encode()) > MOST_BYTES:
        document.errors.append(ConfigError(f"larger than {MOST_BYTES:,} bytes", where=name))
        return document
    try:
        node = yaml.compose(text, Loader=yaml.SafeLoader)
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        place = f"{name}:{mark.line + 1}" if mark else name
        document.errors.append(ConfigError(f"not YAML: {error.problem or error.context}", where=place))
        return document
    except (yaml.YAMLError, RecursionError) as error:
        problem = "nested too deeply" if isinstance(error, RecursionError) else f"not YAML: {error}".splitlines()[0]
        document.errors.append(ConfigError(problem, where=name))
        return document
    document.value = None if node is None else _Reader(document).read(node, ())
    return document


class _Reader:
    """Nodes → values. Aliases are followed, and counted where they stand, so that none can multiply without end."""

    def __init__(self, document: Document) -> None:
        self.document = document
        self.constructor = yaml.SafeLoader("")
        self.values = 0

    def read(self, node: yaml.Node, path: KeyPath) -> Any:
        self.document.lines.setdefault(path, node.start_mark.line + 1)
        self.values += 1
        if self.values > MOST_VALUES or len(path) > MOST_LEVELS:
            if not any(error.problem.startswith("too many") for error in self.document.errors):
                self._problem(f"too many values or levels (at most {MOST_VALUES:,} and {MOST_LEVELS})", path)
            return None
        if isinstance(node, yaml.MappingNode):
            return self._mapping(node, path)
        if isinstance(node, yaml.SequenceNode):
            return [self.read(item, (*path, index)) for index, item in enumerate(node.value)]
        return self._scalar(node, path)

    def _mapping(self, node: yaml.MappingNode, path: KeyPath) -> dict[str, Any]:
        result: dict[str, Any] = {}
        for key_node, value_node in node.value:
            line = key_node.start_mark.line + 1
            if not isinstance(key_node, yaml.ScalarNode):
                self._problem("a key that is not a word", path, line=line)
                continue
            key = str(key_node.value)  # as written: a version stays `1.10`, `no` stays no
            here = (*path, key)
            if key in result:
                self._problem(f"written twice, first on line {self.document.lines[here]}", here, line=line)
                continue
            self.document.lines[here] = line
            result[key] = self.read(value_node, here)
        return result

    def _scalar(self, node: yaml.Node, path: KeyPath) -> Any:
        try:
            value = self.constructor.construct_object(node)
        except (yaml.YAMLError, ValueError):
            self._problem(f"a value of a kind that is not read here ({node.tag})", path)
            return None
        return self._rendered(value, path) if isinstance(value, str) else value

    def _rendered(self, text: str, path: KeyPath) -> str:
        def value_of(match: re.Match[str]) -> str:
            name = match["name1"] if match["name1"] is not None else match["name2"]
            default: str | None = match["default1"] if match["default1"] is not None else match["default2"]
            value = self.document.env.get(name, default)
            if value is None:
                hint = f"set it, or give a default: env_var('{name}', '…')"
                self._problem(f"the environment variable {name} is not set", path, hint=hint)
            return value or ""

        if "{{" in ENV_VAR.sub("", text) or "{%" in text:
            self._problem("a template that is not known here", path, hint="only {{ env_var('NAME') }} is rendered")
            return text
        return ENV_VAR.sub(value_of, text)

    def _problem(self, problem: str, path: KeyPath, *, hint: str = "", line: int = 0) -> None:
        where = f"{self.document.name}:{line} {dotted(path)}".rstrip() if line else self.document.where(path)
        self.document.errors.append(ConfigError(problem, where=where, hint=hint))
