from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from monitor.catalog import TableRef
from monitor.judge.judge import judge
from monitor.judge.model import Finding, Kind, Past, Severity
from monitor.judge.thresholds import Thresholds
from monitor.judge.words import at
from monitor.landing.model import MissingTable
from monitor.plan.model import Tier
from tests.unit.judge.builders import (
    GIVEN,
    HOURS,
    UNTIL,
    contract,
    event,
    flat,
    last,
    past,
    seasonal,
    series,
    table,
    version,
)

VOLUME = (Kind.VOLUME_DROP, Kind.VOLUME_SPIKE, Kind.NO_DATA)
ANDROID = replace(GIVEN, source="android")
NAMES = ("Order Completed", "Checkout Started", "Product Viewed", "Cart Viewed")
PLAN = contract(
    [event(name, "1-0-0", "2-0-0") for name in NAMES],
    table("raw.events", *(version(name, number) for name in NAMES for number in ("1-0-0", "2-0-0"))),
)


def volume(given: Past) -> tuple[Finding, ...]:
    return tuple(one for one in judge(PLAN, given, Thresholds()) if one.kind in VOLUME)


def thinned(rows: np.ndarray, hours: int, share: float) -> np.ndarray:
    fewer = rows.copy()
    fewer[-hours:] = np.random.default_rng(3).binomial(fewer[-hours:], share)
    return fewer


def test_seventy_percent_fewer_since_yesterday_afternoon_is_found_with_its_first_hour() -> None:
    rows = thinned(seasonal(60, 1), 20, 0.3)
    (found,) = volume(past(series("Checkout Started", "1-0-0", rows, ANDROID)))
    assert (found.kind, found.event, found.source) == (Kind.VOLUME_DROP, "Checkout Started", "android")
    assert found.severity is Severity.WARNING
    facts = dict(found.evidence.facts)
    assert at(UNTIL - 20) in found.message or at(UNTIL - 19) in found.message or at(UNTIL - 21) in found.message
    assert 60 <= abs(float(str(facts["change"]).rstrip("%"))) <= 80
    assert found.evidence.series_until == UNTIL
    assert len(found.evidence.series) == len(found.evidence.reference) == 168


def test_a_drop_stands_beside_the_four_weeks_before_and_the_other_sources() -> None:
    usual = seasonal(60, 1)
    rows = thinned(usual, 20, 0.3)
    web = replace(GIVEN, source="web")
    (found,) = volume(
        past(series("Checkout Started", "1-0-0", rows, ANDROID), series("Checkout Started", "1-0-0", usual, web))
    )
    facts = dict(found.evidence.facts)
    hours = UNTIL - int(next(n for n in range(UNTIL - 22, UNTIL - 17) if at(n) in found.message))
    ends = [len(usual) - week * 168 for week in (1, 2, 3, 4)]
    before = [int(usual[end - hours : end].sum()) for end in ends]
    assert facts["same hours, weeks before"] == ", ".join(f"{number:,}" for number in before)
    assert facts["source web"] == f"{int(usual[-hours:].sum()):,} rows, {before[0]:,} a week before"


def test_a_young_series_stands_beside_the_weeks_that_it_has() -> None:
    rows = last(16 * 24, 100)
    rows[-6:] = 5
    (found,) = volume(past(series("Checkout Started", "1-0-0", rows, ANDROID)))
    (weeks,) = (fact for name, fact in found.evidence.facts if name == "same hours, weeks before")
    assert weeks == "600, 600"


def test_hours_that_are_not_settled_are_not_judged() -> None:
    rows = seasonal(60, 1)
    rows[-20:] = 0
    assert volume(past(series("Checkout Started", "1-0-0", rows), lag=20)) == ()


def test_a_migration_from_one_version_to_the_next_is_no_drop() -> None:
    total = seasonal(80, 4)
    new = total.copy()
    new[:-30] = 0
    old = total - new
    assert volume(past(series("Product Viewed", "1-0-0", old), series("Product Viewed", "2-0-0", new))) == ()


@settings(max_examples=10, deadline=None)
@given(scale=st.integers(1, 300), seed=st.integers(0, 99), since=st.integers(1, HOURS))
def test_rows_of_a_sibling_version_never_make_a_drop(scale: int, seed: int, since: int) -> None:
    sibling = seasonal(scale, seed)
    sibling[:-since] = 0
    grown = past(series("Product Viewed", "1-0-0", seasonal(50, seed)), series("Product Viewed", "2-0-0", sibling))
    assert not [one for one in volume(grown) if one.kind is not Kind.VOLUME_SPIKE]


def test_a_spike_is_found() -> None:
    rows = seasonal(100, 2)
    rows[-6:] *= 4
    (found,) = volume(past(series("Order Completed", "1-0-0", rows)))
    assert found.kind is Kind.VOLUME_SPIKE
    assert "more rows" in found.message


def test_silence_is_no_data_and_not_a_drop_as_well() -> None:
    rows = seasonal(60, 7)
    rows[-9:] = 0
    (found,) = volume(past(series("Order Completed", "1-0-0", rows)))
    assert found.kind is Kind.NO_DATA
    assert dict(found.evidence.facts)["silent hours"] >= 9  # type: ignore[operator]
    assert {one.kind for one in found.absorbed} <= {Kind.VOLUME_DROP}


def test_long_silence_does_not_become_normal() -> None:
    rows = seasonal(60, 7)
    rows[-20 * 24 :] = 0
    assert [one.kind for one in volume(past(series("Order Completed", "1-0-0", rows)))] == [Kind.NO_DATA]


def test_a_night_without_rows_is_no_silence() -> None:
    hour = np.arange(HOURS)
    rows = np.where((hour % 24 >= 8) & (hour % 24 < 20) & ((hour // 24) % 7 < 5), 40, 0)
    for back in range(0, 168, 5):
        shifted = np.roll(rows, back)
        assert volume(past(series("Order Completed", "1-0-0", shifted))) == ()


def test_a_daily_event_is_missed_after_days_and_a_rare_one_is_not() -> None:
    daily = flat(0)
    daily[::24] = 1
    daily[-100:] = 0
    assert [one.kind for one in volume(past(series("Cart Viewed", "1-0-0", daily)))] == [Kind.NO_DATA]
    rare = flat(0)
    rare[[100, 500, 900]] = 1
    assert volume(past(series("Cart Viewed", "1-0-0", rare))) == ()


def test_a_source_that_is_down_is_one_finding() -> None:
    dropped = [series(name, "1-0-0", thinned(seasonal(90, n), 12, 0.2), ANDROID) for n, name in enumerate(NAMES)]
    fine = [series(name, "1-0-0", seasonal(90, n)) for n, name in enumerate(NAMES)]
    (found,) = volume(past(*dropped, *fine))
    assert (found.kind, found.event, found.source) == (Kind.VOLUME_DROP, "", "android")
    assert found.severity is Severity.CRITICAL
    assert {one.event for one in found.absorbed} == set(NAMES)


def test_a_silent_source_is_one_finding() -> None:
    silent = [
        series(name, "1-0-0", np.where(np.arange(HOURS) < HOURS - 6, seasonal(90, n), 0))
        for n, name in enumerate(NAMES)
    ]
    (found,) = volume(past(*silent))
    assert (found.kind, found.event) == (Kind.NO_DATA, "")


def test_one_large_event_that_drops_is_not_the_source() -> None:
    large = series(NAMES[0], "1-0-0", thinned(seasonal(2000, 1), 12, 0.2))
    fine = [series(name, "1-0-0", seasonal(90, n)) for n, name in enumerate(NAMES[1:])]
    (found,) = volume(past(large, *fine))
    assert found.event == NAMES[0]


@pytest.mark.parametrize(("days", "found"), [(3, False), (7, False), (10, True), (30, True)])
def test_a_young_series_is_judged_on_outages_from_eight_days(days: int, found: bool) -> None:  # noqa: FBT001
    rows = last(days * 24, 100)
    rows[-6:] = 0
    assert bool(volume(past(series("Order Completed", "1-0-0", rows)))) is found


def test_a_young_series_first_weekend_is_no_outage() -> None:
    hour = np.arange(HOURS)
    rows = np.where((hour // 24) % 7 < 5, 100, 1)
    rows[: -12 * 24] = 0
    for back in range(0, 48, 3):
        shorter = np.roll(rows, back)
        shorter[: HOURS - 12 * 24 + back] = 0
        assert volume(past(series("Order Completed", "1-0-0", shorter))) == ()


def test_an_experimental_event_is_at_most_a_warning_and_a_core_one_critical() -> None:
    rows = seasonal(60, 7)
    rows[-9:] = 0
    for tier, severity in ((Tier.EXPERIMENTAL, Severity.WARNING), (Tier.CORE, Severity.CRITICAL)):
        plan = contract([event("Order Completed", tier=tier)], table("raw.events", version("Order Completed")))
        (found,) = judge(plan, past(series("Order Completed", "1-0-0", rows)), Thresholds())
        assert found.severity is severity


def test_a_source_that_the_plan_no_longer_names_is_not_missed() -> None:
    rows = seasonal(60, 7)
    rows[-9:] = 0
    plan = contract([event("Order Completed", sources=("ios",))], table("raw.events", version("Order Completed")))
    assert judge(plan, past(series("Order Completed", "1-0-0", rows)), Thresholds()) == ()


def test_a_table_that_is_gone_is_no_data() -> None:
    plan = contract([event("Order Completed")])
    plan = replace(plan, missing=(MissingTable(TableRef("raw", "events"), "0", "Order Completed", required=False),))
    (found,) = judge(plan, past(series("Order Completed", "1-0-0", flat(3))), Thresholds())
    assert found.kind is Kind.NO_DATA
    assert "is gone" in found.message
