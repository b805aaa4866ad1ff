"""SQL in an engine's own words, for what SQLAlchemy has no construct for.

Keywords are text; names, constants and expressions always come as elements, so that the dialect quotes them.
"""

from typing import Any

import sqlalchemy as sa
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.compiler import SQLCompiler

from monitor.sql.elements import Element


class Words(sa.sql.expression.ColumnElement[Any]):
    """`Words("(", array, " -> ", key, ")")`: written one after the other. Operators bring their own brackets."""

    inherit_cache = False

    def __init__(self, *parts: str | Element) -> None:
        self.parts = parts
        self.type = sa.types.NullType()


@compiles(Words)
def _say_words(element: Words, compiler: SQLCompiler, **kw: Any) -> str:
    return "".join(part if isinstance(part, str) else compiler.process(part, **kw) for part in element.parts)
