from typing import Any

import duckdb
import pytest

from monitor.catalog import TableRef
from monitor.config.landings import JsonLanding
from monitor.contract import bind
from monitor.errors import ConfigError
from monitor.landing.json_table import land_json
from monitor.landing.model import InDocument, Landed, LandedTable
from monitor.landing.versions import Listing
from monitor.sql import vocabulary as sql
from tests.unit.landing.conftest import Answers, CatalogOf, PlanOf

LISTING = Listing("1:platform", "trackwarden.yml landings[1]")
EVENTS = TableRef("main", "events")
COLUMNS = "event_name VARCHAR, payload {payload}, occurred_at TIMESTAMP, received_at VARCHAR, platform VARCHAR"


def landing(**written: Any) -> JsonLanding:
    """A landing as `trackwarden.yml` writes it."""
    return JsonLanding.model_validate(
        {
            "layout": "json",
            "table": "main.events",
            "source": {"column": "platform"},
            "event": {"column": "event_name"},
            "properties": {"column": "payload"},
            "time": "occurred_at",
            **written,
        }
    )


@pytest.fixture(params=["JSON", "VARCHAR"])
def rows(request: pytest.FixtureRequest, duck: duckdb.DuckDBPyConnection) -> duckdb.DuckDBPyConnection:
    """A table whose payload is a document, or text that holds one."""
    duck.execute(f"CREATE TABLE events ({COLUMNS.format(payload=request.param)})")
    duck.execute("""INSERT INTO events VALUES
        ('Order Completed', '{"orderTotal": 5, "schema_version": "1-1-0"}', '2026-01-01',
         '2026-01-01T00:00:01Z', 'web'),
        ('order_completed', '{"schema_version": 2}', '2026-01-01', 'soon', ''),
        ('', NULL, NULL, NULL, NULL)""")
    return duck


@pytest.fixture
def table(rows: duckdb.DuckDBPyConnection, catalog_of: CatalogOf, plan_of: PlanOf) -> LandedTable:  # noqa: ARG001 - its table
    plan = plan_of({"Order Completed": ["1-1-0", "2"], "Cart Emptied": ["1-0-0"]})
    settings = landing(version=[{"json": "$.schema_version"}, {"fallback": "oldest"}], received="received_at", lag="3h")
    (found,) = land_json(settings, plan, catalog_of(), LISTING).tables
    return found


def test_rows_are_known_by_the_planned_name_or_its_key(table: LandedTable, answers: Answers) -> None:
    assert [(event.event, event.raw) for event in table.events] == [
        ("Cart Emptied", ("Cart Emptied", "cart_emptied")),
        ("Order Completed", ("Order Completed", "order_completed")),
    ]
    assert answers(EVENTS, table.event) == ["Order Completed", "order_completed", None]


def test_versions_sources_and_times_are_read_where_the_configuration_says(table: LandedTable, answers: Answers) -> None:
    assert answers(EVENTS, table.version) == ["1-1-0", "2", None]
    assert answers(EVENTS, table.source) == ["web", "unknown", "unknown"]
    assert table.received is not None
    assert [hour is not None for hour in answers(EVENTS, sql.EpochHour(table.received))] == [True, False, False]
    assert table.loaded is None
    assert (table.landing, table.env, table.lag.total_seconds()) == ("1:platform", "prod", 3 * 3600)


def test_properties_stand_in_the_document_under_their_own_keys(table: LandedTable, answers: Answers) -> None:
    payload = table.events[1].payload
    assert isinstance(payload, InDocument)
    assert payload.naming == "original"
    assert answers(EVENTS, sql.Text(sql.At(payload.doc, ("orderTotal",)))) == ["5", None, None]
    assert table.own_columns == {column.name for column in table.table.columns}


@pytest.mark.usefixtures("rows")
def test_a_key_that_is_another_event_s_name_means_that_event(catalog_of: CatalogOf, plan_of: PlanOf) -> None:
    plan = plan_of({"Order Completed": ["1-0-0"], "order_completed": ["1-0-0"]})
    (table,) = land_json(landing(), plan, catalog_of(), LISTING).tables
    raws = [set(event.raw) for event in table.events]
    assert not raws[0] & raws[1]
    assert "order_completed" in raws[1]


@pytest.mark.usefixtures("rows")
@pytest.mark.parametrize(
    ("written", "said"),
    [
        ({"event": {"column": "event"}}, "landings[1].event.column: column 'event' is not in main.events"),
        ({"properties": {"column": "paylaod"}}, "did you mean 'payload'?"),
        ({"properties": {"column": "occurred_at"}}, "is TIMESTAMP, not a document"),
        ({"source": {"column": "platfrom"}}, "landings[1].source.column: column 'platfrom'"),
        ({"time": "platforms"}, "landings[1].time"),
        ({"time": None}, "neither `time` (when it happened) nor `received`"),
        ({"id": "message"}, "landings[1].id"),
        ({"loaded": "loaded_at"}, "landings[1].loaded"),
    ],
)
def test_a_landing_that_does_not_fit_its_table_says_where_and_how(
    catalog_of: CatalogOf, plan_of: PlanOf, written: dict[str, Any], said: str
) -> None:
    with pytest.raises(ConfigError) as caught:
        land_json(landing(**written), plan_of({"Order Completed": ["1-0-0"]}), catalog_of(), LISTING)
    assert said in str(caught.value)


def test_a_table_that_is_not_there_is_an_error_of_measurement(catalog_of: CatalogOf, plan_of: PlanOf) -> None:
    landed = land_json(landing(), plan_of({"Order Completed": ["1-0-0"]}), catalog_of(), LISTING)
    assert [(str(missing.ref), missing.required) for missing in landed.missing] == [("main.events", True)]


def test_a_key_that_a_locator_reads_is_the_collector_s_own(table: LandedTable, plan_of: PlanOf) -> None:
    plan = plan_of({"Order Completed": ["1-1-0", "2"], "Cart Emptied": ["1-0-0"]})

    (bound,) = bind(plan, Landed((table,))).tables

    assert table.own_keys == ("schema_version",)
    assert all("schema_version" in version.declared_keys for version in bound.versions)
    undeclared = [version.undeclared for version in bound.versions]
    assert all(isinstance(one, sql.HasOtherKeys) and "schema_version" in one.declared for one in undeclared)
