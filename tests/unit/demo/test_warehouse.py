"""The demo's warehouse: the same at every build, clean where nothing is seeded, and broken exactly where it is."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import duckdb
import numpy as np
import pytest

from monitor.demo.clock import AS_OF, CLOCK, Clock
from monitor.demo.events import EVENTS
from monitor.demo.seeds import SEEDS, UnplannedEvent
from monitor.demo.series import all_series
from monitor.demo.sources import SOURCES
from monitor.demo.warehouse import advance, build
from monitor.errors import WarehouseError

pytestmark = pytest.mark.xdist_group("demo warehouse")  # it takes ten seconds to build

SCALE = 0.25
TABLES = [(e.slug, e.name, s.table) for e in EVENTS for s in SOURCES if s.layout == "segment" and s.name in e.rates]
HOUR = timedelta(hours=1)


def everything(segment: str = "") -> str:
    """One row per event row: source, event, version, arrival."""
    parts = [
        f"SELECT '{schema.removesuffix('_prod')}' AS source, '{name}' AS event, "
        f"context_protocols_event_version AS version, received_at FROM {schema}.{slug} {segment}"
        for slug, name, schema in TABLES
    ]
    parts.append(f"SELECT 'android', event_name, event_version, received_at FROM raw.android_events {segment}")
    return "(" + " UNION ALL ".join(parts) + ")"


def checksums(path: Path) -> dict[str, tuple[Any, ...]]:
    """Rows and a checksum of every table, whatever the order of its rows."""
    with duckdb.connect(str(path), read_only=True) as db:
        names = db.execute("SELECT table_schema || '.' || table_name FROM information_schema.tables").fetchall()
        return {
            name: db.execute(f"SELECT count(*), sum(hash(t)::HUGEINT) FROM {name} AS t").fetchall()[0]
            for (name,) in sorted(names)
        }


@pytest.fixture(scope="module")
def db(tmp_path_factory: pytest.TempPathFactory) -> Iterator[duckdb.DuckDBPyConnection]:
    path = tmp_path_factory.mktemp("shop") / "warehouse.duckdb"
    build(path, scale=SCALE)
    advance(path, scale=SCALE)
    with duckdb.connect(str(path), read_only=True) as connection:
        yield connection


def one(db: duckdb.DuckDBPyConnection, query: str) -> Any:
    row = db.execute(query).fetchone()
    assert row is not None
    return row[0]


def ago(hours: float) -> str:
    return f"TIMESTAMP '{AS_OF - timedelta(hours=hours):%Y-%m-%d %H:%M:%S}'"


# ── the same rows at every build ────────────────────────────────────────────────────────────────────


def test_two_builds_hold_the_same_rows(tmp_path: Path) -> None:
    for name in ("a", "b"):
        build(tmp_path / name, scale=0.02)
        advance(tmp_path / name, scale=0.02)
    assert checksums(tmp_path / "a") == checksums(tmp_path / "b")


def test_an_hour_holds_the_same_rows_whenever_the_warehouse_begins(tmp_path: Path) -> None:
    clocks = {"long": Clock(days=20), "short": Clock(days=6)}
    counts = []
    for name, clock in clocks.items():
        build(tmp_path / name, clock, scale=0.05)
        with duckdb.connect(str(tmp_path / name), read_only=True) as db:
            where = f"WHERE received_at >= TIMESTAMP '{clocks['short'].begin:%Y-%m-%d %H:%M:%S}'"
            counts.append(
                db.execute(f"SELECT source, event, count(*) FROM {everything(where)} GROUP BY ALL").fetchall()
            )
    assert sorted(counts[0]) == sorted(counts[1])


def test_the_last_days_land_once_and_building_again_starts_over(tmp_path: Path) -> None:
    path, clock = tmp_path / "warehouse.duckdb", Clock(days=5)
    first = build(path, clock, scale=0.02)
    advance(path, clock, scale=0.02)
    with pytest.raises(WarehouseError, match="landed already"):
        advance(path, clock, scale=0.02)
    assert build(path, clock, scale=0.02) == first


def test_the_last_days_need_a_warehouse(tmp_path: Path) -> None:
    with pytest.raises(WarehouseError, match="no warehouse"):
        advance(tmp_path / "warehouse.duckdb")
    assert not (tmp_path / "warehouse.duckdb").exists()


def test_a_warehouse_that_cannot_be_written_is_one_clear_error(tmp_path: Path) -> None:
    with pytest.raises(WarehouseError, match="cannot be written") as raised:
        build(tmp_path / "absent" / "warehouse.duckdb")
    assert raised.value.where.endswith("warehouse.duckdb")
    assert raised.value.hint


def test_a_clock_beside_the_hour_or_outside_utc_is_refused() -> None:
    with pytest.raises(ValueError, match="full hour"):
        Clock(as_of=datetime(2026, 6, 30, 18, 30, tzinfo=UTC))
    with pytest.raises(ValueError, match="UTC"):
        Clock(as_of=datetime(2026, 6, 30, 18))  # noqa: DTZ001 - that is the mistake


def test_a_seed_moves_no_other_series() -> None:
    plain = {series.id: series for series in all_series(CLOCK)}
    seeded = {series.id: series for series in all_series(CLOCK, SEEDS)}
    changed = {
        (seeded[number].event.name, seeded[number].source.name)
        for number in seeded
        if seeded[number] != plain.get(number)
    }
    assert changed == {(seed.event, seed.source) for seed in SEEDS}


# ── what is seeded is in the rows ───────────────────────────────────────────────────────────────────


def test_a_fifth_of_the_ios_orders_has_a_currency_outside_the_plan_for_two_days(db: duckdb.DuckDBPyConnection) -> None:
    outside = "avg((currency NOT IN ('EUR', 'GBP', 'USD', 'SEK', 'PLN', 'CHF'))::INT)"
    table = "FROM ios_prod.order_completed WHERE context_protocols_event_version = '1-1-0' AND received_at"
    assert one(db, f"SELECT {outside} {table} < {ago(48)}") == 0
    assert 0.13 < one(db, f"SELECT {outside} {table} >= {ago(48)}") < 0.23


def test_checkouts_on_android_fell_by_seven_tenths_yesterday_at_14(db: duckdb.DuckDBPyConnection) -> None:
    table = "FROM raw.android_events WHERE event_name = 'Checkout Started' AND received_at"
    since = one(db, f"SELECT count(*) {table} >= {ago(28)}")
    week_before = one(db, f"SELECT count(*) {table} BETWEEN {ago(28 + 168)} AND {ago(168)}")
    assert 0.2 < since / week_before < 0.4
    assert AS_OF - timedelta(hours=28) == datetime(2026, 6, 29, 14, tzinfo=UTC)


def test_a_column_that_nobody_declared_is_filled_in_a_share_of_the_carts(db: duckdb.DuckDBPyConnection) -> None:
    tables = db.execute(
        "SELECT table_name FROM information_schema.columns WHERE column_name = 'coupon_code'"
    ).fetchall()
    assert tables == [("cart_viewed",)]
    assert one(db, f"SELECT count(coupon_code) FROM web_prod.cart_viewed WHERE received_at < {ago(40)}") == 0
    filled = f"SELECT count(coupon_code) / count(*) FROM web_prod.cart_viewed WHERE received_at >= {ago(40)}"
    assert 0.15 < one(db, filled) < 0.3


def test_the_price_of_viewed_products_landed_as_text_on_web_only(db: duckdb.DuckDBPyConnection) -> None:
    kinds = db.execute(
        "SELECT table_schema, data_type FROM information_schema.columns "
        "WHERE table_name = 'product_viewed' AND column_name = 'price' ORDER BY ALL"
    ).fetchall()
    assert kinds == [("ios_prod", "DOUBLE"), ("web_prod", "VARCHAR")]
    odd = "avg((try_cast(price AS DOUBLE) IS NULL)::INT) FROM web_prod.product_viewed WHERE received_at"
    assert one(db, f"SELECT {odd} < {ago(36)}") == 0
    assert 0.03 < one(db, f"SELECT {odd} >= {ago(36)}") < 0.09
    assert (
        one(db, "SELECT count(*) FROM web_prod.product_viewed WHERE regexp_full_match(price, '[0-9]+,[0-9]{2} €')") > 0
    )


def test_an_unplanned_sign_in_comes_beside_the_planned_one(db: duckdb.DuckDBPyConnection) -> None:
    names = {name for (name,) in db.execute("SELECT DISTINCT event_name FROM raw.android_events").fetchall()}
    assert names - {event.name for event in EVENTS} == {"User Logged In"}
    count = f"SELECT count(*) FROM raw.android_events WHERE received_at >= {ago(50)} AND event_name = "
    assert 0.02 < one(db, count + "'User Logged In'") / one(db, count + "'User Signed In'") < 0.2


def test_a_retired_version_of_search_arrives_again_on_web_only(db: duckdb.DuckDBPyConnection) -> None:
    retired = f"{everything()} WHERE event = 'Search Performed' AND version = '1-0-0'"
    assert one(db, f"SELECT max(received_at) FROM {retired} AND received_at < {ago(72)}") < datetime(2026, 5, 25)  # noqa: DTZ001
    assert db.execute(f"SELECT DISTINCT source FROM {retired} AND received_at >= {ago(72)}").fetchall() == [("web",)]
    since = f"FROM {everything()} WHERE event = 'Search Performed' AND source = 'web' AND received_at >= {ago(45)}"
    assert 0.03 < one(db, f"SELECT avg((version = '1-0-0')::INT) {since}") < 0.1


def test_one_event_on_one_source_comes_in_a_version_that_no_plan_has(db: duckdb.DuckDBPyConnection) -> None:
    rows = db.execute(
        f"SELECT source, event, min(received_at) FROM {everything()} WHERE version = '1-2-0' GROUP BY ALL"
    ).fetchall()
    assert [row[:2] for row in rows] == [("ios", "Product Added")]
    assert rows[0][2].replace(tzinfo=UTC) >= AS_OF - timedelta(hours=54)
    since = f"FROM {everything()} WHERE event = 'Product Added' AND source = 'ios' AND received_at >= {ago(54)}"
    assert 0.015 < one(db, f"SELECT avg((version = '1-2-0')::INT) {since}") < 0.08


def test_no_other_version_comes_than_the_shop_sends(db: duckdb.DuckDBPyConnection) -> None:
    known = {(event.name, version) for event in EVENTS for version in (event.version, event.before) if version}
    landed = set(db.execute(f"SELECT DISTINCT event, version FROM {everything()}").fetchall())
    unplanned = {seed.event for seed in SEEDS if isinstance(seed, UnplannedEvent)}
    assert {pair for pair in landed - known if pair[0] not in unplanned} == {("Product Added", "1-2-0")}


def test_product_views_move_to_their_new_version_little_by_little(db: duckdb.DuckDBPyConnection) -> None:
    shares = f"SELECT avg((version = '2-0-0')::INT) FROM {everything()} WHERE event = 'Product Viewed' AND source = "
    for source in SOURCES:
        steps = [
            one(db, f"{shares} '{source.name}' AND received_at BETWEEN {ago(24 * (day + 3))} AND {ago(24 * day)}")
            for day in (40, 12, 8, 3, 0)
        ]
        assert steps[0] == 0
        assert steps == sorted(steps)
        assert 0.7 < steps[-1] < 0.92


# ── everything else is as planned ───────────────────────────────────────────────────────────────────


def test_every_event_is_once_more_in_tracks_for_two_weeks(db: duckdb.DuckDBPyConnection) -> None:
    for schema in ("web_prod", "ios_prod"):
        ids = " UNION ALL ".join(
            f"SELECT id, event_text, received_at FROM {schema}.{slug}" for slug, _, table in TABLES if table == schema
        )
        kept = f"SELECT * FROM ({ids}) WHERE received_at >= {ago(14 * 24)}"
        assert db.execute(f"{kept} EXCEPT SELECT id, event_text, received_at FROM {schema}.tracks").fetchall() == []
        assert one(db, f"SELECT count(*) FROM ({kept})") == one(db, f"SELECT count(*) FROM {schema}.tracks")


def test_rows_arrive_in_order_after_they_happened_and_before_they_are_loaded(db: duckdb.DuckDBPyConnection) -> None:
    for slug, _, schema in TABLES:
        wrong = f"SELECT count(*) FROM {schema}.{slug} WHERE NOT (timestamp <= received_at AND received_at < uuid_ts)"
        assert one(db, wrong) == 0
        assert one(db, f"SELECT count(*) - count(DISTINCT id) FROM {schema}.{slug}") == 0
    wrong = "SELECT count(*) FROM raw.android_events WHERE NOT (occurred_at <= received_at AND received_at < loaded_at)"
    assert one(db, wrong) == 0
    assert one(db, "SELECT max(loaded_at) FROM raw.android_events").replace(tzinfo=UTC) <= AS_OF


def hourly(db: duckdb.DuckDBPyConnection) -> dict[tuple[str, str], np.ndarray[Any, np.dtype[np.float64]]]:
    """Counts per hour of every event and source, hours without rows included."""
    rows = db.execute(
        f"SELECT source, event, date_diff('hour', TIMESTAMP '{CLOCK.begin:%Y-%m-%d %H:%M:%S}', received_at) AS hour, "
        f"count(*) FROM {everything()} GROUP BY ALL"
    ).fetchall()
    counts: dict[tuple[str, str], np.ndarray[Any, np.dtype[np.float64]]] = {}
    for source, event, hour, n in rows:
        counts.setdefault((event, source), np.zeros(CLOCK.days * 24))[hour] = n
    return counts


def strays(counts: np.ndarray[Any, np.dtype[np.float64]], hour: int) -> float:
    """How many deviations an hour lies from the same hour, and its neighbours, of the weeks before."""
    weeks = range(hour - 168, 0, -168)
    past = np.concatenate([counts[max(0, same - 1) : same + 2] for same in weeks])
    middle = float(np.median(past))
    spread = max(1.4826 * float(np.median(np.abs(past - middle))), middle**0.5, 1.0)
    return float((counts[hour] - middle) / spread)


def test_about_two_million_events_whose_volumes_are_smooth_but_for_the_one_that_fell(tmp_path: Path) -> None:
    path = tmp_path / "warehouse.duckdb"
    total = build(path) + advance(path)
    assert 1_850_000 < total < 2_150_000
    with duckdb.connect(str(path), read_only=True) as db:
        counts = hourly(db)
    planned = {(event.name, source) for event in EVENTS for source in event.rates}
    assert int(sum(series.sum() for series in counts.values())) == total
    fell = ("Checkout Started", "android")
    last = range(CLOCK.days * 24 - 72, CLOCK.days * 24)
    loud = {key for key in planned for hour in last if abs(strays(counts[key], hour)) >= 4}
    assert loud == {fell}
    for key in planned - {fell}:
        day, week_before = counts[key][-24:].sum(), counts[key][-24 - 168 : -168].sum()
        assert counts[key].mean() < 3 or (counts[key].mean() > 15 and 0.85 < day / week_before < 1.15), key
