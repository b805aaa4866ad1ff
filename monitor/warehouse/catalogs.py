"""Reading the catalog: one statement for all schemas, not one reflection per table."""

import re
from collections.abc import Callable, Iterator, Sequence
from functools import lru_cache
from itertools import groupby
from typing import Any, TypeAlias

from monitor.catalog import Column, Family, Table, TableRef

Query: TypeAlias = Callable[[str], Sequence[Sequence[Any]]]
_ROWS, _READABLE, _DISTINCT = 5, 6, 7
"""Where a catalog statement tells of a table's rows, whether the account may read it, and of a column's values."""

_FAMILIES: tuple[tuple[str, Family], ...] = (
    (r".*\[\d*\]$|STRUCT|MAP|UNION|LIST|ARRAY|BLOB|BYTEA|BIT|INTERVAL|GEOMETRY", Family.OTHER),
    (r"JSONB?$|JSON\(|VARIANT$|SUPER$", Family.JSON),
    (r"TIMESTAMP|DATETIME", Family.TIMESTAMP),
    (r"DATE(32)?$", Family.DATE),
    (r"BOOL", Family.BOOLEAN),
    (r"U?(TINY|SMALL|BIG|HUGE)?INT(EGER)?[0-9]*\b|INT[248]|LONG$|SHORT$", Family.INTEGER),
    (r"DECIMAL\(\d+,0\)$|NUMBER\(\d+,0\)$|NUMERIC\(\d+,0\)$", Family.INTEGER),
    (r"DECIMAL|(BIG)?NUMERIC|NUMBER|DOUBLE|FLOAT|REAL", Family.NUMBER),
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


def read(said: Callable[[Sequence[str]], str], schemas: Sequence[str], query: Query) -> Iterator[Table]:
    """All tables and views of these schemas, by an adapter's statement; an empty name is the connection's own."""
    rows = query(said(schemas))
    for (own, schema, name), columns in groupby(rows, key=lambda row: (row[0], str(row[1]), str(row[2]))):
        first, *more = columns
        listed = tuple(Column(str(c[3]), family(str(c[4])), str(c[4]), _distinct(c)) for c in (first, *more))
        size = None if len(first) <= _ROWS or first[_ROWS] is None else int(first[_ROWS])
        readable = len(first) <= _READABLE or bool(first[_READABLE])
        if schema in schemas:
            yield Table(TableRef(schema, name), listed, size, readable)
        if own and "" in schemas:
            yield Table(TableRef("", name), listed, size, readable)


def _distinct(column: Sequence[Any]) -> int | None:
    return None if len(column) <= _DISTINCT or column[_DISTINCT] is None else round(column[_DISTINCT])
