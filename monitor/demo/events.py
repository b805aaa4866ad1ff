"""The shop's twelve events: how often they happen, what they hold, and the release that changed their version."""

from collections.abc import Mapping

from monitor.demo.shop import Property, ShopEvent
from monitor.demo.sources import MIGRATION

PRODUCT_ID = Property("product_id", "VARCHAR", "product_id")
SKU = Property("sku", "VARCHAR", "sku")
CATEGORY = Property("category", "VARCHAR", "category")
NAME = Property("name", "VARCHAR", "name")
PRICE = Property("price", "DOUBLE", "price")
CURRENCY = Property("currency", "VARCHAR", "currency")
COUNTRY = Property("country", "VARCHAR", "country")
CART_ID = Property("cart_id", "VARCHAR", "cart_id")
ORDER_ID = Property("order_id", "VARCHAR", "uuid_of('order ' || key)")
TOTAL = Property("total", "DOUBLE", "round(price * (1 + (item_count - 1) * (0.4 + u(key, 21))), 2)")
ITEM_COUNT = Property("item_count", "BIGINT", "item_count")
SIGN_IN_METHOD = Property(
    "method", "VARCHAR", "pick(['password', 'password', 'google', 'apple', 'magic_link'], u(key, 22))"
)
EMAIL = Property("email_sha256", "VARCHAR", "email_sha256")
PAYMENT_METHOD = Property(
    "payment_method",
    "VARCHAR",
    "pick(['card', 'card', 'card', 'paypal', 'paypal', 'klarna', 'apple_pay', 'google_pay', 'invoice'], u(key, 23))",
)
VOUCHERS = "['SUMMER26', 'WELCOME10', 'TRAIL5', 'FRIENDS20']"
SCREENS = (
    "['home', 'home', 'category', 'category', 'product', 'product', 'product', "
    "'search', 'cart', 'checkout', 'account', 'order_history']"
)


def everywhere(web: float, ios: float, android: float) -> Mapping[str, float]:
    """Mean rows per hour on each of the three sources."""
    return {"web": web, "ios": ios, "android": android}


EVENTS = (
    ShopEvent(
        "Page Viewed",
        {"web": 160},
        (
            Property("url", "VARCHAR", "'https://www.nordlicht.example/' || lower(country) || '/' || category"),
            Property("path", "VARCHAR", "'/' || lower(country) || '/' || category"),
            Property(
                "referrer",
                "VARCHAR",
                "CASE WHEN u(key, 31) < 0.3 THEN pick(['https://www.google.com/', 'https://www.google.com/', "
                "'https://duckduckgo.com/', 'https://www.instagram.com/', 'https://outdoor.example/tests'], "
                "u(key, 32)) END",
            ),
            Property(
                "campaign",
                "VARCHAR",
                "CASE WHEN u(key, 33) < 0.12 THEN pick(['summer_sale_2026', 'newsletter_june', 'brand_search', "
                "'retargeting_cart', 'influencer_hike_26'], u(key, 34)) END",
            ),
        ),
    ),
    ShopEvent(
        "Screen Viewed",
        {"ios": 104, "android": 74},
        (
            Property("screen_name", "VARCHAR", f"pick({SCREENS}, u(key, 31))"),
            Property("previous_screen", "VARCHAR", f"CASE WHEN u(key, 32) < 0.9 THEN pick({SCREENS}, u(key, 33)) END"),
            # One in a thousand was suspended while it loaded: real rows are never quite clean.
            Property(
                "load_ms",
                "BIGINT",
                "floor(120 + 900 * pow(u(key, 34), 3) + CASE WHEN u(key, 35) < 0.001 THEN 90000 ELSE 0 END)::BIGINT",
            ),
        ),
    ),
    ShopEvent(
        "Search Performed",
        everywhere(60, 42, 32),
        (
            # One in a thousand pasted a whole paragraph.
            Property(
                "query", "VARCHAR", "lower(name) || repeat(' ?', CASE WHEN u(key, 31) < 0.001 THEN 60 ELSE 0 END)"
            ),
            Property("results", "BIGINT", "floor(180 * pow(u(key, 32), 2))::BIGINT", absent=("2-0-0",)),
            Property("results_count", "BIGINT", "floor(180 * pow(u(key, 32), 2))::BIGINT", absent=("1-0-0",)),
            Property(
                "sort",
                "VARCHAR",
                "pick(['relevance', 'relevance', 'relevance', 'price_asc', 'price_desc', 'newest'], u(key, 33))",
                absent=("1-0-0",),
            ),
            Property("is_suggestion", "BOOLEAN", "u(key, 34) < 0.35", absent=("1-0-0",)),
        ),
        version="2-0-0",
        before="1-0-0",
        changed_by="search and orders",
    ),
    ShopEvent(
        "Product Viewed",
        everywhere(96, 72, 54),
        (
            PRODUCT_ID,
            Property("sku", "VARCHAR", "sku", absent=("1-0-0",)),
            NAME,
            CATEGORY,
            PRICE,
            CURRENCY,
            Property("in_stock", "BOOLEAN", "u(key, 31) < 0.93", absent=("1-0-0",)),
            Property(
                "position",
                "BIGINT",
                "CASE WHEN u(key, 32) < 0.7 THEN 1 + floor(48 * pow(u(key, 33), 2))::BIGINT END",
                absent=("1-0-0",),
            ),
        ),
        version="2-0-0",
        before="1-0-0",
        changed_by=MIGRATION,
    ),
    ShopEvent(
        "Product Added",
        everywhere(48, 36, 28),
        (
            CART_ID,
            PRODUCT_ID,
            SKU,
            PRICE,
            CURRENCY,
            Property("quantity", "BIGINT", "1 + floor(3 * pow(u(key, 31), 5))::BIGINT"),
            Property(
                "added_from",
                "VARCHAR",
                "pick(['product', 'product', 'product', 'list', 'search', 'wishlist'], u(key, 32))",
                absent=("1-0-0",),
            ),
        ),
        version="1-1-0",
        before="1-0-0",
        changed_by="where products are added from",
    ),
    ShopEvent(
        "Cart Viewed",
        everywhere(42, 32, 26),
        (
            CART_ID,
            TOTAL,
            CURRENCY,
            ITEM_COUNT,
            Property("skus", "VARCHAR[]", "CASE WHEN item_count = 1 THEN [sku] ELSE [sku, 'ACC-00471-ONE'] END"),
        ),
    ),
    ShopEvent(
        "Checkout Started",
        everywhere(40, 32, 36),
        (CART_ID, TOTAL, CURRENCY, ITEM_COUNT, Property("signed_in", "BOOLEAN", "signed_in")),
    ),
    ShopEvent(
        "Payment Info Entered",
        everywhere(32, 28, 22),
        (
            CART_ID,
            Property("step", "BIGINT", "3::BIGINT"),
            PAYMENT_METHOD,
            Property(
                "card_brand",
                "VARCHAR",
                f"CASE WHEN {PAYMENT_METHOD.sql} = 'card' "
                "THEN pick(['visa', 'visa', 'mastercard', 'mastercard', 'amex', 'maestro'], u(key, 32)) END",
            ),
            Property("saved", "BOOLEAN", "u(key, 33) < 0.4"),
        ),
    ),
    ShopEvent(
        "Order Completed",
        everywhere(30, 28, 20),
        (
            ORDER_ID,
            Property("cart_id", "VARCHAR", "cart_id", absent=("1-0-0",)),
            TOTAL,
            CURRENCY,
            Property("item_count", "BIGINT", "item_count", absent=("1-0-0",)),
            Property("payment_method", "VARCHAR", PAYMENT_METHOD.sql, absent=("1-0-0",)),
            Property(
                "coupon",
                "VARCHAR",
                f"CASE WHEN u(key, 31) < 0.15 THEN pick({VOUCHERS}, u(key, 32)) END",
                absent=("1-0-0",),
            ),
            Property(
                "delivery_date",
                "VARCHAR",
                "strftime(received + to_days(2 + floor(4 * u(key, 33))::INTEGER), '%Y-%m-%d')",
                absent=("1-0-0",),
            ),
            Property(
                "shipping.method",
                "VARCHAR",
                "pick(['standard', 'standard', 'standard', 'express', 'pickup'], u(key, 34))",
                absent=("1-0-0",),
            ),
            Property("shipping.country", "VARCHAR", "country", absent=("1-0-0",)),
            Property(
                "shipping.cost", "DOUBLE", "round(rate * pick([0.0, 4.9, 4.9, 9.9], u(key, 35)), 2)", absent=("1-0-0",)
            ),
        ),
        version="1-1-0",
        before="1-0-0",
        changed_by="search and orders",
    ),
    ShopEvent(
        "Order Refunded",
        everywhere(2, 1.5, 1.2),
        (
            ORDER_ID,
            Property("amount", "DOUBLE", "price"),
            CURRENCY,
            Property(
                "reason",
                "VARCHAR",
                "pick(['size', 'size', 'size', 'damaged', 'late', 'changed_mind', 'wrong_item'], u(key, 31))",
            ),
            Property("in_full", "BOOLEAN", "u(key, 32) < 0.6"),
        ),
    ),
    ShopEvent(
        "User Signed Up",
        everywhere(24, 20, 18),
        (
            SIGN_IN_METHOD,
            EMAIL,
            COUNTRY,
            Property("newsletter", "BOOLEAN", "u(key, 31) < 0.3"),
            Property("consented_at", "VARCHAR", "strftime(received, '%Y-%m-%dT%H:%M:%SZ')"),
        ),
        signed_in=True,
    ),
    ShopEvent(
        "User Signed In",
        everywhere(36, 30, 26),
        (SIGN_IN_METHOD, EMAIL, Property("mfa", "BOOLEAN", "u(key, 31) < 0.18")),
        signed_in=True,
    ),
)
