"""BigQuery's way of saying the vocabulary: GoogleSQL. Regular expressions are RE2; documents are of the type JSON.

What is said of documents stands in monitor/sql/bigquery_json.py.

Source: https://cloud.google.com/bigquery/docs/reference/standard-sql
"""

import re
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any, ClassVar

import sqlalchemy as sa
from sqlalchemy.sql.compiler import GenericTypeCompiler
from sqlalchemy.sql.functions import Function  # not sa.func: other dialects put their own words there, for all

from monitor.catalog import Family
from monitor.sql import bigquery_json as docs
from monitor.sql import vocabulary as v
from monitor.sql.regex import to_re2
from monitor.sql.spelling import Compiler, Preparer, Spelling
from monitor.sql.spoken import Spoken, cast, item, listed
from monitor.sql.words import Words
from monitor.sql.writer import Element

_SPELLED = {"\\": "\\\\", "\n": "\\n", "\r": "\\r", "\0": "\\000"}
_LARGEST = 2**63
_BEYOND_64_BITS = 1.8e19
"""From it on a whole number of a document has become a float."""
_TYPES: dict[Family, str] = {
    Family.INTEGER: "INT64", Family.NUMBER: "FLOAT64", Family.BOOLEAN: "BOOL",
    Family.TIMESTAMP: "TIMESTAMP", Family.DATE: "DATE",
}  # fmt: skip
_SINCE_EPOCH = {"seconds": "TIMESTAMP_SECONDS", "milliseconds": "TIMESTAMP_MILLIS", "microseconds": "TIMESTAMP_MICROS"}
_SAFE = "SAFE_CAST"
_PSEUDO = frozenset({"_PARTITIONTIME", "_PARTITIONDATE"})
"""No table's own columns: they are written as they are documented, without quotes."""


class _Preparer(Preparer):
    sign: ClassVar = "`"
    escapes: ClassVar = {**_SPELLED, "`": "\\`"}

    def _requires_quotes(self, value: str) -> bool:
        return value not in _PSEUDO and super()._requires_quotes(value)


class _Compiler(Compiler):
    escapes: ClassVar = {**_SPELLED, "'": "\\'"}

    def render_literal_value(self, value: Any, type_: sa.types.TypeEngine[Any]) -> str:
        """A number beyond 64 bits is refused as it stands."""
        if isinstance(value, int) and not -_LARGEST <= value < _LARGEST:
            return f"BIGNUMERIC '{value}'"
        return super().render_literal_value(value, type_)


class _Types(GenericTypeCompiler):
    """What statements about counted rows cast to: BigQuery calls no type as SQLAlchemy does."""

    def visit_BIGINT(self, type_: Any, **kw: Any) -> str:  # noqa: N802, ARG002 - SQLAlchemy's own names
        return "INT64"

    def visit_DOUBLE(self, type_: Any, **kw: Any) -> str:  # noqa: N802, ARG002 - as above
        return "FLOAT64"

    def visit_TEXT(self, type_: Any, **kw: Any) -> str:  # noqa: N802, ARG002 - as above
        return "STRING"


class _Spelling(Spelling):
    name = "bigquery"
    type_compiler_cls = _Types
    preparer = _Preparer
    statement_compiler = _Compiler


class BigQuery(Spoken):
    """GoogleSQL, as BigQuery has it."""

    engine: ClassVar[str] = "bigquery"
    chance: ClassVar[str] = "RAND()"
    blocks: ClassVar[str] = "TABLESAMPLE SYSTEM ({percent} PERCENT)"
    spelling: ClassVar[Spelling] = _Spelling()

    def placeholder(self, name: str) -> Element:
        return sa.literal_column(f"@tw_{name}")

    def moment(self, moment: datetime) -> Element:
        # A text without a type fits columns of TIMESTAMP (whose zone is UTC) and of DATETIME (which have none).
        return sa.literal(bound(moment))

    def extract_many(self, doc: Element, paths: Sequence[v.Path]) -> tuple[Element, Element]:
        """A document that is not landed as one is read once for all paths, as the only row of a table of its own."""
        whole = doc if isinstance(doc, sa.ColumnClause) else sa.literal_column("tw_doc")
        texts = listed([docs.text(docs.at(whole, path), docs.scalar(whole, path)) for path in paths])
        kinds = listed([sa.func.JSON_TYPE(docs.at(whole, path)) for path in paths])
        if whole is doc:
            return texts, kinds
        return _once(texts, doc), _once(kinds, doc)

    def at_position(self, many: Element, position: int) -> Element:
        return docs.nth(many, position)

    def keys(self, doc: Element) -> Element:
        return docs.name(Function("UNNEST", docs.keys(doc)).column_valued("tw_each"))

    # ── documents ───────────────────────────────────────────────────────────────────────────────────

    def value(self, place: v.Place) -> Element:
        """The JSON value at a place; NULL where it is absent."""
        match place:
            case v.At(doc, path):
                return docs.at(self.expr(doc), path)
            case v.Extracted(position):
                text, kind = self._extracted(position)  # a text may look like an array, and is none
                return sa.case((kind.in_(("array", "object")), docs.parsed(text)))
            case v.Item(level):
                return item(level)
            case v.Nth(inner, index):
                return docs.nth(docs.items(self.value(inner)), index)

    def text(self, place: v.Place) -> Element:
        match place:
            case v.Extracted(position):
                return self._extracted(position)[0]
            case v.At(doc, path):
                return docs.text(self.value(place), docs.scalar(self.expr(doc), path))
            case _:
                value = self.value(place)
                return docs.text(value, sa.func.JSON_VALUE(value))

    def kind(self, place: v.Place) -> Element:
        if isinstance(place, v.Extracted):
            return self._extracted(place.position)[1]
        return sa.func.JSON_TYPE(self.value(place))

    def is_kind(self, expr: v.Is) -> Element:
        text = self.expr(v.Text(expr.place))
        number = cast(text, "FLOAT64", how=_SAFE)
        whole = number == sa.func.FLOOR(number)
        if not expr.loose:
            digits = sa.not_(sa.func.REGEXP_CONTAINS(text, "[.eE]"))
            whole = sa.or_(digits, sa.and_(whole, sa.func.ABS(number) >= sa.literal_column(repr(_BEYOND_64_BITS))))
        return self.among(expr, whole)

    def document(self, expr: v.Document) -> Element:
        return self.value(expr.place)

    def parsed(self, expr: v.Parsed) -> Element:
        said = self.expr(expr.expr)
        return docs.read(said) if isinstance(expr.expr, v.Column) else docs.parsed(said)

    def unwrapped(self, expr: v.Unwrapped) -> Element:
        doc = self.expr(expr.doc)
        once, twice = docs.items(doc), docs.items(docs.nth(docs.items(doc), 0))
        inner = sa.case((sa.func.ARRAY_LENGTH(twice) == 1, docs.nth(twice, 0)), else_=docs.nth(once, 0))
        return sa.case((sa.func.ARRAY_LENGTH(once) == 1, inner), else_=doc)

    def params(self, expr: v.Params) -> Element:
        """`{key: value, …}` as text, then JSON: no function makes an object of keys that rows hold, NULLs and all."""
        fields = ("string_value", "int_value", "float_value", "double_value")
        values = [f"CASE WHEN tw_p.value.{f} IS NOT NULL THEN TO_JSON_STRING(tw_p.value.{f}) END" for f in fields]
        member = f"CONCAT(TO_JSON_STRING(tw_p.key), ':', COALESCE({', '.join(values)}, 'null'))"
        named = Words("(SELECT STRING_AGG(", member, ", ',') FROM UNNEST(", self.expr(expr.expr), ") AS tw_p)")
        parts: list[Element] = [named]
        for key, column in expr.beside:
            items = self.expr(column)
            written = sa.func.TO_JSON_STRING(sa.func.JSON_STRIP_NULLS(sa.func.TO_JSON(items)))
            pair = sa.func.CONCAT(sa.func.TO_JSON_STRING(sa.literal(key)), ":", written)
            parts.append(sa.case((sa.func.ARRAY_LENGTH(items) > 0, pair)))
        joined = sa.func.COALESCE(sa.func.ARRAY_TO_STRING(listed(parts), ","), "")  # NULLs are left out
        return docs.parsed(sa.func.CONCAT("{", joined, "}"))

    def has_other_keys(self, expr: v.HasOtherKeys) -> Element:
        keys = docs.keys(docs.at(self.expr(expr.doc), expr.path))
        if not expr.declared:
            return sa.func.ARRAY_LENGTH(keys) > 0
        name = docs.name(sa.literal_column("tw_key"))
        others = Words("EXISTS(SELECT 1 FROM UNNEST(", keys, ") AS tw_key WHERE ", name.not_in(expr.declared), ")")
        if not expr.places:
            return others
        more = self.expr(v.MoreKeys(expr.doc, expr.path, expr.places))
        return sa.case((more, others), else_=sa.false())

    def more_keys(self, expr: v.MoreKeys) -> Element:
        return sa.func.ARRAY_LENGTH(docs.keys(docs.at(self.expr(expr.doc), expr.path))) > self.present(expr.places)

    # ── nested values ───────────────────────────────────────────────────────────────────────────────

    def member_name(self, expr: v.MemberName) -> Element:
        return docs.name(sa.literal_column(f"tw_name{expr.level}"))

    def item_count(self, expr: v.ItemCount) -> Element:
        return sa.func.ARRAY_LENGTH(docs.items(self.value(expr.place)))

    def key_count(self, expr: v.KeyCount) -> Element:
        value = self.value(expr.place)
        return sa.case((sa.func.JSON_TYPE(value) == "object", sa.func.ARRAY_LENGTH(docs.keys(value))))

    def any_item(self, expr: v.AnyItem) -> Element:
        return Words("EXISTS(SELECT 1 ", *self._each(expr.place, expr.level, expr.predicate, expr.start), ")")

    def count_items(self, expr: v.CountItems) -> Element:
        counted = Words("(SELECT COUNT(*) ", *self._each(expr.place, expr.level, expr.predicate, 0), ")")
        return sa.case((self.kind(expr.place) == "array", counted))

    def _each(self, place: v.Place, level: int, predicate: v.Expr, start: int) -> list[str | Element]:
        failing: list[str | Element] = [f" WHERE tw_at{level} >= {start} AND (", self.expr(predicate), ")"]
        at = f") AS tw_item{level} WITH OFFSET AS tw_at{level}"
        return ["FROM UNNEST(", docs.items(self.value(place)), at, *failing]

    def any_member(self, expr: v.AnyMember) -> Element:
        value = self.value(expr.place)
        name = f"tw_name{expr.level}"
        member = Words("(SELECT ", docs.subscript(value, docs.name(sa.literal_column(name))), ")")
        unnested: list[str | Element] = ["FROM UNNEST(", docs.keys(value), f") AS {name}, UNNEST([", member, "])"]
        return Words("EXISTS(SELECT 1 ", *unnested, f" AS tw_item{expr.level} WHERE ", self.expr(expr.predicate), ")")

    def repeats(self, expr: v.Repeats) -> Element:
        text = docs.canonical(sa.literal_column("tw_one"))
        items = docs.items(self.value(expr.place))
        return Words("(SELECT COUNT(*) > COUNT(DISTINCT ", text, ") FROM UNNEST(", items, ") AS tw_one)")

    # ── texts, numbers, times ───────────────────────────────────────────────────────────────────────

    def try_cast(self, expr: v.TryCast) -> Element:
        inner = self.expr(expr.expr)
        if expr.family is Family.TEXT:
            return cast(inner, "STRING")
        if expr.family not in _TYPES:
            return self._unsayable(expr)
        if expr.family is Family.DATE:  # no day is before the year 1; the year 0 of RFC 3339 has the days of 400
            inner = sa.func.REGEXP_REPLACE(cast(inner, "STRING"), "^0000", "0400")
        return cast(inner, _TYPES[expr.family], how=_SAFE)

    def whole(self, expr: v.Whole) -> Element:
        return sa.func.ROUND(cast(self.expr(expr.expr), "BIGNUMERIC", how=_SAFE))  # of 76 digits, 38 before the point

    def multiple_of(self, expr: v.MultipleOf) -> Element:
        text = self.expr(expr.expr)
        number = cast(text, "BIGNUMERIC", how=_SAFE)
        divided = sa.func.MOD(number, Words("BIGNUMERIC ", sa.literal(expr.divisor))) == 0
        # A fraction of more than 38 digits was rounded: what is left of it may be 0.
        lost = sa.and_(number == 0, cast(text, "FLOAT64", how=_SAFE) != 0)
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
        seconds = sa.func.UNIX_SECONDS(cast(self.expr(expr.expr), "TIMESTAMP"))  # DATETIME becomes UTC
        return cast(sa.func.FLOOR(Words("(", seconds, " / 3600)")), "INT64")

    def since_epoch(self, expr: v.SinceEpoch) -> Element:
        number = cast(self.expr(expr.expr), "INT64", how=_SAFE)
        return Words(f"SAFE.{_SINCE_EPOCH[expr.unit]}(", number, ")")


def bound(moment: datetime) -> str:
    """A moment (aware) as a parameter's value.

    >>> bound(datetime(2026, 6, 1, 10, tzinfo=UTC))
    '2026-06-01 10:00:00'
    """
    return moment.astimezone(UTC).replace(tzinfo=None).isoformat(sep=" ")


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


def _once(many: Element, doc: Element) -> Element:
    return Words("(SELECT ", many, " FROM UNNEST([", doc, "]) AS tw_doc)")
