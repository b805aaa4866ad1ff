"""Properties that are columns of their own: where each one landed, and what the row says as an object."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from monitor.catalog import Column, Family
from monitor.contract.declared import Declared
from monitor.contract.field import Field, InColumn, InJson, InRow, NoColumn, fits
from monitor.contract.model import BoundProperty
from monitor.contract.walk import pointer
from monitor.landing.model import InColumns, LandedTable
from monitor.landing.naming import NAMING, landed_spellings
from monitor.sql import vocabulary as sql
from monitor.sql.vocabulary import Expr, Path


class Columns:
    """Where one version's properties are among a table's columns."""

    def __init__(self, declared: tuple[Declared, ...], payload: InColumns, table: LandedTable, *, loose: bool) -> None:
        self.naming = NAMING[payload.naming]
        self.truncates = payload.truncates
        self.all = {column.name: column for column in table.table.columns if column.name not in table.own_columns}
        self.loose = loose
        self._found: dict[Path, Column | None] = {}
        self._by_case = {name.casefold(): name for name in self.all}
        self._objects = {d.path for d in declared if self._lands_flattened(d)}
        self._documents = {
            d.path: document for d in declared if (document := _document(self.column(d.path), d)) is not None
        }
        self.properties = tuple(map(self.property, declared))
        self.undeclared = _undeclared(declared, self)
        self._top = tuple(d.path[0] for d in declared if len(d.path) == 1)

    def column(self, path: Path) -> Column | None:
        """The property's own column."""
        if path not in self._found:
            self._found[path] = self._column(path)
        return self._found[path]

    def _column(self, path: Path) -> Column | None:
        name = self.naming(path)
        if name in self.all:
            return self.all[name]
        forms = landed_spellings(name)
        exact = next((self.all[form] for form in forms if form in self.all), None)
        if exact is not None:
            return exact
        return next((self.all[self._by_case[form]] for form in map(str.casefold, forms) if form in self._by_case), None)

    @property
    def extra(self) -> Expr:
        """True where a row carries a column that the version does not declare."""
        return _any_present(self.undeclared)

    @property
    def root(self) -> InRow:
        """The row as the object that was sent."""
        return InRow(lambda name, types: self.field((name,), types), whole=True, names=self._top, others=self.extra)

    def field(self, path: Path, types: tuple[str, ...]) -> Field:
        """Where the value is: a column, a document in a column, columns of its own parts, nowhere."""
        landed = self.column(path)
        if landed is None:
            return self.inside(path) or (self._parts(path) if path in self._objects else NoColumn(self.naming(path)))
        if landed.family is Family.JSON:
            column = sql.Column(landed.name)
            return InJson(sql.At(column, ()), column, (), self.loose, alone=True)
        return InColumn(landed, types, self.loose, self.truncates)

    def _parts(self, path: Path) -> InRow:
        """An object that has no column itself."""
        return InRow(lambda name, types: self.field((*path, name), types), whole=False)

    def inside(self, path: Path) -> InJson | None:
        """The value inside the column that holds its whole object as a document, keys as planned."""
        for length in range(len(path) - 1, 0, -1):
            document = self._documents.get(path[:length])
            if document is not None:
                return InJson(sql.At(document, path[length:]), document, path[length:], self.loose)
        return None

    def holder(self, path: Path) -> InJson | InRow:
        """The object of a path: a document in a column, inside one, or in parts."""
        document = self._documents.get(path)
        if document is not None:
            return InJson(sql.At(document, ()), document, (), self.loose)
        return self.inside(path) or (self._parts(path) if path else self.root)

    def other_keys(self, path: Path, names: tuple[str, ...]) -> Expr | None:
        """Further keys of an object; None where it lands flattened."""
        if not path:
            return self.extra
        at = self.holder(path)
        if isinstance(at, InRow):
            return None
        return sql.And((at.kind("object"), sql.HasOtherKeys(at.doc, at.path, names)))

    def property(self, planned: Declared) -> BoundProperty:
        """The property and where it landed."""
        column = self.column(planned.path)
        if column is not None:
            present = sql.Column(column.name)
            of = {"column": column.name, "family": column.family, "native": column.native, "present": present}
            return bound_property(planned, fits=fits(planned.types, column.family), **of)
        inside = self.inside(planned.path)
        if inside is not None:
            return bound_property(planned, present=inside.text)
        flattened = planned.path in self._objects
        return bound_property(planned, column="" if flattened else self.naming(planned.path), landed=flattened)

    def _lands_flattened(self, planned: Declared) -> bool:
        """An object lands as columns of its parts: declared ones, or, where it is open, any."""
        if isinstance(planned.schema.get("properties"), Mapping):
            return True
        if "object" not in planned.types:
            return False
        start = self.naming(planned.path) + "_"
        return any(name.startswith(start) for name in self.all)


def _document(column: Column | None, planned: Declared) -> Expr | None:
    """A column that holds a planned object as a whole: JSON, or text or a struct that reads as JSON."""
    if column is None or not isinstance(planned.schema.get("properties"), Mapping):
        return None
    if column.family is Family.JSON:
        return sql.Column(column.name)
    whole = column.family in {Family.TEXT, Family.OTHER} and (not planned.types or "object" in planned.types)
    return sql.Parsed(sql.Column(column.name)) if whole else None


def _undeclared(declared: Sequence[Declared], columns: Columns) -> tuple[str, ...]:
    """Columns that the version does not declare; those below an open object belong to it."""
    used = {p.column for p in columns.properties}
    open_objects = tuple(
        columns.naming(d.path) + "_"
        for d in declared
        if "object" in d.types and d.schema.get("additionalProperties") is not False
    )
    return tuple(name for name in columns.all if name not in used and not name.startswith(open_objects))


def _any_present(columns: Iterable[str]) -> Expr:
    arms = tuple(sql.Not(sql.IsNull(sql.Column(name))) for name in columns)
    if not arms:
        return sql.Literal(value=False)
    return arms[0] if len(arms) == 1 else sql.Or(arms)


def bound_property(planned: Declared, **where: Any) -> BoundProperty:
    """A property as the plan has it, and where it landed."""
    schema = planned.schema
    description, pii = schema.get("description"), schema.get("pii")
    return BoundProperty(
        pointer=pointer(planned.path),
        name=".".join(planned.path),
        types=planned.types,
        required=planned.always,
        description=description if isinstance(description, str) else "",
        pii=pii if isinstance(pii, bool) else None,
        **where,
    )
