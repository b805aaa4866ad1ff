"""What only PostgreSQL needs: its transactions, its limits of waiting, text that it does not take."""

from datetime import datetime
from pathlib import Path
from typing import Any, Final

from psycopg import Connection as DriverConnection
from psycopg.types.string import StrDumper, TextLoader
from sqlalchemy import URL, Connection, Engine, create_engine, event, make_url, text

from monitor.history import copying, opening

BUSY_MS: Final = 10_000
"""How long a statement waits for another process's transaction."""

STALLED_MS: Final = 120_000
"""How long a transaction may stand still before the server ends it: whoever holds the lock that long has stalled."""

_LOCK: Final = 0x747261636B7764  # "trackwd": the advisory lock of whoever writes
_WRITES: Final = (
    f"SELECT set_config('lock_timeout', '{BUSY_MS}', true),"
    f" set_config('idle_in_transaction_session_timeout', '{STALLED_MS}', true), pg_advisory_xact_lock({_LOCK})"
)
_CONNECTING: Final = {
    "application_name": "trackwarden",
    "connect_timeout": 10,
    "client_encoding": "utf8",
    "keepalives_idle": 30,
    "keepalives_interval": 10,
    "keepalives_count": 3,
    "prepare_threshold": None,  # poolers between us and the server do not keep prepared statements
}


def resolve(url: URL, root: Path) -> URL:  # noqa: ARG001 - a server has no folder
    """The URL with the driver that we bring."""
    return url.set(drivername="postgresql+psycopg")


def make_engine(url: URL) -> Engine:
    """An engine whose writing transactions come one after the other, as SQLite's do.

    A connection with the option `writes` begins by taking one advisory lock of the database: so reading first and
    writing then is safe in every file of the history, and two starters migrate once. A reading transaction sees one
    state throughout. A connection that broke while a scan ran is replaced before it is used.
    """
    given = {name: value for name, value in _CONNECTING.items() if name not in url.query}
    engine = create_engine(
        url, hide_parameters=True, connect_args=given, pool_size=2, max_overflow=3, pool_pre_ping=True
    )
    event.listen(engine, "connect", _connected)
    event.listen(engine, "begin", _begun)
    return engine


def reading(engine: Engine) -> Engine:
    """The same engine, for transactions that only read, each of them one state."""
    return engine.execution_options(isolation_level="REPEATABLE READ", postgresql_readonly=True)


def prepare(engine: Engine) -> None:
    """Nothing: a server is set up by whoever runs it."""


def in_memory(url: URL) -> bool:  # noqa: ARG001 - as sqlite's
    """Never."""
    return False


def now(connection: Connection) -> datetime:
    """The server's clock, at this very moment: the same for every host that works on the history."""
    moment: datetime = connection.execute(text("SELECT clock_timestamp()")).scalar_one()
    return moment


def size(connection: Connection) -> int:
    """Bytes on the server's disk, tables and indexes of this schema."""
    query = (
        "SELECT coalesce(sum(pg_total_relation_size(c.oid)), 0)::bigint FROM pg_class c"
        " WHERE c.relkind = 'r' AND c.relnamespace = current_schema()::regnamespace"
    )
    return int(connection.exec_driver_sql(query).scalar_one())


def vacuum(engine: Engine) -> None:
    """Give the room of what was deleted back to the tables, and count anew what the planner goes by."""
    with engine.execution_options(isolation_level="AUTOCOMMIT").connect() as connection:
        connection.exec_driver_sql("VACUUM (ANALYZE)")


def copy(source: Connection, target: Path) -> None:
    """A consistent copy of the whole history, as an SQLite file."""
    engine = opening.open_engine(make_url(f"sqlite:///{target.as_posix()}"), target.name)
    try:
        with engine.execution_options(writes=True).begin() as connection:
            copying.copy(source, connection)
    finally:
        engine.dispose()


def _connected(driver: DriverConnection[Any], record: object) -> None:  # noqa: ARG001 - SQLAlchemy's signature
    driver.adapters.register_dumper(str, _Escaping)
    driver.adapters.register_loader("text", _Unescaping)
    driver.adapters.register_loader("varchar", _Unescaping)


def _begun(connection: Connection) -> None:
    if connection.get_execution_options().get("writes"):
        connection.exec_driver_sql(_WRITES)


# ── NUL: names that landed in a warehouse may hold it, and PostgreSQL's text may not ─────────────────

_MARK: Final = "\ue000"
"""From the private use area: no name holds it, and where one does all the same it is marked too."""
_NUL, _ITSELF = f"{_MARK}0", f"{_MARK}1"


class _Escaping(StrDumper):
    def dump(self, obj: str) -> Any:
        if "\x00" in obj or _MARK in obj:
            obj = obj.replace(_MARK, _ITSELF).replace("\x00", _NUL)
        return super().dump(obj)


class _Unescaping(TextLoader):
    def load(self, data: Any) -> Any:
        kept = super().load(data)
        if isinstance(kept, str) and _MARK in kept:
            return kept.replace(_NUL, "\x00").replace(_ITSELF, _MARK)
        return kept
