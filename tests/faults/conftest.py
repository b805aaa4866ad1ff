"""Real processes, real databases, a Slack of our own; a fast share of each fault unless TRACKWARDEN_FAULTS=all."""

import os
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.fakes import homes
from tests.fakes.homes import Home
from tests.fakes.postgres import Postgres


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """One after the other: they measure time, and a machine has few cores."""
    for item in items:
        if "tests/faults" in item.path.as_posix():
            item.add_marker(pytest.mark.xdist_group("faults"))


@pytest.fixture(scope="session")
def whole() -> bool:
    """All of it: `make test-faults`."""
    return os.environ.get("TRACKWARDEN_FAULTS") == "all"


@pytest.fixture(scope="session")
def postgres() -> Iterator[Callable[[], Postgres]]:
    """One server for all tests of this process, started by the first that needs it."""
    with homes.server() as started:
        yield started


@pytest.fixture(params=homes.KINDS)
def home(request: pytest.FixtureRequest, tmp_path: Path, postgres: Callable[[], Postgres]) -> Home:
    """An empty place for a history, of each kind in turn."""
    return homes.home(str(request.param), tmp_path, postgres)
