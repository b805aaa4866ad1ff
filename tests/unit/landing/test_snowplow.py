import csv
from pathlib import Path
from typing import Any

import duckdb
import pytest

from monitor.catalog import Catalog, Column, Family, Table, TableRef
from monitor.config.landings import SnowplowLanding
from monitor.errors import ConfigError
from monitor.landing.model import InDocument, LandedEvent, LandedTable, NotLanded
from monitor.landing.snowplow import land_snowplow
from monitor.landing.versions import Listing
from monitor.plan.model import Plan
from monitor.sql import vocabulary as sql
from tests.unit.landing.conftest import Answers, CatalogOf, PlanOf

LISTING = Listing("0:platform", "trackwarden.yml landings[0]")
EVENTS = TableRef("main", "events")
VENDOR = "com.snowplowanalytics.snowplow"
STEM = "unstruct_event_com_snowplowanalytics_snowplow_"
ATOMIC = (
    "event_vendor VARCHAR, event_name VARCHAR, event_version VARCHAR, platform VARCHAR, event_id VARCHAR, "
    "derived_tstamp TIMESTAMP, collector_tstamp TIMESTAMP"
)


def snowplow(**written: Any) -> SnowplowLanding:
    """A landing as `trackwarden.yml` writes it."""
    settings = {"layout": "snowplow", "table": "main.events", "source": {"column": "platform"}, **written}
    return SnowplowLanding.model_validate(settings)


def land(plan: Plan, catalog: Catalog, **written: Any) -> LandedTable:
    (table,) = land_snowplow(snowplow(**written), plan, catalog, LISTING).tables
    return table


def event_of(table: LandedTable, name: str) -> LandedEvent:
    (found,) = (event for event in table.events if event.event == name)
    return found


def test_a_row_is_called_by_vendor_and_name_or_by_its_name_alone(
    duck: duckdb.DuckDBPyConnection, catalog_of: CatalogOf, plan_of: PlanOf, answers: Answers
) -> None:
    duck.execute(f"CREATE TABLE events ({ATOMIC})")
    duck.execute(
        "INSERT INTO events (event_vendor, event_name) "
        "VALUES ('com.acme', 'order'), ('', 'order'), (NULL, 'order'), ('com.acme', ''), ('', NULL)"
    )
    table = land(plan_of({"com.acme/order": ["1-0-0"]}), catalog_of())
    assert answers(EVENTS, table.event) == ["com.acme/order", "order", "order", None, None]
    assert table.events[0].raw == ("com.acme/order", "order")


def test_a_name_of_two_vendors_is_not_guessed_from_the_name_alone(
    duck: duckdb.DuckDBPyConnection, catalog_of: CatalogOf, plan_of: PlanOf
) -> None:
    duck.execute(f"CREATE TABLE events ({ATOMIC})")
    table = land(plan_of({"com.acme/order": ["1-0-0"], "org.acme/order": ["1-0-0"]}), catalog_of())
    assert [event.raw for event in table.events] == [("com.acme/order",), ("org.acme/order",)]


def test_an_empty_version_stays_unresolved_unless_the_configuration_says_otherwise(
    duck: duckdb.DuckDBPyConnection, catalog_of: CatalogOf, plan_of: PlanOf, answers: Answers
) -> None:
    duck.execute(f"CREATE TABLE events ({ATOMIC})")
    duck.execute(
        "INSERT INTO events (event_name, event_version) VALUES ('order', '1-0-2'), ('order', ''), ('page', '')"
    )
    plan = plan_of({"com.acme/order": ["1-0-0"]})
    assert answers(EVENTS, land(plan, catalog_of()).version) == ["1-0-2", None, None]
    chain = [{"column": "event_version"}, {"fallback": "latest"}]
    assert answers(EVENTS, land(plan, catalog_of(), version=chain).version) == ["1-0-2", "1-0-0", None]


def test_each_model_has_its_own_document_and_old_columns_are_read_with_new_ones(
    duck: duckdb.DuckDBPyConnection, catalog_of: CatalogOf, plan_of: PlanOf, answers: Answers
) -> None:
    stem = "unstruct_event_com_acme_order"
    duck.execute(
        f"CREATE TABLE events ({ATOMIC}, {stem}_1_0_0 VARCHAR, {stem}_1 JSON, {stem}_1_recovered_1_0_1_9a8b7c6d JSON, "
        f"{stem}_2 STRUCT(total DOUBLE)[])"
    )
    duck.execute(f"""INSERT INTO events ({stem}_1_0_0, {stem}_1, {stem}_1_recovered_1_0_1_9a8b7c6d, {stem}_2) VALUES
        ('[{{"total": 1}}]', NULL, NULL, NULL),
        (NULL, '{{"total": 2}}', NULL, NULL),
        ('', NULL, '[[{{"total": 3}}]]', NULL),
        (NULL, NULL, NULL, [{{'total': 4}}]),
        ('not json', NULL, NULL, NULL)""")
    order = event_of(
        land(plan_of({"com.acme/order": ["1-0-0", "1-1-0", "2-0-0", "3-0-0"]}), catalog_of()), "com.acme/order"
    )
    first, second = order.payload_of("1-1-0"), order.payload_of("2-0-0")
    assert isinstance(first, InDocument)
    assert isinstance(second, InDocument)
    assert order.payload_of("1-0-0") == first
    assert answers(EVENTS, sql.Text(sql.At(first.doc, ("total",)))) == ["1", "2", "3", None, None]
    assert answers(EVENTS, sql.Text(sql.At(second.doc, ("total",)))) == [None, None, None, "4.0", None]
    assert order.payload_of("3-0-0") == NotLanded(f"{stem}_3")
    assert order.payload_of("4-0-0") == order.payload_of("3-0-0")


def test_an_event_whose_column_never_came_has_not_landed(
    duck: duckdb.DuckDBPyConnection, catalog_of: CatalogOf, plan_of: PlanOf
) -> None:
    duck.execute(f"CREATE TABLE events ({ATOMIC})")
    table = land(plan_of({f"{VENDOR}/link_click": ["1-0-0", "1-0-1"], "Planned Elsewhere": ["1-0-0"]}), catalog_of())
    click = event_of(table, f"{VENDOR}/link_click")
    assert click.payload == NotLanded(f"{STEM}link_click_1")
    assert click.versions is None
    assert event_of(table, "Planned Elsewhere").raw == ("Planned Elsewhere",)


@pytest.mark.parametrize(
    ("setting", "naming"),
    [
        (("duckdb", "auto"), "snowplow"),
        (("snowflake", "auto"), "original"),
        (("snowflake", "snake"), "snowplow"),
        (("duckdb", "original"), "original"),
    ],
)
def test_keys_are_in_snake_case_everywhere_but_on_snowflake(
    duck: duckdb.DuckDBPyConnection, catalog_of: CatalogOf, plan_of: PlanOf, setting: tuple[str, str], naming: str
) -> None:
    engine, names = setting
    duck.execute(f"CREATE TABLE events ({ATOMIC}, unstruct_event_com_acme_order_1 JSON)")
    (order,) = land(plan_of({"com.acme/order": ["1-0-0"]}), catalog_of(engine), names=names).events
    assert isinstance(order.payload, InDocument)
    assert order.payload.naming == naming


def test_columns_in_upper_case_are_found(plan_of: PlanOf) -> None:
    names = (
        "EVENT_VENDOR",
        "EVENT_NAME",
        "EVENT_VERSION",
        "PLATFORM",
        "COLLECTOR_TSTAMP",
        "UNSTRUCT_EVENT_COM_ACME_ORDER_1",
    )
    families = {"COLLECTOR_TSTAMP": Family.TIMESTAMP, "UNSTRUCT_EVENT_COM_ACME_ORDER_1": Family.JSON}
    columns = tuple(Column(name, families.get(name, Family.TEXT), "x") for name in names)
    table = land(plan_of({"com.acme/order": ["1-0-0"]}), Catalog.of("snowflake", [Table(EVENTS, columns)]))
    assert table.received == sql.Column("COLLECTOR_TSTAMP")
    assert table.version == sql.NullIf(sql.Column("EVENT_VERSION"), "")
    assert table.events[0].payload == InDocument(
        sql.Unwrapped(sql.Column("UNSTRUCT_EVENT_COM_ACME_ORDER_1")), "original"
    )


def test_a_table_that_is_not_there_is_an_error_of_measurement(catalog_of: CatalogOf, plan_of: PlanOf) -> None:
    landed = land_snowplow(snowplow(source="web"), plan_of({"com.acme/order": ["1-0-0"]}), catalog_of(), LISTING)
    (missing,) = landed.missing
    assert (str(missing.ref), missing.required, missing.event, missing.source) == ("main.events", True, "", "web")


def test_a_table_of_something_else_is_an_error(
    duck: duckdb.DuckDBPyConnection, catalog_of: CatalogOf, plan_of: PlanOf
) -> None:
    duck.execute("CREATE TABLE events (name VARCHAR, platform VARCHAR, collector_tstamp TIMESTAMP)")
    with pytest.raises(ConfigError, match="has no column event_name"):
        land(plan_of({"com.acme/order": ["1-0-0"]}), catalog_of())


def test_a_table_without_any_time_is_an_error(
    duck: duckdb.DuckDBPyConnection, catalog_of: CatalogOf, plan_of: PlanOf
) -> None:
    duck.execute("CREATE TABLE events (event_name VARCHAR, platform VARCHAR, etl DATE)")
    with pytest.raises(ConfigError, match="name one of etl"):
        land(plan_of({"com.acme/order": ["1-0-0"]}), catalog_of())


def test_events_of_other_sources_are_left_out(
    duck: duckdb.DuckDBPyConnection, catalog_of: CatalogOf, plan_of: PlanOf
) -> None:
    duck.execute(f"CREATE TABLE events ({ATOMIC})")
    plan = plan_of({"a/x": ["1-0-0"], "a/y": ["1-0-0"]}, sources={"a/x": ("ios",), "a/y": ("web",)})
    assert [event.event for event in land(plan, catalog_of(), source="web").events] == ["a/y"]
    assert [event.event for event in land(plan, catalog_of()).events] == ["a/x", "a/y"]


# ── real rows ───────────────────────────────────────────────────────────────────────────────────────


@pytest.fixture
def real(shared: Path, duck: duckdb.DuckDBPyConnection) -> Path:
    """The public extracts, every column as text, as the files have it."""
    folder = shared / "data" / "snowplow-web"
    if not folder.is_dir():
        pytest.skip("the rows of dbt-snowplow-web are not beside the repository")
    csv.field_size_limit(10**9)
    for table, name in (("events", "snowplow_web_events.csv"), ("vitals", "snowplow_web_vital_events.csv")):
        duck.execute(f"CREATE TABLE {table} AS SELECT * FROM read_csv(?, all_varchar = true)", [str(folder / name)])
    return folder


@pytest.fixture
def iglu(plan_of: PlanOf) -> Plan:
    events = ("cmp_visible", "consent_preferences", "link_click", "web_vitals")
    versions = {"link_click": ["1-0-0", "1-0-1"]}
    return plan_of({f"{VENDOR}/{name}": versions.get(name, ["1-0-0"]) for name in events})


@pytest.mark.usefixtures("real")
def test_real_rows_find_their_events_versions_and_documents(
    iglu: Plan, catalog_of: CatalogOf, answers: Answers
) -> None:
    table = land(iglu, catalog_of(), id="event_id")
    names = answers(EVENTS, table.event)
    versions = answers(EVENTS, table.version)
    raw = {value: event.event for event in table.events for value in event.raw}
    assert len(names) == 160
    assert sum(name in raw for name in names) == 33 + 32 + 10
    assert sum(name.endswith(("/page_view", "/page_ping")) for name in names) == 58
    assert sum(name not in raw for name in names) == 58 + 27
    consent = [v for name, v in zip(names, versions, strict=True) if raw.get(name) == f"{VENDOR}/consent_preferences"]
    assert consent == ["1-0-2"] * 32
    visible = event_of(table, f"{VENDOR}/cmp_visible").payload
    assert isinstance(visible, InDocument)
    elapsed = answers(EVENTS, sql.Text(sql.At(visible.doc, ("elapsed_time",))))
    assert sum(value is not None for value in elapsed) == 33
    assert event_of(table, f"{VENDOR}/link_click").payload == NotLanded(f"{STEM}link_click_1")
    assert set(answers(EVENTS, table.source)) == {"web"}
    ids = answers(EVENTS, table.id)
    assert len(ids) - len(set(ids)) == 3


@pytest.mark.usefixtures("real")
def test_real_times_that_landed_as_text_are_read(iglu: Plan, catalog_of: CatalogOf, answers: Answers) -> None:
    table = land(iglu, catalog_of())
    assert None not in answers(EVENTS, table.time)
    assert None not in answers(EVENTS, table.received)
    assert sum(loaded is None for loaded in answers(EVENTS, table.loaded)) == 95


@pytest.mark.usefixtures("real")
def test_real_rows_without_vendor_and_version_are_known_by_name(
    iglu: Plan, catalog_of: CatalogOf, answers: Answers
) -> None:
    table = land(iglu, catalog_of(), table="main.vitals")
    vitals = event_of(table, f"{VENDOR}/web_vitals")
    names = answers(table.table.ref, table.event)
    assert sum(name in vitals.raw for name in names) == 1000
    assert names.count(None) == 1
    assert set(answers(table.table.ref, table.version)) == {None}
    assert isinstance(vitals.payload, InDocument)
    lcp = answers(table.table.ref, sql.Text(sql.At(vitals.payload.doc, ("lcp",))))
    assert lcp[0] == "1908"
