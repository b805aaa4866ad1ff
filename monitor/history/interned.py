"""Texts that measurements name by number: rules, and property lists (shapes)."""

import json
from collections.abc import Iterable, Mapping, Sequence
from hashlib import blake2b
from typing import Final

from sqlalchemy import Column, Connection, Integer, String, Table, Text, bindparam, select

from monitor.history.schema import fetch, insert_new, metadata

rule: Final = Table(
    "rule",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("hash", String(32), nullable=False, unique=True),
    Column("text", Text, nullable=False),
)
shape: Final = Table(
    "shape",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("hash", String(32), nullable=False, unique=True),
    Column("text", Text, nullable=False),
)


class Interned:
    """One table's texts and their numbers, as this process knows them. Numbers are never reused.

    After a transaction that did not commit, call `forget`: its numbers were undone with it.
    """

    def __init__(self, table: Table) -> None:
        self._table = table
        self._later = select(table.c.id, table.c.text).where(table.c.id > bindparam("newest"))
        self._ids: dict[str, int] = {}
        self._newest = 0

    def ids(self, connection: Connection, texts: Iterable[str]) -> Mapping[str, int]:
        """A number for each of the texts (and for all others known), new ones written first."""
        missing = {text for text in texts if text not in self._ids}
        if missing:
            self._load(connection)
            new = [(_hash(text), text) for text in sorted(missing - self._ids.keys())]
            if new:
                insert_new(connection, self._table, ("hash", "text"), list(new))
                self._load(connection)
        return self._ids

    def texts(self, connection: Connection) -> Mapping[int, str]:
        """Every text by its number."""
        self._load(connection)
        return {number: text for text, number in self._ids.items()}

    def forget(self) -> None:
        """Know nothing; the next call reads again."""
        self._ids = {}
        self._newest = 0

    def _load(self, connection: Connection) -> None:
        for number, text in fetch(connection, self._later, self._newest):
            self._ids[text] = number
            self._newest = max(self._newest, number)


def shape_text(pointers: Sequence[str]) -> str:
    """A property list as the text that is kept."""
    return json.dumps(list(pointers))


def shape_pointers(text: str) -> tuple[str, ...]:
    """The property list again."""
    return tuple(json.loads(text))


def _hash(text: str) -> str:
    return blake2b(text.encode(), digest_size=16).hexdigest()
