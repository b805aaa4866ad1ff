"""Saying vocabulary expressions in SQL: what all engines share. One subclass per engine says the rest.

Constants from the plan are rendered by SQLAlchemy's own literal quoting, so that a scan is one text that can be
kept on disk and read by people; only window bounds are parameters.
"""

import operator
from abc import ABC, abstractmethod
from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Any, ClassVar, assert_never

import sqlalchemy as sa

from monitor.catalog import Family, TableRef
from monitor.sql import vocabulary as v
from monitor.sql.elements import Element, Sampled, constant, constants, counted, joined
from monitor.sql.regex_tree import NoSuchSetError

__all__ = ["SQL_TYPES", "Element", "Unsayable", "Writer", "spelled"]

_COMPARE: dict[v.Operator, Callable[[Element, Element], Element]] = {
    "=": operator.eq,
    "<>": operator.ne,
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
}


class Unsayable(Exception):  # noqa: N818 - a verdict, not a fault
    """An engine has no words for an operation: rules that need it are refused there, with this reason."""


class Writer(ABC):
    """Turns expressions into SQLAlchemy elements for one engine and one statement.

    Equal expressions become one element. `bind_extracted` tells where the scan put extracted properties.
    """

    engine: ClassVar[str]
    most_columns: ClassVar[int] = 1_600
    """Columns that a result may have."""
    longest_statement: ClassVar[int] = 900_000
    """Bytes that a statement may have."""
    prunes: ClassVar[bool] = True
    """Tables may be partitioned, and a comparison with the partition's column reads less."""
    chance: ClassVar[str] = "random()"
    """A number from 0 (inclusive) to 1 by chance, another one in each row."""
    blocks: ClassVar[str] = ""
    """What follows a table's name where `{percent}` of its blocks are read; empty: it cannot be said."""

    reads_columns: ClassVar[bool] = False
    """What a document holds is only read where it is a column: one that is worked out is named a level below."""

    def __init__(self) -> None:
        self._said: dict[v.Expr, Element] = {}
        self._texts: Callable[[int], Element] | None = None
        self._kinds: Callable[[int], Element] | None = None

    # ── what a scan asks of an engine ───────────────────────────────────────────────────────────────

    def expr(self, expr: v.Expr) -> Element:
        """The expression in this engine's SQL."""
        said = self._said.get(expr)
        if said is None:
            said = self._said[expr] = self._say(expr)
        return said

    def said(self, expr: v.Expr, under: str = "") -> str:
        """The expression as text, written once per process.

        Plans share properties, and so do tables; `under` tells apart where extracted properties are bound.
        """
        key = (type(self), under, expr)
        text = _TEXTS.get(key)
        if text is None:
            if len(_TEXTS) >= _MOST_TEXTS:
                _TEXTS.clear()
            text = _TEXTS[key] = self.compile(self.expr(expr))
        return text

    def bind_extracted(self, texts: Callable[[int], Element], kinds: Callable[[int], Element]) -> None:
        """Where the text and the kind of the property at each position can be read from now on."""
        self._texts, self._kinds = texts, kinds
        self._said.clear()

    @abstractmethod
    def placeholder(self, name: str) -> Element:
        """A parameter that is bound when the statement runs."""

    @abstractmethod
    def moment(self, moment: datetime) -> Element:
        """A moment (aware) as a timestamp constant, in UTC."""

    @abstractmethod
    def bind(self, name: str, moment: datetime) -> str:
        """A statement that gives a placeholder its value for the rest of the session; empty: the driver binds it."""

    @abstractmethod
    def timeless(self, at: Element) -> Element:
        """True where a timestamp is in no hour: NULL, or an engine's infinity."""

    def instant(self, at: Element) -> Element:
        """A landed time as something that `placeholder` and `moment` compare with; most engines compare it as it is."""
        return at

    def exact_text(self, text: Element) -> Element:
        """A text that is told apart from others byte by byte; most engines do anyway."""
        return text

    def same_text(self, one: Element, other: Element) -> Element:
        """Two texts are the same, byte by byte; NULL is like nothing."""
        return self.exact_text(one) == self.exact_text(other)

    def one_of(self, value: Element, values: Sequence[v.Scalar]) -> Element:
        """The value is one of these; NULL where it is NULL."""
        return value.in_(constants(values))

    def numbered(self, keys: tuple[Element, Element], numbers: Sequence[tuple[str, str, int]]) -> Element | None:
        """The number of a row's two keys among (key, key, number), the first where several are alike; NULL: in none.

        None: the engine has no words for it that are quicker than a CASE.
        """
        del keys, numbers
        return None

    def fence(self, statement: sa.Select[Any]) -> sa.Select[Any]:
        """A level of a scan that the engine works out once, before what is above it; most engines do anyway."""
        return statement

    def drawn(self, share: float) -> Element:
        """True for so many of all rows, each by itself, whatever it holds."""
        return sa.literal_column(self.chance) < constant(share)

    def some_blocks(self, ref: TableRef, share: float) -> sa.FromClause:
        """So many of a table's blocks. Raises Unsayable where the engine draws none."""
        if not self.blocks:
            raise Unsayable(f"{self.engine} draws no blocks of a table")
        return Sampled(ref, self.blocks.format(percent=f"{share * 100:.10f}".rstrip("0").rstrip(".")))

    @abstractmethod
    def compile(self, statement: sa.sql.ClauseElement) -> str:
        """The statement as text, constants quoted by SQLAlchemy."""

    @abstractmethod
    def extract_many(self, doc: Element, paths: Sequence[v.Path]) -> tuple[Element, Element]:
        """Two list-like values: the texts and the kinds at the paths of a document, read in one go."""

    @abstractmethod
    def at_position(self, many: Element, position: int) -> Element:
        """One value of what `extract_many` gave, by position from 0."""

    @abstractmethod
    def keys(self, doc: Element) -> Element:
        """The keys of a document as rows (`unnest`), for naming undeclared ones."""

    def keyed(self, below: sa.FromClause, doc: Element) -> tuple[Sequence[sa.FromClause], Element]:
        """What to select from so that each row stands there once per key of its document, and the key.

        An engine whose `keys` cannot stand among a list of columns joins them here.
        """
        return (below,), self.keys(doc)

    # ── what an engine says its own way ─────────────────────────────────────────────────────────────

    @abstractmethod
    def text(self, place: v.Place) -> Element:
        """`vocabulary.Text`."""

    @abstractmethod
    def kind(self, place: v.Place) -> Element:
        """The engine's own word for the kind of JSON value at a place; NULL where there is none."""

    @abstractmethod
    def is_kind(self, expr: v.Is) -> Element:
        """`vocabulary.Is`."""

    @abstractmethod
    def parsed(self, expr: v.Parsed) -> Element:
        """`vocabulary.Parsed`."""

    @abstractmethod
    def unwrapped(self, expr: v.Unwrapped) -> Element:
        """`vocabulary.Unwrapped`."""

    @abstractmethod
    def try_cast(self, expr: v.TryCast) -> Element:
        """`vocabulary.TryCast`."""

    @abstractmethod
    def whole(self, expr: v.Whole) -> Element:
        """`vocabulary.Whole`."""

    @abstractmethod
    def epoch_hour(self, expr: v.EpochHour) -> Element:
        """`vocabulary.EpochHour`."""

    @abstractmethod
    def captured(self, expr: v.Captured) -> Element:
        """`vocabulary.Captured`."""

    @abstractmethod
    def matches(self, expr: v.Matches) -> Element:
        """`vocabulary.Matches`."""

    @abstractmethod
    def has_other_keys(self, expr: v.HasOtherKeys) -> Element:
        """`vocabulary.HasOtherKeys`."""

    @abstractmethod
    def more_keys(self, expr: v.MoreKeys) -> Element:
        """`vocabulary.MoreKeys`."""

    @abstractmethod
    def any_item(self, expr: v.AnyItem) -> Element:
        """`vocabulary.AnyItem`."""

    # Operations on nested values: an engine that cannot say one leaves it, and its rules are refused there.

    def document(self, expr: v.Document) -> Element:
        """`vocabulary.Document`."""
        return self._unsayable(expr)

    def member_name(self, expr: v.MemberName) -> Element:
        """`vocabulary.MemberName`."""
        return self._unsayable(expr)

    def item_count(self, expr: v.ItemCount) -> Element:
        """`vocabulary.ItemCount`."""
        return self._unsayable(expr)

    def key_count(self, expr: v.KeyCount) -> Element:
        """`vocabulary.KeyCount`."""
        return self._unsayable(expr)

    def count_items(self, expr: v.CountItems) -> Element:
        """`vocabulary.CountItems`."""
        return self._unsayable(expr)

    def any_member(self, expr: v.AnyMember) -> Element:
        """`vocabulary.AnyMember`."""
        return self._unsayable(expr)

    def repeats(self, expr: v.Repeats) -> Element:
        """`vocabulary.Repeats`."""
        return self._unsayable(expr)

    def multiple_of(self, expr: v.MultipleOf) -> Element:
        """`vocabulary.MultipleOf`."""
        return self._unsayable(expr)

    def params(self, expr: v.Params) -> Element:
        """`vocabulary.Params`."""
        return self._unsayable(expr)

    def since_epoch(self, expr: v.SinceEpoch) -> Element:
        """`vocabulary.SinceEpoch`."""
        return self._unsayable(expr)

    def floor(self, expr: v.Floor) -> Element:
        """`vocabulary.Floor`."""
        return sa.func.floor(self.expr(expr.expr))

    def _unsayable(self, expr: v.Expr) -> Element:
        raise Unsayable(f"{type(expr).__name__} is not written for {self.engine}")

    def length(self, expr: v.Length) -> Element:
        """`vocabulary.Length`."""
        return sa.func.length(self.expr(expr.expr))

    def split_part(self, expr: v.SplitPart) -> Element:
        """`vocabulary.SplitPart`."""
        return sa.func.split_part(self.expr(expr.expr), expr.separator, expr.index)

    # ── what all say alike ──────────────────────────────────────────────────────────────────────────

    def _say(self, expr: v.Expr) -> Element:  # noqa: C901, PLR0911, PLR0912 - one arm per word, and mypy counts them
        match expr:
            case v.Column(name):
                return sa.column(name)
            case v.Literal(value):
                return constant(value)
            case v.Text(place):
                return self.text(place)
            case v.Exists(place):
                return self.kind(place).is_not(None)
            case v.Leading(inner, count):
                return sa.func.substr(self.expr(inner), 1, count)
            case v.CountTrue(exprs):
                return counted([self.expr(part) for part in exprs])
            case v.Coalesce(exprs):
                return sa.func.coalesce(*map(self.expr, exprs))
            case v.NullIf(inner, value):
                return sa.func.nullif(self.expr(inner), constant(value))
            case v.Concat(exprs):
                return joined([self.expr(part) for part in exprs])
            case v.Case(arms, otherwise):
                return sa.case(*((self.expr(when), self.expr(then)) for when, then in arms), else_=self.expr(otherwise))
            case v.IsNull(inner):
                return self.expr(inner).is_(None)
            case v.Compare(left, sign, right):
                return _COMPARE[sign](self.expr(left), self.expr(right))
            case v.OneOf(inner, values):
                return self.one_of(self.expr(inner), values)
            case v.Not(inner):
                return sa.not_(self.expr(inner))
            case v.And(exprs):
                return sa.and_(sa.true(), *map(self.expr, exprs))
            case v.Or(exprs):
                return sa.or_(sa.false(), *map(self.expr, exprs))
            case v.Floor():
                return self.floor(expr)
            case v.Document():
                return self.document(expr)
            case v.MemberName():
                return self.member_name(expr)
            case v.ItemCount():
                return self.item_count(expr)
            case v.KeyCount():
                return self.key_count(expr)
            case v.CountItems():
                return self.count_items(expr)
            case v.AnyMember():
                return self.any_member(expr)
            case v.Repeats():
                return self.repeats(expr)
            case v.MultipleOf():
                return self.multiple_of(expr)
            case v.Length():
                return self.length(expr)
            case v.SplitPart():
                return self.split_part(expr)
            case v.Parsed():
                return self.parsed(expr)
            case v.Unwrapped():
                return self.unwrapped(expr)
            case v.Params():
                return self.params(expr)
            case v.SinceEpoch():
                return self.since_epoch(expr)
            case v.TryCast():
                return self.try_cast(expr)
            case v.Whole():
                return self.whole(expr)
            case v.EpochHour():
                return self.epoch_hour(expr)
            case v.Captured():
                return self.captured(expr)
            case v.Is():
                return self.is_kind(expr)
            case v.Matches():
                return self.matches(expr)
            case v.HasOtherKeys():
                return self.has_other_keys(expr)
            case v.MoreKeys():
                return self.more_keys(expr)
            case v.AnyItem():
                return self.any_item(expr)
            case _:
                assert_never(expr)

    def _extracted(self, position: int) -> tuple[Element, Element]:
        if self._texts is None or self._kinds is None:
            msg = "an extracted property is only known inside a scan"
            raise LookupError(msg)
        return self._texts(position), self._kinds(position)


def spelled(pattern: str, spell: Callable[[str], str]) -> str:
    """A regular expression in an engine's spelling. Raises Unsayable where a set of characters has none."""
    try:
        return spell(pattern)
    except NoSuchSetError as unknown:
        raise Unsayable(str(unknown)) from None


SQL_TYPES: dict[Family, type[sa.types.TypeEngine[Any]]] = {
    Family.TEXT: sa.Text,
    Family.INTEGER: sa.BigInteger,
    Family.NUMBER: sa.Double,
    Family.BOOLEAN: sa.Boolean,
    Family.TIMESTAMP: sa.TIMESTAMP,
    Family.DATE: sa.Date,
}
"""What `TryCast` casts to, where the engine has no better word."""

_MOST_TEXTS = 50_000
_TEXTS: dict[tuple[type[Writer], str, v.Expr], str] = {}
"""A memo of a pure function, bounded."""
