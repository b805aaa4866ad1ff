"""What the warehouse's catalog shows now: tables and columns as plain values."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum


class Family(StrEnum):
    """What kind of value a column can hold, whatever the engine calls the type."""

    TEXT = "text"
    INTEGER = "integer"
    NUMBER = "number"
    """Floats and decimals."""
    BOOLEAN = "boolean"
    TIMESTAMP = "timestamp"
    DATE = "date"
    JSON = "json"
    """A JSON document, typed as such by the engine."""
    OTHER = "other"
    """Lists, structs, blobs: held, never compared."""


@dataclass(frozen=True, slots=True, order=True)
class TableRef:
    """A table's name. `schema` is empty for the connection's default schema."""

    schema: str
    name: str

    @classmethod
    def parse(cls, text: str) -> "TableRef":
        """`raw.events` → schema `raw`, name `events`.

        >>> TableRef.parse("raw.events")
        TableRef(schema='raw', name='events')
        >>> str(TableRef.parse("events"))
        'events'
        """
        schema, dot, name = text.rpartition(".")
        return cls(schema, name) if dot else cls("", text)

    def __str__(self) -> str:
        return f"{self.schema}.{self.name}" if self.schema else self.name


@dataclass(frozen=True, slots=True)
class Column:
    """One landed column: its name as landed, its family, and the engine's own word for its type."""

    name: str
    family: Family
    native: str
    distinct: int | None = field(default=None, compare=False, repr=False)
    """About how many values it holds, where the catalog tells: a hint, no part of what the column is."""


@dataclass(frozen=True, slots=True)
class Table:
    """One landed table and its columns, in the catalog's order."""

    ref: TableRef
    columns: tuple[Column, ...]
    rows: int | None = field(default=None, compare=False, repr=False)
    """About how many rows it has, where the catalog tells: a hint, no part of what the table is."""
    readable: bool = field(default=True, compare=False, repr=False)
    """The account may read it, as far as the catalog tells."""

    def column(self, name: str) -> Column | None:
        """The column of that exact name, or None."""
        return next((column for column in self.columns if column.name == name), None)


@dataclass(frozen=True, slots=True)
class Catalog:
    """The tables of the schemas that landings name.

    `engine` is the name of the engine file that speaks to them (`duckdb`).
    """

    engine: str
    tables: Mapping[TableRef, Table] = field(default_factory=dict)

    @classmethod
    def of(cls, engine: str, tables: Iterable[Table]) -> "Catalog":
        """A catalog from tables in any order."""
        return cls(engine, {table.ref: table for table in sorted(tables, key=lambda t: t.ref)})

    def schema(self, name: str) -> tuple[Table, ...]:
        """All tables of one schema, by name."""
        return tuple(table for ref, table in self.tables.items() if ref.schema == name)
