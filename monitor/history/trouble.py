"""What the history database refuses, said as problem, place and next step."""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

from sqlalchemy import URL
from sqlalchemy.exc import DBAPIError

from monitor.errors import HistoryError

_TWICE: Final = "one key was written twice: please report this with the command"
_REFUSALS: Final = (
    ("SQLITE_FULL", "the disk is full", "make room and run again: what was being written is undone, the rest is kept"),
    ("SQLITE_NOTADB", "is not a history database", "point history.url at another file, or move this one away"),
    ("SQLITE_CORRUPT", "is damaged", "restore the file from a backup, or move it away to begin a new history"),
    ("SQLITE_READONLY", "may not be written", "give this user write permission on the file and its folder"),
    ("SQLITE_PERM", "may not be written", "give this user write permission on the file and its folder"),
    ("SQLITE_CANTOPEN", "cannot be opened", "check that the path is a file and that this user may read and write it"),
    ("SQLITE_BUSY", "is locked by another process", "wait until the other run has ended, then run again"),
    ("SQLITE_LOCKED", "is locked by another process", "wait until the other run has ended, then run again"),
    ("SQLITE_IOERR", "cannot be read or written", "check the disk, and that the file is not on a network drive"),
    ("SQLITE_CONSTRAINT_PRIMARYKEY", "already holds such a row", _TWICE),
    ("SQLITE_CONSTRAINT_UNIQUE", "already holds such a row", _TWICE),
)
SECRETS: Final = re.compile(r"pass|secret|token|key", re.IGNORECASE)


def shown(url: URL) -> str:
    """A URL that may be told: no password, neither before the host nor among the query's options."""
    return url.difference_update_query([name for name in url.query if SECRETS.search(name)]).render_as_string(
        hide_password=True
    )


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
    first = str(error.orig).partition("\n")[0]
    return HistoryError(
        f"the history database refused a statement: {first}",
        where=place,
        hint="check that the file was made by this trackwarden; `trackwarden doctor` looks into it",
    )


def code(error: DBAPIError) -> str:
    """SQLite's own word for the error (`SQLITE_FULL`); empty for other drivers."""
    return str(getattr(error.orig, "sqlite_errorname", ""))
