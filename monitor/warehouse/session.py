"""One open session: the catalog, and statements. Read-only; held from the catalog to the last scan."""

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any, Self, TypeAlias

import numpy as np
import sqlalchemy as sa
from sqlalchemy.exc import SQLAlchemyError

from monitor.catalog import Catalog
from monitor.errors import WarehouseError
from monitor.sql.engines import writer
from monitor.values import Values, transposed
from monitor.warehouse import catalogs

Row: TypeAlias = Sequence[Any]

_VALUE = re.compile(r"(?<=string )'.*'", re.DOTALL)
"""A row's own value in an engine's words: `Could not convert string 'jane@example.org' to INT32`."""


class Warehouse:
    """An open connection to the warehouse. Not for several threads; `close` it."""

    def __init__(self, engine: str, pool: sa.Engine, connection: sa.Connection, where: str) -> None:
        self.engine = engine
        """The name of the engine file that speaks its SQL."""
        self.where = where
        """For errors: the file or host, never a secret."""
        self._pool = pool
        self._connection = connection
        self._bound: dict[str, datetime] = {}

    @property
    def pool(self) -> sa.Engine:
        """For listening to statements; all of them go through it."""
        return self._pool

    def catalog(self, schemas: Iterable[str]) -> Catalog:
        """The tables of these schemas as they are now; an empty name is the connection's own schema."""
        return Catalog.of(self.engine, catalogs.read(self.engine, sorted(set(schemas)), self.query))

    def query(self, sql: str, moments: Mapping[str, datetime] | None = None) -> Sequence[Row]:
        """All rows of a statement; `moments` are the values of its placeholders (aware).

        Raises WarehouseError with the engine's own words.
        """
        try:
            for name, moment in (moments or {}).items():
                self._bind(name, moment)
            return self._connection.exec_driver_sql(sql).fetchall()
        except SQLAlchemyError as error:
            self._recover()
            raise WarehouseError("the warehouse refused a statement", where=self.where, hint=_said(error)) from None

    def columns(self, sql: str, width: int, moments: Mapping[str, datetime] | None = None) -> Sequence[Values]:
        """The same, column by column: where the driver hands over arrays, no Python object is made per number."""
        fetch = _COLUMNS.get(self.engine)
        if fetch is None:
            return transposed(self.query(sql, moments), width)
        try:
            for name, moment in (moments or {}).items():
                self._bind(name, moment)
            return fetch(self._connection.exec_driver_sql(sql))
        except (SQLAlchemyError, self._pool.dialect.loaded_dbapi.Error) as error:  # fetching is the driver's own
            self._recover()
            raise WarehouseError("the warehouse refused a statement", where=self.where, hint=_said(error)) from None

    def _bind(self, name: str, moment: datetime) -> None:
        """Give a placeholder its value; most scans of a run share theirs."""
        if self._bound.get(name) != moment:
            self._connection.exec_driver_sql(writer(self.engine).bind(name, moment))
            self._bound[name] = moment

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


def _from_duckdb(result: sa.CursorResult[Any]) -> list[Values]:
    """DuckDB's own arrays: masked where NULL. Two columns of one name would be one; a scan names them apart."""
    arrays = result.cursor.fetchnumpy().values()
    return [
        Values(array.data, np.ma.getmaskarray(array)) if isinstance(array, np.ma.MaskedArray) else Values(array)
        for array in arrays
    ]


_COLUMNS: Mapping[str, Callable[[sa.CursorResult[Any]], list[Values]]] = {"duckdb": _from_duckdb}
