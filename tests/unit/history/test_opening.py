import os
import re
import shutil
import sqlite3
import stat
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Engine, create_engine, make_url

from monitor.errors import HistoryError
from monitor.history import opening, sqlite
from monitor.history.schema import HEAD, REVISIONS, metadata
from monitor.history.store import History
from monitor.history.trouble import shown
from tests.fakes.measured import TABLE, count, measured, opened


def shape(engine: Engine) -> dict[str, str]:
    """Every table and index as the database has it, without the order of constraints and white space."""
    with engine.connect() as connection:
        rows = connection.exec_driver_sql("SELECT name, sql FROM sqlite_master WHERE sql IS NOT NULL").all()
    return {str(name): " ".join(sorted(re.findall(r"\w+", str(sql)))) for name, sql in rows}


def migrated(path: Path) -> Engine:
    """A database made by the migrations alone."""
    engine = sqlite.make_engine(create_engine(f"sqlite:///{path}").url)
    with engine.execution_options(writes=True).begin() as connection:
        opening.upgrade(connection)
        connection.exec_driver_sql("SELECT 1")
    return engine


def test_the_migrations_make_what_the_tables_say(tmp_path: Path) -> None:
    engine = migrated(tmp_path / "migrated.db")
    opened(tmp_path).close()
    fresh = create_engine(f"sqlite:///{tmp_path / 'history.db'}")

    with engine.connect() as connection:
        assert compare_metadata(MigrationContext.configure(connection), metadata) == []
    assert shape(engine) == shape(fresh)
    engine.dispose()
    fresh.dispose()


def test_every_migration_is_a_revision_that_the_code_knows() -> None:
    scripts = ScriptDirectory(str(opening.MIGRATIONS))

    assert tuple(script.revision for script in scripts.walk_revisions())[::-1] == REVISIONS
    assert scripts.get_current_head() == HEAD


def test_a_database_of_an_older_shape_is_brought_to_the_newest(tmp_path: Path) -> None:
    path = tmp_path / "history.db"
    engine = migrated(path)
    with engine.execution_options(writes=True).begin() as connection:
        assert opening.revision(connection, "here") == HEAD
    engine.dispose()

    history = opened(tmp_path)

    assert history.first_run()
    history.close()


def test_a_history_opened_again_does_not_need_alembic(tmp_path: Path) -> None:
    opened(tmp_path).close()
    program = (
        "import sys; from pathlib import Path; from monitor.history.store import History\n"
        f"History.open('sqlite:///history.db', root=Path({str(tmp_path)!r})).close()\n"
        "print('alembic' in sys.modules)"
    )

    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)

    assert done.stdout.strip() == "False"


def test_many_openers_make_the_database_once(tmp_path: Path) -> None:
    with ThreadPoolExecutor(6) as pool:
        histories = list(pool.map(lambda _: opened(tmp_path), range(6)))
    for history in histories:
        history.close()

    connection = sqlite3.connect(tmp_path / "history.db")
    assert connection.execute("SELECT version_num FROM alembic_version").fetchall() == [(HEAD,)]
    assert connection.execute("PRAGMA journal_mode").fetchone() == ("wal",)
    connection.close()


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
        "postgresql+psycopg://me:sesame@db/history",
        "postgresql://me@db/history?password=sesame&sslpassword=sesame",
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


def test_a_scratch_copy_leaves_no_trace(tmp_path: Path) -> None:
    history = opened(tmp_path)
    history.record(measured(None, 500, [count(499)]), TABLE, "c", "r")

    copy = history.scratch()
    folder = Path(str(copy._folder.name)) if copy._folder else tmp_path
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
