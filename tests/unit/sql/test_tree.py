from monitor.sql import tree
from monitor.sql import vocabulary as v

PATTERN = v.Matches(v.Column("zip"), "^[0-9]+$")
OTHER = v.Matches(v.Column("mail"), "@")
EXPR = v.And((v.Not(PATTERN), v.Or((OTHER, v.IsNull(v.Text(v.At(v.Column("doc"), ("a",))))))))


def test_the_parts_of_an_expression_are_those_that_stand_directly_in_it() -> None:
    assert list(tree.parts(EXPR)) == [v.Not(PATTERN), v.Or((OTHER, v.IsNull(v.Text(v.At(v.Column("doc"), ("a",))))))]
    assert list(tree.parts(PATTERN)) == [v.Column("zip")]
    assert list(tree.parts(v.Column("zip"))) == []


def test_what_is_replaced_is_replaced_wherever_it_stands() -> None:
    known = v.Column("known")
    held = tree.replaced(v.And((PATTERN, v.Not(EXPR))), {PATTERN: known})
    inner = v.And((v.Not(known), v.Or((OTHER, v.IsNull(v.Text(v.At(v.Column("doc"), ("a",))))))))
    assert held == v.And((known, v.Not(inner)))


def test_an_expression_without_it_is_the_same_object() -> None:
    assert tree.replaced(EXPR, {v.Matches(v.Column("zip"), "x"): v.Column("known")}) is EXPR
