from datetime import UTC, datetime

import pytest

from monitor.catalog import Column, Family, Table
from monitor.errors import HistoryError
from monitor.history.store import History, Recording
from monitor.measure.model import NO_TIME, Count, Counts, Failure, Measured, Series, Undeclared
from tests.fakes.homes import Home
from tests.fakes.measured import ORDER, POINTERS, TABLE, count, measured

NAME = "web.order_completed"
DAY = 20_000 * 24
"""An hour at which a day begins."""


def some(*counts: Count) -> Counts:
    return Counts.of(counts)


def rows_of(history: History, until: int = DAY + 48) -> dict[str, list[int]]:
    """The first series' rows and invalid rows an hour, from DAY."""
    past = history.past({NAME: until}, until, days=2)
    series = past.series[0]
    return {"rows": series.rows.tolist(), "invalid": series.invalid.tolist()}


def test_recording_twice_changes_nothing(home: Home) -> None:
    history = home.open()
    once = measured(
        None,
        DAY + 30,
        [count(DAY + 1, 5, undeclared=2), count(DAY + 26, 3), count(DAY + 1, 4, series=1)],
        failures=[Failure(0, DAY + 1, DAY + 1, "order_completed@1-1-0#/currency:enum", 2)],
        undeclared=[Undeclared(0, DAY // 24, "coupon", 2)],
    )
    history.record(once, TABLE, "c1", "r1")
    before = home.dump()

    history.record(once, TABLE, "c1", "r1")

    assert home.dump() == before
    history.close()


def test_a_row_that_arrives_late_adds_to_its_hour(home: Home) -> None:
    history = home.open()
    history.record(measured(None, DAY + 10, [count(DAY + 1, 5)]), TABLE, "c", "r1")

    history.record(measured(DAY + 10, DAY + 30, [count(DAY + 1, 2, window=DAY + 20)]), TABLE, "c", "r2")

    assert rows_of(history)["rows"][1] == 7
    history.close()


def test_a_range_measured_again_replaces_what_it_held(home: Home) -> None:
    history = home.open()
    history.record(measured(None, DAY + 10, [count(DAY + 1, 5), count(DAY + 5, 6)]), TABLE, "c", "r1")

    history.record(measured(DAY + 4, DAY + 10, [count(DAY + 6, 9)]), TABLE, "c", "r2")

    rows = rows_of(history)["rows"]
    assert (rows[1], rows[5], rows[6]) == (5, 0, 9)
    history.close()


def test_a_range_measured_empty_leaves_no_trace_of_its_series(home: Home) -> None:
    history = home.open()
    history.record(measured(None, DAY + 10, [count(DAY + 1, 5)]), TABLE, "c", "r1")

    history.record(measured(None, DAY + 10, []), TABLE, "c", "r2")

    assert history.past({NAME: DAY}, DAY + 48).series == ()
    assert home.dump()["day"] == []
    history.close()


def test_first_and_last_hour_follow_a_replacement(home: Home) -> None:
    history = home.open()
    history.record(measured(None, DAY + 10, [count(DAY + 1), count(DAY + 4), count(DAY + 9)]), TABLE, "c", "r1")

    history.record(measured(DAY + 5, DAY + 10, []), TABLE, "c", "r2")
    history.record(measured(None, DAY + 3, []), TABLE, "c", "r3")

    (series,) = history.past({NAME: DAY}, DAY + 48).series
    assert (series.first_hour, series.last_hour) == (DAY + 4, DAY + 4)
    history.close()


def test_rows_without_time_are_replaced_as_a_whole_and_stand_in_no_day(home: Home) -> None:
    history = home.open()
    first = Measured(
        NAME, None, DAY + 10, (ORDER,), (POINTERS,),
        some(count(NO_TIME, 3), count(DAY + 1, 5)), (Failure(0, NO_TIME, NO_TIME, "a:type", 1),),
        (Undeclared(0, -1, "coupon", 3),), no_time=True, no_time_rows=3,
    )  # fmt: skip
    second = Measured(
        NAME, DAY + 10, DAY + 20, (ORDER,), (POINTERS,), some(count(NO_TIME, 4)), (),
        (Undeclared(0, -1, "coupon", 4),), no_time=True, no_time_rows=4,
    )  # fmt: skip

    history.record(first, TABLE, "c", "r1")
    history.record(second, TABLE, "c", "r2")

    kept = home.dump()
    assert sum(rows_of(history)["rows"]) == 5
    assert history.watermarks()[NAME].no_time_rows == 4
    assert [row[3] for row in kept["measurement"] if row[1] == NO_TIME] == [4]
    assert [row[5] for row in kept["undeclared"]] == [4]
    assert kept["failure"] == []
    history.close()


def test_rows_without_time_stay_where_a_scan_did_not_read_them(home: Home) -> None:
    history = home.open()
    history.record(
        Measured(NAME, None, DAY, (ORDER,), (POINTERS,), some(count(NO_TIME, 3)), (), no_time=True, no_time_rows=3),
        TABLE,
        "c",
        "r1",
    )

    history.record(measured(None, DAY + 10, [count(DAY + 1)]), TABLE, "c", "r2")

    assert history.watermarks()[NAME].no_time_rows == 3
    assert len(home.dump()["measurement"]) == 2
    history.close()


def undeclared_of(history: History) -> dict[str, int]:
    past = history.past({NAME: DAY + 48}, DAY + 24)
    return dict(past.series[0].undeclared)


def names(rows: int, since: int | None, until: int) -> Measured:
    """`rows` rows with an undeclared name in the first window of the range, of the day DAY."""
    first = DAY if since is None else since
    return measured(
        since, until, [count(first, rows, undeclared=rows)], undeclared=[Undeclared(0, DAY // 24, "coupon", rows)]
    )


def test_undeclared_names_of_a_later_range_add_and_of_the_same_range_replace(home: Home) -> None:
    history = home.open()
    history.record(names(2, None, DAY + 5), TABLE, "c", "r")
    history.record(names(3, DAY + 5, DAY + 9), TABLE, "c", "r")
    assert undeclared_of(history) == {"coupon": 5}

    history.record(names(1, DAY + 5, DAY + 9), TABLE, "c", "r")
    assert undeclared_of(history) == {"coupon": 3}

    history.record(names(4, None, DAY + 9), TABLE, "c", "r")
    assert undeclared_of(history) == {"coupon": 4}
    history.close()


def test_undeclared_names_of_a_range_replaced_in_part_keep_their_share(home: Home) -> None:
    history = home.open()
    whole = measured(
        None,
        DAY + 10,
        [count(DAY + 1, 6, undeclared=6), count(DAY + 5, 2, undeclared=2), count(DAY + 8, 4, undeclared=4)],
        undeclared=[Undeclared(0, DAY // 24, "coupon", 12), Undeclared(0, DAY // 24, "gift", 6)],
    )
    history.record(whole, TABLE, "c", "r")

    history.record(names(1, DAY + 5, DAY + 6), TABLE, "c", "r")

    assert undeclared_of(history) == {"coupon": 6 + 4 + 1, "gift": 3 + 2}
    history.close()


def test_duplicates_of_later_ranges_add_and_of_repeated_ones_replace(home: Home) -> None:
    history = home.open()

    def record(since: int | None, until: int, duplicates: int | None) -> int:
        scan = Measured(
            NAME, since, until, (ORDER,), (POINTERS,), some(count(until - 1, 10)), (), duplicates=duplicates
        )  # fmt: skip
        history.record(scan, TABLE, "c", "r")
        return history.past({NAME: until}, until).tables[NAME].duplicates

    assert record(None, DAY, 3) == 3
    assert record(DAY, DAY + 1, 1) == 4
    assert record(DAY, DAY + 1, 2) == 5
    assert record(DAY, DAY + 1, None) == 5
    assert record(None, DAY + 1, 0) == 0
    history.close()


def test_the_watermark_says_what_was_measured(home: Home) -> None:
    history = home.open()
    history.record(measured(None, 500, [count(490), count(480)]), TABLE, "c1", "r1")
    history.record(measured(500, 510, [count(470, window=505)]), TABLE, "c2", "r2")

    mark = history.watermarks()[NAME]

    assert (mark.since, mark.until, mark.contract_hash, mark.run_id) == (480, 510, "c2", "r2")
    assert mark.newest == datetime(1970, 1, 22, 1, tzinfo=UTC)
    history.close()


def test_only_windows_that_were_read_again_count_as_a_look_back(home: Home) -> None:
    history = home.open()

    def reread_at(since: int | None, until: int) -> int | None:
        history.record(measured(since, until, [count(until - 1)]), TABLE, "c", "r")
        return history.watermarks()[NAME].reread_at

    assert reread_at(None, 500) == 500
    for hour in range(500, 506):
        assert reread_at(hour, hour + 1) == 500, "a table with new rows every hour must come to its look-back too"
    assert reread_at(482, 506) == 506
    history.close()


def test_a_range_measured_further_on_leaves_the_windows_between_due(home: Home) -> None:
    history = home.open()
    history.record(measured(None, 500, [count(490)]), TABLE, "c", "r1")

    history.record(measured(600, 700, [count(650)]), TABLE, "c", "r2")

    assert history.watermarks()[NAME].until == 500
    history.record(measured(500, 700, [count(650)]), TABLE, "c", "r3")
    assert history.watermarks()[NAME].until == 700
    assert len(home.dump()["measurement"]) == 2
    history.close()


def test_a_touch_moves_watermarks_on_and_never_back(home: Home) -> None:
    history = home.open()
    history.record(measured(None, 500, [count(490)]), TABLE, "c", "r1")

    history.touch_many({NAME: 510, "web.empty": 510})
    history.touch(NAME, 505)

    marks = history.watermarks()
    assert (marks[NAME].until, marks[NAME].reread_at) == (510, 500)
    assert (marks["web.empty"].since, marks["web.empty"].until, marks["web.empty"].newest) == (None, 510, None)
    history.close()


def test_columns_of_before_are_known_once_they_changed(home: Home) -> None:
    history = home.open()
    changed = Table(TABLE.ref, (*TABLE.columns, Column("coupon", Family.TEXT, "VARCHAR")))
    reordered = Table(changed.ref, changed.columns[::-1])

    def record(table: Table, at: int) -> Table | None:
        history.record(measured(at, at + 1, [count(at)]), table, "c", "r")
        return history.past({NAME: at + 1}, at + 1).tables[NAME].before

    assert record(TABLE, 500) is None
    assert record(TABLE, 501) is None
    assert record(changed, 502) == TABLE
    assert record(reordered, 503) == TABLE
    assert record(TABLE, 504) == changed
    history.close()


def test_flags_of_a_series_follow_the_plan(home: Home) -> None:
    history = home.open()
    unplanned = Series("Sign Up", "", "web", planned=False, known=False)
    planned = unplanned._replace(planned=True)

    for since, series in ((None, unplanned), (500, planned)):
        window = 499 if since is None else since
        scan = Measured(NAME, since, window + 1, (series,), (POINTERS,), some(count(window)), ())
        history.record(scan, TABLE, "c", "r")

    (kept,) = history.past({NAME: 501}, 501).series
    assert kept.series == planned
    history.close()


def test_tables_do_not_touch_each_other(home: Home) -> None:
    history = home.open()
    history.record(measured(None, DAY + 5, [count(DAY, 1)]), TABLE, "c", "r")
    history.record(measured(None, DAY + 5, [count(DAY, 2)], table="ios.order_completed"), TABLE, "c", "r")

    history.record(measured(None, DAY + 5, [], table="ios.order_completed"), TABLE, "c", "r")

    assert [series.table for series in history.past({NAME: 0, "ios.order_completed": 0}, DAY + 5).series] == [NAME]
    history.close()


def test_what_fails_before_the_commit_leaves_the_state_of_before(home: Home) -> None:
    history = home.open()
    history.record(measured(None, DAY + 5, [count(DAY, 1)]), TABLE, "c", "r1")
    before = home.dump()
    new = Failure(0, DAY + 1, DAY + 1, "a rule that is new:type", 1)
    good = measured(DAY, DAY + 5, [count(DAY + 1, 2)], failures=[new])
    twice = measured(DAY, DAY + 5, [count(DAY + 1, 2), count(DAY + 1, 3)])

    with pytest.raises(HistoryError, match="already holds such a row"):
        history.record_many([Recording(good, TABLE, "c", "r2"), Recording(twice, TABLE, "c", "r2")])
    assert home.dump() == before

    history.record(good, TABLE, "c", "r2")
    assert int(history.past({NAME: DAY}, DAY + 5).series[0].failed["a rule that is new:type"].sum()) == 1
    history.close()


def test_counts_that_do_not_match_their_properties_are_refused(home: Home) -> None:
    history = home.open()
    scan = Measured(NAME, None, 10, (ORDER,), (POINTERS,), some(Count(0, 5, 5, 1, 0, 0, (1,))), ())

    with pytest.raises(ValueError, match="one per property"):
        history.record(scan, TABLE, "c", "r")

    assert history.watermarks() == {}
    history.close()


def test_counts_wider_than_32_bits_are_kept(home: Home) -> None:
    history = home.open()
    many = 2**33
    history.record(measured(None, DAY + 5, [count(DAY, many), count(DAY + 1, many)]), TABLE, "c", "r")

    (series,) = history.past({NAME: DAY}, DAY + 5).series

    assert series.rows.sum() == 2 * many
    assert series.present == dict.fromkeys(POINTERS, 2 * many)
    history.close()


def test_a_plan_that_changes_during_a_day_adds_up_by_property(home: Home) -> None:
    history = home.open()
    history.record(measured(None, DAY + 5, [count(DAY, 2)]), TABLE, "c1", "r")
    wider = Measured(
        NAME, DAY + 5, DAY + 8, (ORDER,), (("/currency", "/coupon"),),
        some(Count(0, DAY + 6, DAY + 6, 3, 1, 0, (3, 1))), (),
    )  # fmt: skip
    history.record(wider, TABLE, "c2", "r")

    (series,) = history.past({NAME: DAY}, DAY + 8).series

    assert series.present == {"/order_id": 2, "/currency": 5, "/coupon": 1}
    assert (series.recent_rows, int(series.rows.sum()), int(series.invalid.sum())) == (5, 5, 1)
    history.close()


def test_a_series_without_properties_is_counted(home: Home) -> None:
    history = home.open()
    bare = Measured(NAME, None, 10, (ORDER,), ((),), some(Count(0, 5, 5, 4, 0, 4, ())), ())
    history.record(bare, TABLE, "c", "r")
    history.record(bare, TABLE, "c", "r")

    (series,) = history.past({NAME: 10}, 10).series

    assert (series.recent_rows, series.undeclared_rows, dict(series.present)) == (4, 4, {})
    history.close()
