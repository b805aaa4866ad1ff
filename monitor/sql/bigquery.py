"""BigQuery's way of saying the vocabulary: GoogleSQL. Regular expressions are RE2; documents are of the type JSON.

A path that JSONPath cannot spell (a key with a quote or a backslash) is read by subscripts. JSON numbers are 64 bits
wide here: what a document held beyond them was rounded when it became JSON, by BigQuery or by `PARSE_JSON`.

Source: https://cloud.google.com/bigquery/docs/reference/standard-sql/json_functions
"""

import re
from collections.abc import Sequence
from datetime import UTC, datetime
from functools import cache
from typing import Any, ClassVar

import sqlalchemy as sa
from sqlalchemy.sql.functions import Function  # not sa.func: other dialects put their own words there, for all

from monitor.catalog import Family
from monitor.sql import vocabulary as v
from monitor.sql.regex import to_re2
from monitor.sql.spelling import Compiler, Preparer, Spelling
from monitor.sql.words import Words
from monitor.sql.writer import Element, Writer

_PLAIN_KEY = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
_UNSPEAKABLE = re.compile(r'["\\\x00-\x1f]')
"""What a key in a JSONPath's quotes cannot hold."""
_SPELLED = {"\\": "\\\\", "\n": "\\n", "\r": "\\r", "\0": "\\000"}
_LARGEST = 2**63
_BEYOND_64_BITS = 1.8e19
"""From it on a whole number of a document has become a float."""
_WHOLE_FRACTION = r"([:,\[]|^)(-?[0-9]+)\.0([,\]}]|$)"
"""A whole number that JSON has as a float, in JSON text."""
_TYPES: dict[Family, str] = {
    Family.TEXT: "STRING", Family.INTEGER: "INT64", Family.NUMBER: "FLOAT64", Family.BOOLEAN: "BOOL",
    Family.TIMESTAMP: "TIMESTAMP", Family.DATE: "DATE",
}  # fmt: skip
_SINCE_EPOCH = {"seconds": "TIMESTAMP_SECONDS", "milliseconds": "TIMESTAMP_MILLIS", "microseconds": "TIMESTAMP_MICROS"}


class BigQuery(Writer):
    """GoogleSQL, as BigQuery has it."""

    engine: ClassVar[str] = "bigquery"

    def placeholder(self, name: str) -> Element:
        return sa.literal_column(f"@tw_{name}")

    def bind(self, name: str, moment: datetime) -> str:
        del name, moment
        return ""  # the job carries its parameters

    def moment(self, moment: datetime) -> Element:
        # A text without a type fits columns of TIMESTAMP (whose zone is UTC) and of DATETIME (which have none).
        return sa.literal(bound(moment))

    def timeless(self, at: Element) -> Element:
        return at.is_(None)

    def compile(self, statement: sa.sql.ClauseElement) -> str:
        return str(statement.compile(dialect=_dialect(), compile_kwargs={"literal_binds": True}))

    def extract_many(self, doc: Element, paths: Sequence[v.Path]) -> tuple[Element, Element]:
        texts = [_text(_at(doc, path), _scalar(doc, path)) for path in paths]
        kinds = [sa.func.JSON_TYPE(_at(doc, path)) for path in paths]
        return _listed(texts), _listed(kinds)

    def at_position(self, many: Element, position: int) -> Element:
        return Words(many, f"[SAFE_OFFSET({position})]")

    def keys(self, doc: Element) -> Element:
        return _name(Function("UNNEST", _keys(doc)).column_valued("tw_each"))

    # ── documents ───────────────────────────────────────────────────────────────────────────────────

    def value(self, place: v.Place) -> Element:
        """The JSON value at a place; NULL where it is absent."""
        match place:
            case v.At(doc, path):
                return _at(self.expr(doc), path)
            case v.Extracted(position):
                text, kind = self._extracted(position)  # a text may look like an array, and is none
                return sa.case((kind.in_(("array", "object")), _parsed(text)))
            case v.Item(level):
                return _item(level)
            case v.Nth(inner, index):
                return _nth(_items(self.value(inner)), index)

    def text(self, place: v.Place) -> Element:
        match place:
            case v.Extracted(position):
                return self._extracted(position)[0]
            case v.At(doc, path):
                return _text(self.value(place), _scalar(self.expr(doc), path))
            case _:
                value = self.value(place)
                return _text(value, sa.func.JSON_VALUE(value))

    def kind(self, place: v.Place) -> Element:
        if isinstance(place, v.Extracted):
            return self._extracted(place.position)[1]
        return sa.func.JSON_TYPE(self.value(place))

    def is_kind(self, expr: v.Is) -> Element:
        kind = self.kind(expr.place)
        words = tuple(dict.fromkeys("number" if name == "integer" else name for name in expr.kinds))
        among = kind == words[0] if len(words) == 1 else kind.in_(words)
        if "integer" not in expr.kinds or "number" in expr.kinds:
            return among
        text = self.expr(v.Text(expr.place))
        number = _cast(text, "FLOAT64", safe=True)
        whole = number == sa.func.FLOOR(number)
        if not expr.loose:
            digits = sa.not_(sa.func.REGEXP_CONTAINS(text, "[.eE]"))
            whole = sa.or_(digits, sa.and_(whole, sa.func.ABS(number) >= sa.literal_column(repr(_BEYOND_64_BITS))))
        return sa.case((kind == "number", sa.func.COALESCE(whole, sa.false())), else_=among)

    def document(self, expr: v.Document) -> Element:
        return self.value(expr.place)

    def parsed(self, expr: v.Parsed) -> Element:
        return _parsed(self.expr(expr.expr))

    def unwrapped(self, expr: v.Unwrapped) -> Element:
        doc = self.expr(expr.doc)
        once, twice = _items(doc), _items(_nth(_items(doc), 0))
        inner = sa.case((sa.func.ARRAY_LENGTH(twice) == 1, _nth(twice, 0)), else_=_nth(once, 0))
        return sa.case((sa.func.ARRAY_LENGTH(once) == 1, inner), else_=doc)

    def params(self, expr: v.Params) -> Element:
        """`{key: value, …}` as text, then JSON: no function makes an object of keys that rows hold, NULLs and all."""
        fields = ("string_value", "int_value", "float_value", "double_value")
        said = (f"CASE WHEN tw_p.value.{f} IS NOT NULL THEN TO_JSON_STRING(tw_p.value.{f}) END" for f in fields)
        values = list(said)
        member = f"CONCAT(TO_JSON_STRING(tw_p.key), ':', COALESCE({', '.join(values)}, 'null'))"
        listed = Words("(SELECT STRING_AGG(", member, ", ',') FROM UNNEST(", self.expr(expr.expr), ") AS tw_p)")
        parts: list[Element] = [listed]
        for key, column in expr.beside:
            items = self.expr(column)
            written = sa.func.TO_JSON_STRING(sa.func.JSON_STRIP_NULLS(sa.func.TO_JSON(items)))
            pair = sa.func.CONCAT(sa.func.TO_JSON_STRING(sa.literal(key)), ":", written)
            parts.append(sa.case((sa.func.ARRAY_LENGTH(items) > 0, pair)))
        joined = sa.func.COALESCE(sa.func.ARRAY_TO_STRING(_listed(parts), ","), "")  # NULLs are left out
        return _parsed(sa.func.CONCAT("{", joined, "}"))

    def has_other_keys(self, expr: v.HasOtherKeys) -> Element:
        keys = _keys(_at(self.expr(expr.doc), expr.path))
        if not expr.declared:
            return sa.func.ARRAY_LENGTH(keys) > 0
        name = _name(sa.literal_column("tw_key"))
        others = Words("EXISTS(SELECT 1 FROM UNNEST(", keys, ") AS tw_key WHERE ", name.not_in(expr.declared), ")")
        if not expr.places:
            return others
        more = self.expr(v.MoreKeys(expr.doc, expr.path, expr.places))
        return sa.case((more, others), else_=sa.false())

    def more_keys(self, expr: v.MoreKeys) -> Element:
        known: Element = sa.literal(0)
        for place in expr.places:
            known = known + sa.case((self.kind(place).is_not(None), 1), else_=0)
        return sa.func.ARRAY_LENGTH(_keys(_at(self.expr(expr.doc), expr.path))) > known

    # ── nested values ───────────────────────────────────────────────────────────────────────────────

    def member_name(self, expr: v.MemberName) -> Element:
        return _name(sa.literal_column(f"tw_name{expr.level}"))

    def item_count(self, expr: v.ItemCount) -> Element:
        return sa.func.ARRAY_LENGTH(_items(self.value(expr.place)))

    def key_count(self, expr: v.KeyCount) -> Element:
        value = self.value(expr.place)
        return sa.case((sa.func.JSON_TYPE(value) == "object", sa.func.ARRAY_LENGTH(_keys(value))))

    def any_item(self, expr: v.AnyItem) -> Element:
        return Words("EXISTS(SELECT 1 ", *self._each(expr.place, expr.level, expr.predicate, expr.start), ")")

    def count_items(self, expr: v.CountItems) -> Element:
        counted = Words("(SELECT COUNT(*) ", *self._each(expr.place, expr.level, expr.predicate, 0), ")")
        return sa.case((self.kind(expr.place) == "array", counted))

    def _each(self, place: v.Place, level: int, predicate: v.Expr, start: int) -> list[str | Element]:
        failing: list[str | Element] = [f" WHERE tw_at{level} >= {start} AND (", self.expr(predicate), ")"]
        at = f") AS tw_item{level} WITH OFFSET AS tw_at{level}"
        return ["FROM UNNEST(", _items(self.value(place)), at, *failing]

    def any_member(self, expr: v.AnyMember) -> Element:
        value = self.value(expr.place)
        name = f"tw_name{expr.level}"
        member = Words("(SELECT ", _subscript(value, _name(sa.literal_column(name))), ")")
        unnested: list[str | Element] = ["FROM UNNEST(", _keys(value), f") AS {name}, UNNEST([", member, "])"]
        return Words("EXISTS(SELECT 1 ", *unnested, f" AS tw_item{expr.level} WHERE ", self.expr(expr.predicate), ")")

    def repeats(self, expr: v.Repeats) -> Element:
        # Members come in the order of their names, whatever the document's: BigQuery's JSON keeps none.
        text: Element = sa.func.TO_JSON_STRING(sa.literal_column("tw_one"))
        for _ in range(2):  # neighbours share a comma
            text = sa.func.REGEXP_REPLACE(text, _WHOLE_FRACTION, r"\1\2\3")
        counted = Words(
            "(SELECT COUNT(*) > COUNT(DISTINCT ", text, ") FROM UNNEST(", _items(self.value(expr.place)), ")"
        )
        return Words(counted, " AS tw_one)")

    # ── texts, numbers, times ───────────────────────────────────────────────────────────────────────

    def try_cast(self, expr: v.TryCast) -> Element:
        if expr.family not in _TYPES:
            return self._unsayable(expr)
        return _cast(self.expr(expr.expr), _TYPES[expr.family], safe=expr.family is not Family.TEXT)

    def whole(self, expr: v.Whole) -> Element:
        return sa.func.ROUND(_cast(self.expr(expr.expr), "BIGNUMERIC", safe=True))  # of 76 digits, 38 before the point

    def multiple_of(self, expr: v.MultipleOf) -> Element:
        text = self.expr(expr.expr)
        number = _cast(text, "BIGNUMERIC", safe=True)
        divided = sa.func.MOD(number, Words("BIGNUMERIC ", sa.literal(expr.divisor))) == 0
        # A fraction of more than 38 digits was rounded: what is left of it may be 0.
        lost = sa.and_(number == 0, _cast(text, "FLOAT64", safe=True) != 0)
        return sa.case((lost, sa.false()), else_=divided)

    def length(self, expr: v.Length) -> Element:
        return sa.func.CHAR_LENGTH(self.expr(expr.expr))

    def split_part(self, expr: v.SplitPart) -> Element:
        text = self.expr(expr.expr)
        part = Words(sa.func.SPLIT(text, expr.separator), f"[SAFE_OFFSET({expr.index - 1})]")
        return sa.case((text.is_not(None), sa.func.COALESCE(part, "")))

    def captured(self, expr: v.Captured) -> Element:
        return sa.func.NULLIF(sa.func.REGEXP_EXTRACT(self.expr(expr.expr), one_group(to_re2(expr.pattern))), "")

    def matches(self, expr: v.Matches) -> Element:
        return sa.func.REGEXP_CONTAINS(self.expr(expr.expr), to_re2(expr.pattern))

    def epoch_hour(self, expr: v.EpochHour) -> Element:
        seconds = sa.func.UNIX_SECONDS(_cast(self.expr(expr.expr), "TIMESTAMP"))  # DATETIME becomes UTC
        return _cast(sa.func.FLOOR(Words("(", seconds, " / 3600)")), "INT64")

    def since_epoch(self, expr: v.SinceEpoch) -> Element:
        number = _cast(self.expr(expr.expr), "INT64", safe=True)
        return Words(f"SAFE.{_SINCE_EPOCH[expr.unit]}(", number, ")")


def bound(moment: datetime) -> str:
    """A moment (aware) as a parameter's value.

    >>> bound(datetime(2026, 6, 1, 10, tzinfo=UTC))
    '2026-06-01 10:00:00'
    """
    return moment.astimezone(UTC).replace(tzinfo=None).isoformat(sep=" ")


def json_path(path: v.Path) -> str:
    """A path of keys that quotes can hold, as JSONPath.

    >>> json_path(("a", "b c", "d.e")), json_path(())
    ('$.a."b c"."d.e"', '$')
    """
    return "$" + "".join(f".{key}" if _PLAIN_KEY.fullmatch(key) else f'."{key}"' for key in path)


def one_group(pattern: str) -> str:
    r"""RE2's spelling with its first group alone capturing: `REGEXP_EXTRACT` takes no more.

    >>> print(one_group(r"\((a)(b)(?:c)"))
    \((a)(?:b)(?:c)
    """
    said, seen = "", False
    for part in re.findall(r"\\.|\(\?P<\w+>|\(\?:|.", pattern, re.DOTALL):
        opens = part == "(" or part.startswith("(?P<")
        said += ("(?:" if seen else "(") if opens else part
        seen = seen or opens
    return said


def _parsed(text: Element) -> Element:
    # SAFE: what is no JSON, or holds a number that no float is near, is NULL.
    return Words("SAFE.PARSE_JSON(", text, ", wide_number_mode => 'round')")


def _speakable(path: v.Path) -> bool:
    return all(key and not _UNSPEAKABLE.search(key) for key in path)


def _at(doc: Element, path: v.Path) -> Element:
    if not path:
        return doc
    if _speakable(path):
        return sa.func.JSON_QUERY(doc, json_path(path))
    for key in path:
        doc = _subscript(doc, sa.literal(key))
    return doc


def _scalar(doc: Element, path: v.Path) -> Element:
    return sa.func.JSON_VALUE(doc, json_path(path)) if _speakable(path) else sa.func.JSON_VALUE(_at(doc, path))


def _text(value: Element, scalar: Element) -> Element:
    held = sa.func.JSON_TYPE(value).in_(("array", "object"))
    return sa.func.COALESCE(scalar, sa.case((held, sa.func.TO_JSON_STRING(value))))


def _subscript(value: Element, key: Element) -> Element:
    return Words(value, "[", key, "]")


def _items(value: Element) -> Element:
    return sa.case((sa.func.JSON_TYPE(value) == "array", sa.func.JSON_QUERY_ARRAY(value)))


def _nth(items: Element, index: int) -> Element:
    return Words(items, f"[SAFE_OFFSET({index})]")


def _keys(value: Element) -> Element:
    return sa.func.JSON_KEYS(value, 1)


def _name(key: Element) -> Element:
    """A key as it is: `JSON_KEYS` puts those with special characters in quotes."""
    quoted = sa.and_(sa.func.STARTS_WITH(key, '"'), sa.func.ENDS_WITH(key, '"'), sa.func.CHAR_LENGTH(key) > 1)
    inside = sa.func.SUBSTR(key, 2, sa.func.CHAR_LENGTH(key) - 2)
    return sa.case((quoted, sa.func.REPLACE(inside, '\\"', '"')), else_=key)


def _item(level: int) -> Element:
    return sa.literal_column(f"tw_item{level}")


def _listed(items: Sequence[Element]) -> Element:
    parts: list[str | Element] = []
    for item in items:
        parts += [", ", item] if parts else [item]
    return Words("[", *parts, "]")


def _cast(value: Element, native: str, *, safe: bool = False) -> Element:
    return Words("SAFE_CAST(" if safe else "CAST(", value, f" AS {native})")


class _Preparer(Preparer):
    escapes: ClassVar = {**_SPELLED, "`": "\\`"}

    def __init__(self, dialect: sa.Dialect) -> None:
        super().__init__(dialect, initial_quote="`")


class _Compiler(Compiler):
    escapes: ClassVar = {**_SPELLED, "'": "\\'"}

    def render_literal_value(self, value: Any, type_: sa.types.TypeEngine[Any]) -> str:
        """A number beyond 64 bits is refused as it stands."""
        if isinstance(value, int) and not -_LARGEST <= value < _LARGEST:
            return f"BIGNUMERIC '{value}'"
        return super().render_literal_value(value, type_)


class _Spelling(Spelling):
    name = "bigquery"
    preparer: Any = _Preparer
    statement_compiler = _Compiler


@cache
def _dialect() -> sa.Dialect:
    return _Spelling()
