"""Plans and warehouses to land in: expressions are judged by what DuckDB answers."""

from collections.abc import Callable, Iterator
from typing import Any, TypeAlias

import duckdb
import pytest
import sqlalchemy as sa

from monitor.catalog import Catalog, Column, Family, Table, TableRef
from monitor.plan.build import build_plan
from monitor.plan.model import Event, EventVersion, Plan
from monitor.sql.engines import writer
from monitor.sql.vocabulary import Expr

FAMILIES = {
    "VARCHAR": Family.TEXT,
    "BIGINT": Family.INTEGER,
    "INTEGER": Family.INTEGER,
    "DOUBLE": Family.NUMBER,
    "BOOLEAN": Family.BOOLEAN,
    "TIMESTAMP": Family.TIMESTAMP,
    "TIMESTAMP WITH TIME ZONE": Family.TIMESTAMP,
    "DATE": Family.DATE,
    "JSON": Family.JSON,
}

PlanOf: TypeAlias = Callable[..., Plan]
CatalogOf: TypeAlias = Callable[..., Catalog]
Answers: TypeAlias = Callable[[TableRef, Expr | None], list[Any]]


@pytest.fixture
def plan_of() -> PlanOf:
    """`plan_of({"Order Completed": ["1-0-0"]}, sources={"Order Completed": ("web",)})`"""

    def plan(
        events: dict[str, list[str]], sources: dict[str, tuple[str, ...]] | None = None, schema: Any = None
    ) -> Plan:
        return build_plan(
            Event(
                name,
                "",
                tuple(EventVersion(version, schema or {"type": "object"}) for version in versions),
                sources=(sources or {}).get(name, ()),
            )
            for name, versions in events.items()
        )

    return plan


@pytest.fixture
def duck() -> Iterator[duckdb.DuckDBPyConnection]:
    with duckdb.connect() as connection:
        connection.execute("SET TimeZone = 'UTC'")
        yield connection


@pytest.fixture
def catalog_of(duck: duckdb.DuckDBPyConnection) -> CatalogOf:
    """The catalog of all tables that the test made."""

    def catalog(engine: str = "duckdb") -> Catalog:
        rows = duck.execute(
            "SELECT table_schema, table_name, column_name, data_type FROM information_schema.columns "
            "ORDER BY table_schema, table_name, ordinal_position"
        ).fetchall()
        columns: dict[TableRef, list[Column]] = {}
        for schema, table, name, native in rows:
            family = FAMILIES.get(native, Family.OTHER)
            columns.setdefault(TableRef(schema, table), []).append(Column(name, family, native))
        return Catalog.of(engine, [Table(ref, tuple(held)) for ref, held in columns.items()])

    return catalog


@pytest.fixture
def answers(duck: duckdb.DuckDBPyConnection) -> Answers:
    """What an expression says of each row of a table."""

    def ask(ref: TableRef, expr: Expr | None) -> list[Any]:
        assert expr is not None
        engine = writer("duckdb")
        statement = (
            sa.select(engine.expr(expr)).select_from(sa.table(ref.name, schema=ref.schema)).order_by(sa.text("rowid"))
        )
        return [row[0] for row in duck.execute(engine.compile(statement)).fetchall()]

    return ask
