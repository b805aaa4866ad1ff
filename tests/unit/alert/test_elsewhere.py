"""Who is told beside Slack: what `trackwarden.yml` says, and what each channel decides from it."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from monitor.alert.elsewhere import elsewhere
from monitor.alert.hours import Gathered, Quiet
from monitor.alert.routing import Channel, Routing
from monitor.alert.tell import decided
from monitor.config import parse_settings
from monitor.errors import Problems
from monitor.incidents.model import Intent, State, View
from monitor.judge.model import Finding, Severity
from monitor.wiring import Workspace
from tests.fakes.told import CONTEXT, DROP, FAILING, NOW, transition
from tests.unit.alert.test_limits import FINDING, QUICK
from tests.unit.alert.test_wired import workspace

JSON = "json://hooks.example/x"


def channels(said: dict[str, Any], **more: Any) -> dict[str, Channel]:
    made = workspace(channels={name: {"url": JSON, **one} for name, one in said.items()}, **more).channels()
    return {channel.name: channel for channel in made}


# ── the configuration ───────────────────────────────────────────────────────────────────────────────


def test_what_the_file_says_of_channels_arrives() -> None:
    quiet = {"from": "20:00", "until": "07:00", "timezone": "Europe/Berlin"}
    made = channels(
        {
            "all": {},
            "some": {"severity": "warning", "event": "Order *", "team": ["a", "b"], "source": "ios", "kind": "no_data"},
            "later": {"quiet": quiet, "digest": {"at": "09:00"}, "digest_over": 3, "instead": True, "rest": True},
        },
        slack={"teams": {"growth": {}}},
    )
    assert made["all"] == Channel("all")
    assert made["some"] == Channel(
        "some", events=("Order *",), sources=("ios",), teams=("a", "b"), kinds=("no_data",), severity=Severity.WARNING
    )
    later = made["later"]
    assert later.but == {"a", "b", "growth"}
    assert (later.instead, later.digest_over) == (True, 3)
    assert isinstance(later.quiet, Quiet)
    assert isinstance(later.gathered, Gathered)


@pytest.mark.parametrize(("url", "alone"), [("pagerduty://i@a", True), ("PagerDuty://i@a", True), (JSON, False)])
def test_a_pager_is_known_by_its_service(url: str, *, alone: bool) -> None:
    (channel,) = workspace(channels={"x": {"url": url}}).channels()
    assert channel.one_by_one is alone


@pytest.mark.parametrize(
    ("slack", "url", "told"),
    [
        ({}, "", True),  # printed
        ({}, JSON, False),
        ({"webhook": "https://hooks.example/1"}, JSON, True),
        ({"token": "xoxb-1", "channel": "C0"}, JSON, True),
    ],
)
def test_slack_is_told_where_there_is_one_and_the_terminal_where_there_is_nobody(
    slack: dict[str, str], url: str, *, told: bool
) -> None:
    assert workspace(slack=slack, channels={"x": {"url": url}}).routing().slack is told


@pytest.mark.parametrize(
    ("said", "problem"),
    [
        ({"x": {"url": "s3ntinel"}}, "channels.x.url: is no service URL"),
        ({"x": {}}, "channels.x.url: is missing"),
        ({"X y": {"url": JSON}}, "channels"),
        ({"x": {"url": JSON, "rest": True, "team": "a"}}, "has both `rest` and `team`"),
        ({"x": {"url": JSON, "kind": "no_dat"}}, "no_data"),
        ({"x": {"url": JSON, "severty": "info"}}, "did you mean 'severity'?"),
        ({"x": {"url": JSON, "mention": "U1"}}, "is not a known key"),
    ],
)
def test_what_cannot_be_meant_is_an_error_with_its_place_and_without_the_secret(
    said: dict[str, Any], problem: str
) -> None:
    with pytest.raises(Problems) as refused:
        workspace(channels=said)
    errors = " ".join(map(str, refused.value.errors))
    assert problem in errors
    assert "s3ntinel" not in errors


def test_a_url_is_shown_by_no_repr_of_the_settings() -> None:
    text = yaml.safe_dump(
        {
            "plan": {"path": "p"},
            "profile": {"name": "x"},
            "landings": [{"source": "web", "layout": "segment", "schema": "web"}],
            "channels": {"x": {"url": "json://h/s3ntinel"}},
        }
    )
    place = Workspace(parse_settings(text, {}, name="trackwarden.yml", root=Path()), {})
    for one in (place, place.settings, place.channels(), place.routing(), place.sender(print)):
        assert "s3ntinel" not in repr(one)


# ── who is told ─────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("channel", "team", "fits"),
    [
        (Channel("x"), "", True),
        (Channel("x", events=("Order *",)), "", True),
        (Channel("x", events=("Cart *", "order *")), "", False),
        (Channel("x", sources=("web", "ios")), "", True),
        (Channel("x", sources=("web",)), "", False),
        (Channel("x", teams=("a",)), "a", True),
        (Channel("x", teams=("a",)), "", False),
        (Channel("x", but=frozenset({"a"})), "a", False),
        (Channel("x", but=frozenset({"a"})), "", True),
        (Channel("x", kinds=("failure_rate",)), "", True),
        (Channel("x", kinds=("no_data",)), "", False),
        (Channel("x", severity=Severity.CRITICAL), "", True),
    ],
)
def test_a_channel_is_told_what_fits_it(channel: Channel, team: str, *, fits: bool) -> None:
    assert channel.fits(FAILING, team) is fits


def test_a_channel_with_a_floor_is_not_told_what_is_below_it() -> None:
    assert not Channel("x", severity=Severity.CRITICAL).fits(replace(FAILING, severity=Severity.WARNING), "")


def test_an_acknowledged_incident_is_owed_nothing_any_more() -> None:
    view = View("channels.x", owed=Intent.OPENED, until=NOW)
    step = transition(FAILING, None)
    told = replace(CONTEXT, routing=Routing(channels=(Channel("x"),)))
    for state, sent in ((State.OPEN, 1), (State.ACKNOWLEDGED, 0), (State.SNOOZED, 0), (State.RESOLVED, 0)):
        asleep = replace(step, after=replace(step.after, state=state, views=(view,)))
        beside = elsewhere([asleep], (), told)
        assert len(beside.deliveries) == sent
        (now,) = beside.views[step.after.fingerprint] or (View("channels.x"),)
        assert now.owed is None


def test_nobody_hears_of_what_others_were_owed() -> None:
    known = replace(transition(DROP).after, views=(View("channels.x", owed=Intent.OPENED, until=NOW),))
    told = replace(CONTEXT, routing=Routing(channels=(Channel("x"), Channel("y"))))
    change = decided([], [known], told)
    assert [one.channel for one in change.deliveries] == ["channels.x"]
    assert [one.after.views for one in change.transitions] == [
        (View("channels.x", root=change.deliveries[0].id),),
    ]


INTENTS = [*Intent, None]
CHANNELS = (Channel("a"), Channel("b", digest_over=2), Channel("c", one_by_one=True, severity=Severity.WARNING))


@given(st.lists(st.tuples(FINDING, st.sampled_from(INTENTS)), max_size=8))
@QUICK
def test_every_place_has_a_row_of_its_own_and_deciding_twice_is_deciding_once(
    told: list[tuple[Finding, Intent | None]],
) -> None:
    steps = [transition(finding, intent, number=number) for number, (finding, intent) in enumerate(told)]
    context = replace(CONTEXT, routing=replace(CONTEXT.routing, channels=CHANNELS))
    first, second = (decided(steps, (), context) for _ in range(2))
    assert first == second
    ids = [one.id for one in first.deliveries]
    assert len(ids) == len(set(ids))
    keys = {(one.fingerprint, one.episode, one.intent, one.sequence, one.mode, one.channel) for one in first.deliveries}
    assert len(keys) == len(ids)
    slack = decided(steps, (), CONTEXT)
    assert [one for one in first.deliveries if not one.channel.startswith("channels.")] == list(slack.deliveries)
    for one in first.deliveries:
        if one.channel == "channels.c":
            assert one.fingerprint.startswith("v1:"), "a pager gets no digest"
