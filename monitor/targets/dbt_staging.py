"""Staging models: an event's planned versions, from all its tables, in one relation with typed columns.

A row of a version that the plan does not know is not in it: nobody knows what it means (trackwarden reports it as
`unknown_version`). A value that does not fit its type is NULL.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

import sqlalchemy as sa

from monitor.catalog import Family
from monitor.contract.model import BoundProperty, BoundTable, BoundVersion, Contract
from monitor.landing.naming import segment_column
from monitor.plan.model import Event
from monitor.sql import vocabulary as v
from monitor.sql.vocabulary import Expr
from monitor.sql.writer import Writer
from monitor.targets.dbt_sources import PREFIX, Fields, nameable, source_name
from monitor.targets.jinja import string, verbatim
from monitor.targets.model import MARK
from monitor.targets.names import digest, slug
from monitor.targets.yaml_text import Value

KEYS: Mapping[str, str] = {
    "event_name": "The event, as the plan writes it.",
    "event_version": "The planned version whose spelling the row carries.",
    "event_source": "Where the event was sent from.",
    "occurred_at": "When it happened.",
    "received_at": "When the collector had it.",
}
"""The columns that every staging model begins with."""

_FAMILY = {
    frozenset({"string"}): Family.TEXT,
    frozenset({"integer"}): Family.INTEGER,
    frozenset({"number"}): Family.NUMBER,
    frozenset({"integer", "number"}): Family.NUMBER,
    frozenset({"boolean"}): Family.BOOLEAN,
}
_FORMATS = {'"date-time"': Family.TIMESTAMP, '"date"': Family.DATE}


def staged(contract: Contract) -> tuple["Staging", ...]:
    """The staging models, by name. An event whose properties have not landed anywhere has none."""
    taken = {table.landed.table.ref.name.lower() for table in contract.tables}
    models: list[Staging] = []
    for event in contract.plan.events:
        held = [
            (table, versions)
            for table in contract.tables
            if table.landed.stands
            and (versions := tuple(version for version in table.versions if version.event == event.name))
        ]
        if any(not version.payload_missing for _, versions in held for version in versions):
            name = f"stg_{slug(event.key)}"
            # dbt would replace a landed table of the model's own name.
            name = f"{name}_{digest(event.name)[:6]}" if name in taken else name
            models.append(Staging(name, event, tuple(sorted(held, key=lambda pair: pair[0].landed.table.ref))))
    return tuple(sorted(models, key=lambda model: model.name))


@dataclass(frozen=True, slots=True)
class _Column:
    """One property as a column of the relation."""

    name: str
    pointer: str
    property: str
    family: Family
    description: str
    pii: bool


@dataclass(frozen=True)
class Staging:
    """One event's staging model."""

    name: str
    event: Event
    held: tuple[tuple[BoundTable, tuple[BoundVersion, ...]], ...]

    def sql(self, say: Writer) -> str:
        """The model. Everything from outside is a quoted literal or identifier in which no Jinja runs."""
        head = f"-- {MARK}: `trackwarden generate` writes this file anew; edits are lost."
        arms = [self._arm(table, versions, say) for table, versions in self.held]
        return "\n\n".join([head, "\n\nunion all\n\n".join(arms)]) + "\n"

    def properties(self) -> Value:
        """The model's entry in YAML."""
        meta: Fields = {PREFIX: {"event": verbatim(self.event.name), "tier": self.event.tier.value}}
        if self.event.team:
            meta["owner"] = verbatim(self.event.team)
        columns: list[Value] = [
            {"name": name, "description": text, "config": {"meta": {PREFIX: {"role": "key"}}}}
            for name, text in KEYS.items()
        ]
        columns += [self._documented(column) for column in self._columns]
        described = {"description": verbatim(self.event.description.strip())} if self.event.description.strip() else {}
        said: Fields = {"name": self.name, **described, "config": {"meta": meta, "tags": [PREFIX]}, "columns": columns}
        return said

    @staticmethod
    def _documented(column: _Column) -> Fields:
        said: Fields = {"name": column.name}
        if column.description:
            said["description"] = verbatim(column.description)
        about: Fields = {
            "role": "property",
            "property": verbatim(column.property),
            **({"pii": True} if column.pii else {}),
        }
        return {**said, "config": {"meta": {PREFIX: about}}}

    # ── columns ─────────────────────────────────────────────────────────────────────────────────────

    @cached_property
    def _columns(self) -> tuple[_Column, ...]:
        """Every property of any version, in the order in which the versions declare them, newest first."""
        found: dict[str, list[tuple[BoundVersion, BoundProperty]]] = {}
        for _, versions in self.held:
            for version in reversed(versions):
                for prop in version.properties:
                    found.setdefault(prop.pointer, []).append((version, prop))
        taken = set(KEYS)
        columns = []
        for pointer, holders in found.items():
            name = _column_name(holders[0][1], pointer, taken)
            taken.add(name)
            text = next((prop.description.strip() for _, prop in holders if prop.description.strip()), "")
            pii = any(prop.pii for _, prop in holders)
            columns.append(_Column(name, pointer, holders[0][1].name, _family(pointer, holders), text, pii))
        return tuple(columns)

    # ── one table ───────────────────────────────────────────────────────────────────────────────────

    def _arm(self, table: BoundTable, versions: Sequence[BoundVersion], say: Writer) -> str:
        landed = table.landed
        known = v.OneOf(landed.version, tuple(dict.fromkeys(raw for one in versions for raw in one.raw_versions)))
        keys: dict[str, Expr] = {
            "event_name": v.Literal(self.event.name),
            "event_version": _canonical(landed.version, versions),
            "event_source": landed.source,
            "occurred_at": landed.time or v.TryCast(v.Literal(None), Family.TIMESTAMP),
            "received_at": landed.received or v.TryCast(v.Literal(None), Family.TIMESTAMP),
        }
        chosen = {**keys, **{c.name: self._value(c, landed.version, versions) for c in self._columns}}
        lines = [f"    {_named(_sql(say, expr), say.compile(sa.column(name)))}" for name, expr in chosen.items()]
        where = [_sql(say, known)]
        if not isinstance(landed.event, v.Literal):
            where.insert(0, _sql(say, v.OneOf(landed.event, versions[0].raw_events)))
        ref = landed.table.ref
        relation = f"{{{{ source({string(source_name(ref.schema))}, {string(nameable(ref.name, str(ref)))}) }}}}"
        return "\n".join(["select", ",\n".join(lines), f"from {relation}", "where " + "\n    and ".join(where)])

    def _value(self, column: _Column, version: Expr, versions: Sequence[BoundVersion]) -> Expr:
        """The property where it landed; by version where versions have it in different places; else a typed NULL."""
        places: dict[Expr, list[BoundVersion]] = {}
        for one in versions:
            for prop in one.properties:
                if prop.pointer == column.pointer and (place := _place(one, prop, column.family)) is not None:
                    places.setdefault(place, []).append(one)
        nothing = v.TryCast(v.Literal(None), column.family)
        if not places:
            return nothing
        if len(places) == 1:
            return next(iter(places))
        arms = tuple(
            (v.OneOf(version, tuple(raw for one in holders for raw in one.raw_versions)), place)
            for place, holders in places.items()
        )
        return v.Case(arms, nothing)


def _column_name(prop: BoundProperty, pointer: str, taken: set[str]) -> str:
    """Snake case; where two properties share it, the second has a hash of its own."""
    plain = segment_column(tuple(prop.name.split("."))) or "property"
    plain = f"property_{plain}" if plain in KEYS else plain
    return plain if plain not in taken else f"{plain}_{digest(pointer)[:6]}"


def _family(pointer: str, holders: Sequence[tuple[BoundVersion, BoundProperty]]) -> Family:
    """The planned type over all versions; what they do not agree on is text."""
    planned = frozenset(kind for _, prop in holders for kind in prop.types if kind != "null")
    family = _FAMILY.get(planned, Family.TEXT)
    if family is not Family.TEXT or planned != {"string"}:
        return family
    formats = {
        next((rule.value for rule in version.rules if rule.pointer == pointer and rule.keyword == "format"), "")
        for version, _ in holders
    }
    return _FORMATS.get(formats.pop(), Family.TEXT) if len(formats) == 1 else Family.TEXT


def _place(version: BoundVersion, prop: BoundProperty, family: Family) -> Expr | None:
    """Where one version's property landed, as a value of that family; None where it did not."""
    if prop.family is not None:
        column = v.Column(prop.column)
        if prop.family is Family.JSON:
            return v.TryCast(v.Text(v.At(column, ())), family)
        return column if prop.family is family else v.TryCast(column, family)
    match prop.present:
        case v.Text(place):
            text: Expr = v.Text(_at(version, place))
            return text if family is Family.TEXT else v.TryCast(text, family)
        case _:
            return None


def _at(version: BoundVersion, place: v.Place) -> v.Place:
    """The place itself: a model has no level that extracts."""
    if isinstance(place, v.Extracted):
        extract = version.extracts[place.position]
        assert extract is not None  # noqa: S101 - the version's own properties speak of its own places
        return v.At(extract.doc, extract.path)
    return place


def _canonical(version: Expr, versions: Sequence[BoundVersion]) -> Expr:
    if len(versions) == 1:
        return v.Literal(versions[0].version)
    *others, last = versions
    arms = tuple((v.OneOf(version, one.raw_versions), v.Literal(one.version)) for one in others)
    return v.Case(arms, v.Literal(last.version))


def _sql(say: Writer, expr: Expr) -> str:
    """One expression on one line, in which no Jinja runs."""
    return verbatim(say.compile(say.expr(expr)))


def _named(sql: str, name: str) -> str:
    return name if sql == name else f"{sql} as {name}"
