"""Stock Great Expectations opens what was generated, and counts what the scan counts."""

import json
import os
from collections import Counter
from datetime import UTC, datetime
from pathlib import Path

import pytest
import sqlalchemy as sa

from monitor.config import Settings, load_settings
from monitor.contract import bind
from monitor.contract.model import Contract
from monitor.demo import warehouse
from monitor.demo.workspace import make_workspace
from monitor.errors import TargetError
from monitor.landing.bind import land
from monitor.measure.read import read
from monitor.measure.rows import Range
from monitor.measure.scan import build
from monitor.readers import read_plan
from monitor.sql.engines import writer
from monitor.targets import gx_run
from monitor.targets.expectations import listed
from monitor.targets.generate import generate
from monitor.targets.gx_sql import Hours
from monitor.targets.write import write
from monitor.warehouse import Profile, Warehouse, connect
from tests.fakes import landed, shop_rows

pytestmark = [
    pytest.mark.slow,
    pytest.mark.filterwarnings("ignore"),  # Great Expectations' own, while it is imported and run
]

Counts = Counter[tuple[str, str]]
"""Rows that break a rule, by table and rule."""


def opened(file: Path) -> Warehouse:
    return connect(Profile("duckdb", {"path": str(file)}, file.parent / "profiles.yml", "trackwarden", "dev"))


def by_scan(contract: Contract, file: Path) -> Counts:
    counts: Counts = Counter()
    with opened(file) as session:
        for table in (table for table in contract.tables if table.versions):
            scan = build(table, Range(since=False, no_time=True), writer("duckdb"))
            seen = read(session.query(scan.sql, {"until": datetime(2100, 1, 1, tzinfo=UTC)}), scan.map)
            for failure in seen.failures:
                counts[table.key, failure.rule] += failure.failed
    return counts


def by_suites(runs: tuple[gx_run.SuiteRun, ...]) -> Counts:
    counts: Counts = Counter()
    for run in runs:
        for rule in run.rules:
            assert rule.unexpected is not None, f"{run.suite} {rule.rule}: {rule.problem}"
            counts[run.table, rule.rule] += rule.unexpected
    return +counts


def generated(contract: Contract, settings: Settings) -> Path:
    write(generate(contract, settings, "duckdb"))
    return settings.root / "expectations"


@pytest.fixture
def shop(tmp_path: Path) -> tuple[Contract, Path, Path]:
    """The contract, its Great Expectations project and its DuckDB file."""
    file = tmp_path / "warehouse.duckdb"
    shop_rows.write(file)
    contract = landed.contract()
    return contract, generated(contract, landed.settings(tmp_path)), file


def test_every_rule_counts_the_same_rows_as_the_scan_hostile_values_included(shop: tuple[Contract, Path, Path]) -> None:
    contract, project, file = shop
    runs = gx_run.validate(contract, project, gx_run.duckdb_file(file))
    expected = by_scan(contract, file)
    assert by_suites(runs) == expected
    assert len(expected) >= 15
    checked = {rule.id for suite in listed(contract) for rule in suite.rules}
    assert {rule.rule for run in runs for rule in run.rules} == checked


def test_a_window_bounds_what_is_validated(shop: tuple[Contract, Path, Path]) -> None:
    contract, project, file = shop
    hour = int(datetime(2026, 6, 1, 10, tzinfo=UTC).timestamp()) // 3600
    during = gx_run.validate(contract, project, gx_run.duckdb_file(file), Hours(hour, hour + 1))
    after = gx_run.validate(contract, project, gx_run.duckdb_file(file), Hours(hour + 1))
    assert by_suites(during) == by_scan(contract, file)
    assert not by_suites(after)


def test_a_stock_context_opens_the_project_and_runs_a_suite_by_its_own_query(shop: tuple[Contract, Path, Path]) -> None:
    contract, project, file = shop
    before = {path: path.read_bytes() for path in project.rglob("*") if path.is_file()}
    os.environ.update(gx_run.SWITCHED_OFF)
    import great_expectations as gx  # noqa: PLC0415 - 6 s

    context = gx.get_context(mode="file", context_root_dir=str(project))
    assert {suite.name for suite in context.suites.all()} == {suite.name for suite in listed(contract)}
    assert {path: path.read_bytes() for path in before} == before, "opening a project does not change it"

    suite = context.suites.get("order_completed.1-1-0.web")
    access = gx_run.duckdb_file(file)
    source = gx.get_context(mode="ephemeral").data_sources.add_sql(
        "warehouse", connection_string=access.url, kwargs=dict(access.arguments)
    )
    rows = source.add_query_asset("rows", query=suite.meta["trackwarden"]["query"])
    result = rows.add_batch_definition_whole_table("all").get_batch().validate(suite)
    assert result.statistics["evaluated_expectations"] == len(suite.expectations)
    assert not result.success


def test_a_suite_that_great_expectations_saves_again_is_the_same_file(shop: tuple[Contract, Path, Path]) -> None:
    _, project, _ = shop
    os.environ.update(gx_run.SWITCHED_OFF)
    import great_expectations as gx  # noqa: PLC0415 - 6 s

    before = {path: path.read_text() for path in (project / "suites").rglob("*.json")}
    for suite in gx.get_context(mode="file", context_root_dir=str(project)).suites.all():
        suite.save()
    assert {path: json.loads(path.read_text()) for path in before} == {p: json.loads(t) for p, t in before.items()}
    assert {path: path.read_text() for path in before} == before


def test_a_suite_that_was_not_generated_is_one_clear_error(shop: tuple[Contract, Path, Path]) -> None:
    contract, project, file = shop
    (project / "suites/order_completed/1-0-0/web.json").unlink()
    with pytest.raises(TargetError, match="trackwarden generate"):
        gx_run.validate(contract, project, gx_run.duckdb_file(file))


def test_stock_suites_count_what_the_scan_counts_on_the_demo_s_warehouse(tmp_path: Path) -> None:
    workspace = make_workspace(tmp_path / "demo")
    warehouse.build(workspace.warehouse, scale=0.02)
    warehouse.advance(workspace.warehouse, scale=0.02)
    settings = load_settings(workspace.config, {})
    plan = read_plan(workspace.plan)
    with opened(workspace.warehouse) as session:
        catalog = session.catalog(["web_prod", "ios_prod", "raw"])
    contract = bind(plan, land(settings.landings, plan, catalog, {}))
    project = generated(contract, settings)
    # At this scale seeded failures are few: make more, of every kind that a text can be.
    _spoil(workspace.warehouse)
    expected = by_scan(contract, workspace.warehouse)
    assert len(expected) > 20
    assert by_suites(gx_run.validate(contract, project, gx_run.duckdb_file(workspace.warehouse))) == expected


def _spoil(file: Path) -> None:
    """Break some rows of every table and document in ways that a plan notices."""
    engine = sa.create_engine(f"duckdb:///{file}")
    with engine.begin() as connection:
        for schema in ("web_prod", "ios_prod"):
            for column, value in (("currency", "'doge'"), ("email", "'nobody'"), ("total", "-1"), ("order_id", "NULL")):
                holding = f"select table_name from duckdb_columns() where schema_name = '{schema}'"
                tables = connection.exec_driver_sql(f"{holding} and column_name = '{column}'").fetchall()
                for (table,) in tables:
                    connection.exec_driver_sql(
                        f'update {schema}."{table}" set "{column}" = {value} where hash(id, \'{column}\') % 5 = 0'
                    )
        patch = """'{"currency": 7, "price": "free", "query": null}'"""
        connection.exec_driver_sql(
            f"update raw.android_events set payload = json_merge_patch(payload, {patch}) where hash(payload) % 7 = 0"
        )
    engine.dispose()
