from pathlib import Path

import pytest

from monitor.catalog import Catalog, Table, TableRef
from monitor.errors import ConfigError
from monitor.targets.catalog_file import CATALOG_FILE, dumps, loads, read
from tests.fakes import landed


@pytest.mark.parametrize(
    "catalog",
    [landed.catalog(), Catalog("duckdb"), Catalog.of("duckdb", [Table(TableRef("", 'a"b\n'), ())])],
)
def test_a_catalog_is_read_as_it_was_written(catalog: Catalog) -> None:
    assert loads(dumps(catalog)) == catalog


def test_the_order_of_tables_does_not_change_the_file() -> None:
    assert dumps(Catalog("duckdb", {t.ref: t for t in (landed.WEB, landed.RAW)})) == dumps(landed.catalog())


@pytest.mark.parametrize("text", ["", "[]", "{}", '{"format": 1}', '{"format": 1, "engine": "duckdb", "tables": [1]}'])
def test_what_is_no_catalog_says_what_to_do(text: str) -> None:
    with pytest.raises(ConfigError, match="trackwarden generate"):
        loads(text, "catalog.json")


def test_a_catalog_of_another_format_is_refused() -> None:
    with pytest.raises(ConfigError, match="another version"):
        loads('{"format": 99}')


def test_a_workspace_without_the_file_is_told_how_to_get_one(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="once with the warehouse"):
        read(tmp_path)


def test_a_workspace_s_catalog_is_read(tmp_path: Path) -> None:
    (tmp_path / CATALOG_FILE).parent.mkdir()
    (tmp_path / CATALOG_FILE).write_text(dumps(landed.catalog()))
    assert read(tmp_path) == landed.catalog()
