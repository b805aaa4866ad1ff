"""Patterns that are looked up: PostgreSQL tells how many values a column holds, and counts the same either way."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest

from monitor.catalog import Column, Table, TableRef
from monitor.contract.model import BoundTable
from monitor.measure.rows import Range
from monitor.measure.scan import build
from monitor.sql.engines import writer
from monitor.warehouse import Profile, Warehouse, connect
from monitor.warehouse.adapters.base import Terms
from tests.fakes.postgres import PostgresMissingError, running
from tests.unit.measure.builders import COLUMNS, bound, landed, plan

pytestmark = pytest.mark.xdist_group("postgresql")

MAIL = "^[a-z0-9.]+@[a-z0-9]+(\\.[a-z0-9]+)*$"
REF = TableRef("", "signed_up")
TABLE = 'CREATE TABLE signed_up (version text, source text, at timestamptz, mail text, "Zip Code" varchar, id text)'
ROWS = """
    INSERT INTO signed_up
    SELECT '1-' || i % 2 || '-0', 'web', timestamptz '2026-06-02' + i % 50 * interval '1 h',
           (ARRAY['a@b.org', 'A@b.org', 'a@b.org ', 'none', '', NULL])[1 + i % 6],
           (ARRAY['12345', '1234', E'12\\n345', NULL])[1 + i % 4], 'id-' || i
    FROM generate_series(1, 6000) i"""
BOUNDS = {"since": datetime(2026, 6, 1, tzinfo=UTC), "until": datetime(2026, 7, 1, tzinfo=UTC)}


@pytest.fixture(scope="module")
def session(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Warehouse]:
    folder = tmp_path_factory.mktemp("lookups")
    try:
        with running() as server:
            profile = Profile("postgres", server.output(), folder / "profiles.yml", "p", "t")
            with connect(profile, Terms(writes=True)) as warehouse:
                warehouse.write([TABLE, ROWS, "ANALYZE signed_up"])
                yield warehouse
    except PostgresMissingError as missing:
        pytest.skip(str(missing))


@pytest.fixture
def table(session: Warehouse) -> BoundTable:
    found = session.catalog([""]).tables[REF]
    zipped = {"type": "string", "pattern": "^[0-9]{5}(?:-[0-9]{4})?$"}
    events = plan(
        {
            "Signed Up": [
                {
                    "properties": {
                        "mail": {"pattern": MAIL, "maxLength": 7},
                        "Zip Code": zipped,
                        "id": {"pattern": MAIL},
                    }
                },
                {"properties": {"mail": {"pattern": MAIL.replace("+@", "{2,20}@")}, "Zip Code": zipped}},
            ]
        }
    )
    return bound(events, landed(found, ["Signed Up"], COLUMNS))


def without_hints(table: BoundTable) -> BoundTable:
    found = table.landed.table
    plain = tuple(Column(column.name, column.family, column.native) for column in found.columns)
    return replace(table, landed=replace(table.landed, table=Table(found.ref, plain, found.rows)))


def counted(session: Warehouse, table: BoundTable, reach: Range) -> list[tuple[Any, ...]]:
    scan = build(table, reach, writer("postgresql"))
    return sorted(map(tuple, session.query(scan.sql, BOUNDS)))


def test_the_catalog_tells_how_many_values_a_column_holds(session: Warehouse) -> None:
    held = {column.name: column.distinct for column in session.catalog([""]).tables[REF].columns}
    assert held["source"] == 1
    assert held["Zip Code"] == 3
    assert held["id"] is not None
    assert held["id"] > 1_000


@pytest.mark.parametrize("reach", [Range(since=True, no_time=False), Range(since=False, no_time=True)])
def test_what_is_looked_up_counts_what_is_asked_of_every_row(
    session: Warehouse, table: BoundTable, reach: Range
) -> None:
    found = counted(session, table, reach)
    assert len(found) == 50
    assert found == counted(session, without_hints(table), reach)


def test_only_dear_patterns_of_columns_with_few_values_are_looked_up(table: BoundTable) -> None:
    sql = build(table, Range(since=True, no_time=False), writer("postgresql")).sql
    assert sql.count("DISTINCT") == 2
    assert "id ~" in sql
    plain = build(without_hints(table), Range(since=True, no_time=False), writer("postgresql")).sql
    assert "DISTINCT" not in plain


def test_a_table_without_a_row_estimate_and_a_column_with_many_values_are_asked_row_by_row(table: BoundTable) -> None:
    few = table.landed.table
    unknown = replace(table, landed=replace(table.landed, table=Table(few.ref, few.columns, None)))
    small = replace(table, landed=replace(table.landed, table=Table(few.ref, few.columns, 250)))
    for one in (unknown, small):
        assert "DISTINCT" not in build(one, Range(since=True, no_time=False), writer("postgresql")).sql
