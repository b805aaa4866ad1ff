"""The shop's three apps: when people use them, how their rows arrive, and which releases they shipped."""

from datetime import timedelta

from monitor.demo.shop import Release, Source

MIGRATION = "product views by SKU"
"""The release that sends `Product Viewed` 2-0-0 is still spreading while the baseline is taken."""


def by_mean(weights: tuple[float, ...]) -> tuple[float, ...]:
    """The weights scaled to a mean of 1."""
    mean = sum(weights) / len(weights)
    return tuple(round(weight / mean, 4) for weight in weights)


# fmt: off
OFFICE_AND_EVENING = by_mean((
    0.35, 0.25, 0.2, 0.2, 0.28, 0.45, 0.7, 0.95, 1.15, 1.3, 1.35, 1.35,
    1.3, 1.25, 1.25, 1.25, 1.3, 1.4, 1.55, 1.65, 1.5, 1.15, 0.8, 0.5,
))
COMMUTE_AND_SOFA = by_mean((
    0.4, 0.28, 0.22, 0.22, 0.35, 0.7, 1.05, 1.1, 0.95, 0.95, 1.05, 1.15,
    1.05, 0.95, 1.0, 1.1, 1.25, 1.45, 1.75, 1.95, 1.8, 1.35, 0.9, 0.55,
))
# fmt: on

SOURCES = (
    Source(
        name="web",
        id=1,
        table="web_prod",
        layout="segment",
        library="analytics.js",
        by_hour=OFFICE_AND_EVENING,
        by_weekday=by_mean((1.1, 1.08, 1.05, 1.04, 0.98, 0.8, 0.95)),
        behind=6,
        queue_ms=3_000,
        offline=0.0,
        releases=(
            Release("2026.26.0", 5),
            Release("2026.25.0", 12, MIGRATION),
            Release("2026.23.0", 26, "where products are added from"),
            Release("2026.21.0", 40),
            Release("2026.19.0", 54),
            Release("2026.17.0", 70, "search and orders"),
            Release("2026.14.0", 92),
        ),
    ),
    Source(
        name="ios",
        id=2,
        table="ios_prod",
        layout="segment",
        library="analytics-swift",
        by_hour=COMMUTE_AND_SOFA,
        by_weekday=by_mean((0.96, 0.95, 0.95, 0.97, 1.0, 1.08, 1.1)),
        behind=8,
        queue_ms=20_000,
        offline=0.004,
        releases=(
            Release("7.43.1", 6),
            Release("7.43.0", 15, MIGRATION),
            Release("7.42.0", 24, "where products are added from"),
            Release("7.41.0", 36),
            Release("7.40.0", 50),
            Release("7.39.0", 71, "search and orders"),
            Release("7.38.2", 95),
        ),
    ),
    Source(
        name="android",
        id=3,
        table="raw.android_events",
        layout="json",
        library="shop-events-kotlin",
        by_hour=COMMUTE_AND_SOFA,
        by_weekday=by_mean((0.97, 0.96, 0.95, 0.97, 1.01, 1.07, 1.08)),
        behind=11,
        queue_ms=25_000,
        offline=0.005,
        releases=(
            Release("5.16.1", 7),
            Release("5.16.0", 18, MIGRATION),
            Release("5.15.0", 27, "where products are added from"),
            Release("5.14.0", 33),
            Release("5.13.0", 52),
            Release("5.12.0", 72, "search and orders"),
            Release("5.11.3", 99),
        ),
    ),
)

OLDEST_RELEASE = timedelta(days=30)
"""Apps older than this are made to update: the reason why a retired version ends."""
