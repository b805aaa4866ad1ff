"""The column by which a landing's tables are partitioned: by it engines pass over what cannot be within the hours."""

from dataclasses import replace

from monitor.catalog import Column, Family, Table
from monitor.config.landings import Landing, PartitionKey
from monitor.errors import ConfigError
from monitor.landing.columns import find
from monitor.landing.model import Landed, LandedTable, Partition

_PSEUDO = {"_PARTITIONTIME": Family.TIMESTAMP, "_PARTITIONDATE": Family.DATE}
"""BigQuery's own columns of tables that are partitioned by ingestion: no catalog lists them."""
_FORMATS = {"hour": "%Y-%m-%d-%H", "day": "%Y-%m-%d", "month": "%Y-%m"}
_NUMBERS = {"hour": "%Y%m%d%H", "day": "%Y%m%d", "month": "%Y%m"}


def partitioned(landed: Landed, settings: Landing, where: str) -> Landed:
    """The tables that have the configured column, saying so. Raises ConfigError where none has it, or it fits no time.

    Of a schema with a table per event some may be partitioned otherwise.
    """
    key = settings.partition
    if key is None or not (landed.tables or landed.unplanned):
        return landed
    tables, unplanned = ([_marked(table, key, where) for table in some] for some in (landed.tables, landed.unplanned))
    if not any(table.partition for table in (*tables, *unplanned)):
        raise ConfigError(
            f"no table of the landing has the column {key.column!r}",
            where=f"{where}.partition.column",
            hint="name the column that the table is partitioned by, as the catalog has it",
        )
    return replace(landed, tables=tuple(tables), unplanned=tuple(unplanned))


def _marked(table: LandedTable, key: PartitionKey, where: str) -> LandedTable:
    column = _column(table.table, key.column)
    if column is None or not _everywhere(table, column):
        return table
    written = key.format or (_NUMBERS if column.family is Family.INTEGER else _FORMATS)[key.by]
    if column.family not in (Family.TIMESTAMP, Family.DATE, Family.TEXT, Family.INTEGER):
        raise ConfigError(
            f"column {column.name!r} of {table.key} is {column.native}, by which no time can be compared",
            where=f"{where}.partition.column",
            hint="name a column of timestamps, dates, texts or whole numbers",
        )
    return replace(table, partition=Partition(column.name, column.family, key.by, key.slack, written))


def _everywhere(table: LandedTable, column: Column) -> bool:
    """Tables that are put together are passed over only where each of them has the column."""
    parts = table.origin.parts if table.origin is not None else ()
    return all(part.table.column(column.name) is not None for part in parts)


def _column(table: Table, name: str) -> Column | None:
    found = find(table, name)
    if found is not None or name.upper() not in _PSEUDO:
        return found
    return Column(name.upper(), _PSEUDO[name.upper()], "pseudo-column")
