"""How DuckDB looks texts up among many constants: it compares an `IN` list one by one, and the arms of a CASE too.

Measured on 1 million rows, one thread: 250 names as `IN` .79 s, as a list .21 s, as an enumeration (a hash) .06 s; the
number of an event and version among 150 as CASE .56 s, as an enumeration .04 s. What is in none costs an enumeration
.15 s whatever its size: a cast that fails is dear, so shorter lists stay lists.
"""

from collections.abc import Sequence
from typing import Any

import sqlalchemy as sa
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.compiler import SQLCompiler

from monitor.sql import vocabulary as v
from monitor.sql.duckdb_json import List
from monitor.sql.elements import Element

_LISTED = 12
"""From so many texts on a list is quicker than `IN`."""
_HASHED = 128
"""And from so many an enumeration."""
_BETWEEN = "\x1f"
"""Stands between an event's name and its version."""


def among(value: Element, texts: Sequence[v.Scalar]) -> Element | None:
    """The value is one of these texts, NULL where it is NULL; None: `IN` says it as well, or it cannot be said so."""
    words = [text for text in dict.fromkeys(texts) if isinstance(text, str) and "\0" not in text]
    if len(words) < max(_LISTED, len(set(texts))):
        return None
    text = sa.cast(value, sa.Text)
    if len(words) < _HASHED:
        return sa.func.list_contains(List([sa.literal(word) for word in words]), text)
    return sa.case((text.is_not(None), _Code(text, words).is_not(None)))


def numbered(keys: tuple[Element, Element], numbers: Sequence[tuple[str, str, int]]) -> Element | None:
    """The number of a row's two keys among these; NULL where they are not. None: few, or they cannot be said so."""
    words = {f"{one}{_BETWEEN}{other}": number for one, other, number in reversed(numbers)}
    plain = all(word.count(_BETWEEN) == 1 and "\0" not in word for word in words)
    if len(words) < _LISTED or not plain:
        return None
    both = sa.cast(keys[0], sa.Text).concat(_BETWEEN).concat(sa.cast(keys[1], sa.Text))
    return _Nth([sa.literal(number) for number in words.values()], _Code(both, list(words)))


class _Code(sa.sql.expression.ColumnElement[Any]):
    """The place of a text in an enumeration, from 0; NULL where it is not in it."""

    inherit_cache = False

    def __init__(self, text: Element, words: Sequence[str]) -> None:
        self.text, self.words = text, [sa.literal(word) for word in words]
        self.type = sa.types.Integer()


class _Nth(sa.sql.expression.ColumnElement[Any]):
    """An item of a list of constants, by a place from 0."""

    inherit_cache = False

    def __init__(self, items: Sequence[Element], place: Element) -> None:
        self.items, self.place = List(items), place
        self.type = sa.types.Integer()


@compiles(_Code)
def _say_code(element: _Code, compiler: SQLCompiler, **kw: Any) -> str:
    words = ", ".join(compiler.process(word, **kw) for word in element.words)
    text = compiler.process(element.text, **kw)
    return f"CAST(enum_code(TRY_CAST({text} AS ENUM({words}))) AS INTEGER)"


@compiles(_Nth)
def _say_nth(element: _Nth, compiler: SQLCompiler, **kw: Any) -> str:
    return f"{compiler.process(element.items, **kw)}[{compiler.process(element.place, **kw)} + 1]"
