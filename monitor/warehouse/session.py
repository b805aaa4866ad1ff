"""One open session: the catalog, and statements. Read-only; held from the catalog to the last scan."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any, Self, TypeAlias

import sqlalchemy as sa
from sqlalchemy.exc import SQLAlchemyError

from monitor.catalog import Catalog, Table
from monitor.errors import WarehouseError
from monitor.warehouse import catalogs

Row: TypeAlias = Sequence[Any]


class Warehouse:
    """An open connection to the warehouse. Not for several threads; `close` it."""

    def __init__(self, engine: str, pool: sa.Engine, connection: sa.Connection, where: str) -> None:
        self.engine = engine
        """The name of the engine file that speaks its SQL."""
        self.where = where
        """For errors: the file or host, never a secret."""
        self._pool = pool
        self._connection = connection

    @property
    def pool(self) -> sa.Engine:
        """For listening to statements; all of them go through it."""
        return self._pool

    def catalog(self, schemas: Iterable[str]) -> Catalog:
        """The tables of these schemas as they are now; an empty name is the connection's own schema."""
        tables: list[Table] = []
        for schema in sorted(set(schemas)):
            tables += catalogs.read(self.engine, schema, self.query)
        return Catalog.of(self.engine, tables)

    def query(self, sql: str, parameters: Mapping[str, datetime | str] | None = None) -> Sequence[Row]:
        """All rows of a statement. Raises WarehouseError with the engine's own words."""
        try:
            result = self._connection.exec_driver_sql(sql, dict(parameters) if parameters else None)
            return result.fetchall()
        except SQLAlchemyError as error:
            self._recover()
            raise WarehouseError("the warehouse refused a statement", where=self.where, hint=_said(error)) from None

    def _recover(self) -> None:
        """A refused statement may have broken the transaction; the next one starts anew."""
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


def _said(error: SQLAlchemyError) -> str:
    """The driver's first lines, without the statement (it is long) and its parameters."""
    text = str(getattr(error, "orig", None) or error).strip()
    return " ".join(line.strip() for line in text.split("LINE ")[0].splitlines() if line.strip())[:400]
