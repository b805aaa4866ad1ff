"""From a dbt profile to a connection: one file-sized function per engine, listed by hand."""

import re
import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from pathlib import Path

import sqlalchemy as sa
from sqlalchemy.exc import SQLAlchemyError

from monitor.errors import ConfigError, WarehouseError
from monitor.warehouse.profile import Profile
from monitor.warehouse.session import Warehouse

_LOCKED = re.compile(r"Conflicting lock is held in (?P<program>.*?)\(PID (?P<pid>\d+)\)", re.DOTALL)
_ATTEMPTS = (0.1, 0.2, 0.4, 0.8, 1.5)
"""Seconds between attempts at a DuckDB file that another process is writing."""


def connect(profile: Profile, *, sleep: Callable[[float], None] = time.sleep) -> Warehouse:
    """An open, read-only session on the profile's warehouse. Raises WarehouseError where there is none to be had."""
    opener = _OPENERS.get(profile.type)
    if opener is None:
        raise ConfigError(
            f"trackwarden does not scan {profile.type} yet",
            where=profile.where,
            hint=f"supported: {', '.join(_OPENERS)}",
        )
    return opener(profile, sleep)


def _duckdb(profile: Profile, sleep: Callable[[float], None]) -> Warehouse:
    path = profile.fields.get("path")
    if not isinstance(path, str) or path == ":memory:":
        raise ConfigError(
            "path must name a DuckDB file", where=profile.where, hint="an in-memory database holds no rows"
        )
    if path.startswith("md:"):
        raise ConfigError("MotherDuck is not scanned yet", where=profile.where, hint="name a DuckDB file in `path`")
    file = profile.file.parent / Path(path).expanduser()
    if not file.is_file():
        raise WarehouseError(
            "there is no such DuckDB file",
            where=str(file),
            hint=f"check `path` of {profile.name}.outputs.{profile.target}",
        )
    engine = sa.create_engine(
        sa.URL.create("duckdb", database=str(file)),
        connect_args={"read_only": True},
        hide_parameters=True,
    )
    for pause in (*_ATTEMPTS, None):
        try:
            return Warehouse("duckdb", engine, _prepared(engine.connect()), str(file))
        except SQLAlchemyError as error:
            locked = _LOCKED.search(str(error))
            if locked is None:
                engine.dispose()
                raise WarehouseError("the DuckDB file cannot be opened", where=str(file), hint=_reason(error)) from None
            if pause is None:
                engine.dispose()
                raise WarehouseError(
                    f"another process is writing the file (PID {locked['pid']}, {locked['program'].strip()})",
                    where=str(file),
                    hint="DuckDB lets one writer exclude all others: run again when it has closed the file",
                ) from None
            sleep(pause)
    raise AssertionError  # the loop returns or raises


_SETTINGS = (
    # DuckDB has time zones only with its icu extension; without it a session is in UTC anyway.
    "SET TimeZone = 'UTC'",
    # Rewriting IN lists is 85% of planning a scan of many events, and buys it nothing.
    "SET disabled_optimizers = 'in_clause'",
)


def _prepared(connection: sa.Connection) -> sa.Connection:
    for setting in _SETTINGS:
        with suppress(SQLAlchemyError):
            connection.exec_driver_sql(setting)
    return connection


def _reason(error: SQLAlchemyError) -> str:
    """The driver's own first line: the engine's words, without the statement or its parameters."""
    return str(getattr(error, "orig", None) or error).strip().splitlines()[0][:300]


_OPENERS: Mapping[str, Callable[[Profile, Callable[[float], None]], Warehouse]] = {"duckdb": _duckdb}
