from collections.abc import Mapping
from dataclasses import replace

import numpy as np
import pytest
from numpy.typing import NDArray

from monitor.judge.judge import judge
from monitor.judge.model import Finding, Kind, Past, Severity
from monitor.judge.thresholds import Thresholds
from monitor.judge.words import at
from monitor.plan.model import Tier
from tests.unit.judge.builders import (
    GIVEN,
    UNTIL,
    contract,
    event,
    flat,
    last,
    past,
    prop,
    rule,
    series,
    table,
    version,
)

ENUM = "order_completed@1-1-0#/currency:enum"
TYPE = "order_completed@1-1-0#/currency:type"
RULES = tuple(rule("order_completed", "1-1-0", "currency", word) for word in ("type", "enum"))
BOUND = table("raw.events", version("Order Completed", "1-1-0", prop("currency"), rules=RULES))
PLAN = contract([event("Order Completed", "1-1-0")], BOUND)
NOTHING: Mapping[str, NDArray[np.int64]] = {}


def failing(given: Past, thresholds: Thresholds | None = None) -> tuple[Finding, ...]:
    return tuple(one for one in judge(PLAN, given, thresholds or Thresholds()) if one.kind is Kind.FAILURE_RATE)


def sent(source: str, rows: int, failed: Mapping[str, NDArray[np.int64]] = NOTHING) -> Past:
    return past(series("Order Completed", "1-1-0", flat(rows), replace(GIVEN, source=source, failed=failed)))


def together(*pasts: Past) -> Past:
    return replace(pasts[0], series=tuple(one for each in pasts for one in each.series))


def test_eighteen_percent_for_two_days_in_one_source_is_one_finding() -> None:
    given = together(sent("ios", 50, {ENUM: last(48, 9)}), sent("web", 80), sent("android", 70, {ENUM: last(1, 1)}))
    (found,) = failing(given)
    assert (found.event, found.version, found.source, found.property) == ("Order Completed", "1-1-0", "ios", "currency")
    assert found.severity is Severity.CRITICAL
    assert found.message == f"18% of 2,400 rows fail on currency (limit 5%), since {at(UNTIL - 48)}"
    assert found.evidence.rules == ((ENUM, 432),)
    assert found.evidence.affected == 432
    assert dict(found.evidence.facts)["source web"] == "0% of 3,840"


def test_all_rules_of_a_property_are_one_finding_and_a_row_is_counted_once() -> None:
    (found,) = failing(sent("web", 100, {ENUM: last(10, 20), TYPE: last(10, 15)}))
    assert found.evidence.rules == ((ENUM, 200), (TYPE, 150))
    assert found.evidence.affected == 200


def test_sources_that_fail_alike_are_one_finding() -> None:
    given = together(sent("ios", 50, {ENUM: last(20, 9)}), sent("web", 80, {ENUM: last(20, 20)}))
    (found,) = failing(given)
    assert found.source == ""
    assert [name for name, _ in found.evidence.facts if name.startswith("source")] == ["source ios", "source web"]


@pytest.mark.parametrize(("rows", "failed"), [(5, 4), (5000, 40), (20, 1)])
def test_few_failures_or_few_percent_are_no_finding(rows: int, failed: int) -> None:
    once = last(1, failed)
    assert failing(sent("web", rows, {ENUM: once})) == ()


def test_what_fails_only_since_the_last_hour_is_found_at_once() -> None:
    (found,) = failing(sent("web", 100, {ENUM: last(1, 30)}))
    assert f"since {at(UNTIL - 1)}" in found.message


def test_what_has_come_down_again_is_over() -> None:
    failed = last(40, 30)
    failed[-24:] = 0
    assert failing(sent("web", 100, {ENUM: failed})) == ()


def test_hours_that_are_not_settled_are_not_judged() -> None:
    given = past(series("Order Completed", "1-1-0", flat(100), replace(GIVEN, failed={ENUM: last(5, 90)})), lag=5)
    assert failing(given) == ()


def test_an_old_failure_tells_what_is_usual_and_since_when() -> None:
    failed = flat(2)
    failed[-30:] = 25
    (found,) = failing(sent("web", 100, {ENUM: failed}))
    assert dict(found.evidence.facts)["usual"] == "2%"
    assert f"since {at(UNTIL - 30)}" in found.message


def test_a_limit_of_its_own_is_respected() -> None:
    given = sent("web", 100, {ENUM: last(48, 18)})
    lenient = Thresholds(failure_rate_warning=0.3, failure_rate_critical=0.5)
    assert failing(given, Thresholds(events={"Order Completed": lenient})) == ()
    (found,) = failing(given, Thresholds(teams={"checkout": Thresholds(failure_rate_critical=0.5)}))
    assert found.severity is Severity.WARNING
    assert failing(given, Thresholds(failure_rate_warning=0.0)) != ()


def test_an_experimental_event_is_at_most_a_warning() -> None:
    plan = contract([event("Order Completed", "1-1-0", tier=Tier.EXPERIMENTAL)], BOUND)
    (found,) = judge(plan, sent("web", 100, {ENUM: last(48, 90)}), Thresholds())
    assert found.severity is Severity.WARNING


def test_series_without_rows_do_not_divide_by_zero() -> None:
    assert failing(sent("web", 0, {ENUM: flat(0)})) == ()
