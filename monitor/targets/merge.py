"""Our keys in a YAML file that users write in, too: ours are set, theirs stay with their comments and their order.

What we wrote once and no longer say goes: a table, column or model that carries `config.meta.trackwarden`, a tag or a
data test whose name begins with `trackwarden`. Where a user's own keys stand in such an entry, they stay.
"""

from collections.abc import Mapping, Sequence
from copy import deepcopy
from io import StringIO
from typing import Any, TypeAlias

import yaml

from monitor.errors import TargetError

Node: TypeAlias = Any
"""A mapping, list or scalar as ruamel.yaml holds it: with its comments."""

_PREFIX = "trackwarden"
_NAMED = ("sources", "tables", "columns", "models")
"""Lists whose entries are known by their `name`."""
_WHOLE = ("quoting", "trackwarden", "warn_after", "owner")
"""Mappings and lists that are ours as a whole."""
_OURS = ("description", "data_type", "quote", "schema", "quoting", "loaded_at_field")


def merged(theirs: str, ours: Mapping[str, Any], where: str) -> str:
    """The file's text with our keys as they are now; the very same text where they stand so already.

    Raises TargetError where the file is not YAML with a mapping at its root.
    """
    if _stands_so(theirs, ours):
        return theirs
    document = _load(theirs, where)
    before = _plain(document)
    _merge(document, ours)
    if _plain(document) == before:
        return theirs
    out = StringIO()
    _yaml().dump(document, out)
    return out.getvalue()


def is_empty(text: str, where: str) -> bool:
    """Nothing but the frame is left: no source, no model, no key of the user's."""
    document = _load(text, where)
    return not any(_plain(value) for key, value in document.items() if key != "version")


def load(text: str) -> Mapping[str, Any]:
    """A mapping that we wrote as YAML, as plain values."""
    said: Mapping[str, Any] = _quickly(text)
    return said


def _stands_so(theirs: str, ours: Mapping[str, Any]) -> bool:
    """The file says what it should: asked without keeping comments, which is thirty times as quick."""
    try:
        document = _quickly(theirs)
    except (yaml.YAMLError, ValueError):
        return False  # the slow way says what is wrong
    if not isinstance(document, dict):
        return False
    before = deepcopy(document)
    _merge(document, ours)
    return bool(document == before)


def _quickly(text: str) -> Any:
    return yaml.load(text, Loader=getattr(yaml, "CSafeLoader", yaml.SafeLoader))  # noqa: S506 - both are safe


def _load(text: str, where: str) -> Node:
    from ruamel.yaml.error import YAMLError

    try:
        document = _yaml().load(text)
    except (YAMLError, ValueError) as error:
        first = str(error).strip().splitlines()[0]
        raise TargetError("is not YAML", where=where, hint=f"repair it or move it away: {first}") from None
    if not isinstance(document, dict):
        raise TargetError("is not a YAML mapping", where=where, hint="repair it or move it away")
    return document


def _yaml() -> Any:
    from ruamel.yaml import YAML

    round_trip = YAML()
    round_trip.preserve_quotes = True
    round_trip.width = 1_000_000
    round_trip.indent(mapping=2, sequence=4, offset=2)
    return round_trip


def _plain(node: Node) -> Any:
    if isinstance(node, dict):
        return {str(key): _plain(value) for key, value in node.items()}
    if isinstance(node, list):
        return [_plain(value) for value in node]
    return str(node) if isinstance(node, str) else node


# ── merging ─────────────────────────────────────────────────────────────────────────────────────────


def _merge(theirs: Node, ours: Mapping[str, Any]) -> None:
    for key, mine in ours.items():
        held = theirs.get(key)
        if key in _NAMED:
            theirs[key] = _entries(held if isinstance(held, list) else [], mine)
        elif key == "tags":
            theirs[key] = _tags([held] if isinstance(held, str) else held or [], mine)
        elif key == "data_tests":
            theirs[key] = _tests(held if isinstance(held, list) else [], mine)
        elif isinstance(mine, Mapping) and isinstance(held, dict) and key not in _WHOLE:
            _merge(held, mine)
        elif _plain(held) != _plain(mine) or held is None:
            theirs[key] = deepcopy(mine)
    for key in [key for key in (*_NAMED, "data_tests") if key in theirs and key not in ours]:
        left = _tests(theirs[key], []) if key == "data_tests" else _entries(theirs[key] or [], [])
        if left or key in ("sources", "models"):
            theirs[key] = left
        else:
            del theirs[key]


def _entries(theirs: Node, ours: Sequence[Mapping[str, Any]]) -> Node:
    """Entries by name: ours merged into theirs, those that were ours and are no more taken out."""
    wanted = {str(entry["name"]): entry for entry in ours}
    for index in range(len(theirs) - 1, -1, -1):
        entry = theirs[index]
        if not isinstance(entry, dict):
            continue
        mine = wanted.pop(str(entry.get("name")), None)
        if mine is not None:
            _merge(entry, mine)
        elif _was_ours(entry) and not _stripped(entry):
            del theirs[index]
    for entry in ours:
        if str(entry["name"]) in wanted:
            theirs.append(deepcopy(entry))
    return theirs


def _was_ours(entry: Node) -> bool:
    config = entry.get("config")
    meta = config.get("meta") if isinstance(config, dict) else None
    return isinstance(meta, dict) and _PREFIX in meta


def _stripped(entry: Node) -> bool:
    """The entry without what was ours; whether anything of the user's is left beside its name."""
    for key in _OURS:
        entry.pop(key, None)
    config = entry.get("config")
    if isinstance(config, dict):
        _strip_config(config)
        if not config:
            del entry["config"]
    for key in [key for key in (*_NAMED, "data_tests") if key in entry]:
        left = _tests(entry[key], []) if key == "data_tests" else _entries(entry[key] or [], [])
        if left:
            entry[key] = left
        else:
            del entry[key]
    return any(key != "name" for key in entry)


def _strip_config(config: Node) -> None:
    config.pop("loaded_at_field", None)
    for key, ours in (("meta", (_PREFIX, "owner")), ("freshness", ("warn_after",))):
        held = config.get(key)
        if isinstance(held, dict):
            for name in ours:
                held.pop(name, None)
            if not held:
                del config[key]
    if isinstance(config.get("tags"), list):
        config["tags"] = _tags(config["tags"], [])
        if not config["tags"]:
            del config["tags"]


def _tags(theirs: Node, ours: Sequence[str]) -> Node:
    """Theirs in their order, then ours."""
    listed = [tag for tag in theirs if not str(tag).startswith(_PREFIX)]
    wanted = [*listed, *ours]
    return theirs if sorted(map(str, theirs)) == sorted(wanted) else wanted


def _tests(theirs: Node, ours: Sequence[Mapping[str, Any]]) -> Node:
    wanted = {_test_name(test): test for test in ours}
    for index in range(len(theirs) - 1, -1, -1):
        name = _test_name(theirs[index])
        mine = wanted.pop(name, None)
        if mine is not None:
            if _plain(theirs[index]) != _plain(mine):
                theirs[index] = deepcopy(mine)
        elif name.startswith(_PREFIX):
            del theirs[index]
    theirs.extend(deepcopy(test) for test in ours if _test_name(test) in wanted)
    return theirs


def _test_name(test: Node) -> str:
    """The name that a data test was given; empty where it has none."""
    if not isinstance(test, dict):
        return ""
    inner = next(iter(test.values()), None)
    name = inner.get("name") if isinstance(inner, dict) else test.get("name")
    return str(name or "")
