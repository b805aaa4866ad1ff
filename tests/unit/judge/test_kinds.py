"""Schema drift, versions and what cannot be measured: one finding per cause."""

from dataclasses import replace
from datetime import date
from random import Random

import pytest

from monitor.catalog import Column, Family, Table, TableRef
from monitor.contract.model import Contract
from monitor.judge.explain import EXPLANATIONS
from monitor.judge.judge import judge, quiet
from monitor.judge.model import Finding, Kind, Past, Severity
from monitor.judge.precedence import PRECEDENCE
from monitor.judge.thresholds import Thresholds
from monitor.landing.model import MissingTable
from monitor.measure.model import Unmeasured
from monitor.plan.model import Tier
from tests.unit.judge.builders import (
    GIVEN,
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
    with_table,
)

VIEWED = "Product Viewed"


def found(plan: Contract, given: Past) -> tuple[Finding, ...]:
    return judge(plan, given, Thresholds())


def only(plan: Contract, given: Past) -> Finding:
    (one,) = found(plan, given)
    return one


def plain(*numbers: str) -> Contract:
    versions = numbers or ("1-0-0",)
    return contract([event(VIEWED, *versions)], table("raw.events", *(version(VIEWED, v) for v in versions)))


# ── columns ─────────────────────────────────────────────────────────────────────────────────────────


def test_a_number_that_landed_as_text_is_one_finding_and_explains_the_failures() -> None:
    price = prop("price", family=Family.TEXT, fits=False, types=("number",))
    rules = (rule("product_viewed", "2-0-0", "price", "minimum", unmeasurable=True),)
    bound = table("raw.events", version(VIEWED, "2-0-0", price, rules=rules))
    failed = {"product_viewed@2-0-0#/price:type": last(20, 30)}
    one = only(
        contract([event(VIEWED, "2-0-0")], bound),
        past(series(VIEWED, "2-0-0", flat(30), replace(GIVEN, failed=failed))),
    )
    assert (one.kind, one.event, one.version, one.property) == (Kind.COLUMN_TYPE_CHANGED, VIEWED, "2-0-0", "price")
    assert one.message == "price of raw.events landed as VARCHAR; the plan says number"
    assert [effect.kind for effect in one.absorbed] == [Kind.FAILURE_RATE]
    assert one.severity is Severity.CRITICAL, "as loud as what it explains"
    assert dict(one.evidence.facts)["rules not measurable"] == 1


def test_a_column_that_turned_says_what_it_was_and_a_wider_one_is_no_finding() -> None:
    before = Table(TableRef("raw", "events"), (Column("price", Family.NUMBER, "DOUBLE"),))
    for family, fits, kinds in (
        (Family.TEXT, False, [Severity.WARNING]),
        (Family.TEXT, True, [Severity.INFO]),
        (Family.NUMBER, True, []),
    ):
        bound = table("raw.events", version(VIEWED, "1-0-0", prop("price", family=family, fits=fits)))
        all_found = found(contract([event(VIEWED)], bound), past(series(VIEWED, "1-0-0", flat(3)), before=before))
        assert [one.severity for one in all_found] == kinds
        assert all("it was DOUBLE" in one.message for one in all_found)


def test_a_required_column_that_never_landed_is_missing_only_while_rows_arrive() -> None:
    bound = table(
        "raw.events", version(VIEWED, "1-0-0", prop("sku", required=True, landed=False), prop("note", landed=False))
    )
    plan = contract([event(VIEWED)], bound)
    one = only(plan, past(series(VIEWED, "1-0-0", flat(2))))
    assert (one.kind, one.severity, one.property) == (Kind.MISSING_COLUMN, Severity.WARNING, "sku")
    quiet_rows = flat(2)
    quiet_rows[-80:] = 0
    assert Kind.MISSING_COLUMN not in [one.kind for one in found(plan, past(series(VIEWED, "1-0-0", quiet_rows)))]


def test_a_column_that_is_gone_is_missing_even_where_it_was_optional() -> None:
    before = Table(TableRef("raw", "events"), columns("note"))
    bound = table("raw.events", version(VIEWED, "1-0-0", prop("note", landed=False)))
    one = only(contract([event(VIEWED)], bound), past(series(VIEWED, "1-0-0", flat(2)), before=before))
    assert one.message.startswith("The planned property note is gone")


def test_a_missing_column_names_the_column_it_may_have_become() -> None:
    bound = table(
        "raw.events",
        version(VIEWED, "1-0-0", prop("product_id", required=True, landed=False), undeclared=("productId",)),
    )
    carried = replace(GIVEN, undeclared={"productId": 100})
    kinds = {
        one.kind: one
        for one in found(contract([event(VIEWED)], bound), past(series(VIEWED, "1-0-0", flat(2), carried)))
    }
    assert kinds[Kind.MISSING_COLUMN].message.endswith("it may have become productId")
    assert kinds[Kind.UNEXPECTED_COLUMN].message.endswith("did you mean product_id?")


def test_a_column_of_no_version_is_one_finding_over_versions_and_tables() -> None:
    versions = [version("Order Completed", v, prop("coupon"), undeclared=("coupon_code",)) for v in ("1-0-0", "1-1-0")]
    tables = [
        table(f"{source}.order_completed", *versions, columns=columns("coupon_code")) for source in ("web", "ios")
    ]
    carried = [
        series(
            "Order Completed",
            v,
            flat(9),
            replace(GIVEN, table=f"{source}.order_completed", source=source, undeclared={"coupon_code": 70}),
        )
        for v in ("1-0-0", "1-1-0")
        for source in ("web", "ios")
    ]
    one = only(contract([event("Order Completed", "1-0-0", "1-1-0")], *tables), past(*carried))
    assert (one.kind, one.event, one.version, one.property) == (
        Kind.UNEXPECTED_COLUMN,
        "Order Completed",
        "",
        "coupon_code",
    )
    assert one.evidence.affected == 280
    assert one.severity is Severity.WARNING


def test_a_column_that_another_version_declares_is_undeclared_in_this_one() -> None:
    bound = table(
        "raw.events",
        version("Order Completed", "1-0-0", undeclared=("coupon",)),
        version("Order Completed", "1-1-0", prop("coupon")),
    )
    plan = contract([event("Order Completed", "1-0-0", "1-1-0")], bound)
    old = series("Order Completed", "1-0-0", flat(9), replace(GIVEN, undeclared={"coupon": 70}))
    one = only(plan, past(old, series("Order Completed", "1-1-0", flat(9))))
    assert (one.kind, one.version, one.property) == (Kind.UNDECLARED_PROPERTY, "1-0-0", "coupon")


def test_a_key_that_every_seen_version_carries_is_one_finding_without_version() -> None:
    given = replace(GIVEN, undeclared={"debug": 20})
    one = only(
        plain("1-0-0", "2-0-0"), past(series(VIEWED, "1-0-0", flat(2), given), series(VIEWED, "2-0-0", flat(2), given))
    )
    assert (one.kind, one.version, one.property) == (Kind.UNDECLARED_PROPERTY, "", "debug")


def test_more_than_twenty_undeclared_names_are_one_finding_and_few_rows_are_info() -> None:
    many = replace(GIVEN, undeclared={f"key_{n}": 50 for n in range(30)})
    one = only(plain(), past(series(VIEWED, "1-0-0", flat(2), many)))
    assert one.property == ""
    assert "30 properties" in one.message
    few = replace(GIVEN, undeclared={"garbled": 1})
    assert only(plain(), past(series(VIEWED, "1-0-0", flat(2), few))).severity is Severity.INFO


def test_many_columns_of_no_version_are_one_finding() -> None:
    names = tuple(f"column_{n}" for n in range(30))
    bound = table("raw.events", version(VIEWED, "1-0-0", undeclared=names), columns=columns(*names))
    given = replace(GIVEN, undeclared=dict.fromkeys(names, 9))
    one = only(contract([event(VIEWED)], bound), past(series(VIEWED, "1-0-0", flat(2), given)))
    assert (one.kind, one.property) == (Kind.UNEXPECTED_COLUMN, "raw.events")


def test_a_row_that_fails_as_a_whole_is_explained_by_the_undeclared_key() -> None:
    failed = {"product_viewed@1-0-0#:additionalProperties": last(48, 2)}
    one = only(plain(), past(series(VIEWED, "1-0-0", flat(9), replace(GIVEN, failed=failed, undeclared={"debug": 96}))))
    assert one.kind is Kind.UNDECLARED_PROPERTY
    assert [effect.kind for effect in one.absorbed] == [Kind.FAILURE_RATE]


def test_a_payload_that_did_not_land_is_one_finding() -> None:
    missing = version(VIEWED, "1-0-1", prop("sku", required=True, landed=False), payload_missing="unstruct_event_x_1")
    plan = contract([event(VIEWED, "1-0-1")], table("raw.events", missing))
    one = only(plan, past(series(VIEWED, "1-0-1", last(1, 10))))
    assert (one.kind, one.version) == (Kind.PAYLOAD_NOT_LANDED, "1-0-1")
    assert "10 rows" in one.message


# ── events and versions ─────────────────────────────────────────────────────────────────────────────


def test_an_unplanned_event_names_the_planned_one_that_it_may_be() -> None:
    plan = contract([event("User Signed In")], table("raw.events", version("User Signed In")))
    stray = series("User Logged In", "", flat(3), replace(GIVEN, source="android", planned=False, known=False))
    one = only(plan, past(series("User Signed In", "1-0-0", flat(3)), stray))
    assert (one.kind, one.event, one.source, one.severity) == (
        Kind.UNPLANNED_EVENT,
        "User Logged In",
        "android",
        Severity.WARNING,
    )
    assert one.message.endswith("did you mean User Signed In?")


def test_many_unplanned_events_are_one_finding() -> None:
    strays = [series(f"thing {n}", "", flat(1), replace(GIVEN, planned=False, known=False)) for n in range(25)]
    one = only(plain(), past(series(VIEWED, "1-0-0", flat(2)), *strays))
    assert one.event == ""
    assert one.message.startswith("25 events are not in the plan: thing ")


def test_a_version_that_the_plan_does_not_know_is_a_finding_of_its_own() -> None:
    one = only(
        plain(), past(series(VIEWED, "1-0-0", flat(9)), series(VIEWED, "9-9-9", flat(1), replace(GIVEN, known=False)))
    )
    assert (one.kind, one.version, one.severity) == (Kind.UNKNOWN_VERSION, "9-9-9", Severity.WARNING)
    assert "10% of its rows" in one.message


def test_rows_without_version_are_a_warning_where_others_have_one_and_info_where_none_ever_had() -> None:
    unresolved = series(VIEWED, "", flat(1), replace(GIVEN, known=False))
    assert only(plain(), past(series(VIEWED, "1-0-0", flat(9)), unresolved)).severity is Severity.WARNING
    one = only(plain(), past(unresolved))
    assert (one.kind, one.version, one.severity) == (Kind.UNKNOWN_VERSION, "", Severity.INFO)
    assert "not resolved" in one.message


@pytest.mark.parametrize(
    ("until", "arrives"),
    [(None, True), (date(2026, 7, 1), True), (date(2026, 7, 21), True), (date(2026, 7, 22), False)],
)
def test_a_retired_version_arrives_only_after_its_last_day(until: date | None, arrives: bool) -> None:  # noqa: FBT001
    plan = contract(
        [event("Search Performed", "1-0-0", "2-0-0", retired={"1-0-0": until})],
        table("raw.events", version("Search Performed", "1-0-0"), version("Search Performed", "2-0-0")),
    )
    given = past(series("Search Performed", "1-0-0", flat(1)), series("Search Performed", "2-0-0", flat(9)))
    kinds = [(one.kind, one.version) for one in found(plan, given)]
    assert kinds == ([(Kind.RETIRED_VERSION_ARRIVING, "1-0-0")] if arrives else [])


def test_a_live_event_that_never_came_is_info_and_a_retired_one_nothing() -> None:
    plan = contract(
        [event("Gift Sent", sources=("ios",)), event("Old", "1-0-0", retired={"1-0-0": None}), event(VIEWED)],
        table("raw.events", version(VIEWED)),
    )
    one = only(plan, past(series(VIEWED, "1-0-0", flat(9))))
    assert (one.kind, one.event, one.severity) == (Kind.NOT_SEEN, "Gift Sent", Severity.INFO)


def test_an_empty_history_is_silent() -> None:
    assert [one.severity for one in found(plain(), past())] == [Severity.INFO]


# ── what is not known ───────────────────────────────────────────────────────────────────────────────


def test_of_an_unmeasured_table_nothing_else_is_said() -> None:
    rows = flat(50)
    rows[-30:] = 0
    failed = Unmeasured("raw.events", "permission denied", "grant SELECT", (VIEWED, "Gift Sent"))
    plan = contract([event(VIEWED, tier=Tier.CORE), event("Gift Sent")], table("raw.events", version(VIEWED)))
    one = only(plan, past(series(VIEWED, "1-0-0", rows), unmeasured=(failed,)))
    assert (one.kind, one.property, one.severity) == (Kind.MEASUREMENT_FAILED, "raw.events", Severity.CRITICAL)
    assert "permission denied" in one.message


def test_an_event_half_of_whose_rows_are_unknown_is_no_drop() -> None:
    half = series(VIEWED, "1-0-0", flat(50), replace(GIVEN, table="raw.known"))
    rows = flat(50)
    rows[-30:] = 0
    failed = Unmeasured("raw.events", "gone", "look", (VIEWED,))
    bound = [table(key, version(VIEWED)) for key in ("raw.events", "raw.known")]
    given = past(half, series(VIEWED, "1-0-0", rows), unmeasured=(failed,))
    assert [one.kind for one in found(contract([event(VIEWED)], *bound), given)] == [Kind.MEASUREMENT_FAILED]


def test_a_table_that_the_configuration_names_and_does_not_exist_could_not_be_measured() -> None:
    plan = replace(plain(), missing=(MissingTable(TableRef("raw", "absent"), "0", "", required=True),))
    one = only(plan, past(series(VIEWED, "1-0-0", flat(9))))
    assert (one.kind, one.property) == (Kind.MEASUREMENT_FAILED, "raw.absent")


def test_rows_without_time_and_repeated_ids_are_worth_a_line() -> None:
    given = with_table(past(series(VIEWED, "1-0-0", flat(9))), "raw.events", no_time_rows=1, duplicates=4)
    assert [(one.kind, one.severity, one.evidence.affected) for one in found(plain(), given)] == [
        (Kind.ROWS_WITHOUT_TIME, Severity.INFO, 1),
        (Kind.DUPLICATED_IDS, Severity.INFO, 4),
    ]


def test_who_sent_nothing_lately_is_quiet() -> None:
    rows = flat(5)
    rows[-48:] = 0
    given = past(series(VIEWED, "1-0-0", rows), series(VIEWED, "2-0-0", flat(1), replace(GIVEN, source="ios")))
    silent = quiet(plain("1-0-0", "2-0-0"), given)
    assert (VIEWED, "1-0-0", "web") in silent
    assert (VIEWED, "1-0-0", "") in silent
    assert (VIEWED, "2-0-0", "") not in silent
    assert (VIEWED, "", "") not in silent
    assert ("", "", "web") in silent
    assert ("", "", "ios") not in silent


# ── all of it ───────────────────────────────────────────────────────────────────────────────────────


def test_findings_do_not_depend_on_the_order_of_series_or_tables() -> None:
    names = [f"Event {n}" for n in range(12)]
    tables = [table(f"raw.t{n}", version(name, "1-0-0", undeclared=("extra",))) for n, name in enumerate(names)]
    members = [
        series(
            name,
            v,
            flat(n + 1),
            replace(GIVEN, table=f"raw.t{n}", known=v == "1-0-0", undeclared={"extra": 9, "key": 8}),
        )
        for n, name in enumerate(names)
        for v in ("1-0-0", "7-7-7")
    ]
    expected = found(contract([event(name) for name in names], *tables), past(*members))
    assert len(expected) > 12
    for seed in range(5):
        Random(seed).shuffle(members)  # noqa: S311 - an order, not a secret
        Random(seed).shuffle(tables)  # noqa: S311 - as above
        assert found(contract([event(name) for name in names], *tables), past(*members)) == expected


def test_another_environment_is_said_so() -> None:
    plan = contract([event(VIEWED)], table("dev.events", version(VIEWED), env="dev"))
    stray = series("Odd", "", flat(3), replace(GIVEN, table="dev.events", planned=False, known=False))
    assert only(plan, past(series(VIEWED, "1-0-0", flat(3), replace(GIVEN, table="dev.events")), stray)).env == "dev"


def test_every_kind_is_explained_once() -> None:
    assert set(EXPLANATIONS) == set(Kind)
    assert all(one.title and one.means.endswith(".") and one.next_step.endswith(".") for one in EXPLANATIONS.values())
    assert all(one.reason for one in PRECEDENCE)
