-- One event's rows as the Android collector lands them; a property without a value is not in the payload.
SELECT
    message_id(key) AS message_id,
    '$event' AS event_name,
    version AS event_version,
    anonymous_id,
    CASE WHEN signed_in THEN account END AS user_id,
    app_version,
    json_merge_patch('{}', $payload) AS payload,
    make_timestamp_ms(received_ms - waited_ms) AS occurred_at,
    received AS received_at,
    make_timestamp_ms((received_ms // 300000 + 1) * 300000) AS loaded_at
FROM ($rows)
