"""What is said alike is compiled once: properties of the same schema at the same place, in several versions or tables.

Versions of an event mostly say the same of a property, and events of one domain share many: measured in
docs/performance.md.
"""

from collections.abc import Hashable, Iterable, Mapping
from typing import Any, TypeAlias

from monitor.contract.field import InColumn, InJson
from monitor.contract.ground import Spot
from monitor.contract.model import Rule

Key: TypeAlias = Hashable

_MOST = 20_000
"""Properties that are remembered: about 30 MB."""
_PLAIN = frozenset(
    {
        "type", "enum", "const", "minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum", "multipleOf",
        "minLength", "maxLength", "pattern", "format", "title", "description", "default", "examples", "example",
        "deprecated", "readOnly", "writeOnly", "pii", "labels", "$comment",
    }
)  # fmt: skip
"""Keywords that look at nothing but the value: no schema within, nothing that moves a reference."""


class Alike:
    """Rules by what they are made of; a rule's id but for the version that it begins with."""

    __slots__ = ("_known",)

    def __init__(self) -> None:
        self._known: dict[Key, tuple[tuple[str, Rule], ...]] = {}

    def property(self, spot: Spot, schema: Any) -> Key | None:
        """What the rules of a property depend on; None: on more than that."""
        if not isinstance(schema, (dict, Mapping)) or not schema.keys() <= _PLAIN or not _alone(spot):
            return None
        return spot.path, spot.field, spot.scope.dialect.name, spot.scope.reading.formats, repr(schema)

    def presence(self, spot: Spot, of: Spot) -> Key | None:
        """What the rule that a property is there depends on; None: on more than that."""
        if not _alone(spot) or (isinstance(spot.field, InJson) and not isinstance(of.field, InJson)):
            return None
        holder = (of.field, of.types) if isinstance(of.field, InJson) else None
        return spot.path, spot.field, spot.types, bool(of.path), holder

    def known(self, key: Key, prefix: str) -> tuple[Rule, ...] | None:
        """The rules, as those of the version that `prefix` names; None: not compiled yet."""
        found = self._known.get(key)
        return None if found is None else tuple(_named(prefix + end, rule) for end, rule in found)

    def keep(self, key: Key, prefix: str, rules: Iterable[Rule]) -> None:
        """Remember the rules of a version."""
        if len(self._known) >= _MOST:
            self._known.clear()
        self._known[key] = tuple((rule.id[len(prefix) :], rule) for rule in rules)


def _alone(spot: Spot) -> bool:
    return isinstance(spot.field, InColumn | InJson) and not spot.lifts and not spot.loose


def _named(name: str, rule: Rule) -> Rule:
    return Rule(name, rule.pointer, rule.keyword, rule.value, rule.sentence, rule.verdict, rule.expectation, rule.test)
