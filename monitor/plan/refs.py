"""Writing references out: a schema that stands alone, whatever files its parts came from."""

import re
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, TypeAlias

from monitor.errors import PlanError
from monitor.plan.keywords import (
    ANNOTATIONS,
    NAMED_SCHEMAS,
    ONE_SCHEMA,
    SCHEMA_LIST,
    Path,
    pointer,
    ref_hides_siblings,
)
from monitor.plan.model import Schema
from monitor.plan.nearest import did_you_mean, nearest
from monitor.plan.sanity import Flaw, kind_of

NODES = 50_000
"""Schemas that one schema may grow to: definitions that double each other are refused, not written out."""
DEPTH = 100

_ESCAPED = re.compile(r"(?:%[0-9a-fA-F]{2})+", re.ASCII)

Fetch: TypeAlias = Callable[[str, str], tuple[str, Any]]
"""(document that refers, what it refers to without the fragment) → (name of that document, its root).
Raises PlanError where there is no such document or it may not be read. The schema itself is named ''."""


@dataclass(frozen=True, slots=True)
class Home:
    """The document that a piece of schema is written in: its `#/…` references start at its root."""

    name: str
    root: Any
    moved: bool = False
    """Inside a part with an `$id` of its own, where `#/…` would start at that part."""


@dataclass(frozen=True, slots=True)
class Expanded:
    """A schema with its references written out, and what was met on the way."""

    schema: Schema
    flaws: tuple[tuple[str, Flaw], ...] = ()
    """(document, flaw at a path from that document's root); the schema itself is the document ''."""
    used: frozenset[tuple[str, Path]] = frozenset()
    """Definitions of other documents that are part of it now."""


def expand(schema: Schema, fetch: Fetch) -> Expanded:
    """Write out every `$ref`; annotations beside one win over the definition's own.

    A recursive reference stays as it is (in the form `file#/pointer` where it points into another
    document), together with the schema's definitions. Other keywords beside a `$ref` are ignored up
    to draft 7, as these drafts say, and are demanded as well in later drafts and where the schema
    names no draft.
    """
    work = _Work(fetch, hides=ref_hides_siblings(schema))
    home = Home("", schema)
    written = work.schema(schema, home, (), ((home.name, ()),))
    if work.recursive:
        written = {**written, **{key: schema[key] for key in ("$defs", "definitions") if key in schema}}
    return Expanded(written, tuple(dict.fromkeys(work.flaws)), frozenset(work.used))


def resolve(root: Any, path: Path) -> Any:
    """The value at a path. Raises KeyError where there is none."""
    for part in path:
        if isinstance(root, dict):
            root = root[part]
        elif isinstance(root, list) and str(part).isdecimal() and int(part) < len(root):
            root = root[int(part)]
        else:
            raise KeyError(part)
    return root


def parse_pointer(fragment: str) -> Path:
    """The path that a fragment names. Raises PlanError where it is not a JSON pointer.

    >>> parse_pointer("/properties/a~1b")
    ('properties', 'a/b')
    """
    text = _ESCAPED.sub(lambda found: bytes.fromhex(found[0].replace("%", "")).decode("utf-8", "replace"), fragment)
    if text and not text.startswith("/"):
        raise PlanError(f"'#{text}' is not a JSON pointer", hint="write #/$defs/name")
    return tuple(part.replace("~1", "/").replace("~0", "~") for part in text.split("/")[1:])


@dataclass(slots=True)
class _Work:
    """One expansion: what it has met so far."""

    fetch: Fetch
    hides: bool
    nodes: int = 0
    recursive: bool = False
    overgrown: bool = False
    flaws: list[tuple[str, Flaw]] = field(default_factory=list)
    used: set[tuple[str, Path]] = field(default_factory=set)

    def schema(self, node: Any, home: Home, path: Path, trail: tuple[tuple[str, Path], ...]) -> Any:
        """One schema written out. `trail` holds the definitions that it is part of, to tell recursion."""
        if not isinstance(node, dict):
            return node
        if self._too_large(home, path, trail):
            return {}
        if path and _has_id(node):
            home = Home(home.name, home.root, moved=True)
        if isinstance(node.get("$ref"), str):
            return self._reference(node, home, path, trail)
        written: dict[str, Any] = {}
        for key, value in node.items():
            if isinstance(value, dict) and key in ONE_SCHEMA:
                written[key] = self.schema(value, home, (*path, key), trail)
            elif isinstance(value, dict) and key in NAMED_SCHEMAS:
                if key not in _DEFINITIONS:
                    written[key] = {
                        name: self.schema(held, home, (*path, key, name), trail) for name, held in value.items()
                    }
            elif isinstance(value, list) and key in SCHEMA_LIST:
                written[key] = [self.schema(held, home, (*path, key, n), trail) for n, held in enumerate(value)]
            else:
                written[key] = value
        return written

    def _too_large(self, home: Home, path: Path, trail: tuple[tuple[str, Path], ...]) -> bool:
        """Whether the schema has grown beyond its cap, which is told once."""
        self.nodes += 1
        if self.nodes <= NODES and len(path) <= DEPTH and len(trail) <= DEPTH:
            return False
        if not self.overgrown:
            self._flaw(home, path, f"written out it is larger than {NODES} schemas or deeper than {DEPTH}")
        self.overgrown = True
        return True

    def _reference(self, node: Schema, home: Home, path: Path, trail: tuple[tuple[str, Path], ...]) -> Any:
        found = self._find(node["$ref"], home, (*path, "$ref"))
        if found is None:
            return {}
        there, at, target = found
        if (there.name, at) in trail:
            self.recursive = True
            return {**node, "$ref": f"{there.name}#{pointer(at)}"} if there.name else dict(node)
        if there.name:
            self.used.add((there.name, at))
        beside = {key: value for key, value in node.items() if key not in {"$ref", *_DEFINITIONS}}
        notes = {key: value for key, value in beside.items() if key in ANNOTATIONS or key.startswith("x-")}
        demands = {} if self.hides else {key: value for key, value in beside.items() if key not in notes}
        written = self.schema(target, there, at, (*trail, (there.name, at)))
        return _joined(written, self.schema(demands, home, path, trail) if demands else {}, notes)

    def _find(self, ref: str, home: Home, path: Path) -> tuple[Home, Path, Any] | None:
        """The document, the path in it and the definition that a reference means; else a flaw and None."""
        document, _, fragment = ref.partition("#")
        if document and isinstance(home.root, dict) and document == str(home.root.get("$id", "")).rstrip("#"):
            document, home = "", Home(home.name, home.root)
        if home.moved:
            self._flaw(home, path, f"$ref {ref!r} stands below an $id of its own", "remove the inner $id")
            return None
        try:
            there = Home(*self.fetch(home.name, document)) if document else home
            at = parse_pointer(fragment)
        except PlanError as error:
            self._flaw(home, path, error.problem, error.hint)
            return None
        try:
            target = resolve(there.root, at)
        except KeyError:
            self._flaw(home, path, f"$ref {ref!r} points at nothing", _offer(there.root, at))
        else:
            if isinstance(target, dict | bool):
                return there, at, target
            self._flaw(home, path, f"$ref {ref!r} points at a {kind_of(target)}, not at a schema")
        return None

    def _flaw(self, home: Home, path: Path, problem: str, hint: str = "") -> None:
        self.flaws.append((home.name, Flaw(path, problem, hint)))


def _has_id(node: Schema) -> bool:
    """Whether a part is a resource of its own; an `$id` that is only `#name` is an anchor."""
    said = node.get("$id")
    return isinstance(said, str) and not said.startswith("#")


_DEFINITIONS = ("$defs", "definitions")
_TOGETHER = frozenset(
    {
        "$dynamicRef", "$recursiveRef", "$ref", "additionalItems", "additionalProperties", "contains", "else", "if",
        "items", "maxContains", "minContains", "patternProperties", "prefixItems", "properties", "then",
        "unevaluatedItems", "unevaluatedProperties",
    }
)  # fmt: skip


def _joined(written: Any, demands: Schema, notes: Schema) -> Any:
    """A definition with what stood beside its reference.

    Keywords that are judged each on its own are written into one mapping; where both sides hold the
    same keyword, or one whose meaning depends on its neighbours, only `allOf` keeps both meanings.
    """
    if isinstance(written, bool):
        written = {} if written else {"not": {}}
    if not demands:
        return {**written, **notes}
    clash = written.keys() & demands.keys() or (_TOGETHER & written.keys() and _TOGETHER & demands.keys())
    return {"allOf": [written, demands], **notes} if clash else {**written, **demands, **notes}


def _offer(root: Any, at: Path) -> str:
    """What a broken pointer could have named: the nearest name where it left the document."""
    for size in range(len(at)):
        here = resolve(root, at[:size])
        if not isinstance(here, dict):
            return ""
        if at[size] not in here:
            names = [str(key) for key in here]
            return did_you_mean(str(at[size]), names if nearest(str(at[size]), names) else names[:20]) if here else ""
    return ""
