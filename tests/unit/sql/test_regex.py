"""Patterns of the plan, matched by DuckDB as ECMA 262 has them; what it cannot match is refused beforehand."""

import re
import string
import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from monitor.sql import vocabulary as v
from monitor.sql.engines import writer
from monitor.sql.regex import to_re2, unsupported
from tests.fakes.duck import Duck

DUCK = Duck()

PIECES = (
    "a", "b", "ab", ".", r"\d", r"\D", r"\w", r"\W", r"\.", r"\-", r"\/", r"\\", r"\t", r"\n", "[a-c]", "[^a-c]",
    r"[\d_-]", r"[a\-z]", "[-a]", "[.$]", r"[\w.]", "(a|b)", "(?:ab)", "^", "$", "|", "a*", "b+", "a?", "a{2}",
    "a{1,2}", "a{1,}", "a+?", " ", "'", '"', "%", ":x", "#", "é", "@", "{", "}", "]",
)  # fmt: skip
TEXTS = [
    "",
    "a",
    "b",
    "ab",
    "aab",
    "abc",
    "a\nb",
    "1",
    "_",
    "-",
    ".",
    "a.b",
    "a b",
    "\t",
    "/",
    "\\",
    "'",
    '"',
    "%",
    ":x",
    "#",
    "é",
    "@",
    "{}",
    "]",
    "$",
]


def matches(pattern: str, text: str) -> bool:
    engine = writer("duckdb")
    asked = engine.compile(engine.expr(v.Matches(v.Literal(text), pattern)))
    return bool(DUCK.query(f"SELECT {asked}")[0][0])


def in_python(pattern: str) -> str:
    """The same for Python's engine, on ASCII: only `.` and `$` differ."""
    return re.sub(r"(\\.|\[(?:\\.|[^\]])*\])|([.$])", lambda m: m[1] or {".": r"[^\n\r]", "$": r"\Z"}[m[2]], pattern)


@settings(max_examples=150, deadline=None)
@given(st.lists(st.sampled_from(PIECES), max_size=5).map("".join))
def test_what_is_supported_matches_as_in_python(pattern: str) -> None:
    if unsupported(pattern):
        return
    compiled = re.compile(in_python(pattern), re.ASCII)
    engine = writer("duckdb")
    asked = ", ".join(engine.compile(engine.expr(v.Matches(v.Literal(text), pattern))) for text in TEXTS)
    assert list(DUCK.query(f"SELECT {asked}")[0]) == [bool(compiled.search(text)) for text in TEXTS]


@settings(max_examples=300, deadline=None)
@given(st.text(alphabet=[*r"\()[]{}^$.*+?|-,:=!<>", *string.ascii_letters[:6], *"dwsbupkxc019é😀\0\n "], max_size=12))
def test_no_supported_pattern_breaks_a_statement(pattern: str) -> None:
    if not unsupported(pattern):
        matches(pattern, "abc 1")


@pytest.mark.parametrize(
    ("pattern", "reason"),
    [
        ("(?=x)", "look-around"),
        ("(?<!x)", "look-around"),
        (r"(a)\1", "back-references"),
        (r"(?<n>a)\k<n>", "back-references"),
        ("(?i)a", "ECMA 262"),
        ("(?>a)", "ECMA 262"),
        ("a++", "repetition of a repetition"),
        ("a{1001}", "1000 times"),
        ("(a{100}){11}", "1000 times"),
        (r"\p{L}{900}", "repeats too much"),
        ("a{2,1}", "wrong way round"),
        ("[z-a]", "wrong way round"),
        ("(", "not closed"),
        (")", "not opened"),
        ("[a", "not closed"),
        ("*a", "nothing to repeat"),
        ("^*", "nothing to repeat"),
        ("[]", "empty class"),
        (r"\i", "unknown escape"),
        ("\\", "ends within an escape"),
        (r"\ud83d", "surrogate"),
        (r"\p{Emoji}", "not matched"),
        ("a" * 2001, "longer than"),
    ],
)
def test_what_warehouses_do_not_match_is_refused_with_a_reason(pattern: str, reason: str) -> None:
    assert reason in unsupported(pattern)
    with pytest.raises(ValueError, match=re.escape(reason)):
        to_re2(pattern)


@pytest.mark.parametrize(
    ("pattern", "text", "expected"),
    [
        (r"^\s$", "\xa0", True),
        (r"^\s$", "\ufeff", True),
        (r"^\S$", "\u3000", False),
        (r"^[\s]$", "\v", True),
        (r"^[^\S\n]$", "\n", False),
        (r"^[^\S\n]$", "\u2003", True),
        ("^.$", "\u2028", False),
        ("^.$", "😀", True),
        (r"^\d$", "٣", False),
        (r"^\w$", "é", False),
        (r"^\u00e9$", "é", True),
        (r"^\ud83d\ude00$", "😀", True),
        (r"^\u{1f600}$", "😀", True),
        (r"^\p{Letter}\p{Script=Greek}$", "éα", True),
        (r"^\P{Lu}$", "a", True),
        (r"^[\p{L}\d_-]+$", "é1_-", True),
        (r"^\\u0041$", "\\u0041", True),
        (r"^\\/$", "\\/", True),
        (r"^[\b]$", "\b", True),
        (r"^\cJ$", "\n", True),
        (r"^\0$", "\0", True),
        ("^[[:alpha:]]$", "a]", True),
        ("^[[:alpha:]]$", "z", False),
        (r"^[a-\d]$", "-", True),
        ("a{,5}", "a{,5}", True),
        ("a{,5}", "aaa", False),
        ("(?<year>\\d{4})", "2026", True),
    ],
)
def test_ecma_262_is_meant(pattern: str, text: str, *, expected: bool) -> None:
    assert unsupported(pattern) == ""
    assert matches(pattern, text) is expected


def test_a_pattern_that_ruins_backtracking_engines_is_quick() -> None:
    began = time.perf_counter()
    assert not matches("^(a+)+$", "a" * 5000 + "b")
    assert time.perf_counter() - began < 2
