from typing import Any

import duckdb
import pytest

from monitor.catalog import TableRef
from monitor.config.landings import SegmentLanding
from monitor.errors import ConfigError
from monitor.landing.model import InColumns, Landed, LandedTable, NotLanded
from monitor.landing.naming import landed_spellings
from monitor.landing.segment import land_segment
from monitor.landing.versions import Listing
from monitor.plan.model import Plan
from monitor.sql import vocabulary as sql
from tests.unit.landing.conftest import Answers, CatalogOf, PlanOf

LISTING = Listing("0:web", "trackwarden.yml landings[0]")
METADATA = "id VARCHAR, event VARCHAR, event_text VARCHAR, timestamp TIMESTAMP, received_at TIMESTAMP"


def segment(**written: Any) -> SegmentLanding:
    """A landing as `trackwarden.yml` writes it."""
    return SegmentLanding.model_validate({"layout": "segment", "source": "web", "schema": "web", **written})


WEB = segment()


@pytest.fixture
def web(duck: duckdb.DuckDBPyConnection) -> duckdb.DuckDBPyConnection:
    """A schema as Segment makes it: two planned events, one that nobody planned, and everything else."""
    duck.execute("CREATE SCHEMA web")
    for table in ("order_completed", "page_viewed", "user_logged_in", "tracks", "identifies", "users", "pages"):
        duck.execute(
            f"CREATE TABLE web.{table} ({METADATA}, context_app_version VARCHAR, context_ip VARCHAR, price DOUBLE)"
        )
    duck.execute("CREATE VIEW web.order_completed_view AS SELECT * FROM web.order_completed")
    duck.execute("CREATE TABLE web.dim_customers (customer VARCHAR, received_at TIMESTAMP)")
    return duck


def only(tables: tuple[LandedTable, ...], name: str) -> LandedTable:
    (found,) = (table for table in tables if table.table.ref.name == name)
    return found


@pytest.fixture
def landed(web: duckdb.DuckDBPyConnection, catalog_of: CatalogOf, plan_of: PlanOf) -> Landed:  # noqa: ARG001 - its tables
    plan = plan_of({"Order Completed": ["1-0-0", "1-1-0"], "Page Viewed": ["1-0-0"], "Cart Emptied": ["1-0-0"]})
    return land_segment(WEB, plan, catalog_of(), LISTING)


def test_each_planned_event_has_its_table(landed: Landed) -> None:
    assert [(str(t.table.ref), [e.event for e in t.events]) for t in landed.tables] == [
        ("web.order_completed", ["Order Completed"]),
        ("web.page_viewed", ["Page Viewed"]),
    ]
    orders = landed.tables[0]
    assert orders.landing == "0:web"
    assert orders.event == sql.Literal("Order Completed")
    assert orders.source == sql.Literal("web")
    assert orders.events[0].raw == ("Order Completed",)
    assert orders.events[0].payload == InColumns("segment", truncates=512)
    assert (orders.time, orders.received, orders.loaded) == (sql.Column("timestamp"), sql.Column("received_at"), None)


def test_a_planned_event_without_a_table_is_missing_and_not_required(landed: Landed) -> None:
    (missing,) = landed.missing
    assert (str(missing.ref), missing.event, missing.required) == ("web.cart_emptied", "Cart Emptied", False)
    assert (missing.source, missing.landing) == ("web", "0:web")


def test_a_table_of_events_that_nobody_planned_is_counted(landed: Landed) -> None:
    assert [str(table.table.ref) for table in landed.unplanned] == ["web.user_logged_in"]
    assert landed.unplanned[0].events == ()


def test_an_unplanned_event_is_called_as_it_was_sent(
    web: duckdb.DuckDBPyConnection, landed: Landed, answers: Answers
) -> None:
    web.execute(
        "INSERT INTO web.user_logged_in (event, event_text) "
        "VALUES ('x', 'User Logged In'), ('user_logged_in', ''), (NULL, NULL)"
    )
    said = answers(TableRef("web", "user_logged_in"), landed.unplanned[0].event)
    assert said == ["User Logged In", "user_logged_in", "user_logged_in"]


@pytest.mark.usefixtures("web")
def test_an_event_planned_for_other_sources_only_is_unplanned_here(catalog_of: CatalogOf, plan_of: PlanOf) -> None:
    plan = plan_of({"User Logged In": ["1-0-0"], "Page Viewed": ["1-0-0"]}, sources={"User Logged In": ("ios",)})
    landed = land_segment(WEB, plan, catalog_of(), LISTING)
    assert [event.event for table in landed.tables for event in table.events] == ["Page Viewed"]
    assert {table.table.ref.name for table in landed.unplanned} == {"order_completed", "user_logged_in"}
    assert landed.missing == ()


def test_names_that_lead_to_one_table_are_told_apart_by_event_text(
    web: duckdb.DuckDBPyConnection, catalog_of: CatalogOf, plan_of: PlanOf, answers: Answers
) -> None:
    web.execute("INSERT INTO web.order_completed (event_text) VALUES ('Order Completed'), ('orderCompleted'), (NULL)")
    plan = plan_of({"Order Completed": ["1-1-0"], "orderCompleted": ["3-0-0"]})
    orders = only(land_segment(WEB, plan, catalog_of(), LISTING).tables, "order_completed")
    assert [(event.event, event.raw) for event in orders.events] == [
        ("Order Completed", ("Order Completed",)),
        ("orderCompleted", ("orderCompleted",)),
    ]
    ref = orders.table.ref
    assert answers(ref, orders.event) == ["Order Completed", "orderCompleted", "order_completed"]
    assert answers(ref, orders.version) == ["1-1-0", "3-0-0", None]


def test_without_event_text_the_first_event_has_the_table_and_the_other_is_missing(
    duck: duckdb.DuckDBPyConnection, catalog_of: CatalogOf, plan_of: PlanOf
) -> None:
    duck.execute("CREATE SCHEMA web")
    duck.execute("CREATE TABLE web.order_completed (event VARCHAR, received_at TIMESTAMP)")
    landed = land_segment(
        WEB, plan_of({"Order Completed": ["1-0-0"], "orderCompleted": ["1-0-0"]}), catalog_of(), LISTING
    )
    assert [event.event for table in landed.tables for event in table.events] == ["Order Completed"]
    assert [missing.event for missing in landed.missing] == ["orderCompleted"]


def test_the_version_is_segment_s_own_column_and_else_the_oldest(
    web: duckdb.DuckDBPyConnection, catalog_of: CatalogOf, plan_of: PlanOf, answers: Answers
) -> None:
    web.execute("ALTER TABLE web.order_completed ADD COLUMN context_protocols_event_version BIGINT")
    web.execute("INSERT INTO web.order_completed (context_protocols_event_version) VALUES (2), (NULL)")
    web.execute("INSERT INTO web.page_viewed (id) VALUES ('a')")
    landed = land_segment(
        WEB, plan_of({"Order Completed": ["1", "2"], "Page Viewed": ["4", "5"]}), catalog_of(), LISTING
    )
    orders, pages = landed.tables
    assert answers(orders.table.ref, orders.version) == ["2", "1"]
    assert answers(pages.table.ref, pages.version) == ["4"]


def test_a_configured_column_may_be_absent_where_it_has_no_value_yet(
    web: duckdb.DuckDBPyConnection, catalog_of: CatalogOf, plan_of: PlanOf
) -> None:
    web.execute("ALTER TABLE web.order_completed ADD COLUMN schema_version VARCHAR")
    settings = segment(version=({"column": "schema_version"},))
    orders, pages = land_segment(
        settings, plan_of({"Order Completed": ["1"], "Page Viewed": ["1"]}), catalog_of(), LISTING
    ).tables
    assert orders.version == sql.NullIf(sql.Column("schema_version"), "")
    assert pages.version == sql.Literal(None)
    assert "schema_version" in orders.own_columns


@pytest.mark.usefixtures("web")
def test_a_configured_column_that_no_table_has_is_an_error(catalog_of: CatalogOf, plan_of: PlanOf) -> None:
    settings = segment(received="recieved_at")
    with pytest.raises(ConfigError) as caught:
        land_segment(settings, plan_of({"Order Completed": ["1"]}), catalog_of(), LISTING)
    assert str(caught.value) == (
        "trackwarden.yml landings[0].received: column 'recieved_at' is not in web.order_completed "
        "(did you mean 'received_at'?)"
    )


def test_segment_s_own_columns_are_never_properties(landed: Landed) -> None:
    own = landed.tables[0].own_columns
    assert {"id", "event", "event_text", "timestamp", "received_at", "context_ip", "context_app_version"} <= own
    assert "price" not in own


def test_a_version_column_that_the_plan_declares_stays_a_property(
    web: duckdb.DuckDBPyConnection, catalog_of: CatalogOf, plan_of: PlanOf
) -> None:
    web.execute("ALTER TABLE web.order_completed ADD COLUMN schema_version VARCHAR")
    settings = segment(version=({"column": "schema_version"},))
    plan = plan_of({"Order Completed": ["1"]}, schema={"properties": {"schemaVersion": {"type": "string"}}})
    (orders,) = land_segment(settings, plan, catalog_of(), LISTING).tables
    assert "schema_version" not in orders.own_columns


def test_a_property_named_like_an_own_column_is_looked_for_with_an_underscore() -> None:
    assert landed_spellings("timestamp")[:2] == ("timestamp", "_timestamp")


@pytest.mark.parametrize(
    ("name", "table"), [("2FA Enabled", "_2fa_enabled"), ("Users", "_users"), ("Order Completed", "ORDER_COMPLETED")]
)
def test_tables_are_found_as_warehouses_spell_them(
    duck: duckdb.DuckDBPyConnection, catalog_of: CatalogOf, plan_of: PlanOf, name: str, table: str
) -> None:
    duck.execute("CREATE SCHEMA web")
    duck.execute(f"CREATE TABLE web.{table} ({METADATA})")
    duck.execute(f"CREATE TABLE web.users ({METADATA})")
    landed = land_segment(WEB, plan_of({name: ["1-0-0"]}), catalog_of(), LISTING)
    assert [found.table.ref.name for found in landed.tables] == [table]
    assert (landed.missing, landed.unplanned) == ((), ())


@pytest.mark.usefixtures("web")
def test_a_name_without_ascii_has_no_table(catalog_of: CatalogOf, plan_of: PlanOf) -> None:
    plan = plan_of({"注文": ["1-0-0"]})
    (missing,) = land_segment(WEB, plan, catalog_of(), LISTING).missing
    assert (missing.event, missing.ref.name) == ("注文", plan.events[0].key)


def test_a_schema_without_tables_is_an_error_of_measurement_not_a_plan_never_seen(
    catalog_of: CatalogOf, plan_of: PlanOf
) -> None:
    landed = land_segment(WEB, plan_of({"Order Completed": ["1-0-0"]}), catalog_of(), LISTING)
    missing, event = landed.missing
    assert (str(missing.ref), missing.required, landed.tables) == ("web.*", True, ())
    assert (str(event.ref), event.required) == ("web.order_completed", False)
    assert missing.events == ("Order Completed",), "all that would be there is unknown, not never seen"


def test_a_schema_that_has_only_identified_users_has_no_event_yet(
    duck: duckdb.DuckDBPyConnection, catalog_of: CatalogOf, plan_of: PlanOf
) -> None:
    duck.execute("CREATE SCHEMA web")
    duck.execute(f"CREATE TABLE web.identifies ({METADATA})")
    landed = land_segment(WEB, plan_of({"Order Completed": ["1-0-0"]}), catalog_of(), LISTING)
    assert [(str(missing.ref), missing.required) for missing in landed.missing] == [("web.order_completed", False)]
    assert (landed.tables, landed.unplanned) == ((), ())


def test_events_are_counted_in_tracks_where_none_has_a_table(
    duck: duckdb.DuckDBPyConnection, catalog_of: CatalogOf, plan_of: PlanOf
) -> None:
    duck.execute("CREATE SCHEMA web")
    duck.execute(f"CREATE TABLE web.tracks ({METADATA})")
    landed = land_segment(WEB, plan_of({"Order Completed": ["1-0-0"]}), catalog_of(), LISTING)
    (tracks,) = landed.tables
    assert [(event.event, event.raw) for event in tracks.events] == [
        ("Order Completed", ("Order Completed", "order_completed"))
    ]
    assert tracks.events[0].payload == NotLanded("properties")
    assert [note.problem for note in landed.notes] == ["events are counted in web.tracks: none has a table"]


@pytest.mark.usefixtures("web")
def test_an_unknown_naming_rule_is_an_error(catalog_of: CatalogOf) -> None:
    settings = segment(names="segmnet")
    with pytest.raises(ConfigError, match="did you mean 'segment'"):
        land_segment(settings, Plan((), "x"), catalog_of(), LISTING)


def test_texts_are_read_as_times_and_numbers_are_refused(
    duck: duckdb.DuckDBPyConnection, catalog_of: CatalogOf, plan_of: PlanOf, answers: Answers
) -> None:
    duck.execute("CREATE SCHEMA web")
    duck.execute(
        "CREATE TABLE web.order_completed (event VARCHAR, timestamp BIGINT, received_at VARCHAR, loaded_at TIMESTAMP)"
    )
    duck.execute("INSERT INTO web.order_completed VALUES ('x', 1, '2026-01-01T05:30:00Z', NULL), ('x', 1, '', NULL)")
    plan = plan_of({"Order Completed": ["1-0-0"]})
    (orders,) = land_segment(WEB, plan, catalog_of(), LISTING).tables
    assert orders.time is None
    assert orders.received is not None
    assert answers(orders.table.ref, sql.EpochHour(orders.received)) == [490_901, None]
    assert orders.loaded == sql.Column("loaded_at")
    settings = segment(time="timestamp")
    with pytest.raises(ConfigError, match="is BIGINT, not a time"):
        land_segment(settings, plan, catalog_of(), LISTING)


def test_the_source_may_stand_in_a_column(
    web: duckdb.DuckDBPyConnection, catalog_of: CatalogOf, plan_of: PlanOf, answers: Answers
) -> None:
    web.execute("ALTER TABLE web.order_completed ADD COLUMN app VARCHAR")
    web.execute("INSERT INTO web.order_completed (app) VALUES ('ios'), (''), (NULL)")
    settings = segment(source={"column": "app"})
    plan = plan_of({"Order Completed": ["1"], "Page Viewed": ["1"]}, sources={"Page Viewed": ("tv",)})
    orders, pages = land_segment(settings, plan, catalog_of(), LISTING).tables
    assert answers(orders.table.ref, orders.source) == ["ios", "unknown", "unknown"]
    assert pages.source == sql.Literal("unknown")
