-- One event's rows as Segment lands them: its own columns, then one column per property.
INSERT INTO $table BY NAME
SELECT
    message_id(key) AS id,
    anonymous_id,
    CASE WHEN signed_in THEN account END AS user_id,
    '$slug' AS event,
    '$event' AS event_text,
    make_timestamp_ms(sent_ms - waited_ms) AS original_timestamp,
    make_timestamp_ms(sent_ms) AS sent_at,
    received AS received_at,
    make_timestamp_ms(received_ms - waited_ms) AS timestamp,
    make_timestamp_ms((received_ms // 300000 + 1) * 300000) AS uuid_ts,
    app_version AS context_app_version,
    '$library' AS context_library_name,
    version AS context_protocols_event_version,
    $properties
FROM ($rows)
