"""What DuckDB answers to the vocabulary, values and names that break naive SQL included."""

import json
from typing import Any

import pytest
import sqlalchemy as sa
from hypothesis import given, settings
from hypothesis import strategies as st

from monitor.catalog import Family
from monitor.errors import WarehouseError
from monitor.sql import vocabulary as v
from monitor.sql.duckdb_json import json_path
from monitor.sql.engines import writer
from tests.fakes.duck import Duck, quoted

DUCK = Duck()
HOSTILE = (
    'quo"te', "it's", "a;--", "`tick`", "%s", "100%", ":colon", "?", "$1", "$until", "{x}", "é", "😀", "a.b", "a/b",
    "~1", "[0]", "back\\slash", "*", "**", " ", "\n", "'; drop table canary; --", '"; drop table canary; --', "select",
    "a\u2028b",
)  # fmt: skip


def ask(expr: v.Expr, table: str | None = None) -> Any:
    engine = writer("duckdb")
    statement = sa.select(engine.expr(expr))
    if table is not None:
        statement = statement.select_from(sa.table(table))
    return DUCK.query(engine.compile(statement))[0][0]


def doc(value: Any) -> v.Expr:
    return v.Parsed(v.Literal(json.dumps(value)))


@pytest.mark.parametrize("name", HOSTILE)
def test_hostile_names_are_only_names(name: str) -> None:
    DUCK.connection.execute("CREATE OR REPLACE TABLE canary (x INTEGER)")
    DUCK.table(f"t{name}", {f"c{name}": "VARCHAR"}, [("value",)])
    assert ask(v.Column(f"c{name}"), f"t{name}") == "value"
    assert DUCK.query("SELECT count(*) FROM canary") == [(0,)]
    DUCK.connection.execute(f"DROP TABLE {quoted(f't{name}')}")


@settings(max_examples=100, deadline=None)
@given(st.text(max_size=8).filter(lambda text: not any("\ud800" <= char <= "\udfff" for char in text)))
def test_any_key_is_found_and_any_constant_is_itself(text: str) -> None:
    assert ask(v.Literal(text)) == text
    assert ask(v.Text(v.At(doc({text: {text: "x"}, "other": 1}), (text, text)))) == "x"
    assert ask(v.Exists(v.At(doc({"other": 1}), (text + "z",)))) is False


def test_a_key_with_quotes_is_read_by_pointer() -> None:
    assert json_path(('a"b', "c/d", "~")) == '/a"b/c~1d/~0'


@pytest.mark.parametrize(
    ("values", "said"),
    [
        ((1, 0.5), "(1, 0.5e0)"),
        ((0.5, 1), "(0.5e0, 1)"),
        ((True, False), "(true, false)"),
        (("a", "b"), "('a', 'b')"),
        ((1e308,), "(1e+308)"),
    ],
)
def test_the_values_of_a_list_keep_their_own_types(values: tuple[v.Scalar, ...], said: str) -> None:
    engine = writer("duckdb")
    assert engine.compile(engine.expr(v.OneOf(v.Column("x"), values))) == f"x IN {said}"


NULL_DOC = v.Column("nothing")


@pytest.mark.parametrize(
    ("expr", "expected"),
    [
        (v.Is(v.At(NULL_DOC, ("a",)), ("string",)), None),
        (v.Is(v.At(NULL_DOC, ()), ("object",)), None),
        (v.Not(v.Is(v.At(NULL_DOC, ("a",)), ("string",))), None),
        (v.Exists(v.At(NULL_DOC, ("a",))), False),
        (v.Not(v.Exists(v.At(NULL_DOC, ("a",)))), True),
        (v.And((v.Is(v.At(NULL_DOC, ("a",)), ("string",)), v.Literal(True))), None),
        (v.Or((v.Is(v.At(NULL_DOC, ("a",)), ("string",)), v.Literal(True))), True),
        (v.And((v.Is(v.At(doc({}), ("a",)), ("object",)), v.Literal(True))), None),
        (v.Is(v.At(doc({"a": None}), ("a",)), ("string",)), False),
        (v.Is(v.At(doc({"a": None}), ("a",)), ("null",)), True),
        (v.Text(v.At(doc({"a": None}), ("a",))), None),
        (v.Is(v.At(doc([1]), ()), ("object",)), False),
        (v.Is(v.At(v.Parsed(v.Literal(' \n{"a": 1}')), ()), ("object",)), True),
        (v.Is(v.At(v.Parsed(v.Literal("{bad")), ()), ("object",)), None),
        (v.AnyItem(v.At(NULL_DOC, ("a",)), v.Not(v.Is(v.Item(), ("string",)))), False),
        (v.AnyItem(v.At(doc({"a": "[1]"}), ("a",)), v.Not(v.Is(v.Item(), ("string",)))), False),
        (v.AnyItem(v.At(doc({"a": "{"}), ("a",)), v.Not(v.Is(v.Item(), ("string",)))), False),
        (v.AnyItem(v.At(doc({"a": [None]}), ("a",)), v.Not(v.Is(v.Item(), ("string",)))), True),
        (v.HasOtherKeys(doc([1]), (), ("a",)), False),
        (v.HasOtherKeys(doc({"a": 1}), (), ()), True),
        (v.Whole(v.Literal("9007199254740993")), 9007199254740993),
        (v.Whole(v.Literal("1e400")), None),
        (v.TryCast(v.Literal("x"), Family.NUMBER), None),
        (v.Length(v.Literal("é😀")), 2),
    ],
)
def test_null_and_odd_documents_have_a_defined_answer(expr: v.Expr, expected: object) -> None:
    DUCK.table("one", {"nothing": "JSON"}, [(None,)])
    assert ask(expr, "one") == expected


def test_an_unknown_engine_is_one_clear_error() -> None:
    with pytest.raises(WarehouseError, match="not written for oracle"):
        writer("oracle")


A = ("a",)


def here(value: Any) -> v.Place:
    """The place of `a` in `{"a": value}`."""
    return v.At(doc({"a": value}), A)


@pytest.mark.parametrize(
    ("expr", "expected"),
    [
        (v.ItemCount(here([1, None])), 2),
        (v.ItemCount(here({"b": 1})), None),
        (v.ItemCount(here("[1]")), None),
        (v.KeyCount(v.At(v.Parsed(v.Literal('{"a": {"b": 1, "b": 2, "c": 3}}')), A)), 2),
        (v.KeyCount(here([1])), None),
        (v.CountItems(here([1, "a", "b"]), v.Is(v.Item(), ("string",))), 2),
        (v.CountItems(here("a"), v.Literal(True)), None),
        (v.AnyItem(here([1, "a"]), v.Is(v.Item(), ("integer",)), start=1), False),
        (v.AnyItem(here([[1], ["a"]]), v.AnyItem(v.Item(), v.Is(v.Item(1), ("string",)), 1)), True),
        (v.AnyMember(here({"x": 1, "y": "a"}), v.Compare(v.MemberName(), "=", v.Literal("y"))), True),
        (v.AnyMember(here({"x": 1}), v.Is(v.Item(), ("string",))), False),
        (v.AnyMember(here([1]), v.Literal(True)), False),
        (v.AnyMember(here({"x": {"y": None}}), v.AnyMember(v.Item(), v.Is(v.Item(1), ("null",)), 1)), True),
        (v.Text(v.Nth(here([1, "b"]), 1)), "b"),
        (v.Exists(v.Nth(here([None]), 0)), True),
        (v.Exists(v.Nth(here([None]), 1)), False),
        (v.Exists(v.Nth(here({"1": 2}), 1)), False),
        (v.Text(v.At(v.Document(v.Nth(here([{"b": 5}]), 0)), ("b",))), "5"),
        (v.CountTrue((v.Literal(True), v.IsNull(v.Literal("a")), v.Compare(v.Literal(None), "=", v.Literal(1)))), 1),
        (v.CountTrue(()), 0),
        (v.Repeats(here([1, 1.0])), True),
        (v.Repeats(here([1, True, "1", None])), False),
        (v.Repeats(here([{"b": [1], "c": "é"}, {"c": "é", "b": [1.0]}])), True),
        (v.Repeats(here([["a", "b"], ["a,b"], [["a"], "b"]])), False),
        (v.Repeats(here([2**53, 2**53 + 1])), False),
        (v.Repeats(here("aa")), False),
        (v.MultipleOf(v.Literal("0.3"), "0.1"), True),
        (v.MultipleOf(v.Literal("0.31"), "0.1"), False),
        (v.MultipleOf(v.Literal("1e-7"), "0.00000001"), True),
        (v.MultipleOf(v.Literal("1e308"), "0.123456789"), False),
        (v.MultipleOf(v.Literal("9007199254740993"), "2"), False),
        (v.MultipleOf(v.Literal("a"), "2"), None),
    ],
)
def test_nested_values_are_counted_compared_and_looked_into(expr: v.Expr, expected: object) -> None:
    assert ask(expr) == expected


def test_a_thousand_declared_keys_are_compared_in_one_statement() -> None:
    names = tuple(f"k{n}" for n in range(3_000))
    row = doc({"k1": 1, "other": 2})
    places = tuple(v.At(row, (name,)) for name in names)
    assert ask(v.HasOtherKeys(row, (), names, places)) is True
    assert ask(v.CountTrue(tuple(v.Exists(place) for place in places))) == 1
