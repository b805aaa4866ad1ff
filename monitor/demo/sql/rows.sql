-- The rows of one series, in the order of their arrival, with everything that properties are made from.
SELECT
    drawn.*,
    $version AS version,
    $app_version AS app_version,
    visitor.* EXCLUDE (visitor),
    product.* EXCLUDE (product),
    product.prefix || '-' || substr(product.product_id, 2) || '-'
        || CASE WHEN product.category IN ('bags', 'camping', 'accessories') THEN 'ONE'
                ELSE pick(['XS', 'S', 'M', 'L', 'XL'], u(key, 12)) END AS sku,
    round(product.base_price * visitor.rate, 2) AS price,
    1 + floor(5 * pow(u(key, 13), 3))::BIGINT AS item_count,
    uuid_of('cart ' || drawn.visitor || ' ' || received_ms // 86400000) AS cart_id
FROM (
    SELECT
        *,
        received_ms - 40 - floor(1500 * pow(u(key, 2), 4))::BIGINT AS sent_ms,
        -- A few are kept on the device until it is online again.
        floor(CASE WHEN u(key, 3) < $offline THEN 36000000 * pow(u(key, 4), 3) ELSE $queue * u(key, 4) END)::BIGINT
            AS waited_ms,
        -- Apps and cached pages are behind: a row comes from the release that was newest this long ago.
        make_timestamp_ms(received_ms + (86400000 * $behind * ln(1 - u(key, 5) * $within))::BIGINT) AS installed,
        -- People come back for some weeks, and then others do.
        (floor(3000 * u(key, 6))::BIGINT + 150 * (received_ms // 86400000)) % 12000 AS visitor,
        floor(480 * pow(u(key, 7), 1.7))::BIGINT AS product
    FROM (
        SELECT
            (($series * 1000000 + epoch_ms(hour) // 3600000) * 4096 + i) * 64 AS key,
            epoch_ms(hour) + floor((i + u(key, 1)) * 3600000 / n)::BIGINT AS received_ms,
            make_timestamp_ms(received_ms) AS received
        FROM (SELECT hour, n, unnest(range(n)) AS i FROM hours WHERE series = $series)
    )
) AS drawn
JOIN visitors AS visitor ON visitor.visitor = drawn.visitor
JOIN products AS product ON product.product = drawn.product
