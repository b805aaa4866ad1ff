import json
from dataclasses import replace

from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from monitor.alert.blocks import BUDGET, as_text, text_size
from monitor.alert.message import messages
from monitor.alert.routing import Destination, MessageContext, Owner, Routing
from monitor.incidents.model import Intent, Mode
from monitor.judge.model import Evidence, Finding, Kind, Severity
from monitor.plan.model import Tier
from tests.fakes.block_kit import mentions, problems, unescaped
from tests.fakes.told import NOW, transition

NASTY = st.sampled_from(
    [
        "",
        "<!channel>",
        "<@U1>",
        "a`b",
        "x\ny",
        "&" * 300,
        "n" * 5_000,
        "`" * 200,
        "<https://e.example|x>",
        "* ~ _",
        "\x1b",
    ]
)
TEXT = st.one_of(NASTY, st.text(max_size=40))
FACT = st.tuples(TEXT, st.one_of(TEXT, st.integers(), st.floats(), st.none()))
EVIDENCE = st.builds(
    Evidence,
    facts=st.lists(FACT, max_size=30).map(tuple),
    rules=st.lists(st.tuples(TEXT, st.integers(0, 10**12)), max_size=8).map(tuple),
)


def findings(absorbed: st.SearchStrategy[tuple[Finding, ...]]) -> st.SearchStrategy[Finding]:
    return st.builds(
        Finding,
        kind=st.sampled_from(Kind),
        severity=st.sampled_from(Severity),
        message=TEXT,
        event=TEXT,
        version=TEXT,
        source=TEXT,
        property=TEXT,
        evidence=EVIDENCE,
        absorbed=absorbed,
        env=st.one_of(st.just("prod"), TEXT),
    )


FINDING = findings(st.lists(findings(st.just(())), max_size=6).map(tuple))


QUICK = settings(
    max_examples=40,
    deadline=None,
    phases=(Phase.explicit, Phase.reuse, Phase.generate),  # shrinking 5,000-character names takes minutes
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
)


def context(team: str, url: str) -> MessageContext:
    owners = {"": Owner(team, Tier.CORE), "<!channel>": Owner(team)}
    return MessageContext(team, NOW, url, Routing("C0", {team: Destination("C1", "S1")}), owners, url)


@given(st.lists(st.tuples(FINDING, st.sampled_from(Intent)), max_size=14), TEXT, TEXT)
@QUICK
def test_every_message_is_within_slacks_limits_and_escaped(
    told: list[tuple[Finding, Intent]], team: str, url: str
) -> None:
    transitions = [transition(finding, intent, number=number) for number, (finding, intent) in enumerate(told)]
    for delivery in messages(transitions, context(team, f"https://reports.example/{url}")):
        blocks = json.loads(delivery.blocks)
        assert problems(blocks) == []
        assert text_size(blocks) <= BUDGET
        assert 0 < len(delivery.text) <= 3_000
        assert list(unescaped(delivery.text.replace("`", ""))) == []
        assert set(mentions(blocks)) <= {"!subteam^S1"}
        assert "\x1b" not in as_text(delivery)


@given(st.lists(st.tuples(FINDING, st.sampled_from(Intent), st.sampled_from(["", "m1", "d-1"])), max_size=14), TEXT)
@QUICK
def test_changes_answers_and_buttons_are_within_slacks_limits_and_escaped(
    told: list[tuple[Finding, Intent, str]], note: str
) -> None:
    steps = [transition(finding, intent, number=number) for number, (finding, intent, _) in enumerate(told)]
    rooted = [
        replace(step, after=replace(step.after, root=root, by=note, note=note or "x"), reason=note or "x")
        for step, (_, _, root) in zip(steps, told, strict=True)
    ]
    seen = set()
    for delivery in messages(rooted, replace(context("checkout", ""), buttons=True)):
        blocks = json.loads(delivery.blocks)
        assert problems(blocks) == []
        assert text_size(blocks) <= BUDGET
        assert set(mentions(blocks)) <= {"!subteam^S1"}
        assert delivery.mode in (Mode.POST, Mode.REPLY) or mentions(blocks) == []
        assert (delivery.mode is Mode.POST) == (not delivery.root)
        seen.add((delivery.id, delivery.mode))
    assert len({delivery_id for delivery_id, _ in seen}) == len(seen)


@given(st.lists(FINDING, max_size=14))
@QUICK
def test_every_told_finding_is_in_a_message_and_ids_are_unique_and_stable(told: list[Finding]) -> None:
    transitions = [transition(finding, number=number) for number, finding in enumerate(told)]
    written = messages(transitions, context("checkout", ""))
    again = messages(transitions[::-1], context("checkout", ""))
    assert [delivery.id for delivery in written] == [delivery.id for delivery in again]
    assert len({delivery.id for delivery in written}) == len(written)
    assert bool(written) == bool(told)
