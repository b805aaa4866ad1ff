r"""SQLite's way of saying the vocabulary: its json1 functions, and functions of ours where those are not exact.

A document is text that is valid JSON. Where it holds no `\u` it is read by json1; where it does, by Python
(monitor/warehouse/adapters/sqlite_functions.py): json1 ends a text at `\u0000` and takes half a surrogate pair for a
character. U+FDD0, which no text holds, stands for U+0000. Items and members are walked as JSON texts, so that numbers
keep their spelling. A moment is whole seconds since 1970, whatever the column holds: ISO text, seconds, milli- or
microseconds, or a Julian day. What is said of documents stands in monitor/sql/sqlite_json.py.
"""

import re
from collections.abc import Sequence
from datetime import datetime
from functools import cache
from typing import Any, ClassVar

import sqlalchemy as sa
from sqlalchemy.dialects import sqlite

from monitor.catalog import Family
from monitor.sql import sqlite_json as docs
from monitor.sql import vocabulary as v
from monitor.sql.elements import PER_SECOND, among
from monitor.sql.regex_postgres import STAND_IN
from monitor.sql.regex_python import to_python
from monitor.sql.words import Words
from monitor.sql.writer import Element, Unsayable, Writer, spelled

_UNQUOTED = re.compile(r"[A-Za-z_][A-Za-z0-9_]*\Z")
_LONG = 2**63
_MOST_SECONDS, _MOST_MILLISECONDS = 10**11, 10**14
"""The year 5138: larger whole numbers count milliseconds, and then microseconds."""
_NUMBERS = ("integer", "real")
_KINDS: dict[v.JsonKind, tuple[str, ...]] = {
    "null": ("null",), "boolean": ("true", "false"), "integer": ("integer",), "number": _NUMBERS, "string": ("text",),
    "array": ("array",), "object": ("object",),
}  # fmt: skip


_MOST_ARGUMENTS = 100
"""Of a function of SQLite's own: 127 unless it was built otherwise."""


class SQLite(Writer):
    """SQLite 3.38 and later, with our functions registered on the connection."""

    engine: ClassVar[str] = "sqlite"
    chance: ClassVar[str] = "((random() & 1073741823) / 1073741824.0)"
    """Its own `random()` is a whole number of 64 bits; the lowest 30 are enough."""
    prunes: ClassVar[bool] = False

    def placeholder(self, name: str) -> Element:
        return sa.literal_column(f":tw_{name}")  # a driver's parameter

    def bind(self, name: str, moment: datetime) -> str:
        del name, moment
        return ""

    def moment(self, moment: datetime) -> Element:
        return sa.literal(int(moment.timestamp()))

    def instant(self, at: Element) -> Element:
        return _seconds(at)

    def timeless(self, at: Element) -> Element:
        return _seconds(at).is_(None)

    def fence(self, statement: sa.Select[Any]) -> sa.Select[Any]:
        return statement.limit(sa.literal_column("-1"))

    def compile(self, statement: sa.sql.ClauseElement) -> str:
        text = str(statement.compile(dialect=_dialect(), compile_kwargs={"literal_binds": True}))
        return text.replace("\0", chr(STAND_IN))  # names hold none, so it is in a constant

    # ── documents ───────────────────────────────────────────────────────────────────────────────────

    def extract_many(self, doc: Element, paths: Sequence[v.Path]) -> tuple[Element, Element]:
        read = docs.valid(doc) if isinstance(doc, sa.ColumnClause) else doc
        one: Element = sa.literal_column("d.j")
        listed = sa.literal(docs.dumped(paths))
        if len(paths) > _MOST_ARGUMENTS:  # a function of ours takes them as one, and reads the document once
            said: Sequence[Element] = (sa.func.tw_texts(one, listed), sa.func.tw_kinds(one, listed))
            wide = [Words("(SELECT ", many, " FROM (SELECT ", read, " AS j LIMIT -1) AS d)") for many in said]
            return wide[0], wide[1]
        plain_texts = sa.func.json_array(*(docs.text_at(one, path) for path in paths))
        plain_kinds = sa.func.json_array(*(docs.kind_at(one, path) for path in paths))
        texts = sa.case((docs.plain(one), plain_texts), else_=sa.func.tw_texts(one, listed))
        kinds = sa.case((docs.plain(one), plain_kinds), else_=sa.func.tw_kinds(one, listed))
        once = [Words("(SELECT ", many, " FROM (SELECT ", read, " AS j LIMIT -1) AS d)") for many in (texts, kinds)]
        return once[0], once[1]

    def at_position(self, many: Element, position: int) -> Element:
        return sa.func.json_extract(many, f"$[{position}]")

    def keys(self, doc: Element) -> Element:  # noqa: ARG002 - nothing helps
        raise Unsayable("SQLite has no rows of keys in a list of columns")  # they are joined: `keyed`

    def keyed(self, below: sa.FromClause, doc: Element) -> tuple[Sequence[sa.FromClause], Element]:
        read = docs.valid(doc) if isinstance(doc, sa.ColumnClause) else doc
        members = sa.func.json_each(docs.only("object", read)).table_valued("key", name="tw_k")
        return (below, members), members.c.key

    def text(self, place: v.Place) -> Element:
        match place:
            case v.Extracted(position):
                return self._extracted(position)[0]
            case v.At(doc, path):
                held = self._doc(doc)
                slowly = sa.func.tw_text(sa.func.tw_at(held, docs.dumped([path])[1:-1]))
                return sa.case((docs.plain(held), docs.text_at(held, path)), else_=slowly)
            case _:
                return sa.func.tw_text(self.document(v.Document(place)))

    def kind(self, place: v.Place) -> Element:
        match place:
            case v.Extracted(position):
                return self._extracted(position)[1]
            case v.At(doc, ()):
                return sa.func.json_type(self._doc(doc))
            case _:
                return sa.func.json_type(self.document(v.Document(place)))

    def document(self, expr: v.Document) -> Element:
        match expr.place:
            case v.At(doc, path):
                return docs.exactly_at(self._doc(doc), path)
            case v.Item(level):
                return _item(level)
            case v.Nth(place, index):
                return sa.func.tw_nth(self.document(v.Document(place)), index)
            case v.Extracted(position):
                text, kind = self._extracted(position)
                return sa.case((kind == "text", sa.func.json_quote(text)), (kind == "null", "null"), else_=text)

    def _doc(self, doc: v.Expr) -> Element:
        said = self.expr(doc)
        return docs.valid(said) if isinstance(doc, v.Column) else said

    def parsed(self, expr: v.Parsed) -> Element:
        return docs.valid(self.expr(expr.expr))

    def unwrapped(self, expr: v.Unwrapped) -> Element:
        return sa.func.tw_unwrapped(self._doc(expr.doc))

    def is_kind(self, expr: v.Is) -> Element:
        kind = self.kind(expr.place)
        found = among(kind, (word for name in expr.kinds for word in _KINDS[name]))
        if "integer" not in expr.kinds or "number" in expr.kinds or not expr.loose:
            return found  # its syntax says it: `1.0` and `1e2` are real
        return sa.case((kind == "real", sa.func.tw_multiple(self.text(expr.place), "1")), else_=found)

    # ── values ──────────────────────────────────────────────────────────────────────────────────────

    def _say(self, expr: v.Expr) -> Element:
        match expr:
            case v.Compare(v.Whole(inner), sign, v.Literal(int() as value)) if abs(value) >= _LONG:
                found = sa.func.tw_compare(self.expr(inner), str(value))
                return Words("(", found, f" {sign} 0)")
            case v.OneOf(v.Whole(inner), values) if any(isinstance(one, int) and abs(one) >= _LONG for one in values):
                return sa.func.tw_digits(self.expr(inner)).in_([str(one) for one in values])
            case _:
                return super()._say(expr)

    def try_cast(self, expr: v.TryCast) -> Element:
        said = self.expr(expr.expr)
        match expr.family:
            case Family.TEXT:
                return sa.cast(said, sa.Text)
            case Family.NUMBER:
                return self._number(expr.expr)
            case Family.INTEGER:
                return sa.func.tw_integer(said)
            case Family.BOOLEAN:
                return sa.func.tw_boolean(said)
            case Family.TIMESTAMP:
                return _seconds(said)
            case Family.DATE:
                return sa.func.tw_date(said)
            case _:
                raise Unsayable(f"nothing is cast to {expr.family} in {self.engine}")

    def _number(self, expr: v.Expr) -> Element:
        said = self.expr(expr)
        if not isinstance(expr, v.Text):
            return sa.func.tw_number(said)
        number = Words("CAST(", said, " AS NUMERIC)")
        return sa.case((self.kind(expr.place).in_(_NUMBERS), number), else_=sa.func.tw_number(said))

    def whole(self, expr: v.Whole) -> Element:
        return sa.func.tw_whole(self.expr(expr.expr))

    def since_epoch(self, expr: v.SinceEpoch) -> Element:
        per = PER_SECOND[expr.unit]
        return sa.func.tw_floor_div(self.expr(expr.expr), per)

    def epoch_hour(self, expr: v.EpochHour) -> Element:
        at = _seconds(self.expr(expr.expr))
        return Words("((", at, " - ((", at, " % 3600) + 3600) % 3600) / 3600)")

    def multiple_of(self, expr: v.MultipleOf) -> Element:
        return sa.func.tw_multiple(self.expr(expr.expr), expr.divisor)

    def captured(self, expr: v.Captured) -> Element:
        return sa.func.tw_captured(self.expr(expr.expr), spelled(expr.pattern, to_python))

    def matches(self, expr: v.Matches) -> Element:
        return sa.func.tw_matches(self.expr(expr.expr), spelled(expr.pattern, to_python))

    def split_part(self, expr: v.SplitPart) -> Element:
        return sa.func.tw_part(self.expr(expr.expr), expr.separator, expr.index)

    # ── objects ─────────────────────────────────────────────────────────────────────────────────────

    def has_other_keys(self, expr: v.HasOtherKeys) -> Element:
        held = docs.exactly_at(self._doc(expr.doc), expr.path)
        key: Element = sa.literal_column("tw_k.key")
        other = key.not_in(expr.declared) if expr.declared else sa.true()
        return Words("EXISTS (SELECT 1 FROM json_each(", docs.only("object", held), ") AS tw_k WHERE ", other, ")")

    def more_keys(self, expr: v.MoreKeys) -> Element:
        known: Element = sa.literal(0)
        for place in expr.places:
            known = known + self.expr(v.Exists(place))
        return self.key_count(v.KeyCount(v.At(expr.doc, expr.path))) > known

    def key_count(self, expr: v.KeyCount) -> Element:
        held = self.document(v.Document(expr.place))
        count = Words("(SELECT count(DISTINCT key) FROM json_each(", held, "))")
        return sa.case((self.kind(expr.place) == "object", count))

    def any_member(self, expr: v.AnyMember) -> Element:
        members = sa.func.tw_members(self.document(v.Document(expr.place)))
        return _any(members, expr.level, self.expr(expr.predicate))

    def member_name(self, expr: v.MemberName) -> Element:
        return sa.literal_column(f"tw_e{expr.level}.key")

    # ── arrays ──────────────────────────────────────────────────────────────────────────────────────

    def any_item(self, expr: v.AnyItem) -> Element:
        items = sa.func.tw_items(self.document(v.Document(expr.place)), expr.start)
        return _any(items, expr.level, self.expr(expr.predicate))

    def count_items(self, expr: v.CountItems) -> Element:
        held = self.document(v.Document(expr.place))
        counted = sa.func.count(sa.case((self.expr(expr.predicate), 1)))
        count = Words("(SELECT ", counted, " FROM json_each(", sa.func.tw_items(held, 0), f") AS tw_e{expr.level})")
        return sa.case((self.kind(expr.place) == "array", count))

    def item_count(self, expr: v.ItemCount) -> Element:
        held = self.document(v.Document(expr.place))
        return sa.case((self.kind(expr.place) == "array", sa.func.json_array_length(held)))

    def repeats(self, expr: v.Repeats) -> Element:
        return sa.func.tw_repeats(self.document(v.Document(expr.place)))


def _any(members: Element, level: int, predicate: Element) -> Element:
    return Words("EXISTS (SELECT 1 FROM json_each(", members, f") AS tw_e{level} WHERE ", predicate, ")")


def _item(level: int) -> Element:
    return sa.literal_column(f"tw_e{level}.value")


def _seconds(at: Element) -> Element:
    """Whole seconds since 1970 (UTC); NULL where it is no time. What is seconds already stays so."""
    return sa.case(
        (sa.func.typeof(at) == "text", Words("CAST(strftime('%s', ", at, ") AS INTEGER)")),
        (sa.func.typeof(at) == "integer", sa.case(
            (sa.func.abs(at) < _MOST_SECONDS, at),
            else_=sa.func.tw_floor_div(at, sa.case((sa.func.abs(at) < _MOST_MILLISECONDS, 1_000), else_=1_000_000)),
        )),
        (sa.func.typeof(at) == "real", sa.func.tw_julian(at)),
    )  # fmt: skip


@cache
def _dialect() -> sa.Dialect:
    dialect: sa.Dialect = sqlite.dialect(paramstyle="named")
    dialect.identifier_preparer.legal_characters = _UNQUOTED
    return dialect
