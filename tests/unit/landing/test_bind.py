from typing import Any

import duckdb
import pytest
from pydantic import TypeAdapter

from monitor.config.landings import Landing
from monitor.errors import Problems
from monitor.landing.bind import land
from tests.unit.landing.conftest import CatalogOf, PlanOf


def landings(*written: dict[str, Any]) -> tuple[Landing, ...]:
    """Landings as `trackwarden.yml` lists them."""
    return TypeAdapter(tuple[Landing, ...]).validate_python(written)


WEB = {"layout": "segment", "source": "web", "schema": "web"}
IOS = {"layout": "segment", "source": "ios", "schema": "ios"}
RAW = {
    "layout": "json",
    "source": {"column": "platform"},
    "table": "main.events",
    "event": {"column": "name"},
    "properties": {"column": "payload"},
    "received": "received_at",
}


@pytest.fixture(autouse=True)
def warehouse(duck: duckdb.DuckDBPyConnection) -> None:
    for schema in ("web", "ios"):
        duck.execute(f"CREATE SCHEMA {schema}")
        duck.execute(f"CREATE TABLE {schema}.order_completed (event VARCHAR, received_at TIMESTAMP)")
        duck.execute(f"CREATE TABLE {schema}.page_viewed (event VARCHAR, received_at TIMESTAMP)")
    duck.execute("CREATE TABLE events (name VARCHAR, payload JSON, platform VARCHAR, received_at TIMESTAMP)")


def test_one_event_may_stand_in_several_landings(catalog_of: CatalogOf, plan_of: PlanOf) -> None:
    landed = land(landings(WEB, IOS, RAW), plan_of({"Order Completed": ["1-0-0"]}), catalog_of(), {})
    assert [(table.landing, str(table.table.ref)) for table in landed.tables] == [
        ("0:web", "web.order_completed"),
        ("1:ios", "ios.order_completed"),
        ("2:platform", "main.events"),
    ]
    assert all(event.event == "Order Completed" for table in landed.tables for event in table.events)
    assert [str(table.table.ref) for table in landed.unplanned] == ["web.page_viewed", "ios.page_viewed"]


def test_landing_is_the_same_every_time(catalog_of: CatalogOf, plan_of: PlanOf) -> None:
    plan, catalog = plan_of({"Order Completed": ["1-0-0"], "Cart Emptied": ["1-0-0"]}), catalog_of()
    assert land(landings(WEB, RAW), plan, catalog, {}) == land(landings(WEB, RAW), plan, catalog, {})


def test_all_landings_errors_are_told_at_once(catalog_of: CatalogOf, plan_of: PlanOf) -> None:
    wrong = landings({**WEB, "time": "tiem"}, {**RAW, "version": [{"column": "versoin"}]}, IOS)
    with pytest.raises(Problems) as caught:
        land(wrong, plan_of({"Order Completed": ["1-0-0"]}), catalog_of(), {})
    assert [error.where for error in caught.value.errors] == [
        "trackwarden.yml landings[0].time",
        "trackwarden.yml landings[1].version[0].column",
    ]


def test_a_table_in_two_landings_is_refused_because_it_would_count_twice(
    catalog_of: CatalogOf, plan_of: PlanOf
) -> None:
    twice = landings(WEB, {**WEB, "source": "server"})
    with pytest.raises(Problems) as caught:
        land(twice, plan_of({"Order Completed": ["1-0-0"]}), catalog_of(), {})
    assert [error.problem for error in caught.value.errors] == [
        "web.order_completed is held by the landings 0:web and 1:server",
        "web.page_viewed is held by the landings 0:web and 1:server",
    ]


def test_an_empty_plan_leaves_every_table_unplanned(catalog_of: CatalogOf, plan_of: PlanOf) -> None:
    landed = land(landings(WEB), plan_of({}), catalog_of(), {})
    assert (landed.tables, landed.missing) == ((), ())
    assert len(landed.unplanned) == 2
