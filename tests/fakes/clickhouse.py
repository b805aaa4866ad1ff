"""A real ClickHouse for tests: chdb, the same engine inside this process; its tables lie in a folder."""

import importlib.util
from collections.abc import Mapping
from pathlib import Path


class ClickHouseMissingError(Exception):
    """chdb is not installed."""


def output(folder: Path) -> Mapping[str, object]:
    """The fields of a dbt profile's output. A process has one chdb at a time."""
    if importlib.util.find_spec("chdb") is None:
        raise ClickHouseMissingError("chdb is not installed")
    return {"type": "clickhouse", "driver": "chdb", "path": str(folder / "chdb"), "schema": "default"}
