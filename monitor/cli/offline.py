"""A landing for plans without a warehouse: every event in one JSON document, so that rules have their verdicts."""

from monitor.catalog import Catalog, Column, Family, Table, TableRef
from monitor.config.landings import InColumn, JsonLanding
from monitor.config.locators import ColumnLocator
from monitor.landing.bind import land
from monitor.landing.model import Landed
from monitor.plan.model import Plan

_COLUMNS = (
    Column("event", Family.TEXT, "VARCHAR"),
    Column("version", Family.TEXT, "VARCHAR"),
    Column("source", Family.TEXT, "VARCHAR"),
    Column("payload", Family.JSON, "JSON"),
    Column("received_at", Family.TIMESTAMP, "TIMESTAMP"),
)


def as_documents(plan: Plan) -> Landed:
    """The plan's events as if they landed in the column `payload` of a table `events`."""
    table = Table(TableRef("", "events"), _COLUMNS)
    landing = JsonLanding(
        layout="json",
        source=InColumn(column="source"),
        table="events",
        event=InColumn(column="event"),
        properties=InColumn(column="payload"),
        version=(ColumnLocator(column="version"),),
        received="received_at",
    )
    return land([landing], plan, Catalog.of("duckdb", [table]), {})
