"""Writing moments into a statement, for drivers that bind no parameters, or pass them in a way that prunes nothing."""

import re
from collections.abc import Callable
from datetime import datetime

from monitor.warehouse.adapters.base import Moments

_PLACEHOLDER = re.compile(r"'(?:''|[^'])*'|\"(?:\"\"|[^\"])*\"|:tw_(?P<name>[a-z]+)", re.DOTALL)
"""A constant or a name, which are passed over, or a placeholder."""


def spelled(sql: str, moments: Moments, say: Callable[[datetime], str]) -> str:
    """The statement with its placeholders written out; what stands in quotes is left alone.

    >>> from datetime import UTC
    >>> at = datetime(2026, 6, 1, tzinfo=UTC)
    >>> spelled("x = ':tw_until' AND t < :tw_until", {"until": at}, lambda moment: f"'{moment:%Y}'")
    "x = ':tw_until' AND t < '2026'"
    """

    def one(found: re.Match[str]) -> str:
        return found[0] if found["name"] is None else say(moments[found["name"]])

    return _PLACEHOLDER.sub(one, sql)
