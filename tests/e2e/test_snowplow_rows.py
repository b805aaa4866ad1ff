"""Real rows: what two web sites sent to Snowplow, held against Iglu Central (examples/snowplow)."""

import runpy
import shutil
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import duckdb
import pytest

from monitor.judge.model import Finding, Kind, Severity
from monitor.run import Options, Outcome, run
from monitor.wiring import Workspace

ROOT = Path(__file__).resolve().parents[2]
NOW = datetime(2023, 3, 31, tzinfo=UTC)
YEARS_LATER = datetime(2026, 7, 1, 12, tzinfo=UTC)
SNOWPLOW = "com.snowplowanalytics.snowplow"
VITALS, CONSENT = f"{SNOWPLOW}/web_vitals", f"{SNOWPLOW}/consent_preferences"
CMP, CLICK = f"{SNOWPLOW}/cmp_visible", f"{SNOWPLOW}/link_click"


class _Silent:
    def begins(self, tables: int) -> None:
        pass

    def looked_at(self, table: str) -> None:
        pass

    def prints(self, message: str) -> None:
        pass


@dataclass(frozen=True)
class Ran:
    root: Path
    outcome: Outcome

    def again(self, now: datetime) -> Outcome:
        return run(Workspace.open(self.root, {}), Options(now=now, sums=True), _Silent())

    def change(self, statement: str, *values: object) -> None:
        with duckdb.connect(str(self.root / "warehouse.duckdb")) as connection:
            connection.execute(statement, list(values))


def _workspace(folder: Path, shared: Path) -> Path:
    """The example as it stands in a clone, with the public data beside it."""
    (folder / "shared").symlink_to(shared, target_is_directory=True)
    root = folder / "clone" / "examples" / "snowplow"
    root.mkdir(parents=True)
    for name in ("trackwarden.yml", "load.py"):
        shutil.copy(ROOT / "examples" / "snowplow" / name, root / name)
    return root


def _main(root: Path) -> Callable[[Sequence[str]], int]:
    found: Any = runpy.run_path(str(root / "load.py"))["main"]
    return found  # type: ignore[no-any-return]


@pytest.fixture(scope="module")
def measured(tmp_path_factory: pytest.TempPathFactory, shared: Path) -> Ran:
    root = _workspace(tmp_path_factory.mktemp("snowplow"), shared)
    assert _main(root)([]) == 0
    return Ran(root, Ran(root, None).again(NOW))  # type: ignore[arg-type]


@pytest.fixture
def ran(measured: Ran, tmp_path: Path) -> Ran:
    """A workspace of one's own, after its first run."""
    root = tmp_path / "clone" / "examples" / "snowplow"
    (tmp_path / "shared").symlink_to(measured.root.parents[2] / "shared", target_is_directory=True)
    shutil.copytree(measured.root, root)
    profiles = root / "profiles.yml"
    profiles.write_text(profiles.read_text().replace(str(measured.root), str(root)))
    return Ran(root, measured.outcome)


def _rows(outcome: Outcome) -> dict[tuple[str, str, str], int]:
    return {key: one.rows for key, one in outcome.sums.items()}


def _of(outcome: Outcome, kind: Kind) -> dict[tuple[str, str], Finding]:
    return {(one.event, one.version): one for one in outcome.findings if one.kind is kind}


def _facts(finding: Finding) -> dict[str, str | int | float | None]:
    return dict(finding.evidence.facts)


# ── loading ─────────────────────────────────────────────────────────────────────────────────────────


def test_both_files_land_in_one_table_with_the_columns_of_both(ran: Ran) -> None:
    with duckdb.connect(str(ran.root / "warehouse.duckdb"), read_only=True) as connection:
        assert connection.table("events").shape == (1_161, 136)
        empty = connection.execute("SELECT count(*) - count(load_tstamp), count(*) - count(event_id) FROM events")
        assert empty.fetchone() == (95 + 1, 1)
        types = dict(connection.execute("SELECT column_name, column_type FROM (DESCRIBE events)").fetchall())
    assert types["collector_tstamp"] == types["load_tstamp"] == "TIMESTAMP"
    assert types["unstruct_event_com_snowplowanalytics_snowplow_web_vitals_1_0_0"] == "JSON"
    assert (types["br_viewwidth"], types["geo_latitude"], types["br_cookies"]) == ("INTEGER", "DOUBLE", "BOOLEAN")


def test_without_the_public_rows_loading_says_which_are_absent(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    root = tmp_path / "clone" / "examples" / "snowplow"
    root.mkdir(parents=True)
    shutil.copy(ROOT / "examples" / "snowplow" / "load.py", root / "load.py")
    assert _main(root)([]) == 2
    said = capsys.readouterr().err
    assert "snowplow_web_events.csv" in said
    assert "beside the repository" in said
    assert not (root / "warehouse.duckdb").exists()


# ── the first run ───────────────────────────────────────────────────────────────────────────────────


def test_every_row_is_counted_by_event_version_and_source(measured: Ran) -> None:
    assert _rows(measured.outcome) == {
        (CMP, "1-0-0", "web"): 33,
        (CONSENT, "1-0-2", "web"): 32,
        (CLICK, "1-0-1", "web"): 10,
        (f"{SNOWPLOW}/page_view", "1-0-0", "web"): 50,
        (f"{SNOWPLOW}/page_ping", "1-0-0", "web"): 8,
        (f"{SNOWPLOW}-website/snplow_cookies", "1-0-0", "web"): 16,
        ("com.google.analytics/event", "1-0-0", "web"): 6,
        ("com.snowplowanalytics.console/data_structures_workflow", "1-0-2", "web"): 4,
        ("com.snowplowanalytics.console/object_click", "1-0-0", "web"): 1,
        (VITALS, "", "web"): 1_000,
        ("", "", "unknown"): 1,
    }
    assert measured.outcome.totals.rows == 160 + 1_000 + 1
    assert measured.outcome.unmeasured == ()


def test_a_row_without_event_and_time_is_counted_and_belongs_to_no_hour(measured: Ran) -> None:
    (found,) = (one for one in measured.outcome.findings if one.kind is Kind.ROWS_WITHOUT_TIME)
    assert (found.evidence.affected, found.tables) == (1, ("events",))


def test_an_empty_load_time_loses_no_row(measured: Ran) -> None:
    with duckdb.connect(str(measured.root / "warehouse.duckdb"), read_only=True) as connection:
        unloaded = connection.execute("SELECT count(*) FROM events WHERE load_tstamp IS NULL").fetchone()
    assert unloaded == (96,)
    assert sum(_rows(measured.outcome).values()) == 1_161


@pytest.mark.parametrize(
    ("only", "repeated"), [("true", 4), ("true_tstamp IS NULL", 3)], ids=["in both files", "inside the first file"]
)
def test_repeated_event_ids_are_counted(ran: Ran, only: str, repeated: int) -> None:
    ran.change(f"DELETE FROM events WHERE NOT ({only})")
    shutil.rmtree(ran.root / "state")
    (found,) = (one for one in ran.again(NOW).findings if one.kind is Kind.DUPLICATED_IDS)
    assert found.evidence.affected == repeated


def test_rows_of_an_unknown_version_and_rows_without_one_are_told_apart(measured: Ran) -> None:
    found = _of(measured.outcome, Kind.UNKNOWN_VERSION)
    assert found.keys() == {(CONSENT, "1-0-2"), (VITALS, "")}
    unknown, unresolved = found[CONSENT, "1-0-2"], found[VITALS, ""]
    assert (unknown.evidence.affected, unknown.severity) == (32, Severity.WARNING)
    assert _facts(unknown)["planned versions"] == "1-0-0"
    assert unresolved.evidence.affected == 1_000
    assert "their version is not resolved" in unresolved.message


def test_rows_without_a_schema_in_the_plan_are_told_by_event(measured: Ran) -> None:
    found = {event: one.evidence.affected for (event, _), one in _of(measured.outcome, Kind.UNPLANNED_EVENT).items()}
    pages = {f"{SNOWPLOW}/page_view": 50, f"{SNOWPLOW}/page_ping": 8}
    others = {event: rows for event, rows in found.items() if event not in pages}
    assert found == pages | others
    assert (sum(pages.values()), sum(others.values()), len(others)) == (58, 27, 4)


def test_an_event_whose_column_is_absent_landed_without_payload(measured: Ran) -> None:
    found = _of(measured.outcome, Kind.PAYLOAD_NOT_LANDED)
    assert found.keys() == {(CLICK, "1-0-1")}
    assert found[CLICK, "1-0-1"].evidence.affected == 10
    assert _facts(found[CLICK, "1-0-1"])["column"] == "unstruct_event_com_snowplowanalytics_snowplow_link_click_1"


def test_a_property_in_another_case_has_landed_and_its_text_is_no_number(measured: Ran) -> None:
    kinds = {one.kind for one in measured.outcome.findings if one.event == CMP}
    assert not kinds & {Kind.MISSING_COLUMN, Kind.UNDECLARED_PROPERTY, Kind.UNEXPECTED_COLUMN}
    summed = measured.outcome.sums[CMP, "1-0-0", "web"]
    prefix = "com_snowplowanalytics_snowplow_cmp_visible@1-0-0#/elapsedTime"
    assert dict(summed.failed) == {f"{prefix}:type": 33}, (
        "required holds; the rows carry a text, as the landing sent it"
    )
    rate = _of(measured.outcome, Kind.FAILURE_RATE)
    assert {key: one.evidence.affected for key, one in rate.items()} == {(CMP, "1-0-0"): 33}


def test_every_planned_event_that_never_came_is_not_seen(measured: Ran) -> None:
    came = {CMP, CONSENT, CLICK, VITALS}
    planned = {event.name for event in measured.outcome.plan.events}
    found = _of(measured.outcome, Kind.NOT_SEEN)
    assert {event for event, _ in found} == planned - came
    assert len(found) == 513
    assert {one.severity for one in found.values()} == {Severity.INFO}


# ── later ───────────────────────────────────────────────────────────────────────────────────────────


def test_a_second_run_measures_nothing_and_finds_the_same(ran: Ran) -> None:
    second = ran.again(NOW)
    assert (second.totals.tables, second.totals.rows, second.sums) == (0, 0, {})
    assert second.findings == ran.outcome.findings
    assert second.transitions == ()


def test_years_later_nothing_is_measured_and_silence_resolves_nothing(ran: Ran) -> None:
    later = ran.again(YEARS_LATER)
    assert later.totals.rows == 0
    assert {one for one in later.findings if one.kind is not Kind.NO_DATA} == set(ran.outcome.findings)
    assert all(step.intent is None for step in later.transitions)


def test_a_first_run_years_later_counts_and_finds_the_same(ran: Ran) -> None:
    shutil.rmtree(ran.root / "state")
    later = ran.again(YEARS_LATER)
    assert _rows(later) == _rows(ran.outcome)
    assert {one for one in later.findings if one.kind is not Kind.NO_DATA} == set(ran.outcome.findings)


def test_a_row_that_is_loaded_two_years_late_is_measured_alone(ran: Ran) -> None:
    ran.change(
        """INSERT INTO events BY NAME SELECT * REPLACE ('late' AS event_id, ?::TIMESTAMP AS load_tstamp) FROM events
           WHERE event_name = 'cmp_visible' ORDER BY collector_tstamp LIMIT 1""",
        "2023-04-02 10:20:00",
    )
    late = ran.again(datetime(2023, 4, 2, 12, tzinfo=UTC))
    assert _rows(late) == {(CMP, "1-0-0", "web"): 1}
    assert (late.totals.tables, late.totals.windows, late.totals.rows) == (1, 1, 1)
    assert late.past is not None
    known = {one.series[:3]: one for one in late.past.series}
    assert known[CMP, "1-0-0", "web"].last_hour < known[VITALS, "", "web"].first_hour
    again = ran.again(datetime(2023, 4, 2, 13, tzinfo=UTC))
    assert again.totals.rows == 0
