"""What is kept on disk of a contract's way to the warehouse."""

import json
from dataclasses import replace
from pathlib import Path

import pytest

from monitor.cache import keep, recall
from monitor.catalog import Column, Family, Table, TableRef
from monitor.contract.model import BoundTable
from monitor.measure.rows import Range
from monitor.scans import Scans
from tests.unit.measure.builders import COLUMNS, bound, landed, plan

REACH = Range(since=True, no_time=False)


def _table(name: str) -> BoundTable:
    columns = tuple(Column(one, Family.TEXT, "VARCHAR") for one in ("version", "source", "at"))
    return bound(plan({"A": [{"type": "object"}]}), landed(Table(TableRef("", name), columns), ["A"], COLUMNS))


def _kept(cache: Path) -> set[str]:
    return set(json.loads(recall(cache / "scans-duckdb.json") or "null")["held"])


def test_a_scan_is_built_once_and_read_from_the_disk_then(tmp_path: Path) -> None:
    first = Scans(tmp_path, "duckdb")
    built = first.of(_table("a/b"), REACH)
    first.keep()
    second = Scans(tmp_path, "duckdb")
    assert second.of(_table("a/b"), REACH) == built
    (tmp_path / "scans-duckdb.json").unlink()
    second.keep()
    assert not (tmp_path / "scans-duckdb.json").exists(), "nothing was built, so nothing is written"


def test_scans_of_a_contract_that_a_table_no_longer_has_are_not_kept(tmp_path: Path) -> None:
    for digest in ("old", "new"):
        scans = Scans(tmp_path, "duckdb")
        scans.of(replace(_table("a"), hash=digest), REACH)
        if digest == "old":
            scans.of(_table("b/old"), REACH)
        scans.keep()
    assert {key.rpartition("/")[0] for key in _kept(tmp_path)} == {"a/new", f"b/old/{_table('b/old').hash}"}


def test_what_the_warehouse_refuses_is_known_to_the_next_run(tmp_path: Path) -> None:
    table = _table("a")
    Scans(tmp_path, "duckdb", "shop.prod").refuse(table, {"a@1-0-0#/p:pattern": "missing )"})
    Scans(tmp_path, "duckdb", "shop.prod").refuse(_table("b"), {"x": "y"})
    assert Scans(tmp_path, "duckdb", "shop.prod").refused(table.hash) == {"a@1-0-0#/p:pattern": "missing )"}
    assert Scans(tmp_path, "duckdb", "shop.prod").refused("another contract") == {}
    assert Scans(tmp_path, "duckdb", "shop.dev").refused(table.hash) == {}
    assert Scans(tmp_path, "postgres").refused(table.hash) == {}


def test_a_cache_whose_text_was_changed_is_none(tmp_path: Path) -> None:
    file = tmp_path / "cache" / "some.json"
    keep(file, '{"sql": "SELECT 1"}')
    assert recall(file) == '{"sql": "SELECT 1"}'
    file.write_text(file.read_text(encoding="utf-8").replace("1", "2"), encoding="utf-8")
    assert recall(file) is None


@pytest.mark.parametrize("text", ["", "[]", '{"version": "0"}', "{"])
def test_a_cache_that_cannot_be_read_is_none(tmp_path: Path, text: str) -> None:
    for name in ("scans-duckdb.json", "refused-duckdb.json"):
        (tmp_path / name).write_text(text, encoding="utf-8")
    scans = Scans(tmp_path, "duckdb")
    assert scans.of(_table("a"), REACH).sql
    assert scans.refused("any") == {}
