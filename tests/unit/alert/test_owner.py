"""Whose a finding is."""

from dataclasses import replace
from datetime import UTC, datetime

from monitor.alert.routing import MessageContext, Owner, Routing
from monitor.judge.model import Finding, Kind, Severity
from monitor.plan.model import Tier

CHECKOUT, GROWTH = Owner("checkout", Tier.CORE), Owner("growth", Tier.STANDARD)
TOLD = MessageContext(
    run="r",
    now=datetime(2026, 6, 30, tzinfo=UTC),
    plan_revision="p",
    routing=Routing(),
    owners={
        "Order Completed": CHECKOUT,
        "Product Viewed": GROWTH,
        "Beta Opened": Owner("growth", Tier.EXPERIMENTAL),
        "Nobody's": Owner(),
    },
)


def about(name: str) -> Finding:
    return Finding(Kind.VOLUME_DROP, Severity.CRITICAL, "x", name, source="ios")


def test_the_owner_is_the_event_s_team() -> None:
    assert [TOLD.owner(about(name)).team for name in ("Order Completed", "Nobody's", "Odd", "")] == [
        "checkout",
        "",
        "",
        "",
    ]


def test_a_source_belongs_to_the_team_whose_events_are_all_it_explains() -> None:
    down = about("")
    mine = replace(down, absorbed=(about("Beta Opened"), about("Product Viewed")))

    assert TOLD.owner(mine) == GROWTH
    assert TOLD.owner(replace(down, absorbed=(about("Product Viewed"), about("Order Completed")))) == Owner()
