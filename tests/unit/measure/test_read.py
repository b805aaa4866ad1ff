"""Decoding a scan's rows: spellings, NULLs, unplanned names without number."""

from monitor.measure.model import NO_TIME, Count, Failure, Series
from monitor.measure.read import NAMES_CAP, OTHER, Names, read
from monitor.measure.scan import SlotMap, VersionSlots

OLD = VersionSlots(
    "Order", "1-0-0", ("Order", "order"), ("1-0-0", "1.0.0"), ((1, "old:a"), (0, "old:b")), ((1, "/a"), (0, "/b"))
)
NEW = VersionSlots("Order", "1-1-0", ("Order", "order"), ("1-1-0", "1.1.0"), ((0, "new:a"),), ((0, "/a"),))
MAP = SlotMap(None, windows=True, rule_slots=2, property_slots=2, versions=(OLD, NEW))
# a row: event, version, source, hour, window, rows, invalid, undeclared, rule slots, property slots


def test_slots_mean_what_the_rows_own_version_says() -> None:
    found = read(
        [("Order", "1-0-0", "web", 5, 6, 10, 4, 1, 3, 2, 7, 8), ("Order", "1-1-0", "web", 5, 6, 10, 4, 1, 3, 2, 7, 8)],
        MAP,
    )
    assert found.series == (Series("Order", "1-0-0", "web", True, True), Series("Order", "1-1-0", "web", True, True))
    assert found.properties == (("/a", "/b"), ("/a",))
    assert list(found.counts) == [Count(0, 5, 6, 10, 4, 1, (8, 7)), Count(1, 5, 6, 10, 4, 1, (7,))]
    assert set(found.failures) == {
        Failure(0, 5, 6, "old:a", 2),
        Failure(0, 5, 6, "old:b", 3),
        Failure(1, 5, 6, "new:a", 3),
    }


def test_spellings_of_one_series_are_added_up() -> None:
    rows = [("Order", "1-0-0", "web", 5, 5, 1, 1, 1, 1, 0, 1, 0), ("order", "1.0.0", "web", 5, 5, 2, 2, 0, 0, 2, 1, 2)]
    found = read(rows, MAP)
    assert list(found.counts) == [Count(0, 5, 5, 3, 3, 1, (2, 2))]
    assert set(found.failures) == {Failure(0, 5, 5, "old:b", 1), Failure(0, 5, 5, "old:a", 2)}


def test_what_the_plan_does_not_know_breaks_no_rule_and_declares_nothing() -> None:
    rows = [("Order", "9", "web", 5, 5, 1, 1, 1, 1, 1, 1, 1), ("Other", "9", "web", 5, 5, 1, 1, 1, 1, 1, 1, 1)]
    found = read(rows, MAP)
    assert [(c.rows, c.invalid, c.undeclared, c.present) for c in found.counts] == [(1, 0, 0, ()), (1, 0, 0, ())]
    assert found.failures == ()
    assert [(s.event, s.version, s.planned, s.known) for s in found.series] == [
        ("Order", "9", True, False),
        ("Other", "9", False, False),
    ]


def test_null_names_are_empty_and_null_times_are_no_time() -> None:
    found = read(
        [(None, None, None, None, None, 1, 0, 0, 0, 0, 0, 0), ("Order", None, None, None, 4, 1, 0, 0, 0, 0, 0, 0)], MAP
    )
    assert [(s.event, s.version, s.source) for s in found.series] == [("", "", ""), ("Order", "", "")]
    assert [(c.hour, c.window) for c in found.counts] == [(NO_TIME, NO_TIME), (NO_TIME, 4)]


def test_a_real_hour_is_never_taken_for_no_time() -> None:
    found = read(
        [("Order", "1-0-0", "web", hour, hour, 1, 0, 0, 0, 0, 0, 0) for hour in (NO_TIME, NO_TIME - 1, None)], MAP
    )
    assert sorted((c.hour, c.rows) for c in found.counts) == [(NO_TIME - 1, 2), (NO_TIME, 1)]


def test_unplanned_names_are_capped_and_no_row_is_lost() -> None:
    rows = [(f"e{n}", None, "web", 5, 5, 1, 0, 0, 0, 0, 0, 0) for n in range(NAMES_CAP + 50)]
    found = read(rows, MAP)
    assert len(found.series) == NAMES_CAP + 1
    assert {s.event: sum(c.rows for c in found.counts if found.series[c.series] == s) for s in found.series}[
        OTHER
    ] == 50


def test_unknown_versions_are_capped_per_event() -> None:
    rows = [("Order", f"v{n}", "web", 5, 5, 1, 0, 0, 0, 0, 0, 0) for n in range(NAMES_CAP + 7)]
    found = read(rows, MAP)
    assert {s.version for s in found.series} >= {OTHER, "v0"}
    assert sum(c.rows for c in found.counts) == NAMES_CAP + 7


def test_a_table_of_one_event_has_no_column_for_it() -> None:
    one = SlotMap("order", windows=False, rule_slots=2, property_slots=2, versions=(OLD, NEW))
    found = read([("1.0.0", "web", 5, 1, 1, 0, 1, 0, 1, 1)], one)
    assert found.series == (Series("Order", "1-0-0", "web", True, True),)
    assert list(found.counts) == [Count(0, 5, 5, 1, 1, 0, (1, 1))]


def test_the_same_names_mean_the_same_series() -> None:
    names = Names(MAP)
    first, _ = names.resolve("Order", "1-0-0", "web")
    again, slots = names.resolve("order", "1.0.0", "web")
    assert (first, slots) == (again, OLD)
