"""Google's reference implementation of BigQuery's SQL, asked as a warehouse is: tables are subqueries of their rows."""

import json
import re
import subprocess
from collections.abc import Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager, nullcontext
from datetime import datetime
from typing import IO, Any

from monitor.catalog import Catalog, Column, Table, TableRef
from monitor.errors import WarehouseError
from monitor.sql.bigquery import bound
from monitor.warehouse.adapters.bigquery import BigQuery
from monitor.warehouse.catalogs import family
from tests.fakes.bqemulator import PYTHON, ROOT

PROGRAM = ROOT / "tests" / "engines" / "bigquery" / "googlesql.py"
_TABLE = re.compile(r"FROM (?P<schema>\w+)\.`(?P<name>[^`]+)`")


class GoogleSqlMissingError(Exception):
    """It is not installed here."""


class GoogleSql:
    """What examining cases needs of a warehouse (`examine.Bench`), without one."""

    engine = "bigquery"
    kinds = BigQuery.kinds
    loses = BigQuery.loses

    def __init__(self, asking: IO[str], told: IO[str]) -> None:
        self._asking, self._told = asking, told
        self._adapter = BigQuery()
        self._rows: dict[TableRef, str] = {}
        self._tables: list[Table] = []

    def scratch(self, schema: str) -> AbstractContextManager[None]:
        """Nothing is made."""
        del schema
        return nullcontext()

    def land(self, ref: TableRef, columns: Mapping[str, str], rows: Sequence[Sequence[Any]]) -> None:
        """The rows as the adapter would insert them, each column named."""
        natives = self._adapter.natives(columns, rows)
        said = [
            ", ".join(
                f"{self._adapter.value(native, kind, value)} AS {self._adapter.quoted(name)}"
                for (name, native), kind, value in zip(natives.items(), columns.values(), row, strict=True)
            )
            for row in rows
        ]
        self._rows[ref] = " UNION ALL ".join(f"SELECT {row}" for row in said)
        self._tables.append(Table(ref, tuple(Column(name, family(kind), kind) for name, kind in natives.items())))

    def catalog(self, schemas: Sequence[str]) -> Catalog:
        """What was landed."""
        return Catalog.of(self.engine, [table for table in self._tables if table.ref.schema in schemas])

    def several(
        self, statements: Sequence[str], moments: Mapping[str, datetime]
    ) -> Iterator[Sequence[Sequence[Any]] | WarehouseError]:
        """The rows of each statement, or why it was refused."""
        for statement in statements:
            said = _TABLE.sub(self._landed, statement)
            for name, moment in moments.items():
                said = said.replace(f"@tw_{name}", f"'{bound(moment)}'")
            try:
                yield self.query(said)
            except WarehouseError as refused:
                yield refused

    def query(self, sql: str) -> Sequence[Sequence[Any]]:
        """All rows of a statement. Raises WarehouseError with GoogleSQL's words."""
        self._asking.write(json.dumps(sql) + "\n")
        self._asking.flush()
        told = self._told.readline()
        if not told:
            raise EOFError("GoogleSQL has ended: what it said stands above")
        answer = json.loads(told)
        if "refused" in answer:
            raise WarehouseError("GoogleSQL refused a statement", hint=str(answer["refused"])[:400])
        rows: list[list[Any]] = answer["rows"]
        return rows

    def _landed(self, found: re.Match[str]) -> str:
        return f"FROM ({self._rows[TableRef(found['schema'], found['name'])]}) AS `{found['name']}`"


@contextmanager
def running() -> Iterator[GoogleSql]:
    """GoogleSQL in a process of its own, ended at the end."""
    if not PYTHON.exists():
        raise GoogleSqlMissingError("there is no .venv-bigquery: make setup")
    with subprocess.Popen(
        [str(PYTHON), str(PROGRAM)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, encoding="utf-8"
    ) as process:
        assert process.stdin is not None
        assert process.stdout is not None
        try:
            yield GoogleSql(process.stdin, process.stdout)
        finally:
            process.stdin.close()
            process.wait(20)
