"""dbt's `manifest.json`: which models and exposures read a landed table, and which event a staging model holds.

Read is what dbt has written since manifest version 9 (dbt 1.5): `nodes`, `sources`, `exposures` and `child_map`.
"""

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from monitor.errors import ConfigError

META = "trackwarden"
"""The key below a model's `meta` in which `trackwarden generate` says which event it stages."""
_BUILT = frozenset({"model", "snapshot"})
_MOST_BYTES = 512 * 2**20
_LONGEST_NAME = 200


@dataclass(frozen=True, slots=True)
class Exposure:
    """What people look at: a dashboard, a notebook, an application."""

    name: str
    type: str = ""
    """dbt's word for it: `dashboard`, `notebook`, `analysis`, `ml`, `application`."""
    owner: str = ""
    """The owner's name; an address is never read."""


@dataclass(frozen=True, slots=True)
class Reached:
    """What is built from a table or an event."""

    models: tuple[str, ...] = ()
    """By name, nearest first."""
    exposures: tuple[Exposure, ...] = ()
    """By name."""
    unknown: str = ""
    """Why it is not known; empty: it is."""

    def __bool__(self) -> bool:
        return bool(self.models or self.exposures or self.unknown)


@dataclass(frozen=True, slots=True)
class _Node:
    kind: str
    name: str
    event: str = ""
    """The event that a generated staging model holds; empty: any."""
    exposure: Exposure | None = None


@dataclass(frozen=True, slots=True)
class Lineage:
    """The graph of one or several dbt projects, as far as it begins at a landed table."""

    sources: Mapping[tuple[str, str], tuple[str, ...]] = field(default_factory=dict)
    """Schema and table in lower case → the sources that are declared on it."""
    staged: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    """Event → its staging models."""
    nodes: Mapping[str, _Node] = field(default_factory=dict)
    children: Mapping[str, tuple[str, ...]] = field(default_factory=dict)

    def reached(self, event: str, tables: Iterable[str]) -> Reached:
        """What reads an event, or all of these tables where `event` is empty.

        A table may hold many events: the staging models of the other ones are not followed.
        """
        begin = [*self.staged.get(event, ()), *self._on(tables)] if event else self._on(tables)
        models: list[str] = []
        exposures: set[Exposure] = set()
        for node in self._below(begin, event):
            if node.exposure is not None:
                exposures.add(node.exposure)
            elif node.name not in models:
                models.append(node.name)
        return Reached(tuple(models), tuple(sorted(exposures, key=lambda one: (one.name, one.type, one.owner))))

    def _on(self, tables: Iterable[str]) -> list[str]:
        found: list[str] = []
        for table in tables:
            schema, _, name = table.lower().rpartition(".")
            found += self.sources.get((schema, name), ())
        return found

    def _below(self, begin: Iterable[str], event: str) -> Iterator[_Node]:
        """Breadth first: the beginning and everything that it leads to, each once."""
        seen: set[str] = set()
        level = list(dict.fromkeys(begin))
        while level:
            further: dict[str, None] = {}
            for key in level:
                node = self.nodes.get(key)
                if key in seen or (node is not None and event and node.event not in ("", event)):
                    continue
                seen.add(key)
                if node is not None:
                    yield node
                further.update(dict.fromkeys(self.children.get(key, ())))
            level = list(further)


def read_manifests(files: Sequence[Path]) -> Lineage:
    """The graph of several manifests, each naming nodes of its own. Raises ConfigError."""
    sources: dict[tuple[str, str], tuple[str, ...]] = {}
    staged: dict[str, tuple[str, ...]] = {}
    nodes: dict[str, _Node] = {}
    children: dict[str, tuple[str, ...]] = {}
    for number, file in enumerate(files):
        said = _read(file)
        for key, values in _mappings(said, "sources", file):
            names = _texts(values, "schema", "identifier") or _texts(values, "schema", "name")
            if names:
                place = (names[0].lower(), names[1].lower())
                sources[place] = (*sources.get(place, ()), f"{number}:{key}")
        for key, values in _mappings(said, "nodes", file):
            node = _node(values)
            if node.kind not in _BUILT:
                continue
            nodes[f"{number}:{key}"] = node
            if node.event:
                staged[node.event] = (*staged.get(node.event, ()), f"{number}:{key}")
        for key, values in _mappings(said, "exposures", file):
            nodes[f"{number}:{key}"] = _exposure(values)
        for key, below in _section(said, "child_map", file).items():
            children[f"{number}:{key}"] = tuple(f"{number}:{one}" for one in _list(below) if isinstance(one, str))
    return Lineage(sources, staged, nodes, children)


def _read(file: Path) -> Mapping[str, object]:
    try:
        size = file.stat().st_size
        if size > _MOST_BYTES:
            raise ConfigError(f"is {size:,} bytes long, and at most {_MOST_BYTES:,} are read", where=str(file))
        said = json.loads(file.read_bytes())
    except FileNotFoundError:
        hint = "`downstream` names dbt's manifest.json; `dbt parse` writes it below target/"
        raise ConfigError("there is no such file", where=str(file), hint=hint) from None
    except (OSError, ValueError, RecursionError) as error:
        hint = "dbt writes it anew with `dbt parse`"
        raise ConfigError(f"is no manifest: {type(error).__name__}", where=str(file), hint=hint) from None
    if not isinstance(said, dict):
        raise ConfigError("is no manifest: not a JSON object", where=str(file), hint="name dbt's target/manifest.json")
    return said


def _section(said: Mapping[str, object], name: str, file: Path) -> Mapping[str, object]:
    section = said.get(name)
    if not isinstance(section, dict):
        hint = "name dbt's target/manifest.json, as dbt 1.5 or newer writes it"
        raise ConfigError(f"is no manifest: it has no `{name}`", where=str(file), hint=hint)
    return section


def _mappings(said: Mapping[str, object], name: str, file: Path) -> Iterator[tuple[str, Mapping[str, object]]]:
    for key, value in _section(said, name, file).items():
        if isinstance(value, dict):
            yield key, value


def _node(values: Mapping[str, object]) -> _Node:
    config = values.get("config")
    metas = [values.get("meta"), config.get("meta") if isinstance(config, dict) else None]
    ours = [meta[META] for meta in metas if isinstance(meta, dict) and isinstance(meta.get(META), dict)]
    event = next((one["event"] for one in ours if isinstance(one.get("event"), str)), "")
    return _Node(_text(values, "resource_type"), _text(values, "name"), event)


def _exposure(values: Mapping[str, object]) -> _Node:
    owner = values.get("owner")
    name = _text(values, "label") or _text(values, "name")
    whose = _text(owner, "name") if isinstance(owner, dict) else ""
    return _Node("exposure", name, exposure=Exposure(name, _text(values, "type"), whose))


def _text(values: Mapping[str, object], key: str) -> str:
    said = values.get(key)
    return said[:_LONGEST_NAME] if isinstance(said, str) else ""


def _texts(values: Mapping[str, object], *keys: str) -> tuple[str, ...]:
    """All of them, or nothing where one is missing."""
    said = tuple(_text(values, key) for key in keys)
    return said if all(said) else ()


def _list(value: object) -> Sequence[object]:
    return value if isinstance(value, list) else ()
