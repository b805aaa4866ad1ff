"""On PostgreSQL's real partitions: only those that can hold what is due are read, and what is counted is the same."""

import re
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest

from monitor.errors import Problems
from monitor.outcome import Options
from monitor.run import explain
from monitor.survey import Planned
from monitor.warehouse import Profile, connect
from monitor.warehouse.adapters.base import Terms
from monitor.wiring import Workspace
from tests.engines.test_whole_job import _history, _run, _told
from tests.fakes import jobs
from tests.fakes.warehouses import WAREHOUSES, MissingError

pytestmark = pytest.mark.xdist_group("postgresql")
THIRD = "2026-06-30T16:00:00+00:00"


@pytest.fixture(scope="module")
def profile(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Profile]:
    """The job's rows, its JSON table partitioned by the three hours in which a row was received."""
    try:
        with WAREHOUSES["postgresql"](tmp_path_factory.mktemp("postgresql")) as started:
            jobs.land(started)
            with connect(started, Terms(writes=True)) as warehouse:
                for by, column in (("received_at", "timestamp"), ("slot", "text")):
                    warehouse.write(_partitioned(by, column))
            yield started
    except MissingError as missing:
        pytest.skip(str(missing))


def _partitioned(by: str, native: str) -> Iterator[str]:
    name, slot = f"{jobs.RAW}.by_{by}", "to_char(received_at, 'YYYYMMDDHH24')"
    yield (
        f"CREATE TABLE {name} (name text, version text, payload jsonb, at timestamp, received_at timestamp, slot text)"
        f" PARTITION BY RANGE ({by})"
    )
    for hour in range(0, 24, 3):
        low, high = (
            f"'2026-06-30 {at:02}:00'" if native == "timestamp" else f"'20260630{at:02}'" for at in (hour, hour + 3)
        )
        yield f"CREATE TABLE {name}_{hour:02} PARTITION OF {name} FOR VALUES FROM ({low}) TO ({high})"
    yield f"CREATE TABLE {name}_other PARTITION OF {name} DEFAULT"
    yield f"INSERT INTO {name} SELECT name, version, payload, at, received_at, {slot} FROM {jobs.RAW}.events"


def workspace(folder: Path, profile: Profile, table: str, *more: str) -> Path:
    place = jobs.workspace(folder, profile)
    config = (place / "trackwarden.yml").read_text().replace(f"{jobs.RAW}.events", f"{jobs.RAW}.{table}")
    (place / "trackwarden.yml").write_text(config + "".join(f"    {line}\n" for line in more))
    return place


def read(place: Path, profile: Profile, table: str) -> frozenset[str]:
    """The partitions that the next run's statement reads, as PostgreSQL plans it."""
    steps = explain(Workspace.open(place, {}), Options(now=datetime.fromisoformat(jobs.SECOND)))
    (step,) = (one for one in steps if isinstance(one, Planned) and one.table == f"{jobs.RAW}.{table}")
    assert step.since is not None
    moments = {
        "since": datetime.fromtimestamp(step.since * 3600).astimezone(),
        "until": datetime.fromtimestamp(step.until * 3600).astimezone(),
    }
    with connect(profile) as warehouse:
        plan = "\n".join(str(row[0]) for row in warehouse.query(f"EXPLAIN {step.statements[0]}", moments))
    return frozenset(re.findall(rf"Scan on {table}_(\w+)", plan))


PARTITION = "partition: {column: slot, by: hour, slack: 1h, format: '%Y%m%d%H'}"


@pytest.mark.parametrize(
    ("table", "more", "partitions"),
    [
        ("by_received_at", (), {"09", "12", "other"}),
        ("by_slot", (PARTITION,), {"09", "12", "15", "other"}),
        ("by_slot", (), {"00", "03", "06", "09", "12", "15", "18", "21", "other"}),
    ],
    ids=["by the arrival's own column", "by the configured column", "by a column that nobody named"],
)
def test_only_partitions_that_can_hold_what_is_due_are_read(
    profile: Profile, tmp_path: Path, table: str, more: tuple[str, ...], partitions: set[str]
) -> None:
    place = workspace(tmp_path, profile, table, *more)
    _run(Workspace.open(place, {}), jobs.FIRST)
    assert read(place, profile, table) == partitions


def test_the_same_is_counted_whatever_is_passed_over(profile: Profile, tmp_path: Path) -> None:
    found: list[Any] = []
    for name, more in (("plain", ()), ("pruned", (PARTITION,))):
        place = workspace(tmp_path / name, profile, "by_slot", *more)
        opened = Workspace.open(place, {})
        found.append(([_told(_run(opened, moment)) for moment in (jobs.FIRST, jobs.SECOND, THIRD)], _history(place)))
    assert found[0] == found[1]
    assert any("by_slot" in row[0] for row in found[0][1]["measurement"])


def test_a_partition_column_that_no_table_has_is_an_error_of_the_configuration(
    profile: Profile, tmp_path: Path
) -> None:
    place = workspace(tmp_path, profile, "by_slot", "partition: {column: dt}")
    with pytest.raises(Problems) as caught:
        _run(Workspace.open(place, {}), jobs.FIRST)
    assert "landings[1].partition.column" in str(caught.value)
