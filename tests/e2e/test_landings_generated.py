"""What is generated for tables that are put together: suites ask the same rows, dbt names only what it can."""

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import duckdb
import pytest

from monitor.contract import bind
from monitor.contract.model import Compiled, Contract
from monitor.targets.dbt import sources_and_staging
from monitor.targets.expectations import listed, suites
from monitor.targets.gx_sql import VersionRows
from monitor.wiring import Workspace
from tests.fakes.landings import Job

NOW = datetime(2026, 7, 3, 12, tzinfo=UTC)
AT = "2026-06-30 08:10:00"
NEEDED = {"type": "object", "required": ["total"], "properties": {"total": {"type": "number", "minimum": 0}}}


def _rudderstack(root: Path) -> Job:
    job = Job.made(root, {"layout": "rudderstack", "source": "web", "schema": "web"}, {"Order": {"1-0-0": NEEDED}})
    job.sql(
        "CREATE SCHEMA web",
        'CREATE TABLE web."order" (id VARCHAR, event_text VARCHAR, received_at TIMESTAMP, total DOUBLE)',
        "CREATE TABLE web.rudder_discards (table_name VARCHAR, row_id VARCHAR, column_name VARCHAR)",
    )
    rows: list[dict[str, Any]] = [
        {"id": f"m{n}", "received_at": AT, "total": None if n < 5 else n - 8} for n in range(20)
    ]
    job.land('web."order"', *rows)
    job.land("web.rudder_discards", {"table_name": "order", "row_id": "m1", "column_name": "total"})
    return job


def _ga4(root: Path) -> Job:
    job = Job.made(root, {"layout": "ga4", "source": "web", "schema": "ga"}, {"Order": {"1-0-0": NEEDED}})
    params = """STRUCT("key" VARCHAR, "value" STRUCT(string_value VARCHAR, int_value BIGINT, float_value DOUBLE,
        double_value DOUBLE))[]"""
    job.sql("CREATE SCHEMA ga")
    for day in ("20260629", "20260630"):
        at = int(datetime.strptime(day, "%Y%m%d").replace(tzinfo=UTC).timestamp()) * 1_000_000
        job.sql(
            f"CREATE TABLE ga.events_{day} (event_name VARCHAR, event_timestamp BIGINT, event_params {params})",
            f"""INSERT INTO ga.events_{day} SELECT 'Order', {at}, [{{'key': 'total', 'value': {{'string_value': NULL,
            'int_value': n - 2, 'float_value': NULL, 'double_value': NULL}}}}] FROM range(10) AS r(n)""",
        )
    return job


def _shredded(root: Path) -> Job:
    landing = {"layout": "snowplow", "source": {"column": "app_id"}, "table": "atomic.events"}
    job = Job.made(root, landing, {"com.acme/order": {"1-0-0": NEEDED}})
    job.sql(
        "CREATE SCHEMA atomic",
        """CREATE TABLE atomic.events (event_id VARCHAR, app_id VARCHAR, event_vendor VARCHAR, event_name VARCHAR,
           event_version VARCHAR, collector_tstamp TIMESTAMP)""",
        """CREATE TABLE atomic.com_acme_order_1 (root_id VARCHAR, root_tstamp TIMESTAMP, schema_version VARCHAR,
           total DOUBLE)""",
    )
    numbers = range(12)
    named = {"event_vendor": "com.acme", "event_name": "order", "event_version": "1-0-0", "app_id": "shop"}
    job.land("atomic.events", *({**named, "event_id": f"e{n}", "collector_tstamp": AT} for n in numbers))
    payload = {"root_tstamp": AT, "schema_version": "1-0-0"}
    job.land("atomic.com_acme_order_1", *({**payload, "root_id": f"e{n}", "total": n - 3} for n in numbers))
    return job


def _contract(job: Job) -> Contract:
    workspace = Workspace.open(job.root, {})
    with workspace.warehouse() as warehouse:
        return bind(workspace.plan(), workspace.landed(workspace.plan(), warehouse.catalog(workspace.schemas())))


@pytest.mark.parametrize("made", [_rudderstack, _ga4, _shredded])
def test_suites_count_the_rows_that_the_scan_counts(made: Any, tmp_path: Path) -> None:
    job = made(tmp_path)
    outcome = job.run(NOW)
    (summed,) = outcome.sums.values()
    (suite,) = listed(_contract(job))
    rows = VersionRows(suite.table, suite.version, "duckdb")
    with duckdb.connect(str(job.root / "warehouse.duckdb"), read_only=True) as connection:
        counted = connection.execute(f"SELECT count(*) FROM ({rows.batch()})").fetchone()
        failing = {
            rule.id: len(connection.execute(_said(rows.failing(rule), rows.batch())).fetchall())
            for rule in suite.rules
            if isinstance(rule.verdict, Compiled)
        }
    assert counted == (summed.rows,)
    assert {rule: number for rule, number in failing.items() if number} == dict(summed.failed)
    assert sum(failing.values()) > 0


def _said(query: str, batch: str) -> str:
    return query.replace("{batch}", f"({batch})").replace("{{", "{").replace("}}", "}")


@pytest.mark.parametrize(("made", "named"), [(_rudderstack, ["order"]), (_ga4, []), (_shredded, [])])
def test_dbt_sources_name_tables_of_the_catalog_alone(made: Any, named: list[str], tmp_path: Path) -> None:
    contract = _contract(made(tmp_path))
    assert len(suites(contract, "duckdb")) == 1
    written = "\n".join(file.text for file in sources_and_staging(contract, "duckdb") if "sources" in file.path.parts)
    assert [
        line.partition("name: ")[2].strip("'\"") for line in written.splitlines() if line.startswith("      - name")
    ] == named
