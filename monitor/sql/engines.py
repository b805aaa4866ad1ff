"""The engines, listed by hand: adding one is a file here and a line below."""

from collections.abc import Mapping

from monitor.errors import WarehouseError
from monitor.sql.duckdb import DuckDB
from monitor.sql.writer import Writer

ENGINES: Mapping[str, type[Writer]] = {engine.engine: engine for engine in (DuckDB,)}


def writer(engine: str) -> Writer:
    """A fresh writer for an engine; `WarehouseError` where there is none."""
    try:
        return ENGINES[engine]()
    except KeyError:
        known = ", ".join(ENGINES)
        raise WarehouseError(f"scans are not written for {engine}", hint=f"supported: {known}") from None
