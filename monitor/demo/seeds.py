"""What goes wrong in the demo's last days: seven problems, each in one place and of one kind.

A problem of versions or values replaces rows that would have come anyway, so that no total moves but the one
that is meant to.
"""

from dataclasses import dataclass
from datetime import timedelta
from typing import TypeAlias

from monitor.demo.events import VOUCHERS


@dataclass(frozen=True, slots=True)
class OtherValues:
    """From `age` ago on, `share` of the rows hold `sql` in a property instead of their value."""

    event: str
    source: str
    property: str
    sql: str
    share: float
    age: timedelta


@dataclass(frozen=True, slots=True)
class FewerRows:
    """From `age` ago on, only `left` of the usual rows come."""

    event: str
    source: str
    left: float
    age: timedelta


@dataclass(frozen=True, slots=True)
class NewColumn:
    """A column that no version declares appears; from `age` ago on, `share` of the rows fill it with `sql`."""

    event: str
    source: str
    column: str
    sql: str
    share: float
    age: timedelta


@dataclass(frozen=True, slots=True)
class TurnsText:
    """A number's column is text now; from `age` ago on, `share` of the rows hold `sql`, what a person would write."""

    event: str
    source: str
    property: str
    sql: str
    share: float
    age: timedelta


@dataclass(frozen=True, slots=True)
class OtherVersion:
    """From `age` ago on, `share` of the rows come in another version."""

    event: str
    source: str
    version: str
    share: float
    age: timedelta


@dataclass(frozen=True, slots=True)
class UnplannedEvent:
    """From `age` ago on, an event that is not in the plan comes too: `share` as often as the one it resembles."""

    event: str
    source: str
    beside: str
    share: float
    age: timedelta


Seed: TypeAlias = OtherValues | FewerRows | NewColumn | TurnsText | OtherVersion | UnplannedEvent

SEEDS: tuple[Seed, ...] = (
    # The iOS app opened in the Nordics and in Czechia; the plan was not asked.
    OtherValues(
        event="Order Completed",
        source="ios",
        property="currency",
        sql="pick(['NOK', 'DKK', 'CZK'], u(key, 41))",
        share=0.18,
        age=timedelta(hours=48),
    ),
    # A button of the Android cart stopped working yesterday at 14:00.
    FewerRows(event="Checkout Started", source="android", left=0.3, age=timedelta(hours=28)),
    # Somebody sends a voucher's code that belongs to the order.
    NewColumn(
        event="Cart Viewed",
        source="web",
        column="coupon_code",
        sql=f"pick({VOUCHERS}, u(key, 42))",
        share=0.22,
        age=timedelta(hours=40),
    ),
    # A page sends the price as it shows it, and the loader made the whole column text.
    TurnsText(
        event="Product Viewed",
        source="web",
        property="price",
        sql="replace(printf('%.2f', price), '.', ',') || ' ' || "
        "CASE currency WHEN 'EUR' THEN '€' WHEN 'GBP' THEN '£' WHEN 'USD' THEN '$' ELSE currency END",
        share=0.06,
        age=timedelta(hours=36),
    ),
    # A second tracking library came in with a new sign-in form.
    UnplannedEvent(
        event="User Logged In", source="android", beside="User Signed In", share=0.08, age=timedelta(hours=50)
    ),
    # A landing page still ships the search box of spring.
    OtherVersion(event="Search Performed", source="web", version="1-0-0", share=0.06, age=timedelta(hours=45)),
    # A release was shipped before its plan was.
    OtherVersion(event="Product Added", source="ios", version="1-2-0", share=0.04, age=timedelta(hours=54)),
)
