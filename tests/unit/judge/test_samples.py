"""Rules that were asked of a sample: rates and bounds are of what was checked, volume is of all."""

from collections.abc import Mapping
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from monitor.judge import wilson
from monitor.judge.judge import judge, quiet, unchecked
from monitor.judge.model import Finding, Kind, Past, SeriesPast
from monitor.judge.thresholds import Thresholds
from monitor.judge.words import at, percent
from tests.unit.judge.builders import (
    GIVEN,
    HOURS,
    UNTIL,
    Given,
    columns,
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
RULES = (rule("order_completed", "1-1-0", "currency", "enum"),)
BOUND = table("raw.events", version("Order Completed", "1-1-0", prop("currency"), rules=RULES))
PLAN = contract([event("Order Completed", "1-1-0")], BOUND)


def found(given: Past, kind: Kind = Kind.FAILURE_RATE) -> tuple[Finding, ...]:
    return tuple(one for one in judge(PLAN, given, Thresholds()) if one.kind is kind)


def sampled(rows: int, checked: int, given: Given) -> SeriesPast:
    one = series("Order Completed", "1-1-0", flat(rows), given)
    return replace(one, unchecked=flat(rows - checked), recent_unchecked=72 * (rows - checked))


def broken(failed: Mapping[str, NDArray[np.int64]]) -> Given:
    return replace(GIVEN, failed=failed)


def test_the_rate_is_of_the_rows_that_were_checked_and_says_of_how_many() -> None:
    (one,) = found(past(sampled(500, 50, broken({ENUM: last(48, 9)}))))
    assert one.message == f"18% of 2,400 sampled rows fail on currency (limit 5%), since {at(UNTIL - 48)}"
    facts = dict(one.evidence.facts)
    assert (facts["failing rows"], facts["sampled rows"], facts["rows in all"]) == (432, 2_400, 24_000)
    assert facts["at least"] == percent(wilson.lower(432, 2_400)), "the bound is of what was checked"
    assert one.evidence.reference[-1] == 50, "failing rows are drawn against those that were checked"
    assert one.evidence.affected == 432, "nothing is scaled up"


def test_the_same_counts_of_all_rows_are_no_finding_where_the_sample_is_one() -> None:
    few = {ENUM: last(48, 2)}
    assert found(past(series("Order Completed", "1-1-0", flat(500), broken(few)))) == ()
    (one,) = found(past(sampled(500, 20, broken(few))))
    assert one.message.startswith("10% of 960 sampled rows")


def test_few_checked_rows_prove_nothing() -> None:
    """Of 240,000 rows .5 failing in each hour would be nothing, and of 48 checked ones it is no proof of 1%."""
    failed = flat(0)
    failed[-48::12] = 1
    assert found(past(sampled(5_000, 1, broken({ENUM: failed})))) == ()


def test_volume_is_of_all_rows_whatever_was_checked() -> None:
    rows = flat(500)
    rows[-6:] = 10
    whole = series("Order Completed", "1-1-0", rows, GIVEN)
    part = replace(whole, unchecked=rows - 1)
    assert found(past(part), Kind.VOLUME_DROP) == found(past(whole), Kind.VOLUME_DROP) != ()


def test_an_hour_of_which_nothing_was_checked_has_no_rate() -> None:
    one = sampled(500, 50, broken({ENUM: last(48, 9)}))
    passed = np.array(one.unchecked)
    passed[-24:] = 500
    quiet_day = replace(one, unchecked=passed, failed={ENUM: last(48, 9) - last(24, 9)})
    (still,) = found(past(quiet_day))
    assert still.evidence.reference[-24:] == (0,) * 24
    assert dict(still.evidence.facts)["sampled rows"] == 24 * 50


def test_a_property_that_nobody_declared_is_counted_among_the_checked_rows() -> None:
    one = replace(sampled(500, 50, replace(GIVEN, undeclared={"color": 360})))
    (drift,) = found(past(one), Kind.UNDECLARED_PROPERTY)
    assert drift.message == "color is not declared by Order Completed 1-1-0; 360 rows of 3,600 sampled carry it"
    facts = dict(drift.evidence.facts)
    assert (facts["rows"], facts["share"], facts["sampled rows"], facts["rows in all"]) == (360, "10%", 3_600, 36_000)


def test_at_adoption_rates_are_of_the_checked_rows_too() -> None:
    rows = flat(0)
    rows[: HOURS // 2] = 100
    old = series("Order Completed", "1-1-0", rows, GIVEN)
    whole = int(rows.sum())
    old = replace(
        old, recent_rows=whole, failed_so_far={ENUM: 500}, unchecked=rows - rows // 10, recent_unchecked=whole * 9 // 10
    )
    (one,) = found(replace(past(old), adopting=True))
    assert one.message.startswith(f"{percent(500 / (whole / 10))} of {whole // 10:,} sampled rows so far fail")


def test_what_was_passed_over_is_unknown_and_not_silent() -> None:
    rows = flat(3)
    one = series("Order Completed", "1-1-0", rows)
    key = ("Order Completed", "1-1-0", "web")
    none, some = replace(one, unchecked=rows.copy()), replace(one, unchecked=rows - 1)
    assert key in unchecked(past(none))
    assert key not in quiet(PLAN, past(none))
    assert unchecked(past(some)) == unchecked(past(one)) == frozenset()
    hour_ago = rows.copy()
    hour_ago[-1] = 2
    assert unchecked(past(replace(one, unchecked=hour_ago), lag=0)) == frozenset()
    assert key in unchecked(past(replace(one, unchecked=hour_ago), lag=1)), (
        "hours that are not settled are not looked at"
    )


def test_a_new_column_that_no_sampled_row_carries_may_be_in_others() -> None:
    held = table("raw.events", version("Order Completed", "1-1-0", prop("currency"), rules=RULES, undeclared=("size",)))
    landed = replace(held.landed, table=replace(held.landed.table, columns=columns("currency", "size")))
    before = replace(landed.table, columns=columns("currency"))
    plan = contract([event("Order Completed", "1-1-0")], replace(held, landed=landed))
    for one, said in (
        (series("Order Completed", "1-1-0", flat(5)), "no row"),
        (sampled(5, 1, GIVEN), "no sampled row"),
    ):
        (extra,) = (
            one_ for one_ in judge(plan, past(one, before=before), Thresholds()) if one_.kind is Kind.UNEXPECTED_COLUMN
        )
        assert f"; {said} carries it yet" in extra.message
