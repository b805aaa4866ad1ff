"""Histories in SQLite and in PostgreSQL: what holds for one holds for the other."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.fakes import homes
from tests.fakes.homes import Home
from tests.fakes.postgres import Postgres


@pytest.fixture(scope="session")
def postgres() -> Iterator[Callable[[], Postgres]]:
    """One server for all tests of this process, started by the first that needs it."""
    with homes.server() as started:
        yield started


@pytest.fixture(params=homes.KINDS)
def home(request: pytest.FixtureRequest, tmp_path: Path, postgres: Callable[[], Postgres]) -> Home:
    """An empty place for a history, of each kind in turn."""
    return homes.home(str(request.param), tmp_path, postgres)
