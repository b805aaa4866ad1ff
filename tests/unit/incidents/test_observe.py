from monitor.incidents.observe import observed
from monitor.measure.model import Unmeasured
from monitor.plan.model import Plan
from tests.unit.judge.builders import contract, event, flat, past, series, table, version

PLAN = Plan((event("Order Completed", team="checkout"), event("Product Viewed", team="growth")), "abc")


def test_a_run_observed_what_it_measured() -> None:
    failed = Unmeasured("raw.events", "gone", "look", ("Order Completed",))
    bound = contract(PLAN.events, table("raw.events", version("Order Completed")))
    seen = observed(bound, past(series("Product Viewed", "1-0-0", flat(1)), unmeasured=(failed,)), (), first_run=True)
    assert (seen.unknown_tables, seen.unknown_events) == ({"raw.events"}, {"Order Completed"})
    assert ("Product Viewed", "1-0-0") in seen.planned_versions
    assert ("Order Completed", "1-0-0", "") in seen.quiet
    assert seen.first_run
