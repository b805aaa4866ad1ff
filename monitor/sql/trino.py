"""Trino's way of saying the vocabulary. Documents are of the type JSON, read member by member as maps of JSON.

Trino's JSON keeps a number as it was written. `json_extract` takes no key with a quote, so members are looked up in
maps. Regular expressions are Joni's: Java's spelling, without flags.

Source: https://trino.io/docs/current/functions/json.html
"""

from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any, ClassVar

import sqlalchemy as sa
from sqlalchemy.sql.functions import Function  # not sa.func: other dialects put their own words there, for all

from monitor.catalog import Family
from monitor.sql import vocabulary as v
from monitor.sql.elements import PER_SECOND
from monitor.sql.spelling import Compiler, Spelling
from monitor.sql.spoken import Spoken, cast, item, java, listed, try_cast
from monitor.sql.words import Words
from monitor.sql.writer import Element, Unsayable

_MOST_DIGITS = 10**38
_LARGEST = 2**63
_SCALE = 18
"""Digits behind the point of the decimals that multiples are told with; as many as leave 20 before it."""
_ARRAY = "ARRAY["
_BEGINS: dict[v.JsonKind, str] = {"null": "n", "string": '"', "array": "[", "object": "{"}
"""JSON kind → the first sign of its text."""


class _Compiler(Compiler):
    def render_literal_value(self, value: Any, type_: sa.types.TypeEngine[Any]) -> str:
        """Beyond 64 bits a number is a decimal, beyond 38 digits a float."""
        if isinstance(value, int) and not -_LARGEST <= value < _LARGEST:
            return f"DECIMAL '{value}'" if abs(value) < _MOST_DIGITS else f"DOUBLE '{value}'"
        return super().render_literal_value(value, type_)


class _Spelling(Spelling):
    name = "trino"
    statement_compiler = _Compiler


class Trino(Spoken):
    """Trino 400 and later, in a session whose zone is UTC."""

    engine: ClassVar[str] = "trino"
    blocks: ClassVar[str] = "TABLESAMPLE SYSTEM ({percent})"
    spelling: ClassVar[Spelling] = _Spelling()

    def moment(self, moment: datetime) -> Element:
        return sa.literal_column(bound(moment))

    def extract_many(self, doc: Element, paths: Sequence[v.Path]) -> tuple[Element, Element]:
        values = [_at(doc, path) for path in paths]
        return listed(list(map(_text, values)), _ARRAY), listed(list(map(_first, values)), _ARRAY)

    def at_position(self, many: Element, position: int) -> Element:
        return sa.func.element_at(many, position + 1)

    def keys(self, doc: Element) -> Element:
        unnested = Function("UNNEST", sa.func.map_keys(_members(doc))).table_valued("tw_key", name="tw_each")
        named: Element = unnested.render_derived().c["tw_key"]
        return named

    # ── documents ───────────────────────────────────────────────────────────────────────────────────

    def value(self, place: v.Place) -> Element:
        """The JSON value at a place; NULL where it is absent."""
        match place:
            case v.At(doc, path):
                return _at(self.expr(doc), path)
            case v.Extracted(position):
                text, kind = self._extracted(position)  # a text may look like an array, and is none
                return sa.case((kind.in_(["[", "{"]), _try(sa.func.json_parse(text))))
            case v.Item(level):
                return item(level)
            case v.Nth(inner, index):
                return sa.func.element_at(_items(self.value(inner)), index + 1)

    def text(self, place: v.Place) -> Element:
        return self._extracted(place.position)[0] if isinstance(place, v.Extracted) else _text(self.value(place))

    def kind(self, place: v.Place) -> Element:
        """The first sign of the value's JSON: `n`, `t`, `f`, `"`, `[`, `{`, a digit or a minus."""
        return self._extracted(place.position)[1] if isinstance(place, v.Extracted) else _first(self.value(place))

    def is_kind(self, expr: v.Is) -> Element:
        kind = self.kind(expr.place)
        wanted = [one for one in expr.kinds if one != "integer" or "number" not in expr.kinds]
        return sa.or_(*(self._is(kind, one, expr) for one in wanted))

    def _is(self, kind: Element, one: v.JsonKind, expr: v.Is) -> Element:
        match one:
            case "boolean":
                return kind.in_(["t", "f"])
            case "number":
                return kind.in_(list("-0123456789"))
            case "integer":
                text = self.expr(v.Text(expr.place))
                number = try_cast(text, "DOUBLE")
                digits = sa.not_(sa.func.regexp_like(text, "[.eE]"))
                whole = sa.or_(digits, sa.func.floor(number) == number) if expr.loose else digits
                return sa.and_(kind.in_(list("-0123456789")), sa.func.coalesce(whole, sa.false()))
            case _:
                return kind == _BEGINS[one]

    def document(self, expr: v.Document) -> Element:
        return self.value(expr.place)

    def parsed(self, expr: v.Parsed) -> Element:
        return _try(sa.func.json_parse(self.expr(expr.expr)))

    def unwrapped(self, expr: v.Unwrapped) -> Element:
        doc = self.expr(expr.doc)
        once = _items(doc)
        first = sa.func.element_at(once, 1)
        twice = _items(first)
        inner = sa.case((sa.func.cardinality(twice) == 1, sa.func.element_at(twice, 1)), else_=first)
        return sa.case((sa.func.cardinality(once) == 1, inner), else_=doc)

    def has_other_keys(self, expr: v.HasOtherKeys) -> Element:
        keys = sa.func.map_keys(_members(_at(self.expr(expr.doc), expr.path)))
        if expr.declared:
            keys = sa.func.array_except(keys, listed(list(map(sa.literal, expr.declared)), _ARRAY))
        return sa.func.coalesce(sa.func.cardinality(keys) > 0, sa.false())

    def more_keys(self, expr: v.MoreKeys) -> Element:
        members = _members(_at(self.expr(expr.doc), expr.path))
        return sa.func.coalesce(sa.func.cardinality(members) > self.present(expr.places), sa.false())

    # ── nested values ───────────────────────────────────────────────────────────────────────────────

    def member_name(self, expr: v.MemberName) -> Element:
        return sa.literal_column(f"tw_name{expr.level}")

    def item_count(self, expr: v.ItemCount) -> Element:
        return sa.func.cardinality(_items(self.value(expr.place)))

    def key_count(self, expr: v.KeyCount) -> Element:
        return sa.func.cardinality(_members(self.value(expr.place)))

    def any_item(self, expr: v.AnyItem) -> Element:
        items = _items(self.value(expr.place))
        if expr.start:
            items = sa.func.slice(items, expr.start + 1, sa.func.cardinality(items))
        return sa.func.coalesce(sa.func.any_match(items, self._lambda(expr.level, expr.predicate)), sa.false())

    def count_items(self, expr: v.CountItems) -> Element:
        items = _items(self.value(expr.place))
        return sa.func.cardinality(sa.func.filter(items, self._lambda(expr.level, expr.predicate)))

    def any_member(self, expr: v.AnyMember) -> Element:
        names = f"(tw_name{expr.level}, tw_item{expr.level}) -> "
        kept = sa.func.map_filter(_members(self.value(expr.place)), Words(names, self._certain(expr.predicate)))
        return sa.func.coalesce(sa.func.cardinality(kept) > 0, sa.false())

    def _lambda(self, level: int, predicate: v.Expr) -> Element:
        return Words(f"tw_item{level} -> ", self._certain(predicate))

    def _certain(self, predicate: v.Expr) -> Element:
        return sa.func.coalesce(self.expr(predicate), sa.false())

    # ── texts, numbers, times ───────────────────────────────────────────────────────────────────────

    def try_cast(self, expr: v.TryCast) -> Element:
        inner = self.expr(expr.expr)
        text = cast(inner, "VARCHAR")
        tried: dict[Family, Callable[[], Element]] = {
            Family.TEXT: lambda: text,
            Family.INTEGER: lambda: try_cast(inner, "BIGINT"),
            Family.NUMBER: lambda: try_cast(inner, "DOUBLE"),
            Family.BOOLEAN: lambda: try_cast(inner, "BOOLEAN"),
            Family.DATE: lambda: try_cast(text, "DATE"),
            # ISO 8601 as collectors write it, or Trino's own spelling; a moment without a zone is UTC.
            Family.TIMESTAMP: lambda: cast(
                sa.func.coalesce(
                    _try(sa.func.from_iso8601_timestamp_nanos(sa.func.replace(text, " ", "T"))),
                    try_cast(text, "TIMESTAMP(6) WITH TIME ZONE"),
                ),
                "TIMESTAMP(6) WITH TIME ZONE",
            ),
        }
        return tried[expr.family]() if expr.family in tried else self._unsayable(expr)

    def whole(self, expr: v.Whole) -> Element:
        return try_cast(self.expr(expr.expr), "DECIMAL(38,0)")

    def multiple_of(self, expr: v.MultipleOf) -> Element:
        text = self.expr(expr.expr)
        digits = max(0, -int(Decimal(expr.divisor).normalize().as_tuple().exponent))
        if digits > _SCALE or Decimal(expr.divisor) >= 10 ** (38 - _SCALE):
            raise Unsayable(f"multiples of {expr.divisor} have more decimals than Trino counts exactly")
        divisor: Element = sa.literal_column(f"DECIMAL '{Decimal(expr.divisor):f}'")
        number = try_cast(text, f"DECIMAL(38,{_SCALE})")
        # More digits behind the point than that were rounded away: no multiple of anything that has fewer.
        lost = sa.func.regexp_like(text, rf"\.[0-9]{{{_SCALE + 1},}}")
        small = sa.and_(number == 0, try_cast(text, "DOUBLE") != 0)
        return sa.case((sa.or_(lost, small), sa.false()), else_=_try(Words("mod(", number, ", ", divisor, ")")) == 0)

    def captured(self, expr: v.Captured) -> Element:
        return sa.func.nullif(sa.func.regexp_extract(self.expr(expr.expr), java(expr.pattern), 1), "")

    def matches(self, expr: v.Matches) -> Element:
        return sa.func.regexp_like(self.expr(expr.expr), java(expr.pattern))

    def split_part(self, expr: v.SplitPart) -> Element:
        text = self.expr(expr.expr)
        part = sa.func.coalesce(sa.func.split_part(text, expr.separator, expr.index), "")
        return sa.case((text.is_not(None), part))

    def epoch_hour(self, expr: v.EpochHour) -> Element:
        return cast(sa.func.floor(Words("(", sa.func.to_unixtime(self.expr(expr.expr)), " / 3600)")), "BIGINT")

    def since_epoch(self, expr: v.SinceEpoch) -> Element:
        number = try_cast(self.expr(expr.expr), "DOUBLE")
        return _try(sa.func.from_unixtime(Words("(", number, f" / {PER_SECOND[expr.unit]}e0)")))


def bound(moment: datetime) -> str:
    """A moment (aware) as a constant that columns with a zone and without are compared with.

    >>> bound(datetime(2026, 6, 1, 10, tzinfo=UTC))
    "TIMESTAMP '2026-06-01 10:00:00.000000'"
    """
    return f"TIMESTAMP '{moment.astimezone(UTC).strftime('%Y-%m-%d %H:%M:%S.%f')}'"


def _members(value: Element) -> Element:
    return try_cast(value, "MAP(VARCHAR, JSON)")


def _items(value: Element) -> Element:
    return try_cast(value, "ARRAY(JSON)")


def _at(doc: Element, path: v.Path) -> Element:
    for key in path:
        doc = sa.func.element_at(_members(doc), key)
    return doc


def _text(value: Element) -> Element:
    # A cast takes scalars alone; arrays and objects are written as JSON, and JSON null is NULL.
    written = sa.func.json_format(value)
    held = sa.func.substr(written, 1, 1).in_(["[", "{"])
    number = sa.func.regexp_like(written, "^[-0-9]")  # as written: a cast would go through a float
    return sa.case((sa.or_(held, number), written), else_=try_cast(value, "VARCHAR"))


def _first(value: Element) -> Element:
    return sa.func.substr(sa.func.json_format(value), 1, 1)


def _try(value: Element) -> Element:
    return Words("TRY(", value, ")")
