"""One open session: the catalog, and statements. Read-only; held from the catalog to the last scan."""

import json
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from datetime import datetime
from typing import Any, Self, TypeAlias

import sqlalchemy as sa
from sqlalchemy.exc import SQLAlchemyError

from monitor.catalog import Catalog, TableRef
from monitor.errors import WarehouseError
from monitor.values import Values, transposed
from monitor.warehouse import catalogs
from monitor.warehouse.adapters.base import Adapter, Landing, Opened

Row: TypeAlias = Sequence[Any]

_VALUE = re.compile(r"(?<=string )'.*'", re.DOTALL)
"""A row's own value in an engine's words: `Could not convert string 'jane@example.org' to INT32`."""


class Warehouse:
    """An open connection to the warehouse. Not for several threads; `close` it."""

    def __init__(self, adapter: Adapter, opened: Opened) -> None:
        self.engine = adapter.engine
        """The name of the engine file that speaks its SQL."""
        self.where = opened.where
        """For errors: the file or host, never a secret."""
        self._adapter = adapter
        self._pool = opened.pool
        self._connection = opened.connection
        self._bound: dict[str, datetime] = {}
        self._ready: int | None = None
        """What the session was last prepared for."""

    @property
    def pool(self) -> sa.Engine:
        """For listening to statements; all of them go through it."""
        return self._pool

    def catalog(self, schemas: Iterable[str]) -> Catalog:
        """The tables of these schemas as they are now; an empty name is the connection's own schema."""
        wanted = sorted(set(schemas))
        try:
            told = self._adapter.columns(self._connection, wanted)
        except SQLAlchemyError as error:
            self._recover()
            raise WarehouseError("the catalog cannot be read", where=self.where, hint=_said(error)) from None
        if told is None:
            return Catalog.of(self.engine, catalogs.read(self._adapter.catalog, wanted, self.query))
        return Catalog.of(self.engine, catalogs.read(lambda _: "", wanted, lambda _: told))

    def query(self, sql: str, moments: Mapping[str, datetime] | None = None) -> Sequence[Row]:
        """All rows of a statement; `moments` are the values of its placeholders (aware).

        Raises WarehouseError with the engine's own words.
        """
        try:
            return self._executed(sql, moments or {}).fetchall()
        except SQLAlchemyError as error:
            self._recover()
            raise WarehouseError("the warehouse refused a statement", where=self.where, hint=_said(error)) from None

    def several(
        self, statements: Sequence[str], moments: Mapping[str, datetime] | None = None
    ) -> Iterator[Sequence[Row] | WarehouseError]:
        """The rows of each of these small statements, or what the warehouse said; as one where that is quicker."""
        size = self._adapter.together
        for start in range(0, len(statements), size):
            yield from self._united(statements[start : start + size], moments)

    def _united(
        self, statements: Sequence[str], moments: Mapping[str, datetime] | None
    ) -> Iterator[Sequence[Row] | WarehouseError]:
        if len(statements) > 1:
            with suppress(WarehouseError):  # one of them is refused: which, the warehouse says one by one
                rows = self.query(self._adapter.united(statements), moments)
                apart: list[list[Row]] = [[] for _ in statements]
                for index, row in rows:
                    apart[int(index)].append(list(json.loads(row).values()))
                yield from apart
                return
        for statement in statements:
            try:
                yield self.query(statement, moments)
            except WarehouseError as error:
                yield error

    def columns(
        self, sql: str, width: int, moments: Mapping[str, datetime] | None = None, rows: int | None = None
    ) -> Sequence[Values]:
        """The same, column by column: where the driver hands over arrays, no Python object is made per number.

        `rows`: about how many rows the table has, where the catalog tells.
        """
        try:
            if rows != self._ready:
                self._adapter.prepare(self._connection, rows)
                self._ready = rows
            result = self._executed(sql, moments or {})
            arrays = self._adapter.arrays(result)
            return transposed(result.fetchall(), width) if arrays is None else arrays
        except (SQLAlchemyError, self._pool.dialect.loaded_dbapi.Error) as error:  # fetching is the driver's own
            self._recover()
            raise WarehouseError("the warehouse refused a statement", where=self.where, hint=_said(error)) from None

    def estimate(self, sql: str) -> int | None:
        """Bytes that a statement would read, where the warehouse tells before running it."""
        return self._adapter.estimate(self._connection, sql)

    # ── a schema of our own, where the terms allow writing ──────────────────────────────────────────────

    @property
    def kinds(self) -> Mapping[str, str]:
        """The kinds of columns that the warehouse has → its own words for them."""
        return self._adapter.kinds

    @property
    def loses(self) -> Mapping[str, frozenset[str]]:
        """Kind of column → what the warehouse does not keep in it as it was sent."""
        return self._adapter.loses

    @contextmanager
    def scratch(self, schema: str) -> Iterator[None]:
        """A new, empty schema, dropped at the end whatever happened. Raises WarehouseError where it is there already.

        Only in a session whose terms say `writes`.
        """
        self.write(self._adapter.make(schema))
        try:
            yield
        finally:
            with suppress(SQLAlchemyError):
                self._connection.rollback()
            try:
                self.write(self._adapter.drop(schema))
            except WarehouseError as error:
                problem = f"the scratch schema {schema} could not be dropped"
                hint = f"drop it yourself where it is still there: {error.hint}"
                raise WarehouseError(problem, where=self.where, hint=hint) from None

    def land(self, ref: TableRef, columns: Mapping[str, str], rows: Landing) -> None:
        """A new table with columns of these kinds, and its rows. Raises WarehouseError with the engine's own words."""
        try:
            self._adapter.land(self._connection, ref, columns, rows)
        except (SQLAlchemyError, self._pool.dialect.loaded_dbapi.Error) as error:
            self._recover()
            raise WarehouseError("rows could not be landed", where=f"{self.where} {ref}", hint=_said(error)) from None

    def write(self, statements: Iterable[str]) -> None:
        """Statements that give no rows, committed together. Raises WarehouseError with the engine's own words."""
        try:
            for statement in statements:
                self._connection.exec_driver_sql(statement)
            self._connection.commit()
        except SQLAlchemyError as error:
            self._recover()
            raise WarehouseError("the warehouse refused a statement", where=self.where, hint=_said(error)) from None

    def _executed(self, sql: str, moments: Mapping[str, datetime]) -> sa.CursorResult[Any]:
        """Run a statement with its placeholders at these moments; most scans of a run share theirs."""
        fresh = {name: moment for name, moment in moments.items() if self._bound.get(name) != moment}
        self._bound.update(fresh)
        said, parameters = self._adapter.bound(self._connection, sql, moments, fresh)
        return self._connection.exec_driver_sql(said, parameters)

    def _recover(self) -> None:
        """A refused statement may have broken the transaction; the next one starts anew, and binds anew."""
        self._bound.clear()
        try:
            self._connection.rollback()
        except SQLAlchemyError:
            self._connection.invalidate()

    def close(self) -> None:
        """Release the connection and, with it, the lock on a file."""
        self._connection.close()
        self._pool.dispose()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


def _said(error: Exception) -> str:
    """The driver's first lines, without the statement (it is long), its parameters, and what stands in rows."""
    told = str(getattr(error, "orig", None) or error).partition("LINE ")[0]
    return " ".join(line.strip() for line in _VALUE.sub("'…'", told).splitlines() if line.strip())[:400]
