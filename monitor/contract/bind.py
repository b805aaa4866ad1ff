"""Binding: the plan's versions meet the columns and documents that landed. Pure."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from hashlib import sha256
from typing import TypeAlias

from monitor import __version__
from monitor.catalog import Column, Family
from monitor.contract import slots
from monitor.contract.field import Field, Flattened, InColumn, InJson, NoColumn
from monitor.contract.model import BoundProperty, BoundTable, BoundVersion, Contract, Extract, Undecidable
from monitor.contract.walk import Declared, Ground, declared, pointer, rules
from monitor.contract.without import Refused, without
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
    """Binds tables one by one, each once: a run that has nothing to measure binds none.

    `refused`: what the warehouse is known to refuse of a table, by the hash of its contract.
    """

    def __init__(self, plan: Plan, landed: Landed, refused: Callable[[str], Refused] | None = None) -> None:
        self._plan = plan
        self._refused = refused
        self._events = {event.name: event for event in plan.events}
        self.renew(landed)

    def renew(self, landed: Landed) -> None:
        """The tables as the catalog shows them now: all are bound anew."""
        self._landed = landed
        self._unplanned = {table.key for table in landed.unplanned}
        self._bound: dict[str, BoundTable] = {}

    def forget(self, table: LandedTable) -> None:
        """Bind a table anew: something of it was refused."""
        self._bound.pop(table.key, None)

    def table(self, table: LandedTable) -> BoundTable:
        """The table with every planned version that can stand in it."""
        bound = self._bound.get(table.key)
        if bound is None or bound.landed is not table:
            planned = table.key not in self._unplanned
            bound = _table(table, self._events, self._plan.revision, planned=planned)
            while self._refused and (refused := self._refused(bound.hash)):
                bound = without(bound, refused)
            self._bound[table.key] = bound
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
    text = f"{__version__}\n{revision}\n{table.described()}"
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
            return _not_landed(bare, version, column)
        case InDocument() as document:
            return _in_document(bare, version, document, (positions, width, table.own_keys))
        case InColumns() as columns:
            return _in_columns(bare, version, columns, table)


def _not_landed(bare: BoundVersion, version: _Version, column: str) -> BoundVersion:
    """Every rule is there, and says why it is not asked."""
    ground = Ground(_prefix(version), lambda *_: NoColumn(column), lambda *_: Flattened(), lambda *_: None)
    verdict = Undecidable(f"the payload did not land: there is no column {column}")
    every = rules(version.version.schema, ground)
    written = tuple(replace(rule, verdict=verdict, expectation=None, test=None) for rule in every)
    return replace(bare, payload_missing=column, rules=written)


# ── properties in a document ────────────────────────────────────────────────────────────────────────


def _in_document(
    bare: BoundVersion, version: _Version, payload: InDocument, rest: tuple[Mapping[Extract, int], int, tuple[str, ...]]
) -> BoundVersion:
    naming = NAMING[payload.naming]
    positions, width, own_keys = rest
    loose = _loose(version)

    def place(path: Path) -> sql.Place:
        at = landed_path(path, naming)
        position = positions.get(Extract(payload.doc, at))
        return sql.At(payload.doc, at) if position is None else sql.Extracted(position)

    def holder(path: Path) -> InJson:
        return InJson(place(path), payload.doc, landed_path(path, naming), loose)

    def field(path: Path, _types: tuple[str, ...]) -> Field:
        return holder(path)

    def other_keys(path: Path, names: tuple[str, ...]) -> Expr:
        keys = tuple(dict.fromkeys(naming((name,)) for name in names))
        places = tuple(dict.fromkeys(place((*path, name)) for name in names))
        if not path:
            own = tuple(key for key in own_keys if key not in keys)
            keys, places = keys + own, places + tuple(sql.At(payload.doc, (key,)) for key in own)
        known = places if len(places) == len(keys) else ()
        others = sql.HasOtherKeys(payload.doc, landed_path(path, naming), keys, known)
        return sql.And((sql.Is(place(path), ("object",), loose), others)) if path else others

    root = InJson(sql.At(payload.doc, ()), payload.doc, (), loose)
    ground = Ground(_prefix(version), field, holder, other_keys, root)
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
        declared_keys=tuple(dict.fromkeys([*(naming((name,)) for name in top), *own_keys])),
    )


def _json_property(planned: Declared, present: Expr) -> BoundProperty:
    return replace(_property(planned), present=present)


# ── properties in columns ───────────────────────────────────────────────────────────────────────────


class _Columns:
    """Where one version's properties are among a table's columns."""

    def __init__(self, version: _Version, payload: InColumns, table: LandedTable) -> None:
        self.naming = NAMING[payload.naming]
        self.all = {column.name: column for column in table.table.columns if column.name not in table.own_columns}
        self.loose = _loose(version)
        self._by_case = {name.casefold(): name for name in self.all}
        self._objects = {d.path for d in version.declared if self._lands_flattened(d)}
        self._documents = {
            d.path: document for d in version.declared if (document := _document(self.column(d.path), d)) is not None
        }

    def column(self, path: Path) -> Column | None:
        """The property's own column."""
        name = self.naming(path)
        return self.all.get(name) or self.all.get(f"_{name}") or self.all.get(self._by_case.get(name.casefold(), ""))

    def field(self, path: Path, types: tuple[str, ...]) -> Field | Flattened:
        """Where the value is: a column, a document in a column, columns of its own parts, nowhere."""
        landed = self.column(path)
        if landed is None:
            return self.inside(path) or (Flattened() if path in self._objects else NoColumn(self.naming(path)))
        if landed.family is Family.JSON:
            column = sql.Column(landed.name)
            return InJson(sql.At(column, ()), column, (), self.loose, alone=True)
        return InColumn(landed, types, self.loose)

    def inside(self, path: Path) -> InJson | None:
        """The value inside the column that holds its whole object as a document, keys as planned."""
        for length in range(len(path) - 1, 0, -1):
            document = self._documents.get(path[:length])
            if document is not None:
                return InJson(sql.At(document, path[length:]), document, path[length:], self.loose)
        return None

    def holder(self, path: Path) -> InJson | Flattened:
        """The object of a path: a document in a column, inside one, or in parts."""
        document = self._documents.get(path)
        if document is not None:
            return InJson(sql.At(document, ()), document)
        return self.inside(path) or Flattened()

    def other_keys(self, path: Path, names: tuple[str, ...]) -> Expr | None:
        """Further keys of an object; None where it lands flattened."""
        at = self.holder(path)
        if isinstance(at, Flattened) or at.doc is None:
            return None
        return sql.And((at.kind("object"), sql.HasOtherKeys(at.doc, at.path, names)))

    def property(self, planned: Declared) -> BoundProperty:
        """The property and where it landed."""
        bare, column = _property(planned), self.column(planned.path)
        if column is not None:
            fits = InColumn(column, planned.types).fits
            of = replace(bare, column=column.name, family=column.family, native=column.native)
            return replace(of, fits=fits, present=sql.Column(column.name))
        inside = self.inside(planned.path)
        if inside is not None:
            return replace(bare, present=inside.text)
        flattened = planned.path in self._objects
        return replace(bare, column="" if flattened else self.naming(planned.path), landed=flattened)

    def _lands_flattened(self, planned: Declared) -> bool:
        """An object lands as columns of its parts: declared ones, or, where it is open, any."""
        if isinstance(planned.schema.get("properties"), Mapping):
            return True
        start = self.naming(planned.path) + "_"
        return "object" in planned.types and any(name.startswith(start) for name in self.all)


def _document(column: Column | None, planned: Declared) -> Expr | None:
    """A column that holds a planned object as a whole: JSON, or text or a struct that reads as JSON."""
    if column is None or not isinstance(planned.schema.get("properties"), Mapping):
        return None
    if column.family is Family.JSON:
        return sql.Column(column.name)
    whole = column.family in {Family.TEXT, Family.OTHER} and (not planned.types or "object" in planned.types)
    return sql.Parsed(sql.Column(column.name)) if whole else None


def _in_columns(bare: BoundVersion, version: _Version, payload: InColumns, table: LandedTable) -> BoundVersion:
    columns = _Columns(version, payload, table)
    properties = tuple(map(columns.property, version.declared))
    undeclared = _undeclared_columns(version, columns.all, properties, columns.naming)
    extra = _any_present(undeclared)

    def other_keys(path: Path, names: tuple[str, ...]) -> Expr | None:
        return columns.other_keys(path, names) if path else extra

    return replace(
        bare,
        properties=properties,
        rules=rules(version.version.schema, Ground(_prefix(version), columns.field, columns.holder, other_keys)),
        undeclared=extra if undeclared else None,
        undeclared_columns=undeclared,
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


def _loose(version: _Version) -> bool:
    """Whether `1.0` is an integer to this version's draft."""
    return not any(mark in str(version.version.schema.get("$schema", "")) for mark in _OLD_DRAFTS)


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
