"""The site as values: states, numbers, verdicts."""

from dataclasses import replace

import numpy as np
import pytest

from monitor.judge.model import Finding, Kind, Past, Severity, TablePast
from monitor.measure.model import Series
from monitor.report.build import build_site
from monitor.report.drawings import evidence_of
from monitor.report.hours import days_of, last_day, rows_by_day
from monitor.report.model import Standing
from monitor.report.pages import EventPage, Site
from tests.fakes.sites import NOW, START, UNTIL, Made, sampled, shop


def site_of(made: Made) -> Site:
    return build_site(made.contract, made.past, made.findings, made.incidents, made.info)


@pytest.fixture(scope="module")
def site() -> Site:
    return site_of(shop(never_seen=3))


def page(site: Site, name: str) -> EventPage:
    return next(one for one in site.pages if one.event == name)


def test_every_planned_event_has_a_page_of_its_own(site: Site) -> None:
    assert len(site.pages) == 15
    assert len({one.file for one in site.pages}) == 15


def test_an_event_stands_as_its_worst_finding(site: Site) -> None:
    assert page(site, "Order Completed").standing is Standing.CRITICAL
    assert page(site, "User Signed In").standing is Standing.WARNING
    assert page(site, "Wishlist Updated").standing is Standing.INFO


def test_an_event_of_a_source_that_is_down_is_not_ok() -> None:
    silent = Finding(Kind.NO_DATA, Severity.WARNING, "No row of Order Completed from ios", "Order Completed")
    down = Finding(Kind.NO_DATA, Severity.CRITICAL, "No row of any event from ios", source="ios", absorbed=(silent,))
    site = site_of(replace(shop(), findings=(down,), incidents=()))

    assert page(site, "Order Completed").standing is Standing.CRITICAL
    assert [one.message for one in page(site, "Order Completed").told] == ["No row of any event from ios"]
    assert page(site, "User Signed In").standing is Standing.OK
    assert len(site.overview.told) == 1


def test_a_table_that_could_not_be_measured_is_unknown_and_never_ok() -> None:
    made = shop()
    only = tuple(one for one in made.findings if one.kind is Kind.MEASUREMENT_FAILED)
    site = site_of(replace(made, findings=only, incidents=()))

    assert page(site, "Refund Requested").standing is Standing.UNKNOWN
    assert page(site, "Order Completed").standing is Standing.OK
    assert [one.table for one in site.overview.unknown] == ["shop.raw_events", "shop.refund_requested"]


def test_a_table_that_only_the_configuration_names_is_unknown_too(site: Site) -> None:
    assert "the warehouse does not have it" in site.overview.unknown[0].problem


def test_an_open_incident_that_this_run_could_not_judge_still_holds(site: Site) -> None:
    told = [one for one in page(site, "Refund Requested").told if one.kind == "failure_rate"]

    assert [one.standing for one in told] == ["not judged by this run"]


def test_a_finding_is_told_with_the_time_its_incident_opened(site: Site) -> None:
    told = page(site, "Order Completed").told[0]

    assert told.since is not None
    assert told.since < NOW
    assert told.title
    assert told.next_step
    assert ("since", "2026-06-28 10:00 UTC") in told.facts
    assert told.rules[0].sentence == "currency is one of EUR, GBP, USD"


def test_events_never_seen_are_listed_apart_and_have_light_pages(site: Site) -> None:
    absent = page(site, "com.acme/never_0")

    assert len(site.overview.not_seen) == 3
    assert not [one for one in site.overview.told if one.kind == "not_seen"]
    assert absent.standing is Standing.NOT_SEEN
    assert absent.drawings == ()
    assert [one.name for one in absent.versions[0].properties] == ["order_id", "email"]
    assert absent.until is None


def test_what_holds_now_comes_loudest_first(site: Site) -> None:
    severities = [one.severity for one in site.overview.told]

    assert severities == sorted(severities, key=("critical", "warning", "info").index)


def test_every_rule_has_its_verdict_and_only_checked_ones_have_counts(site: Site) -> None:
    rules = page(site, "Product Viewed").versions[0].rules

    assert {one.verdict for one in rules} == {"compiled", "undecidable", "refused", "unmeasurable"}
    assert all(one.reason for one in rules if one.verdict != "compiled")


def test_failing_rows_are_counted_over_the_recent_days_and_over_all() -> None:
    made = shop()
    rule = "order_completed@1-1-0#/currency:enum"
    row = next(one for one in page(site_of(made), "Order Completed").versions[1].rules if one.id == rule)
    series = [one for one in made.past.series if rule in one.failed]

    newest_day = (made.past.until - 1) // 24  # recent days are whole UTC days, the newest so far
    recent = (newest_day - made.past.recent_days + 1) * 24 - made.past.start
    assert row.failed == sum(int(one.failed[rule][recent:].sum()) for one in series)
    assert row.failed_ever == sum(int(one.failed[rule].sum()) for one in series)


def _highest(shown: EventPage) -> float:
    """The highest failure rate that the page draws."""
    lines = [drawn.chart.lines for drawn in shown.drawings if drawn.chart.title.startswith("Failure rate")]
    return max(rate or 0 for line in lines[0] for rate in line.values)


def test_rates_and_presence_are_of_the_rows_that_were_checked_and_volume_is_of_all() -> None:
    whole, part = (page(site_of(made), "Order Completed") for made in (shop(), sampled(shop())))
    assert [one.rows for one in part.versions] == [one.rows for one in whole.versions]
    assert part.day.rows == whole.day.rows
    assert all(one.checked == one.rows for one in whole.versions)
    for before, after in zip(whole.versions, part.versions, strict=True):
        assert 0.05 * after.rows <= after.checked <= 0.1 * after.rows
        assert after.invalid == before.invalid, "nothing is scaled up"
        assert all(one.of <= 0.1 * other.of for one, other in zip(after.properties, before.properties, strict=True))
    assert _highest(part) > 5 * _highest(whole) > 0
    assert any("of those that were checked (a sample)" in drawn.note for drawn in part.drawings)
    assert not any("sample" in drawn.note for drawn in whole.drawings)


def test_a_version_the_plan_does_not_know_is_listed_after_those_it_does(site: Site) -> None:
    versions = page(site, "Page Viewed").versions

    assert [(one.version, one.status) for one in versions] == [("1-0-0", "live"), ("3-0-0", "")]
    assert sum(one.share for one in versions) == pytest.approx(1)


def test_a_type_change_is_drift(site: Site) -> None:
    changes = {(one.column, one.before, one.now) for one in page(site, "Product Viewed").changes}

    assert ("price", "DOUBLE", "VARCHAR") in changes


def test_an_unplanned_event_is_counted_and_has_no_page(site: Site) -> None:
    assert [one.name for one in site.overview.unplanned] == ["User Logged In"]
    told = next(one for one in site.overview.told if one.kind == "unplanned_event")
    assert told.event.page == ""


def test_an_event_with_one_version_and_no_failure_shows_only_volume(site: Site) -> None:
    made = shop()
    quiet = tuple(
        replace(one, invalid=np.zeros_like(one.invalid)) for one in made.past.series if one.series.version != "3-0-0"
    )
    site = site_of(replace(made, past=replace(made.past, series=quiet)))

    assert [one.chart.title for one in page(site, "Page Viewed").drawings] == ["Rows per day, by source"]


def test_a_day_that_was_not_measured_throughout_is_no_number() -> None:
    made = shop()
    series = made.past.series[0]
    tables = {series.table: TablePast(series.table, START + 30, UNTIL - 1, UNTIL - 2)}
    past = replace(made.past, tables=tables)
    values = rows_by_day(past, [series], days_of(past))

    assert values[0] is None
    assert values[-1] is None, "today is not over"
    assert values[5] == int(series.rows[5 * 24 - START % 24 :][:24].sum())


def test_nothing_is_compared_with_a_week_that_was_not_measured() -> None:
    made = shop()
    series = made.past.series[0]
    past = replace(made.past, tables={series.table: TablePast(series.table, UNTIL - 100, UNTIL, UNTIL)})

    assert last_day(past, [series]).before is None
    assert last_day(past, [series]).rows == int(series.rows[-24:].sum())


def test_an_empty_past_builds_a_site() -> None:
    made = shop()
    empty = Past(UNTIL, UNTIL, (), {})
    site = build_site(made.contract, empty, (), (), made.info)

    assert site.overview.events == ()
    assert {one.standing for one in site.pages} == {Standing.NOT_SEEN}


def test_a_history_of_some_hours_is_drawn_by_hour() -> None:
    made = shop()
    past = replace(made.past, start=UNTIL - 6)
    series = tuple(
        replace(one, rows=one.rows[-6:], invalid=one.invalid[-6:], failed={}, first_hour=UNTIL - 6)
        for one in made.past.series[:3]
    )
    site = site_of(replace(made, past=replace(past, series=series)))

    assert page(site, "Order Completed").drawings[0].chart.title == "Rows per hour, by source"


def test_more_sources_than_a_chart_can_tell_apart_become_others() -> None:
    made = shop()
    one = made.past.series[0]
    many = tuple(replace(one, series=one.series._replace(source=f"source {n}")) for n in range(9))
    site = site_of(replace(made, past=replace(made.past, series=many)))

    lines = page(site, "Order Completed").drawings[0].chart.lines
    assert len(lines) == 6
    assert lines[-1].name == "others"


def test_evidence_of_a_failure_rate_is_drawn_as_a_share(site: Site) -> None:
    drawn = page(site, "Order Completed").told[0].drawing

    assert drawn is not None
    assert max(value or 0 for value in drawn.chart.lines[0].values) == pytest.approx(0.18, abs=0.01)


def test_evidence_without_hours_draws_nothing() -> None:
    assert evidence_of(Finding(Kind.NO_DATA, Severity.WARNING, "nothing")) is None


def test_the_same_values_build_the_same_site() -> None:
    assert repr(site_of(shop())) == repr(site_of(shop()))


def test_rows_of_an_unresolved_version_are_a_version_without_a_name() -> None:
    made = shop()
    lost = replace(made.past.series[0], series=Series("Page Viewed", "", "web", planned=True, known=False))
    site = site_of(replace(made, past=replace(made.past, series=(*made.past.series, lost))))

    assert "" in {one.version for one in page(site, "Page Viewed").versions}
