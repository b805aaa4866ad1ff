"""ClickHouse's way of saying the vocabulary. Regular expressions are RE2; JSON is read from text (see clickhouse_json).

A place of a document is said as its *raw* JSON text: `''` or NULL where it is absent, `null` where it holds JSON null.
"""

from collections.abc import Sequence
from datetime import UTC, datetime
from functools import cache
from typing import Any, ClassVar

import sqlalchemy as sa
from sqlalchemy.sql.compiler import GenericTypeCompiler

from monitor.catalog import Family
from monitor.sql import clickhouse_json as raws
from monitor.sql import vocabulary as v
from monitor.sql.elements import MICROSECONDS, MICROSECONDS_PER_HOUR, constants
from monitor.sql.regex import to_re2
from monitor.sql.spelling import Compiler, Preparer, Spelling
from monitor.sql.writer import Element, Writer

_MOST_DIGITS = 10**38
_INT256_DIGITS = 39
"""A text of so many characters is surely within 256 bits."""
_LARGEST = 2**63
_SPELLED = {"\\": "\\\\", "\0": "\\0", "\n": "\\n", "\r": "\\r", "\t": "\\t"}


class ClickHouse(Writer):
    """ClickHouse 24.8 and later."""

    engine: ClassVar[str] = "clickhouse"
    chance: ClassVar[str] = "randCanonical()"
    most_columns: ClassVar[int] = 900
    """As for DuckDB."""

    def placeholder(self, name: str) -> Element:
        return sa.literal_column(f"{{tw_{name}:DateTime64(6, 'UTC')}}")

    def bind(self, name: str, moment: datetime) -> str:
        del name, moment
        return ""  # the driver sends parameters beside the statement

    def moment(self, moment: datetime) -> Element:
        return sa.func.toDateTime64(bound(moment), 6, "UTC")

    def timeless(self, at: Element) -> Element:
        return at.is_(None)

    def compile(self, statement: sa.sql.ClauseElement) -> str:
        return str(statement.compile(dialect=_dialect(), compile_kwargs={"literal_binds": True}))

    def extract_many(self, doc: Element, paths: Sequence[v.Path]) -> tuple[Element, Element]:
        """The second list holds the raw texts, which tell their kinds as well; a rule that speaks of a text has it."""
        held = raws.of_paths(doc, paths)
        return raws.texts(held), held

    def at_position(self, many: Element, position: int) -> Element:
        return raws.nth(many, position + 1)

    def keys(self, doc: Element) -> Element:
        return sa.func.arrayJoin(sa.func.arrayDistinct(raws.keys(doc, ())))

    # ── documents ───────────────────────────────────────────────────────────────────────────────────

    def raw(self, place: v.Place) -> Element:
        """The JSON text at a place: empty or NULL where there is nothing."""
        match place:
            case v.At(doc, path):
                return raws.at(self._doc(doc), path)
            case v.Extracted(position):
                return self._extracted(position)[1]
            case v.Item(level):
                return raws.item(level)
            case v.Nth(inner, index):
                array = self.raw(inner)
                return sa.case((raws.begins(array, "["), sa.func.JSONExtractRaw(array, index + 1)))

    def _doc(self, doc: v.Expr) -> Element:
        if isinstance(doc, v.Column):
            return self._written(doc)
        return self.raw(doc.place) if isinstance(doc, v.Document) else self.expr(doc)

    def _written(self, expr: v.Expr) -> Element:
        """What an expression holds as JSON text; the type of a column, which only the server knows, says how."""
        said = self.expr(expr)
        if not isinstance(expr, v.Column):
            return said
        nested = sa.func.match(sa.func.toTypeName(said), "^(Array|Map|Tuple)")
        return sa.func.multiIf(nested, sa.func.toJSONString(said), sa.func.toString(said))

    def text(self, place: v.Place) -> Element:
        if isinstance(place, v.Extracted):
            return self._extracted(place.position)[0]
        return raws.text(self.raw(place))

    def kind(self, place: v.Place) -> Element:
        return sa.func.nullif(sa.func.substring(self.raw(place), 1, 1), "")

    def is_kind(self, expr: v.Is) -> Element:
        raw = self.raw(expr.place)
        among = raws.is_of(raw, expr.kinds, loose=expr.loose)
        if isinstance(expr.place, v.At) and not expr.place.path and expr.kinds == ("object",):
            # Nearly every document begins with a brace: looking is a tenth of the cost of parsing.
            return sa.case((raws.begins(self._doc(expr.place.doc), "{"), sa.true()), (raw != "", among))
        return sa.case((raw != "", among))

    def document(self, expr: v.Document) -> Element:
        return sa.func.nullif(self.raw(expr.place), "")

    def parsed(self, expr: v.Parsed) -> Element:
        return raws.parsed(self._written(expr.expr))

    def unwrapped(self, expr: v.Unwrapped) -> Element:
        doc = self._doc(expr.doc)
        once = raws.items(doc)
        twice = raws.items(raws.nth(once, 1))
        inner = sa.case((sa.func.length(twice) == 1, raws.nth(twice, 1)), else_=raws.nth(once, 1))
        return sa.case((sa.func.length(once) == 1, inner), else_=doc)

    def has_other_keys(self, expr: v.HasOtherKeys) -> Element:
        keys = raws.keys(self._doc(expr.doc), expr.path)
        if not expr.declared:
            return sa.func.length(keys) > 0
        others = sa.not_(sa.func.hasAll(raws.ListOf([sa.literal(key) for key in expr.declared]), keys))
        if not expr.places:
            return others
        more = self.expr(v.MoreKeys(expr.doc, expr.path, expr.places))
        return sa.case((more, others), else_=sa.false())

    def more_keys(self, expr: v.MoreKeys) -> Element:
        known: Element = sa.literal(0)
        for place in expr.places:
            known = known + sa.func.ifNull(self.raw(place) != "", sa.false())
        return raws.size(self._doc(expr.doc), expr.path) > known

    # ── nested values ───────────────────────────────────────────────────────────────────────────────

    def member_name(self, expr: v.MemberName) -> Element:
        return raws.member(expr.level)

    def item_count(self, expr: v.ItemCount) -> Element:
        raw = self.raw(expr.place)
        return sa.case((raws.begins(raw, "["), sa.func.JSONLength(raw)))

    def key_count(self, expr: v.KeyCount) -> Element:
        raw = self.raw(expr.place)
        return sa.case((raws.begins(raw, "{"), sa.func.length(sa.func.arrayDistinct(raws.keys(raw, ())))))

    def any_item(self, expr: v.AnyItem) -> Element:
        items = raws.items(self.raw(expr.place))
        if expr.start:
            items = sa.func.arraySlice(items, expr.start + 1)
        return sa.func.arrayExists(self._lambda(expr.level, expr.predicate), items) == 1

    def count_items(self, expr: v.CountItems) -> Element:
        raw = self.raw(expr.place)
        counted = sa.func.arrayCount(self._lambda(expr.level, expr.predicate), raws.items(raw))
        return sa.case((raws.begins(raw, "["), counted))

    def any_member(self, expr: v.AnyMember) -> Element:
        members = raws.members(self.raw(expr.place))
        said = raws.Lambda((raws.member(expr.level), raws.item(expr.level)), self._certain(expr.predicate))
        return sa.func.arrayExists(said, sa.func.tupleElement(members, 1), sa.func.tupleElement(members, 2)) == 1

    def repeats(self, expr: v.Repeats) -> Element:
        return raws.repeats(self.raw(expr.place))

    def _lambda(self, level: int, predicate: v.Expr) -> Element:
        return raws.Lambda((raws.item(level),), self._certain(predicate))

    def _certain(self, predicate: v.Expr) -> Element:
        return sa.func.ifNull(self.expr(predicate), sa.false())  # a filter of NULLs is refused

    # ── texts, numbers, times ───────────────────────────────────────────────────────────────────────

    def try_cast(self, expr: v.TryCast) -> Element:  # noqa: PLR0911 - one return per family
        inner = self.expr(expr.expr)
        text = sa.func.toString(inner)
        match expr.family:
            case Family.TEXT:
                return text
            case Family.INTEGER:
                return sa.func.accurateCastOrNull(inner, "Int64")
            case Family.NUMBER:
                return sa.func.toFloat64OrNull(text) + sa.literal_column("0e0")  # sets tell -0 from 0
            case Family.BOOLEAN:
                return sa.func.accurateCastOrNull(inner, "Bool")
            case Family.DATE:
                # A day that no calendar has is read as a later one: only what reads back is a date.
                day = sa.func.toDate32OrNull(text)
                return sa.case((sa.func.toString(day) == text, day))
            case Family.TIMESTAMP:
                # The parser also takes `10:00` and bare years; a timestamp begins with a date.
                dashes = sa.and_(sa.func.substring(text, 5, 1) == "-", sa.func.substring(text, 8, 1) == "-")
                return sa.case((dashes, sa.func.parseDateTime64BestEffortOrNull(text, 6, "UTC")))
            case _:
                return self._unsayable(expr)

    def whole(self, expr: v.Whole) -> Element:
        text = self.expr(expr.expr)
        plain = sa.case((sa.func.length(text) <= _INT256_DIGITS, sa.func.toInt256OrNull(text)))
        rounded = sa.func.accurateCastOrNull(sa.func.round(sa.func.toDecimal256OrNull(text, 37)), "Int256")
        number = sa.func.coalesce(plain, rounded)
        return sa.case((sa.func.abs(number) < _MOST_DIGITS, number))

    def multiple_of(self, expr: v.MultipleOf) -> Element:
        text = self.expr(expr.expr)
        number = raws.decimal(text)
        divided = (number % sa.func.toDecimal256(expr.divisor, 38)) == 0
        # A fraction of more than 38 digits was cut off: what is left of it may be 0.
        lost = sa.and_(number == 0, sa.func.toFloat64OrNull(text) != 0)
        return sa.case((lost, sa.false()), else_=divided)

    def length(self, expr: v.Length) -> Element:
        return sa.func.lengthUTF8(self.expr(expr.expr))

    def leading(self, expr: v.Leading) -> Element:
        return sa.func.substringUTF8(self.expr(expr.expr), 1, expr.count)

    def split_part(self, expr: v.SplitPart) -> Element:
        text = self.expr(expr.expr)
        part = raws.nth(sa.func.splitByString(expr.separator, sa.func.ifNull(text, "")), expr.index)
        return sa.case((text.is_not(None), part))

    def captured(self, expr: v.Captured) -> Element:
        return sa.func.nullif(sa.func.regexpExtract(self.expr(expr.expr), to_re2(expr.pattern), 1), "")

    def matches(self, expr: v.Matches) -> Element:
        return sa.func.match(self.expr(expr.expr), to_re2(expr.pattern))

    def epoch_hour(self, expr: v.EpochHour) -> Element:
        moment = sa.func.toDateTime64(self.expr(expr.expr), 6, "UTC")
        hours = sa.func.floor(sa.func.toUnixTimestamp64Micro(moment) / sa.literal(float(MICROSECONDS_PER_HOUR)))
        return sa.cast(hours, sa.BigInteger)

    def since_epoch(self, expr: v.SinceEpoch) -> Element:
        number = sa.func.accurateCastOrNull(self.expr(expr.expr), "Int64")
        return sa.func.fromUnixTimestamp64Micro(number * MICROSECONDS[expr.unit], "UTC")

    def _say(self, expr: v.Expr) -> Element:
        if isinstance(expr, v.OneOf) and any(value == 0 and not isinstance(value, bool) for value in expr.values):
            return (self.expr(expr.expr) + 0).in_(constants(expr.values))
        return self.leading(expr) if isinstance(expr, v.Leading) else super()._say(expr)


def bound(moment: datetime) -> str:
    """A moment (aware) as a parameter's value.

    >>> bound(datetime(2026, 6, 1, 10, tzinfo=UTC))
    '2026-06-01 10:00:00.000000'
    """
    return moment.astimezone(UTC).strftime("%Y-%m-%d %H:%M:%S.%f")


class _Preparer(Preparer):
    sign: ClassVar = "`"
    escapes: ClassVar = {**_SPELLED, "`": "\\`"}


class _Compiler(Compiler):
    escapes: ClassVar = {**_SPELLED, "'": "\\'"}

    def render_literal_value(self, value: Any, type_: sa.types.TypeEngine[Any]) -> str:
        """Beyond 64 bits a number without quotes would be a float."""
        if isinstance(value, int) and not -_LARGEST <= value < 2 * _LARGEST:
            return f"toInt256('{value}')"
        return super().render_literal_value(value, type_)

    def visit_case(self, clause: sa.Case[Any], **kw: Any) -> str:
        """Lists cannot be NULL: a CASE of lists ends in an empty one."""
        said = str(super().visit_case(clause, **kw))  # type: ignore[no-untyped-call]
        if isinstance(clause.type, sa.types.ARRAY) and clause.else_ is None:
            return f"{said.removesuffix('END')}ELSE [] END"
        return said


class _Types(GenericTypeCompiler):
    """Types that hold NULL: a plain one is refused it, or makes it 0."""

    def visit_BIGINT(self, type_: Any, **kw: Any) -> str:  # noqa: N802, ARG002 - SQLAlchemy's own names
        return "Nullable(Int64)"

    def visit_INTEGER(self, type_: Any, **kw: Any) -> str:  # noqa: N802, ARG002 - as above
        return "Nullable(Int32)"


class _Spelling(Spelling):
    name = "clickhouse"
    preparer = _Preparer
    statement_compiler = _Compiler
    type_compiler_cls = _Types


@cache
def _dialect() -> sa.Dialect:
    return _Spelling()
