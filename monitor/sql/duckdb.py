"""DuckDB's way of saying the vocabulary. Regular expressions are RE2; the json extension is built in."""

import re
from collections.abc import Sequence
from datetime import UTC, datetime
from functools import cache
from typing import Any, ClassVar

import sqlalchemy as sa
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.compiler import SQLCompiler

from monitor.catalog import Family
from monitor.sql import vocabulary as v
from monitor.sql.regex import to_re2
from monitor.sql.writer import SQL_TYPES, Element, Writer

_UNQUOTED = re.compile(r"[A-Za-z0-9_]+\Z")
"""Names that need no quotes. SQLAlchemy's own pattern ends in `$`: it lets a name through that ends in a line break."""
_PLAIN_KEY = re.compile(r'[^"*\\]+')
_WHOLE = ("BIGINT", "UBIGINT")
_KINDS: dict[v.JsonKind, tuple[str, ...]] = {
    "null": ("NULL",),
    "boolean": ("BOOLEAN",),
    "integer": _WHOLE,
    "number": (*_WHOLE, "DOUBLE"),
    "string": ("VARCHAR",),
    "array": ("ARRAY",),
    "object": ("OBJECT",),
}
_MICROSECONDS_PER_HOUR = 3_600_000_000


class DuckDB(Writer):
    """DuckDB 1.3 and later."""

    engine: ClassVar[str] = "duckdb"

    def placeholder(self, name: str) -> Element:
        # A session variable, folded to a constant before planning: a driver's parameter would import pandas (.7 s).
        return sa.func.getvariable(f"tw_{name}")

    def bind(self, name: str, moment: datetime) -> str:
        return f"SET VARIABLE tw_{name} = {self.compile(self.moment(moment))}"  # a name of ours

    def moment(self, moment: datetime) -> Element:
        text = moment.astimezone(UTC).replace(tzinfo=None).isoformat(sep=" ")
        return sa.cast(sa.literal(text), sa.TIMESTAMP)

    def timeless(self, at: Element) -> Element:
        return sa.or_(at.is_(None), sa.not_(sa.func.isfinite(at)))

    def compile(self, statement: sa.sql.ClauseElement) -> str:
        text = str(statement.compile(dialect=_dialect(), compile_kwargs={"literal_binds": True}))
        return text.replace("\0", "'||chr(0)||'")  # a statement ends at a NUL; names hold none, so it is in a constant

    def extract_many(self, doc: Element, paths: Sequence[v.Path]) -> tuple[Element, Element]:
        listed = _List([sa.literal(json_path(path)) for path in paths])
        return sa.func.json_extract_string(doc, listed), sa.func.json_type(doc, listed)

    def at_position(self, many: Element, position: int) -> Element:
        return _ItemOf(many, position + 1)

    def keys(self, doc: Element) -> Element:
        return sa.func.unnest(sa.func.json_keys(doc))

    def text(self, place: v.Place) -> Element:
        match place:
            case v.At(doc, path):
                return sa.func.json_extract_string(self.expr(doc), json_path(path))
            case v.Extracted(position):
                return self._extracted(position)[0]
            case v.Item(level):
                return sa.func.json_extract_string(_item(level), "$")
            case v.Nth():
                return sa.func.json_extract_string(self.document(v.Document(place)), "$")

    def kind(self, place: v.Place) -> Element:
        match place:
            case v.At(doc, path):
                return sa.func.json_type(self.expr(doc), json_path(path))
            case v.Extracted(position):
                return self._extracted(position)[1]
            case v.Item(level):
                return sa.func.json_type(_item(level))
            case v.Nth():
                return sa.func.json_type(self.document(v.Document(place)))

    def is_kind(self, expr: v.Is) -> Element:
        if expr.kinds == ("object",) and isinstance(expr.place, v.At) and not expr.place.path:
            return self._is_object(expr.place.doc)
        kind = self.kind(expr.place)
        words = tuple(dict.fromkeys(word for name in expr.kinds for word in _KINDS[name]))
        among = kind == words[0] if len(words) == 1 else kind.in_(words)
        if "integer" not in expr.kinds or "number" in expr.kinds:
            return among
        # Whole numbers beyond 64 bits, and from draft 6 on `1.0`, are DOUBLE here.
        text = self.expr(v.Text(expr.place))
        number = sa.try_cast(text, sa.Double)
        whole = number == sa.func.floor(number) if expr.loose else sa.not_(sa.func.regexp_matches(text, "[.eE]"))
        return sa.case((kind == "DOUBLE", whole), else_=among)  # a CASE casts only where it must; NULL stays NULL

    def _is_object(self, doc: v.Expr) -> Element:
        # Nearly every document begins with a brace: looking is a tenth of the cost of parsing.
        written = self.expr(doc)
        begins = sa.func.starts_with(sa.cast(written, sa.Text), "{")
        return sa.case((begins, sa.true()), else_=sa.func.json_type(written) == "OBJECT")

    def parsed(self, expr: v.Parsed) -> Element:
        return sa.try_cast(self.expr(expr.expr), _Json)

    def unwrapped(self, expr: v.Unwrapped) -> Element:
        doc = self.expr(expr.doc)
        once = sa.func.json_extract(doc, "$[0]")
        twice = sa.func.json_extract(doc, "$[0][0]")
        inner = sa.case((sa.func.json_array_length(doc, "$[0]") == 1, twice), else_=once)
        wrapped = sa.case((sa.func.json_type(doc, "$[0]") == "ARRAY", inner), else_=once)
        return sa.case((sa.func.json_array_length(doc) == 1, wrapped), else_=doc)

    def try_cast(self, expr: v.TryCast) -> Element:
        # A text's offset counts only on the way to TIMESTAMPTZ; sessions run in UTC.
        wanted = sa.TIMESTAMP(timezone=True) if expr.family is Family.TIMESTAMP else SQL_TYPES[expr.family]
        return sa.try_cast(self.expr(expr.expr), wanted)

    def whole(self, expr: v.Whole) -> Element:
        return sa.try_cast(self.expr(expr.expr), _HugeInt)

    def epoch_hour(self, expr: v.EpochHour) -> Element:
        at = self.expr(expr.expr)
        hours = sa.func.floor(sa.func.epoch_us(at) / sa.literal(float(_MICROSECONDS_PER_HOUR)))
        return sa.case((sa.func.isfinite(at), sa.cast(hours, sa.BigInteger)))

    def captured(self, expr: v.Captured) -> Element:
        return sa.func.nullif(sa.func.regexp_extract(self.expr(expr.expr), to_re2(expr.pattern), 1), "")

    def matches(self, expr: v.Matches) -> Element:
        return sa.func.regexp_matches(self.expr(expr.expr), to_re2(expr.pattern))

    def has_other_keys(self, expr: v.HasOtherKeys) -> Element:
        doc = self.expr(expr.doc)
        keys = sa.func.json_keys(doc, json_path(expr.path)) if expr.path else sa.func.json_keys(doc)
        if not expr.declared:
            return sa.func.len(keys) > 0
        others = sa.not_(sa.func.list_has_all(_List([sa.literal(key) for key in expr.declared]), keys))
        if not expr.places:
            return others
        # Comparing counts is a third of the cost; names are compared only where there are more keys than declared
        # ones, which also holds where a document repeats a key.
        more = self.expr(v.MoreKeys(expr.doc, expr.path, expr.places))
        return sa.case((more, others), else_=sa.false())

    def more_keys(self, expr: v.MoreKeys) -> Element:
        doc = self.expr(expr.doc)
        keys = sa.func.json_keys(doc, json_path(expr.path)) if expr.path else sa.func.json_keys(doc)
        known: Element = sa.literal(0)
        for place in expr.places:
            known = known + sa.cast(self.expr(v.Exists(place)), sa.Integer)
        return sa.func.len(keys) > known

    def document(self, expr: v.Document) -> Element:
        match expr.place:
            case v.At(doc, path):
                return sa.func.json_extract(self.expr(doc), json_path(path)) if path else self.expr(doc)
            case v.Item(level):
                return _item(level)
            case v.Extracted():
                return sa.cast(self.text(expr.place), _Json)  # only asked of arrays and objects: their text is JSON
            case v.Nth(place, index):
                array = sa.case((self.kind(place) == "ARRAY", self.document(v.Document(place))))
                return sa.func.json_extract(array, f"$[{index}]")

    def any_item(self, expr: v.AnyItem) -> Element:
        items = sa.func.json_extract(self.document(v.Document(expr.place)), "$[*]")
        if expr.start:
            items = sa.func.list_slice(items, expr.start + 1, sa.literal(-1))
        failing = sa.func.len(sa.func.list_filter(items, _Lambda(expr.level, self.expr(expr.predicate)))) > 0
        return sa.case((self.kind(expr.place) == "ARRAY", failing), else_=sa.false())


def json_path(path: v.Path) -> str:
    """A path as DuckDB reads it: `$."a"."b"`, or a JSON pointer where a key would not survive the quotes.

    >>> json_path(("a", "b/c")), json_path(('x"/y',)), json_path(())
    ('$."a"."b/c"', '/x"~1y', '$')
    """
    if all(_PLAIN_KEY.fullmatch(key) for key in path):
        return "$" + "".join(f'."{key}"' for key in path)
    return "".join("/" + key.replace("~", "~0").replace("/", "~1") for key in path)


@cache
def _dialect() -> sa.Dialect:
    from duckdb_sqlalchemy import Dialect  # noqa: PLC0415 - costs time, and only scans need it

    dialect = Dialect(paramstyle="named")  # named: the other styles rewrite percent signs inside names
    dialect.identifier_preparer.legal_characters = _UNQUOTED
    return dialect


class _Json(sa.types.UserDefinedType[Any]):
    cache_ok = True

    def get_col_spec(self, **_: object) -> str:
        return "JSON"


class _HugeInt(sa.types.UserDefinedType[Any]):
    cache_ok = True

    def get_col_spec(self, **_: object) -> str:
        return "HUGEINT"


class _List(sa.sql.expression.ColumnElement[Any]):
    """`[a, b]`."""

    inherit_cache = False

    def __init__(self, items: Sequence[Element]) -> None:
        self.items = tuple(items)
        self.type = sa.types.NullType()


class _ItemOf(sa.sql.expression.ColumnElement[Any]):
    """`list[position]`, from 1."""

    inherit_cache = False

    def __init__(self, many: Element, position: int) -> None:
        self.many = many
        self.position = position
        self.type = sa.types.Text()


class _Lambda(sa.sql.expression.ColumnElement[Any]):
    """`lambda item0: …`."""

    inherit_cache = False

    def __init__(self, level: int, body: Element) -> None:
        self.level = level
        self.body = body
        self.type = sa.types.NullType()


@compiles(_List)
def _say_list(element: _List, compiler: SQLCompiler, **kw: Any) -> str:
    return f"[{', '.join(compiler.process(item, **kw) for item in element.items)}]"


@compiles(_ItemOf)
def _say_item_of(element: _ItemOf, compiler: SQLCompiler, **kw: Any) -> str:
    return f"{compiler.process(element.many, **kw)}[{element.position}]"


@compiles(_Lambda)
def _say_lambda(element: _Lambda, compiler: SQLCompiler, **kw: Any) -> str:
    return f"lambda item{element.level}: {compiler.process(element.body, **kw)}"


def _item(level: int) -> Element:
    return sa.literal_column(f"item{level}")
