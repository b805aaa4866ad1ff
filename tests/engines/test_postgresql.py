"""PostgreSQL's own traps, on a real server: what jsonb refuses, partitions, percent signs, times without end."""

import re
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from monitor.catalog import Family, TableRef
from monitor.errors import WarehouseError
from monitor.sql import vocabulary as v
from monitor.sql.engines import writer
from monitor.sql.regex import unsupported
from monitor.sql.regex_python import to_python
from monitor.warehouse import Profile, Warehouse, connect
from monitor.warehouse.adapters.base import Terms
from tests.fakes.postgres import Postgres, PostgresMissingError, running

pytestmark = pytest.mark.xdist_group("postgresql")
UNTIL = {"until": datetime(2026, 7, 1, tzinfo=UTC)}


@pytest.fixture(scope="module")
def server() -> Iterator[Postgres]:
    try:
        with running() as started:
            yield started
    except PostgresMissingError as missing:
        pytest.skip(str(missing))


def opened(server: Postgres, folder: Path, terms: Terms | None = None, **fields: Any) -> Warehouse:
    profile = Profile("postgres", {**server.output(), **fields}, folder / "profiles.yml", "p", "t")
    return connect(profile, terms)


@pytest.fixture
def session(server: Postgres, tmp_path: Path) -> Iterator[Warehouse]:
    with server.connect() as connection:
        connection.execute("DROP SCHEMA public CASCADE")
        connection.execute("CREATE SCHEMA public")
    with opened(server, tmp_path, Terms(writes=True)) as warehouse:
        yield warehouse


def asked(session: Warehouse, expr: v.Expr, table: str) -> list[Any]:
    engine = writer("postgresql")
    said = engine.compile(engine.expr(expr))
    return [row[0] for row in session.query(f'SELECT {said} FROM "{table}" ORDER BY n')]


def test_a_text_that_jsonb_refuses_is_read_or_is_no_document(session: Warehouse) -> None:
    texts = [
        '{"p": "a\\u0000b"}', '{"p": "\\u0000\\u0000"}', '{"p": "\\\\u0000"}', '{"p": "\\ud800"}', '{"p": 1e999999}',
        '{"p": 1e-99999}', '{"p": 1e400}', "nonsense", "", '{"p": "\\ud83d\\ude00"}', None,
    ]  # fmt: skip
    session.land(TableRef("", "t"), {"d": "text", "n": "integer"}, [(text, n) for n, text in enumerate(texts)])
    found = asked(session, v.Text(v.At(v.Parsed(v.Column("d")), ("p",))), "t")
    nul = "\ufdd0"
    assert found == [f"a{nul}b", nul * 2, "\\u0000", None, None, None, "1" + "0" * 400, None, None, "😀", None]
    assert asked(session, v.Length(v.Text(v.At(v.Parsed(v.Column("d")), ("p",)))), "t")[:2] == [3, 2]


def test_a_column_of_json_is_read_like_one_of_jsonb(session: Warehouse) -> None:
    session.write(["CREATE TABLE t (n int, d json)", """INSERT INTO t VALUES (1, '{"p": "a\\u0000"}'), (2, '[1]')"""])
    assert asked(session, v.Text(v.At(v.Column("d"), ("p",))), "t") == ["a\ufdd0", None]
    assert session.catalog([""]).tables[TableRef("", "t")].columns[1].family is Family.JSON


def test_numbers_are_compared_exactly(session: Warehouse) -> None:
    documents = (
        "[1, 1.0]",
        "[[1], [true]]",
        '[{"a": [1, {"b": 2}]}, {"a": [1.0, {"b": 2e0}]}]',
        "[9007199254740993, 9007199254740992]",
    )
    session.land(TableRef("", "t"), {"d": "json", "n": "integer"}, [(text, n) for n, text in enumerate(documents)])
    place = v.At(v.Column("d"), ())
    assert asked(session, v.Repeats(place), "t") == [True, False, True, False]
    cents = v.AnyItem(place, v.MultipleOf(v.Text(v.Item()), "0.01"))
    assert asked(session, cents, "t") == [True, False, False, True]


def test_the_driver_binds_moments_so_that_partitions_are_left_out(session: Warehouse) -> None:
    session.write(
        [
            "CREATE TABLE t (at timestamptz, n int) PARTITION BY RANGE (at)",
            "CREATE TABLE old PARTITION OF t FOR VALUES FROM ('2026-01-01') TO ('2026-06-01')",
            "CREATE TABLE new PARTITION OF t FOR VALUES FROM ('2026-06-01') TO ('2027-01-01')",
        ]
    )
    engine = writer("postgresql")
    since = engine.compile(engine.placeholder("since"))
    until = engine.compile(engine.placeholder("until"))
    between = {"since": datetime(2026, 6, 2, tzinfo=UTC), "until": datetime(2026, 6, 3, tzinfo=UTC)}
    plan = session.query(f"EXPLAIN SELECT count(*) FROM t WHERE at >= {since} AND at < {until}", between)
    text = "\n".join(str(row[0]) for row in plan)
    assert "new" in text
    assert "old" not in text


def test_percent_signs_dollars_and_backslashes_are_only_what_they_are(session: Warehouse) -> None:
    hostile = """100% %s %(x)s $1 $$ \\ \\' '' " :a {x}"""
    session.land(TableRef("", "ta%s"), {hostile: "text", "n": "integer"}, [(hostile, 1)])
    assert asked(session, v.OneOf(v.Column(hostile), (hostile,)), "ta%s") == [True]
    engine = writer("postgresql")
    until = engine.compile(engine.placeholder("until"))
    told = engine.compile(engine.expr(v.Literal(hostile)))
    assert session.query(f"SELECT {told}, {until} > now() - interval '99 years'", UNTIL)[0][0] == hostile


def test_times_without_end_are_in_no_hour(session: Warehouse) -> None:
    rows = (
        "(1, 'infinity', '-infinity', 'infinity')",
        "(2, '1969-12-31 23:30+00', '2026-06-01', 'now')",
        "(3, '2026-06-01 02:30+02', NULL, '2026-06-01T02:30:00+02:00')",
        "(4, '0044-03-15 BC', '0044-03-15 BC', '0000-02-29')",
    )
    made = "CREATE TABLE t (n int, at timestamptz, d date, x text)"
    session.write([made, f"INSERT INTO t VALUES {', '.join(rows)}"])
    hours = [asked(session, v.EpochHour(v.Column(name)), "t") for name in ("at", "d")]
    assert hours[0][:3] == [None, -1, 494520]
    assert hours[1][:3] == [None, 494520, None]
    texts = asked(session, v.EpochHour(v.TryCast(v.Column("x"), Family.TIMESTAMP)), "t")
    assert texts[:3] == [None, None, 494520]
    assert texts[3] is not None
    engine = writer("postgresql")
    timeless = engine.compile(engine.timeless(engine.expr(v.Column("at"))))
    assert [row[0] for row in session.query(f"SELECT {timeless} FROM t ORDER BY n")] == [True, False, False, False]


def test_a_session_is_in_utc_without_jit_named_and_reads_only(server: Postgres, tmp_path: Path) -> None:
    with opened(server, tmp_path, Terms(statement_seconds=1, label="shop's run")) as warehouse:
        settings = ("TimeZone", "jit", "application_name", "default_transaction_read_only", "statement_timeout")
        told = [warehouse.query(f"SHOW {name}")[0][0] for name in settings]
        assert told == ["UTC", "off", "shop's run", "on", "1s"]
        with pytest.raises(WarehouseError, match="refused") as caught:
            warehouse.write(["CREATE TABLE forbidden (n int)"])
        assert "read-only" in caught.value.hint
        with pytest.raises(WarehouseError) as caught:
            warehouse.query("SELECT pg_sleep(5)")
        assert "timeout" in caught.value.hint
        assert warehouse.query("SELECT 1") == [(1,)]


def test_the_catalog_has_views_partitions_domains_and_enums_and_no_indexes(session: Warehouse) -> None:
    session.write(
        [
            "CREATE TYPE mood AS ENUM ('ok')",
            "CREATE DOMAIN short AS varchar(5)",
            "CREATE TABLE t (m mood, s short, a int[], u uuid, x numeric(9,2), gone int)",
            "ALTER TABLE t DROP COLUMN gone",
            "CREATE INDEX i ON t (x)",
            "CREATE VIEW seen AS SELECT u FROM t",
            "CREATE MATERIALIZED VIEW kept AS SELECT u FROM t",
            "CREATE TABLE p (at date) PARTITION BY RANGE (at)",
        ]
    )
    tables = {str(table.ref): table for table in session.catalog(["", "public", "none"]).tables.values()}
    assert set(tables) == {name for one in ("t", "seen", "kept", "p") for name in (one, f"public.{one}")}
    shown = [(column.name, column.native, column.family) for column in tables["t"].columns]
    assert shown == [
        ("m", "ENUM mood", Family.TEXT),
        ("s", "character varying(5)", Family.TEXT),
        ("a", "integer[]", Family.OTHER),
        ("u", "uuid", Family.TEXT),
        ("x", "numeric(9,2)", Family.NUMBER),
    ]


def test_what_cannot_be_reached_is_told_without_the_password(server: Postgres, tmp_path: Path) -> None:
    wrongs: tuple[dict[str, Any], ...] = ({"port": 1}, {"password": "hunter2"}, {"dbname": "nowhere"})
    for wrong in wrongs:
        with pytest.raises(WarehouseError) as caught:
            opened(server, tmp_path, **{"connect_timeout": 3, **wrong})
        assert caught.value.hint
        assert "hunter2" not in str(caught.value)
        assert server.password not in str(caught.value)


_PIECES = st.sampled_from(
    (
        "a", "b", ".", r"\d", r"\D", r"\w", r"\W", r"\s", r"\S", r"\.", "[a-c]", "[^a-c]", r"[\d_-]", r"[^\w]", "(a|b)",
        "(?:ab)", "^", "$", "|", "a*", "b+", "a?", "(?:ab){2}", "a{1,2}", "a{1,}", "a+?", r"\b", r"\B", "é", r"\u00e9",
        r"[\p{Nd}x]", "&&", "[&~|]", "[[:]", "{", "}", "#", "😀", "a{300}", "b{2,400}",
    )
)  # fmt: skip
_TEXTS = (
    "",
    "a",
    "ab",
    "abab",
    "a\nb",
    "1",
    "_",
    "-",
    ".",
    "a b",
    "é",
    "٣",
    "\u2028",
    "\xa0",
    "&",
    "[",
    "{}",
    "😀",
    "a" * 300,
)


def test_patterns_match_as_in_python(session: Warehouse) -> None:
    @settings(max_examples=150, deadline=None, database=None)
    @given(st.lists(_PIECES, max_size=5).map("".join))
    def alike(pattern: str) -> None:
        if unsupported(pattern):
            return
        engine = writer("postgresql")
        asked = ", ".join(engine.compile(engine.expr(v.Matches(v.Literal(text), pattern))) for text in _TEXTS)
        compiled = re.compile(to_python(pattern))
        assert list(session.query(f"SELECT {asked}")[0]) == [bool(compiled.search(text)) for text in _TEXTS]

    alike()
