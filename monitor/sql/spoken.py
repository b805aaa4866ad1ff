"""What engines share whose statements are finished texts: nothing is bound by the session, no driver spells a name."""

from collections.abc import Sequence
from datetime import datetime
from typing import ClassVar

import sqlalchemy as sa

from monitor.sql import vocabulary as v
from monitor.sql.elements import among
from monitor.sql.regex_java import to_java
from monitor.sql.spelling import Spelling
from monitor.sql.words import Words
from monitor.sql.writer import Element, Writer, spelled


class Spoken(Writer):
    """A warehouse of typed documents, in a session whose zone is UTC; `spelling` writes its names and constants."""

    spelling: ClassVar[Spelling]

    def placeholder(self, name: str) -> Element:
        """A parameter by name."""
        return sa.literal_column(f":tw_{name}")

    def bind(self, name: str, moment: datetime) -> str:
        """Nothing: moments stand in the statement, or the job carries them, so that partitions are passed over."""
        del name, moment
        return ""

    def timeless(self, at: Element) -> Element:
        """True where a timestamp is in no hour: these engines know no infinity."""
        return at.is_(None)

    def compile(self, statement: sa.sql.ClauseElement) -> str:
        """The statement as text."""
        return str(statement.compile(dialect=self.spelling, compile_kwargs={"literal_binds": True}))

    def present(self, places: Sequence[v.Place]) -> Element:
        """How many of these places hold a value."""
        held: Element = sa.literal(0)
        for place in places:
            held = held + sa.case((self.kind(place).is_not(None), 1), else_=0)
        return held

    def among(self, expr: v.Is, whole: Element) -> Element:
        """`vocabulary.Is` where all numbers are of one kind, `number`; `whole` says which of them are integers."""
        kind = self.kind(expr.place)
        found = among(kind, ("number" if name == "integer" else name for name in expr.kinds))
        if "integer" not in expr.kinds or "number" in expr.kinds:
            return found
        return sa.case((kind == "number", sa.func.COALESCE(whole, sa.false())), else_=found)


def cast(value: Element, native: str, *, how: str = "CAST") -> Element:
    """`CAST(… AS …)`, or as the engine calls the one that gives NULL (`SAFE_CAST`, `TRY_CAST`)."""
    return Words(f"{how}(", value, f" AS {native})")


def try_cast(value: Element, native: str) -> Element:
    """`TRY_CAST(… AS …)`: NULL where the value does not fit."""
    return cast(value, native, how="TRY_CAST")


def listed(items: Sequence[Element], opening: str = "[") -> Element:
    """An array of these: `[a, b]`, `ARRAY[a, b]`."""
    parts: list[str | Element] = []
    for item in items:
        parts += [", ", item] if parts else [item]
    return Words(opening, *parts, "]")


def item(level: int) -> Element:
    """The array item, or member's value, at hand."""
    return sa.literal_column(f"tw_item{level}")


def java(pattern: str) -> str:
    """A regular expression in Java's spelling. Raises Unsayable where a set of characters has none."""
    return spelled(pattern, to_java)
