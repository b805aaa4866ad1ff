"""Warehouses that tests start for real, one line each in `WAREHOUSES`: a dbt profile to connect with, and back.

An engine is a context manager that gives a `Profile`; what it starts it ends. Where this machine lacks what it needs it
raises `MissingError`, naming it, and the tests that wanted it are skipped with that reason.
"""

import sqlite3
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from typing import TypeAlias

import duckdb

from monitor.warehouse import Profile
from tests.fakes import bqemulator, clickhouse, fakesnow, spark
from tests.fakes.jobs import RAW, WEB
from tests.fakes.postgres import PostgresMissingError, running


class MissingError(Exception):
    """What this machine lacks to start a warehouse."""


@contextmanager
def duckdb_file(folder: Path) -> Iterator[Profile]:
    """An empty DuckDB file."""
    duckdb.connect(str(folder / "warehouse.duckdb")).close()
    yield _profile(folder, {"type": "duckdb", "path": "warehouse.duckdb"})


@contextmanager
def postgresql_server(folder: Path) -> Iterator[Profile]:
    """A PostgreSQL server of our own."""
    try:
        with running() as server:
            yield _profile(folder, dict(server.output()))
    except PostgresMissingError as missing:
        raise MissingError(str(missing)) from None


@contextmanager
def sqlite_file(folder: Path) -> Iterator[Profile]:
    """Empty SQLite files, in a folder whose name is hostile to URLs."""
    hostile = folder / "a?b=c#d %41 'e'"
    hostile.mkdir()
    files = {name: str(hostile / f"{name}.db") for name in ("main", WEB, RAW)}
    for file in files.values():
        sqlite3.connect(file).close()
    yield _profile(folder, {"type": "sqlite", "schemas_and_paths": files})


@contextmanager
def clickhouse_inside(folder: Path) -> Iterator[Profile]:
    """ClickHouse inside this process."""
    try:
        yield _profile(folder, clickhouse.output(folder))
    except clickhouse.ClickHouseMissingError as missing:
        raise MissingError(str(missing)) from None


def _profile(folder: Path, fields: Mapping[str, object]) -> Profile:
    return Profile(str(fields["type"]), fields, folder / "profiles.yml", "tests", "own")


Started: TypeAlias = Callable[[Path], AbstractContextManager[Profile]]
Running: TypeAlias = Callable[[Path], AbstractContextManager[Mapping[str, object]]]
"""A server whose files lie in the folder; gives the fields of a dbt output that reaches it."""


def _server(running: Running, missing: type[Exception]) -> Started:
    @contextmanager
    def started(folder: Path) -> Iterator[Profile]:
        try:
            with running(folder) as fields:
                yield _profile(folder, fields)
        except missing as lacking:
            raise MissingError(str(lacking)) from None

    return started


WAREHOUSES: Mapping[str, Started] = {
    "duckdb": duckdb_file,
    "postgresql": postgresql_server,
    "sqlite": sqlite_file,
    "clickhouse": clickhouse_inside,
    "spark": _server(spark.running, spark.SparkMissingError),
    "snowflake": _server(fakesnow.running, fakesnow.SnowflakeMissingError),
    "bigquery": _server(bqemulator.running, bqemulator.BigQueryMissingError),
}
"""Engine file's name → how to start one."""

WITH_SCHEMAS = frozenset({"sqlite"})
"""Engines whose schemas of `jobs` are there from the start: a profile names them, no statement makes them."""
