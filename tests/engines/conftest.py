"""One warehouse of each engine per test process; xdist keeps an engine's tests together."""

from collections.abc import Iterator

import pytest

from monitor.warehouse import Profile
from tests.fakes.warehouses import WAREHOUSES, MissingError

collect_ignore_glob = ["bigquery/*", "snowflake/*"]
"""Emulators' own environments: started as programs, never imported here."""

_PARAMS = [pytest.param(name, marks=pytest.mark.xdist_group(name)) for name in WAREHOUSES]


@pytest.fixture(scope="session", params=_PARAMS)
def engine(request: pytest.FixtureRequest) -> str:
    """Every engine that can be started, by name."""
    return str(request.param)


@pytest.fixture(scope="session")
def profile(engine: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Profile]:
    """The way to the engine's warehouse."""
    try:
        with WAREHOUSES[engine](tmp_path_factory.mktemp(engine)) as started:
            yield started
    except MissingError as missing:
        pytest.skip(f"{engine} is not started here: {missing}")
