"""Where a history may live in tests: a file of SQLite, or a schema of a real PostgreSQL server."""

import sqlite3
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from itertools import count
from pathlib import Path
from typing import Any, Protocol

import pytest
from sqlalchemy import create_engine, inspect

from monitor.history.store import History
from tests.fakes.postgres import Postgres, PostgresMissingError, running

KINDS = ("sqlite", "postgresql")


class Home(Protocol):
    """One place for one history."""

    @property
    def url(self) -> str:
        """What `history.url` says, its password included."""
        ...

    def open(self) -> History:
        """The history there, made where there is none."""
        ...

    def dump(self) -> dict[str, list[tuple[object, ...]]]:
        """Every row of every table, in no particular order of the database."""
        ...

    def execute(self, sql: str) -> list[Any]:
        """A statement in a transaction of its own, past trackwarden; its rows."""
        ...

    def check(self) -> None:
        """The database itself says that it is sound."""
        ...


class File:
    """A file `history.db` in a folder."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.path = folder / "history.db"

    @property
    def url(self) -> str:
        return f"sqlite:///{self.path}"

    def open(self) -> History:
        return History.open(self.url, root=self.folder)

    def dump(self) -> dict[str, list[tuple[object, ...]]]:
        with self._connected() as connection:
            names = [name for (name,) in connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'")]
            return {name: sorted(connection.execute(f'SELECT * FROM "{name}"'), key=repr) for name in names}

    def execute(self, sql: str) -> list[Any]:
        with self._connected() as connection:
            rows = connection.execute(sql).fetchall()
            connection.commit()
            return rows

    def check(self) -> None:
        assert self.execute("PRAGMA integrity_check") == [("ok",)]
        assert self.execute("PRAGMA foreign_key_check") == []

    @contextmanager
    def _connected(self) -> Iterator[sqlite3.Connection]:
        connection = sqlite3.connect(self.path, timeout=20)
        try:
            yield connection
        finally:
            connection.close()


class Schema:
    """A schema of its own on a server that many tests share."""

    def __init__(self, server: Postgres, name: str) -> None:
        self.server, self.name = server, name
        with server.connect() as connection:
            connection.execute(f'CREATE SCHEMA "{name}"'.encode())

    @property
    def url(self) -> str:
        return f"{self.server.url()}?options=-csearch_path%3D{self.name}"

    def open(self) -> History:
        return History.open(self.url, root=Path())

    def dump(self) -> dict[str, list[tuple[object, ...]]]:
        engine = create_engine(self.url)
        try:
            with engine.connect() as connection:
                return {
                    name: sorted(
                        (tuple(row) for row in connection.exec_driver_sql(f'SELECT * FROM "{name}"')), key=repr
                    )
                    for name in inspect(connection).get_table_names()
                }
        finally:
            engine.dispose()

    def execute(self, sql: str) -> list[Any]:
        with self.server.connect() as connection:
            connection.execute(f'SET search_path = "{self.name}"'.encode())
            cursor = connection.execute(sql.encode())
            return cursor.fetchall() if cursor.description else []

    def check(self) -> None:
        """Every index agrees with its table (amcheck where the server has it)."""
        try:
            self.execute("CREATE EXTENSION IF NOT EXISTS amcheck WITH SCHEMA pg_catalog")
        except Exception as error:  # noqa: BLE001 - told as a skip of this one check
            pytest.skip(f"the server has no amcheck: {type(error).__name__}")
        indexes = self.execute(
            "SELECT c.oid FROM pg_class c JOIN pg_am a ON a.oid = c.relam AND a.amname = 'btree'"
            f" WHERE c.relkind = 'i' AND c.relnamespace = '\"{self.name}\"'::regnamespace"
        )
        assert indexes
        for (index,) in indexes:
            self.execute(f"SELECT bt_index_parent_check({index}::oid, true)")


_numbers = count(1)


@contextmanager
def server() -> Iterator[Callable[[], Postgres]]:
    """Starts a server when it is first asked for, and stops it at the end; skips the test where there is none."""
    opened: list[Any] = []

    def started() -> Postgres:
        if not opened:
            manager = running()
            try:
                opened.extend((manager, manager.__enter__()))
            except PostgresMissingError as error:
                pytest.skip(str(error))
        found: Postgres = opened[1]
        return found

    try:
        yield started
    finally:
        if opened:
            opened[0].__exit__(None, None, None)


def home(kind: str, folder: Path, started: Callable[[], Postgres]) -> Home:
    """A new empty place of that kind."""
    return File(folder) if kind == "sqlite" else Schema(started(), f"h{next(_numbers)}")
