"""How a statement is spelled where no driver's own dialect is to be relied on: names, constants, types.

Scans are texts. Some engines' SQLAlchemy dialects quote names and constants in a way that a backslash, a percent sign
or a line break breaks; others need their driver to be installed only to write SQL. A `Spelling` is the little that a
scan needs of a dialect: names that are always quoted, and constants that are always themselves.
"""

import re
from collections.abc import Mapping
from typing import Any, ClassVar

from sqlalchemy import Dialect
from sqlalchemy.engine.default import DefaultDialect
from sqlalchemy.sql.compiler import IdentifierPreparer, SQLCompiler
from sqlalchemy.sql.type_api import TypeEngine

_OWN = re.compile(r"tw_[a-z0-9_]+\Z")
"""Names of our own need no quotes: texts of ours speak of them as they are."""


class Preparer(IdentifierPreparer):
    """Names between two signs (`sign`); `escapes` says what stands for a character inside them."""

    sign: ClassVar[str] = '"'
    escapes: ClassVar[Mapping[str, str]] = {'"': '""'}

    def __init__(self, dialect: Dialect) -> None:
        super().__init__(dialect, initial_quote=self.sign)

    def _requires_quotes(self, value: str) -> bool:
        return _OWN.match(value) is None

    def _escape_identifier(self, value: str) -> str:
        return escaped(value, self.escapes)


class Compiler(SQLCompiler):
    """Constants as texts; `escapes` says what stands for a character inside a text."""

    escapes: ClassVar[Mapping[str, str]] = {"'": "''"}

    def render_literal_value(self, value: Any, type_: TypeEngine[Any]) -> str:
        """A constant. Texts by our own rules, everything else by SQLAlchemy's."""
        if isinstance(value, str):
            return self.quoted(value)
        return str(super().render_literal_value(value, type_))

    def quoted(self, value: str) -> str:
        """A text as a constant, whatever it holds."""
        return f"'{escaped(value, self.escapes)}'"


class Spelling(DefaultDialect):
    """A dialect that only writes. Parameters are named, so that no percent sign is doubled."""

    preparer: Any = Preparer
    statement_compiler = Compiler
    supports_native_boolean = True
    supports_statement_cache = False
    max_identifier_length = 10_000
    """An engine refuses a name that is too long; it never becomes another."""

    def __init__(self) -> None:
        super().__init__(paramstyle="named")


def escaped(value: str, escapes: Mapping[str, str]) -> str:
    """Every character by what stands for it.

    >>> escaped("it's", {"'": "''"})
    "it''s"
    """
    return value.translate({ord(char): written for char, written in escapes.items()})
