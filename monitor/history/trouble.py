"""What the history database refuses, said as problem, place and next step."""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, Final

from sqlalchemy import URL
from sqlalchemy.exc import DBAPIError

from monitor.errors import HistoryError

_ROOM: Final = "make room and run again: what was being written is undone, the rest is kept"
_RIGHTS: Final = "give this user the right to use and create tables in its schema (USAGE, CREATE)"
_WAIT: Final = "wait until the other run has ended, then run again"
_AGAIN: Final = "run again: what was being written is undone, the rest is kept"
_SERVER: Final = "check that the server runs and that history.url names its host, port and database"
_TWICE: Final = "one key was written twice: please report this with the command"
_REFUSALS: Final = (
    ("SQLITE_FULL", "the disk is full", _ROOM),
    ("SQLITE_NOTADB", "is not a history database", "point history.url at another file, or move this one away"),
    ("SQLITE_CORRUPT", "is damaged", "restore the file from a backup, or move it away to begin a new history"),
    ("SQLITE_READONLY", "may not be written", "give this user write permission on the file and its folder"),
    ("SQLITE_PERM", "may not be written", "give this user write permission on the file and its folder"),
    ("SQLITE_CANTOPEN", "cannot be opened", "check that the path is a file and that this user may read and write it"),
    ("SQLITE_BUSY", "is locked by another process", "wait until the other run has ended, then run again"),
    ("SQLITE_LOCKED", "is locked by another process", "wait until the other run has ended, then run again"),
    ("SQLITE_IOERR_SHMSIZE", "the disk is full", _ROOM),  # no room for the index of the log beside it
    ("SQLITE_IOERR", "cannot be read or written", "check the disk, and that the file is not on a network drive"),
    ("SQLITE_CONSTRAINT_PRIMARYKEY", "already holds such a row", _TWICE),
    ("SQLITE_CONSTRAINT_UNIQUE", "already holds such a row", _TWICE),
    ("23505", "already holds such a row", _TWICE),
    ("53100", "the server's disk is full", _ROOM),
    ("53300", "the server takes no more connections", "raise max_connections, or put a pooler before it"),
    ("53", "the server has run out of something", _AGAIN),
    ("28", "the server refuses this user or password", "check the user and the password in history.url"),
    ("3D", "there is no such database", "create it, or correct its name in history.url"),
    ("3F", "there is no such schema", "create it, or correct search_path in history.url"),
    ("42501", "may not be written", _RIGHTS),
    ("25006", "may not be written", "the server is a read-only standby: point history.url at the primary"),
    ("25P03", "ended a transaction that stood still for too long", _AGAIN),
    ("55P03", "is locked by another process", _WAIT),
    ("40", "could not write beside another process", _AGAIN),
    ("57P", "the server is shutting down or starting", _AGAIN),
    ("57014", "the server cancelled a statement", _AGAIN),
    ("58", "the server cannot read or write its files", "ask whoever runs the server: its log says more"),
    ("XX", "is damaged", "restore the database from a backup, or give trackwarden a new one"),
    ("08", "the connection to the server broke", _AGAIN),
)
_UNREACHED: Final = (
    ("password authentication failed", "28P01"),
    ("no password supplied", "28P01"),
    ("no pg_hba.conf entry", "28000"),
    ("does not exist", "3D000"),
    ("too many clients", "53300"),
    ("remaining connection slots", "53300"),
    ("starting up", "57P03"),
    ("shutting down", "57P01"),
)
"""What libpq says where it gets no connection, and so no code; its words are never told: they may hold the URL's."""
SECRETS: Final = re.compile(r"pass|secret|token|key", re.IGNORECASE)


def shown(url: URL) -> str:
    """A URL that may be told: no password, and none of the query's options, whose names may be anything."""
    return url.set(query={}).render_as_string(hide_password=True)


@contextmanager
def told(place: str) -> Iterator[None]:
    """Turn the driver's refusals inside the block into HistoryError."""
    try:
        yield
    except DBAPIError as error:
        raise refusal(error, place) from error


def refusal(error: DBAPIError, place: str) -> HistoryError:
    """The error as its reader needs it; `place` is the database's URL as `shown`."""
    name = code(error)
    for prefix, problem, hint in _REFUSALS:
        if name.startswith(prefix):
            return HistoryError(problem, where=place, hint=hint)
    if hasattr(error.orig, "sqlstate"):
        return _from_server(error, name, place)
    first = str(error.orig).partition("\n")[0]
    return HistoryError(
        f"the history database refused a statement: {first}",
        where=place,
        hint="check that the file was made by this trackwarden; `trackwarden doctor` looks into it",
    )


def _from_server(error: DBAPIError, name: str, place: str) -> HistoryError:
    if not name:
        return HistoryError("the server cannot be reached, or the connection broke", where=place, hint=_SERVER)
    return HistoryError(
        f"the history database refused a statement ({type(error.orig).__name__}, SQLSTATE {name})",
        where=place,
        hint="the server's log says more; `trackwarden doctor` looks into the history",
    )


def code(error: DBAPIError) -> str:
    """SQLite's own word for the error (`SQLITE_FULL`), or PostgreSQL's SQLSTATE; empty where there is none."""
    driver: Any = error.orig
    if hasattr(driver, "sqlstate"):
        return driver.sqlstate or next((state for words, state in _UNREACHED if words in str(driver)), "")
    return str(getattr(driver, "sqlite_errorname", ""))
