"""Reading the catalog: one query per schema, not one reflection per table. One function per engine."""

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import lru_cache
from itertools import groupby
from typing import Any, TypeAlias

import sqlalchemy as sa

from monitor.catalog import Column, Family, Table, TableRef
from monitor.sql.engines import writer

Query: TypeAlias = Callable[[str], Sequence[Sequence[Any]]]

_FAMILIES: tuple[tuple[str, Family], ...] = (
    (r".*\[\d*\]$|STRUCT|MAP|UNION|LIST|ARRAY|BLOB|BYTEA|BIT|INTERVAL|GEOMETRY", Family.OTHER),
    (r"JSONB?$|VARIANT$|SUPER$", Family.JSON),
    (r"TIMESTAMP|DATETIME", Family.TIMESTAMP),
    (r"DATE$", Family.DATE),
    (r"BOOL", Family.BOOLEAN),
    (r"U?(TINY|SMALL|BIG|HUGE)?INT(EGER)?[0-9]*\b|INT[248]|LONG$|SHORT$", Family.INTEGER),
    (r"DECIMAL\(\d+,0\)$|NUMBER\(\d+,0\)$|NUMERIC\(\d+,0\)$", Family.INTEGER),
    (r"DECIMAL|NUMERIC|NUMBER|DOUBLE|FLOAT|REAL", Family.NUMBER),
    (r"VARCHAR|TEXT|CHAR|STRING|UUID|ENUM|NAME$", Family.TEXT),
)


@lru_cache(maxsize=1_000)
def family(native: str) -> Family:
    """What a column of an engine's type can hold.

    >>> family("DECIMAL(18,2)"), family("TIMESTAMP WITH TIME ZONE"), family("VARCHAR[]")
    (<Family.NUMBER: 'number'>, <Family.TIMESTAMP: 'timestamp'>, <Family.OTHER: 'other'>)
    """
    word = native.upper().replace(", ", ",").strip()
    return next((found for pattern, found in _FAMILIES if re.match(pattern, word)), Family.OTHER)


def read(engine: str, schemas: Sequence[str], query: Query) -> Iterator[Table]:
    """All tables and views of these schemas; an empty name is the connection's own."""
    rows = query(_STATEMENTS[engine](schemas))
    for (own, schema, name), columns in groupby(rows, key=lambda row: (row[0], str(row[1]), str(row[2]))):
        listed = tuple(Column(str(c[3]), family(str(c[4])), str(c[4])) for c in columns)
        if schema in schemas:
            yield Table(TableRef(schema, name), listed)
        if own and "" in schemas:
            yield Table(TableRef("", name), listed)


def _duckdb(schemas: Sequence[str]) -> str:
    own = sa.column("schema_name") == sa.func.current_schema()
    columns = ("schema_name", "table_name", "column_name", "data_type")
    statement: sa.Select[*tuple[Any, ...]] = (
        sa.select(own.label("own"), *map(sa.column, columns))
        .select_from(sa.func.duckdb_columns())
        .where(sa.column("database_name") == sa.func.current_database())
        .where(sa.or_(own, sa.column("schema_name").in_(schemas)))
        .order_by(*map(sa.column, ("schema_name", "table_name", "column_index")))
    )
    return writer("duckdb").compile(statement)


_STATEMENTS: Mapping[str, Callable[[Sequence[str]], str]] = {"duckdb": _duckdb}
