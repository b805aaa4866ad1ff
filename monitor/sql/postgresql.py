r"""PostgreSQL's way of saying the vocabulary, 16 and later: before, a cast could not be tried.

Documents are read as jsonb: numbers are exact decimals, equality is JSON's own. jsonb holds no U+0000; a text or `json`
column that carries one as `\u0000` is read with U+FDD0 (no character, says Unicode) in its place, and so are constants.
What is said of documents stands in monitor/sql/postgresql_json.py.
"""

import re
from collections.abc import Sequence
from datetime import UTC, datetime
from functools import cache
from typing import Any, ClassVar

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql

from monitor.catalog import Family
from monitor.sql import postgresql_json as docs
from monitor.sql import vocabulary as v
from monitor.sql.elements import MICROSECONDS, among
from monitor.sql.regex_postgres import STAND_IN, to_postgres
from monitor.sql.words import Words
from monitor.sql.writer import Element, Unsayable, Writer, spelled

_UNQUOTED = re.compile(r"[a-z_][a-z0-9_]*\Z")
PLACEHOLDERS = {"until": "CAST($1 AS timestamptz)", "since": "CAST($2 AS timestamptz)"}
"""Bound by the driver: the planner sees their values, and leaves out the partitions that they exclude."""

_HUGE = 10**38
_LONG = 2**63
_MOST_US = 9 * 10**18
_KINDS: dict[v.JsonKind, str] = {
    "null": "null", "boolean": "boolean", "integer": "number", "number": "number", "string": "string",
    "array": "array", "object": "object",
}  # fmt: skip


class PostgreSQL(Writer):
    """PostgreSQL 16 and later."""

    engine: ClassVar[str] = "postgresql"
    blocks: ClassVar[str] = "TABLESAMPLE SYSTEM ({percent})"

    def placeholder(self, name: str) -> Element:
        return sa.literal_column(PLACEHOLDERS[name])

    def bind(self, name: str, moment: datetime) -> str:
        del name, moment
        return ""

    def moment(self, moment: datetime) -> Element:
        return sa.cast(sa.literal(moment.astimezone(UTC).isoformat(sep=" ")), sa.TIMESTAMP(timezone=True))

    def timeless(self, at: Element) -> Element:
        ends: list[Element] = [sa.literal_column("'infinity'"), sa.literal_column("'-infinity'")]
        return sa.or_(at.is_(None), at.in_(ends))  # by isfinite() no partition or block would be passed over

    def fence(self, statement: sa.Select[Any]) -> sa.Select[Any]:
        return statement.offset(sa.literal_column("0"))

    def compile(self, statement: sa.sql.ClauseElement) -> str:
        text = str(statement.compile(dialect=_dialect(), compile_kwargs={"literal_binds": True}))
        return text.replace("\0", chr(STAND_IN))  # names hold none, so it is in a constant

    # ── documents ───────────────────────────────────────────────────────────────────────────────────

    def extract_many(self, doc: Element, paths: Sequence[v.Path]) -> tuple[Element, Element]:
        # Read from a column it is jsonb already; anything else is worked out once for all paths.
        plain = isinstance(doc, sa.ColumnClause)
        read = docs.held(doc) if plain else doc
        one = read if plain else sa.literal_column("d.j")
        texts = docs.array([docs.text(docs.at(one, path)) for path in paths])
        kinds = docs.array([docs.kind(docs.at(one, path)) for path in paths])
        if plain:
            return texts, kinds
        once = [Words("(SELECT ", many, " FROM (SELECT ", read, " AS j OFFSET 0) AS d)") for many in (texts, kinds)]
        return once[0], once[1]

    def at_position(self, many: Element, position: int) -> Element:
        return Words(many, f"[{position + 1}]")

    def keys(self, doc: Element) -> Element:
        read = docs.held(doc) if isinstance(doc, sa.ColumnClause) else doc
        return sa.func.jsonb_object_keys(sa.case((docs.kind(read) == "object", read)))

    def text(self, place: v.Place) -> Element:
        match place:
            case v.Extracted(position):
                return self._extracted(position)[0]
            case v.At(doc, path) if path:
                return Words("(", docs.at(self._doc(doc), path[:-1]), " ->> ", sa.literal(path[-1]), ")")
            case _:
                return docs.text(self.document(v.Document(place)))

    def kind(self, place: v.Place) -> Element:
        if isinstance(place, v.Extracted):
            return self._extracted(place.position)[1]
        return docs.kind(self.document(v.Document(place)))

    def document(self, expr: v.Document) -> Element:
        match expr.place:
            case v.At(doc, path):
                return docs.at(self._doc(doc), path)
            case v.Item(level):
                return _item(level)
            case v.Nth(place, index):
                array = self.document(v.Document(place))
                return Words("(", sa.case((docs.kind(array) == "array", array)), f" -> {index})")
            case v.Extracted(position):
                text, kind = self._extracted(position)
                return sa.case(
                    (kind == "string", sa.func.to_jsonb(text)),
                    (kind == "null", sa.cast(sa.literal("null"), postgresql.JSONB)),
                    else_=sa.cast(text, postgresql.JSONB),
                )

    def _doc(self, doc: v.Expr) -> Element:
        said = self.expr(doc)
        return docs.held(said) if isinstance(doc, v.Column) else said

    def parsed(self, expr: v.Parsed) -> Element:
        # A list or a composite is no text of JSON: it has a JSON of its own. The type is known; nothing is tried twice.
        said = self.expr(expr.expr)
        typed = sa.func.pg_typeof(said).op("=")(sa.func.any_(docs.TEXTS))
        return sa.case((typed, docs.tried(sa.cast(said, sa.Text))), else_=sa.func.to_jsonb(said))

    def unwrapped(self, expr: v.Unwrapped) -> Element:
        doc = self._doc(expr.doc)
        once = docs.at_index(doc, 0)
        wrapped = sa.case((docs.holds_one(once), docs.at_index(once, 0)), else_=once)
        return sa.case((docs.holds_one(doc), wrapped), else_=doc)

    def is_kind(self, expr: v.Is) -> Element:
        kind = self.kind(expr.place)
        words = [_KINDS[name] for name in expr.kinds if name != "integer"]
        found = among(kind, words) if words else sa.false()
        if "integer" not in expr.kinds or "number" in expr.kinds:
            return found
        number = sa.cast(self.text(expr.place), sa.Numeric)
        whole = number == sa.func.trunc(number) if expr.loose else sa.func.scale(number) == 0
        # A CASE casts only where it must; a NULL kind stays NULL.
        return sa.case((kind == "number", whole), (kind.is_(None), sa.null()), else_=found)

    # ── values ──────────────────────────────────────────────────────────────────────────────────────

    def try_cast(self, expr: v.TryCast) -> Element:
        said = self.expr(expr.expr)
        text = sa.cast(said, sa.Text)
        match expr.family:
            case Family.TEXT:
                return text
            case Family.NUMBER:
                return self._number(expr.expr)
            case Family.INTEGER:
                number = self._number(expr.expr)
                fits = sa.and_(sa.func.round(number) >= -_LONG, sa.func.round(number) < _LONG)
                return sa.case((fits, sa.cast(sa.func.round(number), sa.BigInteger)))
            case Family.BOOLEAN:
                return _if_valid(text, "boolean", sa.Boolean())
            case Family.TIMESTAMP:
                return _if_valid(_dated(text), "timestamptz", sa.TIMESTAMP(timezone=True))
            case Family.DATE:
                return _if_valid(_dated(text), "date", sa.Date())
            case _:
                raise Unsayable(f"nothing is cast to {expr.family} in {self.engine}")

    def _number(self, expr: v.Expr) -> Element:
        text = sa.cast(self.expr(expr), sa.Text)
        number = sa.cast(text, sa.Numeric)
        tried = (sa.func.pg_input_is_valid(text, "numeric"), number)
        if not isinstance(expr, v.Text):
            return sa.case(tried)
        return sa.case((self.kind(expr.place) == "number", number), tried)

    def whole(self, expr: v.Whole) -> Element:
        number = self._number(expr.expr)
        return sa.case((sa.func.abs(number) < _HUGE, sa.func.round(number)))

    def since_epoch(self, expr: v.SinceEpoch) -> Element:
        per = MICROSECONDS[expr.unit]
        number = self.try_cast(v.TryCast(expr.expr, Family.INTEGER))
        after = Words("(timestamptz '1970-01-01 00:00:00+00' + ", number, f" * interval '{per} microseconds')")
        return sa.case((sa.func.abs(number) <= _MOST_US // per, after))

    def epoch_hour(self, expr: v.EpochHour) -> Element:
        at = self.expr(expr.expr)
        hours = sa.func.floor(sa.func.date_part("epoch", at) / sa.literal_column("3600"))
        return sa.case((sa.func.isfinite(at), sa.cast(hours, sa.BigInteger)))

    def multiple_of(self, expr: v.MultipleOf) -> Element:
        number = self._number(expr.expr)
        divisor = sa.cast(sa.literal(expr.divisor), sa.Numeric)
        # mod() is exact where its result is: NaN and infinity are no numbers of JSON.
        return sa.case((number.is_(None), sa.null()), else_=sa.func.mod(number, divisor) == 0)

    def captured(self, expr: v.Captured) -> Element:
        found = sa.func.substring(self.expr(expr.expr), spelled(expr.pattern, to_postgres))
        return sa.func.nullif(found, "")

    def exact_text(self, text: Element) -> Element:
        """A column's own collation may take two texts for one."""
        return Words("(", text, ' COLLATE "C")')

    def matches(self, expr: v.Matches) -> Element:
        return Words("(", self.expr(expr.expr), " ~ ", sa.literal(spelled(expr.pattern, to_postgres)), ")")

    # ── objects ─────────────────────────────────────────────────────────────────────────────────────

    def has_other_keys(self, expr: v.HasOtherKeys) -> Element:
        held = docs.at(self._doc(expr.doc), expr.path)
        declared = docs.array([sa.literal(key) for key in expr.declared])
        others = Words("(", held, " - ", declared, " <> '{}')") if expr.declared else Words("(", held, " <> '{}')")
        return sa.case((docs.kind(held) == "object", others), else_=sa.false())

    def more_keys(self, expr: v.MoreKeys) -> Element:
        known: Element = sa.literal(0)
        for place in expr.places:
            known = known + sa.cast(self.expr(v.Exists(place)), sa.Integer)
        return self.key_count(v.KeyCount(v.At(expr.doc, expr.path))) > known

    def key_count(self, expr: v.KeyCount) -> Element:
        held = self.document(v.Document(expr.place))
        count = Words("(SELECT count(*) FROM jsonb_object_keys(", held, "))")
        return sa.case((docs.kind(held) == "object", count))

    def any_member(self, expr: v.AnyMember) -> Element:
        held = self.document(v.Document(expr.place))
        members = Words("jsonb_each(", sa.case((self.kind(expr.place) == "object", held)), ")")
        named = f" AS {_alias(expr.level)}({_name(expr.level)}, {_item(expr.level)})"
        return Words("EXISTS (SELECT 1 FROM ", members, named, " WHERE ", self.expr(expr.predicate), ")")

    def member_name(self, expr: v.MemberName) -> Element:
        return _name(expr.level)

    # ── arrays ──────────────────────────────────────────────────────────────────────────────────────

    def any_item(self, expr: v.AnyItem) -> Element:
        named = f" WITH ORDINALITY AS {_alias(expr.level)}({_item(expr.level)}, {_name(expr.level)})"
        rest = f" WHERE {_name(expr.level)} > {expr.start} AND (" if expr.start else " WHERE ("
        return Words("EXISTS (SELECT 1 FROM ", self._items(expr.place), named, rest, self.expr(expr.predicate), "))")

    def count_items(self, expr: v.CountItems) -> Element:
        named = f" AS {_alias(expr.level)}({_item(expr.level)})"
        counted = sa.case((self.expr(expr.predicate), 1))
        count = Words("(SELECT count(", counted, ") FROM ", self._items(expr.place), named, ")")
        return sa.case((self.kind(expr.place) == "array", count))

    def item_count(self, expr: v.ItemCount) -> Element:
        held = self.document(v.Document(expr.place))
        return sa.case((self.kind(expr.place) == "array", sa.func.jsonb_array_length(held)))

    def repeats(self, expr: v.Repeats) -> Element:
        # jsonb's equality is JSON's: numbers by value, objects whatever their order, to any depth.
        items = self._items(expr.place)
        return Words("EXISTS (SELECT 1 FROM ", items, " AS tw_equal(item) GROUP BY item HAVING count(*) > 1)")

    def _items(self, place: v.Place) -> Element:
        held = self.document(v.Document(place))
        return Words("jsonb_array_elements(", sa.case((self.kind(place) == "array", held)), ")")


def _if_valid(text: Element, word: str, wanted: sa.types.TypeEngine[Any]) -> Element:
    return sa.case((sa.func.pg_input_is_valid(text, word), sa.cast(text, wanted)))


def _dated(text: Element) -> Element:
    """Only what begins with a year: `now` and `tomorrow` are dates here; and the year 0 is 1 BC."""
    before = Words("('0001' || substr(", text, ", 5) || ' BC')")
    return sa.case((sa.func.starts_with(text, "0000-"), before), (Words("(", text, " ~ '^[0-9]')"), text))


def _item(level: int) -> Element:
    return sa.literal_column(f"tw_item{level}")


def _name(level: int) -> Element:
    return sa.literal_column(f"tw_name{level}")


def _alias(level: int) -> str:
    return f"tw_each{level}"


@cache
def _dialect() -> sa.Dialect:
    # named: the other styles rewrite percent signs inside names
    dialect: Any = postgresql.base.PGDialect(paramstyle="named")  # type: ignore[no-untyped-call]
    dialect._backslash_escapes = False  # noqa: SLF001 - standard strings: a backslash is a backslash
    dialect.identifier_preparer.legal_characters = _UNQUOTED
    found: sa.Dialect = dialect
    return found
