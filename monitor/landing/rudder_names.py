"""RudderStack's names: from events and properties to tables and columns, as its warehouse destinations write them.

Two rules are in use. Destinations made since 2024 keep letters and digits together (`omega v2` → `omega_v2`); older
ones, and those with `underscoreDivideNumbers`, divide them (`omega_v_2`). What follows is common to both.
"""

import re

from monitor.sql.vocabulary import Path

TABLES = frozenset({"tracks", "pages", "screens", "aliases", "groups", "accounts", "users", "identifies"})
"""RudderStack's own tables: an event of such a name lands in one with `_` before it."""

POSTGRES_LIMIT = 63

_ALPHANUMERIC = re.compile(r"[A-Za-z0-9]+")
_DIVIDED = re.compile(r"[a-z][A-Z]|[A-Z]{2}[a-z]|[0-9][A-Za-z]|[A-Za-z][0-9]|_")
_LEGACY = (
    r"[A-Z]?[a-z]+(?=_|[A-Z]|$)",
    r"[A-Z]+(?=_|[A-Z][a-z]|$)",
    r"[A-Z]?[a-z]+",
    r"[A-Z]+",
    r"[0-9]*(?:1ST|2ND|3RD|(?![123])[0-9]TH)(?=\b|[a-z_])",
    r"[0-9]*(?:1st|2nd|3rd|(?![123])[0-9]th)(?=\b|[A-Z_])",
    r"[0-9]+",
)
_TOGETHER = (r"[A-Z]?[a-z]+[0-9]+", r"[A-Z]+[0-9]+", r"[0-9]+[A-Z]?[a-z]+", r"[0-9]+[A-Z]+")
_WORDS = {
    False: re.compile("|".join((*_TOGETHER, *_LEGACY)), re.ASCII),
    True: re.compile("|".join(_LEGACY), re.ASCII),
}


def rudder_name(text: str, *, divided: bool = False) -> str:
    """Snake case by RudderStack's rule; `divided`: the legacy one. Empty where there is no ASCII letter or digit.

    >>> rudder_name("omega v2"), rudder_name("omega v2", divided=True)
    ('omega_v2', 'omega_v_2')
    >>> rudder_name("9mega"), rudder_name("1CComega", divided=True), rudder_name("__timestamp")
    ('_9mega', '_1_c_comega', '__timestamp')
    """
    key = "_".join(_ALPHANUMERIC.findall(text))
    words = _WORDS[divided].findall(key) if _DIVIDED.search(key) else [key]
    lead = text[: len(text) - len(text.lstrip("_"))]
    named = lead + "_".join(word.lower() for word in words)
    return f"_{named}" if "0" <= named[:1] <= "9" else named


def rudder_table(text: str, *, divided: bool = False) -> str:
    """The table of an event: the rule is applied twice, and RudderStack's own tables are stepped aside of.

    >>> rudder_table("Order Completed"), rudder_table("Tracks"), rudder_table("a1B2", divided=True)
    ('order_completed', '_tracks', 'a_1_b_2')
    """
    named = rudder_name(rudder_name(text, divided=divided), divided=divided)
    return f"_{named}" if named in TABLES else named


def rudder_column(path: Path, *, divided: bool = False) -> str:
    """The column of a property: nested objects flatten with `_`, and the whole is named once.

    >>> rudder_column(("shippingAddress", "line2")), rudder_column(("shippingAddress", "line2"), divided=True)
    ('shipping_address_line2', 'shipping_address_line_2')
    """
    return rudder_name("_".join(path), divided=divided)
