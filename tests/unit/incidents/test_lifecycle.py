from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta

from hypothesis import given, settings
from hypothesis import strategies as st

from monitor.incidents.fingerprint import fingerprint
from monitor.incidents.lifecycle import transitions
from monitor.incidents.model import Incident, Intent, Observed, State, Transition
from monitor.judge.model import Finding, Kind, Severity

NOW = datetime(2026, 7, 1, 12, tzinfo=UTC)
HOUR = timedelta(hours=1)
EVENTS = ("Order Completed", "Product Viewed")


def bad(severity: Severity = Severity.WARNING, kind: Kind = Kind.FAILURE_RATE, source: str = "ios") -> Finding:
    return Finding(kind, severity, "18% fail", "Order Completed", "1-1-0", source, "currency", tables=("web.orders",))


def seen(*findings: Finding, first_run: bool = False) -> Observed:
    versions = frozenset((name, "1-1-0") for name in EVENTS)
    return Observed(findings, frozenset(), frozenset(), frozenset(EVENTS), versions, first_run)


def newest(known: Sequence[Incident], steps: Sequence[Transition]) -> list[Incident]:
    return [*{one.fingerprint: one for one in [*known, *(step.after for step in steps)]}.values()]


class Story:
    """A series of runs and what was said in each."""

    def __init__(self) -> None:
        self.now = NOW
        self.known: list[Incident] = []

    def run(self, observed: Observed, hours: float = 1) -> list[Intent]:
        steps = transitions(self.known, observed, self.now)
        assert all(step.reason for step in steps)
        self.known = newest(self.known, steps)
        self.now += hours * HOUR
        return [step.intent for step in steps if step.intent]

    @property
    def state(self) -> State:
        (one,) = self.known
        return one.state


def test_what_is_found_first_is_opened_and_then_not_told_again() -> None:
    story = Story()
    assert story.run(seen(bad())) == [Intent.OPENED]
    assert [story.run(seen(bad())) for _ in range(9)] == [[]] * 9
    assert (story.known[0].opened_at, story.known[0].seen_at) == (NOW, NOW + 9 * HOUR)
    assert story.known[0].sequence == 1


def test_the_first_run_knows_what_is_wrong_already_and_tells_only_what_is_worse() -> None:
    story = Story()
    other = replace(bad(), property="price")
    assert story.run(seen(bad(), other, first_run=True)) == [Intent.ADOPTED, Intent.ADOPTED]
    assert {one.state for one in story.known} == {State.KNOWN}
    assert story.run(seen(bad(), other)) == []
    assert story.run(seen(bad(Severity.CRITICAL), other)) == [Intent.ESCALATED]
    assert sorted(one.state for one in story.known) == [State.KNOWN, State.OPEN]


def test_what_was_known_at_adoption_ends_silently() -> None:
    story = Story()
    story.run(seen(bad(), first_run=True))
    assert story.run(seen()) == []
    assert story.state is State.RESOLVED


def test_a_higher_severity_is_told_once_however_it_swings() -> None:
    story = Story()
    story.run(seen(bad()))
    said = [story.run(seen(bad(severity))) for severity in (Severity.CRITICAL, Severity.WARNING, Severity.CRITICAL)]
    assert said == [[Intent.ESCALATED], [], []]


def test_worse_pierces_acknowledged_and_snoozed() -> None:
    for state in (State.ACKNOWLEDGED, State.SNOOZED):
        story = Story()
        story.run(seen(bad()))
        story.known = [replace(story.known[0], state=state)]
        assert story.run(seen(bad())) == []
        assert story.state is state
        assert story.run(seen(bad(Severity.CRITICAL))) == [Intent.ESCALATED]
        assert story.state is State.OPEN


def test_good_resolves_once() -> None:
    story = Story()
    story.run(seen(bad()))
    assert story.run(seen()) == [Intent.RESOLVED]
    assert story.run(seen()) == []
    assert story.known[0].sequence == 2


def test_what_comes_back_within_a_day_is_reopened_and_later_a_new_episode() -> None:
    story = Story()
    story.run(seen(bad()))
    story.run(seen(), hours=8)
    assert story.run(seen(bad())) == [Intent.REOPENED]
    assert story.known[0].episode == 1
    story.run(seen(), hours=38)
    assert story.run(seen(bad())) == [Intent.OPENED]
    assert (story.known[0].episode, story.known[0].sequence) == (2, 1)


def test_nothing_resolves_while_it_is_unknown() -> None:
    for unknown in (
        replace(seen(), unknown_tables=frozenset({"web.orders"})),
        replace(seen(), unknown_events=frozenset({"Order Completed"})),
    ):
        story = Story()
        story.run(seen(bad()))
        assert [story.run(unknown) for _ in range(8)] == [[]] * 8
        assert story.state is State.OPEN


def test_a_source_that_is_down_stays_open_while_any_table_is_unknown() -> None:
    story = Story()
    story.run(seen(Finding(Kind.VOLUME_DROP, Severity.CRITICAL, "all down", source="ios")))
    assert story.run(replace(seen(), unknown_tables=frozenset({"a"}))) == []
    assert story.run(seen()) == [Intent.RESOLVED]


def test_a_table_that_is_measured_again_resolves_its_failed_measurement() -> None:
    failed = Finding(Kind.MEASUREMENT_FAILED, Severity.WARNING, "denied", property="web.orders", tables=("web.orders",))
    story = Story()
    assert story.run(replace(seen(failed), unknown_tables=frozenset({"web.orders"}))) == [Intent.OPENED]
    assert story.run(replace(seen(), unknown_tables=frozenset({"web.other"}))) == [Intent.RESOLVED]


def test_silence_does_not_resolve_what_only_rows_can_show() -> None:
    story = Story()
    story.run(seen(bad()))
    silent = replace(seen(), quiet=frozenset({("Order Completed", "1-1-0", "ios")}))
    assert story.run(silent) == []
    assert story.state is State.OPEN
    assert story.run(seen()) == [Intent.RESOLVED]


def test_a_sample_that_held_none_of_its_rows_resolves_nothing_that_rules_say() -> None:
    story = Story()
    story.run(seen(bad()))
    passed_over = replace(seen(), unchecked=frozenset({("Order Completed", "1-1-0", "ios")}))
    assert story.run(passed_over) == []
    assert story.state is State.OPEN
    assert story.run(seen()) == [Intent.RESOLVED]


def test_what_is_judged_from_all_rows_is_over_whatever_the_sample_held() -> None:
    story = Story()
    story.run(seen(Finding(Kind.VOLUME_SPIKE, Severity.CRITICAL, "twice as many", "Order Completed", source="ios")))
    passed_over = replace(seen(), unchecked=frozenset({("Order Completed", "", "ios")}))
    assert story.run(passed_over) == [Intent.RESOLVED]


def test_a_drop_that_ends_in_silence_is_not_over() -> None:
    for event in ("Order Completed", ""):
        story = Story()
        story.run(seen(Finding(Kind.VOLUME_DROP, Severity.CRITICAL, "70% fewer", event, source="ios")))
        assert story.run(replace(seen(), quiet=frozenset({(event, "", "ios")}))) == []
        assert story.run(seen()) == [Intent.RESOLVED]


def test_an_unplanned_event_that_stops_is_over() -> None:
    story = Story()
    story.run(seen(Finding(Kind.UNPLANNED_EVENT, Severity.WARNING, "not planned", "Odd")))
    assert story.run(replace(seen(), quiet=frozenset({("Odd", "", "")}))) == [Intent.RESOLVED]


def test_what_leaves_the_plan_is_withdrawn_not_resolved() -> None:
    for gone in (
        replace(seen(), planned_events=frozenset({"Product Viewed"})),
        replace(seen(), planned_versions=frozenset({("Order Completed", "2-0-0")})),
    ):
        story = Story()
        story.run(seen(bad()))
        assert story.run(gone) == [Intent.WITHDRAWN]
        assert story.state is State.WITHDRAWN
        assert story.run(seen(bad())) == [Intent.OPENED]
        assert story.known[0].episode == 2


def test_an_unknown_version_that_is_planned_now_is_resolved() -> None:
    story = Story()
    story.run(seen(Finding(Kind.UNKNOWN_VERSION, Severity.WARNING, "3 rows", "Order Completed", "9-9-9")))
    assert story.run(seen()) == [Intent.RESOLVED]


def test_info_opens_no_incident_and_other_environments_neither() -> None:
    story = Story()
    assert story.run(seen(bad(Severity.INFO), replace(bad(), env="dev", property="x"), first_run=True)) == []
    assert story.known == []


def test_an_open_incident_that_is_only_info_now_stays_open() -> None:
    story = Story()
    story.run(seen(bad()))
    assert story.run(seen(bad(Severity.INFO))) == []
    assert story.state is State.OPEN


def test_what_another_finding_explains_is_neither_opened_nor_resolved() -> None:
    cause = Finding(Kind.COLUMN_TYPE_CHANGED, Severity.CRITICAL, "text", "Order Completed", property="currency")
    story = Story()
    story.run(seen(bad()))
    assert story.run(seen(replace(cause, absorbed=(bad(), replace(bad(), source="web"))))) == [Intent.OPENED]
    assert len(story.known) == 2
    assert {one.state for one in story.known} == {State.OPEN}


def test_a_cause_that_spreads_to_all_sources_or_shrinks_to_one_is_the_same_incident() -> None:
    story = Story()
    story.run(seen(bad(source="ios")))
    assert story.run(seen(bad(source=""))) == []
    assert story.known[0].finding.source == ""
    assert story.run(seen(bad(source="web"))) == []
    assert story.run(seen()) == [Intent.RESOLVED]
    assert len(story.known) == 1


def test_the_fingerprint_is_of_the_subject_only() -> None:
    assert fingerprint(bad()) == fingerprint(replace(bad(Severity.CRITICAL), message="other", env="dev"))
    changed = [replace(bad(), **{name: "x"}) for name in ("event", "version", "source", "property")]  # type: ignore[arg-type]
    assert len({fingerprint(one) for one in [bad(), *changed]}) == 5
    assert fingerprint(bad()).startswith("v1:")
    assert len(fingerprint(bad())) == 19


FINDINGS = st.lists(
    st.builds(
        Finding,
        kind=st.sampled_from(Kind),
        severity=st.sampled_from(Severity),
        message=st.just("it is so"),
        event=st.sampled_from(["", *EVENTS, "Odd"]),
        version=st.sampled_from(["", "1-1-0", "9-9-9"]),
        source=st.sampled_from(["", "ios", "web"]),
        property=st.sampled_from(["", "currency"]),
    ),
    max_size=12,
)


@settings(max_examples=200, deadline=None)
@given(findings=FINDINGS, first_run=st.booleans())
def test_running_again_on_the_same_findings_says_nothing(findings: list[Finding], first_run: bool) -> None:  # noqa: FBT001
    unique = [*{fingerprint(one): one for one in findings}.values()]
    story = Story()
    story.run(seen(*unique, first_run=first_run))
    before = {one.fingerprint: (one.state, one.sequence) for one in story.known}
    assert story.run(seen(*unique)) == []
    assert {one.fingerprint: (one.state, one.sequence) for one in story.known} == before


@settings(max_examples=100, deadline=None)
@given(runs=st.lists(FINDINGS, min_size=1, max_size=5))
def test_one_step_per_incident_and_every_step_has_a_reason(runs: list[list[Finding]]) -> None:
    known: list[Incident] = []
    for number, findings in enumerate(runs):
        steps = transitions(known, seen(*findings), NOW + number * HOUR)
        marks = [(step.after.fingerprint, step.after.episode) for step in steps]
        assert len(marks) == len(set(marks))
        assert all(step.reason for step in steps)
        assert all(
            (step.intent is None) == (step.after.sequence == (step.before.sequence if step.before else 0))
            or (step.before is not None and step.after.episode > step.before.episode)
            for step in steps
        )
        known = newest(known, steps)
