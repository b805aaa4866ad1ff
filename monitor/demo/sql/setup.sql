-- What every row is drawn from. Temporary: none of it stays in the warehouse.
-- Chance is a hash of the row's key, never random(): the same hour always holds the same rows.

-- Joins stay as they are written, the many rows on the left: so rows keep the order of their arrival.
SET disabled_optimizers = 'join_order,build_side_probe_side';

CREATE OR REPLACE TEMP MACRO u(key, draw) AS (hash(key + draw) >> 11)::DOUBLE / 9007199254740992.0;

CREATE OR REPLACE TEMP MACRO pick(list, share) AS list[1 + floor(share * len(list))::INTEGER];

CREATE OR REPLACE TEMP MACRO uuid_of(key) AS md5(key::VARCHAR)::UUID::VARCHAR;

CREATE OR REPLACE TEMP MACRO message_id(key) AS lower(hex(hash(key)));

-- Bounded (within ±3), of mean 0 and variance 1: what an hour's count strays by.
CREATE OR REPLACE TEMP MACRO stray(key) AS 2 * (u(key, 1) + u(key, 2) + u(key, 3) - 1.5);

CREATE OR REPLACE TEMP TABLE visitors AS
WITH lands(country, currency, rate, weight) AS (
    VALUES ('DE', 'EUR', 1.0, 0.30), ('FR', 'EUR', 1.0, 0.42), ('NL', 'EUR', 1.0, 0.50), ('ES', 'EUR', 1.0, 0.56),
           ('GB', 'GBP', 0.86, 0.70), ('US', 'USD', 1.08, 0.80), ('SE', 'SEK', 11.2, 0.88), ('PL', 'PLN', 4.3, 0.95),
           ('CH', 'CHF', 0.95, 1.01)
), people AS (
    SELECT visitor, (SELECT min(weight) FROM lands WHERE weight > u(visitor * 64, 1)) AS weight
    FROM range(12000) AS numbers(visitor)
)
SELECT
    visitor,
    uuid_of('visitor ' || visitor) AS anonymous_id,
    'u_' || lpad((100000 + visitor)::VARCHAR, 7, '0') AS account,
    u(visitor * 64, 2) < 0.45 AS signed_in,
    sha256('buyer' || visitor || '@mail.example') AS email_sha256,
    country, currency, rate
FROM people JOIN lands USING (weight)
ORDER BY visitor;

CREATE OR REPLACE TEMP TABLE products AS
SELECT
    product,
    'P' || lpad(product::VARCHAR, 5, '0') AS product_id,
    pick(['JCK', 'KNT', 'TRS', 'SHT', 'SHO', 'BAG', 'CMP', 'ACC'], department) AS prefix,
    pick(['jackets', 'knitwear', 'trousers', 'shirts', 'shoes', 'bags', 'camping', 'accessories'], department)
        AS category,
    pick(['Merino', 'Fjord', 'Granite', 'Birch', 'Polar', 'Harbour', 'Lichen', 'Summit'], u(product * 64, 2)) || ' '
        || pick(['Rain', 'Down', 'Wool', 'Trail', 'Light', 'Everyday', 'Storm', 'Travel'], u(product * 64, 3)) || ' '
        || pick(['Jacket', 'Sweater', 'Trousers', 'Shirt', 'Boot', 'Backpack', 'Tent', 'Cap'], department) AS name,
    round(9 + 240 * pow(u(product * 64, 4), 2)) + pick([0.0, 0.5, 0.9, 0.95], u(product * 64, 5)) AS base_price
FROM (SELECT product, u(product * 64, 1) AS department FROM range(480) AS numbers(product))
ORDER BY product;
