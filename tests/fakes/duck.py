"""A warehouse in memory: a real DuckDB behind what a survey needs, and what was asked of it."""

import json
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any, Self

import duckdb

from monitor.catalog import Column, Table, TableRef
from monitor.errors import WarehouseError
from monitor.sql.engines import writer
from monitor.values import Values, transposed
from monitor.warehouse.catalogs import family

_AT_ONCE = 200


class Duck:
    """DuckDB in memory. `statements` are the ones that were asked through `query`."""

    engine = "duckdb"
    at_once = batched = 1
    gone = False

    def __init__(self) -> None:
        self.connection = duckdb.connect(config={"threads": 1})
        self.connection.execute("SET TimeZone = 'UTC'")
        self.statements: list[str] = []
        self.batches: list[int] = []
        """How many statements came together."""
        self.broken: set[str] = set()
        """Statements that speak of one of these tables are refused."""
        self.words = "broken by the test"
        """What is said against them."""
        self.sizes: dict[str, int] = {}
        """Bytes that a scan of a table would read."""

    def table(self, name: str, columns: Mapping[str, str], rows: Iterable[Sequence[Any]] = ()) -> Table:
        """Make a table anew, with these rows. Documents may be given as dicts and lists; lists as tuples."""
        declared = ", ".join(f"{quoted(column)} {native}" for column, native in columns.items())
        self.connection.execute(f"CREATE OR REPLACE TABLE {quoted(name)} ({declared})")
        landed = [tuple(map(_value, row)) for row in rows]
        for start in range(0, len(landed), _AT_ONCE):  # one statement: a row each takes ten times as long
            batch = landed[start : start + _AT_ONCE]
            marks = ", ".join([f"({', '.join('?' for _ in columns)})"] * len(batch))
            values = [value for row in batch for value in row]
            self.connection.execute(f"INSERT INTO {quoted(name)} VALUES {marks}", values)
        held = self.connection.execute(
            "SELECT column_name, data_type FROM duckdb_columns() WHERE table_name = ? ORDER BY column_index", [name]
        ).fetchall()
        return Table(TableRef("", name), tuple(Column(column, family(native), native) for column, native in held))

    def query(
        self, sql: str, moments: Mapping[str, datetime] | None = None, rows: int | None = None
    ) -> Sequence[Sequence[Any]]:
        """All rows of a statement. Raises WarehouseError with DuckDB's words."""
        del rows
        self.statements.append(sql)
        if any(name in sql for name in self.broken):
            raise WarehouseError("the warehouse refused a statement", hint=self.words)
        try:
            for name, moment in (moments or {}).items():
                self.connection.execute(writer(self.engine).bind(name, moment))
            return self.connection.execute(sql).fetchall()
        except duckdb.Error as error:
            raise WarehouseError("the warehouse refused a statement", hint=str(error)) from error

    def columns(
        self, sql: str, width: int, moments: Mapping[str, datetime] | None = None, rows: int | None = None
    ) -> Sequence[Values]:
        """The same, column by column."""
        del rows
        return transposed(self.query(sql, moments), width)

    def batch(
        self, asked: Sequence[tuple[str, int]], moments: Mapping[str, datetime] | None = None
    ) -> list[Sequence[Values] | WarehouseError]:
        """One after the other."""
        self.batches.append(len(asked))
        found: list[Sequence[Values] | WarehouseError] = []
        for sql, width in asked:
            try:
                found.append(self.columns(sql, width, moments))
            except WarehouseError as error:
                found.append(error)
        return found

    def estimate(self, sql: str) -> int | None:
        """What the test says that statements of a table would read."""
        return next((size for name, size in self.sizes.items() if name in sql), None)

    def another(self) -> Self:
        """There is only this one."""
        raise WarehouseError("the warehouse gives out no more sessions", hint="a fake has one")

    def stop(self) -> None:
        """Whoever waits gets an error."""
        self.connection.interrupt()

    def close(self) -> None:
        """Nothing: the rows are needed."""


def quoted(name: str) -> str:
    """An identifier, whatever it holds."""
    return '"' + name.replace('"', '""') + '"'


def _value(value: Any) -> Any:
    if isinstance(value, tuple):
        return list(value)
    return json.dumps(value, ensure_ascii=False) if isinstance(value, dict | list) else value
