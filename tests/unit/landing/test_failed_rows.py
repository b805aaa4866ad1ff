"""What is rejected, discarded, recovered or put together, as values: no warehouse but DuckDB's answers."""

from typing import Any

import duckdb
import pytest
import sqlalchemy as sa
from pydantic import TypeAdapter

from monitor.catalog import TableRef
from monitor.config.landings import Landing, place_of, schemas_of
from monitor.errors import ConfigError, Problems
from monitor.landing.bind import land
from monitor.landing.model import FirstOf, Landed, LandedTable, Marks, NotLanded, Origin
from monitor.measure.origin import rows_of
from monitor.sql.engines import writer
from tests.unit.landing.conftest import CatalogOf, PlanOf

LANDING: TypeAdapter[Any] = TypeAdapter(Landing)
TRACK = "id VARCHAR, event VARCHAR, event_text VARCHAR, received_at TIMESTAMP"
ROOT = "root_id VARCHAR, root_tstamp TIMESTAMP, schema_version VARCHAR"
EVENTS = "event_id VARCHAR, app_id VARCHAR, event_vendor VARCHAR, event_name VARCHAR, event_version VARCHAR"


@pytest.fixture
def landed(duck: duckdb.DuckDBPyConnection, catalog_of: CatalogOf, plan_of: PlanOf) -> Any:
    """`landed({"layout": …}, {"Order": ["1-0-0"]}, "CREATE TABLE …", engine="redshift")`"""

    def bound(written: dict[str, Any], events: dict[str, list[str]], *made: str, engine: str = "duckdb") -> Landed:
        for statement in made:
            duck.execute(statement)
        return land((LANDING.validate_python(written),), plan_of(events), catalog_of(engine), {})

    return bound


def problems(landed: Any, *arguments: Any) -> list[ConfigError]:
    with pytest.raises(Problems) as caught:
        landed(*arguments)
    return [error for error in caught.value.errors if isinstance(error, ConfigError)]


def origin_of(table: LandedTable) -> Origin:
    assert table.origin is not None
    return table.origin


def only(tables: tuple[LandedTable, ...], name: str) -> LandedTable:
    (found,) = (table for table in tables if table.table.ref.name == name)
    return found


# ── configuration ───────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("written", "place", "schemas"),
    [
        ({"layout": "rudderstack", "source": "web", "schema": "web"}, "web", {"web"}),
        ({"layout": "ga4", "source": "web", "schema": "analytics_1"}, "analytics_1", {"analytics_1"}),
        ({"layout": "jitsu", "source": "web", "schema": "jitsu"}, "jitsu", {"jitsu"}),
        ({"layout": "jitsu", "source": "web", "table": "raw.events"}, "raw.events", {"raw"}),
        ({"layout": "posthog", "source": "web", "table": "events"}, "events", {""}),
        (
            {"layout": "segment", "source": "web", "schema": "web", "rejected": {"table": "v.violation_generated"}},
            "web",
            {"web", "v"},
        ),
        (
            {"layout": "snowplow", "source": "web", "table": "a.events", "rejected": {"table": "f.events"}},
            "a.events",
            {"a", "f"},
        ),
    ],
)
def test_the_schemas_of_a_landing_are_read_from_the_catalog(
    written: dict[str, Any], place: str, schemas: set[str]
) -> None:
    landing = LANDING.validate_python(written)
    assert (place_of(landing), set(schemas_of(landing))) == (place, schemas)


def test_jitsu_wants_one_of_table_and_schema() -> None:
    with pytest.raises(ValueError, match="needs either table: "):
        LANDING.validate_python({"layout": "jitsu", "source": "web"})
    with pytest.raises(ValueError, match="needs either table: "):
        LANDING.validate_python({"layout": "jitsu", "source": "web", "table": "a", "schema": "b"})


@pytest.mark.parametrize(
    ("layout", "columns", "problem"),
    [
        (
            "amplitude",
            "event_type VARCHAR, event_time TIMESTAMP",
            "no column event_properties, which holds the properties",
        ),
        ("amplitude", "event_properties JSON", "no column event_type or event_type_id, which names the event"),
        ("mixpanel", "time TIMESTAMP", "no column mp_event_name or event_name or name or event, which names the event"),
        ("mixpanel", "name VARCHAR, time TIMESTAMP, properties BIGINT", "is BIGINT, not a document"),
        ("posthog", "uuid VARCHAR", "no column event, which names the event"),
        ("posthog", "event VARCHAR, properties JSON", "neither `time` (when it happened) nor `received`"),
        ("jitsu", "message_id VARCHAR", "no column event or event_type, which names the event"),
    ],
)
def test_a_table_of_another_kind_is_an_error_with_place_and_next_step(
    landed: Any, layout: str, columns: str, problem: str
) -> None:
    written = {"layout": layout, "source": "web", "table": "main.t"}
    (error,) = problems(landed, written, {"a": ["1-0-0"]}, f"CREATE TABLE t ({columns})")
    assert problem in error.problem
    assert error.where.startswith("trackwarden.yml landings[0]")
    assert error.hint


def test_a_table_that_is_not_there_is_missing_whatever_the_layout(landed: Any) -> None:
    for layout in ("amplitude", "mixpanel", "posthog", "jitsu", "json", "snowplow"):
        written = {"layout": layout, "source": "web", "table": "main.absent"}
        more = {"event": {"column": "a"}, "properties": {"column": "b"}} if layout == "json" else {}
        (missing,) = landed({**written, **more}, {"a": ["1-0-0"]}).missing
        assert (str(missing.ref), missing.required) == ("main.absent", True)


def test_a_ga4_dataset_needs_a_timestamp_of_numbers(landed: Any) -> None:
    made = "CREATE TABLE events_20260101 (event_name VARCHAR, event_params VARCHAR, event_timestamp VARCHAR)"
    (error,) = problems(landed, {"layout": "ga4", "source": "web", "schema": "main"}, {"a": ["1-0-0"]}, made)
    assert error.problem == "main.events_* has no event_timestamp of whole numbers"
    assert error.where == "trackwarden.yml landings[0].schema"


def test_tables_that_are_no_days_are_no_part_of_ga4(landed: Any) -> None:
    held = "(event_name VARCHAR, event_params VARCHAR, event_timestamp BIGINT)"
    names = ("events_20260101", "events_20261301", "events_intraday_20260101", "events_intraday_20260102", "events_x")
    written = {"layout": "ga4", "source": "web", "schema": "main"}
    made = [f"CREATE TABLE {name} {held}" for name in names]
    (table,) = landed(written, {"a": ["1-0-0"]}, *made).tables
    assert [part.table.ref.name for part in origin_of(table).parts] == ["events_20260101", "events_intraday_20260102"]
    (table,) = landed({**written, "intraday": False}, {"a": ["1-0-0"]}).tables
    assert [part.table.ref.name for part in origin_of(table).parts] == ["events_20260101"]


def test_the_days_of_ga4_bound_only_the_time_of_the_events_themselves(landed: Any) -> None:
    held = "(event_name VARCHAR, event_params VARCHAR, event_timestamp BIGINT, copied_at TIMESTAMP)"
    written = {"layout": "ga4", "source": "web", "schema": "main"}
    (table,) = landed(written, {"a": ["1-0-0"]}, f"CREATE TABLE events_20260101 {held}").tables
    assert all(part.since and part.until for part in origin_of(table).parts)
    (table,) = landed({**written, "loaded": "copied_at"}, {"a": ["1-0-0"]}).tables
    assert [(part.since, part.until) for part in origin_of(table).parts] == [(None, None)], "a copy may come later"


def test_a_schema_whose_properties_are_no_mapping_stops_no_landing(
    duck: duckdb.DuckDBPyConnection, catalog_of: CatalogOf, plan_of: PlanOf
) -> None:
    duck.execute("CREATE TABLE events (event_type VARCHAR, received_at TIMESTAMP)")
    plan = plan_of({"a": ["1-0-0"]}, schema={"type": "object", "properties": 5})
    landing = LANDING.validate_python({"layout": "jitsu", "source": "web", "table": "main.events"})
    (table,) = land((landing,), plan, catalog_of("duckdb"), {}).tables
    assert [event.event for event in table.events] == ["a"]


def test_a_violation_that_comes_later_does_not_move_an_event_that_was_counted(
    duck: duckdb.DuckDBPyConnection, landed: Any
) -> None:
    found = landed(
        {"layout": "segment", "source": "web", "schema": "web"},
        {"Order Completed": ["1-0-0"]},
        "CREATE SCHEMA web",
        """CREATE TABLE web.violation_generated (event_message_id VARCHAR, event_name VARCHAR, source_slug VARCHAR,
           violation_type VARCHAR, violation_field VARCHAR, received_at TIMESTAMP)""",
        """INSERT INTO web.violation_generated VALUES
           ('m', 'Order Completed', 'web', 'Required', 'total', '2026-06-01 03:30'),
           ('m', 'Order Completed', 'web', 'Required', 'currency', '2026-06-01 05:30')""",
    )
    table = only(found.tables, "violation_generated")
    writes = writer("duckdb")
    counted: sa.Select[Any] = sa.select(sa.column("received_at")).select_from(rows_of(table, ["received_at"], writes))
    assert [str(at) for (at,) in duck.execute(writes.compile(counted)).fetchall()] == ["2026-06-01 03:30:00"]


# ── tables put together ─────────────────────────────────────────────────────────────────────────────


def test_discards_stand_beside_each_event_table_and_generated_projects_still_name_it(landed: Any) -> None:
    found = landed(
        {"layout": "rudderstack", "source": "web", "schema": "web"},
        {"Order Completed": ["1-0-0"]},
        "CREATE SCHEMA web",
        f"CREATE TABLE web.order_completed ({TRACK}, total DOUBLE, discarded__x VARCHAR)",
        "CREATE TABLE web.rudder_discards (table_name VARCHAR, row_id VARCHAR, column_name VARCHAR)",
    )
    (table,) = found.tables
    (marks,) = origin_of(table).beside
    assert isinstance(marks, Marks)
    assert [name for name, _ in marks.marks] == ["discarded___total", "discarded___discarded__x"]
    assert set(table.discarded) == {"total", "discarded__x"}
    assert (table.stands, table.rejected) == (True, False)
    assert found.unplanned == ()


@pytest.mark.parametrize(("engine", "limit"), [("duckdb", None), ("redshift", 512)])
def test_rudderstack_cuts_texts_off_on_redshift_alone(landed: Any, engine: str, limit: int | None) -> None:
    found = landed(
        {"layout": "rudderstack", "source": "web", "schema": "web"},
        {"Order Completed": ["1-0-0"]},
        "CREATE SCHEMA web",
        f"CREATE TABLE web.order_completed ({TRACK})",
        engine=engine,
    )
    assert found.tables[0].events[0].payload.truncates == limit


def test_a_name_that_postgres_cut_is_found(landed: Any) -> None:
    name = "Order " + "x" * 80
    found = landed(
        {"layout": "rudderstack", "source": "web", "schema": "web"},
        {name: ["1-0-0"]},
        "CREATE SCHEMA web",
        f"CREATE TABLE web.order_{'x' * 57} ({TRACK})",
    )
    assert [event.event for event in found.tables[0].events] == [name]


def test_a_shredded_event_has_its_own_table_and_leaves_events(landed: Any) -> None:
    found = landed(
        {"layout": "snowplow", "source": {"column": "app_id"}, "table": "atomic.events"},
        {"com.acme/HTTPRequest": ["1-0-0", "2-0-0"], "com.acme/order": ["1-0-0"]},
        "CREATE SCHEMA atomic",
        f"CREATE TABLE atomic.events ({EVENTS}, collector_tstamp TIMESTAMP)",
        f"CREATE TABLE atomic.com_acme_http_request_1 ({ROOT}, url VARCHAR)",
        f"CREATE TABLE atomic.com_acme_http_request_1_1_0_1_recovered_42 ({ROOT}, url BIGINT)",
        "CREATE TABLE atomic.com_acme_order_1 (order_id VARCHAR)",
    )
    request = only(found.tables, "com_acme_http_request_1")
    (event,) = request.events
    assert isinstance(event.payload_of("2-0-0"), NotLanded), "another MODEL has a table of its own"
    assert [type(one) for one in origin_of(request).beside] == [FirstOf, FirstOf]
    assert request.recovered == ("com_acme_http_request_1_1_0_1_recovered_42",)
    (main, recovered) = origin_of(request).parts
    assert [column.name for column in recovered.table.columns] == ["root_id", "root_tstamp", "schema_version"]
    events = only(found.tables, "events")
    assert origin_of(events).where is not None
    assert len(found.tables) == 2, "a table without root_id is none of Snowplow's"
    assert (request.stands, events.stands, main.table.ref) == (False, False, TableRef("atomic", request.table.ref.name))
