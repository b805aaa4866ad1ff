"""What SQLite's SQL says of documents: json1 where the text is plain, functions of ours where json1 is not exact."""

import json
import re
from collections.abc import Sequence

import sqlalchemy as sa

from monitor.sql import vocabulary as v
from monitor.sql.elements import Element
from monitor.sql.words import Words

_PLAIN_KEY = re.compile(r"[ !#-\[\]-~]+")


def valid(text: Element) -> Element:
    """A text that is valid JSON, by json1 and, with escapes, by Python; NULL where it is none."""
    valid = sa.and_(sa.func.json_valid(text), sa.or_(plain(text), sa.func.tw_valid(text)))
    return sa.case((valid, text))


def plain(text: Element) -> Element:
    """The text holds no escape of a code point: json1 reads it exactly."""
    return sa.func.instr(text, r"\u") == 0


def only(kind: str, raw: Element) -> Element:
    """A document of one kind; NULL where it is of another."""
    return sa.case((sa.func.json_type(raw) == kind, raw))


def _at(doc: Element, path: v.Path) -> Element:
    """The JSON text at a path; json1 reads keys in quotes that hold none."""
    if not _is_plain(path):
        return sa.func.tw_at(doc, dumped([path])[1:-1])
    return Words("(", doc, " -> ", sa.literal(_json1_path(path)), ")")


def exactly_at(doc: Element, path: v.Path) -> Element:
    """The same in every document: json1 does not find a key that is spelt with an escape."""
    if not path:
        return doc
    return sa.case((plain(doc), _at(doc, path)), else_=sa.func.tw_at(doc, dumped([path])[1:-1]))


def kind_at(doc: Element, path: v.Path) -> Element:
    """json1's word for the kind of the value at a path."""
    return sa.func.json_type(doc, _json1_path(path)) if _is_plain(path) else sa.func.json_type(_at(doc, path))


def text_at(doc: Element, path: v.Path) -> Element:
    """The value at a path of a plain document as text, as it is spelt there; NULL for JSON null."""
    if not _is_plain(path):
        return sa.func.tw_text(_at(doc, path))
    at = sa.literal(_json1_path(path))
    kind, text = kind_at(doc, path), Words("(", doc, " ->> ", at, ")")
    # A text: JSON would go into a list as what it is, not as it is spelt.
    raw = Words("((", doc, " -> ", at, ") || '')")
    return sa.case((kind == "text", text), (kind == "null", sa.null()), else_=raw)


def _is_plain(path: v.Path) -> bool:
    return all(_PLAIN_KEY.fullmatch(key) for key in path)


def _json1_path(path: v.Path) -> str:
    return "$" + "".join(f'."{key}"' for key in path)


def dumped(paths: Sequence[v.Path]) -> str:
    """Paths as one JSON text, for functions of ours."""
    return json.dumps(paths, separators=(",", ":"))
