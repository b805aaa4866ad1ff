"""How Spark's statements are written; what Spark answers to them, tests/engines asks a real one."""

import pytest
import sqlalchemy as sa

from monitor.sql import vocabulary as v
from monitor.sql.engines import writer
from monitor.sql.writer import Unsayable
from monitor.warehouse.adapters.spark import read_tree


@pytest.mark.parametrize(
    ("constant", "said"),
    [("it's", r"'it\'s'"), ("a\\b", r"'a\\b'"), ("${x}", r"'\u0024{x}'"), ("100%", "'100%'"), ("a\0b", r"'a\u0000b'")],
)
def test_a_constant_is_only_a_constant(constant: str, said: str) -> None:
    engine = writer("spark")
    assert engine.compile(engine.expr(v.Literal(constant))) == said


def test_a_name_is_only_a_name() -> None:
    assert writer("spark").compile(sa.select(sa.column("a`b"))) == "SELECT `a``b`"


@pytest.mark.parametrize(
    ("key", "said"),
    [("a", "'$[0].a'"), ("a.b", r"'$[0][\'a.b\']'"), ("it's", "'$[0][\"it\\'s\"]'")],
)
def test_a_key_is_one_step_of_a_path(key: str, said: str) -> None:
    engine = writer("spark")
    assert said in engine.compile(engine.expr(v.Text(v.At(v.Parsed(v.Column("p")), (key,)))))


def test_multiples_of_very_small_numbers_are_refused_with_the_reason() -> None:
    engine = writer("spark")
    with pytest.raises(Unsayable, match="more decimals"):
        engine.expr(v.MultipleOf(v.Column("x"), "1e-19"))


def test_the_columns_of_a_table_are_read_out_of_its_tree() -> None:
    told = (
        "Table: t\nView Text: select '\nSchema: root\n |-- not: string (nullable = true)\n'\nSchema: root\n"
        " |-- p: x: variant (nullable = true)\n |-- place: struct (nullable = true)\n"
        " |    |-- city: string (nullable = true)\n |-- price: decimal(18,2) (nullable = false)\n\n"
    )
    assert list(read_tree(told)) == [("p: x", "variant"), ("place", "struct"), ("price", "decimal(18,2)")]
