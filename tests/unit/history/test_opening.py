import os
import re
import shutil
import sqlite3
import stat
import subprocess
import sys
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import (
    Boolean,
    Column,
    Engine,
    Float,
    Integer,
    LargeBinary,
    MetaData,
    String,
    create_engine,
    insert,
    make_url,
)

from monitor.errors import HistoryError
from monitor.history import opening
from monitor.history import postgres as postgres_words
from monitor.history.catalogs import dump as dump_table
from monitor.history.codec import encode
from monitor.history.schema import HEAD, REVISIONS, metadata
from monitor.history.store import History
from monitor.history.trouble import shown, told
from tests.fakes.homes import File, Home, Schema
from tests.fakes.measured import TABLE, count, finding, measured, opened
from tests.fakes.postgres import Postgres


def shape(engine: Engine) -> dict[str, str]:
    """Every table and index as the database has it, without the order of constraints and white space."""
    with engine.connect() as connection:
        rows = connection.exec_driver_sql("SELECT name, sql FROM sqlite_master WHERE sql IS NOT NULL").all()
    return {str(name): " ".join(sorted(re.findall(r"\w+", str(sql)))) for name, sql in rows}


def migrated(home: Home, target: str = "head") -> Engine:
    """A database made by the migrations alone, as far as `target`."""
    url = opening.parse(home.url)
    kind = opening.database(url)
    engine = kind.make_engine(kind.resolve(url, Path()))
    kind.prepare(engine)
    with engine.execution_options(writes=True).begin() as connection:
        opening.upgrade(connection, target)
    return engine


def test_the_migrations_make_what_the_tables_say(tmp_path: Path) -> None:
    (tmp_path / "fresh").mkdir()
    engine = migrated(File(tmp_path))
    opened(tmp_path / "fresh").close()
    fresh = create_engine(f"sqlite:///{tmp_path / 'fresh' / 'history.db'}")

    assert shape(engine) == shape(fresh)
    engine.dispose()
    fresh.dispose()


def test_the_migrations_make_what_the_code_expects(home: Home) -> None:
    engine = migrated(home)

    with engine.connect() as connection:
        assert compare_metadata(MigrationContext.configure(connection), metadata) == []
    engine.dispose()
    home.check()


def test_every_migration_is_a_revision_that_the_code_knows() -> None:
    scripts = ScriptDirectory(str(opening.MIGRATIONS))

    assert tuple(script.revision for script in scripts.walk_revisions())[::-1] == REVISIONS
    assert scripts.get_current_head() == HEAD


def filled(home: Home, revision: str) -> None:
    """A history of an older shape, with a row in every table that its trackwarden wrote."""
    engine = migrated(home, revision)
    tables = MetaData()
    tables.reflect(engine, schema=home.name if isinstance(home, Schema) else None)
    with engine.execution_options(writes=True).begin() as connection:
        for table in tables.sorted_tables:
            if table.name != "alembic_version":
                given = [one for one in table.columns if one.name != "id" or not isinstance(one.type, Integer)]
                connection.execute(insert(table), {column.name: value(column) for column in given})
        connection.exec_driver_sql("DELETE FROM alembic_version")
        connection.exec_driver_sql(f"INSERT INTO alembic_version VALUES ('{revision}')")
    engine.dispose()


def value(column: Column[Any]) -> object:
    """What such a column may hold."""
    known: dict[str, object] = {
        "state": "open" if column.table.name == "incident" else "done",
        "intent": "opened", "mode": "post", "findings": "[]", "finding": encode([finding()]), "turns": "[]",
        "views": "[]", "columns": dump_table(TABLE), "sent_at": None, "resolved_at": None, "present": b"\x01\x05\x05",
        "text": '["/order_id", "/currency"]',
    }  # fmt: skip
    if isinstance(column.type, Boolean):
        return True
    if isinstance(column.type, Integer | Float):
        return 1
    if column.name in known:
        return known[column.name]
    if isinstance(column.type, String) and column.type.length == 32:
        return "2026-06-30T12:00:00.000000+00:00"
    return b"" if isinstance(column.type, LargeBinary) else ""


@pytest.mark.parametrize("revision", REVISIONS)
def test_every_released_shape_is_brought_to_the_newest_and_loses_no_row(revision: str, home: Home) -> None:
    filled(home, revision)
    before = {name: len(rows) for name, rows in home.dump().items()}

    history = home.open()

    after = home.dump()
    assert after["alembic_version"] == [(HEAD,)]
    assert {name: len(after[name]) for name in before} == before
    assert len(history.runs(5)) == 1
    assert len(history.incidents()) == 1
    assert len(history.pending()) == 1
    assert history.watermarks()[""].until == 1
    assert len(history.landed_tables()) == 1
    history.record(measured(None, 500, [count(499)]), TABLE, "c", "r")
    with history.lease("run", timedelta(hours=1)), history.claimed(500, "r") as starts:
        assert starts
    history.close()
    home.check()


def test_a_history_opened_again_does_not_need_alembic(tmp_path: Path) -> None:
    opened(tmp_path).close()
    program = (
        "import sys; from pathlib import Path; from monitor.history.store import History\n"
        f"History.open('sqlite:///history.db', root=Path({str(tmp_path)!r})).close()\n"
        "print('alembic' in sys.modules)"
    )

    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)

    assert done.stdout.strip() == "False"


def test_many_openers_make_the_database_once(home: Home) -> None:
    with ThreadPoolExecutor(6) as pool:
        histories = list(pool.map(lambda _: home.open(), range(6)))
    for history in histories:
        history.close()

    assert home.execute("SELECT version_num FROM alembic_version") == [(HEAD,)]


def test_two_starters_migrate_once(home: Home) -> None:
    migrated(home, REVISIONS[0]).dispose()

    with ThreadPoolExecutor(4) as pool:
        histories = list(pool.map(lambda _: home.open(), range(4)))

    assert home.execute("SELECT version_num FROM alembic_version") == [(HEAD,)]
    for history in histories:
        history.close()


def test_a_file_of_sqlite_is_written_ahead(tmp_path: Path) -> None:
    opened(tmp_path).close()

    assert File(tmp_path).execute("PRAGMA journal_mode") == [("wal",)]


def test_two_processes_that_start_together_both_open(tmp_path: Path) -> None:
    program = (
        "from pathlib import Path; from monitor.history.store import History\n"
        f"History.open('sqlite:///state/history.db', root=Path({str(tmp_path)!r})).close()"
    )
    started = [subprocess.Popen([sys.executable, "-c", program], stderr=subprocess.PIPE) for _ in range(2)]

    errors = [process.communicate(timeout=60)[1] for process in started]

    assert [process.returncode for process in started] == [0, 0], errors


def test_folders_on_the_way_are_made(tmp_path: Path) -> None:
    History.open("sqlite:///state/deep/history.db", root=tmp_path).close()

    assert (tmp_path / "state" / "deep" / "history.db").is_file()


def refused(url: str, root: Path) -> HistoryError:
    with pytest.raises(HistoryError) as caught:
        History.open(url, root=root)
    assert caught.value.hint
    assert caught.value.where
    return caught.value


def test_a_folder_that_cannot_be_made_is_said(tmp_path: Path) -> None:
    (tmp_path / "state").write_text("a file")

    error = refused("sqlite:///state/history.db", tmp_path)

    assert "folder 'state' cannot be made" in error.problem


def test_a_folder_in_the_place_of_the_file_is_said(tmp_path: Path) -> None:
    assert refused("sqlite:///.", tmp_path).problem == "is a folder"


def test_a_file_that_is_no_database_is_said_and_left_alone(tmp_path: Path) -> None:
    path = tmp_path / "history.db"
    path.write_text("date,rows\n" * 200)

    error = refused("sqlite:///history.db", tmp_path)

    assert error.problem == "is not a history database"
    assert path.read_text().startswith("date,rows")


def test_a_damaged_file_is_said(tmp_path: Path) -> None:
    history = opened(tmp_path)
    for at in range(40):
        history.record(measured(None, 500, [count(499)], table=f"t{at}"), TABLE, "c", "r")
    history.close()
    path = tmp_path / "history.db"
    whole = bytearray(path.read_bytes())
    whole[4096:] = b"\x07" * (len(whole) - 4096)
    path.write_bytes(whole)

    with pytest.raises(HistoryError, match="damaged") as caught:
        opened(tmp_path).watermarks()

    assert "backup" in caught.value.hint


def test_a_database_of_something_else_is_said_and_left_alone(tmp_path: Path) -> None:
    other = sqlite3.connect(tmp_path / "history.db")
    other.execute("CREATE TABLE customers (name TEXT)")
    other.close()

    assert "holds other tables" in refused("sqlite:///history.db", tmp_path).problem


def test_a_history_of_a_newer_trackwarden_is_said_and_left_alone(tmp_path: Path) -> None:
    opened(tmp_path).close()
    newer = sqlite3.connect(tmp_path / "history.db")
    newer.execute("UPDATE alembic_version SET version_num = '0999'")
    newer.commit()
    newer.close()

    error = refused("sqlite:///history.db", tmp_path)

    assert "newer trackwarden" in error.problem
    assert "upgrade trackwarden" in error.hint


def test_a_history_that_may_only_be_read_says_so_when_it_is_written(tmp_path: Path) -> None:
    opened(tmp_path).close()
    path = tmp_path / "history.db"
    history = History.open(f"sqlite:///file:{path}?mode=ro&uri=true", root=tmp_path)

    with pytest.raises(HistoryError, match="may not be written"):
        history.touch("t", 5)
    history.close()


@pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() == 0, reason="the administrator may write every file")
def test_a_file_without_write_permission_is_said(tmp_path: Path) -> None:
    opened(tmp_path).close()
    (tmp_path / "history.db").chmod(stat.S_IRUSR)

    assert refused("sqlite:///history.db", tmp_path).problem == "may not be written"


def test_a_full_disk_is_said_and_loses_nothing_that_was_kept(tmp_path: Path) -> None:
    history = opened(tmp_path)
    history.record(measured(None, 500, [count(499)]), TABLE, "c", "r")
    with history._writer.connect() as connection:
        connection.exec_driver_sql("PRAGMA max_page_count = 1")  # as many as there are
    many = measured(500, 90_000, [count(hour) for hour in range(500, 40_000)])

    with pytest.raises(HistoryError, match="disk is full") as caught:
        history.record(many, TABLE, "c", "r")

    assert "the rest is kept" in caught.value.hint
    assert history.watermarks()["web.order_completed"].until == 500
    history.close()


def test_a_locked_history_is_said(tmp_path: Path) -> None:
    history = opened(tmp_path)
    other = sqlite3.connect(tmp_path / "history.db", isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    with history._engine.connect() as connection:
        connection.exec_driver_sql("PRAGMA busy_timeout = 50")

    with pytest.raises(HistoryError, match="locked by another process"):
        history.touch("t", 5)

    assert history.watermarks() == {}
    other.close()
    history.close()


@pytest.mark.parametrize("url", ["", "history.db", "://", "sqlite:/history.db", "sqlite://user:sesame@[::1"])
def test_what_is_no_url_is_said_without_repeating_it(url: str, tmp_path: Path) -> None:
    error = refused(url, tmp_path)

    assert "sqlite:///state/history.db" in error.hint
    assert "sesame" not in str(error)


@pytest.mark.parametrize(
    "url",
    [
        "mssql+pyodbc://me@db/history?password=sesame&sslpassword=sesame",
        "mysql://me:sesame@db/history",
        "nosuch://me:sesame@db/history",
    ],
)
def test_a_database_that_history_cannot_live_in_is_said_without_its_password(url: str, tmp_path: Path) -> None:
    error = refused(url, tmp_path)

    assert "sesame" not in repr(error) + str(error)
    assert "cannot live in" in error.problem


def test_a_sqlite_url_is_told_without_its_secrets() -> None:
    assert "sesame" not in shown(make_url("sqlite:///a.db?key=sesame&Password=sesame&cache=shared"))


@pytest.mark.parametrize(
    "url", ["sqlite://me:sesame@host/a.db", "sqlite://sesame/a.db", "sqlite:///a.db?password=sesame"]
)
def test_a_sqlite_url_with_a_host_or_a_password_is_refused(url: str, tmp_path: Path) -> None:
    error = refused(url, tmp_path)

    assert "sesame" not in repr(error) + str(error)
    assert error.problem == "an SQLite file has neither host, user nor password"


def test_a_scratch_copy_leaves_no_trace(home: Home) -> None:
    history = home.open()
    history.record(measured(None, 500, [count(499)]), TABLE, "c", "r")

    copy = history.scratch()
    folder = Path(str(copy._folder.name)) if copy._folder else Path()
    copy.record(measured(500, 600, [count(599)]), TABLE, "c", "r")

    assert copy.watermarks()["web.order_completed"].until == 600
    assert history.watermarks()["web.order_completed"].until == 500
    copy.close()
    assert not folder.exists()
    history.close()


def test_a_history_in_memory_can_be_copied_too() -> None:
    history = History.open("sqlite://", root=Path())
    history.touch("t", 5)

    copy = history.scratch()

    assert copy.watermarks()["t"].until == 5
    copy.close()
    history.close()


def test_a_run_killed_within_a_transaction_loses_nothing_that_was_committed(tmp_path: Path) -> None:
    program = f"""
import os
from pathlib import Path
from monitor.history.store import History, Recording
from tests.fakes.measured import TABLE, count, measured
history = History.open("sqlite:///history.db", root=Path({str(tmp_path)!r}))
def recordings():
    for _ in range(2):  # a table that stands twice: the first of them is written when the second one comes
        yield Recording(measured(500, 600, [count(at) for at in range(500, 600)]), TABLE, "c", "r2")
    os._exit(9)
history.record(measured(None, 500, [count(499)]), TABLE, "c", "r1")
history.record_many(recordings())
"""
    root = Path(__file__).parents[3]

    done = subprocess.run([sys.executable, "-c", program], cwd=root, check=False, env={**os.environ, "PYTHONPATH": "."})

    assert done.returncode == 9
    history = opened(tmp_path)
    assert history.watermarks()["web.order_completed"].until == 500
    assert history.past({"web.order_completed": 500}, 600).series[0].rows.sum() == 1
    history.close()


def test_a_copied_file_is_a_whole_history(tmp_path: Path) -> None:
    history = opened(tmp_path)
    history.touch("t", 5)
    history.close()
    (tmp_path / "other").mkdir()
    shutil.copy(tmp_path / "history.db", tmp_path / "other")

    copied = opened(tmp_path / "other")

    assert copied.watermarks()["t"].until == 5
    copied.close()


# ── PostgreSQL ──────────────────────────────────────────────────────────────────────────────────────


def unreachable(url: str) -> HistoryError:
    """The refusal, which holds no password wherever one looks."""
    error = refused(url, Path())
    seen = repr(error) + str(error) + error.where + error.hint
    assert "sesame" not in seen
    return error


@pytest.mark.parametrize("scheme", ["postgresql+psycopg", "postgresql", "postgres"])
def test_a_server_that_does_not_listen_is_said_without_the_password(scheme: str) -> None:
    error = unreachable(f"{scheme}://me:sesame@127.0.0.1:1/history?sslpassword=sesame")

    assert "cannot be reached" in error.problem
    assert "me:***@127.0.0.1:1/history" in error.where


def test_what_libpq_does_not_understand_is_said_without_repeating_it(postgres: Callable[[], Postgres]) -> None:
    port = postgres().port

    unreachable(f"postgresql://me:sesame@127.0.0.1:{port}/history?sesame=sesame")
    unreachable(f"postgresql://me:sesame@127.0.0.1:{port}/history?sslmode=sesame")


def test_a_wrong_password_and_a_database_that_is_not_there_are_told_apart(postgres: Callable[[], Postgres]) -> None:
    server = postgres()
    right = make_url(server.url())

    wrong = unreachable(right.set(password="sesame").render_as_string(hide_password=False))
    absent = refused(right.set(database="nosuch").render_as_string(hide_password=False), Path())
    schema = refused(f"{server.url()}?options=-csearch_path%3Dnosuch", Path())

    assert wrong.problem == "the server refuses this user or password"
    assert absent.problem == "there is no such database"
    assert schema.problem == "there is no such schema"
    assert server.password not in str(wrong) + str(absent) + str(schema)


def test_a_schema_with_other_tables_is_said_and_left_alone(postgres: Callable[[], Postgres]) -> None:
    server = postgres().database("others")
    with server.connect() as connection:
        connection.execute("CREATE TABLE customers (name TEXT)")

    error = refused(server.url(), Path())

    assert "holds other tables" in error.problem
    assert "search_path" in error.hint


def test_a_user_who_may_only_read_is_told_so(postgres: Callable[[], Postgres]) -> None:
    server = postgres().database("reading")
    History.open(server.url(), root=Path()).close()
    with server.connect() as connection:
        connection.execute("DROP ROLE IF EXISTS reader")
        connection.execute("CREATE ROLE reader LOGIN PASSWORD 'reader'")
        connection.execute("GRANT SELECT ON ALL TABLES IN SCHEMA public TO reader")
    url = make_url(server.url()).set(username="reader", password="reader")
    history = History.open(url.render_as_string(hide_password=False), root=Path())

    assert history.watermarks() == {}
    with pytest.raises(HistoryError, match="may not be written"):
        history.touch("t", 5)

    history.close()


def test_a_server_that_ends_our_sessions_costs_one_statement_at_most(home: Home) -> None:
    history = home.open()
    history.touch("t", 5)
    if isinstance(home, Schema):
        with home.server.connect() as connection:
            connection.execute(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'trackwarden'"
            )

    history.touch("t", 6)

    assert history.watermarks()["t"].until == 6
    history.close()


def test_a_writer_that_holds_the_lock_makes_others_wait_and_then_say_so(postgres: Callable[[], Postgres]) -> None:
    server = postgres().database("locked")
    history = History.open(server.url(), root=Path())
    with history._writing():
        other = History.open(server.url(), root=Path())
        quick = other._writer.execution_options(writes=False)
        with pytest.raises(HistoryError, match="is locked by another process"), told("here"), quick.begin() as one:
            one.exec_driver_sql(postgres_words._WRITES.replace(str(postgres_words.BUSY_MS), "50"))
    other.close()
    history.close()
