"""Amplitude, Mixpanel and PostHog: one table, properties in a document, no version. Real rows where there are some."""

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from monitor.errors import Problems
from monitor.judge.model import Kind
from tests.fakes.landings import Job, failed, of, rows, told

NOW = datetime(2026, 6, 30, 12, tzinfo=UTC)
AT = "2026-06-30 08:10:00"
PLAYS = {
    "type": "object",
    "required": ["title", "video_id"],
    "additionalProperties": False,
    "properties": {"title": {"type": "string"}, "video_id": {"type": "integer"}},
}


# ── Amplitude ───────────────────────────────────────────────────────────────────────────────────────

AMPLITUDE = """uuid VARCHAR, event_id BIGINT, event_type VARCHAR, event_properties JSON, user_properties JSON,
    event_time TIMESTAMP, server_received_time TIMESTAMP, server_upload_time TIMESTAMP, processed_time TIMESTAMP,
    platform VARCHAR, version_name VARCHAR"""


@pytest.fixture
def amplitude(tmp_path: Path) -> Job:
    landing = {"layout": "amplitude", "source": {"column": "platform"}, "table": "raw.events_42", "id": "uuid"}
    two = {"1-0-0": PLAYS, "2-0-0": {"type": "object"}}
    job = Job.made(tmp_path, landing, {"Video Played": {"1-0-0": PLAYS}, "Video Ended": two})
    job.sql("CREATE SCHEMA raw", f"CREATE TABLE raw.events_42 ({AMPLITUDE})")
    common = {"platform": "iOS", "event_time": AT, "server_received_time": AT}
    landed: list[dict[str, Any]] = []
    for number in range(50):
        properties: dict[str, Any] = {"title": "Sponge", "video_id": number}
        if number < 6:
            properties["video_id"] = f"v{number}"
        if number >= 38:
            properties["[Amplitude] City"] = "Rome"
        named = {"uuid": f"u{number}", "event_type": "Video Played", "event_properties": properties}
        landed.append({**common, **named})
    landed.append(landed[-1])
    landed.append({**common, "uuid": "s1", "event_type": "session_start", "event_properties": {}})
    landed.append(
        {**common, "uuid": "e1", "event_type": "Video Ended", "event_properties": {}, "version_name": "2.1.0"}
    )
    landed.append({**common, "uuid": "x1", "event_type": "Video Liked", "event_properties": {}, "platform": None})
    job.land("raw.events_42", *landed)
    return job


def test_amplitude_rows_are_of_the_only_planned_version(amplitude: Job) -> None:
    outcome = amplitude.run(NOW)
    assert rows(outcome) == {
        ("Video Played", "1-0-0", "iOS"): 51,
        ("Video Ended", "", "iOS"): 1,
        ("session_start", "", "iOS"): 1,
        ("Video Liked", "", "unknown"): 1,
    }
    assert failed(outcome, "Video Played", "1-0-0", "iOS") == {"/video_id:type": 6, ":additionalProperties": 13}


def test_amplitude_drift_unknown_versions_and_repeated_ids_are_told(amplitude: Job) -> None:
    found = told(amplitude.run(NOW), Kind.FAILURE_RATE)
    assert found == {
        Kind.UNDECLARED_PROPERTY: [("Video Played", "1-0-0", "[Amplitude] City", 13)],
        Kind.UNPLANNED_EVENT: [("Video Liked", "", "", 1)],
        Kind.UNKNOWN_VERSION: [("Video Ended", "", "", 1)],
        Kind.DUPLICATED_IDS: [("", "", "raw.events_42", 1)],
    }


def test_an_app_version_tells_the_events_version(amplitude: Job) -> None:
    (amplitude.root / "versions.yml").write_text('iOS: {"*": {"<2": 1-0-0, ">=2": 2-0-0}}\n')
    amplitude.configure(version=[{"app_version": "versions.yml"}, {"fallback": "only"}])
    assert rows(amplitude.run(NOW))["Video Ended", "2-0-0", "iOS"] == 1


def test_fivetrans_real_amplitude_rows_are_counted_by_event(tmp_path: Path, shared: Path) -> None:
    landing = {"layout": "amplitude", "source": "web", "table": "amplitude.event"}
    job = Job.made(tmp_path, landing, {"watch_test_amplitude": {"1-0-0": {"type": "object"}}})
    _fivetran(job, shared)
    landed = job.sql("SELECT event_type, count(*) FROM amplitude.event GROUP BY 1")
    assert {event: count for (event, _, _), count in rows(job.run(NOW)).items()} == dict(landed)
    assert rows(job.run(NOW)) == {}, "nothing has come since"


def test_an_event_is_named_by_fivetrans_table_of_event_types(tmp_path: Path, shared: Path) -> None:
    landing = {"layout": "amplitude", "source": "web", "table": "amplitude.event"}
    job = Job.made(tmp_path, landing, {"watch_test_amplitude": {"1-0-0": {"type": "object"}}})
    _fivetran(job, shared)
    joined = "amplitude.event e JOIN amplitude.event_type t ON t.id = e.event_type_id"
    job.sql("ALTER TABLE amplitude.event DROP COLUMN event_type")
    by_name = dict(job.sql(f"SELECT t.name, count(*) FROM {joined} GROUP BY 1"))
    counted = {event: count for (event, _, _), count in rows(job.run(NOW)).items() if event}
    assert counted == by_name
    assert len(by_name) > 1


def test_events_named_by_a_number_alone_are_an_error_with_its_next_step(tmp_path: Path, shared: Path) -> None:
    job = Job.made(tmp_path, {"layout": "amplitude", "source": "web", "table": "amplitude.event"}, {"a": {"1-0-0": {}}})
    _fivetran(job, shared)
    job.sql("ALTER TABLE amplitude.event DROP COLUMN event_type", "DROP TABLE amplitude.event_type")
    with pytest.raises(Problems) as caught:
        job.run(NOW)
    (error,) = caught.value.errors
    assert (
        error.problem
        == "amplitude.event names events by event_type_id, and there is no amplitude.event_type with id and name"
    )
    assert (error.where, error.hint) == (
        "trackwarden.yml landings[0].table",
        "sync Fivetran's table event_type beside it",
    )


def _fivetran(job: Job, shared: Path) -> None:
    job.sql("CREATE SCHEMA amplitude")
    for name in ("event", "event_type"):
        file = shared / "data" / "fivetran-seeds" / f"amplitude_{name}_data.csv"
        job.sql(f"CREATE TABLE amplitude.{name} AS SELECT * FROM read_csv('{file}', header = true)")


# ── Mixpanel ────────────────────────────────────────────────────────────────────────────────────────


def test_fivetrans_real_mixpanel_rows_are_checked(tmp_path: Path, shared: Path) -> None:
    landing = {"layout": "mixpanel", "source": "web", "table": "mixpanel.event", "received": "time", "id": "insert_id"}
    job = Job.made(tmp_path, landing, {"plays": {"1-0-0": PLAYS}})
    file = shared / "data" / "fivetran-seeds" / "mixpanel_event.csv"
    job.sql("CREATE SCHEMA mixpanel", f"CREATE TABLE mixpanel.event AS SELECT * FROM read_csv('{file}', header = true)")
    outcome = job.run(NOW)
    landed = dict(job.sql("SELECT name, count(*) FROM mixpanel.event GROUP BY 1"))
    assert {event: count for (event, _, _), count in rows(outcome).items()} == landed
    carried = {
        name
        for (name,) in job.sql("SELECT DISTINCT unnest(json_keys(properties)) FROM mixpanel.event WHERE name = 'plays'")
    }
    assert {"title", "video_id", "user_id", "Operating System"} <= carried
    extra = {one.property for one in of(outcome, Kind.UNDECLARED_PROPERTY)}
    assert extra == carried - {"title", "video_id"}


def test_mixpanels_own_export_counts_seconds_and_reserved_names(tmp_path: Path) -> None:
    landing = {"layout": "mixpanel", "source": "web", "table": "mixpanel.mp_master_event", "names": "reserved"}
    schema = {"type": "object", "required": ["$browser"], "properties": {"$browser": {"type": "string"}}}
    job = Job.made(tmp_path, landing, {"Plan Bought": {"1-0-0": schema}})
    job.sql(
        "CREATE SCHEMA mixpanel",
        """CREATE TABLE mixpanel.mp_master_event (mp_event_name VARCHAR, distinct_id VARCHAR, time BIGINT,
           mp_processing_time_ms BIGINT, mp_insert_id VARCHAR, properties VARCHAR)""",
    )
    at = int(datetime(2026, 6, 30, 8, 10, tzinfo=UTC).timestamp())
    times = {"time": at, "mp_processing_time_ms": at * 1000}
    good = {"mp_event_name": "Plan Bought", "properties": {"mp_reserved_browser": "Safari"}, **times}
    bad = {"mp_event_name": "Plan Bought", "properties": {"mp_reserved_os": "iOS"}, **times}
    job.land("mixpanel.mp_master_event", *[good] * 20, *[bad] * 5)
    outcome = job.run(NOW)
    assert rows(outcome) == {("Plan Bought", "1-0-0", "web"): 25}
    assert failed(outcome, "Plan Bought", "1-0-0") == {"/$browser:required": 5}
    assert outcome.totals.windows == 1
    assert of(outcome, Kind.UNDECLARED_PROPERTY) == []


def test_mixpanel_columns_of_singer_are_properties(tmp_path: Path) -> None:
    landing = {"layout": "mixpanel", "source": "web", "table": "mixpanel.export"}
    schema = {"type": "object", "required": ["plan"], "properties": {"plan": {"type": "string"}}}
    job = Job.made(tmp_path, landing, {"Plan Bought": {"1-0-0": schema}})
    job.sql(
        "CREATE SCHEMA mixpanel",
        """CREATE TABLE mixpanel.export (event VARCHAR, time TIMESTAMP, distinct_id VARCHAR,
           mp_reserved_browser VARCHAR, mp_reserved_insert_id VARCHAR, plan VARCHAR, colour VARCHAR)""",
    )
    row = {"event": "Plan Bought", "time": AT, "mp_reserved_browser": "Safari"}
    job.land("mixpanel.export", *[{**row, "plan": "pro"}] * 20, *[{**row, "colour": "red"}] * 5)
    outcome = job.run(NOW)
    assert failed(outcome, "Plan Bought", "1-0-0") == {"/plan:required": 5}
    assert [one.property for one in of(outcome, Kind.UNEXPECTED_COLUMN)] == ["colour"]


# ── PostHog ─────────────────────────────────────────────────────────────────────────────────────────


@pytest.fixture
def posthog(tmp_path: Path) -> Job:
    landing = {"layout": "posthog", "source": "web", "table": "posthog.events", "id": "uuid"}
    job = Job.made(tmp_path, landing, {"video played": {"1-0-0": PLAYS}})
    job.sql(
        "CREATE SCHEMA posthog",
        """CREATE TABLE posthog.events (uuid VARCHAR, event VARCHAR, properties JSON, elements JSON, "set" JSON,
           set_once JSON, distinct_id VARCHAR, team_id INTEGER, ip VARCHAR, site_url VARCHAR, "timestamp" TIMESTAMP)""",
    )
    landed: list[dict[str, Any]] = []
    for number in range(40):
        properties: dict[str, Any] = {"title": "Sponge", "video_id": number, "$lib": "web", "$os": "Mac OS X"}
        if number < 4:
            del properties["title"]
        if number < 11:
            properties["colour"] = "red"
        landed.append({"uuid": f"u{number}", "event": "video played", "properties": properties, "timestamp": AT})
    landed += [landed[0], {"uuid": "p", "event": "$pageview", "properties": {}, "timestamp": AT}]
    job.land("posthog.events", *landed)
    return job


def test_posthog_rows_are_checked_and_its_own_keys_are_no_drift(posthog: Job) -> None:
    outcome = posthog.run(NOW)
    assert rows(outcome) == {("video played", "1-0-0", "web"): 41, ("$pageview", "", "web"): 1}
    assert failed(outcome, "video played", "1-0-0") == {"/title:required": 5, ":additionalProperties": 12}
    found = told(outcome, Kind.FAILURE_RATE)
    assert found == {
        Kind.UNDECLARED_PROPERTY: [("video played", "1-0-0", "colour", 12)],
        Kind.DUPLICATED_IDS: [("video played", "", "posthog.events", 1)],
    }


def test_further_keys_of_an_sdk_can_be_named(posthog: Job) -> None:
    posthog.configure(own_keys=["colour"])
    assert of(posthog.run(NOW), Kind.UNDECLARED_PROPERTY) == []
