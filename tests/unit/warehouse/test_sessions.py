"""How many sessions a run has side by side: by the configuration, by dbt's threads, by the warehouse."""

from pathlib import Path
from typing import Any

import pytest

from monitor.warehouse import Profile
from monitor.warehouse.adapters import adapter
from monitor.warehouse.adapters.base import Terms


def sessions(kind: str, configured: int | None = None, **fields: Any) -> int:
    found = adapter(kind)
    assert found is not None
    return found.sessions(Profile(kind, fields, Path("profiles.yml"), "p", "t"), Terms(sessions=configured))


@pytest.mark.parametrize(
    ("threads", "expected"), [(None, 4), (1, 1), (3, 3), ("6", 6), (64, 8), (0, 4), ("many", 4), (-2, 4)]
)
def test_a_server_is_asked_as_often_at_once_as_dbt_would(threads: object, expected: int) -> None:
    assert sessions("postgres", threads=threads) == expected


def test_the_configuration_has_the_last_word() -> None:
    assert sessions("postgres", 12, threads=2) == 12
    assert sessions("duckdb", 3, threads=8) == 3


@pytest.mark.parametrize("kind", ["duckdb", "sqlite"])
def test_a_warehouse_inside_our_own_process_is_asked_one_by_one(kind: str) -> None:
    assert sessions(kind, threads=8) == 1


def test_chdb_has_one_session_whatever_is_said() -> None:
    assert sessions("clickhouse", 4, driver="chdb") == 1
    assert sessions("clickhouse", 4) == 4
