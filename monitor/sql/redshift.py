"""Redshift's way of saying the vocabulary. Documents are SUPER; regular expressions are PCRE (`p`).

SUPER is navigated from a column: a text that holds a document is parsed a level below what is read out of it. Rules
about items and keys are refused: PartiQL unnests in a FROM beside the rows, not in a subquery for each of them, and
there is no function of an object's keys.
A session has `enable_case_sensitive_identifier` and `enable_case_sensitive_super_attribute` on.

Source: https://docs.aws.amazon.com/redshift/latest/dg/super-overview.html
"""

from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from typing import ClassVar

import sqlalchemy as sa

from monitor.catalog import Family
from monitor.sql import vocabulary as v
from monitor.sql.elements import PER_SECOND
from monitor.sql.spelling import Compiler, Spelling
from monitor.sql.spoken import Spoken, cast, java
from monitor.sql.words import Words
from monitor.sql.writer import Element, Unsayable

_NUMBER = r"^[-+]?[0-9]{1,38}([.][0-9]{1,30})?([eE][-+]?[0-9]{1,2})?$"
_WHOLE = r"^[-+]?[0-9]{1,38}([.][0-9]+)?$"
_MOMENT = "^[0-9]{4}-(0[1-9]|1[0-2])-(0[1-9]|[12][0-9]|3[01])"
_SECONDS = 253_402_300_799
"""The last second of the year 9999."""


class _Compiler(Compiler):
    escapes: ClassVar = {"\\": "\\\\", "'": "''"}


class _Spelling(Spelling):
    name = "redshift"
    statement_compiler = _Compiler


class Redshift(Spoken):
    """Redshift, provisioned or serverless, in a session whose zone is UTC."""

    engine: ClassVar[str] = "redshift"
    chance: ClassVar[str] = "RANDOM()"
    spelling: ClassVar[Spelling] = _Spelling()
    reads_columns: ClassVar[bool] = True

    def moment(self, moment: datetime) -> Element:
        return sa.literal_column(bound(moment))

    def extract_many(self, doc: Element, paths: Sequence[v.Path]) -> tuple[Element, Element]:
        values = [_navigated(doc, path) for path in paths]
        return sa.func.ARRAY(*map(_text, values)), sa.func.ARRAY(*map(sa.func.JSON_TYPEOF, values))

    def at_position(self, many: Element, position: int) -> Element:
        return cast(Words(many, f"[{position}]"), "VARCHAR")

    def keys(self, doc: Element) -> Element:
        del doc
        raise Unsayable("keys of a document are not listed on Redshift")

    def value(self, place: v.Place) -> Element:
        """The SUPER value at a place; NULL where it is absent."""
        match place:
            case v.At(v.Column() as doc, path):
                return _navigated(self.expr(doc), path)
            case v.At(v.Parsed() as doc, ()):
                return self.expr(doc)
            case v.Extracted(position):  # what is no scalar is kept as JSON text
                text, kind = self._extracted(position)
                return sa.case((kind.in_(("array", "object")), sa.func.JSON_PARSE(text)))
            case _:
                raise Unsayable("Redshift reads nothing out of what it has just worked out, items of arrays among it")

    def text(self, place: v.Place) -> Element:
        match place:
            case v.Extracted(position):
                return self._extracted(position)[0]
            case v.At(v.Parsed(inner), path) if path:
                return sa.func.NULLIF(sa.func.JSON_EXTRACT_PATH_TEXT(self.expr(inner), *path, sa.true()), "")
            case _:
                return _text(self.value(place))

    def kind(self, place: v.Place) -> Element:
        if isinstance(place, v.Extracted):
            return self._extracted(place.position)[1]
        return sa.func.JSON_TYPEOF(self.value(place))

    def is_kind(self, expr: v.Is) -> Element:
        text = self.expr(v.Text(expr.place))
        whole = sa.not_(_found(text, "[.eE]"))
        if expr.loose:
            number = _number(text)
            whole = sa.or_(whole, number == sa.func.FLOOR(number))
        return self.among(expr, whole)

    def parsed(self, expr: v.Parsed) -> Element:
        text = self.expr(expr.expr)
        return sa.case((sa.func.CAN_JSON_PARSE(text), sa.func.JSON_PARSE(text)))

    def unwrapped(self, expr: v.Unwrapped) -> Element:
        return self._unsayable(expr)

    def has_other_keys(self, expr: v.HasOtherKeys) -> Element:
        return self._unsayable(expr)

    def more_keys(self, expr: v.MoreKeys) -> Element:
        return self._unsayable(expr)

    def any_item(self, expr: v.AnyItem) -> Element:
        return self._unsayable(expr)

    def item_count(self, expr: v.ItemCount) -> Element:
        value = self.value(expr.place)
        return sa.case((sa.func.JSON_TYPEOF(value) == "array", sa.func.GET_ARRAY_LENGTH(value)))

    # ── texts, numbers, times: nothing tries a cast, so a pattern looks first ───────────────────────

    def try_cast(self, expr: v.TryCast) -> Element:
        text = cast(self.expr(expr.expr), "VARCHAR")
        tried: dict[Family, Callable[[], Element]] = {
            Family.TEXT: lambda: text,
            Family.INTEGER: lambda: _where(text, "^[-+]?[0-9]{1,18}$", "BIGINT"),
            Family.NUMBER: lambda: _number(text),
            Family.BOOLEAN: lambda: _where(text, "^(true|false|t|f|1|0)$", "BOOLEAN"),
            Family.DATE: lambda: self._unsayable(expr),  # 30 February is refused, with the whole statement
            Family.TIMESTAMP: lambda: _where(text, _MOMENT, "TIMESTAMPTZ"),
        }
        return tried[expr.family]() if expr.family in tried else self._unsayable(expr)

    def whole(self, expr: v.Whole) -> Element:
        return _where(self.expr(expr.expr), _WHOLE, "DECIMAL(38,0)")

    def captured(self, expr: v.Captured) -> Element:
        # `e` gives the first group; `p` is PCRE.
        found = sa.func.REGEXP_SUBSTR(self.expr(expr.expr), java(expr.pattern), 1, 1, "ep")
        return sa.func.NULLIF(found, "")

    def matches(self, expr: v.Matches) -> Element:
        return _found(self.expr(expr.expr), java(expr.pattern))

    def epoch_hour(self, expr: v.EpochHour) -> Element:
        seconds = Words("EXTRACT(EPOCH FROM ", self.expr(expr.expr), ")")
        return cast(sa.func.FLOOR(Words("(", seconds, " / 3600.0)")), "BIGINT")

    def since_epoch(self, expr: v.SinceEpoch) -> Element:
        number = cast(self.expr(expr.expr), "BIGINT")
        units = PER_SECOND[expr.unit]
        seconds = Words("(", number, f" / {units})")
        rest = Words("(MOD(", number, f", {units}) * {1_000_000 // units})")
        moment = Words(
            "DATEADD(microsecond, ", rest, ", DATEADD(second, ", seconds, ", TIMESTAMP '1970-01-01 00:00:00'))"
        )
        return sa.case((sa.func.ABS(seconds) < _SECONDS, moment))


def bound(moment: datetime) -> str:
    """A moment (aware) as a constant, in UTC.

    >>> bound(datetime(2026, 6, 1, 10, tzinfo=UTC))
    "TIMESTAMP '2026-06-01 10:00:00'"
    """
    return f"TIMESTAMP '{moment.astimezone(UTC).replace(tzinfo=None).isoformat(sep=' ')}'"


def _found(text: Element, pattern: str) -> Element:
    return sa.func.REGEXP_INSTR(text, pattern, 1, 1, 0, "p") > 0


def _where(text: Element, pattern: str, native: str) -> Element:
    return sa.case((_found(text, pattern), cast(text, native)))


def _number(text: Element) -> Element:
    return _where(text, _NUMBER, "FLOAT8")


def _navigated(doc: Element, path: v.Path) -> Element:
    parts: list[str | Element] = [doc]
    for key in path:
        parts += [".", sa.column(sa.sql.quoted_name(key, quote=True))]
    return Words(*parts)


def _text(value: Element) -> Element:
    held = sa.func.JSON_TYPEOF(value).in_(("array", "object"))
    return sa.case((held, sa.func.JSON_SERIALIZE(value)), else_=cast(value, "VARCHAR"))
