"""A warehouse of `tests.fakes.warehouses` behind what suites ask of an engine's fake: tables anew, and statements.

Columns are declared by kinds (`Adapter.kinds`), so that a suite says the same of every engine.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import Any

from monitor.catalog import Column, Table, TableRef
from monitor.warehouse import Warehouse, connect
from monitor.warehouse.adapters import adapter
from monitor.warehouse.adapters.base import Terms
from monitor.warehouse.catalogs import family
from tests.fakes.warehouses import WAREHOUSES


class Plugged:
    """An open session that may write, in its own schema."""

    def __init__(self, warehouse: Warehouse, quoted: Any) -> None:
        self.engine = warehouse.engine
        self._warehouse, self._quoted = warehouse, quoted

    def table(self, name: str, columns: Mapping[str, str], rows: Iterable[Sequence[Any]] = ()) -> Table:
        """Make a table anew, with these rows; columns by kind."""
        self._warehouse.write([f"DROP TABLE IF EXISTS {self._quoted(name)}"])
        self._warehouse.land(TableRef("", name), columns, [tuple(row) for row in rows])
        natives = [(column, self._warehouse.kinds[kind]) for column, kind in columns.items()]
        return Table(TableRef("", name), tuple(Column(column, family(native), native) for column, native in natives))

    def query(self, sql: str, moments: Mapping[str, datetime] | None = None) -> Sequence[Sequence[Any]]:
        """All rows of a statement. Raises WarehouseError."""
        return self._warehouse.query(sql, moments)


@contextmanager
def plugged(engine: str, folder: Path) -> Iterator[Plugged]:
    """A warehouse of an engine, started and open. Raises MissingError where the machine lacks what it needs."""
    with WAREHOUSES[engine](folder) as profile:
        found = adapter(profile.type)
        assert found is not None
        with connect(profile, Terms(writes=True)) as warehouse:
            yield Plugged(warehouse, found.quoted)
