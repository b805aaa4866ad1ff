"""Snowflake's own driver against fakesnow's server: names, sessions, limits and errors as an analyst meets them."""

import json
import time
from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from itertools import islice
from typing import Any

import pytest
import snowflake.connector

from monitor.catalog import Column, Family, TableRef
from monitor.errors import WarehouseError
from monitor.sql import vocabulary as v
from monitor.sql.engines import writer
from monitor.warehouse import Profile, Warehouse, connect
from monitor.warehouse.adapters.base import Terms
from monitor.warehouse.adapters.snowflake import Snowflake, arguments, waiting
from tests.fakes.proxy import Fault, Proxy
from tests.fakes.warehouses import WAREHOUSES, MissingError

pytestmark = pytest.mark.xdist_group("snowflake")
TERMS = Terms(statement_seconds=2, label="it's 50% of trackwarden", writes=True)
SCHEMA = "tw_names"
NOBODY: Any = None
"""A connection that is not looked at."""
TABLE, HOSTILE = 'a "b" $tw_until %s ;', """it's "a" $tw_until %s ;--"""
"""fakesnow itself breaks on a quote in a table's name, and does not tell `a` from `A`, as Snowflake does."""


@pytest.fixture(scope="module")
def emulated(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Profile]:
    try:
        with WAREHOUSES["snowflake"](tmp_path_factory.mktemp("snowflake")) as profile:
            yield profile
    except MissingError as missing:
        pytest.skip(f"snowflake is not started here: {missing}")


@pytest.fixture(scope="module")
def opened(emulated: Profile) -> Iterator[Warehouse]:
    with connect(emulated, TERMS) as warehouse, warehouse.scratch(SCHEMA):
        columns = {"a": "text", HOSTILE: "json", "b": "list of text", "n": "integer", "d": "decimal", "f": "number"}
        rest = {"at": "timestamp", "day": "date", "yes": "boolean"}
        row = ["é", '{"a": 1}', ["x", None], 5, 1.5, 0.25, "2026-06-01 10:00:00", "2026-06-01", True]
        warehouse.land(TableRef(SCHEMA, TABLE), {**columns, **rest}, [row, [None] * len(row)])
        yield warehouse


def test_the_catalog_tells_names_as_they_are_and_what_columns_hold(opened: Warehouse) -> None:
    table = opened.catalog([SCHEMA]).tables[TableRef(SCHEMA, TABLE)]
    assert table.columns == (
        Column("a", Family.TEXT, "TEXT"),
        Column(HOSTILE, Family.JSON, "VARIANT"),
        Column("b", Family.OTHER, "ARRAY"),
        Column("n", Family.INTEGER, "NUMBER(38,0)"),
        Column("d", Family.NUMBER, "NUMBER(18,2)"),
        Column("f", Family.NUMBER, "FLOAT"),
        Column("at", Family.TIMESTAMP, "TIMESTAMP_NTZ"),
        Column("day", Family.DATE, "DATE"),
        Column("yes", Family.BOOLEAN, "BOOLEAN"),
    )


def test_rows_come_back_as_they_landed_and_a_null_is_no_1970(opened: Warehouse) -> None:
    named = ".".join(map(_quoted, (SCHEMA, TABLE)))
    rows = opened.query(f'SELECT "a", "n", "at", "day", "yes" FROM {named} ORDER BY "a"')
    assert [[str(value) for value in row] for row in rows] == [
        ["é", "5", "2026-06-01 10:00:00", "2026-06-01", "True"],
        ["None"] * 5,
    ]


def test_an_array_reads_as_a_document(opened: Warehouse) -> None:
    words = writer("snowflake")
    items = v.At(v.Parsed(v.Column("b")), ())
    said = words.compile(words.expr(v.CountItems(items, v.Is(v.Item(), ("string", "null")))))
    named = ".".join(map(_quoted, (SCHEMA, TABLE)))
    assert [row[0] for row in opened.query(f'SELECT {said} FROM {named} ORDER BY "a"')] == [2, None]


def _quoted(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'


def test_the_session_carries_the_query_tag_and_is_in_utc(opened: Warehouse, emulated: Profile) -> None:
    assert opened.query("SELECT 1")
    log = (emulated.file.parent / "fakesnow.log").read_text(encoding="utf-8").splitlines()
    sent = [json.loads(line.removeprefix("session ")) for line in log if line.startswith("session ")]
    told = {name: sent[0][name] for name in ("QUERY_TAG", "TIMEZONE", "STATEMENT_TIMEOUT_IN_SECONDS")}
    assert told == {"QUERY_TAG": TERMS.label, "TIMEZONE": "UTC", "STATEMENT_TIMEOUT_IN_SECONDS": 2}


def test_a_statement_that_takes_too_long_is_ended_and_the_session_goes_on(opened: Warehouse) -> None:
    long = "SELECT COUNT(*) FROM range(100000) a, range(100000) b, range(1000) c WHERE a.range + b.range = c.range * 7"
    with pytest.raises(WarehouseError, match="the warehouse refused a statement") as ended:
        opened.query(long)
    assert "timeout of 2 second(s)" in ended.value.hint
    assert opened.query("SELECT 1") == [(1,)]


def test_a_refused_statement_is_told_in_snowflakes_words(opened: Warehouse) -> None:
    with pytest.raises(WarehouseError) as refused:
        opened.query('SELECT * FROM "nowhere"."at_all"')
    assert refused.value.hint.startswith("002003 (42S02): ")


@pytest.mark.parametrize("fault", [Fault.STALL, Fault.RESET])
def test_a_connection_that_is_dead_is_noticed_long_before_the_statements_own_limit(
    emulated: Profile, fault: Fault
) -> None:
    with Proxy("127.0.0.1", int(emulated.fields["port"])) as proxy:
        reached = replace(emulated, fields={**emulated.fields, "port": proxy.port})
        given = arguments(reached, Terms(statement_seconds=3600))
        given |= {"backoff_policy": waiting(3), "socket_timeout": 2}
        with closing(snowflake.connector.connect(**given)) as connection:
            cursor: Any = connection.cursor()
            assert cursor.execute("SELECT 1").fetchall() == [(1,)]
            proxy.script(b"/queries/v1/query-request", fault)
            began = time.monotonic()
            with pytest.raises(snowflake.connector.Error, match="no answer to a request within 3 seconds") as ended:
                connection.cursor().execute("SELECT 2")
            assert time.monotonic() - began < 30
            assert Snowflake().lost(NOBODY, ended.value)
            proxy.heal()


def test_pauses_grow_and_end() -> None:
    assert list(islice(waiting(60)(), 7)) == [1, 2, 4, 8, 16, 16, 16]
    with pytest.raises(snowflake.connector.OperationalError) as ended:
        next(waiting(0)())
    assert Snowflake().lost(NOBODY, ended.value)
