-- What each hour's count is computed from, one row per event and source.
CREATE OR REPLACE TEMP TABLE series AS
FROM (VALUES
    $rows
) AS listed(id, source_id, rate, by_hour, by_weekday, begins_at, changes_at, changes_to);

