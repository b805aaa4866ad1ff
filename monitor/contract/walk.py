"""From a JSON Schema to rules: every keyword of every level gets a verdict, and none is passed over in silence.

`properties`, `required`, `items`, `allOf` and `$ref` are taken apart into rules of their own, so that a failure is
told of the property that it is in; every other keyword is one rule at its place.
"""

import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from typing import Any

from monitor.contract.declared import DEPTH, MOST
from monitor.contract.drafts import REFUSED, unknown_draft
from monitor.contract.field import Field, InColumn, InJson, InRow
from monitor.contract.ground import Ground, Spot, cut_matters, is_anything, pointer
from monitor.contract.model import Compiled, Declined, Draft, Rule, Undecidable, Verdict
from monitor.contract.presence import no_json_either, presence
from monitor.contract.rules import OF_ARRAYS, OF_OBJECTS
from monitor.contract.rules.arrays import array_of, nth
from monitor.contract.rules.objects import guarded, object_of
from monitor.contract.scope import FALSE, MOST_PARTS, Budget, Unsaid, all_of, there
from monitor.sql import vocabulary as sql

__all__ = ["Ground", "pointer", "rules"]

_WALKED = frozenset({"properties", "required", "additionalProperties", "items", "prefixItems", "allOf", "$ref"})
_VALIDATING = frozenset(REFUSED)
_compact = json.JSONEncoder(separators=(",", ":"), default=str).encode


def rules(schema: Mapping[str, Any], ground: Ground) -> tuple[Rule, ...]:
    """Every keyword of the schema as a rule with its verdict. Ids are unique."""
    found: dict[str, Rule] = {}
    twins: dict[str, int] = {}
    for rule in _Walk(ground).all(schema):
        name = rule.id
        while name in found:  # two schemas that both hold for a value; the items of `a` and a property of `a` named `*`
            twins[rule.id] = twins.get(rule.id, 1) + 1
            name = f"{rule.id}~{twins[rule.id]}"
        found[name] = rule if name == rule.id else replace(rule, id=name)
    return tuple(found.values())


class _Walk:
    """One pass over a version's schema."""

    def __init__(self, ground: Ground) -> None:
        self.ground = ground
        self.left = Budget(MOST)

    def all(self, schema: Mapping[str, Any]) -> Iterator[Rule]:
        ground = self.ground
        root = Spot((), "", ground.root, ground.scope, ground.scope.types(schema))
        if reason := unknown_draft(schema):
            yield self._rule(root, "$schema", schema["$schema"], Draft(Declined(reason), "has a known draft"))
        try:
            yield from self._value(schema, root)
        except Unsaid as unsaid:
            yield self._rule(root, "schema", None, Draft(unsaid.verdict, "fits the rest of its schema"))

    def _value(self, schema: Any, spot: Spot, depth: int = 0) -> Iterator[Rule]:
        """The keywords of one value."""
        if schema is True:
            return
        if schema is False:
            yield self._rule(spot, "false", schema, self._lifted(self._absent(spot), spot))
            return
        reason = "the schema is not a mapping" if not isinstance(schema, (dict, Mapping)) else ""
        if len(spot.path) > DEPTH or depth > DEPTH:
            reason = f"nested deeper than {DEPTH}"
        if reason:
            self.left.spend()
            yield self._rule(spot, "schema", None, Draft(Declined(reason), "fits its schema"))
            return
        entered = spot.scope.entered(schema)
        if entered is not spot.scope:
            spot = replace(spot, scope=entered)
        for name in entered.asked(schema):
            self.left.spend()
            yield from self._keyword(name, schema, spot, depth)

    def _keyword(self, name: str, schema: Mapping[str, Any], spot: Spot, depth: int) -> Iterator[Rule]:
        value = schema[name]
        known = name in spot.scope.dialect.keywords
        if known and name == "properties" and isinstance(value, Mapping):
            yield from self._properties(value, spot, depth)
        elif known and name == "required":
            yield from self._required(value, schema, spot)
        elif known and name in {"items", "prefixItems"} and self._walks_items(name, value, spot):
            yield from self._items(name, schema, spot, depth)
        elif known and name == "allOf" and isinstance(value, list) and value:
            for arm in value:
                yield from self._value(arm, spot, depth + 1)
        elif known and name == "$ref":
            yield from self._reference(value, spot, depth)
        elif not self._says_nothing(name, schema, spot):
            yield self._rule(spot, name, value, self._draft(name, schema, spot))

    def _says_nothing(self, name: str, schema: Mapping[str, Any], spot: Spot) -> bool:
        """What no rule is made of: a schema that everything fits, what is part of a neighbour, a row that is a row."""
        value = schema[name]
        if name in {"additionalProperties", "items", "additionalItems"} and is_anything(value):
            return True
        if name in {"then", "else"} and "if" in schema and name in spot.scope.dialect.keywords:
            return True
        return name == "type" and value == "object" and isinstance(spot.field, InRow) and spot.field.whole

    def _reference(self, reference: Any, spot: Spot, depth: int) -> Iterator[Rule]:
        try:
            schema, scope = spot.scope.target(reference)
        except Unsaid as unsaid:
            yield self._rule(spot, "$ref", reference, Draft(unsaid.verdict, "fits what it refers to"))
            return
        yield from self._value(schema, replace(spot, scope=scope), depth + 1)

    # ── objects ─────────────────────────────────────────────────────────────────────────────────────

    def _properties(self, properties: Mapping[str, Any], spot: Spot, depth: int) -> Iterator[Rule]:
        for written, sub in properties.items():
            name = str(written)
            if not is_anything(sub):
                yield from self._property(sub, self._member(name, sub, spot), depth)

    def _property(self, schema: Any, member: Spot, depth: int) -> Iterable[Rule]:
        alike, prefix = self.ground.alike, self.ground.prefix
        key = alike.property(member, schema) if depth <= DEPTH else None
        if key is None:
            return self._value(schema, member, depth)
        known = alike.known(key, prefix)
        if known is None:
            known = tuple(self._value(schema, member, depth))
            alike.keep(key, prefix, known)
        else:
            self.left.spend(len(known))
        return known

    def _member(self, name: str, schema: Any, spot: Spot) -> Spot:
        """Where a property is; a schema's own is looked for once."""
        key = name, id(schema)
        member = spot.members.get(key)
        if member is None:
            member = spot.members[key] = self._placed(name, schema, spot)
        return member

    def _placed(self, name: str, schema: Any, spot: Spot) -> Spot:
        path, types = (*spot.path, name), spot.scope.types(schema)
        parent = spot.field
        if not spot.loose:
            field = self.ground.field(path, types)
        else:
            found = object_of(parent)
            field = spot.scope.child(found, name, schema) if isinstance(found, InJson | InRow) else parent
        lifts = spot.lifts
        if name.isdecimal() and isinstance(parent, InJson):
            lifts = (*lifts, lambda fails: guarded(parent, name, fails))
        return Spot(path, spot.at + pointer((name,)), field, spot.scope, types, lifts, spot.loose)

    def _required(self, value: Any, schema: Mapping[str, Any], spot: Spot) -> Iterator[Rule]:
        if not isinstance(value, list) or not all(isinstance(name, str) for name in value):
            draft = Draft(Declined("required wants a list of names"), "has required")
            yield self._rule(spot, "required", value, draft)
            return
        properties = schema.get("properties")
        planned = properties if isinstance(properties, Mapping) else {}
        for name in dict.fromkeys(value):
            member = self._member(name, planned[name], spot) if name in planned else self._placed(name, {}, spot)
            yield from self._presence(member, spot)

    def _presence(self, member: Spot, of: Spot) -> Iterable[Rule]:
        alike, prefix = self.ground.alike, self.ground.prefix
        key = alike.presence(member, of)
        known = None if key is None else alike.known(key, prefix)
        if known is None:
            draft = self._lifted(presence(self.ground, member, of), replace(member, lifts=of.lifts))
            known = (self._rule(member, "required", value=True, draft=draft),)
            if key is not None:
                alike.keep(key, prefix, known)
        return known

    # ── arrays ──────────────────────────────────────────────────────────────────────────────────────

    def _walks_items(self, name: str, value: Any, spot: Spot) -> bool:
        if isinstance(spot.field, InRow) or is_anything(value):
            return False
        return isinstance(value, Mapping) if name == "items" else isinstance(value, list)

    def _items(self, name: str, schema: Mapping[str, Any], spot: Spot, depth: int) -> Iterator[Rule]:
        value, array = schema[name], array_of(spot.field)
        if not isinstance(array, InJson):
            yield from self._no_items(name, value, array, spot)
        elif name == "prefixItems":
            for index, sub in enumerate(value):
                at = nth(array, index)
                path, where = (*spot.path, str(index)), f"{spot.at}/{index}"
                yield from self._value(sub, Spot(path, where, at, spot.scope, (), spot.lifts, loose=True), depth)
        else:
            knows_prefix = "prefixItems" in spot.scope.dialect.keywords and isinstance(schema.get("prefixItems"), list)
            start = len(schema["prefixItems"]) if knows_prefix else 0
            try:
                item, level = spot.scope.item(array.loose), spot.scope.level
            except Unsaid as unsaid:
                yield self._rule(spot, name, value, Draft(unsaid.verdict, "has items"))
                return
            lifts = (*spot.lifts, lambda fails: sql.AnyItem(array.place, fails, level, start))
            path, where = (*spot.path, "*"), f"{spot.at}/*"
            below = Spot(path, where, item, spot.scope.below(), spot.scope.types(value), lifts, loose=True)
            yield from self._value(value, below, depth)

    def _no_items(self, name: str, value: Any, verdict: Verdict, spot: Spot) -> Iterator[Rule]:
        if not isinstance(value, Mapping):
            yield self._rule(spot, name, value, Draft(verdict, f"has {name}"))
            return
        below = replace(spot, path=(*spot.path, "*"), at=f"{spot.at}/*")
        for word in spot.scope.asked(value):
            reason = spot.scope.dialect.unknown(word)
            draft = Draft(Declined(reason) if reason else verdict, f"has {word}")
            yield self._rule(below, word, value[word], draft)

    # ── one rule ────────────────────────────────────────────────────────────────────────────────────

    def _draft(self, name: str, schema: Mapping[str, Any], spot: Spot) -> Draft:
        scope = spot.scope
        scope.budget.left = MOST_PARTS
        if name == "additionalProperties" and not spot.loose and (draft := self._other_keys(schema, spot)):
            return draft
        field = self._asked_of(name, spot)
        if isinstance(field, InRow) and not field.whole and name in OF_ARRAYS:
            return Draft(Undecidable("the object lands flattened"), f"has {name}")
        draft = scope.draft(name, schema, field)
        if name == "type" and not spot.path and isinstance(field, InJson):
            draft = no_json_either(draft, field)
        whole = field.whole if isinstance(field, InColumn) and cut_matters(name, schema[name], field) else None
        if whole is not None and isinstance(draft.verdict, Compiled):
            draft = Draft(Compiled(all_of(whole, draft.verdict.fails)), draft.sentence)
        return self._lifted(draft, spot)

    def _asked_of(self, name: str, spot: Spot) -> Field:
        """The value itself; for keywords about objects, the document that a column holds or its parts."""
        if name not in OF_OBJECTS or not isinstance(spot.field, InColumn) or spot.loose:
            return spot.field
        holder = self.ground.holder(spot.path)
        return holder if isinstance(holder, InJson) else spot.field

    def _other_keys(self, schema: Mapping[str, Any], spot: Spot) -> Draft | None:
        """`additionalProperties: false` where the landing knows the keys; None: as everywhere else."""
        properties = schema.get("properties")
        if schema["additionalProperties"] is not False or "patternProperties" in schema:
            return None
        if "additionalProperties" not in spot.scope.dialect.keywords:
            return None
        names = tuple(str(name) for name in properties) if isinstance(properties, Mapping) else ()
        others = self.ground.other_keys(spot.path, names)
        verdict = Undecidable("the landing flattens the object") if others is None else Compiled(others)
        return self._lifted(Draft(verdict, "has no undeclared property"), spot)

    def _absent(self, spot: Spot) -> Draft:
        try:
            return Draft(Compiled(there(spot.field)), "is absent")
        except Unsaid as unsaid:
            return Draft(unsaid.verdict, "is absent")

    def _lifted(self, draft: Draft, spot: Spot) -> Draft:
        if not spot.lifts or not isinstance(draft.verdict, Compiled) or draft.verdict.fails == FALSE:
            return draft
        fails = draft.verdict.fails
        for lift in reversed(spot.lifts):
            fails = lift(fails)
        return Draft(Compiled(fails), draft.sentence)

    def _rule(self, spot: Spot, name: str, value: Any, draft: Draft) -> Rule:
        return Rule(
            id=f"{self.ground.prefix}#{spot.at}:{name}",
            pointer=spot.at,
            keyword=name,
            value=_compact(value),
            sentence=f"{'.'.join(spot.path) or 'the row'} {draft.sentence}",
            verdict=draft.verdict,
            expectation=draft.expectation,
            test=draft.test,
        )
