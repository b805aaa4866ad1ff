import re
import unicodedata
from collections.abc import Sequence
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitor.errors import PlanError
from monitor.plan.build import KEY_LENGTH, build_plan, event_key, event_keys
from monitor.plan.model import Event, EventVersion, Refused, Status


def event(name: str, *versions: str, where: str = "") -> Event:
    return Event(name, "", tuple(EventVersion(one, {"type": "object"}) for one in versions or ("1-0-0",)), where=where)


@given(st.lists(st.text(), unique=True))
def test_keys_are_safe_and_unique_whatever_the_names(names: list[str]) -> None:
    keys = event_keys(names)
    assert list(keys) == sorted(names)
    assert len({key.casefold() for key in keys.values()}) == len(names)
    for key in keys.values():
        assert re.fullmatch(r"[a-z][a-z0-9_]*", key)
        assert len(key) <= KEY_LENGTH


@given(st.lists(st.text(max_size=6), unique=True))
def test_keys_do_not_depend_on_the_order_of_names(names: list[str]) -> None:
    assert event_keys(names) == event_keys(names[::-1])


@pytest.mark.parametrize("names", [("Signup", "signup"), ("Café Paid", unicodedata.normalize("NFD", "Café Paid"))])
def test_names_that_share_a_key_each_get_a_suffix(names: Sequence[str]) -> None:
    keys = event_keys([*names, "Other"])
    slug = event_key(names[0])
    assert keys["Other"] == "other"
    assert all(re.fullmatch(slug + "_[0-9a-f]{6}", keys[name]) for name in names)


def test_a_name_that_looks_like_another_names_suffixed_key_is_told_apart() -> None:
    taken = event_keys(["Signup", "signup"])["signup"]
    keys = event_keys(["Signup", "signup", taken])
    assert len(set(keys.values())) == 3


def test_long_names_that_begin_alike_are_told_apart() -> None:
    long = "order " * 30
    keys = event_keys([long + "a", long + "b"])
    assert len(set(keys.values())) == 2
    assert max(map(len, keys.values())) <= KEY_LENGTH


@pytest.mark.parametrize(
    ("name", "key"),
    [
        ("Order Completed", "order_completed"),
        ("orderCompleted", "order_completed"),
        ("HTTPError Seen", "http_error_seen"),
        ("com.acme/link_click", "com_acme_link_click"),
        ("NUL", "event_nul"),
        ("lpt1", "event_lpt1"),
        ("2nd Step", "event_2nd_step"),
        ("../../etc/passwd", "etc_passwd"),
        ("Step2Viewed", "step2_viewed"),
    ],
)
def test_a_key_is_lower_snake_case_and_no_device(name: str, key: str) -> None:
    assert event_key(name) == key


@pytest.mark.parametrize("name", ["", "注文", "🛒", "___", "\ud800"])
def test_a_name_without_a_latin_letter_still_has_a_key(name: str) -> None:
    assert re.fullmatch(r"event_[0-9a-f]{6}", event_key(name))


def test_versions_are_oldest_first_and_drafts_are_kept() -> None:
    draft = EventVersion("2-0-0", {}, Status.DRAFT)
    plan = build_plan(
        [replace(event("A", "1-10-0", "1-9-0"), versions=(draft, *event("A", "1-10-0", "1-9-0").versions))]
    )
    assert [held.version for held in plan.events[0].versions] == ["1-9-0", "1-10-0", "2-0-0"]
    assert plan.events[0].versions[-1].status is Status.DRAFT


def test_the_revision_depends_on_content_only() -> None:
    plan = build_plan([event("A", "1-0-0", "1-1-0", where="here:1"), event("B")])
    same = build_plan([event("B", where="there:9"), event("A", "1-1-0", "1-0-0")])
    assert plan.revision == same.revision
    assert re.fullmatch(r"[0-9a-f]{12}", plan.revision)


def test_the_order_of_a_schemas_keys_does_not_change_the_revision() -> None:
    one = EventVersion("1-0-0", {"type": "object", "required": ["a"]})
    other = EventVersion("1-0-0", {"required": ["a"], "type": "object"})
    assert build_plan([Event("A", "", (one,))]).revision == build_plan([Event("A", "", (other,))]).revision


def test_every_statement_of_an_event_changes_the_revision() -> None:
    base = event("A")
    others = [
        replace(base, description="d"),
        replace(base, team="t"),
        replace(base, sources=("web",)),
        replace(base, versions=(replace(base.versions[0], status=Status.RETIRED),)),
        replace(base, versions=(replace(base.versions[0], schema={}),)),
    ]
    assert len({build_plan([one]).revision for one in (base, *others)}) == 6
    assert build_plan([base], [Refused("B", "1-0-0", "why", "there")]).revision != build_plan([base]).revision


def test_two_events_of_one_name_are_an_error_that_names_both_places() -> None:
    with pytest.raises(PlanError, match=r"a\.yml:1 and b\.yml:1"):
        build_plan([event("A", where="a.yml:1"), event("A", where="b.yml:1")])
