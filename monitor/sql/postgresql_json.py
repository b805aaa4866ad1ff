"""What PostgreSQL's SQL says of documents: columns and texts as jsonb, the value at a path, lists of texts."""

from collections.abc import Sequence

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql

from monitor.sql import vocabulary as v
from monitor.sql.elements import Element
from monitor.sql.words import Words

_SLOWLY = r"\\u|[0-9][eE][-+]?[0-9]{4}"
"""What jsonb may refuse of well-formed JSON: some code points, numbers beyond its decimals."""
_NUL = r"(?<!\\)((?:\\\\)*)\\u0000"
TEXTS: Element = sa.literal_column("'{text,varchar,bpchar,json,name}'::regtype[]")
"""Types of columns that hold a document as text."""


def held(column: Element) -> Element:
    """A column as jsonb: it is, or it is `json`, which holds more than jsonb takes."""
    is_jsonb = sa.func.pg_typeof(column).op("=")(sa.literal_column("'jsonb'::regtype"))
    return sa.case((is_jsonb, sa.cast(column, postgresql.JSONB)), else_=tried(sa.cast(column, sa.Text)))


def tried(text: Element) -> Element:
    """A text as jsonb; NULL where it is none. Asking whether it is JSON costs a third of asking whether it casts."""
    as_json, without_nul = sa.cast(text, postgresql.JSONB), sa.func.regexp_replace(text, _NUL, r"\1\\ufdd0", "g")
    quickly = sa.and_(Words("(", text, " IS JSON)"), Words("(", text, " !~ ", sa.literal(_SLOWLY), ")"))
    nul = sa.and_(sa.func.strpos(text, r"\u0000") > 0, sa.func.pg_input_is_valid(without_nul, "jsonb"))
    return sa.case(
        (quickly, as_json),
        (sa.func.pg_input_is_valid(text, "jsonb"), as_json),
        (nul, sa.cast(without_nul, postgresql.JSONB)),
    )


def at(doc: Element, path: v.Path) -> Element:
    """`->` with a text finds an object's key, never an array's item."""
    for key in path:
        doc = Words("(", doc, " -> ", sa.literal(key), ")")
    return doc


def at_index(doc: Element, index: int) -> Element:
    """An item of an array, from 0; NULL where there is none, or no array."""
    return Words("(", doc, f" -> {index})")


def text(doc: Element) -> Element:
    """The value as text; NULL for JSON null."""
    return Words("(", doc, " #>> '{}')")


def kind(doc: Element) -> Element:
    """`object`, `array`, `string`, `number`, `boolean` or `null`."""
    return sa.func.jsonb_typeof(doc)


def holds_one(doc: Element) -> Element:
    """It is an array of one item."""
    length = sa.case((kind(doc) == "array", sa.func.jsonb_array_length(doc)))
    return length == 1


def array(items: Sequence[Element]) -> Element:
    """A list of texts."""
    parts = [part for item in items for part in (", ", item)]
    return Words("CAST(ARRAY[", *parts[1:], "] AS text[])")
