import pytest

from monitor.plan.nearest import did_you_mean, distance, nearest


@pytest.mark.parametrize(
    ("left", "right", "slips"),
    [("", "", 0), ("a", "", 1), ("abcd", "abdc", 1), ("abcdef", "badcfe", 3), ("order", "odrers", 2), ("a", "xyz", 3)],
)
def test_the_distance_counts_inserts_deletes_replacements_and_swaps(left: str, right: str, slips: int) -> None:
    assert distance(left, right, 5) == distance(right, left, 5) == slips


def test_a_distance_above_the_limit_is_not_worked_out() -> None:
    assert distance("abcdefgh", "stuvwxyz", 2) == 3
    assert distance("a", "abcdefgh", 2) == 3


def test_the_nearest_word_ignores_case() -> None:
    assert nearest("Stauts", ["status", "schema"]) == "status"


def test_no_word_is_near_a_very_long_one() -> None:
    assert nearest("x" * 10_000, ["x"]) is None


def test_a_hint_lists_everything_where_nothing_is_near() -> None:
    assert did_you_mean("zzz", ["b", "a"]) == "one of a, b"
