"""SQLite's own traps: what json1 reads otherwise, numbers beyond 64 bits, times of every kind, files with odd names."""

import json
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from monitor.catalog import Family, TableRef
from monitor.errors import ConfigError, WarehouseError
from monitor.sql import vocabulary as v
from monitor.sql.engines import writer
from monitor.warehouse import Profile, Warehouse, connect
from monitor.warehouse.adapters.base import Terms
from monitor.warehouse.adapters.sqlite_functions import FUNCTIONS


def opened(folder: Path, terms: Terms | None = None, **fields: Any) -> Warehouse:
    return connect(Profile("sqlite", {"type": "sqlite", **fields}, folder / "profiles.yml", "p", "t"), terms)


@pytest.fixture
def session(tmp_path: Path) -> Iterator[Warehouse]:
    sqlite3.connect(tmp_path / "w.db").close()
    with opened(tmp_path, Terms(writes=True), path="w.db") as warehouse:
        yield warehouse


def asked(session: Warehouse, expr: v.Expr) -> list[Any]:
    engine = writer("sqlite")
    return [row[0] for row in session.query(f"SELECT {engine.compile(engine.expr(expr))} FROM t ORDER BY n")]


def landed(session: Warehouse, kind: str, *values: Any) -> None:
    session.land(TableRef("", "t"), {"d": kind, "n": "integer"}, [(value, n) for n, value in enumerate(values)])


def test_documents_with_escapes_are_read_as_json_has_them(session: Warehouse) -> None:
    landed(
        session, "text", '{"p": "a\\u0000b"}', '{"\\u0070": "x"}', '{"p": "\\ud800"}', '{"p": "\\ud83d\\ude00"}',
        '{"p": 1e2}', '{"p": 100000000000000000000001}', '{"p": [1.0, {"a": true}]}', "nonsense", None,
    )  # fmt: skip
    place = v.At(v.Parsed(v.Column("d")), ("p",))
    big, items = "100000000000000000000001", '[1.0,{"a":true}]'
    assert asked(session, v.Text(place)) == ["a\ufdd0b", "x", None, "😀", "1e2", big, items, None, None]
    assert asked(session, v.Compare(v.Whole(v.Text(place)), ">", v.Literal(10**23)))[5] == 1
    assert asked(session, v.Is(place, ("integer",)))[4:6] == [1, 1]
    assert asked(session, v.Is(place, ("integer",), loose=False))[4:6] == [0, 1]


def test_keys_that_json1_cannot_spell_are_found(session: Warehouse) -> None:
    keys = ('qu"ote', "back\\slash", "é", "dot.ted", "[0]", "", "line\nbreak")
    landed(session, "json", json.dumps({key: n for n, key in enumerate(keys)}, ensure_ascii=False), "[7]")
    for n, key in enumerate(keys):
        assert asked(session, v.Text(v.At(v.Column("d"), (key,)))) == [str(n), None]
    assert asked(session, v.HasOtherKeys(v.Column("d"), (), keys)) == [0, 0]
    assert asked(session, v.HasOtherKeys(v.Column("d"), (), keys[1:])) == [1, 0]


def test_items_four_deep_are_within_the_parsers_stack(session: Warehouse) -> None:
    landed(session, "json", "[[[[1, 2]]]]", "[[[[1]]]]", "[[[1]]]")
    inner: v.Expr = v.And((v.Is(v.Item(3), ("integer",)), v.Compare(v.Text(v.Item(3)), "=", v.Literal("2"))))
    for level in (3, 2, 1):
        inner = v.AnyItem(v.Item(level - 1), inner, level)
    assert asked(session, v.AnyItem(v.At(v.Column("d"), ()), inner)) == [1, 0, 0]


def test_a_time_is_read_whatever_a_column_holds(session: Warehouse) -> None:
    moment = datetime(2026, 6, 1, 2, 30, tzinfo=UTC)
    seconds = int(moment.timestamp())
    told = ["2026-06-01 02:30:00", "2026-06-01T02:30:00.5Z", "2026-06-01T04:30:00+02:00", seconds, seconds * 1000]
    told += [seconds * 1_000_000, 2461192.6041666665, float(seconds), "never", None, -1]
    session.write(["CREATE TABLE t (d, n)"])
    engine = writer("sqlite")
    for n, value in enumerate(told):
        said = "NULL" if value is None else repr(value)
        session.write([f"INSERT INTO t VALUES ({said}, {n})"])
    hour = seconds // 3600
    assert asked(session, v.EpochHour(v.Column("d"))) == [hour] * 8 + [None, None, -1]
    until = engine.compile(engine.instant(engine.expr(v.Column("d"))) < engine.placeholder("until"))
    rows = session.query(f"SELECT {until} FROM t ORDER BY n", {"until": moment.replace(hour=3)})
    assert [row[0] for row in rows] == [1] * 8 + [None, None, 1]


_LEAF = st.one_of(st.none(), st.booleans(), st.integers(-(2**70), 2**70), st.text(max_size=5))
_JSON = st.recursive(_LEAF, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=3), inner))


@settings(max_examples=100, deadline=None)
@given(items=st.lists(_JSON, max_size=5), spelling=st.sampled_from(["utf-8", "ascii"]))
def test_what_repeats_is_what_python_finds_equal(items: list[Any], spelling: str) -> None:
    def same(one: Any, other: Any) -> bool:
        if isinstance(one, bool) or isinstance(other, bool):
            return one is other
        if isinstance(one, list) and isinstance(other, list):
            return len(one) == len(other) and all(map(same, one, other))
        if isinstance(one, dict) and isinstance(other, dict):
            return one.keys() == other.keys() and all(same(one[key], other[key]) for key in one)
        return bool(one == other)

    expected = any(same(one, other) for n, one in enumerate(items) for other in items[:n])
    assert bool(FUNCTIONS["tw_repeats"][1](json.dumps(items, ensure_ascii=spelling == "ascii"))) is expected


@pytest.mark.parametrize(
    ("number", "divisor", "expected"),
    [
        ("19.99", "0.01", 1), ("19.999", "0.01", 0), ("1e308", "0.5", 1), ("1e999999", "7", 0), ("0", "3", 1),
        ("-4.5", "1.5", 1), ("1e-999999", "0.1", 0), ("3.0", "1", 1), ("x", "1", None), ("1e9999999999", "1", None),
    ],
)  # fmt: skip
def test_multiples_are_exact_and_quick_whatever_the_exponent(number: str, divisor: str, expected: int | None) -> None:
    assert FUNCTIONS["tw_multiple"][1](number, divisor) == expected


def test_a_session_reads_only_and_a_statement_ends_in_time(tmp_path: Path) -> None:
    sqlite3.connect(tmp_path / "w.db").close()
    with opened(tmp_path, Terms(statement_seconds=1), path="w.db") as warehouse:
        with pytest.raises(WarehouseError) as caught:
            warehouse.write(["CREATE TABLE forbidden (n)"])
        assert "readonly" in caught.value.hint
        endless = "WITH RECURSIVE c(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM c) SELECT count(*) FROM c"
        with pytest.raises(WarehouseError) as caught:
            warehouse.query(endless)
        assert "interrupted" in caught.value.hint
        assert warehouse.query("SELECT 1")[0][0] == 1


def test_the_files_of_a_dbt_profile_are_schemas(tmp_path: Path) -> None:
    for name in ("main", "ra'w"):
        with closing(sqlite3.connect(tmp_path / f"{name}.db")) as file:
            file.execute("CREATE TABLE t (a VARCHAR(9), b JSON, c DATETIME, d, e DECIMAL(9,2))")
    files = {name: f"{name}.db" for name in ("main", "ra'w")}
    with opened(tmp_path, schemas_and_paths=files) as warehouse:
        found = warehouse.catalog(["", "ra'w", "none"]).tables
        assert set(found) == {TableRef("", "t"), TableRef("ra'w", "t")}
        families = [column.family for column in found[TableRef("", "t")].columns]
        assert families == [Family.TEXT, Family.JSON, Family.TIMESTAMP, Family.OTHER, Family.NUMBER]


def test_a_profile_without_a_file_says_what_to_do(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="path must name a SQLite file"):
        opened(tmp_path)
    with pytest.raises(WarehouseError, match="there is no such SQLite file"):
        opened(tmp_path, path="nowhere.db")
    (tmp_path / "text.db").write_text("this is no database, and never was one")
    with pytest.raises(WarehouseError, match="cannot be opened"):
        opened(tmp_path, path="text.db")
