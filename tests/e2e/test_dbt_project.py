"""The generated dbt project, run by dbt itself on DuckDB."""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import duckdb
import pytest

from monitor.readers.dbt_manifest import Exposure, read_manifests
from monitor.targets.generate import generate
from monitor.targets.write import write
from tests.fakes import landed, shop_rows
from tests.fakes.landed import HOSTILE

pytestmark = pytest.mark.slow

PROFILES = """\
trackwarden:
  target: dev
  outputs:
    dev: {{type: duckdb, path: "{path}", schema: main, threads: 1}}
"""


def dbt(root: Path, *arguments: str) -> str:
    """What dbt printed; it must succeed, and must not find anything of ours deprecated."""
    command = [str(Path(sys.executable).with_name("dbt")), "--no-use-colors", "--show-all-deprecations", *arguments]
    env = {**os.environ, "DBT_SEND_ANONYMOUS_USAGE_STATS": "false", "DBT_PROFILES_DIR": str(root), "HOME": str(root)}
    done = subprocess.run(command, cwd=root / "dbt_project", env=env, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "deprecat" not in done.stdout.lower(), done.stdout
    return done.stdout


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A workspace whose dbt project has been built."""
    root = tmp_path_factory.mktemp("workspace")
    shop_rows.write(root / "warehouse.duckdb")
    (root / "profiles.yml").write_text(PROFILES.format(path=root / "warehouse.duckdb"))
    settings = landed.settings(root, landed.SETTINGS + "targets: {dbt: {data_tests: full}}\n")
    write(generate(landed.contract(), settings, "duckdb"))
    dbt(root, "build")
    return root


@pytest.fixture(scope="module")
def manifest(project: Path) -> dict[str, Any]:
    said: dict[str, Any] = json.loads((project / "dbt_project/target/manifest.json").read_text())
    return said


def rows(project: Path, sql: str) -> list[tuple[Any, ...]]:
    with duckdb.connect(str(project / "warehouse.duckdb"), read_only=True) as connection:
        return connection.execute(sql).fetchall()


def test_a_staging_model_holds_every_row_of_a_planned_version_once(project: Path) -> None:
    counted = rows(
        project, "select event_source, event_version, count(*) from stg_order_completed group by all order by all"
    )
    assert counted == [("android", "1-0-0", 1), ("android", "1-1-0", 4), ("web", "1-0-0", 1), ("web", "1-1-0", 3)]


def test_its_columns_are_typed_whatever_the_landing(project: Path) -> None:
    types = dict(
        rows(project, "select column_name, data_type from duckdb_columns() where table_name = 'stg_order_completed'")
    )
    assert types == {
        "event_name": "VARCHAR", "event_version": "VARCHAR", "event_source": "VARCHAR", "occurred_at": "TIMESTAMP",
        "received_at": "TIMESTAMP", "order_id": "VARCHAR", "currency": "VARCHAR", "total": "DOUBLE", "items": "BIGINT",
        "email": "VARCHAR", "day": "DATE", "tags": "VARCHAR", "note": "VARCHAR",
    }  # fmt: skip


def test_values_that_do_not_fit_are_null_and_hostile_ones_are_values(project: Path) -> None:
    days = rows(
        project, "select day::varchar from stg_order_completed where event_source = 'android' and day is not null"
    )
    assert days == [("2026-06-01",)]
    assert rows(project, "select distinct currency from stg_order_completed where length(currency) > 3") == [(HOSTILE,)]


def test_text_from_the_plan_stands_in_the_manifest_as_it_was_written(manifest: dict[str, Any]) -> None:
    source = manifest["sources"]["source.trackwarden.web_prod.order_completed"]
    model = manifest["nodes"]["model.trackwarden.stg_order_completed"]
    assert source["description"] == HOSTILE
    assert source["columns"]["currency"]["description"] == HOSTILE
    assert model["description"] == HOSTILE
    assert model["columns"]["currency"]["description"] == HOSTILE


def test_dbt_knows_owners_types_and_freshness(manifest: dict[str, Any]) -> None:
    source = manifest["sources"]["source.trackwarden.raw.events"]
    assert source["config"]["meta"]["owner"] == "checkout"
    assert source["config"]["tags"] == ["trackwarden", "trackwarden_checkout", "trackwarden_core"]
    assert source["loaded_at_field"] == 'coalesce(received_at, "at")'
    assert source["freshness"]["warn_after"] == {"count": 90, "period": "minute"}
    assert source["columns"]["payload"]["data_type"] == "JSON"
    assert source["columns"]["payload"]["config"]["meta"]["trackwarden"] == {"role": "document"}


def test_freshness_is_measured(project: Path) -> None:
    dbt(project, "source", "freshness")
    said = json.loads((project / "dbt_project/target/sources.json").read_text())
    assert {result["unique_id"]: result["max_loaded_at"][:13] for result in said["results"]} == {
        "source.trackwarden.raw.events": "2026-06-01T10",
        "source.trackwarden.web_prod.order_completed": "2026-06-01T10",
    }


def test_data_tests_count_what_they_name_and_only_warn(project: Path) -> None:
    dbt(project, "test")
    said = json.loads((project / "dbt_project/target/run_results.json").read_text())
    failures = sorted(result["failures"] for result in said["results"])
    assert {result["status"] for result in said["results"]} == {"pass", "warn"}
    assert failures == [0, 1, 1, 2]  # a duplicated id; no id missing; currency missing once; order_id missing twice


def test_dbts_own_manifest_says_what_is_built_from_an_event(project: Path, tmp_path: Path) -> None:
    shutil.copytree(project / "dbt_project", tmp_path / "dbt_project", ignore=shutil.ignore_patterns("target"))
    shutil.copy(project / "profiles.yml", tmp_path)
    models = tmp_path / "dbt_project" / "models" / "marts"
    models.mkdir()
    (models / "orders.sql").write_text("select * from {{ ref('stg_order_completed') }}")
    (models / "arrivals.sql").write_text("select count(*) as rows from {{ source('raw', 'events') }}")
    (models / "exposures.yml").write_text(
        "exposures: [{name: revenue, label: Weekly revenue, type: dashboard, owner: {name: Ann, email: a@example.org},"
        " depends_on: [ref('orders')]}]"
    )
    dbt(tmp_path, "parse")
    lineage = read_manifests([tmp_path / "dbt_project" / "target" / "manifest.json"])
    reached = lineage.reached("Order Completed", ["raw.events", "web_prod.order_completed"])
    assert reached.models == ("stg_order_completed", "orders", "arrivals")
    assert reached.exposures == (Exposure("Weekly revenue", "dashboard", "Ann"),)
