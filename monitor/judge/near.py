"""Which planned name an unplanned one may have meant."""

import re
from collections.abc import Iterable
from functools import lru_cache

_WORD = re.compile(r"[A-Z]+(?=[A-Z][a-z])|[A-Z]?[a-z]+|[A-Z]+|\d+")
_SAME = {
    "log": "sign",
    "logged": "signed",
    "login": "signin",
    "logout": "signout",
    "logon": "signin",
    "register": "signup",
    "registered": "signedup",
    "purchase": "order",
    "purchased": "ordered",
    "basket": "cart",
    "seen": "viewed",
    "shown": "viewed",
    "clicked": "click",
    "tapped": "click",
    "tap": "click",
}
_EDITS = 2
_SHORT = 6
"""Below so many letters two edits make any name of any other: one is allowed."""


def near(name: str, planned: Iterable[str]) -> str:
    """The planned name that differs in case, punctuation, a synonym or at most two typing slips; empty: none.

    >>> near("User Logged In", ["User Signed In", "User Signed Out"])
    'User Signed In'
    >>> near("coupon_cod", ["coupon", "coupon_code", "currency"])
    'coupon_code'
    >>> near("orderCompleted", ["Order Completed"])
    'Order Completed'
    >>> near("ref", ["sku", "rev"])
    'rev'
    >>> near("page_view", ["Order Completed"])
    ''
    """
    spelled = _plain(name)
    best = ""
    least = 1 + (_EDITS if len(spelled) >= _SHORT else 1)
    for candidate in sorted(planned):
        if candidate == name:
            continue
        distance = osa(spelled, _plain(candidate), least)
        if distance < least:
            best, least = candidate, distance
    return best


def osa(left: str, right: str, limit: int) -> int:
    """Insertions, deletions, replacements and swaps of neighbours between two words; `limit` when at least that many.

    >>> osa("currency", "curerncy", 3), osa("abc", "xyz", 2)
    (1, 2)
    """
    if abs(len(left) - len(right)) >= limit:
        return limit
    older: list[int] = []
    old = list(range(len(right) + 1))
    for i, a in enumerate(left, start=1):
        row = [i]
        for j, b in enumerate(right, start=1):
            cost = min(old[j] + 1, row[j - 1] + 1, old[j - 1] + (a != b))
            if i > 1 and j > 1 and a == right[j - 2] and left[i - 2] == b:
                cost = min(cost, older[j - 2] + 1)
            row.append(cost)
        if min(row) >= limit:
            return limit
        older, old = old, row
    return min(old[-1], limit)


@lru_cache(maxsize=8192)
def _plain(name: str) -> str:
    words = [word.lower() for word in _WORD.findall(name)]
    return "".join(_SAME.get(word, word) for word in words) or name.lower()
