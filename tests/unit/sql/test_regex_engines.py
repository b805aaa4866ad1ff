"""Patterns of the plan in Python's and PostgreSQL's spelling: they match what they match in RE2."""

import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from monitor.sql import vocabulary as v
from monitor.sql.engines import writer
from monitor.sql.regex import unsupported
from monitor.sql.regex_postgres import to_postgres
from monitor.sql.regex_python import to_python
from monitor.sql.regex_tree import NoSuchSetError, category, without
from monitor.sql.writer import Unsayable
from tests.fakes.duck import Duck

DUCK = Duck()
PIECES = (
    "a", "b", ".", r"\d", r"\D", r"\w", r"\W", r"\s", r"\S", r"\.", r"\-", r"\t", r"\n", "[a-c]", "[^a-c]", r"[\d_-]",
    r"[^\w]", "[-a]", r"[\W_]", "(a|b)", "(?:ab)", "^", "$", "|", "a*", "b+", "a?", "(?:ab){2}", "a{1,2}", "a{1,}",
    "a+?", r"\b", r"\B", "é", r"\u00e9", r"\p{L}", r"\P{Lu}", r"[\p{Nd}x]", "&&", "[&~|]", "[[:]", "{", "}", "#", "😀",
    r"\0",
)  # fmt: skip
TEXTS = (
    "", "a", "ab", "abab", "abc", "a\nb", "1", "_", "-", ".", "a b", "\t", "é", "É", "٣", "\u2028", "\xa0", "&", "~",
    "[", ":", "{}", "#", "😀", "a-b", "a_b", "x1", "\ufeff",
)  # fmt: skip


def in_re2(pattern: str) -> list[bool]:
    engine = writer("duckdb")
    asked = ", ".join(engine.compile(engine.expr(v.Matches(v.Literal(text), pattern))) for text in TEXTS)
    return list(DUCK.query(f"SELECT {asked}")[0])


@settings(max_examples=200, deadline=None)
@given(st.lists(st.sampled_from(PIECES), max_size=5).map("".join))
def test_python_matches_what_re2_matches(pattern: str) -> None:
    if unsupported(pattern):
        return
    compiled = re.compile(to_python(pattern))
    assert [bool(compiled.search(text)) for text in TEXTS] == in_re2(pattern)


def test_classes_are_sets_of_code_points() -> None:
    assert to_postgres(r"^[a-zA-Z0-9-_.]+$") == r"^[\--\.0-9A-Z_a-z]+\Z"
    assert to_postgres(r"[^\d]") == to_postgres(r"\D")
    assert without(without(category("L"))) == category("L")


def test_long_repetitions_are_written_in_parts() -> None:
    assert to_postgres("a{600}") == "a{255}a{255}a{90}"
    assert to_postgres("a{2,300}") == "a{2}a{0,255}a{0,43}"
    assert to_postgres("(ab){300,}") == "(ab){255}(ab){45}(ab)*"
    assert to_postgres("a{0}") == "(?:)"


def test_a_nul_is_matched_by_what_stands_for_it() -> None:
    assert to_postgres(r"^\0$") == r"^\ufdd0\Z"
    assert "\\ufdd0" not in to_postgres(r"[^\0]")


@pytest.mark.parametrize("engine", ["postgresql", "sqlite"])
def test_what_only_re2_knows_is_unsayable(engine: str) -> None:
    with pytest.raises(NoSuchSetError):
        to_python(r"\p{Script=Greek}")
    with pytest.raises(Unsayable, match="RE2"):
        writer(engine).expr(v.Matches(v.Literal("x"), r"\p{Greek}"))
