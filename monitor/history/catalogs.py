"""Catalog snapshots: the columns that each table was measured with."""

import json
from hashlib import blake2b
from typing import Final

from sqlalchemy import Column as SqlColumn
from sqlalchemy import Connection, Text, select
from sqlalchemy import Table as SqlTable

from monitor.catalog import Column, Family, Table, TableRef
from monitor.history.schema import insert_new, metadata

snapshot: Final = SqlTable(
    "snapshot",
    metadata,
    SqlColumn("table_name", Text, primary_key=True),
    SqlColumn("hash", Text, primary_key=True),
    SqlColumn("columns", Text, nullable=False),  # JSON
    SqlColumn("first_run", Text, nullable=False),
)


def content_hash(table: Table) -> str:
    """Equal where names, families and native types are, in whatever order the columns stand."""
    columns = sorted((column.name, column.family.value, column.native) for column in table.columns)
    return blake2b(json.dumps(columns).encode(), digest_size=16).hexdigest()


def keep(connection: Connection, name: str, table: Table, run_id: str) -> None:
    """Keep a table's columns under their hash, with the run that saw them first."""
    columns = ("table_name", "hash", "columns", "first_run")
    insert_new(connection, snapshot, columns, [(name, content_hash(table), dump(table), run_id)])


def read(connection: Connection) -> dict[tuple[str, str], Table]:
    """Every snapshot by table and hash."""
    rows = connection.execute(select(snapshot))
    return {(row.table_name, row.hash): load(row.columns) for row in rows}


def dump(table: Table) -> str:
    """A table and its columns as JSON."""
    columns = [[column.name, column.family.value, column.native] for column in table.columns]
    return json.dumps({"schema": table.ref.schema, "name": table.ref.name, "columns": columns})


def load(text: str) -> Table:
    """The table again."""
    kept = json.loads(text)
    columns = tuple(Column(name, Family(family), native) for name, family, native in kept["columns"])
    return Table(TableRef(kept["schema"], kept["name"]), columns)
