"""One statement per table and run, counted where SQLAlchemy hands statements to the driver."""

import re
from datetime import datetime, timedelta
from pathlib import Path

import pytest
import sqlalchemy as sa

from bench import build
from bench.shape import NOW, VERSIONS, properties
from monitor.run import Options, run
from monitor.warehouse import Warehouse
from monitor.wiring import Workspace

TABLES, ROWS = 4, 300


class _Nobody:
    def begins(self, tables: int) -> None: ...
    def looked_at(self, table: str) -> None: ...
    def prints(self, message: str) -> None: ...


class _Watched(Workspace):
    """A workspace that writes down every statement its warehouse is asked."""

    def warehouse(self) -> Warehouse:
        session = super().warehouse()
        sa.event.listen(session.pool, "before_cursor_execute", self._heard)
        return session

    def _heard(self, *words: object) -> None:
        statements = self.__dict__.setdefault("statements", [])
        statements.append(str(words[2]))


def _run(folder: Path, now: datetime) -> list[str]:
    opened = Workspace.open(folder)
    watched = _Watched(opened.settings, opened.env)
    run(watched, Options(now=now), _Nobody())
    return [text for text in watched.__dict__.get("statements", []) if re.search(r"\bFROM (bench|raw)\.", text)]


@pytest.fixture
def typed(tmp_path: Path) -> Path:
    return build.typed(tmp_path, TABLES, ROWS)


@pytest.fixture
def documents(tmp_path: Path) -> Path:
    return build.documents(tmp_path, 5, 1_000)


def test_every_table_is_read_by_one_statement(typed: Path) -> None:
    statements = _run(typed, datetime.fromisoformat(NOW))
    read = [re.findall(r"FROM (bench\.event_\d+)", text) for text in statements]
    assert sorted(read) == [[f"bench.event_{n:03d}"] for n in range(TABLES)]


def test_a_table_of_many_events_is_read_by_one_statement(documents: Path) -> None:
    statements = _run(documents, datetime.fromisoformat(NOW))
    assert [text.count("raw.events") for text in statements] == [1]


def test_a_run_within_the_same_hour_asks_the_tables_nothing(typed: Path) -> None:
    _run(typed, datetime.fromisoformat(NOW))
    assert _run(typed, datetime.fromisoformat(NOW)) == []


def test_a_run_an_hour_later_asks_all_tables_in_one_probe(typed: Path) -> None:
    _run(typed, datetime.fromisoformat(NOW))
    statements = _run(typed, datetime.fromisoformat(NOW) + timedelta(hours=1))
    assert len(statements) == 1
    assert len(re.findall(r"bench\.event_\d+", statements[0])) == TABLES


@pytest.mark.parametrize("kind", ["typed", "documents"])
def test_aggregates_are_those_of_the_widest_version_and_not_of_all(kind: str, tmp_path: Path) -> None:
    folder = build.typed(tmp_path, 1, ROWS) if kind == "typed" else build.documents(tmp_path, 5, 1_000)
    (statement,) = _run(folder, datetime.fromisoformat(NOW))
    outermost = statement.partition("\nFROM")[0]
    aggregates = len(set(re.findall(r"count\((?:[^()]|\([^()]*\))*\)", outermost)))
    props = properties()
    rules = sum(1 + len(p.fails) for p in props)  # required, and what each property says
    kinds = len(props) if kind == "documents" else 0  # in a document the type is a rule as well
    assert len(VERSIONS) > 1
    assert aggregates <= rules + kinds + len(props) + 4
