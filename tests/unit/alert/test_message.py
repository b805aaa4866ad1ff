import json
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from monitor.alert.blocks import as_text
from monitor.alert.downstream import Downstream
from monitor.alert.message import messages
from monitor.alert.routing import Destination, Routing
from monitor.incidents.model import Delivery, Intent, State, Transition
from monitor.judge.model import Evidence, Finding, Kind, Severity
from monitor.readers.dbt_manifest import Exposure, Reached
from tests.fakes.block_kit import mentions, problems
from tests.fakes.told import CONTEXT, DROP, FAILING, NOW, transition

COUPON = Finding(
    Kind.UNDECLARED_PROPERTY,
    Severity.WARNING,
    "coupon_code arrives in 12% of 9,300 rows and 1-1-0 does not declare it",
    "Order Completed",
    "1-1-0",
    "",
    "coupon_code",
    Evidence((("rows", 1_116), ("share", "12%"), ("sources", "ios 900, web 216")), affected=1_116),
)
PRICE = Finding(
    Kind.COLUMN_TYPE_CHANGED,
    Severity.WARNING,
    "price landed as VARCHAR where the plan says number",
    "Product Viewed",
    "2-0-0",
    "",
    "price",
    Evidence((("table", "web.product_viewed"), ("column", "price"), ("landed as", "VARCHAR"), ("was", "DOUBLE"))),
    absorbed=(replace(FAILING, event="Product Viewed", version="2-0-0", property="price"),),
)
UNPLANNED = Finding(
    Kind.UNPLANNED_EVENT,
    Severity.WARNING,
    "2,031 rows arrived; the plan has no such event (did you mean User Signed In?)",
    "User Logged In",
    source="android",
    evidence=Evidence((("rows", 2_031), ("first seen", "2026-06-20T03:00Z"))),
)
UNREADABLE = Finding(
    Kind.MEASUREMENT_FAILED, Severity.WARNING, "the table does not exist", property="web_prod.order_completed"
)
REPORT = replace(CONTEXT, report_url="https://reports.example/tracking")


SAMPLED = replace(
    FAILING,
    message="18.2% of 1,204 sampled rows fail on currency (limit 5%), since 2026-06-28 09:00 UTC",
    evidence=Evidence((("failing rows", 219), ("sampled rows", 1_204), ("rows in all", 12_040), ("rate", "18.2%"))),
)


def only(told: tuple[Delivery, ...]) -> Delivery:
    assert len(told) == 1
    return told[0]


def blocks(delivery: Delivery) -> list[dict[str, Any]]:
    parsed: list[dict[str, Any]] = json.loads(delivery.blocks)
    assert problems(parsed) == []
    return parsed


@pytest.mark.parametrize(
    ("name", "finding", "intent"),
    [
        ("failure_rate_opened", FAILING, Intent.OPENED),
        ("failure_rate_escalated", FAILING, Intent.ESCALATED),
        ("failure_rate_reopened", FAILING, Intent.REOPENED),
        ("failure_rate_resolved", FAILING, Intent.RESOLVED),
        ("failure_rate_withdrawn", FAILING, Intent.WITHDRAWN),
        ("volume_drop", DROP, Intent.OPENED),
        ("undeclared_property", COUPON, Intent.OPENED),
        ("column_type_changed", PRICE, Intent.OPENED),
        ("unplanned_event", UNPLANNED, Intent.OPENED),
        ("measurement_failed", UNREADABLE, Intent.OPENED),
    ],
)
def test_messages_look_as_reviewed(
    name: str, finding: Finding, intent: Intent, golden: Callable[[str, str], None]
) -> None:
    delivery = only(messages([transition(finding, intent)], REPORT))
    golden(f"slack/{name}.json", json.dumps(blocks(delivery), indent=1, ensure_ascii=False) + "\n")
    golden(f"slack/{name}.txt", as_text(delivery) + "\n")


BUILT = Reached(
    ("stg_order_completed", "orders", "revenue_daily", "ltv", "cohorts", "<!channel>"),
    (Exposure("Weekly revenue", "dashboard", "Ann"), Exposure("`*Churn*`")),
)


@pytest.mark.parametrize(
    ("name", "reached"),
    [("downstream", BUILT), ("downstream_unknown", Reached(unknown="manifest.json: there is no such file"))],
)
def test_what_is_built_from_failing_rows_is_told(
    name: str, reached: Reached, golden: Callable[[str, str], None]
) -> None:
    delivery = only(messages([transition(FAILING)], replace(REPORT, downstream=lambda _: reached)))
    golden(f"slack/{name}.json", json.dumps(blocks(delivery), indent=1, ensure_ascii=False) + "\n")
    golden(f"slack/{name}.txt", as_text(delivery) + "\n")


def test_a_manifest_that_cannot_be_read_is_said_in_the_message_and_stops_nothing(tmp_path: Path) -> None:
    below = Downstream([tmp_path / "manifest.json"])
    delivery = only(messages([transition(FAILING)], replace(REPORT, downstream=below)))
    assert "not known: manifest.json: there is no such file" in as_text(delivery)
    assert str(tmp_path) not in delivery.blocks


ROOTED = replace(transition(FAILING).after, root="0123456789abcdef01234567")
LATER = {
    Intent.ESCALATED: replace(ROOTED, sequence=2),
    Intent.REPEATED: replace(ROOTED, sequence=2),
    Intent.REGRESSED: replace(ROOTED, root=""),
    Intent.FLAPPING: replace(ROOTED, flapping=True),
    Intent.ACKNOWLEDGED: replace(
        ROOTED, state=State.ACKNOWLEDGED, by="ann", note="acknowledged by ann: fixed in 2-1-0 (in the next release)"
    ),
    Intent.SNOOZED: replace(
        ROOTED,
        state=State.SNOOZED,
        by="ann (U0ANN)",
        until=NOW + timedelta(hours=4),
        note="snoozed by ann (U0ANN) until 2026-07-01 18:00 UTC",
    ),
    Intent.RESOLVED: replace(ROOTED, state=State.RESOLVED, resolved_at=NOW),
}
REASONS = {
    Intent.REPEATED: "still holds, and its snooze is over",
    Intent.REGRESSED: "was said to be fixed in 1-1-0 (by ann), and holds in 1-1-0",
    Intent.FLAPPING: "ended or came back 4 times within 24 h: silent until stable",
}


@pytest.mark.parametrize("intent", LATER)
def test_a_message_with_buttons_its_changes_and_its_answers_look_as_reviewed(
    intent: Intent, golden: Callable[[str, str], None]
) -> None:
    before = replace(ROOTED, severity=Severity.WARNING)
    step = Transition(before, LATER[intent], intent, REASONS.get(intent, "so it is"))
    for delivery in messages([step], replace(REPORT, buttons=True)):
        name = f"slack/thread/{intent.value}_{delivery.mode.value}"
        golden(f"{name}.json", json.dumps(blocks(delivery), indent=1, ensure_ascii=False) + "\n")
        golden(f"{name}.txt", as_text(delivery) + "\n")


def test_digest_and_adoption_look_as_reviewed(golden: Callable[[str, str], None]) -> None:
    found = [FAILING, DROP, COUPON, PRICE] * 11
    for name, intent in (("digest", Intent.OPENED), ("adoption", Intent.ADOPTED)):
        told = [transition(finding, intent, number=number) for number, finding in enumerate(found)]
        delivery = only(messages(told, replace(REPORT, routing=Routing())))
        golden(f"slack/{name}.json", json.dumps(blocks(delivery), indent=1, ensure_ascii=False) + "\n")
        golden(f"slack/{name}.txt", as_text(delivery) + "\n")


def test_there_is_one_message_for_each_told_finding_and_none_for_the_rest() -> None:
    told = [transition(FAILING, number=1), transition(COUPON, number=2), transition(DROP, None, number=3)]
    assert len(messages(told, CONTEXT)) == 2
    assert messages([], CONTEXT) == ()


def test_the_owners_channel_is_told_and_the_default_channel_is_left_to_the_sender() -> None:
    told = messages([transition(FAILING, number=1), transition(UNPLANNED, number=2)], CONTEXT)
    assert {delivery.channel for delivery in told} == {"C1", ""}


def test_the_title_holds_the_numbers_and_is_the_fallback_text() -> None:
    delivery = only(messages([transition(FAILING)], CONTEXT))
    title = blocks(delivery)[0]["text"]["text"]
    assert title == delivery.text == "🔴 Order Completed 1-1-0 on ios: 18.2% of 12,480 rows fail (limit 1%)"


def test_a_message_that_is_too_long_for_the_title_stands_whole_below_it() -> None:
    long = replace(FAILING, message="x" * 200 + " 18.2% of 12,480 rows")
    delivery = only(messages([transition(long)], CONTEXT))
    assert "18.2% of 12,480 rows" in as_text(delivery)
    assert "18.2% of 12,480 rows" in delivery.text


def test_long_names_never_push_the_numbers_out() -> None:
    long = replace(FAILING, event="E" * 5_000, version="v" * 5_000, source="s" * 5_000, property="p" * 5_000)
    delivery = only(messages([transition(long)], CONTEXT))
    assert "18.2% of 12,480 rows fail (limit 1%)" in blocks(delivery)[0]["text"]["text"]
    assert "2,271" in as_text(delivery)


@pytest.mark.parametrize(
    ("finding", "intent", "mentioned"),
    [
        (FAILING, Intent.OPENED, True),
        (FAILING, Intent.ESCALATED, True),
        (FAILING, Intent.RESOLVED, False),
        (FAILING, Intent.WITHDRAWN, False),
        (FAILING, Intent.ADOPTED, False),
        (replace(FAILING, env="dev"), Intent.OPENED, False),
        (replace(FAILING, severity=Severity.WARNING), Intent.OPENED, True),  # its event's tier is core
        (replace(DROP, severity=Severity.WARNING), Intent.OPENED, False),
        (replace(FAILING, severity=Severity.INFO), Intent.OPENED, False),
    ],
)
def test_only_bad_news_that_matters_mentions_the_team(finding: Finding, intent: Intent, *, mentioned: bool) -> None:
    delivery = only(messages([transition(finding, intent)], CONTEXT))
    assert mentions(blocks(delivery)) == (["!subteam^S0789"] if mentioned else [])


def test_a_mention_that_is_no_id_mentions_nobody() -> None:
    odd = replace(CONTEXT, routing=Routing("C0", {"checkout": Destination("C1", "!channel")}))
    assert mentions(blocks(only(messages([transition(FAILING)], odd)))) == []


def test_there_is_a_button_only_where_the_report_is_served() -> None:
    for url, buttons in (("", 0), ("reports/index.html", 0), ("javascript:alert(1)", 0), ("https://r.example/a", 1)):
        told = replace(CONTEXT, report_url=url, pages={"Order Completed": "events/order completed.html"})
        actions = [b for b in blocks(only(messages([transition(FAILING)], told))) if b["type"] == "actions"]
        assert len(actions) == buttons
        if actions:
            assert actions[0]["elements"][0]["url"] == "https://r.example/a/events/order%20completed.html"


def test_ten_messages_are_ten_and_eleven_are_a_digest() -> None:
    told = [transition(FAILING, number=number) for number in range(11)]
    assert len(messages(told[:10], CONTEXT)) == 10
    digest = only(messages(told, CONTEXT))
    assert digest.channel == "C1"
    assert digest.text == "🔴 11 findings: 11 critical"
    assert "+1 more" in as_text(digest)


def test_a_digest_lists_the_worst_first_and_says_how_many_are_over() -> None:
    told = [transition(replace(COUPON, severity=Severity.INFO), number=n) for n in range(12)]
    told += [transition(FAILING, number=20), transition(FAILING, Intent.RESOLVED, number=21)]
    text = as_text(only(messages(told, CONTEXT)))
    assert text.startswith("🔴 13 findings, 1 resolved")
    listed = [line for line in text.split("\n") if line.startswith(("  🔴", "  🔵"))]
    assert "18.2%" in listed[0]


def test_what_was_wrong_at_adoption_is_one_message_in_the_default_channel() -> None:
    told = [transition(FAILING, Intent.ADOPTED, number=number) for number in range(7)]
    delivery = only(messages(told, CONTEXT))
    assert (delivery.channel, delivery.intent) == ("", Intent.ADOPTED)
    assert delivery.text == "📋 Known at adoption: 7 (7 critical)"


def test_the_id_follows_the_incident_its_episode_and_its_sequence() -> None:
    first = transition(FAILING)
    later = replace(first, after=replace(first.after, sequence=2))
    reworded = replace(first, after=replace(first.after, finding=DROP))
    ids = [only(messages([t], CONTEXT)).id for t in (first, later, reworded)]
    assert ids[0] != ids[1]
    assert ids[0] == ids[2]


def test_the_terminal_shows_hostile_names_as_they_are_but_harmless() -> None:
    hostile = replace(FAILING, event="<!channel> `x` \x1b[31m", message="<@U1> & 5 rows")
    text = as_text(only(messages([transition(hostile)], CONTEXT)))
    assert "<!channel> 'x' [31m" in text
    assert "<@U1> & 5 rows" in text
    assert "\x1b" not in text


def test_a_rate_of_a_sample_says_so_and_of_how_many_rows() -> None:
    told = only(messages([transition(SAMPLED)], CONTEXT))
    assert problems(blocks(told)) == []
    assert "18.2% of 1,204 sampled rows fail" in told.text
    body = told.blocks
    assert "1,204" in body
    assert "12,040" in body
    assert "ampled rows" in body
