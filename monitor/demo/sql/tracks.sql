-- Segment's `tracks`: every event once more, without its properties.
INSERT INTO $schema.tracks BY NAME
SELECT $columns
FROM ($tables)
ORDER BY received_at, id
