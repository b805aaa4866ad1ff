"""Where a planned value is in a landed row, and how to ask it questions.

A keyword speaks of a JSON value. In a document the value is still one; in a column the engine's type has
already decided part of the question. A field answers for both, so that a keyword is written once.
"""

from dataclasses import dataclass
from typing import TypeAlias

from monitor.catalog import Column, Family
from monitor.sql import vocabulary as sql
from monitor.sql.vocabulary import Expr, JsonKind, Place

KINDS: frozenset[str] = frozenset({"null", "boolean", "integer", "number", "string", "array", "object"})

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

    @property
    def value(self) -> Expr:
        """The column itself; as text where the engine keeps texts as something else (UUID, ENUM)."""
        column = sql.Column(self.column.name)
        return column if self.plain else sql.TryCast(column, Family.TEXT)

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
    doc: Expr | None
    """The document, for keywords that look at keys; None for array items."""
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


@dataclass(frozen=True, slots=True)
class Flattened:
    """A planned object whose properties land as columns of their own; it has none itself."""


Field: TypeAlias = InColumn | InJson | NoColumn
"""What a keyword is compiled against."""
