"""How far apart two words are, and the nearest of several: what a hint suggests."""

from collections.abc import Iterable

LONGEST = 100
"""Words longer than this are nobody's slip, and comparing them would take long."""


def distance(left: str, right: str, limit: int) -> int:
    """Optimal string alignment distance (insert, delete, replace, swap of neighbours), at most limit + 1.

    >>> distance("checkuot", "checkout", 2)
    1
    >>> distance("order", "refund", 2)
    3
    """
    if abs(len(left) - len(right)) > limit:
        return limit + 1
    start = next((n for n, (a, b) in enumerate(zip(left, right, strict=False)) if a != b), min(len(left), len(right)))
    left, right = left[start:], right[start:]
    before: list[int] = []
    above = list(range(len(right) + 1))
    for row, a in enumerate(left, 1):
        here = [row]
        for column, b in enumerate(right, 1):
            cost = min(above[column] + 1, here[-1] + 1, above[column - 1] + (a != b))
            if row > 1 and column > 1 and a == right[column - 2] and left[row - 2] == b:
                cost = min(cost, before[column - 2] + 1)
            here.append(cost)
        if min(here) > limit and min(above) > limit:
            return limit + 1
        before, above = above, here
    return min(above[-1], limit + 1)


def nearest(word: str, known: Iterable[str]) -> str | None:
    """The known word that a reader most probably meant, or None when none is near.

    >>> nearest("strng", ["integer", "string"])
    'string'
    >>> nearest("colour", ["type", "enum"]) is None
    True
    """
    asked = word.casefold()
    if len(asked) > LONGEST:
        return None
    limit = max(1, len(asked) // 3)
    ranked = sorted((distance(asked, other.casefold(), limit), other) for other in known)
    return ranked[0][1] if ranked and ranked[0][0] <= limit else None


def did_you_mean(word: str, known: Iterable[str]) -> str:
    """A hint for an unknown word: the nearest known one, or else all of them."""
    words = sorted(known)
    found = nearest(word, words)
    return f"did you mean '{found}'?" if found else f"one of {', '.join(words)}"
