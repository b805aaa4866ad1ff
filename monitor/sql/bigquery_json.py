"""BigQuery's documents, in BigQuery's own words: values of the type JSON, and what is read from them.

JSON numbers are 64 bits wide: what a document held beyond them is rounded when it becomes JSON, and a document with a
number that no float is near (`1e400`) is none. Of a key written twice the first value counts.

Source: https://cloud.google.com/bigquery/docs/reference/standard-sql/json_functions, and how Google's own
implementation (GoogleSQL) answers: tests/engines/test_googlesql.py asks it.
"""

import re

import sqlalchemy as sa

from monitor.sql import vocabulary as v
from monitor.sql.elements import Element
from monitor.sql.words import Words

_PLAIN_KEY = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
_UNSPEAKABLE = re.compile(r'["\\\x00-\x1f]|^\s*[-+]?[0-9]+\s*$|^$')
"""Keys that a JSONPath's quotes cannot hold, and whole numbers: `$."0"` is an array's first item, too."""
_WHOLE = r"""("(?:[^"\\]|\\.)*")|-?(0)\.0([,\]}]|$)|(-?[0-9]+)\.0([,\]}]|$)"""
"""In JSON text: a string, which is passed over, or a whole number that JSON has as a float; minus zero is zero."""
_AS_WHOLE = r"\1\2\3\4\5"


def parsed(text: Element) -> Element:
    """A text as JSON; NULL where it is none."""
    return Words("SAFE.PARSE_JSON(", text, ", wide_number_mode => 'round')")


def read(column: Element) -> Element:
    """A column as JSON, whatever its type: a text is parsed, a list or a struct is written as JSON.

    Statements are typed before they run, and `PARSE_JSON` of a list is refused; both arms are well typed for all.
    """
    written = sa.func.TO_JSON(column)
    nested = sa.func.JSON_TYPE(written).in_(("array", "object"))
    return sa.case((nested, written), else_=parsed(sa.func.JSON_VALUE(written)))


def at(doc: Element, path: v.Path) -> Element:
    """The JSON value at a path; NULL where it is absent."""
    if not path:
        return doc
    if _speakable(path):
        return sa.func.JSON_QUERY(doc, json_path(path))
    for key in path:
        doc = subscript(doc, sa.literal(key))
    return doc


def scalar(doc: Element, path: v.Path) -> Element:
    """The string, number or boolean at a path as text; NULL for all else."""
    return sa.func.JSON_VALUE(doc, json_path(path)) if _speakable(path) else sa.func.JSON_VALUE(at(doc, path))


def text(value: Element, scalar: Element) -> Element:
    """A value as text, given how it reads as a scalar."""
    held = sa.func.JSON_TYPE(value).in_(("array", "object"))
    return sa.func.COALESCE(scalar, sa.case((held, sa.func.TO_JSON_STRING(value))))


def subscript(value: Element, key: Element) -> Element:
    """A member of an object by its exact name; NULL of all else, arrays too."""
    return Words(value, "[", key, "]")


def items(value: Element) -> Element:
    """An array's items; NULL of all else."""
    return sa.case((sa.func.JSON_TYPE(value) == "array", sa.func.JSON_QUERY_ARRAY(value)))


def nth(many: Element, index: int) -> Element:
    """One of a list by its index from 0; NULL beyond its end."""
    return Words(many, f"[SAFE_OFFSET({index})]")


def keys(value: Element) -> Element:
    """An object's keys as `JSON_KEYS` spells them (`name` reads them); none of arrays, whatever they hold."""
    return sa.func.JSON_KEYS(value, 1)


def name(key: Element) -> Element:
    """A key as it is: `JSON_KEYS` writes those with special characters as JSON strings, and no others with quotes."""
    return sa.case((sa.func.STARTS_WITH(key, '"'), sa.func.JSON_VALUE(key)), else_=key)


def canonical(value: Element) -> Element:
    """A value as a text that equal values share.

    Members come in the order of their names, whatever the document's: BigQuery's JSON keeps none.
    """
    return sa.func.REGEXP_REPLACE(sa.func.TO_JSON_STRING(value), _WHOLE, _AS_WHOLE)


def json_path(path: v.Path) -> str:
    """A path of keys that quotes can hold, as JSONPath.

    >>> json_path(("a", "b c", "d.e")), json_path(())
    ('$.a."b c"."d.e"', '$')
    """
    return "$" + "".join(f".{key}" if _PLAIN_KEY.fullmatch(key) else f'."{key}"' for key in path)


def _speakable(path: v.Path) -> bool:
    return not any(map(_UNSPEAKABLE.search, path))
