"""The generated suites run for real, by stock Great Expectations, on the warehouse.

The scheduled job does not pay for this: importing Great Expectations takes 6 s, and it asks two statements per
expectation. It is how anybody can see that a suite and the scan count the same rows.
"""

import json
import os
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import sqlalchemy as sa

from monitor.contract.model import Contract
from monitor.errors import TargetError
from monitor.targets.expectations import Suite, listed
from monitor.targets.gx_project import suite_folder
from monitor.targets.gx_sql import Hours, VersionRows

SWITCHED_OFF = {"GX_ANALYTICS_ENABLED": "false"}
"""Great Expectations' telemetry, as it reads its environment when it is imported."""


@dataclass(frozen=True, slots=True)
class RuleRun:
    """What one expectation counted."""

    rule: str
    """The rule's id."""
    unexpected: int | None
    """Rows that break it; None: it could not be run."""
    problem: str = ""


@dataclass(frozen=True, slots=True)
class SuiteRun:
    """One suite's validation."""

    suite: str
    event: str
    version: str
    table: str
    rules: tuple[RuleRun, ...]


@dataclass(frozen=True, slots=True)
class Warehouse:
    """How Great Expectations connects: an SQLAlchemy URL (a secret) and `create_engine`'s arguments."""

    engine: str
    url: str = field(repr=False)
    arguments: Mapping[str, Any] = field(repr=False)
    first: tuple[str, ...] = ()
    """Statements for the whole session, run before any other."""


def duckdb_file(path: Path, *, read_only: bool = True) -> Warehouse:
    """A DuckDB file. Without these arguments a connection is rolled back before its rows are fetched."""
    arguments = {
        "isolation_level": "AUTOCOMMIT",
        "skip_autocommit_rollback": True,
        "connect_args": {"read_only": read_only},
    }
    return Warehouse("duckdb", f"duckdb:///{path}", arguments, ("SET GLOBAL TimeZone = 'UTC'",))


def validate(
    contract: Contract,
    project: Path,
    warehouse: Warehouse,
    hours: Hours | None = None,
    on_suite: Callable[[str], None] = lambda _name: None,
) -> tuple[SuiteRun, ...]:
    """Validate every suite of the project against its rows (of these arrival hours), and count per rule.

    Nothing is written: the suites are read from the project's files and run in a context that lives in memory.
    Raises TargetError where a suite's file is absent or not a suite: generate first.
    """
    said = [(suite, _read(project, suite)) for suite in listed(contract)]
    os.environ.update(SWITCHED_OFF)
    import great_expectations as gx

    context = gx.get_context(mode="ephemeral")
    context.enable_analytics(enable=False)
    context.variables.progress_bars = {"globally": False}
    source = context.data_sources.add_sql(
        "warehouse", connection_string=warehouse.url, kwargs=dict(warehouse.arguments)
    )
    for statement in warehouse.first:
        source.get_execution_engine().execute_query(sa.text(statement))
    runs: list[SuiteRun] = []
    for suite, document in said:
        on_suite(suite.name)
        query = VersionRows(suite.table, suite.version, warehouse.engine).batch(hours)
        asset = source.add_query_asset(suite.name, query=query)
        stock = context.suites.add(gx.ExpectationSuite(**document))
        batch = asset.add_batch_definition_whole_table("rows").get_batch()
        result = batch.validate(stock, result_format="BASIC")
        runs.append(
            SuiteRun(
                suite.name, suite.event.name, suite.version.version, suite.table.key, tuple(_counts(result.results))
            )
        )
    return tuple(runs)


def _read(project: Path, suite: Suite) -> dict[str, Any]:
    file = project / suite_folder(project) / suite.path
    try:
        document = json.loads(file.read_text("utf-8"))
    except (OSError, ValueError) as error:
        raise TargetError(
            f"the suite cannot be read: {type(error).__name__}",
            where=str(file),
            hint="run `trackwarden generate` first",
        ) from None
    if not isinstance(document, dict):
        raise TargetError("is not a suite", where=str(file), hint="run `trackwarden generate` first")
    return document


def _counts(results: Iterable[Any]) -> Iterable[RuleRun]:
    for result in results:
        config = result.expectation_config
        rule = str(config.meta["trackwarden"]["rule"])
        problem = _problem(result.exception_info)
        if problem:
            yield RuleRun(rule, None, problem)
        elif config.type == "unexpected_rows_expectation":
            yield RuleRun(rule, int(result.result["observed_value"]))
        else:
            yield RuleRun(rule, int(result.result.get("unexpected_count") or 0))  # None where there are no rows


def _problem(info: Any) -> str:
    """Why an expectation could not be run: one exception, or one per metric."""
    if not isinstance(info, Mapping):
        return ""
    parts = [info] if "raised_exception" in info else [part for part in info.values() if isinstance(part, Mapping)]
    raised = [str(part.get("exception_message")) for part in parts if part.get("raised_exception")]
    return raised[0].splitlines()[0] if raised else ""
