"""On the two days a year that have 23 and 25 hours, every UTC hour is one window, whatever zone the schedule is in."""

from datetime import UTC, date, datetime, timedelta
from itertools import pairwise
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from monitor.config.model import Schedule
from monitor.history.store import History
from monitor.measure.windows import hour_of
from monitor.schedule.loop import trigger

DAYS = [
    ("Europe/Berlin", date(2026, 3, 29), 23),
    ("Europe/Berlin", date(2026, 10, 25), 25),
    ("America/New_York", date(2026, 3, 8), 23),
    ("America/New_York", date(2026, 11, 1), 25),
    ("Australia/Lord_Howe", date(2026, 4, 5), 24.5),
    ("Asia/Kolkata", date(2026, 6, 30), 24),
    ("UTC", date(2026, 3, 29), 24),
]


def moments(schedule: Schedule, since: datetime, until: datetime) -> list[datetime]:
    """When runs are due, as APScheduler asks for them."""
    when, found = trigger(schedule), list[datetime]()
    due = when.get_next_fire_time(None, since)
    while due is not None and due <= until:
        found.append(due.astimezone(UTC))
        due = when.get_next_fire_time(due, due + timedelta(microseconds=1))
    return found


@pytest.mark.parametrize(("zone", "day", "hours"), DAYS)
@pytest.mark.parametrize("cron", ["5 * * * *", "30 0,1,2,3 * * *"])
def test_the_windows_of_a_local_day_are_its_utc_hours(zone: str, day: date, hours: float, cron: str) -> None:
    here = ZoneInfo(zone)
    first = datetime(day.year, day.month, day.day, tzinfo=here).astimezone(UTC)
    last = datetime.combine(day + timedelta(days=1), datetime.min.time(), here).astimezone(UTC)
    assert last - first == timedelta(hours=hours)
    history = History.open("sqlite://", root=Path())

    for moment in moments(Schedule(cron=cron, timezone=zone), first - timedelta(days=1), last + timedelta(days=1)):
        with history.lease("run", timedelta(hours=1)), history.claimed(hour_of(moment), "r"):
            pass

    windows = history.windows(hour_of(first), hour_of(last))
    assert [one.start for one in windows] == list(range(hour_of(first), hour_of(last)))
    assert {one.attempts for one in windows} == {1}
    assert {one.state.value for one in windows} == {"done"}
    history.close()


@pytest.mark.parametrize(("zone", "day", "hours"), DAYS)
@pytest.mark.parametrize("cron", ["0 * * * *", "5 * * * *"])
def test_an_hourly_cron_never_fires_twice_nor_leaves_out_an_hour(zone: str, day: date, hours: float, cron: str) -> None:
    here = ZoneInfo(zone)
    noon = datetime(day.year, day.month, day.day, 12, tzinfo=here).astimezone(UTC)

    due = moments(Schedule(cron=cron, timezone=zone), noon - timedelta(days=1), noon + timedelta(days=1))

    steps = {later - earlier for earlier, later in pairwise(due)}
    half = timedelta(minutes=30)  # by which Lord Howe's clock jumps
    assert steps == {2 * half} if hours == int(hours) else steps <= {half, 2 * half, 3 * half}


def test_a_time_that_comes_twice_fires_twice_and_one_that_is_left_out_fires_when_it_would_have_been() -> None:
    daily = Schedule(cron="30 2 * * *", timezone="Europe/Berlin")

    spring = moments(daily, datetime(2026, 3, 28, 12, tzinfo=UTC), datetime(2026, 3, 30, 12, tzinfo=UTC))
    autumn = moments(daily, datetime(2026, 10, 24, 12, tzinfo=UTC), datetime(2026, 10, 26, 12, tzinfo=UTC))

    assert [one.isoformat() for one in spring] == ["2026-03-29T01:30:00+00:00", "2026-03-30T00:30:00+00:00"]
    assert [one.isoformat() for one in autumn] == [
        "2026-10-25T00:30:00+00:00",
        "2026-10-25T01:30:00+00:00",
        "2026-10-26T01:30:00+00:00",
    ]


def test_the_scheduler_comes_back_from_asking_within_an_hour_that_comes_twice() -> None:
    when = trigger(Schedule(cron="5 * * * *", timezone="Europe/Berlin"))
    asleep_since, now = datetime(2026, 10, 20, tzinfo=UTC), datetime(2026, 10, 25, 1, 30, tzinfo=UTC)

    asked, due = 0, when.get_next_fire_time(None, asleep_since)
    while due <= now:
        asked, due = asked + 1, when.get_next_fire_time(due, now)

    assert asked <= 3
    assert due == datetime(2026, 10, 25, 2, 5, tzinfo=UTC)
