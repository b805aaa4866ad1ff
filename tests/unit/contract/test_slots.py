"""As many slots as the widest version needs, whatever the versions share."""

from hypothesis import given
from hypothesis import strategies as st

from monitor.contract.slots import assign

WANTS = st.lists(st.lists(st.integers(0, 12), max_size=8), max_size=6)


@given(WANTS)
def test_slots_are_as_many_as_the_widest_version_has_items(wants: list[list[int]]) -> None:
    slots = assign(wants)
    widest = max((len(set(items)) for items in wants), default=0)
    assert len({slot for version in slots for slot in version.values()}) <= widest
    assert all(slot < widest for version in slots for slot in version.values())


@given(WANTS)
def test_every_item_has_a_slot_of_its_own_within_its_version(wants: list[list[int]]) -> None:
    for items, slots in zip(wants, assign(wants), strict=True):
        assert set(slots) == set(items)
        assert len(set(slots.values())) == len(slots)


def test_what_all_versions_share_is_computed_once() -> None:
    first, second, third = assign([["a", "b", "c"], ["x", "b", "a"], ["b", "a"]])
    assert first["a"] == second["a"] == third["a"]
    assert first["b"] == second["b"] == third["b"]


@given(WANTS)
def test_the_same_wants_have_the_same_slots(wants: list[list[int]]) -> None:
    assert assign(wants) == assign([list(items) for items in wants])
