"""What only SQLite needs: its pragmas, its transactions, its files."""

import os
import sqlite3
import time
from datetime import datetime
from pathlib import Path
from typing import Any, Final

from sqlalchemy import URL, Connection, Engine, StaticPool, create_engine, event
from sqlalchemy.exc import OperationalError

from monitor.errors import HistoryError
from monitor.history.trouble import SECRETS, code, shown

BUSY_MS: Final = 10_000
"""How long a statement waits for another process's transaction."""

_WAL_TRIES: Final = 50


def resolve(url: URL, root: Path) -> URL:
    """The URL with its path below `root`, and the folder made.

    Raises HistoryError where the folder cannot be made, or the path is a folder or not ours to write.
    """
    if url.host or url.username or url.password or SECRETS.search(" ".join(url.query)):
        raise HistoryError(
            "an SQLite file has neither host, user nor password",
            where="trackwarden.yml: history.url",
            hint="write three slashes: sqlite:///state/history.db",
        )
    if in_memory(url) or str(url.database).startswith("file:"):
        return url
    path = root / str(url.database)
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise HistoryError(
            f"the folder {path.parent.name!r} cannot be made: {error.strerror}",
            where=shown(url),
            hint="make the folder, or set history.url to a path that this user may write",
        ) from error
    if path.is_dir():
        raise HistoryError("is a folder", where=shown(url), hint="history.url names a file: add its name")
    if not os.access(path if path.exists() else path.parent, os.W_OK):
        raise HistoryError(
            "may not be written", where=shown(url), hint="give this user write permission on the file and its folder"
        )
    return url.set(database=str(path))


def in_memory(url: URL) -> bool:
    """The database lives as long as its connection."""
    return not url.database or url.database == ":memory:"


def make_engine(url: URL) -> Engine:
    """An engine whose transactions are SQLite's own, DDL included.

    A connection with the option `writes` begins by taking the write lock, so that two writers wait
    for each other instead of failing half-way.
    """
    # in memory there is one connection for all threads; they take turns (alert/lanes.py)
    pool = {"poolclass": StaticPool, "connect_args": {"check_same_thread": False}} if in_memory(url) else {}
    engine = create_engine(url, hide_parameters=True, **pool)
    event.listen(engine, "connect", _connected)
    event.listen(engine, "begin", _begun)
    return engine


def reading(engine: Engine) -> Engine:
    """The engine itself: each of its transactions sees one state."""
    return engine


def prepare(engine: Engine) -> None:
    """What a database file is told once."""
    with engine.execution_options(bare=True).connect() as connection:
        use_wal(connection)


def now(connection: Connection) -> datetime:
    """This host's clock: whoever works on the file works here."""
    moment: str = connection.exec_driver_sql("SELECT strftime('%Y-%m-%dT%H:%M:%f+00:00', 'now')").scalar_one()
    return datetime.fromisoformat(moment)


def size(connection: Connection) -> int:
    """Bytes of the file."""
    pages, width = (
        int(connection.exec_driver_sql(f"PRAGMA {one}").scalar_one()) for one in ("page_count", "page_size")
    )
    return pages * width


def vacuum(engine: Engine) -> None:
    """Give the room of what was deleted back to the disk."""
    with engine.execution_options(bare=True).connect() as connection:
        connection.exec_driver_sql("VACUUM")
        connection.exec_driver_sql("PRAGMA wal_checkpoint(TRUNCATE)")


def use_wal(connection: Connection) -> None:
    """Write-ahead logging: readers go on while a run writes. Kept in the file, so asked for once.

    SQLite answers "locked" at once where two processes ask at the same time; the later one tries again.
    """
    for tries_left in range(_WAL_TRIES, 0, -1):
        try:
            if connection.exec_driver_sql("PRAGMA journal_mode").scalar() != "wal":
                connection.exec_driver_sql("PRAGMA journal_mode=WAL")
        except OperationalError as error:
            if tries_left == 1 or not code(error).startswith("SQLITE_BUSY"):
                raise
            time.sleep(0.05)
        else:
            return


def copy(source: Connection, target: Path) -> None:
    """A consistent copy of the whole database, other processes' work included or left out as a whole."""
    driver = source.connection.driver_connection
    if not isinstance(driver, sqlite3.Connection):
        raise TypeError("this is no connection to SQLite")
    copied = sqlite3.connect(target)
    try:
        driver.backup(copied)
    finally:
        copied.close()


def _connected(driver: Any, record: object) -> None:  # noqa: ARG001 - SQLAlchemy's signature
    """Our BEGIN, not the driver's; a power cut may lose the last commits in WAL mode, never the file."""
    driver.isolation_level = None
    cursor = driver.cursor()
    cursor.execute(f"PRAGMA busy_timeout={BUSY_MS}")
    cursor.execute("PRAGMA synchronous=NORMAL")
    cursor.execute("PRAGMA cache_size=-8000")
    cursor.execute("PRAGMA wal_autocheckpoint=8000")  # pages of 4 KB: a large run writes back once, not 15 times
    cursor.execute("PRAGMA temp_store=MEMORY")
    cursor.close()


def _begun(connection: Connection) -> None:
    options = connection.get_execution_options()
    if not options.get("bare"):
        connection.exec_driver_sql("BEGIN IMMEDIATE" if options.get("writes") else "BEGIN")
