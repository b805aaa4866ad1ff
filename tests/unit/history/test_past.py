from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from monitor.history.store import History
from monitor.judge.model import Past, SeriesPast
from monitor.measure.model import NO_TIME, Count, Failure, Measured, Unmeasured
from tests.fakes import homes
from tests.fakes.homes import Home
from tests.fakes.measured import ORDER, ORDER_IOS, POINTERS, TABLE, count, measured
from tests.fakes.postgres import Postgres
from tests.fakes.scanned import UNTIL, scans

NAME = "web.order_completed"
DAY = 20_000 * 24


def asked(one: Count) -> int:
    """The rows that rules were asked of."""
    return one.rows if one.checked is None else one.checked


def naive(done: Iterable[Measured]) -> tuple[list[Count], list[Failure]]:
    """What must be known after those scans: the last measurement of every window."""
    counts: list[Count] = []
    failures: list[Failure] = []
    for scan in done:

        def replaced(window: int, scan: Measured = scan) -> bool:
            timed = window != NO_TIME and window < scan.until and (scan.since is None or window >= scan.since)
            return timed or (scan.no_time and window == NO_TIME)

        counts = [one for one in counts if not replaced(one.window)] + list(scan.counts)
        failures = [one for one in failures if not replaced(one.window)] + list(scan.failures)
    return counts, failures


def check(series: SeriesPast, counts: list[Count], failures: list[Failure]) -> None:
    """One series against its rows."""
    start, recent = UNTIL - 48, ((UNTIL - 1) // 24 - 1) * 24
    last = ((UNTIL - 1) // 24 + 1) * 24
    timed = [one for one in counts if one.hour != NO_TIME]
    for name in ("rows", "invalid"):
        hours = Counter[int]()
        for one in timed:
            hours[one.hour] += getattr(one, name)
        assert getattr(series, name).tolist() == [hours[hour] for hour in range(start, UNTIL)]
    checked = Counter[int]()
    for one in timed:
        checked[one.hour] += asked(one)
    assert series.checked.tolist() == [checked[hour] for hour in range(start, UNTIL)]
    lately = [one for one in timed if recent <= one.hour < last]
    assert series.first_hour == min(one.hour for one in timed)
    assert series.last_hour == max(one.hour for one in timed if one.hour < UNTIL)
    assert series.recent_rows == sum(one.rows for one in lately)
    assert series.recent_checked == sum(map(asked, lately))
    assert series.undeclared_rows == sum(one.undeclared for one in lately)
    assert dict(series.present) == (
        {pointer: sum(one.present[at] for one in lately) for at, pointer in enumerate(POINTERS)} if lately else {}
    )
    failed = Counter[tuple[str, int]]()
    for failure in failures:
        if recent <= failure.hour < UNTIL:
            failed[failure.rule, failure.hour] += failure.failed
    assert set(series.failed) == {rule for rule, _ in failed}
    for rule, hours_failed in series.failed.items():
        assert hours_failed.tolist() == [failed[rule, hour] for hour in range(start, UNTIL)]


def is_the_same_to_a_judge(judged: Past, whole: Past) -> None:
    """What is asked for to be judged lacks invalid rows and presence, and nothing else."""
    assert len(judged.series) == len(whole.series)
    for less, more in zip(judged.series, whole.series, strict=True):
        assert len(less.invalid) == len(less.present) == 0
        assert less.rows.tolist() == more.rows.tolist()
        assert less.checked.tolist() == more.checked.tolist()
        assert {rule: failed.tolist() for rule, failed in less.failed.items()} == {
            rule: failed.tolist() for rule, failed in more.failed.items()
        }
        nothing = np.zeros(0, np.int64)
        bare: dict[str, Any] = {"rows": nothing, "invalid": nothing, "present": {}, "failed": {}, "unchecked": None}
        assert repr(replace(less, **bare)) == repr(replace(more, **bare))
    assert judged.tables == whole.tables


@settings(max_examples=60, deadline=None)
@given(st.lists(scans(), min_size=1, max_size=4))
def test_the_past_is_what_counting_the_kept_rows_says(done: list[Measured]) -> None:
    says_what_counting_says(History.open("sqlite://", root=Path()), done)


@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(scans(), min_size=1, max_size=4))
def test_so_it_is_on_postgresql(postgres: Callable[[], Postgres], done: list[Measured]) -> None:
    says_what_counting_says(homes.home("postgresql", Path(), postgres).open(), done)


def says_what_counting_says(history: History, done: list[Measured]) -> None:
    for scan in done:
        history.record(scan, TABLE, "c", "r")
    counts, failures = naive(done)

    past = history.past({NAME: UNTIL}, UNTIL, days=2, recent_days=2)
    is_the_same_to_a_judge(history.past({NAME: UNTIL}, UNTIL, days=2, recent_days=2, judged=True), past)

    known = {one.series: one for one in past.series}
    for at, key in enumerate((ORDER, ORDER_IOS)):
        ours = [one for one in counts if one.series == at]
        if any(one.hour != NO_TIME and one.hour < UNTIL for one in ours):
            check(known.pop(key), ours, [one for one in failures if one.series == at])
    assert not known
    history.close()


def test_arrays_begin_at_the_start_wherever_in_a_day_that_is(home: Home) -> None:
    history = home.open()
    history.record(measured(None, DAY + 30, [count(DAY + 5, 5), count(DAY + 29, 7)]), TABLE, "c", "r")

    past = history.past({NAME: DAY + 30}, DAY + 30, days=1)

    assert (past.start, past.until) == (DAY + 6, DAY + 30)
    assert past.series[0].rows.tolist() == [0] * 23 + [7]
    history.close()


def test_failures_of_older_days_are_left_out_and_rows_are_not(home: Home) -> None:
    history = home.open()
    failures = [Failure(0, DAY, DAY, "old:type", 1), Failure(0, DAY + 80, DAY + 80, "new:type", 2)]
    history.record(measured(None, DAY + 96, [count(DAY), count(DAY + 80, 9)], failures=failures), TABLE, "c", "r")

    (series,) = history.past({NAME: DAY + 96}, DAY + 96, days=7, recent_days=3).series

    assert list(series.failed) == ["new:type"]
    assert "old:type" not in series.failed
    assert int(series.rows.sum()) == 10
    assert series.recent_rows == 9
    history.close()


def test_a_clock_that_runs_ahead_does_not_make_an_event_recent(home: Home) -> None:
    history = home.open()
    ahead = DAY + 24 * 365
    history.record(measured(None, DAY + 5, [count(DAY + 1), count(ahead, window=DAY + 2)]), TABLE, "c", "r")

    (series,) = history.past({NAME: DAY}, DAY + 24 * 90).series

    assert series.last_hour == DAY + 1
    history.close()


def test_only_the_tables_asked_for_and_those_that_failed_are_in_the_past(home: Home) -> None:
    history = home.open()
    for table in ("asked", "failed", "gone"):
        history.record(measured(None, DAY, [count(DAY - 1)], table=table), TABLE, "c", "r")
    failed = Unmeasured("failed", "refused", "grant SELECT", ("Order Completed",))

    past = history.past({"asked": DAY - 2, "never": DAY - 2}, DAY, unmeasured=[failed])

    assert [series.table for series in past.series] == ["asked", "failed"]
    assert (past.tables["asked"].settled_until, past.tables["never"].measured_until) == (DAY - 2, None)
    assert past.unmeasured == (failed,)
    assert set(past.tables) == {"asked", "failed", "never"}
    history.close()


def test_an_empty_history_has_an_empty_past(home: Home) -> None:
    history = home.open()

    past = history.past({}, DAY)

    assert (past.series, past.tables, past.start) == ((), {}, DAY - 56 * 24)
    history.close()


def test_a_count_of_an_hour_is_a_64_bit_number(home: Home) -> None:
    history = home.open()
    history.record(measured(None, DAY, [count(DAY - 1)]), TABLE, "c", "r")

    (series,) = history.past({NAME: DAY}, DAY).series

    assert series.rows.dtype == np.int64
    assert series.rows.shape == (56 * 24,)
    history.close()
