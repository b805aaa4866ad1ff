from dataclasses import replace
from itertools import permutations

from monitor.incidents.observe import observed
from monitor.incidents.routing import by_team, owner, ranked
from monitor.judge.model import Evidence, Finding, Kind, Severity
from monitor.measure.model import Unmeasured
from monitor.plan.model import Plan, Tier
from tests.unit.judge.builders import contract, event, flat, past, series, table, version

PLAN = Plan(
    (
        event("Order Completed", team="checkout", tier=Tier.CORE),
        event("Product Viewed", team="growth"),
        event("Beta Opened", team="growth", tier=Tier.EXPERIMENTAL),
        event("Nobody's", team=""),
    ),
    "abc",
)


def about(name: str, severity: Severity = Severity.WARNING, affected: int = 0) -> Finding:
    return Finding(Kind.FAILURE_RATE, severity, "x", name, evidence=Evidence(affected=affected))


def test_the_owner_is_the_events_team() -> None:
    assert [owner(about(name), PLAN) for name in ("Order Completed", "Nobody's", "Odd", "")] == ["checkout", "", "", ""]


def test_a_source_belongs_to_the_team_whose_events_are_all_it_explains() -> None:
    down = Finding(Kind.VOLUME_DROP, Severity.CRITICAL, "x", source="ios")
    mine = replace(down, absorbed=(about("Product Viewed"), about("Beta Opened")))
    assert owner(mine, PLAN) == "growth"
    assert owner(replace(down, absorbed=(about("Product Viewed"), about("Order Completed"))), PLAN) == ""


def test_findings_are_ranked_by_severity_tier_and_rows_whatever_their_order() -> None:
    expected = (
        about("Beta Opened", Severity.CRITICAL),
        about("Order Completed", affected=3),
        about("Product Viewed", affected=900),
        about("Product Viewed", affected=20),
        about("Beta Opened", affected=9999),
        about("Order Completed", Severity.INFO),
    )
    for order in list(permutations(expected))[::37]:
        assert ranked(order, PLAN) == expected


def test_each_team_gets_its_own() -> None:
    teams = by_team([about("Order Completed"), about("Product Viewed"), about("Odd")], PLAN)
    assert list(teams) == ["", "checkout", "growth"]


def test_a_run_observed_what_it_measured() -> None:
    failed = Unmeasured("raw.events", "gone", "look", ("Order Completed",))
    bound = contract(PLAN.events, table("raw.events", version("Order Completed")))
    seen = observed(bound, past(series("Product Viewed", "1-0-0", flat(1)), unmeasured=(failed,)), (), first_run=True)
    assert (seen.unknown_tables, seen.unknown_events) == ({"raw.events"}, {"Order Completed"})
    assert ("Product Viewed", "1-0-0") in seen.planned_versions
    assert ("Order Completed", "1-0-0", "") in seen.quiet
    assert seen.first_run
