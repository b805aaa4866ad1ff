"""The main job on every engine, by the public wiring: the same rows, the same counts, findings and history."""

import json
import sqlite3
from collections.abc import Mapping
from contextlib import closing
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest

from monitor.cli.present.document import document
from monitor.outcome import Options, Outcome
from monitor.run import run
from monitor.warehouse import Profile
from monitor.wiring import Workspace
from tests.fakes import jobs
from tests.fakes.warehouses import WAREHOUSES, WITH_SCHEMAS

COUNTED = {
    # event, version, source: rows and invalid rows of the first run, worked out by hand (jobs.py says the rules). Web
    # is read up to 08:00 (two hours' lag) with all rows that have no time, android up to 10:00.
    ("Order Completed", "1-0-0", "web"): (2 * 8 + 8, 2 * 2 + 1),  # of the rows without time one has 11 items
    ("Order Completed", "9-9-9", "web"): (2, 0),
    ("Signed Up", "1-0-0", "web"): (10, 4),
    ("Searched", "1-0-0", "android"): (26, 2 + 5 + 5),
    ("Searched", "1-1-0", "android"): (48, 2 + 11 + 11 + 8),
    ("Searched", "", "android"): (2, 0),
    ("Nobody Planned", "1-1-0", "android"): (3, 0),
    ("Nobody Planned", "1-0-0", "android"): (1, 0),
}


class Nobody:
    """Watches, and says nothing."""

    def begins(self, tables: int) -> None: ...

    def prints(self, message: str) -> None: ...

    def looked_at(self, table: str) -> None: ...


def job(folder: Path, engine: str, profile: Profile) -> tuple[list[Any], Mapping[str, Any]]:
    """Two runs over what landed: what each told, and what history holds in the end."""
    jobs.land(profile, schemas_there=engine in WITH_SCHEMAS)
    workspace = Workspace.open(jobs.workspace(folder, profile), {})
    told = [_told(_run(workspace, moment)) for moment in (jobs.FIRST, jobs.SECOND)]
    return told, _history(folder)


def _run(workspace: Workspace, moment: str) -> Outcome:
    return run(workspace, Options(now=datetime.fromisoformat(moment), sums=True), Nobody())


def _told(outcome: Outcome) -> Any:
    """What `run --json` says, without what differs from run to run."""
    said: Any = json.loads(json.dumps(document(outcome)))
    del said["run"]
    del said["measured"]["seconds"]
    for finding in said["findings"]:
        finding["evidence"].pop("type", None)  # the engine's own word
    return said


_SERIES = "s.table_name, s.event, s.version, s.source, s.planned, s.known, s.first_hour, s.last_hour"
_KEPT = {
    "measurement": f"SELECT {_SERIES}, m.window, m.hour, m.rows, m.invalid, m.undeclared, m.present, h.text "
    "FROM measurement m JOIN series s ON s.id = m.series_id JOIN shape h ON h.id = m.shape_id",
    "failure": f"SELECT {_SERIES}, r.text, f.window, f.hour, f.failed "
    "FROM failure f JOIN series s ON s.id = f.series_id JOIN rule r ON r.id = f.rule_id",
}
"""What history holds, without the numbers that rows go by."""


def _history(folder: Path) -> Mapping[str, Any]:
    with closing(sqlite3.connect(folder / "state" / "history.db")) as kept:
        return {name: sorted(kept.execute(sql).fetchall()) for name, sql in _KEPT.items()}


@pytest.fixture(scope="session")
def expected(tmp_path_factory: pytest.TempPathFactory) -> tuple[list[Any], Mapping[str, Any]]:
    """What DuckDB says: the engine that everything else is compared with, its own numbers checked by hand below."""
    folder = tmp_path_factory.mktemp("expected")
    with WAREHOUSES["duckdb"](folder) as profile:
        return job(folder / "workspace", "duckdb", profile)


def test_the_same_rows_give_the_same_counts_findings_and_history(
    engine: str, profile: Profile, expected: tuple[list[Any], Mapping[str, Any]], tmp_path: Path
) -> None:
    told, history = job(tmp_path / "workspace", engine, profile)
    for mine, theirs in zip(told, expected[0], strict=True):
        assert mine == theirs
    assert history == expected[1]
    assert history["measurement"]


def test_the_counts_are_those_worked_out_by_hand(expected: tuple[list[Any], Mapping[str, Any]]) -> None:
    first = {(one["event"], one["version"], one["source"]): one for one in expected[0][0]["versions"]}
    assert {key: (one["rows"], one["invalid_rows"]) for key, one in first.items()} == COUNTED
