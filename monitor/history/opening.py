"""Open a history database: reach it, see whose it is, bring it to the newest shape once."""

from pathlib import Path
from typing import Final

from sqlalchemy import URL, Connection, Engine, inspect, make_url
from sqlalchemy.exc import ArgumentError

from monitor.errors import HistoryError
from monitor.history import sqlite
from monitor.history.schema import HEAD, REVISIONS, metadata
from monitor.history.trouble import SECRETS, shown, told

MIGRATIONS: Final = Path(__file__).with_name("migrations")


LIVES_IN = frozenset({"sqlite"})
"""The databases that history can be kept in."""


def parse(text: str) -> URL:
    """A SQLAlchemy URL of a database that history can live in. HistoryError never repeats the text."""
    try:
        url = make_url(text)
    except (ArgumentError, ValueError):
        raise HistoryError(
            "is not a database URL", where="trackwarden.yml: history.url", hint="write sqlite:///state/history.db"
        ) from None
    if url.get_backend_name() not in LIVES_IN:
        raise HistoryError(
            f"history cannot live in {url.get_backend_name()} yet",
            where=shown(url),
            hint="write sqlite:///state/history.db",
        )
    if url.host or url.username or url.password or SECRETS.search(" ".join(url.query)):
        raise HistoryError(
            "an SQLite file has neither host, user nor password",
            where="trackwarden.yml: history.url",
            hint="write three slashes: sqlite:///state/history.db",
        )
    return url


def open_engine(url: URL, place: str) -> Engine:
    """An engine on a database of the newest shape.

    Raises HistoryError for a file that is no database, not ours, damaged, read-only, locked or newer than us.
    """
    engine = sqlite.make_engine(url)
    try:
        with told(place):
            _bring_to_head(engine, place)
    except BaseException:
        engine.dispose()
        raise
    return engine


def _bring_to_head(engine: Engine, place: str) -> None:
    with engine.execution_options(bare=True).connect() as connection:
        sqlite.use_wal(connection)
    with engine.connect() as connection:
        if revision(connection, place) == HEAD:
            return
    with engine.execution_options(writes=True).begin() as connection:
        current = revision(connection, place)  # again, now that nobody else can change it
        if current is None:
            create(connection)
        elif current != HEAD:
            upgrade(connection)


def revision(connection: Connection, place: str) -> str | None:
    """The shape's revision; None: an empty database. HistoryError: newer than us, or not a history."""
    tables = inspect(connection).get_table_names()
    if not tables:
        return None
    if "alembic_version" not in tables:
        raise HistoryError(
            "holds other tables, no trackwarden history",
            where=place,
            hint="set history.url to a file of its own",
        )
    current = connection.exec_driver_sql("SELECT version_num FROM alembic_version").scalar()
    if current not in REVISIONS:
        raise HistoryError(
            f"was written by a newer trackwarden (its shape is {current}, this one knows {HEAD})",
            where=place,
            hint="upgrade trackwarden; the file is unchanged",
        )
    return str(current)


def create(connection: Connection) -> None:
    """The newest shape in an empty database, stamped with its revision.

    A test holds this to what the migrations make. Importing alembic takes .6 s, which a first run saves.
    """
    metadata.create_all(connection, checkfirst=False)
    connection.exec_driver_sql(
        "CREATE TABLE alembic_version (version_num VARCHAR(32) NOT NULL, "
        "CONSTRAINT alembic_version_pkc PRIMARY KEY (version_num))"
    )
    connection.exec_driver_sql(f"INSERT INTO alembic_version VALUES ('{HEAD}')")  # noqa: S608 - a constant of ours


def upgrade(connection: Connection, target: str = "head") -> None:
    """Run the migrations up to `target` inside the connection's transaction."""
    from alembic.operations import Operations  # noqa: PLC0415 - as above
    from alembic.runtime.migration import MigrationContext  # noqa: PLC0415 - .6 s, only where it has work to do
    from alembic.script import ScriptDirectory  # noqa: PLC0415 - as above

    scripts = ScriptDirectory(str(MIGRATIONS))
    context = MigrationContext.configure(
        connection,
        opts={"script": scripts, "fn": lambda current, _: scripts._upgrade_revs(target, current)},  # noqa: SLF001 - as alembic's own command does
    )
    with Operations.context(context):
        context.run_migrations()
