"""Binding: the plan's versions meet the columns and documents that landed. Pure."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from functools import partial
from hashlib import sha256
from typing import Any, TypeAlias

from monitor import __version__
from monitor.contract import landed as of_landing
from monitor.contract import slots
from monitor.contract.alike import Alike
from monitor.contract.columns import Columns, bound_property
from monitor.contract.declared import Declared, declared, layers, mentioned
from monitor.contract.drafts import dialect
from monitor.contract.field import Field, InJson, InRow, NoColumn
from monitor.contract.model import BoundTable, BoundVersion, Contract, Extract, Undecidable
from monitor.contract.outline import Keeping, Later
from monitor.contract.recent import Bound, Recent
from monitor.contract.refs import Resolver
from monitor.contract.rules import RULES
from monitor.contract.scope import AS_USUAL, Reading, Scope, all_of
from monitor.contract.walk import Ground, rules
from monitor.contract.without import Refused, renamed, versions_without
from monitor.landing.model import (
    InColumns,
    InDocument,
    Landed,
    LandedEvent,
    LandedTable,
    NotLanded,
    Payload,
    Rejected,
)
from monitor.landing.naming import NAMING
from monitor.plan.model import Event, EventVersion, Plan
from monitor.plan.schemaver import aliases
from monitor.sql import vocabulary as sql
from monitor.sql.regex import unsupported
from monitor.sql.vocabulary import Expr, Path

NamingRule: TypeAlias = Callable[[Path], str]

_AS_PLANNED = NAMING["original"]
_USUAL = Keeping()


def bind(plan: Plan, landed: Landed, reading: Reading = AS_USUAL) -> Contract:
    """The plan bound to what landed: every table with every version that can stand in it."""
    return Binder(plan, landed, reading=reading).contract()


class Binder:
    """Binds tables one by one, each when its versions are looked at: a run that has nothing to measure binds none.

    `refused`: what the warehouse is known to refuse of a table, by the hash of its contract.
    """

    def __init__(
        self,
        plan: Plan,
        landed: Landed,
        refused: Callable[[str], Refused] | None = None,
        *,
        reading: Reading = AS_USUAL,
        keeping: Keeping = _USUAL,
    ) -> None:
        self._plan, self._reading = plan, reading
        self._refused = refused
        self._outlines, self._recent, self._alike = keeping.outlines, Recent(keeping.most), Alike()
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
            bound = self._bound[table.key] = self._later(table)
        return bound

    def _later(self, table: LandedTable) -> BoundTable:
        """Only the hash is known at once; it names all that the versions are made of."""
        digest = _digest(f"{__version__}\n{self._read_as()}\n{table.described()}")
        bind = partial(_bound, table, self._events, self._reading, self._alike)
        while self._refused and (refused := self._refused(digest)):
            digest, bind = renamed(digest, refused), partial(_bound_without, bind, refused)
        versions = Later(digest, bind, self._recent, self._outlines)
        return BoundTable(table, versions, digest, planned=table.key not in self._unplanned)

    def _read_as(self) -> str:
        """The plan, and how its schemas are read where that is not as usual: a contract's hash names both."""
        revision = self._plan.revision
        return revision if self._reading == AS_USUAL else f"{revision}\n{self._reading!r}"

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
    payload: Payload
    scope: Scope
    """What its schema is read with, in that landing."""
    declared: tuple[Declared, ...]
    alike: Alike

    @property
    def extracts(self) -> tuple[Extract, ...]:
        """What to read out of the document, in the schema's order."""
        if not isinstance(self.payload, InDocument):
            return ()
        naming = NAMING[self.payload.naming]
        return tuple(Extract(self.payload.doc, landed_path(d.path, naming)) for d in self.declared)


def landed_path(path: Path, naming: NamingRule) -> Path:
    """Each key of a path by the landing's naming rule."""
    if naming is _AS_PLANNED:
        return path
    return tuple(naming((key,)) for key in path)


def _versions(table: LandedTable, events: Mapping[str, Event], reading: Reading, alike: Alike) -> Iterator[_Version]:
    """Every version that can stand in a table, in the plan's order."""
    for landed in table.events:
        for version in events[landed.event].versions:
            payload, schema = landed.payload_of(version.version), version.schema
            scope = scope_of(schema, reading, payload.naming if isinstance(payload, InDocument) else "original")
            found = () if isinstance(payload, NotLanded | Rejected) else declared(schema, scope)
            yield _Version(events[landed.event], version, landed, payload, scope, found, alike)


def scope_of(schema: Mapping[str, Any], reading: Reading = AS_USUAL, naming: str = "original") -> Scope:
    """What a version's schema is read with, where its keys land by a naming rule."""
    rule = NAMING[naming]
    return Scope(
        compilers=RULES,
        resolver=Resolver(schema, reading.documents),
        dialect=dialect(schema),
        base="",
        reading=reading,
        naming=None if naming == "original" else lambda key: rule((key,)),
        parents=frozenset({id(schema)}),
    )


def _bound(table: LandedTable, events: Mapping[str, Event], reading: Reading, alike: Alike) -> tuple[BoundVersion, ...]:
    versions = tuple(_versions(table, events, reading, alike))
    positions = slots.assign([version.extracts for version in versions])
    width = max((len(slot) for slot in positions), default=0)
    return tuple(_bind(version, table, slot, width) for version, slot in zip(versions, positions, strict=True))


def _bound_without(bind: Bound, refused: Refused) -> tuple[BoundVersion, ...]:
    return versions_without(bind(), refused)


def _digest(text: str) -> str:
    return sha256(text.encode()).hexdigest()[:16]


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
        case Rejected() as rejected:
            return of_landing.refused(bare, version.version.schema, rejected, _prefix(version))
        case InDocument() as document:
            bound = _in_document(bare, version, document, (positions, width, table.own_keys))
            return of_landing.with_landing(bound, table, _prefix(version))
        case InColumns() as columns:
            return of_landing.with_landing(_in_columns(bare, version, columns, table), table, _prefix(version))


def _not_landed(bare: BoundVersion, version: _Version, column: str) -> BoundVersion:
    """Every rule is there, and says why it is not asked."""
    row = InRow(lambda *_: NoColumn(column), whole=True)
    asked = (row, lambda *_: NoColumn(column), lambda *_: row, lambda *_: None)
    ground = Ground(_prefix(version), version.scope, *asked, version.alike)
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
    loose, schema = version.scope.dialect.loose, version.version.schema

    places: dict[Path, sql.Place] = {extract.path: sql.Extracted(at) for extract, at in positions.items()}

    def place(path: Path) -> sql.Place:
        at = landed_path(path, naming)
        return places.get(at) or sql.At(payload.doc, at)

    def holder(path: Path) -> InJson:
        at = landed_path(path, naming)
        return InJson(places.get(at) or sql.At(payload.doc, at), payload.doc, at, loose)

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
    scope = replace(version.scope, positions=positions)
    ground = Ground(_prefix(version), scope, root, field, holder, other_keys, version.alike)
    top = tuple(dict.fromkeys([*(d.path[0] for d in version.declared if len(d.path) == 1), *mentioned(schema, scope)]))
    extracts: list[Extract | None] = [None] * width
    for extract, position in positions.items():
        extracts[position] = extract
    return replace(
        bare,
        properties=tuple(bound_property(d, present=sql.Text(place(d.path))) for d in version.declared),
        rules=rules(schema, ground),
        extracts=tuple(extracts),
        undeclared=_beside_patterns(schema, scope, root, (*top, *own_keys)) or other_keys((), top),
        document=payload.doc,
        declared_keys=tuple(dict.fromkeys([*(naming((name,)) for name in top), *own_keys])),
    )


def _beside_patterns(schema: Any, scope: Scope, root: InJson, names: tuple[str, ...]) -> Expr | None:
    """The row has a key that neither a name nor a pattern declares; None where there are no patterns."""
    found = [layer.get("patternProperties") for layer, _ in layers(schema, scope)]
    patterns = tuple(dict.fromkeys(str(one) for said in found if isinstance(said, Mapping) for one in said))
    if not patterns or scope.naming is not None or any(map(unsupported, patterns)):
        return None
    name = sql.MemberName(0)
    named: tuple[Expr, ...] = (sql.Not(sql.OneOf(name, names)),) if names else ()
    return sql.AnyMember(root.place, all_of(*named, *(sql.Not(sql.Matches(name, one)) for one in patterns)))


# ── properties in columns ───────────────────────────────────────────────────────────────────────────


def _in_columns(bare: BoundVersion, version: _Version, payload: InColumns, table: LandedTable) -> BoundVersion:
    columns = Columns(version.declared, payload, table, loose=version.scope.dialect.loose)
    asked = (columns.root, columns.field, columns.holder, columns.other_keys)
    ground = Ground(_prefix(version), version.scope, *asked, version.alike)
    return replace(
        bare,
        properties=columns.properties,
        rules=rules(version.version.schema, ground),
        undeclared=columns.extra if columns.undeclared else None,
        undeclared_columns=columns.undeclared,
    )


# ── both ────────────────────────────────────────────────────────────────────────────────────────────


def _prefix(version: _Version) -> str:
    return f"{version.event.key}@{version.version.version}"
