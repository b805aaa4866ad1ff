"""Naming what is undeclared, and counting duplicated ids."""

from datetime import UTC, datetime
from typing import Any

from monitor.contract.model import BoundTable
from monitor.landing.model import InDocument
from monitor.measure import follow
from monitor.measure.model import Undeclared
from monitor.measure.read import NAMES_CAP, OTHER, Read, read
from monitor.measure.rows import Range
from monitor.measure.scan import build
from monitor.measure.windows import hour_of
from monitor.sql import vocabulary as v
from monitor.sql.engines import writer
from tests.fakes.duck import Duck
from tests.unit.measure.builders import COLUMNS, DOCUMENT, bound, landed, plan

DUCK = Duck()
ALL = Range(since=False, no_time=True)
UNTIL = {"until": datetime(2027, 1, 1, tzinfo=UTC)}
AT = datetime(2026, 6, 1, 10)  # noqa: DTZ001 - a landed timestamp has no zone
DAY = hour_of(AT.replace(tzinfo=UTC)) // 24
P: dict[str, Any] = {"properties": {"p": {"type": "string"}}}
PQ: dict[str, Any] = {"properties": {"p": {}, "q": {}}}
JSON = {"event": "VARCHAR", "version": "VARCHAR", "source": "VARCHAR", "payload": "JSON", "at": "TIMESTAMP"}


def scanned(one: BoundTable) -> Read:
    scan = build(one, ALL, writer("duckdb"))
    return read(DUCK.query(scan.sql, UNTIL), scan.map)


def keys(one: BoundTable) -> dict[tuple[str, str, int, str], int]:
    found = scanned(one)
    sql = follow.undeclared_keys(one, ALL, writer("duckdb"))
    assert sql is not None
    named = follow.read_keys(DUCK.query(sql, UNTIL), found.names, one)
    return {(*found.series[n.series][:2], n.day, n.name): n.rows for n in named}


def documents(*rows: tuple[str, str | None, Any]) -> BoundTable:
    table = DUCK.table("keyed", JSON, [(event, version, "web", payload, AT) for event, version, payload in rows])
    return bound(plan({"A": [P, PQ], "B": [PQ]}), landed(table, ["A", "B"]))


def test_keys_are_named_per_version_that_does_not_declare_them() -> None:
    one = documents(
        ("A", "1-0-0", {"p": 1, "q": 1}),
        ("A", "1-0-0", {"q": None, "x y": 1}),
        ("a", "1.1.0", {"p": 1, "q": 1, 'z"': 1}),
        ("B", "1-0-0", {"p": 1}),
        ("A", "9", {"unknown": 1}),
        ("C", "1-0-0", {"unplanned": 1}),
    )
    assert keys(one) == {("A", "1-0-0", DAY, "q"): 2, ("A", "1-0-0", DAY, "x y"): 1, ("A", "1-1-0", DAY, 'z"'): 1}


def test_documents_that_are_no_objects_have_no_keys() -> None:
    assert (
        keys(documents(("A", "1-0-0", [1]), ("A", "1-0-0", None), ("A", "1-0-0", '"text"'), ("A", "1-0-0", "null")))
        == {}
    )


def test_keys_without_number_are_capped_the_most_frequent_first() -> None:
    one = documents(*(("A", "1-0-0", {f"k{n}": 1, "often": 1}) for n in range(NAMES_CAP + 20)))
    found = keys(one)
    assert found["A", "1-0-0", DAY, "often"] == NAMES_CAP + 20
    assert found["A", "1-0-0", DAY, OTHER] == 21
    assert len(found) == NAMES_CAP + 1
    assert keys(one) == found, "a tie falls the same way each time"


def test_columns_are_named_per_version_that_does_not_declare_them() -> None:
    columns = {
        "version": "VARCHAR",
        "source": "VARCHAR",
        "at": "TIMESTAMP",
        "p": "VARCHAR",
        "q": "INTEGER",
        "hostile \"'; --%": "DATE",
    }
    rows = [
        ("1-0-0", "web", AT, "a", 1, None),
        ("1-1-0", "web", AT, "a", 1, "2026-01-01"),
        ("9", "web", AT, None, 1, None),
    ]
    one = bound(plan({"A": [P, PQ]}), landed(DUCK.table("columned", columns, rows), ["A"], COLUMNS))
    found = scanned(one)
    asked = follow.undeclared_columns(one, ALL, writer("duckdb"))
    assert asked is not None
    named = follow.read_columns(DUCK.query(asked[0], UNTIL), found.names, asked[1], one)
    version = [series.version for series in found.series]
    assert {(version[n.series], n.day, n.name, n.rows) for n in named} == {
        ("1-0-0", DAY, "q", 1),
        ("1-1-0", DAY, "hostile \"'; --%", 1),
    }


def test_where_nothing_can_be_undeclared_nothing_is_asked() -> None:
    table = DUCK.table("plain", {"version": "VARCHAR", "source": "VARCHAR", "at": "TIMESTAMP", "p": "VARCHAR"})
    one = bound(plan({"A": [P]}), landed(table, ["A"], COLUMNS))
    assert follow.undeclared_columns(one, ALL, writer("duckdb")) is None
    assert follow.undeclared_keys(one, ALL, writer("duckdb")) is None
    assert follow.duplicated_ids(one, ALL, writer("duckdb")) is None


def test_repeated_ids_are_counted_once_each_and_null_is_no_id() -> None:
    columns = {**JSON, "id": "VARCHAR"}
    rows: list[Any] = [("A", "1-0-0", "web", {}, AT, key) for key in ("a", "a", "a", "b", "b", "c", None, None)]
    table = landed(DUCK.table("ids", columns, rows), ["A"], DOCUMENT, id=v.Column("id"))
    sql = follow.duplicated_ids(bound(plan({"A": [P]}), table), ALL, writer("duckdb"))
    assert sql is not None
    assert DUCK.query(sql, UNTIL) == [(3,)]


def test_rows_without_time_have_a_day_of_their_own() -> None:
    table = DUCK.table("timeless", JSON, [("A", "1-0-0", "web", {"x": 1}, None)])
    one = bound(plan({"A": [P]}), landed(table, ["A"]))
    sql = follow.undeclared_keys(one, ALL, writer("duckdb"))
    assert sql is not None
    assert follow.read_keys(DUCK.query(sql, UNTIL), scanned(one).names, one) == [Undeclared(0, -1, "x", 1)]


def test_text_documents_that_are_no_json_have_no_keys() -> None:
    table = DUCK.table(
        "texts",
        {**JSON, "payload": "VARCHAR"},
        [("A", "1-0-0", "web", text, AT) for text in ('{"x": 1}', "{", "", None)],
    )
    one = bound(plan({"A": [P]}), landed(table, ["A"], InDocument(v.Parsed(v.Column("payload")), "original")))
    assert keys(one) == {("A", "1-0-0", DAY, "x"): 1}
