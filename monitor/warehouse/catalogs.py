"""Reading the catalog: one query per schema, not one reflection per table. One function per engine."""

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from itertools import groupby
from typing import Any, TypeAlias

from monitor.catalog import Column, Family, Table, TableRef

Query: TypeAlias = Callable[[str, Mapping[str, str]], Sequence[Sequence[Any]]]

_DUCKDB = """
select table_name, column_name, data_type
from duckdb_columns()
where schema_name = coalesce(nullif($schema, ''), current_schema()) and database_name = current_database()
order by table_name, column_index
"""

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


def family(native: str) -> Family:
    """What a column of an engine's type can hold.

    >>> family("DECIMAL(18,2)"), family("TIMESTAMP WITH TIME ZONE"), family("VARCHAR[]")
    (<Family.NUMBER: 'number'>, <Family.TIMESTAMP: 'timestamp'>, <Family.OTHER: 'other'>)
    """
    word = native.upper().replace(", ", ",").strip()
    return next((found for pattern, found in _FAMILIES if re.match(pattern, word)), Family.OTHER)


def read(engine: str, schema: str, query: Query) -> Iterator[Table]:
    """All tables and views of one schema."""
    rows = query(_QUERIES[engine], {"schema": schema})
    for name, columns in groupby(rows, key=lambda row: str(row[0])):
        yield Table(TableRef(schema, name), tuple(Column(str(c[1]), family(str(c[2])), str(c[2])) for c in columns))


_QUERIES: Mapping[str, str] = {"duckdb": _DUCKDB}
