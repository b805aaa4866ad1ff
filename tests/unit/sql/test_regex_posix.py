"""Snowflake's patterns: only what POSIX's extended ones have, matching what ECMA 262 says. RE2 (DuckDB's) is asked."""

import random
import re
from collections.abc import Sequence

import duckdb
import pytest

from monitor.sql.regex_posix import first_group, to_posix

SIGNS = r"-[]\^.$|()*+?{}/!~a0_ "
CHARACTERS = [*map(chr, range(1, 128)), "é", "ß", "\u2028"]


def matched(pattern: str, texts: Sequence[str]) -> list[bool]:
    asked = "SELECT regexp_full_match(c, ?, 's') FROM (SELECT unnest(?) c)"
    with duckdb.connect() as engine:
        return [bool(row[0]) for row in engine.execute(asked, [pattern, list(texts)]).fetchall()]


@pytest.mark.parametrize(
    ("pattern", "expected"),
    [
        (r"^a\.b\+c\(d$", r"^a\.b\+c\(d$"),
        (r"^[^@]+@[^@]+\.[a-z]{2,}$", r"^[^@]+@[^@]+\.[a-z]{2,}$"),
        (r"^(?:é|\w+?)$", "^(é|[0-9A-Z_a-z]+)$"),
        (r"[\]\[\\^-]", r"[]\\[^-]"),
        (r"[\^-]", "[-^]"),
        (r"[^\^]", "[^^]"),
        (r"[.\-]", "[.-]"),
        (r"[\d\D]", "."),
    ],
)
def test_patterns_are_spelled_without_what_only_some_engines_know(pattern: str, expected: str) -> None:
    assert to_posix(pattern) == expected


def test_sets_of_signs_that_mean_something_are_the_characters_they_name() -> None:
    chosen = random.Random(5)  # noqa: S311 - a fixed seed, no secret
    for _ in range(200):
        pairs = [(low, chr(chosen.randint(ord(low), 126))) for low in chosen.choices(SIGNS, k=chosen.randint(1, 4))]
        pairs = [(low, high if chosen.random() < 0.3 else low) for low, high in pairs]
        negated = "^" if chosen.random() < 0.4 else ""
        written = "".join(f"\\u{ord(low):04x}-\\u{ord(high):04x}" for low, high in pairs)
        ecma = f"^[{negated}{written}]$"
        expected = [re.fullmatch(ecma[1:-1], char) is not None for char in CHARACTERS]
        assert matched(to_posix(ecma), CHARACTERS) == expected, ecma


def test_every_character_alone_is_itself() -> None:
    for char in SIGNS + "é😀\n":
        assert matched(to_posix(f"^{re.escape(char)}$" if char != " " else "^ $"), [char, "x", "\\"]) == [
            True, False, char == "\\",
        ]  # fmt: skip


def test_a_group_is_counted_among_those_that_only_bracket() -> None:
    assert [first_group(pattern) for pattern in ("(a)", "(?:a)(b)", "[\\d\\D](a)", "a")] == [1, 2, 1, 0]
