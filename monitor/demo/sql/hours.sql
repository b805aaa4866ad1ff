-- How many rows each series (an event on a source) has in each hour of [begin, end): a function of the hour alone.
CREATE OR REPLACE TEMP TABLE hours AS
WITH clock AS (
    SELECT hour, epoch_ms(hour) // 3600000 AS hour_number, epoch_ms(hour) // 86400000 AS day_number
    FROM range($begin::TIMESTAMP, $end::TIMESTAMP, INTERVAL 1 HOUR) AS ticks(hour)
), expected AS (
    SELECT
        series.id AS series, hour, hour_number,
        series.rate
            * series.by_hour[1 + extract(hour FROM hour)]
            * series.by_weekday[extract(isodow FROM hour)]
            * (1 + 0.02 * stray((series.source_id * 100000 + day_number) * 64))
            * CASE WHEN hour >= series.changes_at THEN series.changes_to ELSE 1 END AS rate
    FROM series CROSS JOIN clock
    WHERE hour >= series.begins_at
)
SELECT
    series, hour,
    greatest(0, round(rate + sqrt(rate) * stray((series * 1000000 + hour_number) * 64)))::BIGINT AS n
FROM expected
ORDER BY series, hour;
