"""Several sessions at once give what one gives: the same counts, findings and history, in the same order."""

from pathlib import Path
from typing import Any

import pytest

from monitor.warehouse import Profile
from monitor.wiring import Workspace
from tests.engines.test_whole_job import _history, _run, _told
from tests.fakes import jobs
from tests.fakes.warehouses import WAREHOUSES, WITH_SCHEMAS, MissingError


def told_by(folder: Path, profile: Profile, measure: str) -> tuple[list[Any], Any]:
    """Two runs with these words under `measure`."""
    place = jobs.workspace(folder, profile)
    config = place / "trackwarden.yml"
    config.write_text(f"{config.read_text()}\nmeasure: {measure}\n")
    workspace = Workspace.open(place, {})
    return [_told(_run(workspace, moment)) for moment in (jobs.FIRST, jobs.SECOND)], _history(place)


@pytest.mark.parametrize("name", ["duckdb", "sqlite", "postgresql", "clickhouse"])
def test_concurrency_changes_nothing_of_what_is_counted(name: str, tmp_path: Path) -> None:
    (tmp_path / "there").mkdir()
    try:
        with WAREHOUSES[name](tmp_path / "there") as profile:
            jobs.land(profile, schemas_there=name in WITH_SCHEMAS)
            alone = told_by(tmp_path / "alone", profile, "{concurrency: 1}")
            several = told_by(tmp_path / "several", profile, "{concurrency: 4}")
            batched = told_by(tmp_path / "batched", profile, "{concurrency: 2, batch: 10}")
    except MissingError as missing:
        pytest.skip(str(missing))
    assert several == alone
    assert batched == alone
    assert alone[1]["measurement"]
