"""DuckDB's way of saying the vocabulary. Regular expressions are RE2; the json extension is built in."""

import json
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
from monitor.sql.writer import SQL_TYPES, Element, Writer, total

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
_DEPTH = 5
"""Arrays and objects within an array's items that are compared as JSON."""
_MICROSECONDS_PER_HOUR = 3_600_000_000


class DuckDB(Writer):
    """DuckDB 1.3 and later."""

    engine: ClassVar[str] = "duckdb"
    blocks: ClassVar[str] = "TABLESAMPLE system({percent} PERCENT)"
    most_columns: ClassVar[int] = 900
    """Beyond them binding takes longer than reading: 1,500 rules in one statement 9 s, in three 4 s."""

    def placeholder(self, name: str) -> Element:
        # A session variable, folded to a constant before planning: a driver's parameter would import pandas (.7 s).
        return sa.func.getvariable(f"tw_{name}")

    def bind(self, name: str, moment: datetime) -> str:
        return f"SET VARIABLE tw_{name} = {self.compile(self.moment(moment))}"  # a name of ours

    def moment(self, moment: datetime) -> Element:
        text = moment.astimezone(UTC).replace(tzinfo=None).isoformat(sep=" ")
        return sa.cast(sa.literal(text), sa.TIMESTAMP)

    def timeless(self, at: Element) -> Element:
        ends: list[Element] = [sa.literal_column("'infinity'"), sa.literal_column("'-infinity'")]
        return sa.or_(at.is_(None), at.in_(ends))  # by isfinite() no partition or block would be passed over

    def compile(self, statement: sa.sql.ClauseElement) -> str:
        text = str(statement.compile(dialect=_dialect(), compile_kwargs={"literal_binds": True}))
        return text.replace("\0", "'||chr(0)||'")  # a statement ends at a NUL; names hold none, so it is in a constant

    def extract_many(self, doc: Element, paths: Sequence[v.Path]) -> tuple[Element, Element]:
        listed = _List([sa.literal(json_path(path)) for path in paths])
        return sa.func.json_extract_string(doc, listed), sa.func.json_type(doc, listed)

    def at_position(self, many: Element, position: int) -> Element:
        return _ItemOf(many, position + 1)

    def keys(self, doc: Element) -> Element:
        # As text: `sa.func.unnest` is another thing in a process where another engine's dialect is loaded.
        return sa.literal_column(f"unnest({self.compile(sa.func.json_keys(doc))})")

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

    def params(self, expr: v.Params) -> Element:
        # Written as text: a map would refuse a list that names a parameter twice; in JSON the first counts.
        listed = sa.func.coalesce(_Params(self.expr(expr.expr)), "")
        members: list[Element] = [listed]
        for key, column in expr.beside:
            items = self.expr(column)
            said = sa.func.concat(json.dumps(key) + ":", sa.cast(_WithoutNulls(items), sa.Text))
            members.append(sa.case((sa.func.len(items) > 0, said), else_=""))
        joined = sa.func.array_to_string(sa.func.list_filter(_List(members), _Lambda(0, _item(0) != "")), ",")
        return sa.cast(sa.func.concat("{", joined, "}"), _Json)

    def since_epoch(self, expr: v.SinceEpoch) -> Element:
        microseconds = {"seconds": 1_000_000, "milliseconds": 1_000, "microseconds": 1}[expr.unit]
        number = sa.try_cast(self.expr(expr.expr), sa.BigInteger)
        return sa.func.make_timestamp(number * microseconds if microseconds > 1 else number)

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
        there = [sa.cast(self.expr(v.Exists(place)), sa.Integer) for place in expr.places]
        return sa.func.len(keys) > total(there)

    # ── nested values ───────────────────────────────────────────────────────────────────────────────

    def document(self, expr: v.Document) -> Element:
        match expr.place:
            case v.At(doc, path):
                return sa.func.json_extract(self.expr(doc), json_path(path)) if path else self.expr(doc)
            case v.Item(level):
                return _item(level)
            case v.Extracted():
                # The text of an array or object is JSON; that of a string mostly is none, or means something else.
                return sa.case((self.kind(expr.place).in_(("ARRAY", "OBJECT")), self._as_json(expr.place)))
            case v.Nth(place, index):
                array = sa.case((self.kind(place) == "ARRAY", self._inner(place)))
                return sa.func.json_extract(array, f"$[{index}]")

    def member_name(self, expr: v.MemberName) -> Element:
        return sa.literal_column(f"member{expr.level}[1]")

    def item_count(self, expr: v.ItemCount) -> Element:
        return sa.case((self.kind(expr.place) == "ARRAY", sa.func.json_array_length(self._inner(expr.place))))

    def key_count(self, expr: v.KeyCount) -> Element:
        keys = sa.func.list_distinct(sa.func.json_keys(self._inner(expr.place)))
        return sa.case((self.kind(expr.place) == "OBJECT", sa.func.len(keys)))

    def any_item(self, expr: v.AnyItem) -> Element:
        items = self._items(expr.place)
        if expr.start:
            items = sa.func.list_slice(items, expr.start + 1, sa.literal(-1))
        failing = sa.func.len(sa.func.list_filter(items, _Lambda(expr.level, self.expr(expr.predicate)))) > 0
        return sa.case((self.kind(expr.place) == "ARRAY", failing), else_=sa.false())

    def count_items(self, expr: v.CountItems) -> Element:
        found = sa.func.list_filter(self._items(expr.place), _Lambda(expr.level, self.expr(expr.predicate)))
        return sa.case((self.kind(expr.place) == "ARRAY", sa.func.len(found)))

    def any_member(self, expr: v.AnyMember) -> Element:
        doc, level = self._inner(expr.place), expr.level
        members = sa.func.list_zip(sa.func.json_keys(doc), sa.func.json_extract(doc, "$.*"))
        # A list of one binds the member's value to the name that items have.
        value = _List([sa.literal_column(f"member{level}[2]")])
        one = sa.func.len(sa.func.list_filter(value, _Lambda(level, self.expr(expr.predicate)))) > 0
        failing = sa.func.len(sa.func.list_filter(members, _Lambda(level, one, "member"))) > 0
        return sa.case((self.kind(expr.place) == "OBJECT", failing), else_=sa.false())

    def repeats(self, expr: v.Repeats) -> Element:
        items = self._items(expr.place)
        alike = sa.func.list_transform(items, _Lambda(0, sa.literal_column(_alike(_DEPTH)), "same"))
        fewer = sa.func.len(sa.func.list_distinct(alike)) < sa.func.len(items)
        return sa.case((self.kind(expr.place) == "ARRAY", fewer), else_=sa.false())

    def multiple_of(self, expr: v.MultipleOf) -> Element:
        text = self.expr(expr.expr)
        whole, _, fraction = expr.divisor.partition(".")
        scale, steps = len(fraction), int(whole + fraction)
        return _MultipleOf(text, scale, steps, expr.divisor)

    def _inner(self, place: v.Place) -> Element:
        """The array or object at a place, where its kind is known to be one."""
        return self._as_json(place) if isinstance(place, v.Extracted) else self.expr(v.Document(place))

    def _as_json(self, place: v.Place) -> Element:
        return sa.try_cast(self.text(place), _Json)

    def _items(self, place: v.Place) -> Element:
        return sa.func.json_extract(self._inner(place), "$[*]")


def json_path(path: v.Path) -> str:
    """A path as DuckDB reads it: a JSON pointer, which costs two thirds of `$."a"` (it is read anew for every row).

    A key of digits would name an item of an array in a pointer: it stands in quotes.

    >>> json_path(("a", "b/c")), json_path(("a", "0")), json_path(())
    ('/a/b~1c', '$."a"."0"', '$')
    """
    if not path or (any(key.isdigit() for key in path) and all(_PLAIN_KEY.fullmatch(key) for key in path)):
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

    def __init__(self, level: int, body: Element, word: str = "item") -> None:
        self.name = f"{word}{level}"
        self.body = body
        self.type = sa.types.NullType()


class _MultipleOf(sa.sql.expression.ColumnElement[Any]):
    """A number's text is a whole multiple of `steps` steps of ten to the minus `scale`."""

    inherit_cache = False

    def __init__(self, text: Element, scale: int, steps: int, divisor: str) -> None:
        self.text, self.scale, self.steps, self.divisor = text, scale, steps, divisor
        self.type = sa.types.Boolean()


@compiles(_MultipleOf)
def _say_multiple_of(element: _MultipleOf, compiler: SQLCompiler, **kw: Any) -> str:
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


class _Params(sa.sql.expression.ColumnElement[Any]):
    """The members `"key":value` of a list of parameters, joined by commas."""

    inherit_cache = False

    def __init__(self, many: Element) -> None:
        self.many = many
        self.type = sa.types.Text()


class _WithoutNulls(sa.sql.expression.ColumnElement[Any]):
    """A list of structs as JSON without the fields that are NULL."""

    inherit_cache = False

    def __init__(self, many: Element) -> None:
        self.many = many
        self.type = sa.types.NullType()


@cache
def _alike(depth: int) -> str:
    """The canonical text of the JSON value `same{n}`, where {n} is how deep it stands: equal values, equal texts.

    Numbers are equal by value, objects whatever the order of their keys; beyond the depth texts are compared.
    """
    n = _DEPTH - depth
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
    each = f"list_transform({inside}, lambda {below}, at{n}: concat({key}, ':', {_alike(depth - 1)}))"
    return (
        f"CASE WHEN json_type({it}) IN ('ARRAY', 'OBJECT') "
        f"THEN concat(json_type({it}), '(', array_to_string(list_sort({each}), ','), ')') "
        f"ELSE CASE json_type({it}) {scalar} ELSE CAST({it} AS VARCHAR) END END"
    )


@compiles(_Params)
def _say_params(element: _Params, compiler: SQLCompiler, **kw: Any) -> str:
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


@compiles(_WithoutNulls)
def _say_without_nulls(element: _WithoutNulls, compiler: SQLCompiler, **kw: Any) -> str:
    many = compiler.process(element.many, **kw)
    return f"to_json(list_transform({many}, lambda i: json_merge_patch('{{}}', to_json(i))))"


@compiles(_List)
def _say_list(element: _List, compiler: SQLCompiler, **kw: Any) -> str:
    return f"[{', '.join(compiler.process(item, **kw) for item in element.items)}]"


@compiles(_ItemOf)
def _say_item_of(element: _ItemOf, compiler: SQLCompiler, **kw: Any) -> str:
    return f"{compiler.process(element.many, **kw)}[{element.position}]"


@compiles(_Lambda)
def _say_lambda(element: _Lambda, compiler: SQLCompiler, **kw: Any) -> str:
    return f"lambda {element.name}: {compiler.process(element.body, **kw)}"


def _item(level: int) -> Element:
    return sa.literal_column(f"item{level}")
