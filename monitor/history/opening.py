"""Open a history database: reach it, see whose it is, bring it to the newest shape once."""

from datetime import datetime
from importlib import import_module
from pathlib import Path
from typing import Any, Final, Protocol

from sqlalchemy import URL, Connection, Engine, inspect, make_url
from sqlalchemy.exc import ArgumentError

from monitor.errors import HistoryError
from monitor.history.schema import HEAD, REVISIONS, metadata
from monitor.history.trouble import shown, told

MIGRATIONS: Final = Path(__file__).with_name("migrations")


class Database(Protocol):
    """What one kind of database does its own way: `sqlite` and `postgres` of this folder."""

    def resolve(self, url: URL, root: Path) -> URL:
        """The URL as it is opened. HistoryError: it cannot be meant, or its folder cannot be made or written."""
        ...

    def make_engine(self, url: URL) -> Engine:
        """An engine; a connection with the option `writes` begins by keeping other writers out."""
        ...

    def reading(self, engine: Engine) -> Engine:
        """The engine for transactions that read, each of them one state."""
        ...

    def prepare(self, engine: Engine) -> None:
        """What the database is told once."""
        ...

    def in_memory(self, url: URL) -> bool:
        """The database lives as long as its connection."""
        ...

    def now(self, connection: Connection) -> datetime:
        """The clock that leases go by."""
        ...

    def size(self, connection: Connection) -> int:
        """Bytes on disk."""
        ...

    def copy(self, source: Connection, target: Path) -> None:
        """A consistent copy of the whole history, as an SQLite file."""
        ...

    def vacuum(self, engine: Engine) -> None:
        """Give back the room of what was deleted."""
        ...


LIVES_IN: Final = {"sqlite": "sqlite", "postgresql": "postgres"}
"""The databases that history can be kept in, and the module that knows each."""

_WRITTEN_AS: Final = {"postgres": "postgresql"}  # as many platforms hand it out
_EXAMPLES: Final = "write sqlite:///state/history.db, or postgresql+psycopg://user@host/database"


def database(url: URL) -> Database:
    """What knows the URL's database; the other one's driver is not imported."""
    module: Any = import_module(f"monitor.history.{LIVES_IN[url.get_backend_name()]}")
    one: Database = module
    return one


def parse(text: str) -> URL:
    """A SQLAlchemy URL of a database that history can live in. HistoryError never repeats the text."""
    try:
        url = make_url(text)
    except (ArgumentError, ValueError):
        raise HistoryError("is not a database URL", where="trackwarden.yml: history.url", hint=_EXAMPLES) from None
    url = url.set(drivername=_WRITTEN_AS.get(url.drivername, url.drivername))
    if url.get_backend_name() not in LIVES_IN:
        raise HistoryError(f"history cannot live in {url.get_backend_name()}", where=shown(url), hint=_EXAMPLES)
    return url


def open_engine(url: URL, place: str) -> Engine:
    """An engine on a database of the newest shape.

    HistoryError: it cannot be reached, is no database, not ours, damaged, read-only, locked or newer than us.
    """
    kind = database(url)
    engine = kind.make_engine(url)
    try:
        with told(place):
            kind.prepare(engine)
            _bring_to_head(engine, place)
    except BaseException:
        engine.dispose()
        raise
    return engine


def _bring_to_head(engine: Engine, place: str) -> None:
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
    if inspect(connection).default_schema_name == "":
        raise HistoryError("there is no such schema", where=place, hint="create it, or correct search_path")
    tables = inspect(connection).get_table_names()
    if not tables:
        return None
    if "alembic_version" not in tables:
        raise HistoryError(
            "holds other tables, no trackwarden history",
            where=place,
            hint="give the history a file or database of its own, or a schema: …?options=-csearch_path=NAME",
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
