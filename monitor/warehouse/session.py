"""One open session: the catalog, and statements. Read-only; held from the catalog to the last scan."""

import re
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any, Self, TypeAlias

import sqlalchemy as sa
from sqlalchemy.exc import SQLAlchemyError

from monitor.catalog import Catalog
from monitor.errors import WarehouseError
from monitor.values import Values, transposed
from monitor.warehouse import catalogs
from monitor.warehouse.adapters.base import Adapter, Opened

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

    @property
    def pool(self) -> sa.Engine:
        """For listening to statements; all of them go through it."""
        return self._pool

    def catalog(self, schemas: Iterable[str]) -> Catalog:
        """The tables of these schemas as they are now; an empty name is the connection's own schema."""
        return Catalog.of(self.engine, catalogs.read(self._adapter.catalog, sorted(set(schemas)), self.query))

    def query(self, sql: str, moments: Mapping[str, datetime] | None = None) -> Sequence[Row]:
        """All rows of a statement; `moments` are the values of its placeholders (aware).

        Raises WarehouseError with the engine's own words.
        """
        try:
            return self._executed(sql, moments or {}).fetchall()
        except SQLAlchemyError as error:
            self._recover()
            raise WarehouseError("the warehouse refused a statement", where=self.where, hint=_said(error)) from None

    def columns(self, sql: str, width: int, moments: Mapping[str, datetime] | None = None) -> Sequence[Values]:
        """The same, column by column: where the driver hands over arrays, no Python object is made per number."""
        try:
            result = self._executed(sql, moments or {})
            arrays = self._adapter.arrays(result)
            return transposed(result.fetchall(), width) if arrays is None else arrays
        except (SQLAlchemyError, self._pool.dialect.loaded_dbapi.Error) as error:  # fetching is the driver's own
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
