from dataclasses import replace
from datetime import date

from monitor.contract.model import Contract, Rule
from monitor.judge import failures_so_far, retired_version_arriving, unknown_version, unplanned_event
from monitor.judge.lookup import Lookup
from monitor.judge.model import Past, SeriesPast, Severity
from monitor.judge.thresholds import Thresholds
from tests.unit.judge.builders import Given, contract, event, flat, last, past, prop, rule, series, table, version

RULE = "order_completed@1-0-0#/currency:enum"


def _contract() -> Contract:
    currency = version("Order Completed", "1-0-0", prop("currency"), rules=(_rule(),))
    return contract([event("Order Completed")], table("raw.events", currency))


def _rule() -> Rule:
    return rule("order_completed", "1-0-0", "currency", "enum")


def _silent(
    name: str, number: str, rows: int, failed: int = 0, *, planned: bool = True, known: bool = True
) -> SeriesPast:
    """Rows of 40 days ago, so many in all."""
    hours = flat(0)
    hours[16 * 24] = rows
    one = series(name, number, hours, Given(planned=planned, known=known))
    return replace(one, recent_rows=rows, failed_so_far={RULE: failed} if failed else {})


def _adopting(*members: SeriesPast) -> Past:
    return replace(past(*members), adopting=True)


def test_at_adoption_an_event_that_broke_the_plan_before_it_fell_silent_is_known() -> None:
    given = _adopting(_silent("Order Completed", "1-0-0", 33, 33))
    (found,) = failures_so_far.find(Lookup.of(_contract(), given), Thresholds())
    assert (found.severity, found.property, found.evidence.affected) == (Severity.CRITICAL, "currency", 33)
    assert found.message == "100% of 33 rows so far fail on currency (limit 5%)"
    assert found.evidence.rules == ((RULE, 33),)


def test_after_adoption_rows_of_long_ago_say_nothing() -> None:
    given = past(_silent("Order Completed", "1-0-0", 33, 33))
    assert list(failures_so_far.find(Lookup.of(_contract(), given), Thresholds())) == []


def test_what_still_arrives_is_judged_by_its_last_hours_only() -> None:
    alive = replace(series("Order Completed", "1-0-0", flat(10)), recent_rows=13_440, failed_so_far={RULE: 13_000})
    assert list(failures_so_far.find(Lookup.of(_contract(), _adopting(alive)), Thresholds())) == []


def test_four_failing_rows_or_a_rate_that_may_be_chance_are_no_finding() -> None:
    for rows, failed in ((4, 4), (2_000, 25)):
        given = _adopting(_silent("Order Completed", "1-0-0", rows, failed))
        assert list(failures_so_far.find(Lookup.of(_contract(), given), Thresholds())) == []


def test_at_adoption_counts_are_said_to_be_of_all_that_came() -> None:
    unknown = _silent("Order Completed", "9-0-0", 32, known=False)
    stranger = _silent("Page View", "1-0-0", 50, planned=False, known=False)
    given = _adopting(unknown, stranger)
    (first,) = unknown_version.find(Lookup.of(_contract(), given), Thresholds())
    (second,) = unplanned_event.find(Lookup.of(_contract(), given), Thresholds())
    assert first.message.endswith("100% of its rows so far")
    assert second.message == "Page View is not in the plan: 50 rows so far from web"
    (later,) = unplanned_event.find(Lookup.of(_contract(), replace(given, adopting=False)), Thresholds())
    assert later.message == "Page View is not in the plan: 50 rows in the last days from web"


def test_at_adoption_a_retired_version_that_no_longer_arrives_is_not_told() -> None:
    plan = [event("Order Completed", "1-0-0", "1-1-0", retired={"1-0-0": date(2026, 6, 1)})]
    bound = table("raw.events", version("Order Completed", "1-0-0"), version("Order Completed", "1-1-0"))
    gone = replace(_silent("Order Completed", "1-0-0", 500), recent_rows=500)
    assert list(retired_version_arriving.find(Lookup.of(contract(plan, bound), _adopting(gone)), Thresholds())) == []
    arriving = replace(series("Order Completed", "1-0-0", last(10, 3)), recent_rows=900)
    (found,) = retired_version_arriving.find(Lookup.of(contract(plan, bound), _adopting(arriving)), Thresholds())
    assert found.evidence.affected == 30
    assert dict(found.evidence.facts)["share of the event"] == "100%"
