"""Spark's way of saying the vocabulary: documents are VARIANTs (Spark 4), regular expressions are Java's.

A VARIANT keeps whole numbers and decimals exact to 38 digits, members in the order of their names, and of a key that
is written twice the last value; it does not keep how a number was written (`1.0` and `1` stay apart by their types).
Databricks speaks the same language. What is said of documents stands in monitor/sql/spark_json.py.
"""

from collections.abc import Sequence
from datetime import UTC, datetime
from decimal import Decimal
from functools import cache
from typing import Any, ClassVar

import sqlalchemy as sa

from monitor.catalog import Family
from monitor.sql import spark_json as docs
from monitor.sql import vocabulary as v
from monitor.sql.elements import MICROSECONDS, MICROSECONDS_PER_HOUR
from monitor.sql.spelling import Compiler, Preparer, Spelling
from monitor.sql.spoken import cast, java, try_cast
from monitor.sql.words import Words
from monitor.sql.writer import Element, Unsayable, Writer

_EXACT = 2**53
_MOST_DIGITS = 10**38
_SCALE = 18
"""Digits behind the point of the decimals that multiples are told with; as many as leave 20 before it."""
_KINDS: dict[v.JsonKind, str] = {
    "null": "VOID", "boolean": "BOOLEAN", "string": "STRING", "array": "ARRAY%", "object": "OBJECT%",
}  # fmt: skip


class Spark(Writer):
    """Spark 4 and later."""

    engine: ClassVar[str] = "spark"
    chance: ClassVar[str] = "rand()"

    def placeholder(self, name: str) -> Element:
        return sa.literal_column(f"session.tw_{name}")  # a session variable: constant when the statement is planned

    def bind(self, name: str, moment: datetime) -> str:
        return f"DECLARE OR REPLACE VARIABLE tw_{name} TIMESTAMP DEFAULT {self.compile(self.moment(moment))}"

    def moment(self, moment: datetime) -> Element:
        text = moment.astimezone(UTC).strftime("%Y-%m-%d %H:%M:%S.%f+00:00")
        return cast(sa.literal(text), "TIMESTAMP")

    def timeless(self, at: Element) -> Element:
        return at.is_(None)

    def compile(self, statement: sa.sql.ClauseElement) -> str:
        return str(statement.compile(dialect=_dialect(), compile_kwargs={"literal_binds": True}))

    def extract_many(self, doc: Element, paths: Sequence[v.Path]) -> tuple[Element, Element]:
        texts = sa.func.array(*(docs.at(doc, path, "string") for path in paths))
        return texts, sa.func.array(*(docs.at(doc, path, "variant") for path in paths))

    def at_position(self, many: Element, position: int) -> Element:
        return sa.func.get(many, position)

    def keys(self, doc: Element) -> Element:
        return sa.func.explode(sa.func.map_keys(docs.at(doc, (), "map<string,variant>")))

    # ── documents ───────────────────────────────────────────────────────────────────────────────────

    def _read(self, place: v.Place, kind: str) -> Element:
        """The value at a place as a VARIANT, a text, a list or a map; NULL where there is none such."""
        match place:
            case v.At(doc, path):
                return docs.at(self.expr(doc), path, kind)
            case v.Item(level):
                return docs.item(level) if kind == "variant" else docs.at(docs.item(level), (), kind)
            case v.Nth(inner, index):
                return sa.func.try_variant_get(self._read(inner, "variant"), f"$[{index}]", kind)
            case v.Extracted(position):
                text, found = self._extracted(position)
                if kind == "string":
                    return text
                return found if kind == "variant" else docs.at(found, (), kind)

    def text(self, place: v.Place) -> Element:
        return self._read(place, "string")

    def kind(self, place: v.Place) -> Element:
        return sa.func.schema_of_variant(self._read(place, "variant"))

    def is_kind(self, expr: v.Is) -> Element:
        kind = self.kind(expr.place)
        wanted = [one for one in expr.kinds if one != "integer" or "number" not in expr.kinds]
        return sa.or_(*(self._is(kind, one, expr) for one in wanted))

    def _is(self, kind: Element, one: v.JsonKind, expr: v.Is) -> Element:
        match one:
            case "number":
                return sa.or_(kind.in_(["BIGINT", "DOUBLE", "FLOAT"]), kind.like("DECIMAL%"))
            case "integer" if expr.loose:
                number = try_cast(self.expr(v.Text(expr.place)), "DOUBLE")
                whole = sa.and_(kind.in_(["DOUBLE", "FLOAT"]), sa.func.rint(number) == number)
                return sa.or_(kind == "BIGINT", kind.like("DECIMAL(%,0)"), whole)
            case "integer":
                # A decimal without a fraction is `1.0`, or a whole number that 64 bits do not hold.
                return sa.or_(kind == "BIGINT", kind.op("RLIKE")(r"^DECIMAL\((19|[23][0-9]),0\)$"))
            case _:
                word = _KINDS[one]
                return kind.like(word) if word.endswith("%") else kind == word

    def document(self, expr: v.Document) -> Element:
        return self._read(expr.place, "variant")

    def parsed(self, expr: v.Parsed) -> Element:
        return docs.Parsed(self.expr(expr.expr), column=isinstance(expr.expr, v.Column))

    def unwrapped(self, expr: v.Unwrapped) -> Element:
        doc = self.expr(expr.doc)
        twice = docs.at(doc, (), "array<variant>")
        once = docs.alone(docs.at(doc, (), "variant"), twice)
        inner = sa.func.get(twice, 0)
        return sa.case((sa.func.size(twice) == 1, docs.alone(inner, docs.at(inner, (), "array<variant>"))), else_=once)

    def has_other_keys(self, expr: v.HasOtherKeys) -> Element:
        keys = sa.func.map_keys(docs.at(self.expr(expr.doc), expr.path, "map<string,variant>"))
        if expr.declared:
            keys = sa.func.array_except(keys, sa.func.array(*expr.declared))
        return sa.func.coalesce(sa.func.size(keys) > 0, sa.false())

    def more_keys(self, expr: v.MoreKeys) -> Element:
        known = sum((cast(self.expr(v.Exists(place)), "INT") for place in expr.places), sa.literal(0))
        members = docs.at(self.expr(expr.doc), expr.path, "map<string,variant>")
        return sa.func.coalesce(sa.func.size(members) > known, sa.false())

    # ── nested values ───────────────────────────────────────────────────────────────────────────────

    def member_name(self, expr: v.MemberName) -> Element:
        return docs.name(expr.level)

    def item_count(self, expr: v.ItemCount) -> Element:
        return sa.func.size(self._items(expr.place))

    def key_count(self, expr: v.KeyCount) -> Element:
        return sa.func.size(self._members(expr.place))

    def any_item(self, expr: v.AnyItem) -> Element:
        items = self._items(expr.place)
        if expr.start:
            items = sa.func.slice(items, expr.start + 1, sa.func.greatest(sa.func.size(items), 0))
        return sa.func.coalesce(
            Words("exists(", items, ", ", self._lambda(expr.level, expr.predicate), ")"), sa.false()
        )

    def count_items(self, expr: v.CountItems) -> Element:
        items = self._items(expr.place)
        return sa.func.size(Words("filter(", items, ", ", self._lambda(expr.level, expr.predicate), ")"))

    def any_member(self, expr: v.AnyMember) -> Element:
        told = self._certain(expr.predicate)
        asked = Words("(", docs.name(expr.level), ", ", docs.item(expr.level), ") -> ", told)
        kept = sa.func.map_filter(self._members(expr.place), asked)
        return sa.func.coalesce(sa.func.size(kept) > 0, sa.false())

    def repeats(self, expr: v.Repeats) -> Element:
        items = self._items(expr.place)
        alike = sa.func.transform(items, Words(docs.item(0), " -> ", docs.canonical(docs.item(0))))
        return sa.func.coalesce(sa.func.size(sa.func.array_distinct(alike)) < sa.func.size(items), sa.false())

    def _items(self, place: v.Place) -> Element:
        return self._read(place, "array<variant>")

    def _members(self, place: v.Place) -> Element:
        return self._read(place, "map<string,variant>")

    def _lambda(self, level: int, predicate: v.Expr) -> Element:
        return Words(docs.item(level), " -> ", self._certain(predicate))

    def _certain(self, predicate: v.Expr) -> Element:
        return sa.func.coalesce(self.expr(predicate), sa.false())

    # ── texts, numbers, times ───────────────────────────────────────────────────────────────────────

    def try_cast(self, expr: v.TryCast) -> Element:  # noqa: PLR0911 - one return per family
        inner = self.expr(expr.expr)
        text = cast(inner, "STRING")
        match expr.family:
            case Family.TEXT:
                return text
            case Family.INTEGER:
                return try_cast(inner, "BIGINT")
            case Family.NUMBER:
                return try_cast(inner, "DOUBLE")
            case Family.BOOLEAN:
                return try_cast(inner, "BOOLEAN")
            case Family.DATE:
                return sa.case((sa.func.length(text) == len("2026-06-01"), try_cast(text, "DATE")))
            case Family.TIMESTAMP:
                # A cast also takes `10:00` (of today) and bare years; a timestamp begins with a date.
                dashes = sa.and_(sa.func.substr(text, 5, 1) == "-", sa.func.substr(text, 8, 1) == "-")
                return sa.case((dashes, try_cast(text, "TIMESTAMP")))
            case _:
                return self._unsayable(expr)

    def whole(self, expr: v.Whole) -> Element:
        return try_cast(self.expr(expr.expr), "DECIMAL(38,0)")

    def multiple_of(self, expr: v.MultipleOf) -> Element:
        text = self.expr(expr.expr)
        digits = max(0, -int(Decimal(expr.divisor).normalize().as_tuple().exponent))
        if digits > _SCALE:
            raise Unsayable(f"multiples of {expr.divisor} have more decimals than {self.engine} counts exactly")
        number = try_cast(text, f"DECIMAL(38,{_SCALE})")
        divided = number % cast(sa.literal(expr.divisor), f"DECIMAL(38,{_SCALE})") == 0
        # More digits behind the point than that were rounded away: no multiple of anything that has fewer.
        lost = sa.func.length(sa.func.regexp_extract(text, r"\.([0-9]+)$", 1)) > _SCALE
        small = sa.and_(number == 0, try_cast(text, "DOUBLE") != 0)
        arms: list[tuple[Element, Element]] = [(sa.or_(lost, small), sa.false())]
        if not digits:
            whole = try_cast(text, "DECIMAL(38,0)") % cast(sa.literal(expr.divisor), "DECIMAL(38,0)") == 0
            arms.insert(0, (text.op("RLIKE")("^-?[0-9]+$"), whole))
        return sa.case(*arms, else_=divided)

    def floor(self, expr: v.Floor) -> Element:
        # A float's floor is a BIGINT here: what is beyond it is whole as it stands.
        number = self.expr(expr.expr)
        small = sa.and_(number > -_EXACT, number < _EXACT)
        return sa.case((small, sa.func.floor(number)), else_=number)

    def captured(self, expr: v.Captured) -> Element:
        return sa.func.nullif(sa.func.regexp_extract(self.expr(expr.expr), java(expr.pattern), 1), "")

    def matches(self, expr: v.Matches) -> Element:
        return sa.func.regexp_like(self.expr(expr.expr), java(expr.pattern))

    def epoch_hour(self, expr: v.EpochHour) -> Element:
        micros = sa.func.unix_micros(cast(self.expr(expr.expr), "TIMESTAMP"))
        return cast(sa.func.floor(micros / sa.literal_column(f"{MICROSECONDS_PER_HOUR}e0")), "BIGINT")

    def since_epoch(self, expr: v.SinceEpoch) -> Element:
        return sa.func.timestamp_micros(try_cast(self.expr(expr.expr), "BIGINT") * MICROSECONDS[expr.unit])


class _Preparer(Preparer):
    sign: ClassVar = "`"
    escapes: ClassVar = {"`": "``"}


class _Compiler(Compiler):
    escapes: ClassVar = {"\\": "\\\\", "'": "\\'", "\0": "\\u0000", "\r": "\\r", "\n": "\\n"}

    def quoted(self, value: str) -> str:
        """`${…}` would be replaced by a setting before the statement is even parsed."""
        return super().quoted(value).replace("${", "\\u0024{")

    def render_literal_value(self, value: Any, type_: sa.types.TypeEngine[Any]) -> str:
        """Beyond 38 digits a number cannot be written but as a float."""
        if isinstance(value, int) and abs(value) >= _MOST_DIGITS:
            return f"CAST('{value}' AS DOUBLE)"
        return super().render_literal_value(value, type_)


class _Spelling(Spelling):
    name = "spark"
    preparer = _Preparer
    statement_compiler = _Compiler


@cache
def _dialect() -> sa.Dialect:
    return _Spelling()
