"""Which windows of a table are due, and why."""

from datetime import UTC, datetime, timedelta

from monitor.catalog import Table, TableRef
from monitor.landing.model import LandedTable
from monitor.measure.windows import Due, Mark, NotDue, Seen, closed_until, due, hour_of, moment_of, settled_until
from monitor.sql import vocabulary as v

NOW = datetime(2026, 6, 1, 12, 40, tzinfo=UTC)
HOUR = hour_of(NOW)
DAY = timedelta(hours=24)


def table(*, received: bool = True, loaded: bool = False, lag: int = 2) -> LandedTable:
    return LandedTable(
        Table(TableRef("", "t"), ()),
        "0:web",
        (),
        event=v.Literal("e"),
        version=v.Literal("1"),
        source=v.Literal("web"),
        time=v.Column("at"),
        received=v.Column("received") if received else None,
        loaded=v.Column("loaded") if loaded else None,
        own_columns=frozenset(),
        lag=timedelta(hours=lag),
    )


def test_a_table_that_was_never_measured_is_read_from_its_beginning_with_its_rows_without_time() -> None:
    assert due(table(), None, None, NOW, DAY) == Due(None, HOUR - 2, no_time=True, reason="never measured")


def test_windows_close_when_the_lag_is_over() -> None:
    assert closed_until(table(lag=2), NOW) == HOUR - 2
    assert closed_until(table(lag=48), NOW) == HOUR - 48


def test_where_the_load_time_is_known_a_window_closes_with_its_hour_and_is_judged_later() -> None:
    assert closed_until(table(loaded=True), NOW) == HOUR
    assert settled_until(table(loaded=True), NOW) == HOUR - 2


def test_within_an_hour_nothing_is_due_again() -> None:
    step = due(table(), Mark(HOUR - 2), Seen(HOUR - 1), NOW, DAY)
    assert step == NotDue("no window has closed since")


def test_without_new_rows_the_watermark_moves_and_nothing_is_read() -> None:
    assert due(table(), Mark(HOUR - 5), Seen(None), NOW, DAY) == NotDue("no row has arrived since", HOUR - 2)


def test_new_rows_are_read_from_the_watermark() -> None:
    assert due(table(), Mark(HOUR - 5), Seen(HOUR - 4), NOW, DAY) == Due(
        HOUR - 5, HOUR - 2, no_time=False, reason="new rows"
    )


def test_an_unanswered_probe_reads_rather_than_trusts() -> None:
    assert due(table(), Mark(HOUR - 5), None, NOW, DAY) == Due(HOUR - 5, HOUR - 2, no_time=False, reason="new rows")


def test_other_rows_without_time_are_read_even_when_no_window_closed() -> None:
    step = due(table(), Mark(HOUR - 2, no_time_rows=3), Seen(None, no_time_rows=4), NOW, DAY)
    assert step == Due(HOUR - 2, HOUR - 2, no_time=True, reason="new rows")


def test_fewer_rows_without_time_are_a_change_too() -> None:
    step = due(table(), Mark(HOUR - 2, no_time_rows=3), Seen(None), NOW, DAY)
    assert isinstance(step, Due)
    assert step.no_time


def test_a_clock_that_went_back_never_moves_the_watermark_back() -> None:
    step = due(table(), Mark(HOUR + 10, no_time_rows=1), Seen(None), NOW, DAY)
    assert isinstance(step, Due)
    assert step.until == HOUR + 10
    assert due(table(), Mark(HOUR + 10), Seen(None), NOW, DAY) == NotDue("no window has closed since")


def test_without_an_arrival_time_the_look_back_is_read_again_every_six_hours() -> None:
    alone = table(received=False)
    step = due(alone, Mark(HOUR - 2, reread_at=HOUR - 8), Seen(None), NOW, DAY)
    assert isinstance(step, Due)
    assert (step.since, step.until) == (HOUR - 26, HOUR - 2)
    assert due(alone, Mark(HOUR - 2, reread_at=HOUR - 7), Seen(None), NOW, DAY) == NotDue("no window has closed since")


def test_without_an_arrival_time_a_long_pause_is_read_whole() -> None:
    step = due(table(received=False), Mark(HOUR - 100, reread_at=HOUR - 100), Seen(None), NOW, DAY)
    assert isinstance(step, Due)
    assert step.since == HOUR - 100


def test_hours_before_1970_are_rounded_down() -> None:
    assert moment_of(hour_of(datetime(1969, 12, 31, 23, tzinfo=UTC))) == datetime(1969, 12, 31, 23, tzinfo=UTC)
    assert hour_of(datetime(1969, 12, 31, 23, 30, tzinfo=UTC)) == -1
    assert moment_of(hour_of(datetime(1, 1, 1, tzinfo=UTC))) == datetime(1, 1, 1, tzinfo=UTC)
