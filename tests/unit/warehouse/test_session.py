"""An open session on a DuckDB file: what it refuses is one kind of error, and the next statement runs."""

from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path

import duckdb
import pytest

from monitor.errors import WarehouseError
from monitor.sql.engines import writer
from monitor.warehouse import Profile, Warehouse, connect

ROWS = 300_000
"""More than DuckDB hands over at once: the last one is only met when results are fetched."""
UNTIL = {"until": datetime(2026, 6, 1, tzinfo=UTC)}


@pytest.fixture
def session(tmp_path: Path) -> Iterator[Warehouse]:
    duckdb.connect(str(tmp_path / "w.duckdb")).close()
    fields = {"type": "duckdb", "path": "w.duckdb"}
    with connect(Profile("duckdb", fields, tmp_path / "profiles.yml", "p", "t")) as opened:
        yield opened


@pytest.mark.parametrize(
    "sql", [f"SELECT if(range = {ROWS - 1}, 'x', '1')::INTEGER AS n FROM range({ROWS})", "SELECT nothing AS n"]
)
def test_what_is_refused_while_results_are_fetched_is_told_like_any_other_refusal(session: Warehouse, sql: str) -> None:
    asked: tuple[Callable[[], object], ...] = (lambda: session.query(sql), lambda: session.columns(sql, 1))
    for ask in asked:
        with pytest.raises(WarehouseError):
            ask()
        assert session.query("SELECT 1")[0][0] == 1


def test_a_placeholder_keeps_its_value_after_a_refusal(session: Warehouse) -> None:
    until = writer("duckdb").compile(writer("duckdb").placeholder("until"))
    for _ in range(2):
        assert session.columns(f"SELECT count({until}) AS n", 1, UNTIL)[0].listed() == [1]
        session.query("RESET VARIABLE tw_until")
        with pytest.raises(WarehouseError):
            session.query("SELECT nothing", UNTIL)


def test_what_stands_in_rows_is_not_told(session: Warehouse) -> None:
    with pytest.raises(WarehouseError) as caught:
        session.query("SELECT if(range = 1, 'o''jane@example.org', '1')::INTEGER AS n FROM range(9)")
    assert "example.org" not in str(caught.value)
    assert "Could not convert string '…' to INT32" in str(caught.value)
