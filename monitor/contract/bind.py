"""Binding: the plan's versions meet the columns and documents that landed. Pure."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from hashlib import sha256
from typing import TypeAlias

from monitor import __version__
from monitor.catalog import Column, Family
from monitor.contract import slots
from monitor.contract.field import Field, Flattened, InColumn, InJson, NoColumn
from monitor.contract.model import BoundProperty, BoundTable, BoundVersion, Contract, Extract
from monitor.contract.walk import Declared, Ground, declared, pointer, rules
from monitor.landing.model import InColumns, InDocument, Landed, LandedEvent, LandedTable, NotLanded
from monitor.landing.naming import NAMING
from monitor.plan.model import Event, EventVersion, Plan
from monitor.plan.schemaver import aliases
from monitor.sql import vocabulary as sql
from monitor.sql.vocabulary import Expr, Path

NamingRule: TypeAlias = Callable[[Path], str]

_OLD_DRAFTS = ("draft-03", "draft-04", "com.snowplowanalytics.self-desc")
"""`$schema`s under which `1.0` is not an integer."""


def bind(plan: Plan, landed: Landed) -> Contract:
    """The plan bound to what landed: every table with every version that can stand in it."""
    return Binder(plan, landed).contract()


class Binder:
    """Binds tables one by one, each once: a run that has nothing to measure binds none."""

    def __init__(self, plan: Plan, landed: Landed) -> None:
        self._plan, self._landed = plan, landed
        self._events = {event.name: event for event in plan.events}
        self._unplanned = {table.key for table in landed.unplanned}
        self._bound: dict[str, BoundTable] = {}

    def table(self, table: LandedTable) -> BoundTable:
        """The table with every planned version that can stand in it."""
        bound = self._bound.get(table.key)
        if bound is None:
            planned = table.key not in self._unplanned
            bound = self._bound[table.key] = _table(table, self._events, self._plan.revision, planned=planned)
        return bound

    def contract(self) -> Contract:
        """All tables bound."""
        tables = tuple(self.table(table) for table in (*self._landed.tables, *self._landed.unplanned))
        return Contract(self._plan, tables, self._landed.missing, self._plan.refused)


@dataclass(frozen=True, slots=True)
class _Version:
    """One version on its way to being bound."""

    event: Event
    version: EventVersion
    landed: LandedEvent
    payload: InColumns | InDocument | NotLanded
    declared: tuple[Declared, ...]

    @property
    def extracts(self) -> tuple[Extract, ...]:
        """What to read out of the document, in the schema's order."""
        if not isinstance(self.payload, InDocument):
            return ()
        naming = NAMING[self.payload.naming]
        return tuple(Extract(self.payload.doc, landed_path(d.path, naming)) for d in self.declared)


def landed_path(path: Path, naming: NamingRule) -> Path:
    """Each key of a path by the landing's naming rule."""
    return tuple(naming((key,)) for key in path)


def _table(table: LandedTable, events: Mapping[str, Event], revision: str, *, planned: bool) -> BoundTable:
    versions = [
        _Version(events[landed.event], version, landed, payload, _declared_for(version, payload))
        for landed in table.events
        for version in events[landed.event].versions
        for payload in (landed.payload_of(version.version),)
    ]
    positions = slots.assign([version.extracts for version in versions])
    width = max((len(slot) for slot in positions), default=0)
    bound = tuple(_bind(version, table, slot, width) for version, slot in zip(versions, positions, strict=True))
    text = "\n".join((__version__, revision, repr(table)))
    return BoundTable(table, bound, sha256(text.encode()).hexdigest()[:16], planned)


def _declared_for(version: EventVersion, payload: InColumns | InDocument | NotLanded) -> tuple[Declared, ...]:
    return () if isinstance(payload, NotLanded) else tuple(declared(version.schema))


def _bind(version: _Version, table: LandedTable, positions: Mapping[Extract, int], width: int) -> BoundVersion:
    bare = BoundVersion(
        event=version.event.name,
        key=version.event.key,
        version=version.version.version,
        status=version.version.status,
        raw_events=version.landed.raw,
        raw_versions=aliases(version.version.version),
        properties=(),
        rules=(),
    )
    match version.payload:
        case NotLanded(column):
            return replace(bare, payload_missing=column)
        case InDocument() as document:
            return _in_document(bare, version, document, (positions, width))
        case InColumns() as columns:
            return _in_columns(bare, version, columns, table)


# ── properties in a document ────────────────────────────────────────────────────────────────────────


def _in_document(
    bare: BoundVersion, version: _Version, payload: InDocument, slots_: tuple[Mapping[Extract, int], int]
) -> BoundVersion:
    naming = NAMING[payload.naming]
    positions, width = slots_
    loose = not any(mark in str(version.version.schema.get("$schema", "")) for mark in _OLD_DRAFTS)

    def place(path: Path) -> sql.Place:
        at = landed_path(path, naming)
        position = positions.get(Extract(payload.doc, at))
        return sql.At(payload.doc, at) if position is None else sql.Extracted(position)

    def field(path: Path, _types: tuple[str, ...]) -> Field:
        return InJson(place(path), payload.doc, landed_path(path, naming), loose)

    def other_keys(path: Path, names: tuple[str, ...]) -> Expr:
        keys = tuple(dict.fromkeys(naming((name,)) for name in names))
        places = tuple(dict.fromkeys(place((*path, name)) for name in names))
        others = sql.HasOtherKeys(payload.doc, landed_path(path, naming), keys, places if len(places) == len(keys) else ())
        return sql.And((sql.Is(place(path), ("object",), loose), others)) if path else others

    ground = Ground(_prefix(version), field, other_keys)
    top = tuple(d.path[0] for d in version.declared if len(d.path) == 1)
    extracts: list[Extract | None] = [None] * width
    for extract, position in positions.items():
        extracts[position] = extract
    return replace(
        bare,
        properties=tuple(_json_property(d, sql.Text(place(d.path))) for d in version.declared),
        rules=rules(version.version.schema, ground),
        extracts=tuple(extracts),
        undeclared=other_keys((), top),
        document=payload.doc,
        declared_keys=tuple(dict.fromkeys(naming((name,)) for name in top)),
    )


def _json_property(planned: Declared, present: Expr) -> BoundProperty:
    return replace(_property(planned), present=present)


# ── properties in columns ───────────────────────────────────────────────────────────────────────────


def _in_columns(bare: BoundVersion, version: _Version, payload: InColumns, table: LandedTable) -> BoundVersion:
    naming = NAMING[payload.naming]
    columns = {column.name: column for column in table.table.columns if column.name not in table.own_columns}
    by_case = {name.casefold(): name for name in columns}
    objects = {d.path for d in version.declared if isinstance(d.schema.get("properties"), Mapping)}

    def column(path: Path) -> Column | None:
        name = naming(path)
        return columns.get(name) or columns.get(f"_{name}") or columns.get(by_case.get(name.casefold(), ""))

    def field(path: Path, types: tuple[str, ...]) -> Field | Flattened:
        landed = column(path)
        if landed is None:
            return Flattened() if path in objects else NoColumn(naming(path))
        if landed.family is Family.JSON:
            return InJson(sql.At(sql.Column(landed.name), ()), sql.Column(landed.name))
        return InColumn(landed, types)

    properties = tuple(_column_property(d, column(d.path), naming(d.path), d.path in objects) for d in version.declared)
    undeclared = _undeclared_columns(version, columns, properties, naming)
    extra = _any_present(undeclared)
    ground = Ground(_prefix(version), field, lambda path, _names: None if path else extra)
    return replace(
        bare,
        properties=properties,
        rules=rules(version.version.schema, ground),
        undeclared=extra if undeclared else None,
        undeclared_columns=undeclared,
    )


def _column_property(planned: Declared, column: Column | None, name: str, flattened: bool) -> BoundProperty:  # noqa: FBT001
    bare = _property(planned)
    if column is None:
        return replace(bare, column="" if flattened else name, landed=flattened)
    return replace(
        bare,
        column=column.name,
        family=column.family,
        native=column.native,
        fits=InColumn(column, planned.types).fits,
        present=sql.Column(column.name),
    )


def _undeclared_columns(
    version: _Version,
    columns: Mapping[str, Column],
    properties: Sequence[BoundProperty],
    naming: NamingRule,
) -> tuple[str, ...]:
    """Columns that the version does not declare; those below an open object belong to it."""
    used = {p.column for p in properties}
    open_objects = tuple(
        naming(d.path) + "_"
        for d in version.declared
        if "object" in d.types and d.schema.get("additionalProperties") is not False
    )
    return tuple(name for name in columns if name not in used and not name.startswith(open_objects))


def _any_present(columns: Iterable[str]) -> Expr:
    arms = tuple(sql.Not(sql.IsNull(sql.Column(name))) for name in columns)
    if not arms:
        return sql.Literal(value=False)
    return arms[0] if len(arms) == 1 else sql.Or(arms)


# ── both ────────────────────────────────────────────────────────────────────────────────────────────


def _prefix(version: _Version) -> str:
    return f"{version.event.key}@{version.version.version}"


def _property(planned: Declared) -> BoundProperty:
    schema = planned.schema
    description, pii = schema.get("description"), schema.get("pii")
    return BoundProperty(
        pointer=pointer(planned.path),
        name=".".join(planned.path),
        types=planned.types,
        required=planned.always,
        description=description if isinstance(description, str) else "",
        pii=pii if isinstance(pii, bool) else None,
    )
