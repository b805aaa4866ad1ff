"""The 25 scenarios of an incident's life, each told from its beginning."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from monitor.alert.message import messages
from monitor.alert.routing import MessageContext, Routing
from monitor.incidents.actions import Action, Refused, act
from monitor.incidents.lifecycle import transitions
from monitor.incidents.model import Incident, Intent, Observed, Patience, State, Suppression, Transition
from monitor.judge.model import Finding, Kind, Severity
from monitor.judge.precedence import settle

START = datetime(2026, 7, 1, 12, 5, tzinfo=UTC)
EVENTS = ("Order Completed", "Product Viewed")
VERSIONS = ("1-1-0", "2-0-0", "2-1-0", "2-2-0")
BAD = Finding(Kind.FAILURE_RATE, Severity.WARNING, "18% fail", "Order Completed", "1-1-0", "ios", "currency")
LOUD = replace(BAD, severity=Severity.CRITICAL)


def seen(*findings: Finding, **also: Any) -> Observed:
    versions = frozenset((name, version) for name in EVENTS for version in VERSIONS)
    return replace(Observed(findings, frozenset(), frozenset(), frozenset(EVENTS), versions), **also)


UNKNOWN = seen(unknown_events=frozenset({"Order Completed"}))


@dataclass
class Story:
    """Runs, an hour apart, and what each of them said."""

    patience: Patience = field(default_factory=Patience)
    now: datetime = START
    known: list[Incident] = field(default_factory=list)
    reasons: list[str] = field(default_factory=list)

    def run(self, observed: Observed, hours: float = 1) -> list[Intent]:
        """One run; then that much time goes by."""
        steps = transitions(self.known, observed, self.now, self.patience)
        self.take(steps)
        self.now += timedelta(hours=hours)
        return [step.intent for step in steps if step.intent]

    def runs(self, *observed: Observed) -> list[list[Intent]]:
        return [self.run(one) for one in observed]

    def says(self, what: Intent, **details: Any) -> Transition | Refused:
        """Somebody does something about the one incident."""
        step = act(self.one, Action(what, "ann", **details), self.now)
        if isinstance(step, Transition):
            self.take([step])
        return step

    def take(self, steps: Sequence[Transition]) -> None:
        self.reasons += [step.reason for step in steps]
        self.known = [*{one.fingerprint: one for one in [*self.known, *(step.after for step in steps)]}.values()]

    @property
    def one(self) -> Incident:
        (incident,) = self.known
        return incident

    def of(self, version: str) -> Incident:
        (incident,) = [one for one in self.known if one.finding.version == version]
        return incident


def hours_told(story: Story, observed: Observed, hours: int) -> list[int]:
    return [hour for hour in range(hours) if story.run(observed)]


def test_01_what_is_new_is_opened_once() -> None:
    story = Story()
    assert story.run(seen(BAD)) == [Intent.OPENED]
    assert (story.one.state, story.one.told_at) == (State.OPEN, START)


def test_02_what_stays_bad_says_nothing_more() -> None:
    story = Story()
    story.run(seen(BAD))
    assert story.runs(*[seen(BAD)] * 9) == [[]] * 9


def test_03_a_reminder_comes_every_24_hours_where_it_is_asked_for() -> None:
    story = Story(Patience(repeat=timedelta(hours=24)))
    assert hours_told(story, seen(BAD), 51) == [0, 24, 48]
    assert "told at 2026-07-02 12:05 UTC" in " ".join(story.reasons)


def test_04_two_good_windows_in_a_row_close_where_two_are_asked_for() -> None:
    story = Story(Patience(close_after=2))
    story.run(seen(BAD))
    assert story.runs(seen(), seen(BAD), seen(), seen()) == [[], [], [], [Intent.RESOLVED]]


def test_05_what_nobody_could_look_at_stays_open_silently() -> None:
    story = Story()
    story.run(seen(BAD))
    assert story.runs(*[UNKNOWN] * 8) == [[]] * 8
    assert story.one.state is State.OPEN
    assert story.reasons[-1] == "a table of Order Completed could not be measured"


def test_06_what_is_back_within_a_day_is_reopened_in_its_thread() -> None:
    story = Story()
    story.run(seen(BAD))
    story.known = [replace(story.one, root="m1")]
    story.run(seen(), hours=8)
    assert story.run(seen(BAD)) == [Intent.REOPENED]
    assert (story.one.episode, story.one.root) == (1, "m1")


def test_07_what_is_back_after_38_hours_is_a_new_episode_with_a_message_of_its_own() -> None:
    story = Story()
    story.run(seen(BAD))
    story.known = [replace(story.one, root="m1")]
    story.run(seen(), hours=38)
    assert story.run(seen(BAD)) == [Intent.OPENED]
    assert (story.one.episode, story.one.root) == (2, "")


def test_08_what_is_acknowledged_is_not_repeated_and_resolves_once() -> None:
    story = Story(Patience(close_after=2, repeat=timedelta(hours=24)))
    story.run(seen(BAD))
    step = story.says(Intent.ACKNOWLEDGED)
    assert isinstance(step, Transition)
    assert (step.intent, step.reason) == (Intent.ACKNOWLEDGED, "acknowledged by ann")
    assert hours_told(story, seen(BAD), 58) == []
    assert story.runs(seen(), seen(), seen()) == [[], [Intent.RESOLVED], []]


def test_09_worse_pierces_an_acknowledgement_and_a_snooze() -> None:
    for what, details in ((Intent.ACKNOWLEDGED, {}), (Intent.SNOOZED, {"until": START + timedelta(days=1)})):
        story = Story()
        story.run(seen(BAD))
        story.says(what, **details)
        assert story.run(seen(LOUD)) == [Intent.ESCALATED]
        assert story.one.state is State.OPEN


def test_10_a_snooze_that_is_over_gives_exactly_one_reminder() -> None:
    story = Story()
    story.run(seen(BAD), hours=0)
    story.says(Intent.SNOOZED, until=START + timedelta(hours=8))
    assert hours_told(story, seen(BAD), 20) == [8]
    assert story.one.state is State.OPEN


def test_11_what_ends_while_it_is_snoozed_does_not_wake_anybody_later() -> None:
    story = Story(Patience(close_after=2))
    story.run(seen(BAD))
    story.says(Intent.SNOOZED, until=START + timedelta(hours=8))
    assert story.runs(seen(), seen()) == [[], [Intent.RESOLVED]]
    assert hours_told(story, seen(), 12) == []


def test_12_what_comes_and_goes_is_told_as_flapping_once_and_then_when_it_is_stable() -> None:
    story = Story()
    said = [story.run(seen(BAD) if hour % 2 == 0 else seen()) for hour in range(16)]
    assert said[:5] == [[Intent.OPENED], [Intent.RESOLVED], [Intent.REOPENED], [Intent.RESOLVED], [Intent.FLAPPING]]
    assert said[5:] == [[]] * 11
    assert hours_told(story, seen(), 12) == [5], "six hours after its last turn"
    assert story.one.state is State.RESOLVED
    assert "no longer comes and goes" in story.one.note


def test_12_what_flapped_and_stays_bad_is_told_once_more() -> None:
    story = Story()
    for hour in range(7):
        story.run(seen(BAD) if hour % 2 == 0 else seen())
    said = [story.run(seen(BAD)) for _ in range(12)]
    assert [intents for intents in said if intents] == [[Intent.REPEATED]]
    assert not story.one.flapping


def test_13_what_holds_for_one_window_only_is_never_told_where_two_are_asked_for() -> None:
    story = Story(Patience(open_after=2))
    assert story.runs(seen(BAD), seen()) == [[], []]
    assert story.one.state is State.RESOLVED
    assert story.runs(seen(BAD), seen(BAD)) == [[], [Intent.OPENED]], "and it is no return of what nobody heard of"


def test_14_300_findings_in_one_run_are_one_digest_by_impact_with_ten_shown() -> None:
    found = [replace(BAD, property=f"p{number}") for number in range(299)]
    steps = transitions([], seen(*found, replace(LOUD, property="worst")), START)
    (digest,) = messages(steps, MessageContext("r", START, "p", Routing("C0")))
    assert digest.text == "🔴 300 findings: 1 critical, 299 warning"
    assert digest.blocks.count("18% fail") == 10
    assert "+290 more" in digest.blocks
    assert "`Order Completed`" in digest.blocks


def test_15_a_source_that_is_down_inhibits_what_its_events_would_say() -> None:
    story = Story()
    drop = Finding(Kind.VOLUME_DROP, Severity.WARNING, "−60%", "Order Completed", source="ios")
    story.run(seen(drop))
    down = Finding(Kind.NO_DATA, Severity.CRITICAL, "nothing", source="ios")
    both = settle([down, drop, replace(drop, event="Product Viewed")])
    assert story.run(seen(*both)) == [Intent.OPENED]
    assert sorted(one.finding.event for one in story.known if one.state is State.OPEN) == ["", "Order Completed"]
    assert sorted(story.run(seen())) == [Intent.RESOLVED, Intent.RESOLVED]


def test_16_fixed_in_a_version_keeps_older_ones_quiet_and_tells_that_one_as_a_regression() -> None:
    story = Story()
    story.run(seen(replace(BAD, version="2-0-0")))
    story.says(Intent.ACKNOWLEDGED, fixed_in="2-1-0")
    assert story.run(seen(replace(BAD, version="2-0-0"), BAD)) == [], "1-1-0 is older than the fix"
    assert story.of("1-1-0").state is State.ACKNOWLEDGED
    both = seen(replace(BAD, version="2-0-0"), replace(BAD, version="2-2-0"))
    assert story.run(both) == [Intent.REGRESSED]
    assert "fixed in 2-1-0 (by ann)" in story.of("2-2-0").note
    assert story.run(both) == []


def test_16_an_older_version_stays_quiet_after_it_was_gone_for_days() -> None:
    story = Story()
    story.run(seen(replace(BAD, version="2-0-0")))
    story.says(Intent.ACKNOWLEDGED, fixed_in="2-1-0")
    assert story.run(seen(), hours=70) == [Intent.RESOLVED]
    assert story.run(seen(replace(BAD, version="2-0-0"))) == []
    assert story.one.state is State.ACKNOWLEDGED
    assert story.run(seen()) == [], "nobody heard that it was back"


def test_16_a_version_that_cannot_have_it_fixed_is_refused() -> None:
    story = Story()
    story.run(seen(replace(BAD, version="2-1-0")))
    refused = story.says(Intent.ACKNOWLEDGED, fixed_in="2-1-0")
    assert isinstance(refused, Refused)
    assert "2-1-0" in refused.hint


def test_17_what_is_acknowledged_twice_is_acknowledged_once() -> None:
    story = Story()
    story.run(seen(BAD))
    assert isinstance(story.says(Intent.ACKNOWLEDGED), Transition)
    again = story.says(Intent.ACKNOWLEDGED)
    assert again == Refused("it is acknowledged already, by ann")


@pytest.mark.parametrize("scenario", ["18 the answer is lost", "19 the process is killed before it marks"])
def test_18_and_19_the_same_decision_has_the_same_message(scenario: str) -> None:
    """What Slack and the outbox make of it: tests/unit/alert/test_outbox.py and tests/faults."""
    told = MessageContext(scenario, START, "p", Routing("C0"))
    steps = transitions([], seen(BAD), START)
    assert messages(steps, told)[0].id == messages(transitions([], seen(BAD), START), told)[0].id


def test_20_the_same_window_measured_again_is_no_step() -> None:
    story = Story(Patience(open_after=2, close_after=2))
    assert [story.run(seen(BAD), hours=0.2) for _ in range(4)] == [[]] * 4, "five minutes past to 41 past the hour"
    story.now = START + timedelta(hours=1)
    assert story.run(seen(BAD)) == [Intent.OPENED]
    assert [story.run(seen(), hours=0.2) for _ in range(4)] == [[]] * 4
    story.now = START + timedelta(hours=3)
    assert story.run(seen()) == [Intent.RESOLVED]


def test_21_what_a_run_did_not_measure_is_unknown_and_nothing_resolves() -> None:
    story = Story()
    story.run(seen(BAD, replace(BAD, event="Product Viewed", tables=("web.views",))))
    assert story.run(replace(UNKNOWN, unknown_tables=frozenset({"web.views"}))) == []
    assert {one.state for one in story.known} == {State.OPEN}


@pytest.mark.parametrize(
    ("gone", "why"),
    [
        (seen(planned_events=frozenset({"Product Viewed"})), "Order Completed left the plan"),
        (seen(planned_versions=frozenset()), "Order Completed 1-1-0 left the plan"),
        (seen(landed=frozenset({"web.views"})), "no landing of the configuration holds ios.orders any more"),
    ],
)
def test_22_what_leaves_the_plan_or_the_configuration_is_withdrawn_and_nobody_is_paged(
    gone: Observed, why: str
) -> None:
    story = Story()
    story.run(seen(replace(BAD, tables=("ios.orders",))))
    assert story.run(gone) == [Intent.WITHDRAWN]
    assert (story.one.state, story.one.note) == (State.WITHDRAWN, why)


def test_22_what_a_suppression_covers_is_withdrawn_and_comes_back_when_it_ends() -> None:
    story = Story()
    story.run(seen(BAD))
    ends = START + timedelta(hours=5)
    story.patience = Patience(suppressed=(Suppression("Order *", until=ends, why="known until the release"),))
    assert story.run(seen(BAD)) == [Intent.WITHDRAWN]
    assert story.one.note == "suppressed by the configuration: known until the release"
    assert hours_told(story, seen(BAD), 5) == [3]


def test_23_a_version_that_stopped_arriving_while_its_event_flows_is_closed() -> None:
    story = Story()
    story.run(seen(BAD))
    key = ("Order Completed", "1-1-0", "ios")
    assert story.run(seen(quiet=frozenset({key}))) == []
    assert story.run(seen(quiet=frozenset({key}), stopped=frozenset({key}))) == [Intent.WITHDRAWN]
    assert "no longer arriving" in story.one.note


def test_24_other_thresholds_judge_again_and_say_so() -> None:
    story = Story(Patience(close_after=3))
    story.run(seen(BAD, limits="1%"))
    assert story.run(seen(limits="20%")) == [Intent.RESOLVED]
    assert "other thresholds" in story.one.note


def test_25_what_is_wrong_at_adoption_is_one_summary_and_only_what_is_new_or_worse_alerts() -> None:
    found = [replace(BAD, property=f"p{number}") for number in range(200)]
    steps = transitions([], seen(*found, first_run=True), START)
    (summary,) = messages(steps, MessageContext("r", START, "p", Routing("C0")))
    assert summary.text == "📋 Known at adoption: 200 (200 warning)"
    story = Story(known=[step.after for step in steps], now=START + timedelta(hours=1))
    assert story.run(seen(*found)) == []
    assert story.run(seen(*found[1:], replace(LOUD, property="p0"), replace(BAD, property="new"))) == [
        Intent.ESCALATED,
        Intent.OPENED,
    ]


def test_nothing_resolves_while_its_whole_source_is_silent() -> None:
    story = Story()
    story.run(seen(Finding(Kind.UNPLANNED_EVENT, Severity.WARNING, "not planned", "Odd", source="ios")))
    silent = frozenset({("Odd", "", ""), ("Odd", "", "ios"), ("", "", "ios")})
    assert story.run(seen(quiet=silent)) == []
    assert "ios sent nothing at all" in story.reasons[-1]
    assert story.run(seen(quiet=silent - {("", "", "ios")})) == [Intent.RESOLVED]


def test_an_unplanned_event_of_all_sources_waits_while_the_sources_that_sent_it_are_silent() -> None:
    story = Story()
    story.run(seen(Finding(Kind.UNPLANNED_EVENT, Severity.WARNING, "not planned", "Odd")))
    quiet = frozenset({("Odd", "", ""), ("Odd", "", "ios"), ("Odd", "", "web"), ("", "", "ios")})
    assert story.run(seen(quiet=quiet | {("", "", "web")})) == []
    assert story.run(seen(quiet=quiet)) == [Intent.RESOLVED]


def test_what_somebody_resolved_and_still_holds_comes_back() -> None:
    story = Story()
    story.run(seen(BAD))
    story.says(Intent.RESOLVED)
    assert story.one.note == "resolved by ann; it comes back if it still holds"
    assert story.run(seen(BAD)) == [Intent.REOPENED]


def test_an_action_that_says_nothing_is_refused_with_the_next_step() -> None:
    story = Story()
    story.run(seen(BAD))
    for until in (None, START - timedelta(hours=1), START + timedelta(days=400)):
        refused = story.says(Intent.SNOOZED, until=until)
        assert isinstance(refused, Refused)
        assert refused.hint
    story.run(seen())
    over = story.says(Intent.ACKNOWLEDGED)
    assert isinstance(over, Refused)
    assert over.problem.startswith("it is resolved since 2026-07-01")
