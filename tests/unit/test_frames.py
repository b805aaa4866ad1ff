"""Frames are tidy: the same columns and dtypes with rows and without, times as times, nothing packed."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pandas as pd
import pytest
from click.testing import CliRunner

from monitor.cli import main
from monitor.errors import ExitCode
from monitor.frames import COLUMNS, Frames
from monitor.history.store import History, RunRecord
from monitor.measure.model import NO_TIME, Failure
from tests.fakes.measured import NOW, TABLE, count, delivery, incident, measured, opened, transition

HOUR = 494_000


def filled(folder: Path) -> History:
    history = opened(folder)
    counts = [count(HOUR, 5), count(HOUR + 1, 7, window=HOUR + 2), count(HOUR, 2, series=1), count(NO_TIME, 3)]
    failures = [Failure(0, HOUR, HOUR, "order_completed@1-1-0#/currency:enum", 2)]
    history.record(measured(None, HOUR + 3, counts, failures=failures), TABLE, "c", "r1")
    history.finish_run(RunRecord("r1", NOW, "p", None, None, rows=14))
    history.desk.apply([transition(incident())], [delivery()])
    with history.lease("run", timedelta(minutes=1)), history.claimed(HOUR + 3, "r1"):
        pass
    return history


@pytest.mark.parametrize("name", COLUMNS)
def test_columns_and_dtypes_are_the_documented_ones_with_rows_and_without(name: str, tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    with Frames(opened(tmp_path / "empty")) as none, Frames(filled(tmp_path)) as some:
        for frame, rows in ((none.frame(name), False), (some.frame(name), True)):
            assert {column: str(dtype) for column, dtype in frame.dtypes.items()} == COLUMNS[name]
            assert bool(len(frame)) == rows


def test_hours_are_times_and_rows_without_any_are_nat(tmp_path: Path) -> None:
    with Frames(filled(tmp_path)) as frames:
        hours = frames.series()

    at = pd.Timestamp(datetime(1970, 1, 1, tzinfo=UTC) + timedelta(hours=HOUR))
    assert hours["hour"].isna().sum() == 1
    assert hours.loc[hours["hour"] == at, "rows"].tolist() == [5, 2]
    assert hours.groupby("source")["rows"].sum().to_dict() == {"ios": 2, "web": 15}
    late = hours[hours["window"] > hours["hour"]]
    assert late["rows"].tolist() == [7]


def test_hours_are_chosen_by_moments_and_iso_text(tmp_path: Path) -> None:
    since = datetime(1970, 1, 1, tzinfo=UTC) + timedelta(hours=HOUR + 1)
    with Frames(filled(tmp_path)) as frames:
        assert frames.series(since=since)["rows"].tolist() == [7]
        assert frames.series(since=since.replace(tzinfo=None).isoformat(), until=since).empty
        assert frames.failures(until=since)["failed"].tolist() == [2]


def test_incidents_tell_their_finding_in_words(tmp_path: Path) -> None:
    with Frames(filled(tmp_path)) as frames:
        (row,) = frames.incidents().to_dict("records")
        (said,) = frames.messages().to_dict("records")

    assert (row["state"], row["severity"], row["kind"], row["event"]) == (
        "open", "critical", "failure_rate", "Order Completed",
    )  # fmt: skip
    assert (said["intent"], said["sent_at"] is pd.NaT) == ("opened", True)


def exported(folder: Path, *more: str) -> tuple[int, str]:
    (folder / "trackwarden.yml").write_text(
        "plan: {path: p}\nprofile: {name: x}\nhistory: {url: 'sqlite:///history.db'}\n"
        "landings: [{source: web, layout: segment, schema: web}]\n"
    )
    done = CliRunner().invoke(main, ["-C", str(folder), "history", *more])
    return done.exit_code, done.output


def test_files_hold_what_the_frames_do(tmp_path: Path) -> None:
    with Frames(filled(tmp_path)) as frames:
        expected = frames.series()

    code, told = exported(tmp_path, "export", str(tmp_path / "out"))

    assert code == 0, told
    assert "series.parquet: 4 rows" in told
    pd.testing.assert_frame_equal(
        pd.read_parquet(tmp_path / "out" / "series.parquet").astype(expected.dtypes), expected
    )
    assert sorted(path.name for path in (tmp_path / "out").iterdir()) == sorted(f"{name}.parquet" for name in COLUMNS)


def test_a_spreadsheet_takes_no_text_for_a_formula(tmp_path: Path) -> None:
    history = opened(tmp_path)
    failures = [Failure(0, HOUR, HOUR, rule, 1) for rule in ("=cmd()", "+1", "-1", "@x", "fine")]
    history.record(measured(None, HOUR + 1, [count(HOUR, 5)], failures=failures), TABLE, "c", "r1")
    history.close()

    code, told = exported(tmp_path, "export", str(tmp_path / "out"), "--format", "csv", "--table", "failures")

    assert code == 0, told
    rows = pd.read_csv(tmp_path / "out" / "failures.csv")
    assert sorted(rows["rule"]) == sorted(["'=cmd()", "'+1", "'-1", "'@x", "fine"])
    assert rows["hour"].unique().tolist() == ["2026-05-10T08:00:00.000000Z"]


def test_a_folder_that_cannot_be_written_is_said_and_what_stood_there_stands(tmp_path: Path) -> None:
    filled(tmp_path).close()
    (tmp_path / "out").write_text("a file")

    code, told = exported(tmp_path, "export", str(tmp_path / "out"))

    assert code in (ExitCode.USAGE, ExitCode.UNREACHABLE)
    assert (tmp_path / "out").read_text() == "a file"
    assert "Traceback" not in told


def test_prune_counts_and_deletes_only_when_told_to(tmp_path: Path) -> None:
    history = opened(tmp_path)
    history.record(measured(None, HOUR, [count(400_000, 5)]), TABLE, "c", "r1")
    history.close()

    code, told = exported(tmp_path, "prune", "--keep-days", "63")
    assert (code, "2 rows" in told, "would be deleted" in told) == (0, True, True), told
    code, told = exported(tmp_path, "prune", "--keep-days", "63", "--yes")
    assert (code, "2 rows" in told, "MB now" in told) == (0, True, True), told
    code, told = exported(tmp_path, "prune", "--keep-days", "63")
    assert (code, told.startswith("0 rows")) == (0, True), told
