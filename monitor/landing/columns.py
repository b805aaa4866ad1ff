"""One landed table's columns as expressions: as text, as a time, as a document."""

from dataclasses import dataclass, field

from monitor.catalog import Column, Family, Table
from monitor.errors import ConfigError
from monitor.plan.nearest import nearest
from monitor.sql import vocabulary as sql
from monitor.sql.vocabulary import Expr

SHOWN = 12
"""As many columns as an error lists where none of them is near the one that was asked for."""


@dataclass(frozen=True, slots=True)
class Columns:
    """What may be asked of one table of a landing. `where` is the landing's place in the configuration."""

    table: Table
    where: str
    elsewhere: frozenset[str] = field(default=frozenset(), repr=False)
    """Lower-case names of columns that the landing's other tables have. In a table per event a column
    appears with its first value: absent here and there elsewhere, it has no value yet."""

    def find(self, name: str) -> Column | None:
        """The column of that name; where there is no exact one, in another case."""
        return find(self.table, name)

    def asked(self, name: str, key: str) -> Column | None:
        """A column that the configuration names under `key`; None where it has no value in this table yet.

        Raises ConfigError where no table of the landing has it.
        """
        if name.lower() in self.elsewhere:
            return self.find(name)
        return self.named(name, key)

    def named(self, name: str, key: str) -> Column:
        """A column that the configuration names under `key`. Raises ConfigError where the table has none."""
        found = self.find(name)
        if found:
            return found
        raise ConfigError(
            f"column {name!r} is not in {self.table.ref}",
            where=f"{self.where}.{key}",
            hint=_columns_hint(name, self.table, self.elsewhere),
        )

    def first(self, *names: str) -> Column | None:
        """The first of a layout's usual columns that has landed."""
        return next((column for name in names if (column := self.find(name))), None)

    def time(self, configured: str | None, key: str, *usual: str) -> Expr | None:
        """A time: the configured column, or the first of the layout's usual ones that holds times.

        Texts are read as timestamps, and those that are none are NULL. Raises ConfigError where the
        configured column is absent or cannot hold a time.
        """
        if configured is None:
            landed = (column for name in usual if (column := self.find(name)))
            return next((time for column in landed if (time := as_time(column))), None)
        column = self.asked(configured, key)
        if column is None:
            return None
        time = as_time(column)
        if time is None:
            raise ConfigError(
                f"column {column.name!r} of {self.table.ref} is {column.native}, not a time",
                where=f"{self.where}.{key}",
                hint="name a column of timestamps, dates or ISO 8601 texts",
            )
        return time

    def check_times(self, *times: Expr | None) -> None:
        """Raises ConfigError where a table of events says neither when one happened nor when it was received."""
        if any(time is not None for time in times):
            return
        held = [column.name for column in self.table.columns if column.family in (Family.TIMESTAMP, Family.DATE)]
        raise ConfigError(
            f"{self.table.ref}: neither `time` (when it happened) nor `received` (when the collector had it) is known",
            where=self.where,
            hint=f"name one of {', '.join(held[:SHOWN])}" if held else "name a column of timestamps, or of texts",
        )

    def text(self, name: str, key: str) -> Expr | None:
        """A column that the configuration names, as text (`as_text`)."""
        column = self.asked(name, key)
        return as_text(column) if column else None

    def id(self, configured: str | None) -> Expr | None:
        """The event's id, where the configuration names its column."""
        return self.text(configured, "id") if configured else None


def find(table: Table, name: str) -> Column | None:
    """The column of that name; where there is no exact one, in another case (Snowflake's is upper)."""
    lower = name.lower()
    return table.column(name) or next((column for column in table.columns if column.name.lower() == lower), None)


def as_text(column: Column) -> Expr:
    """The column's value as text, NULL where it is empty; a whole number has no fraction (`1`, not `1.0`)."""
    value = sql.Column(column.name)
    if column.family is Family.TEXT:
        return sql.NullIf(value, "")
    plain = sql.TryCast(value, Family.TEXT)
    if column.family is Family.JSON:
        return sql.NullIf(sql.Text(sql.At(value, ())), "")
    if column.family is not Family.NUMBER:
        return plain
    whole = sql.TryCast(value, Family.INTEGER)
    return sql.Case(((sql.Compare(whole, "=", value), sql.TryCast(whole, Family.TEXT)),), plain)


def as_time(column: Column) -> Expr | None:
    """The column as a timestamp, or None where its type holds no time."""
    value = sql.Column(column.name)
    if column.family is Family.TIMESTAMP:
        return value
    return sql.TryCast(value, Family.TIMESTAMP) if column.family in (Family.TEXT, Family.DATE) else None


def as_document(column: Column) -> Expr:
    """The column as a JSON document: texts are parsed, structs are written as JSON; NULL where neither works."""
    value = sql.Column(column.name)
    return value if column.family is Family.JSON else sql.Parsed(value)


def _columns_hint(name: str, table: Table, elsewhere: frozenset[str]) -> str:
    names = sorted({column.name for column in table.columns} | elsewhere)
    found = nearest(name, names)
    if found:
        return f"did you mean '{found}'?"
    more = f", … ({len(names)} in all)" if len(names) > SHOWN else ""
    return f"it has {', '.join(names[:SHOWN])}{more}" if names else "it has no columns"
