"""DuckDB's way of saying the vocabulary. Regular expressions are RE2; the json extension is built in.

What is said of documents stands in monitor/sql/duckdb_json.py.
"""

import json
import re
from collections.abc import Sequence
from datetime import UTC, datetime
from functools import cache
from typing import ClassVar

import sqlalchemy as sa

from monitor.catalog import Family
from monitor.sql import duckdb_json as docs
from monitor.sql import duckdb_names
from monitor.sql import vocabulary as v
from monitor.sql.elements import MICROSECONDS, MICROSECONDS_PER_HOUR, among, total
from monitor.sql.regex import to_re2
from monitor.sql.writer import SQL_TYPES, Element, Writer

_UNQUOTED = re.compile(r"[A-Za-z0-9_]+\Z")
"""Names that need no quotes. SQLAlchemy's own pattern ends in `$`: it lets a name through that ends in a line break."""
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

    def one_of(self, value: Element, values: Sequence[v.Scalar]) -> Element:
        quicker = duckdb_names.among(value, values)
        return super().one_of(value, values) if quicker is None else quicker

    def numbered(self, keys: tuple[Element, Element], numbers: Sequence[tuple[str, str, int]]) -> Element | None:
        return duckdb_names.numbered(keys, numbers)

    def timeless(self, at: Element) -> Element:
        ends: list[Element] = [sa.literal_column("'infinity'"), sa.literal_column("'-infinity'")]
        return sa.or_(at.is_(None), at.in_(ends))  # by isfinite() no partition or block would be passed over

    def compile(self, statement: sa.sql.ClauseElement) -> str:
        text = str(statement.compile(dialect=_dialect(), compile_kwargs={"literal_binds": True}))
        return text.replace("\0", "'||chr(0)||'")  # a statement ends at a NUL; names hold none, so it is in a constant

    def extract_many(self, doc: Element, paths: Sequence[v.Path]) -> tuple[Element, Element]:
        listed = docs.List([sa.literal(docs.json_path(path)) for path in paths])
        return sa.func.json_extract_string(doc, listed), sa.func.json_type(doc, listed)

    def at_position(self, many: Element, position: int) -> Element:
        return docs.ItemOf(many, position + 1)

    def keys(self, doc: Element) -> Element:
        # As text: `sa.func.unnest` is another thing in a process where another engine's dialect is loaded.
        return sa.literal_column(f"unnest({self.compile(sa.func.json_keys(doc))})")

    def text(self, place: v.Place) -> Element:
        match place:
            case v.At(doc, path):
                return sa.func.json_extract_string(self.expr(doc), docs.json_path(path))
            case v.Extracted(position):
                return self._extracted(position)[0]
            case v.Item(level):
                return sa.func.json_extract_string(docs.item(level), "$")
            case v.Nth():
                return sa.func.json_extract_string(self.document(v.Document(place)), "$")

    def kind(self, place: v.Place) -> Element:
        match place:
            case v.At(doc, path):
                return sa.func.json_type(self.expr(doc), docs.json_path(path))
            case v.Extracted(position):
                return self._extracted(position)[1]
            case v.Item(level):
                return sa.func.json_type(docs.item(level))
            case v.Nth():
                return sa.func.json_type(self.document(v.Document(place)))

    def is_kind(self, expr: v.Is) -> Element:
        if expr.kinds == ("object",) and isinstance(expr.place, v.At) and not expr.place.path:
            return self._is_object(expr.place.doc)
        kind = self.kind(expr.place)
        found = among(kind, (word for name in expr.kinds for word in _KINDS[name]))
        if "integer" not in expr.kinds or "number" in expr.kinds:
            return found
        # Whole numbers beyond 64 bits, and from draft 6 on `1.0`, are DOUBLE here.
        text = self.expr(v.Text(expr.place))
        number = sa.try_cast(text, sa.Double)
        whole = number == sa.func.floor(number) if expr.loose else sa.not_(sa.func.regexp_matches(text, "[.eE]"))
        return sa.case((kind == "DOUBLE", whole), else_=found)  # a CASE casts only where it must; NULL stays NULL

    def _is_object(self, doc: v.Expr) -> Element:
        # Nearly every document begins with a brace: looking is a tenth of the cost of parsing.
        written = self.expr(doc)
        begins = sa.func.starts_with(sa.cast(written, sa.Text), "{")
        return sa.case((begins, sa.true()), else_=sa.func.json_type(written) == "OBJECT")

    def parsed(self, expr: v.Parsed) -> Element:
        return sa.try_cast(self.expr(expr.expr), docs.Json)

    def unwrapped(self, expr: v.Unwrapped) -> Element:
        doc = self.expr(expr.doc)
        once = sa.func.json_extract(doc, "$[0]")
        twice = sa.func.json_extract(doc, "$[0][0]")
        inner = sa.case((sa.func.json_array_length(doc, "$[0]") == 1, twice), else_=once)
        wrapped = sa.case((sa.func.json_type(doc, "$[0]") == "ARRAY", inner), else_=once)
        return sa.case((sa.func.json_array_length(doc) == 1, wrapped), else_=doc)

    def params(self, expr: v.Params) -> Element:
        # Written as text: a map would refuse a list that names a parameter twice; in JSON the first counts.
        listed = sa.func.coalesce(docs.Params(self.expr(expr.expr)), "")
        members: list[Element] = [listed]
        for key, column in expr.beside:
            items = self.expr(column)
            said = sa.func.concat(json.dumps(key) + ":", sa.cast(docs.WithoutNulls(items), sa.Text))
            members.append(sa.case((sa.func.len(items) > 0, said), else_=""))
        joined = sa.func.array_to_string(
            sa.func.list_filter(docs.List(members), docs.Lambda(0, docs.item(0) != "")), ","
        )
        return sa.cast(sa.func.concat("{", joined, "}"), docs.Json)

    def since_epoch(self, expr: v.SinceEpoch) -> Element:
        microseconds = MICROSECONDS[expr.unit]
        number = sa.try_cast(self.expr(expr.expr), sa.BigInteger)
        return sa.func.make_timestamp(number * microseconds if microseconds > 1 else number)

    def try_cast(self, expr: v.TryCast) -> Element:
        # A text's offset counts only on the way to TIMESTAMPTZ; sessions run in UTC.
        wanted = sa.TIMESTAMP(timezone=True) if expr.family is Family.TIMESTAMP else SQL_TYPES[expr.family]
        return sa.try_cast(self.expr(expr.expr), wanted)

    def whole(self, expr: v.Whole) -> Element:
        return sa.try_cast(self.expr(expr.expr), docs.HugeInt)

    def epoch_hour(self, expr: v.EpochHour) -> Element:
        at = self.expr(expr.expr)
        hours = sa.func.floor(sa.func.epoch_us(at) / sa.literal(float(MICROSECONDS_PER_HOUR)))
        return sa.case((sa.func.isfinite(at), sa.cast(hours, sa.BigInteger)))

    def captured(self, expr: v.Captured) -> Element:
        return sa.func.nullif(sa.func.regexp_extract(self.expr(expr.expr), to_re2(expr.pattern), 1), "")

    def matches(self, expr: v.Matches) -> Element:
        return sa.func.regexp_matches(self.expr(expr.expr), to_re2(expr.pattern))

    def has_other_keys(self, expr: v.HasOtherKeys) -> Element:
        doc = self.expr(expr.doc)
        keys = sa.func.json_keys(doc, docs.json_path(expr.path)) if expr.path else sa.func.json_keys(doc)
        if not expr.declared:
            return sa.func.len(keys) > 0
        others = sa.not_(sa.func.list_has_all(docs.List([sa.literal(key) for key in expr.declared]), keys))
        if not expr.places:
            return others
        # Comparing counts is a third of the cost; names are compared only where there are more keys than declared
        # ones, which also holds where a document repeats a key.
        more = self.expr(v.MoreKeys(expr.doc, expr.path, expr.places))
        return sa.case((more, others), else_=sa.false())

    def more_keys(self, expr: v.MoreKeys) -> Element:
        doc = self.expr(expr.doc)
        keys = sa.func.json_keys(doc, docs.json_path(expr.path)) if expr.path else sa.func.json_keys(doc)
        there = [sa.cast(self.expr(v.Exists(place)), sa.Integer) for place in expr.places]
        return sa.func.len(keys) > total(there)

    # ── nested values ───────────────────────────────────────────────────────────────────────────────

    def document(self, expr: v.Document) -> Element:
        match expr.place:
            case v.At(doc, path):
                return sa.func.json_extract(self.expr(doc), docs.json_path(path)) if path else self.expr(doc)
            case v.Item(level):
                return docs.item(level)
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
        failing = sa.func.len(sa.func.list_filter(items, docs.Lambda(expr.level, self.expr(expr.predicate)))) > 0
        return sa.case((self.kind(expr.place) == "ARRAY", failing), else_=sa.false())

    def count_items(self, expr: v.CountItems) -> Element:
        found = sa.func.list_filter(self._items(expr.place), docs.Lambda(expr.level, self.expr(expr.predicate)))
        return sa.case((self.kind(expr.place) == "ARRAY", sa.func.len(found)))

    def any_member(self, expr: v.AnyMember) -> Element:
        doc, level = self._inner(expr.place), expr.level
        members = sa.func.list_zip(sa.func.json_keys(doc), sa.func.json_extract(doc, "$.*"))
        # A list of one binds the member's value to the name that items have.
        value = docs.List([sa.literal_column(f"member{level}[2]")])
        one = sa.func.len(sa.func.list_filter(value, docs.Lambda(level, self.expr(expr.predicate)))) > 0
        failing = sa.func.len(sa.func.list_filter(members, docs.Lambda(level, one, "member"))) > 0
        return sa.case((self.kind(expr.place) == "OBJECT", failing), else_=sa.false())

    def repeats(self, expr: v.Repeats) -> Element:
        items = self._items(expr.place)
        alike = sa.func.list_transform(items, docs.Lambda(0, sa.literal_column(docs.alike(docs.DEPTH)), "same"))
        fewer = sa.func.len(sa.func.list_distinct(alike)) < sa.func.len(items)
        return sa.case((self.kind(expr.place) == "ARRAY", fewer), else_=sa.false())

    def multiple_of(self, expr: v.MultipleOf) -> Element:
        text = self.expr(expr.expr)
        whole, _, fraction = expr.divisor.partition(".")
        scale, steps = len(fraction), int(whole + fraction)
        return docs.MultipleOf(text, scale, steps, expr.divisor)

    def _inner(self, place: v.Place) -> Element:
        """The array or object at a place, where its kind is known to be one."""
        return self._as_json(place) if isinstance(place, v.Extracted) else self.expr(v.Document(place))

    def _as_json(self, place: v.Place) -> Element:
        return sa.try_cast(self.text(place), docs.Json)

    def _items(self, place: v.Place) -> Element:
        return sa.func.json_extract(self._inner(place), "$[*]")


@cache
def _dialect() -> sa.Dialect:
    from duckdb_sqlalchemy import Dialect  # noqa: PLC0415 - costs time, and only scans need it

    dialect = Dialect(paramstyle="named")  # named: the other styles rewrite percent signs inside names
    dialect.identifier_preparer.legal_characters = _UNQUOTED
    return dialect
