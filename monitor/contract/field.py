"""Where a planned value is in a landed row, and how to ask it questions.

A keyword speaks of a JSON value. In a document the value is still one; in a column the engine's type has
already decided part of the question. A field answers for both, so that a keyword is written once.
"""

from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache
from typing import TypeAlias

from monitor.catalog import Column, Family
from monitor.contract.kinds import KINDS
from monitor.contract.model import Undecidable, Unmeasurable, Verdict
from monitor.sql import vocabulary as sql
from monitor.sql.vocabulary import Expr, JsonKind, Place

_HOLDS: dict[Family, frozenset[str]] = {
    Family.TEXT: frozenset({"string", "array", "object"}),
    Family.INTEGER: frozenset({"integer", "number"}),
    Family.NUMBER: frozenset({"integer", "number"}),
    Family.BOOLEAN: frozenset({"boolean"}),
    Family.TIMESTAMP: frozenset({"string"}),
    Family.DATE: frozenset({"string"}),
    Family.JSON: KINDS,
    Family.OTHER: frozenset({"array", "object"}),
}
"""Which JSON kinds a column of each family can hold; collectors land arrays and objects as JSON text."""


_NOT_PLAIN_TEXT = ("UUID", "ENUM")


@lru_cache(maxsize=4_096)
def fits(types: tuple[str, ...], family: Family) -> bool:
    """Whether a column of that family can hold a value of one of the planned types.

    >>> fits(("number",), Family.TEXT)
    False
    >>> fits(("number", "null"), Family.INTEGER)
    True
    """
    planned = set(types) - {"null"}
    return not planned or bool(planned & _HOLDS[family])


@dataclass(frozen=True, slots=True)
class InColumn:
    """A value in a column of its own. NULL may mean absent or null: the landing does not tell."""

    column: Column
    types: tuple[str, ...]
    loose: bool = True
    """Whether `1.0` is an integer, for the items of an array: from draft 6 on."""
    truncates: int | None = None
    """The collector cuts texts off at this many characters."""
    name: Expr | None = None
    """No column at all: the name (always a text) of an object's member."""

    @property
    def value(self) -> Expr:
        """The column itself; as text where the engine keeps texts as something else (UUID, ENUM)."""
        if self.name is not None:
            return self.name
        column = sql.Column(self.column.name)
        return column if self.plain else sql.TryCast(column, Family.TEXT)

    @property
    def whole(self) -> Expr | None:
        """True where the value is not cut off; None: this column's never are."""
        if self.truncates is None or self.family is not Family.TEXT or not self.plain:
            return None
        return sql.Compare(sql.Length(self.value), "<", sql.Literal(self.truncates))

    @property
    def kinds(self) -> frozenset[str]:
        """The kinds of which its values can be, null apart; empty where nobody knows."""
        if self.family in {Family.INTEGER, Family.NUMBER}:
            return frozenset({"integer", "number"})
        if self.family in {Family.BOOLEAN, Family.TIMESTAMP, Family.DATE}:
            return _HOLDS[self.family]
        return frozenset(self.types) - {"null"}

    @property
    def plain(self) -> bool:
        """Whether the engine compares the column with constants as it stands."""
        return self.family is not Family.TEXT or not self.column.native.upper().startswith(_NOT_PLAIN_TEXT)

    @property
    def family(self) -> Family:
        """The column's family now."""
        return self.column.family

    @property
    def fits(self) -> bool:
        """Whether the column can hold what the plan says."""
        return fits(self.types, self.family)

    @property
    def misfit(self) -> str:
        """Why it cannot: `landed as VARCHAR, planned as number`."""
        return f"landed as {self.column.native}, planned as {' or '.join(self.types)}"


@dataclass(frozen=True, slots=True)
class InJson:
    """A value in a JSON document."""

    place: Place
    doc: Expr
    """The document, for keywords that look at keys."""
    path: tuple[str, ...] = ()
    loose: bool = True
    """Whether `1.0` is an integer: from draft 6 on."""
    alone: bool = False
    """The document is this value's own column: NULL may mean absent or null."""

    @property
    def text(self) -> Expr:
        """The value as text."""
        return sql.Text(self.place)

    @property
    def number(self) -> Expr:
        """The value as a number; NULL where it is none."""
        return sql.TryCast(sql.Text(self.place), Family.NUMBER)

    @property
    def exists(self) -> Expr:
        """True where the key is there, null or not."""
        return sql.Exists(self.place)

    def kind(self, *kinds: JsonKind) -> Expr:
        """True where the value is of one of the kinds; NULL where it is absent."""
        return sql.Is(self.place, kinds, self.loose)


@dataclass(frozen=True, slots=True)
class NoColumn:
    """A planned property whose column has not landed."""

    column: str


@dataclass(frozen=True, slots=True, eq=False)
class InRow:
    """A planned object whose properties land as columns of their own; it has none itself."""

    member: "Callable[[str, tuple[str, ...]], Field]"
    """Where the property of that name and planned types is."""
    whole: bool
    """The row itself: always there, always an object. A nested object may be absent, or be `{}`."""
    names: tuple[str, ...] = ()
    """The properties that the plan declares."""
    others: Expr | None = None
    """Predicate: the row has columns beside those; None where nobody can tell."""


Field: TypeAlias = InColumn | InJson | InRow | NoColumn
"""What a keyword is compiled against."""


def name_of_member(level: int) -> InColumn:
    """The name of the object member at hand, as a text that keywords can be asked of."""
    column = Column("", Family.TEXT, "name")
    return InColumn(column, ("string",), name=sql.MemberName(level))


def array_in(field: InColumn) -> InJson | Undecidable:
    """Where a column holds an array, as a list or as JSON text, or why it cannot be asked for one."""
    if field.family not in {Family.TEXT, Family.OTHER} or (field.types and "array" not in field.types):
        return Undecidable(f"speaks of arrays; the column is {field.column.native}", vacuous=True)
    if field.family is Family.TEXT and (not field.types or "string" in field.types):
        return Undecidable(f"one {field.column.native} column holds text and array alike")
    return document_in(field)


def document_in(field: InColumn) -> InJson:
    """The JSON text, list or struct of a column as a document."""
    doc = sql.Parsed(field.value)
    return InJson(sql.At(doc, ()), doc, (), field.loose, alone=True)


def not_landed(field: NoColumn) -> Verdict:
    """The verdict of everything that is asked of a column that is absent."""
    return Unmeasurable(f"column {field.column} has not landed")
