"""Snowflake's way of saying the vocabulary. Documents are VARIANT; every name is quoted, so that its case counts.

A VARIANT holds `1.0` as a NUMBER(2, 1), what has an exponent as a double: its text tells no exponent. Items of arrays
are asked by `FILTER`: correlated subqueries over FLATTEN are restricted.

Source: https://docs.snowflake.com/en/sql-reference/functions-semistructured
"""

from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from decimal import Decimal
from fractions import Fraction
from typing import Any, ClassVar

import sqlalchemy as sa
from sqlalchemy.sql.functions import Function  # not sa.func: other dialects put their own words there, for all

from monitor.catalog import Family
from monitor.sql import vocabulary as v
from monitor.sql.elements import among
from monitor.sql.regex_posix import first_group, to_posix
from monitor.sql.regex_tree import NoSuchSetError
from monitor.sql.spelling import Compiler, Spelling
from monitor.sql.spoken import Spoken, cast, item
from monitor.sql.words import Words
from monitor.sql.writer import Element, Unsayable

_NUMBERS = ("INTEGER", "DECIMAL", "DOUBLE")
_KINDS: dict[v.JsonKind, tuple[str, ...]] = {
    "null": ("NULL_VALUE",),
    "boolean": ("BOOLEAN",),
    "integer": _NUMBERS,
    "number": _NUMBERS,
    "string": ("VARCHAR",),
    "array": ("ARRAY",),
    "object": ("OBJECT",),
}
"""JSON kind → TYPEOF's words."""
_SCALE = 19
"""Digits after the point in decimals that multiples are looked for in; as many may stand before it."""
_SECONDS = 253_402_300_799
"""The last second of the year 9999; beyond it a timestamp is refused."""
_UNITS = {"seconds": 0, "milliseconds": 3, "microseconds": 6}


class _Compiler(Compiler):
    escapes: ClassVar = {"\\": "\\\\", "'": "\\'", "\n": "\\n", "\r": "\\r", "\0": "\\0"}


class _Spelling(Spelling):
    name = "snowflake"
    statement_compiler = _Compiler


class Snowflake(Spoken):
    """Snowflake, in a session whose TIMEZONE is UTC."""

    engine: ClassVar[str] = "snowflake"
    chance: ClassVar[str] = "UNIFORM(0::FLOAT, 1::FLOAT, RANDOM())"
    blocks: ClassVar[str] = "SAMPLE BLOCK ({percent})"
    spelling: ClassVar[Spelling] = _Spelling()

    def placeholder(self, name: str) -> Element:
        return sa.literal_column(f"$tw_{name}")

    def bind(self, name: str, moment: datetime) -> str:
        return f"SET tw_{name} = {self.compile(self.moment(moment))}"  # a name of ours

    def moment(self, moment: datetime) -> Element:
        text = moment.astimezone(UTC).replace(tzinfo=None).isoformat(sep=" ")
        return cast(sa.literal(text), "TIMESTAMP_NTZ")

    def extract_many(self, doc: Element, paths: Sequence[v.Path]) -> tuple[Element, Element]:
        values = [_at(doc, path) for path in paths]
        texts, kinds = map(_text, values), (sa.func.TYPEOF(value) for value in values)
        return sa.func.ARRAY_CONSTRUCT(*texts), sa.func.ARRAY_CONSTRUCT(*kinds)

    def at_position(self, many: Element, position: int) -> Element:
        return _text(sa.func.GET(many, position))

    def keys(self, doc: Element) -> Element:
        flattened: Function[Any] = Function("FLATTEN", Words("INPUT => ", sa.func.AS_OBJECT(doc)))
        named: Element = flattened.table_valued("KEY", name="tw_each").lateral().c["KEY"]
        return named

    # ── documents ───────────────────────────────────────────────────────────────────────────────────

    def value(self, place: v.Place) -> Element:
        """The VARIANT at a place; NULL where it is absent."""
        match place:
            case v.At(doc, path):
                return _at(self.expr(doc), path)
            case v.Extracted(position):
                text, kind = self._extracted(position)  # a text may look like an array, and is none
                return sa.case((kind.in_(("ARRAY", "OBJECT")), _parsed(text)))
            case v.Item(level):
                return item(level)
            case v.Nth(inner, index):
                return sa.func.GET(sa.func.AS_ARRAY(self.value(inner)), index)

    def text(self, place: v.Place) -> Element:
        if isinstance(place, v.Extracted):
            return self._extracted(place.position)[0]
        return _text(self.value(place))

    def kind(self, place: v.Place) -> Element:
        if isinstance(place, v.Extracted):
            return self._extracted(place.position)[1]
        return sa.func.TYPEOF(self.value(place))

    def is_kind(self, expr: v.Is) -> Element:
        kind = self.kind(expr.place)
        found = among(kind, (word for name in expr.kinds for word in _KINDS[name]))
        if "integer" not in expr.kinds or "number" in expr.kinds:
            return found
        text = self.expr(v.Text(expr.place))
        number = sa.func.TRY_TO_DOUBLE(text)
        # A decimal may have more digits than a float: its text tells a fraction.
        exact = sa.not_(_matches(text, "[.][0-9]*[1-9][0-9]*$"))
        whole = sa.and_(number == sa.func.FLOOR(number), exact) if expr.loose else sa.not_(_matches(text, "[.eE]"))
        fraction = kind.in_(("DECIMAL", "DOUBLE"))
        return sa.case((fraction, sa.func.COALESCE(whole, sa.false())), else_=found)

    def document(self, expr: v.Document) -> Element:
        return self.value(expr.place)

    def parsed(self, expr: v.Parsed) -> Element:
        return _parsed(self.expr(expr.expr))

    def unwrapped(self, expr: v.Unwrapped) -> Element:
        doc = self.expr(expr.doc)
        once = sa.func.AS_ARRAY(doc)
        twice = sa.func.AS_ARRAY(sa.func.GET(once, 0))
        inner = sa.case((sa.func.ARRAY_SIZE(twice) == 1, sa.func.GET(twice, 0)), else_=sa.func.GET(once, 0))
        return sa.case((sa.func.ARRAY_SIZE(once) == 1, inner), else_=doc)

    def has_other_keys(self, expr: v.HasOtherKeys) -> Element:
        keys = _keys(_at(self.expr(expr.doc), expr.path))
        if not expr.declared:
            return sa.func.COALESCE(sa.func.ARRAY_SIZE(keys) > 0, sa.false())
        declared = sa.func.ARRAY_CONSTRUCT(*map(sa.literal, expr.declared))
        others = sa.func.COALESCE(sa.func.ARRAY_SIZE(sa.func.ARRAY_EXCEPT(keys, declared)) > 0, sa.false())
        if not expr.places:
            return others
        more = self.expr(v.MoreKeys(expr.doc, expr.path, expr.places))
        return sa.case((more, others), else_=sa.false())

    def more_keys(self, expr: v.MoreKeys) -> Element:
        return sa.func.ARRAY_SIZE(_keys(_at(self.expr(expr.doc), expr.path))) > self.present(expr.places)

    # ── nested values ───────────────────────────────────────────────────────────────────────────────

    def member_name(self, expr: v.MemberName) -> Element:
        return _text(sa.literal_column(f"tw_name{expr.level}"))

    def item_count(self, expr: v.ItemCount) -> Element:
        return sa.func.ARRAY_SIZE(sa.func.AS_ARRAY(self.value(expr.place)))

    def key_count(self, expr: v.KeyCount) -> Element:
        return sa.func.ARRAY_SIZE(_keys(self.value(expr.place)))

    def any_item(self, expr: v.AnyItem) -> Element:
        items = sa.func.AS_ARRAY(self.value(expr.place))
        if expr.start:
            items = sa.func.ARRAY_SLICE(items, expr.start, sa.func.ARRAY_SIZE(items))
        return sa.func.COALESCE(self._count(items, expr.level, expr.predicate) > 0, sa.false())

    def count_items(self, expr: v.CountItems) -> Element:
        return self._count(sa.func.AS_ARRAY(self.value(expr.place)), expr.level, expr.predicate)

    def any_member(self, expr: v.AnyMember) -> Element:
        value = self.value(expr.place)
        name = f"tw_name{expr.level}"
        member = sa.func.ARRAY_CONSTRUCT(sa.func.GET(value, _text(sa.literal_column(name))))
        fails = self._count(member, expr.level, expr.predicate) > 0
        failing = Words("FILTER(", _keys(value), f", {name} -> ", fails, ")")
        return sa.func.COALESCE(sa.func.ARRAY_SIZE(failing) > 0, sa.false())

    def repeats(self, expr: v.Repeats) -> Element:
        # VARIANTs are equal by value: 1 and 1.0 are, members in any order are, 1 and true are not.
        items = sa.func.AS_ARRAY(self.value(expr.place))
        fewer = sa.func.ARRAY_SIZE(sa.func.ARRAY_DISTINCT(items)) < sa.func.ARRAY_SIZE(items)
        return sa.func.COALESCE(fewer, sa.false())

    def _count(self, items: Element, level: int, predicate: v.Expr) -> Element:
        filtered = Words("FILTER(", items, f", tw_item{level} -> ", self.expr(predicate), ")")
        return sa.func.ARRAY_SIZE(filtered)

    # ── texts, numbers, times ───────────────────────────────────────────────────────────────────────

    def try_cast(self, expr: v.TryCast) -> Element:
        text = _text(self.expr(expr.expr))  # what tries takes texts alone
        tried: dict[Family, Callable[[], Element]] = {
            Family.TEXT: lambda: text,
            Family.INTEGER: lambda: sa.func.TRY_TO_NUMBER(text, 38, 0),
            Family.NUMBER: lambda: sa.func.TRY_TO_DOUBLE(text),
            Family.BOOLEAN: lambda: sa.func.TRY_TO_BOOLEAN(text),
            Family.DATE: lambda: sa.func.TRY_TO_DATE(text, "YYYY-MM-DD"),
            # A number would be read as seconds since 1970: a timestamp begins with a date.
            Family.TIMESTAMP: lambda: sa.case((sa.func.SUBSTR(text, 5, 1) == "-", sa.func.TRY_TO_TIMESTAMP_TZ(text))),
        }
        return tried[expr.family]() if expr.family in tried else self._unsayable(expr)

    def whole(self, expr: v.Whole) -> Element:
        return sa.func.TRY_TO_NUMBER(self.expr(expr.expr), 38, 0)

    def multiple_of(self, expr: v.MultipleOf) -> Element:
        divisor = Decimal(expr.divisor)
        digits = int(divisor.as_tuple().exponent)
        if -digits > _SCALE or divisor >= 10**_SCALE:
            raise Unsayable(f"decimals of Snowflake do not hold {expr.divisor} beside the values it divides")
        text = self.expr(expr.expr)
        number, large = sa.func.TRY_TO_NUMBER(text, 38, _SCALE), sa.func.TRY_TO_NUMBER(text, 38, 0)
        parts = Fraction(divisor)
        beyond: Element = sa.null()
        if parts.denominator == 1:
            beyond = sa.func.MOD(large, int(divisor)) == 0
        elif parts.numerator == 1:
            # A whole number is a multiple of a half, a tenth, a hundredth.
            beyond = sa.case((large.is_not(None), sa.true()))
        # A fraction of more digits was rounded: what is left of it may be 0.
        lost = sa.and_(number == 0, sa.func.TRY_TO_DOUBLE(text) != 0)
        exact = sa.func.MOD(number, sa.literal_column(format(divisor, "f"))) == 0
        return sa.case((lost, sa.false()), (number.is_not(None), exact), else_=beyond)

    def captured(self, expr: v.Captured) -> Element:
        pattern = _pattern(expr.pattern)
        found = sa.func.REGEXP_SUBSTR(self.expr(expr.expr), pattern, 1, 1, "es", first_group(expr.pattern))
        return sa.func.NULLIF(found, "")

    def matches(self, expr: v.Matches) -> Element:
        return _matches(self.expr(expr.expr), _pattern(expr.pattern))

    def epoch_hour(self, expr: v.EpochHour) -> Element:
        seconds = Words("DATE_PART(EPOCH_SECOND, ", self.expr(expr.expr), ")")
        return cast(sa.func.FLOOR(Words("(", seconds, " / 3600)")), "BIGINT")

    def since_epoch(self, expr: v.SinceEpoch) -> Element:
        number = sa.func.TRY_TO_NUMBER(_text(self.expr(expr.expr)), 38, 0)
        scale = _UNITS[expr.unit]
        most = _SECONDS * 10**scale
        return sa.case((sa.and_(number > -most, number < most), sa.func.TO_TIMESTAMP_NTZ(number, scale)))


def _parsed(text: Element) -> Element:
    # A column may be an ARRAY or OBJECT: as text it is JSON. Without `d` a document with a key twice would be none.
    return sa.func.TRY_PARSE_JSON(_text(text), "d")


def _pattern(pattern: str) -> str:
    try:
        return to_posix(pattern)
    except NoSuchSetError as error:
        raise Unsayable(f"Snowflake's patterns have no sets of Unicode: {error}") from None


def _matches(text: Element, pattern: str) -> Element:
    # REGEXP_LIKE matches the whole text; `s`: a dot is any character. REGEXP_INSTR finds no empty match.
    return sa.func.REGEXP_LIKE(text, f".*({pattern}).*", "s")


def _at(doc: Element, path: v.Path) -> Element:
    for key in path:
        doc = sa.func.GET(doc, key)
    return doc


def _text(value: Element) -> Element:
    return cast(value, "VARCHAR")


def _keys(value: Element) -> Element:
    return sa.func.OBJECT_KEYS(sa.func.AS_OBJECT(value))
