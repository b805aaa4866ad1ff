"""YAML from outside, read safely: plain values only, capped, with the line of everything that was read.

Values are built from libyaml's events, iteratively, so that neither depth nor aliases cost more
than their caps. What an unquoted scalar is says monitor/readers/scalars.py. A key that is not text
is an error: `1.10:` is the number 1.1, and `no:` is false.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path as FilePath
from typing import Any, TypeAlias

import yaml
from yaml.events import (
    AliasEvent,
    DocumentStartEvent,
    MappingEndEvent,
    MappingStartEvent,
    ScalarEvent,
    SequenceEndEvent,
    SequenceStartEvent,
)

from monitor.errors import PlanError, Problems
from monitor.readers.scalars import resolve_plain, said

Path: TypeAlias = tuple[str | int, ...]

BYTES = 5_000_000
NODES = 500_000
"""Values in one document, those that aliases repeat included."""
DEPTH = 64
ALIASES = 1_000

_LOADER: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


@dataclass(frozen=True, slots=True, eq=False)
class Document:
    """What one file holds, and where in the file each part is written."""

    name: str
    value: Any
    lines: dict[int, dict[str | int, int]] = field(repr=False)
    """Of each mapping and list (by identity) the line of each key or position, counted from 1."""
    raw: dict[tuple[int, str | int], str] = field(repr=False)
    """The written text of the unquoted scalars that are not read as text."""

    def line(self, path: Path) -> int:
        """The line of the value at a path, or of the nearest part around it that exists."""
        here, line = self.value, 1
        for part in path:
            if id(here) not in self.lines or part not in self.lines[id(here)]:
                break
            line = self.lines[id(here)][part]
            here = here[part]
        return line

    def place(self, path: Path) -> str:
        """`tracking_plan/events/order.yml:14`, for errors."""
        return f"{self.name}:{self.line(path)}"

    def written(self, path: Path) -> str | None:
        """How an unquoted scalar at a path is written (`1.10`) if it was read as other than text."""
        here = self.value
        for part in path[:-1]:
            if id(here) not in self.lines or part not in self.lines[id(here)]:
                return None
            here = here[part]
        return self.raw.get((id(here), path[-1])) if path else None


def read_yaml(file: FilePath, name: str) -> Document:
    """Read one file, shown as `name` in errors. Raises PlanError or, for several errors, Problems."""
    try:
        with file.open("rb") as opened:
            content = opened.read(BYTES + 1)
    except OSError as error:
        hint = "check its permissions" if isinstance(error, PermissionError) else ""
        raise PlanError(f"cannot be read: {error.strerror}", where=name, hint=hint) from error
    return parse_yaml(content, name)


def parse_yaml(content: bytes, name: str) -> Document:
    """The one document in these bytes, UTF-8 with or without a mark. Raises as `read_yaml` does."""
    if len(content) > BYTES:
        raise PlanError(f"is larger than {BYTES // 1_000_000} MB", where=name, hint="split the file")
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = content[: error.start].count(b"\n") + 1
        raise PlanError("is not UTF-8", where=f"{name}:{line}", hint="save the file as UTF-8") from error
    builder = _Builder(name)
    try:
        for event in yaml.parse(text, _LOADER):
            builder.take(event)
    except yaml.YAMLError as error:
        raise _told(error, name) from error
    if builder.errors:
        raise builder.errors[0] if len(builder.errors) == 1 else Problems(builder.errors)
    return Document(name, builder.value, builder.lines, builder.raw)


def _told(error: yaml.YAMLError, name: str) -> PlanError:
    mark = getattr(error, "problem_mark", None)
    where = f"{name}:{mark.line + 1}" if mark else name
    problem = getattr(error, "problem", None) or getattr(error, "reason", None) or "cannot be parsed"
    hint = "indent with spaces" if "'\\t'" in str(problem) else ""
    return PlanError(f"is not valid YAML: {problem}", where=where, hint=hint)


@dataclass(slots=True)
class _Frame:
    """A mapping or list that is still open."""

    held: Any
    lines: dict[str | int, int]
    anchor: str | None
    before: int
    """How many values the document had before it."""
    line: int
    key: str | None = None
    waits_for_key: bool = False
    skips: bool = False
    merges: list[Any] = field(default_factory=list)


@dataclass(slots=True)
class _Builder:
    """Values from events. Errors that leave the structure intact are collected."""

    name: str
    value: Any = None
    lines: dict[int, dict[str | int, int]] = field(default_factory=dict)
    raw: dict[tuple[int, str | int], str] = field(default_factory=dict)
    errors: list[PlanError] = field(default_factory=list)
    _merged: list[Any] = field(default_factory=list)
    """Kept, so that no later value gets the identity of one that was merged and forgotten."""
    _open: list[_Frame] = field(default_factory=list)
    _anchors: dict[str, tuple[Any, int] | None] = field(default_factory=dict)
    _nodes: int = 0
    _aliases: int = 0
    _documents: int = 0

    def take(self, event: Any) -> None:
        kind = type(event)
        if kind is ScalarEvent:
            self._scalar(event)
        elif kind is MappingStartEvent or kind is SequenceStartEvent:
            self._start(event)
        elif kind is MappingEndEvent or kind is SequenceEndEvent:
            self._end()
        elif kind is AliasEvent:
            self._alias(event)
        elif kind is DocumentStartEvent:
            self._documents += 1
            if self._documents > 1:
                raise self._error(event, "holds more than one document", "remove the `---` in between")

    def _error(self, event: Any, problem: str, hint: str = "") -> PlanError:
        line = event if isinstance(event, int) else event.start_mark.line + 1
        return PlanError(problem, where=f"{self.name}:{line}", hint=hint)

    def _grow(self, event: Any, by: int) -> None:
        self._nodes += by
        if self._nodes > NODES:
            raise self._error(event, f"holds more than {NODES} values, aliases written out", "split the file")

    def _scalar(self, event: Any) -> None:
        self._grow(event, 1)
        line = event.start_mark.line + 1
        text: str = event.value
        value = text if event.tag is None and not event.implicit[0] else self._resolved(event, text)
        if event.anchor is not None:
            self._anchors[event.anchor] = (value, 1)
        if self._open and self._open[-1].waits_for_key:
            self._key(self._open[-1], text, value, line, merge=event.implicit[0] and text == "<<")
            return
        self._attach(value, line, text)

    def _resolved(self, event: Any, text: str) -> Any:
        if event.tag is None:
            try:
                return resolve_plain(text)
            except ValueError as error:
                raise self._error(
                    event, f"{text[:40]!r} is no number that JSON can hold", "quote it if it is text"
                ) from error
        if event.tag == "tag:yaml.org,2002:str" or (event.tag == "!" and event.implicit[1]):
            return text
        raise self._foreign(event)

    def _foreign(self, event: Any) -> PlanError:
        tag = str(event.tag).replace("tag:yaml.org,2002:", "!!")
        return self._error(event, f"tag {tag!r} is not allowed", "remove the tag; only plain values are read")

    def _key(self, frame: _Frame, text: str, value: Any, line: int, *, merge: bool) -> None:
        """Take a mapping's next key. The value of a key that is wrong is read and dropped."""
        frame.waits_for_key = False
        frame.key, frame.skips = text, False
        if merge:
            frame.key = None
        elif not isinstance(value, str):
            self.errors.append(self._error(line, f"key {text} is read as {said(value)}", f'quote it: "{text}"'))
            frame.skips = True
        elif text in frame.held:
            first = frame.lines[text]
            self.errors.append(self._error(line, f"key {text!r} is written twice, first on line {first}", "keep one"))
            frame.skips = True
        else:
            # the place is kept now, so that a second key of this name is told before this one's value ends
            frame.lines[text] = line

    def _start(self, event: Any) -> None:
        self._grow(event, 1)
        if event.tag is not None and not event.implicit and event.tag not in _PLAIN_TAGS:
            raise self._foreign(event)
        if len(self._open) >= DEPTH:
            raise self._error(event, f"is nested deeper than {DEPTH} levels")
        if self._open and self._open[-1].waits_for_key:
            raise self._error(event, "a key must be text, not a list or a mapping", "quote it if it is text")
        mapping = isinstance(event, MappingStartEvent)
        if event.anchor is not None:
            self._anchors[event.anchor] = None
        held: Any = {} if mapping else []
        line = event.start_mark.line + 1
        self._open.append(_Frame(held, {}, event.anchor, self._nodes - 1, line, waits_for_key=mapping))

    def _end(self) -> None:
        frame = self._open.pop()
        for merged in frame.merges:
            self._merge(frame, merged)
        self.lines[id(frame.held)] = frame.lines
        if frame.anchor is not None:
            self._anchors[frame.anchor] = (frame.held, self._nodes - frame.before)
        self._attach(frame.held, frame.line, None)

    def _merge(self, frame: _Frame, merged: Any) -> None:
        """`<<: *base`: the keys that the mapping does not write itself."""
        for part in merged if isinstance(merged, list) else [merged]:
            if not isinstance(part, dict):
                raise self._error(frame.line, "`<<` merges a mapping or a list of mappings, nothing else")
            for key, value in part.items():
                if key not in frame.held:
                    frame.held[key] = value
                    frame.lines[key] = self.lines[id(part)][key]

    def _alias(self, event: Any) -> None:
        self._aliases += 1
        if self._aliases > ALIASES:
            raise self._error(event, f"holds more than {ALIASES} aliases", "write the values out")
        if event.anchor not in self._anchors:
            raise self._error(event, f"alias *{event.anchor} has no anchor", f"write &{event.anchor} before it")
        known = self._anchors[event.anchor]
        if known is None:
            raise self._error(event, f"alias *{event.anchor} holds itself")
        if self._open and self._open[-1].waits_for_key:
            raise self._error(event, "a key must be text, not an alias")
        value, size = known
        self._grow(event, size)
        self._attach(value, event.start_mark.line + 1, None)

    def _attach(self, value: Any, line: int, text: str | None) -> None:
        if not self._open:
            self.value = value
            return
        frame = self._open[-1]
        key: str | int
        if isinstance(frame.held, list):
            key = len(frame.held)
            frame.held.append(value)
            frame.lines[key] = line
        else:
            frame.waits_for_key = True
            if frame.skips:
                return
            if frame.key is None:
                frame.merges.append(value)
                self._merged.append(value)
                return
            key = frame.key
            frame.held[key] = value
        if text is not None and value.__class__ is not str:
            self.raw[id(frame.held), key] = text


_PLAIN_TAGS = frozenset({"tag:yaml.org,2002:map", "tag:yaml.org,2002:seq"})


def flatten(error: PlanError | Problems) -> Iterator[PlanError]:
    """The single errors in what a reading raised."""
    for one in error.errors if isinstance(error, Problems) else (error,):
        if isinstance(one, PlanError):
            yield one
