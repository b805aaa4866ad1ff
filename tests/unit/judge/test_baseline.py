import csv
from datetime import datetime
from math import exp, lgamma, log
from pathlib import Path
from statistics import NormalDist
from time import process_time

import numpy as np
import pytest

from monitor.judge.baseline import NEEDED, WINDOWS, Basis, expect, tail
from tests.unit.judge.builders import seasonal

DROP = np.array([0.5, 0.4, 0.3, 0.2])


def _exact_low(count: int, mean: float, dispersion: float) -> float:
    size = 1 / dispersion
    chances = (
        exp(
            lgamma(k + size)
            - lgamma(size)
            - lgamma(k + 1)
            + size * log(size / (size + mean))
            + k * log(mean / (size + mean))
        )
        for k in range(count + 1)
    )
    return NormalDist().inv_cdf(sum(chances))


@pytest.mark.parametrize(
    ("count", "mean", "dispersion"), [(0, 15, 1e-6), (54, 100, 1e-6), (33, 100, 0.02), (7, 100, 0.1), (219, 2000, 0.1)]
)
def test_the_tail_is_the_negative_binomials_own(count: int, mean: float, dispersion: float) -> None:
    approximate = tail(np.array([float(count)]), np.array([mean]), np.array([dispersion]))[0]
    assert approximate == pytest.approx(_exact_low(count, mean, dispersion), abs=0.3)


def test_a_regular_week_is_expected_again() -> None:
    week = np.tile(np.repeat([100, 40], 12), 7) + np.repeat([0, 0, 0, 0, 0, 60, 60], 24)
    rows = np.tile(week, 8)[None, :]
    found = expect(rows, np.array([rows.shape[1]]))
    assert found.basis[0] == Basis.HOUR_OF_WEEK
    assert found.expected[0, -1] == pytest.approx(week[-24:].sum(), rel=0.02)
    assert np.allclose(found.seen[0], [week[-window:].sum() for window in WINDOWS])


def test_too_little_history_expects_nothing() -> None:
    rows = np.full((3, NEEDED), 50)
    found = expect(rows, np.array([7 * 24, 8 * 24, 22 * 24]))
    assert found.basis.tolist() == [Basis.NOTHING, Basis.HOUR_OF_DAY, Basis.HOUR_OF_WEEK]
    assert np.isnan(found.expected[0]).all()
    assert found.expected[1:, -1] == pytest.approx([1200, 1200])


def test_one_bad_day_does_not_move_what_is_expected() -> None:
    rows = np.full((2, NEEDED), 100)
    rows[1, -72:-48] = 0
    found = expect(rows, np.array([NEEDED, NEEDED]))
    assert found.expected[1, -1] == pytest.approx(found.expected[0, -1], rel=0.01)


def test_no_series_at_all_is_fine() -> None:
    assert expect(np.zeros((0, 100), dtype=np.int64), np.zeros(0, dtype=np.int64)).seen.shape == (0, len(WINDOWS))


def test_an_event_that_comes_on_mondays_only_is_expected_on_mondays() -> None:
    rows = np.zeros((1, 8 * 168), dtype=np.int64)
    rows[0, np.arange(rows.shape[1]) % 168 < 24] = 50
    found = expect(rows[:, : 7 * 168 + 24], np.array([7 * 168 + 24]))
    assert found.expected[0, -1] == pytest.approx(1200, rel=0.1)
    assert expect(rows, np.array([8 * 168])).expected[0, -1] == pytest.approx(0, abs=60)


def _alerts(rows: np.ndarray) -> int:
    found = expect(rows, np.full(len(rows), rows.shape[1]))
    low = (found.z_low() < -5) & (found.seen <= (1 - DROP) * found.least) & (found.least >= 15)
    high = (found.z_high() > 5) & (found.seen >= (1 + 2 * DROP) * found.most) & (found.most >= 15)
    return int((low | high).any(axis=1).sum())


def test_normal_series_hardly_ever_alert() -> None:
    scales = 10 ** np.random.default_rng(5).uniform(0, 3, 300)
    rows = np.stack([seasonal(scale, seed, hours=60 * 24) for seed, scale in enumerate(scales)])
    alerts = sum(_alerts(rows[:, : rows.shape[1] - back]) for back in range(24))
    assert alerts <= 1


def test_ten_thousand_series_take_seconds() -> None:
    rows = np.random.default_rng(1).poisson(40, (2000, NEEDED))
    begun = process_time()
    expect(rows, np.full(2000, NEEDED))
    assert process_time() - begun < 2, "10,000 series in less than 10 s"


def _hourly(file: Path) -> np.ndarray:
    rows: dict[int, int] = {}
    with file.open(encoding="utf-8") as lines:
        for line in csv.DictReader(lines):
            hour = int(datetime.fromisoformat(line["timestamp"] + "+00:00").timestamp() // 3600)
            rows[hour] = rows.get(hour, 0) + int(line["value"])
    return np.array([[rows.get(hour, 0) for hour in range(min(rows) + 1, max(rows))]])


def test_real_counts_do_not_drop_by_chance(shared: Path) -> None:
    """Ten bursty series of tweets: bursts are spikes and rightly so; hardly an hour of 320 days is a drop."""
    files = sorted((shared / "data" / "nab-tweets").glob("Twitter_volume_*.csv"))
    if not files:
        pytest.skip("shared/data/nab-tweets is absent")
    dropped = judged = 0
    for file in files:
        rows = _hourly(file)
        padded = np.concatenate([np.zeros(NEEDED), rows[0]])
        ends = np.arange(23 * 24, rows.shape[1])
        windows = np.lib.stride_tricks.sliding_window_view(padded, NEEDED)[ends]
        found = expect(windows, ends)
        low = (found.z_low() < -5) & (found.seen <= (1 - DROP) * found.least) & (found.least >= 15)
        dropped, judged = dropped + int(low.any(axis=1).sum()), judged + len(ends)
    assert judged > 7000
    assert dropped / judged < 0.002
