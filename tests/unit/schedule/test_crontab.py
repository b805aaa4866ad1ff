"""A crontab line means here what it means to cron."""

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest

from monitor.errors import ConfigError
from monitor.schedule.crontab import crontab, weekdays


def fires(line: str, after: datetime, times: int, zone: str = "UTC") -> list[str]:
    """The next times, as weekday and time in UTC."""
    when = crontab(line, ZoneInfo(zone))
    found: list[str] = []
    last: datetime | None = None
    for _ in range(times):
        last = when.get_next_fire_time(last, after if last is None else last)
        assert last is not None
        found.append(f"{last.astimezone(UTC):%a %Y-%m-%d %H:%M}")
    return found


SUNDAY = datetime(2026, 6, 28, 12, tzinfo=UTC)


def test_weekday_1_is_monday() -> None:
    assert fires("0 9 * * 1", SUNDAY, 2) == ["Mon 2026-06-29 09:00", "Mon 2026-07-06 09:00"]


@pytest.mark.parametrize("sunday", ["0", "7", "sun", "SUN"])
def test_0_and_7_are_sunday(sunday: str) -> None:
    assert fires(f"0 9 * * {sunday}", SUNDAY, 1) == ["Sun 2026-07-05 09:00"]


def test_a_range_of_weekdays_is_a_working_week() -> None:
    days = [one.split()[0] for one in fires("0 9 * * 1-5", SUNDAY, 6)]
    assert days == ["Mon", "Tue", "Wed", "Thu", "Fri", "Mon"]


def test_a_day_of_the_month_or_of_the_week_is_either() -> None:
    assert fires("0 9 1 * 5", SUNDAY, 3) == ["Wed 2026-07-01 09:00", "Fri 2026-07-03 09:00", "Fri 2026-07-10 09:00"]


def test_hourly_is_known() -> None:
    assert fires("@hourly", SUNDAY, 2) == ["Sun 2026-06-28 12:00", "Sun 2026-06-28 13:00"]


def test_hours_are_read_in_the_zone() -> None:
    assert fires("0 9 * * 1", SUNDAY, 1, "Europe/Berlin") == ["Mon 2026-06-29 07:00"]


def test_an_hour_that_comes_twice_fires_and_goes_on() -> None:
    before = datetime(2026, 10, 24, 12, tzinfo=UTC)
    assert fires("30 2 * * *", before, 3, "Europe/Berlin")[-1] == "Mon 2026-10-26 01:30"


@pytest.mark.parametrize(
    "line", ["", "0 9 * *", "0 9 * * 8", "0 9 * * 5-1", "0 25 * * *", "every day", "0 9 * * mo", "0 9 * * */0"]
)
def test_what_is_no_crontab_line_is_an_error_with_its_place(line: str) -> None:
    with pytest.raises(ConfigError) as caught:
        crontab(line, UTC)
    assert caught.value.where == "trackwarden.yml schedule.cron"
    assert caught.value.hint


def test_a_range_may_end_on_sunday() -> None:
    assert weekdays("5-7") == weekdays("fri-sun") == "sun,fri,sat"
