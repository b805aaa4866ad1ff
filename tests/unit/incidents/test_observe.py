from dataclasses import replace

from monitor.incidents.observe import observed
from monitor.judge.model import SeriesPast
from monitor.measure.model import Unmeasured
from monitor.plan.model import Plan
from tests.unit.judge.builders import Given, contract, event, flat, past, series, table, version

PLAN = Plan((event("Order Completed", team="checkout"), event("Product Viewed", team="growth")), "abc")


def test_a_run_observed_what_it_measured() -> None:
    failed = Unmeasured("raw.events", "gone", "look", ("Order Completed",))
    bound = contract(PLAN.events, table("raw.events", version("Order Completed")))
    seen = observed(bound, past(series("Product Viewed", "1-0-0", flat(1)), unmeasured=(failed,)), (), first_run=True)
    assert (seen.unknown_tables, seen.unknown_events) == ({"raw.events"}, {"Order Completed"})
    assert ("Product Viewed", "1-0-0") in seen.planned_versions
    assert ("Order Completed", "1-0-0", "") in seen.quiet
    assert seen.first_run


def test_a_run_knows_of_which_rows_the_sample_held_none() -> None:
    bound = contract(PLAN.events, table("raw.events", version("Order Completed")))
    rows = flat(4)
    some, none = rows - 1, rows.copy()
    web = replace(series("Order Completed", "1-0-0", rows), unchecked=none)
    ios = replace(series("Order Completed", "1-0-0", rows, Given(source="ios")), unchecked=some)
    seen = observed(bound, past(web, ios), ())
    assert ("Order Completed", "1-0-0", "web") in seen.unchecked
    assert ("Order Completed", "1-0-0", "ios") not in seen.unchecked
    assert ("Order Completed", "1-0-0", "") not in seen.unchecked, "some of its rows were asked"
    assert observed(bound, past(series("Order Completed", "1-0-0", rows)), ()).unchecked == frozenset()


def stopped_for(one: SeriesPast, days: int) -> SeriesPast:
    return replace(one, last_hour=one.last_hour - 24 * days)


def test_a_version_without_rows_for_14_days_has_stopped_while_its_event_flows() -> None:
    bound = contract(PLAN.events, table("raw.events", version("Order Completed")))
    flowing = series("Order Completed", "2-0-0", flat(9))
    for days, stopped in ((13, False), (15, True)):
        old = stopped_for(series("Order Completed", "1-0-0", flat(9)), days)
        seen = observed(bound, past(old, flowing), ())
        assert ((("Order Completed", "1-0-0", "")) in seen.stopped) is stopped
    alone = stopped_for(series("Order Completed", "1-0-0", flat(0)), 15)
    assert observed(bound, past(alone), ()).stopped == frozenset(), "the whole event is silent: that is no data"


def test_a_run_knows_which_tables_the_configuration_lands() -> None:
    bound = contract(PLAN.events, table("raw.events", version("Order Completed")))
    assert observed(bound, past(series("Order Completed", "1-0-0", flat(1))), (), limits="x").landed == {"raw.events"}
