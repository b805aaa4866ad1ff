"""What `trackwarden.yml` says of alerting, as the alerting knows it."""

from datetime import UTC, datetime, time, timedelta
from pathlib import Path
from typing import Any, get_args

import pytest
import yaml

from monitor.alert.hours import Gathered, Quiet
from monitor.alert.routing import Destination, Route
from monitor.config import parse_settings
from monitor.config.values import Kind as KindName
from monitor.errors import Problems
from monitor.incidents.model import Patience, Suppression
from monitor.judge.model import Finding, Kind, Severity
from monitor.wiring import Workspace

LEAST = {
    "plan": {"path": "p"},
    "profile": {"name": "x"},
    "landings": [{"source": "web", "layout": "segment", "schema": "web"}],
}


def workspace(**said: Any) -> Workspace:
    text = yaml.safe_dump({**LEAST, **said})
    return Workspace(parse_settings(text, {}, name="trackwarden.yml", root=Path()), {})


def test_the_kinds_of_the_configuration_are_the_judges() -> None:
    assert set(get_args(KindName)) == {kind.value for kind in Kind}


def test_without_a_word_it_is_as_it_always_was() -> None:
    routing = workspace().routing()
    assert workspace().patience() == Patience()
    assert (routing.usual, routing.routes, routing.digest_over) == (Destination(), (), 10)


def test_what_the_file_says_arrives() -> None:
    said = workspace(
        slack={
            "channel": "C0",
            "quiet": {"from": "20:00", "until": "07:30", "timezone": "Europe/Berlin", "except": "warning"},
            "teams": {"growth": {"channel": "C0", "digest": {"at": "09:00"}}},
            "routes": [{"event": "Order *", "severity": "critical", "mention": "U1"}],
            "digest_over": 3,
        },
        incidents={
            "open_after": 2,
            "repeat": "1d",
            "suppress": [{"event": "Odd", "until": "2026-08-01", "why": "being switched off"}],
        },
    )
    routing = said.routing()
    night = Quiet(time(20), time(7, 30), "Europe/Berlin", weekends=False, but=Severity.WARNING)
    assert routing.usual == Destination(quiet=night)
    assert routing.routes == (Route(Destination(mention="U1"), event="Order *", severity=Severity.CRITICAL),)
    found = Finding(Kind.NO_DATA, Severity.CRITICAL, "x", "Order Completed")
    assert routing.of(found, "growth") == Destination("", "U1", night, Gathered((time(9),)))
    rule = Suppression("Odd", until=datetime(2026, 8, 1, tzinfo=UTC), why="being switched off")
    assert said.patience() == Patience(open_after=2, repeat=timedelta(days=1), suppressed=(rule,))


@pytest.mark.parametrize(
    ("said", "problem"),
    [
        ({"slack": {"channel": "C0", "app_token": "xapp-1"}}, "has an `app_token` and no `token`"),
        ({"slack": {"routes": [{"channel": "C1"}]}}, "fits everything"),
        ({"slack": {"quiet": {"from": "20:00", "until": "07:00", "timezone": "Mars"}}}, "not a known time zone"),
        ({"slack": {"people": ["ann"]}}, "people"),
        ({"incidents": {"suppress": [{"why": "peace"}]}}, "covers everything"),
        ({"incidents": {"suppress": [{"event": "Odd"}]}}, "why: is missing"),
        ({"incidents": {"repeat": "5m"}}, "more often than every hour"),
        ({"incidents": {"suppress": [{"kind": "no_dat", "why": "x"}]}}, "no_data"),
    ],
)
def test_what_cannot_be_meant_is_an_error_with_its_place(said: dict[str, Any], problem: str) -> None:
    with pytest.raises(Problems) as refused:
        workspace(**said)
    assert problem in " ".join(map(str, refused.value.errors))


@pytest.mark.parametrize(
    ("moment", "told"),
    [
        (datetime(2026, 10, 24, 20, tzinfo=UTC), datetime(2026, 10, 26, 6, tzinfo=UTC)),  # a weekend, clocks go back
        (datetime(2026, 3, 29, 0, 30, tzinfo=UTC), datetime(2026, 3, 30, 5, tzinfo=UTC)),  # clocks go forward
        (datetime(2026, 7, 1, 12, tzinfo=UTC), None),
        (datetime(2026, 7, 1, 18, tzinfo=UTC), datetime(2026, 7, 2, 5, tzinfo=UTC)),
    ],
)
def test_quiet_hours_end_at_the_zones_time_of_day(moment: datetime, told: datetime | None) -> None:
    later = Quiet(time(20), time(7), "Europe/Berlin", weekends=True).later(Severity.WARNING, moment)
    assert (later.at if later else None) == told
