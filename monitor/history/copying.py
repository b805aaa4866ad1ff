"""A consistent copy of a whole history into an empty one, whatever database either lives in."""

from collections.abc import Iterator
from itertools import islice
from typing import Any, Final

from sqlalchemy import Connection, Table, select

from monitor.history.schema import insert_many, metadata

BATCH: Final = 20_000
"""Rows in memory at a time."""


def copy(source: Connection, target: Connection) -> None:
    """Every row of every table; the target's tables are there and empty."""
    for table in metadata.sorted_tables:
        names = [column.name for column in table.columns]
        for rows in batches(source, table):
            insert_many(target, table, names, rows)


def batches(source: Connection, table: Table) -> Iterator[list[tuple[Any, ...]]]:
    """A table's rows as the database keeps them, some thousands at a time, within the source's transaction."""
    query = str(select(table).compile(dialect=source.dialect))
    with source.execution_options(stream_results=True, max_row_buffer=BATCH).exec_driver_sql(query) as result:
        rows = iter(result)
        while batch := [tuple(row) for row in islice(rows, BATCH)]:
            yield batch
