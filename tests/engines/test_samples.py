"""A sampled run on every engine: rows are counted exactly, rules are asked of as many as were to be drawn."""

import sqlite3
from collections.abc import Mapping
from contextlib import closing
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest

from monitor.cli.present.document import document
from monitor.judge.model import Kind
from monitor.outcome import Options, Outcome
from monitor.run import run
from monitor.sql.engines import writer
from monitor.warehouse import Profile
from monitor.wiring import Workspace
from tests.fakes import many

FAST = {"duckdb": 84, "sqlite": 84, "postgresql": 84, "clickhouse": 20}
"""Copies of `many.KINDS` rows: 200,000 on the engines that land them in a second."""
PLANNED = {("Order Completed", version, source) for version in ("1-0-0", "1-1-0") for source in ("web", "ios")}


class _Nobody:
    def begins(self, tables: int) -> None: ...
    def looked_at(self, table: str) -> None: ...
    def prints(self, message: str) -> None: ...


@pytest.fixture(scope="session")
def copies(engine: str, profile: Profile) -> int:
    """How often each row stands in the table."""
    number = FAST.get(engine, 1)
    many.land(profile, number)
    return number


def _run(folder: Path, profile: Profile, sample: Mapping[str, object] | None) -> Outcome:
    workspace = Workspace.open(many.workspace(folder, profile, sample), {})
    return run(workspace, Options(now=datetime.fromisoformat(many.NOW), sums=True), _Nobody())


def _history(folder: Path, sql: str) -> list[Any]:
    with closing(sqlite3.connect(folder / "state" / "history.db")) as kept:
        return kept.execute(sql).fetchall()


_KEPT = (
    "SELECT s.event, s.version, s.source, m.hour, m.rows, m.checked, m.invalid, m.undeclared "
    "FROM measurement m JOIN series s ON s.id = m.series_id"
)


def test_a_sampled_run_counts_all_rows_and_asks_rules_of_its_share(
    engine: str, profile: Profile, copies: int, tmp_path: Path
) -> None:
    outcome = _run(tmp_path, profile, {"share": "50%", "above": 1_000})
    kept = _history(tmp_path, _KEPT)
    assert many.summed([(tuple(row[:4]), row[4]) for row in kept]) == many.rows(copies), engine
    planned = [row for row in kept if row[:3] in PLANNED]
    rows = sum(row[4] for row in planned)
    checked = sum(row[4] if row[5] is None else row[5] for row in planned)
    assert many.within(checked, rows, 0.5)
    assert all((row[5] is None or row[5] <= row[4]) and row[6] <= row[4] for row in kept)
    assert all(row[5] is None for row in kept if row not in planned)
    assert many.within(sum(row[6] for row in planned), many.failing(copies), 0.5)
    assert (outcome.totals.planned, outcome.totals.checked) == (rows, checked)
    assert many.within(sum(row[7] for row in planned), copies * many.KINDS // 10, 0.5)


def test_findings_of_a_sampled_run_say_of_how_many_rows_they_are(profile: Profile, copies: int, tmp_path: Path) -> None:
    outcome = _run(tmp_path, profile, {"share": "50%", "above": 1_000})
    rates = [one for one in outcome.findings if one.kind is Kind.FAILURE_RATE]
    assert rates
    for one in rates:
        facts = dict(one.evidence.facts)
        assert "sampled rows fail" in one.message
        assert many.within(int(facts["sampled rows"] or 0), int(facts["rows in all"] or 0), 0.5)
        assert 0 < int(facts["failing rows"] or 0) < int(facts["sampled rows"] or 0)
    drift = [one for one in outcome.findings if one.kind is Kind.UNDECLARED_PROPERTY]
    assert [one.property for one in drift] == ["color"]
    assert " sampled carry it" in drift[0].message
    told = document(outcome)
    assert told["measured"]["rows"] == copies * many.KINDS
    assert told["measured"]["sample"] == {"rows": outcome.totals.planned, "checked_rows": outcome.totals.checked}
    for version in told["versions"]:
        assert (version["checked_rows"] < version["rows"]) == ((version["event"]) == "Order Completed")


def test_a_scan_of_few_rows_asks_all_of_them(profile: Profile, copies: int, tmp_path: Path) -> None:
    outcome = _run(tmp_path, profile, {"share": "50%", "above": copies * many.KINDS})
    assert outcome.totals.rows == copies * many.KINDS
    assert outcome.totals.checked == outcome.totals.planned
    assert document(outcome)["measured"]["sample"] is None
    assert _history(tmp_path, "SELECT count(*) FROM measurement WHERE checked IS NOT NULL") == [(0,)]
    assert sum(one.invalid for one in outcome.sums.values()) == many.failing(copies)
    assert not any("sampled" in one.message for one in outcome.findings)


def test_blocks_are_drawn_where_the_engine_has_them_and_rows_elsewhere(
    engine: str, profile: Profile, copies: int, tmp_path: Path
) -> None:
    outcome = _run(tmp_path, profile, {"share": "50%", "above": 1_000, "by": "blocks"})
    kept = _history(tmp_path, _KEPT)
    assert many.summed([(tuple(row[:4]), row[4]) for row in kept]) == many.rows(copies)
    assert outcome.totals.checked <= outcome.totals.planned
    if not writer(engine).blocks:
        planned = [row for row in kept if row[:3] in PLANNED]
        checked = sum(row[4] if row[5] is None else row[5] for row in planned)
        assert many.within(checked, sum(row[4] for row in planned), 0.5)
    assert not outcome.unmeasured


def test_measuring_again_with_another_share_replaces_what_was_kept(
    profile: Profile, copies: int, tmp_path: Path
) -> None:
    _run(tmp_path, profile, {"share": "50%", "above": 1_000})
    settings = tmp_path / "trackwarden.yml"
    settings.write_text(settings.read_text().replace("share: 50%", "share: 10%"))
    again = Options(now=datetime.fromisoformat(many.NOW), since=datetime.fromisoformat("2026-06-29T12:00:00+00:00"))
    run(Workspace.open(tmp_path, {}), again, _Nobody())
    kept = [row for row in _history(tmp_path, _KEPT) if row[:3] in PLANNED]
    assert many.summed([(tuple(row[:4]), row[4]) for row in kept]) == {
        key: number for key, number in many.rows(copies).items() if key[:3] in PLANNED
    }
    half = int(datetime.fromisoformat("2026-06-29T12:00:00+00:00").timestamp() // 3600)
    for share, part in ((0.5, [row for row in kept if row[3] < half]), (0.1, [row for row in kept if row[3] >= half])):
        assert many.within(sum(row[5] for row in part), sum(row[4] for row in part), share)
