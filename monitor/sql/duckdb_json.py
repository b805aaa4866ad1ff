"""What DuckDB's SQL says of documents: paths, lists, lambdas, values that are equal as JSON."""

import re
from collections.abc import Sequence
from functools import cache
from typing import Any

import sqlalchemy as sa
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.compiler import SQLCompiler

from monitor.sql import vocabulary as v
from monitor.sql.elements import Element

_PLAIN_KEY = re.compile(r'[^"*\\]+')
DEPTH = 5
"""Arrays and objects within an array's items that are compared as JSON."""


def json_path(path: v.Path) -> str:
    """A path as DuckDB reads it: a JSON pointer, which costs two thirds of `$."a"` (it is read anew for every row).

    A key of digits would name an item of an array in a pointer: it stands in quotes.

    >>> json_path(("a", "b/c")), json_path(("a", "0")), json_path(())
    ('/a/b~1c', '$."a"."0"', '$')
    """
    if not path or (any(key.isdigit() for key in path) and all(_PLAIN_KEY.fullmatch(key) for key in path)):
        return "$" + "".join(f'."{key}"' for key in path)
    return "".join("/" + key.replace("~", "~0").replace("/", "~1") for key in path)


class Json(sa.types.UserDefinedType[Any]):
    """The type of documents."""

    cache_ok = True

    def get_col_spec(self, **_: object) -> str:
        return "JSON"


class HugeInt(sa.types.UserDefinedType[Any]):
    """Whole numbers of 128 bits."""

    cache_ok = True

    def get_col_spec(self, **_: object) -> str:
        return "HUGEINT"


class List(sa.sql.expression.ColumnElement[Any]):
    """`[a, b]`."""

    inherit_cache = False

    def __init__(self, items: Sequence[Element]) -> None:
        self.items = tuple(items)
        self.type = sa.types.NullType()


class ItemOf(sa.sql.expression.ColumnElement[Any]):
    """`list[position]`, from 1."""

    inherit_cache = False

    def __init__(self, many: Element, position: int) -> None:
        self.many = many
        self.position = position
        self.type = sa.types.Text()


class Lambda(sa.sql.expression.ColumnElement[Any]):
    """`lambda item0: …`."""

    inherit_cache = False

    def __init__(self, level: int, body: Element, word: str = "item") -> None:
        self.name = f"{word}{level}"
        self.body = body
        self.type = sa.types.NullType()


class MultipleOf(sa.sql.expression.ColumnElement[Any]):
    """A number's text is a whole multiple of `steps` steps of ten to the minus `scale`."""

    inherit_cache = False

    def __init__(self, text: Element, scale: int, steps: int, divisor: str) -> None:
        self.text, self.scale, self.steps, self.divisor = text, scale, steps, divisor
        self.type = sa.types.Boolean()


@compiles(MultipleOf)
def _say_multiple_of(element: MultipleOf, compiler: SQLCompiler, **kw: Any) -> str:
    """Counted in whole steps of 128 bits; numbers beyond 38 digits as floats, as everywhere."""
    text, scale = compiler.process(element.text, **kw), element.scale
    steps = f"{element.steps}::HUGEINT"
    digits = f"replace(CAST(TRY_CAST({text} AS DECIMAL(38,{scale})) AS VARCHAR), '.', '')"
    exactly = f"TRY_CAST({digits} AS HUGEINT) % {steps} = 0"
    roughly = f"TRY_CAST({text} AS DOUBLE) % {float(element.divisor)!r}::DOUBLE = 0"
    # A cast rounds what has more places than the divisor: such a number is no multiple.
    places = (
        f"length(rtrim(regexp_extract({text}, '[.]([0-9]+)', 1), '0'))"
        f" - coalesce(TRY_CAST(regexp_extract({text}, '[eE]([+-]?[0-9]+)', 1) AS INTEGER), 0)"
    )
    return f"CASE WHEN {places} <= {scale} THEN coalesce({exactly}, {roughly}) WHEN {text} IS NOT NULL THEN false END"


class Params(sa.sql.expression.ColumnElement[Any]):
    """The members `"key":value` of a list of parameters, joined by commas."""

    inherit_cache = False

    def __init__(self, many: Element) -> None:
        self.many = many
        self.type = sa.types.Text()


class WithoutNulls(sa.sql.expression.ColumnElement[Any]):
    """A list of structs as JSON without the fields that are NULL."""

    inherit_cache = False

    def __init__(self, many: Element) -> None:
        self.many = many
        self.type = sa.types.NullType()


@cache
def alike(depth: int) -> str:
    """The canonical text of the JSON value `same{n}`, where {n} is how deep it stands: equal values, equal texts.

    Numbers are equal by value, objects whatever the order of their keys; beyond the depth texts are compared.
    """
    n = DEPTH - depth
    it, below = f"same{n}", f"same{n + 1}"
    number = f"TRY_CAST(CAST({it} AS VARCHAR) AS DOUBLE)"
    whole = f"TRY_CAST(CAST({it} AS VARCHAR) AS HUGEINT)"
    scalar = (
        f"WHEN 'DOUBLE' THEN CASE WHEN {number} = floor({number}) "
        f"THEN coalesce(CAST({whole} AS VARCHAR), CAST({number} AS VARCHAR)) "
        f"ELSE coalesce(CAST({number} AS VARCHAR), CAST({it} AS VARCHAR)) END"
    )
    if not depth:
        return f"CASE json_type({it}) {scalar} ELSE CAST({it} AS VARCHAR) END"
    inside = f"list_concat(json_extract({it}, '$[*]'), json_extract({it}, '$.*'))"  # one of the two is empty
    key = f"coalesce(CAST(to_json(json_keys({it})[at{n}]) AS VARCHAR), lpad(CAST(at{n} AS VARCHAR), 9, '0'))"
    each = f"list_transform({inside}, lambda {below}, at{n}: concat({key}, ':', {alike(depth - 1)}))"
    return (
        f"CASE WHEN json_type({it}) IN ('ARRAY', 'OBJECT') "
        f"THEN concat(json_type({it}), '(', array_to_string(list_sort({each}), ','), ')') "
        f"ELSE CASE json_type({it}) {scalar} ELSE CAST({it} AS VARCHAR) END END"
    )


@compiles(Params)
def _say_params(element: Params, compiler: SQLCompiler, **kw: Any) -> str:
    many = compiler.process(element.many, **kw)
    number = "coalesce(p.value.float_value, p.value.double_value)"
    value = (
        "CASE WHEN p.value.string_value IS NOT NULL THEN to_json(p.value.string_value) "
        "WHEN p.value.int_value IS NOT NULL THEN to_json(p.value.int_value) "
        f"WHEN isfinite({number}) THEN to_json({number}) ELSE to_json(CAST({number} AS VARCHAR)) END"
    )
    member = f"concat(CAST(to_json(p.key) AS VARCHAR), ':', CAST({value} AS VARCHAR))"
    held = " OR ".join(f"p.value.{kind}_value IS NOT NULL" for kind in ("string", "int", "float", "double"))
    named = f"list_filter({many}, lambda p: p.key IS NOT NULL AND ({held}))"
    return f"array_to_string(list_transform({named}, lambda p: {member}), ',')"


@compiles(WithoutNulls)
def _say_without_nulls(element: WithoutNulls, compiler: SQLCompiler, **kw: Any) -> str:
    many = compiler.process(element.many, **kw)
    return f"to_json(list_transform({many}, lambda i: json_merge_patch('{{}}', to_json(i))))"


@compiles(List)
def _say_list(element: List, compiler: SQLCompiler, **kw: Any) -> str:
    return f"[{', '.join(compiler.process(item, **kw) for item in element.items)}]"


@compiles(ItemOf)
def _say_item_of(element: ItemOf, compiler: SQLCompiler, **kw: Any) -> str:
    return f"{compiler.process(element.many, **kw)}[{element.position}]"


@compiles(Lambda)
def _say_lambda(element: Lambda, compiler: SQLCompiler, **kw: Any) -> str:
    return f"lambda {element.name}: {compiler.process(element.body, **kw)}"


def item(level: int) -> Element:
    """The array item, or member's value, at hand."""
    return sa.literal_column(f"item{level}")
