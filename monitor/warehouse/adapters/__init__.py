"""The warehouses, listed by hand: adding one is a file here, a file in monitor/sql, and a line in each list."""

from collections.abc import Mapping
from importlib import import_module

from monitor.warehouse.adapters.base import Adapter

ADAPTERS: Mapping[str, str] = {
    "duckdb": "monitor.warehouse.adapters.duckdb:DuckDB",
}
"""dbt's `type` → where its adapter is: drivers are extras, and only the one that is used is imported."""


def adapter(kind: str) -> Adapter | None:
    """The adapter of one of dbt's types; None where there is none."""
    module, _, name = ADAPTERS.get(kind, "").partition(":")
    if not module:
        return None
    made: Adapter = getattr(import_module(module), name)()
    return made
