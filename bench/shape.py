"""What is benchmarked: a plan, its rows, and the rules that the hand-written SQL checks as well.

Nothing here is tuned to the scan: properties and bounds are of the kinds that plans have, about one row in a
hundred breaks a rule, and versions differ as versions do (an enum grows, a bound is loosened).
"""

from dataclasses import dataclass
from typing import Any

VERSIONS = ("1-0-0", "1-1-0", "2-0-0")
SOURCES = ("web", "ios", "android", "server")
HOURS = 168
BEGIN = "2026-06-01 00:00:00"
NOW = "2026-06-08T06:00:00+00:00"
LATER = (("2026-06-08 07:00:00", "2026-06-08T12:00:00+00:00"), ("2026-06-08 12:00:00", "2026-06-08T17:00:00+00:00"))
"""When new rows begin to arrive, for two hours, and the moment of the run that measures them."""


@dataclass(frozen=True, slots=True)
class Prop:
    """One property: its schema per version, its SQL type, how a row's value is made, when a value fails."""

    name: str
    type: str
    sql_type: str
    value: str
    """SQL over `i`, a row's number."""
    schema: dict[str, Any]
    fails: tuple[str, ...]
    """Hand-written predicates over `{c}`, one per rule beside `required`; `{v}` marks what versions change."""
    later: dict[str, Any] | None = None
    """What versions after the first say instead."""
    later_fails: tuple[str, ...] | None = None


def properties(prefix: str = "") -> tuple[Prop, ...]:
    """Twelve properties with 24 rules (12 required, 12 others) on typed columns."""
    text, number, whole = "VARCHAR", "DOUBLE", "BIGINT"
    made = (
        Prop("order_id", "string", text, "'o-' || (i * 7919 % 100003)", {"maxLength": 12}, ("length({c}) > 12",)),
        Prop("currency", "string", text, "case when i % 97 = 0 then 'JPY' else (['USD','EUR','GBP'])[1 + i % 3] end",
             {"enum": ["USD", "EUR", "GBP"]}, ("{c} not in ('USD','EUR','GBP')",),
             {"enum": ["USD", "EUR", "GBP", "JPY"]}, ("{c} not in ('USD','EUR','GBP','JPY')",)),
        Prop("price", "number", number, "(i * 31 % 10000) / 100.0", {"minimum": 0, "maximum": 99},
             ("{c} < 0", "{c} > 99"), {"minimum": 0, "maximum": 100}, ("{c} < 0", "{c} > 100")),
        Prop("quantity", "integer", whole, "1 + i % 9", {"minimum": 1}, ("{c} < 1",)),
        Prop("coupon", "string", text, "'SAVE' || (i % 100)", {"minLength": 5}, ("length({c}) < 5",)),
        Prop("country", "string", text, "case when i % 211 = 0 then 'de' else (['DE','FR','US'])[1 + i * 13 % 3] end",
             {"pattern": "^[A-Z]{2}$"}, ("not regexp_matches({c}, '^[A-Z]{{2}}$')",)),
        Prop("is_guest", "boolean", "BOOLEAN", "i % 3 = 0", {}, ()),
        Prop("items", "integer", whole, "i % 20", {"maximum": 19}, ("{c} > 19",)),
        Prop("discount", "number", number, "(i % 50) / 100.0", {"exclusiveMaximum": 0.5}, ("{c} >= 0.5",)),
        Prop("campaign", "string", text, "'campaign-' || (i % 37)", {}, ()),
        Prop("payment", "string", text, "(['card','paypal','invoice'])[1 + i % 3]",
             {"enum": ["card", "paypal", "invoice"]}, ("{c} not in ('card','paypal','invoice')",)),
        Prop("step", "integer", whole, "i % 5", {"minimum": 0, "maximum": 4}, ("{c} < 0", "{c} > 4")),
    )  # fmt: skip
    return tuple(
        Prop(prefix + p.name, p.type, p.sql_type, p.value, p.schema, p.fails, p.later, p.later_fails) for p in made
    )


def schema(props: tuple[Prop, ...], version: str) -> dict[str, Any]:
    """The JSON Schema of one version."""
    first = version == VERSIONS[0]
    return {
        "type": "object",
        "required": [p.name for p in props],
        "properties": {p.name: {"type": p.type, **(p.schema if first or p.later is None else p.later)} for p in props},
    }


def event_name(n: int) -> str:
    """`Event 017`."""
    return f"Event {n:03d}"


def domain(n: int) -> str:
    """What the names of an event's properties begin with: ten events of one domain share them, as in real plans."""
    return f"d{n // 10}_"


def table_name(n: int) -> str:
    """`event_017`."""
    return f"event_{n:03d}"
