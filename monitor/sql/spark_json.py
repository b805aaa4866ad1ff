"""What Spark's SQL says of documents: a text as a VARIANT, the value at a path, values that are equal as JSON."""

import re
from typing import Any

import sqlalchemy as sa
from sqlalchemy.ext.compiler import compiles

from monitor.sql import vocabulary as v
from monitor.sql.elements import Element
from monitor.sql.spelling import Compiler
from monitor.sql.spoken import cast, try_cast

_PLAIN = re.compile(r"[A-Za-z_][A-Za-z0-9_]*\Z")


class Parsed(sa.sql.expression.ColumnElement[Any]):
    """A text read as a document.

    It is read as the only item of an array: alone, `{"a": 1} and more` would be read as far as it goes. A column of
    lists or structs is written as JSON first; only the engine knows its type.
    """

    inherit_cache = False

    def __init__(self, text: Element, *, column: bool) -> None:
        self.type = sa.types.NullType()
        listed: Element = sa.func.concat("[", cast(text, "STRING"), "]")
        if column:
            nested = sa.func.typeof(text).op("RLIKE")("^(array|map|struct)<")
            there = sa.and_(nested, text.is_not(None))
            listed = sa.case((there, sa.func.to_json(sa.func.array(text))), else_=listed)
        self.listed = sa.func.try_parse_json(listed)


@compiles(Parsed, "spark")
def _say_parsed(element: Parsed, compiler: Compiler, **kw: Any) -> str:
    return str(compiler.process(at(element, (), "variant"), **kw))


def at(doc: Element, path: v.Path, kind: str) -> Element:
    """The value at a path, as a type; a key with quotes of both kinds is looked up in a map."""
    root, said = (doc.listed, "$[0]") if isinstance(doc, Parsed) else (doc, "$")
    for key in path:
        mark = "'" if "'" not in key else '"'
        if mark in key:
            members = sa.func.try_variant_get(root, said, "map<string,variant>")
            root, said = sa.func.try_element_at(members, key), "$"
        else:
            said += f".{key}" if _PLAIN.match(key) else f"[{mark}{key}{mark}]"
    return sa.func.try_variant_get(root, said, kind)


def alone(doc: Element, items: Element) -> Element:
    """The only item of an array; the value itself where it is no array of one."""
    return sa.case((sa.func.size(items) == 1, sa.func.get(items, 0)), else_=doc)


def canonical(value: Element) -> Element:
    """A text that equal values share. Members are in order already; whole floats lose their point."""
    text, is_float = at(value, (), "string"), sa.func.schema_of_variant(value) == "DOUBLE"
    arms = []
    for native in ("DECIMAL(38,18)", "DECIMAL(38,0)"):  # from 1e20 on a number has no room for a fraction, and has none
        number = try_cast(text, native)
        plain = sa.func.to_json(at(cast(number, "VARIANT"), (), "variant"))
        arms.append((sa.and_(is_float, number.is_not(None)), plain))
    return sa.case(*arms, else_=sa.func.to_json(value))


def item(level: int) -> Element:
    """The array item, or member's value, at hand."""
    return sa.literal_column(f"tw_item{level}", sa.Text)


def name(level: int) -> Element:
    """The name of the member at hand."""
    return sa.literal_column(f"tw_name{level}", sa.Text)
