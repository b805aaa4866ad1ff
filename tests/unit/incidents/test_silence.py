"""Nothing is resolved by silence: what a run did not look at, what is gone, and what a silent run found."""

from dataclasses import replace

import pytest

from monitor.catalog import TableRef
from monitor.contract.model import BoundTable, Contract
from monitor.incidents.lifecycle import hushed, transitions
from monitor.incidents.model import Intent, Observed, State, Transition
from monitor.incidents.observe import observed
from monitor.judge.model import Finding, Kind, Past, Severity, TablePast
from monitor.landing.model import LandedTable, MissingTable
from monitor.measure.model import Unmeasured
from tests.unit.incidents.test_lifecycle import NOW, Story, bad, newest, seen
from tests.unit.judge.builders import Given, contract, event, flat, past, series, table, version

FAILED = Finding(Kind.MEASUREMENT_FAILED, Severity.WARNING, "x", property="web.orders", tables=("web.orders",))


def shop(*gone: str) -> tuple[Contract, Past]:
    """Orders in one table, views in another; of those that are `gone` only history knows."""
    tables = {
        "web.orders": table("web.orders", version("Order Completed")),
        "web.views": table("web.views", version("Product Viewed")),
    }
    events = [event("Order Completed"), event("Product Viewed")]
    bound = contract(events, *(one for name, one in tables.items() if name not in gone))
    missing = tuple(MissingTable(TableRef.parse(name), "0:web", "", required=False) for name in (*gone, "web.never"))
    flows = (
        series("Order Completed", "1-0-0", flat(9), Given(table="web.orders")),
        series("Product Viewed", "1-0-0", flat(9), Given(table="web.views")),
    )
    known = past(*flows)
    marks = {**known.tables, "web.never": TablePast("web.never", None, None, known.until)}
    return replace(bound, missing=missing), replace(known, tables=marks)


def landed(*tables: BoundTable) -> list[LandedTable]:
    return [one.landed for one in tables]


def still_open(looked: Observed, finding: Finding) -> bool:
    story = Story()
    story.run(replace(looked, findings=(finding,), unknown_tables=frozenset(), unknown_events=frozenset()))
    return story.run(replace(looked, findings=())) == [] and story.state is State.OPEN


def orders(kind: Kind = Kind.FAILURE_RATE) -> Finding:
    return Finding(kind, Severity.WARNING, "x", "Order Completed", "1-0-0", "web", "currency", tables=("web.orders",))


def test_a_table_that_a_run_was_not_asked_about_is_unknown() -> None:
    bound, known = shop()
    only_views = observed(bound, known, (), landed(bound.tables[1]))
    assert (only_views.unknown_tables, only_views.unknown_events) == ({"web.orders"}, {"Order Completed"})
    for finding in (orders(), FAILED, replace(orders(Kind.VOLUME_DROP), event="", version="", property="")):
        assert still_open(only_views, finding)
        assert not still_open(observed(bound, known, (), landed(*bound.tables)), finding)


def test_a_table_that_is_gone_resolves_nothing() -> None:
    bound, known = shop("web.orders")
    looked = observed(bound, known, ())
    assert looked.unknown_tables == {"web.orders"}, "a table that never was is not missed"
    assert still_open(looked, orders())
    assert not still_open(observed(*shop(), ()), orders())


def test_what_could_not_be_read_at_adoption_is_adopted_when_it_is() -> None:
    story = Story()
    unread = replace(seen(FAILED, first_run=True), unknown_tables=frozenset({"web.orders"}))
    assert story.run(unread) == [Intent.ADOPTED]
    assert story.run(replace(unread, first_run=False)) == []
    elsewhere = replace(bad(), tables=("web.orders", "ios.orders"), property="price")
    assert sorted(story.run(seen(bad(), elsewhere))) == [Intent.ADOPTED, Intent.OPENED]
    assert story.run(seen(bad(), elsewhere, replace(bad(), property="later"))) == [Intent.OPENED]


def test_a_table_that_fails_after_adoption_hides_nothing_new() -> None:
    story = Story()
    story.run(seen(first_run=True))
    assert story.run(replace(seen(FAILED), unknown_tables=frozenset({"web.orders"}))) == [Intent.OPENED]
    assert sorted(story.run(seen(bad()))) == [Intent.OPENED, Intent.RESOLVED]


class Hushed(Story):
    """Runs that tell nobody."""

    def hush(self, looked: Observed) -> tuple[Transition, ...]:
        steps = hushed(transitions(self.known, looked, self.now))
        assert not [step for step in steps if step.intent]
        self.known = newest(self.known, steps)
        return steps


def test_what_a_silent_run_finds_is_known_and_ends_as_silently() -> None:
    story = Hushed()
    story.hush(seen(bad()))
    assert story.state is State.KNOWN
    assert story.run(seen(bad())) == []
    assert story.run(seen(bad(Severity.CRITICAL))) == [Intent.ESCALATED]
    other = Hushed()
    other.hush(seen(bad()))
    assert other.run(seen()) == [], "no end of what was never told"


@pytest.mark.parametrize(
    ("before", "looked", "told"),
    [
        ((seen(bad()),), seen(), Intent.RESOLVED),
        ((seen(bad()),), seen(bad(Severity.CRITICAL)), Intent.ESCALATED),
        ((seen(bad()), seen()), seen(bad()), Intent.REOPENED),
    ],
)
def test_what_a_silent_run_may_not_tell_the_next_run_tells(
    before: tuple[Observed, ...], looked: Observed, told: Intent
) -> None:
    story = Hushed()
    for one in before:
        story.run(one)
    as_it_was = story.known
    story.hush(looked)
    assert story.known == as_it_was
    assert story.run(looked) == [told]
    assert story.known[0].seen_at >= NOW


def test_an_unmeasured_table_is_unknown_beside_those_not_asked() -> None:
    bound, known = shop()
    failed = replace(known, unmeasured=(Unmeasured("web.views", "locked", "wait", ("Product Viewed",)),))
    assert observed(bound, failed, (), landed(*bound.tables)).unknown_tables == {"web.views"}
