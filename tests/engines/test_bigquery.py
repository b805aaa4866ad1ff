"""BigQuery's adapter, on bqemulator: the catalog, names, refusals; and the limits that every job is sent with."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from monitor.catalog import Family, TableRef
from monitor.errors import ConfigError, WarehouseError
from monitor.warehouse import Profile, Warehouse, connect
from monitor.warehouse.adapters.base import Terms
from monitor.warehouse.adapters.bigquery import arguments

SCHEMA = "tw_adapter"
HOSTILE = "quo`te's \\ %s 100% @tw_until"


@pytest.fixture
def server(engine: str, profile: Profile) -> Profile:
    if engine != "bigquery":
        pytest.skip("about BigQuery's adapter")
    return profile


@pytest.fixture
def warehouse(server: Profile) -> Iterator[Warehouse]:
    with (
        connect(server, Terms(writes=True, bytes_billed=10**9, statement_seconds=60)) as opened,
        opened.scratch(SCHEMA),
    ):
        yield opened


def test_the_catalog_tells_tables_columns_and_their_types(warehouse: Warehouse) -> None:
    kinds = {
        "text": Family.TEXT, "integer": Family.INTEGER, "number": Family.NUMBER, "boolean": Family.BOOLEAN,
        "timestamp": Family.TIMESTAMP, "date": Family.DATE, "json": Family.JSON, "list of text": Family.OTHER,
    }  # fmt: skip
    warehouse.land(TableRef(SCHEMA, "Every"), {f"c_{n}": kind for n, kind in enumerate(kinds)}, [])
    warehouse.land(TableRef(SCHEMA, "other"), {"select": "text"}, [["a"]])
    tables = warehouse.catalog([SCHEMA, "tw_nothing"]).tables
    assert set(tables) == {TableRef(SCHEMA, "Every"), TableRef(SCHEMA, "other")}
    every = tables[TableRef(SCHEMA, "Every")]
    assert [column.family for column in every.columns] == list(kinds.values())
    assert [column.native for column in every.columns][-2:] == ["JSON", "ARRAY<STRING>"]


def test_constants_come_back_as_they_are(warehouse: Warehouse) -> None:
    texts = [HOSTILE, "a\0b", "line\nbreak", "😀 é", "'\"", ""]
    warehouse.land(TableRef(SCHEMA, "texts"), {"t": "text"}, [[text] for text in texts])
    rows = warehouse.query(f"SELECT t FROM {SCHEMA}.texts ORDER BY t")
    assert [row[0] for row in rows] == sorted(texts)


def test_more_rows_than_one_statement_takes_are_landed(warehouse: Warehouse) -> None:
    warehouse.land(TableRef(SCHEMA, "many"), {"n": "integer"}, [[n] for n in range(450)])
    assert warehouse.query(f"SELECT COUNT(*), SUM(n) FROM {SCHEMA}.many")[0] == (450, sum(range(450)))


def test_a_refused_statement_is_no_empty_answer_and_the_session_goes_on(warehouse: Warehouse) -> None:
    # What cannot be parsed is no question to the emulator: it says 500 to it, which is asked again for a minute.
    for refused in ("SELECT * FROM tw_adapter.none", "SELECT nothing", "SELECT PARSE_JSON('{bad')"):
        with pytest.raises(WarehouseError):
            warehouse.query(refused)
    assert warehouse.query("SELECT 1 FROM UNNEST([1]) WHERE FALSE") == []
    assert warehouse.query("SELECT 1")[0][0] == 1


def test_an_estimate_runs_nothing_and_is_unknown_where_it_is_refused(warehouse: Warehouse) -> None:
    warehouse.land(TableRef(SCHEMA, "sized"), {"n": "integer"}, [[1]])
    bytes_ = warehouse.estimate(f"SELECT n FROM {SCHEMA}.sized WHERE STRING(CURRENT_TIMESTAMP()) < @tw_until")
    assert bytes_ is None or bytes_ >= 0  # the emulator tells 0 of everything
    assert warehouse.estimate(f"SELECT n FROM {SCHEMA}.none") is None


def test_a_server_that_is_not_there_is_an_error_that_says_where(tmp_path: Path, server: Profile) -> None:
    fields = {**server.fields, "keyfile": "none.json", "method": "service-account"}
    with pytest.raises(ConfigError, match="no such keyfile"):
        connect(Profile("bigquery", fields, tmp_path / "profiles.yml", "p", "t"))


@pytest.mark.parametrize(
    ("fields", "terms", "said"),
    [
        ({}, Terms(label="Track Warden!"), {"labels": {"application": "track_warden_"}}),
        ({}, Terms(bytes_billed=5), {"maximum_bytes_billed": 5}),
        ({"maximum_bytes_billed": "3"}, Terms(bytes_billed=5), {"maximum_bytes_billed": 3}),
        ({"job_execution_timeout_seconds": 9}, Terms(statement_seconds=60), {"job_timeout_ms": "9000"}),
        ({"priority": "batch"}, Terms(), {"priority": "BATCH"}),
        ({}, Terms(), {"maximum_bytes_billed": None, "job_timeout_ms": None, "priority": None}),
    ],
)
def test_every_job_carries_the_label_and_the_smaller_of_both_limits(
    fields: dict[str, Any], terms: Terms, said: dict[str, Any]
) -> None:
    profile = Profile("bigquery", {"type": "bigquery", **fields}, Path("profiles.yml"), "p", "t")
    config = arguments(profile, terms, project="there", dataset="here")["default_query_job_config"]
    assert {name: getattr(config, name) for name in said} == said
    assert "None" not in str(config.to_api_repr())
    assert str(config.default_dataset) == "there.here"
