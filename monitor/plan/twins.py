"""Event names that are probably one event, written twice."""

import re
import unicodedata
from collections.abc import Iterator, Sequence

from monitor.plan.nearest import distance

LONG = 8
"""A name shorter than this has too many neighbours at two slips; it must be equal to count as near."""
MIDDLING = 6
"""From here on one slip in what two names do not share is a slip, not another word."""
SLIPS = 2
SHORTEST_STEM = 3

_WORD = re.compile(r"[^\W_]+")
_HUMP = re.compile(r"(?<=[a-z])(?=[A-Z])")
_PREFIXES = (
    "de", "dis", "down", "en", "ex", "im", "in", "non", "off", "on", "out", "pre", "re", "sub", "super", "un", "up",
)  # fmt: skip
"""What turns a word into its opposite or into another act: `subscribe`, `unsubscribe`, `resubscribe`."""

_PAIRS = frozenset(
    frozenset(pair)
    for pair in (
        ("added", "ended"), ("after", "before"), ("first", "last"), ("female", "male"), ("max", "min"),
        ("push", "pull"), ("sent", "seen"), ("lost", "lose"), ("start", "stop"), ("won", "lost"),
    )
)  # fmt: skip


def near_duplicates(names: Sequence[str]) -> Iterator[tuple[str, str]]:
    """Pairs of names that differ only in case and punctuation, or by at most two slips, sorted.

    Two slips (insert, delete, replace, swap) count only in names of eight letters or more. Names are
    not near when they differ in a number, in a one-letter word (`Plan A`, `Plan B`) or in a word and
    its opposite (`Subscribed`, `Unsubscribed`).

    >>> list(near_duplicates(["Checkout Started", "checkout_started", "Chekcout Started", "Checkout Restarted"]))
    [('Checkout Started', 'Chekcout Started'), ('Checkout Started', 'checkout_started'), \
('Chekcout Started', 'checkout_started')]
    """
    split = [(_words(name), name) for name in set(names)]
    read = sorted((len("".join(words)), "".join(words), words, name) for words, name in split)
    masks = [_letters(squeezed) for _, squeezed, _, _ in read]
    found = []
    for place, (size, squeezed, words, name) in enumerate(read):
        for other in range(place + 1, len(read)):
            their_size, theirs, their_words, their_name = read[other]
            if their_size - size > SLIPS:
                break
            # one slip changes at most two letters of the set: the cheap test before the exact one
            if (masks[place] ^ masks[other]).bit_count() > 2 * SLIPS:
                continue
            if squeezed == theirs or (size >= LONG and _slips(words, their_words)):
                found.append((min(name, their_name), max(name, their_name)))
    yield from sorted(found)


def _words(name: str) -> tuple[str, ...]:
    plain = unicodedata.normalize("NFKC", name)
    return tuple(word.casefold() for word in _WORD.findall(_HUMP.sub(" ", plain)))


def _letters(text: str) -> int:
    mask = 0
    for letter in text:
        mask |= 1 << (ord(letter) % 64)
    return mask


def _slips(words: tuple[str, ...], others: tuple[str, ...]) -> bool:
    mine, theirs = _differing(words, others)
    # what is common to both says nothing: `item_liked` and `item_hiked` differ in a short word
    left, right = "".join(mine), "".join(theirs)
    size = max(len(left), len(right))
    limit = SLIPS if size >= LONG else 1 if size >= MIDDLING else 0
    return limit > 0 and distance(left, right, limit) <= limit and not _vetoed(mine, theirs)


def _differing(words: tuple[str, ...], others: tuple[str, ...]) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """What is left of both without the words they start and end with in common."""
    start = 0
    while start < min(len(words), len(others)) and words[start] == others[start]:
        start += 1
    mine, theirs = words[start:], others[start:]
    while mine and theirs and mine[-1] == theirs[-1]:
        mine, theirs = mine[:-1], theirs[:-1]
    return mine, theirs


def _vetoed(mine: tuple[str, ...], theirs: tuple[str, ...]) -> bool:
    if any(len(word) == 1 or any(letter.isdigit() for letter in word) for word in (*mine, *theirs)):
        return True
    if len(mine) != len(theirs):
        return False
    return any(a != b and _opposed(a, b) for a, b in zip(mine, theirs, strict=True))


def _opposed(one: str, other: str) -> bool:
    return frozenset((one, other)) in _PAIRS or not _stems(one).isdisjoint(_stems(other))


def _stems(word: str) -> frozenset[str]:
    shorter = (word.removeprefix(prefix) for prefix in _PREFIXES if word.startswith(prefix))
    return frozenset((word, *(stem for stem in shorter if len(stem) >= SHORTEST_STEM)))
