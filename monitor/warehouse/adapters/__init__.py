"""The warehouses, listed by hand: adding one is a file here, a file in monitor/sql, and a line in each list."""

from collections.abc import Mapping
from importlib import import_module

from monitor.errors import ConfigError
from monitor.warehouse.adapters.base import Adapter

ADAPTERS: Mapping[str, str] = {
    "bigquery": "monitor.warehouse.adapters.bigquery:BigQuery",
    "clickhouse": "monitor.warehouse.adapters.clickhouse:ClickHouse",
    "databricks": "monitor.warehouse.adapters.databricks:Databricks",
    "duckdb": "monitor.warehouse.adapters.duckdb:DuckDB",
    "postgres": "monitor.warehouse.adapters.postgresql:PostgreSQL",
    "redshift": "monitor.warehouse.adapters.redshift:Redshift",
    "snowflake": "monitor.warehouse.adapters.snowflake:Snowflake",
    "spark": "monitor.warehouse.adapters.spark:Spark",
    "sqlite": "monitor.warehouse.adapters.sqlite:SQLite",
    "starburst": "monitor.warehouse.adapters.trino:Trino",
    "trino": "monitor.warehouse.adapters.trino:Trino",
}
"""dbt's `type` → where its adapter is: drivers are extras, and only the one that is used is imported."""

_EXTRAS: Mapping[str, str] = {"starburst": "trino"}
"""The extra that brings a driver, where it is called otherwise than dbt's `type`."""


def adapter(kind: str) -> Adapter | None:
    """The adapter of one of dbt's types; None where there is none."""
    module, _, name = ADAPTERS.get(kind, "").partition(":")
    if not module:
        return None
    try:
        made: Adapter = getattr(import_module(module), name)()
    except ModuleNotFoundError as missing:
        raise ConfigError(
            f"the driver of {kind} is not installed: there is no module {missing.name}",
            hint=f"pip install 'trackwarden[{_EXTRAS.get(kind, kind)}]'",
        ) from None
    return made
