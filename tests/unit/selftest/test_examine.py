"""`trackwarden selftest`: what agrees passes, what differs is told with its rows, and the schema is gone afterwards."""

import sqlite3
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import Any

import duckdb
import pytest
import yaml
from click.testing import CliRunner

from monitor.catalog import Catalog, TableRef
from monitor.cli import main
from monitor.contract.rules import RULES
from monitor.errors import ExitCode, WarehouseError
from monitor.selftest.case import FORMS, Case, cases
from monitor.selftest.examine import Differs, Failed, Passed, Refused, examine
from monitor.warehouse import Profile, Warehouse, connect
from monitor.warehouse.adapters.base import Terms

RIGHT = Case(
    "enum",
    "right",
    {"type": "object", "properties": {"p": {"enum": ["a"]}}},
    {"/p:enum": 1},
    ('{"p": "b"}', '{"p": "a"}'),
    "json",
)
WRONG = Case("enum", "wrong", RIGHT.schema, {"/p:enum": 2}, RIGHT.documents, "json")
LACKING = Case("type", "lacking", RIGHT.schema, {}, columns={"p": "a kind of its own"}, rows=[["a"]])
BROKEN = Case("type", "broken", RIGHT.schema, {}, columns={"p": "integer"}, rows=[["no number"]])


class Killed(BaseException):
    """Ctrl-C, as far as a test can press it."""


class Interrupted:
    """A bench that is interrupted while it lands."""

    def __init__(self, warehouse: Warehouse) -> None:
        self.engine, self.kinds, self.loses = warehouse.engine, warehouse.kinds, warehouse.loses
        self._warehouse = warehouse

    @contextmanager
    def scratch(self, schema: str) -> Iterator[None]:
        with self._warehouse.scratch(schema):
            yield

    def land(self, ref: TableRef, columns: Mapping[str, str], rows: Sequence[Sequence[Any]]) -> None:
        self._warehouse.land(ref, columns, rows)
        raise Killed

    def catalog(self, schemas: Sequence[str]) -> Catalog:
        return self._warehouse.catalog(schemas)

    def several(
        self, statements: Sequence[str], moments: Mapping[str, datetime]
    ) -> Iterator[Sequence[Sequence[Any]] | WarehouseError]:
        return self._warehouse.several(statements, moments)


@pytest.fixture
def warehouse(tmp_path: Path) -> Iterator[Warehouse]:
    duckdb.connect(str(tmp_path / "w.duckdb")).close()
    profile = Profile("duckdb", {"path": "w.duckdb"}, tmp_path / "profiles.yml", "p", "t")
    with connect(profile, Terms(writes=True)) as opened:
        yield opened


def schemas(warehouse: Warehouse) -> set[str]:
    return {str(row[0]) for row in warehouse.query("SELECT schema_name FROM duckdb_schemas()")}


def test_each_case_has_its_verdict_and_a_difference_names_its_rows(warehouse: Warehouse) -> None:
    found = {case.title: verdict for case, verdict in examine([RIGHT, WRONG, LACKING, BROKEN], warehouse, "tw scratch")}
    assert found["right"] == Passed()
    assert found["wrong"] == Differs(
        ("""/p:enum: expected 2 of 2 rows to fail, 1 did (row 1: '{"p": "b"}')""",),
    )
    assert found["lacking"] == Refused("duckdb has no columns of the kind 'a kind of its own'")
    assert isinstance(found["broken"], Failed)
    assert "tw scratch" not in schemas(warehouse)


def test_the_schema_is_dropped_whatever_happens(warehouse: Warehouse) -> None:
    with pytest.raises(Killed):
        list(examine([RIGHT], Interrupted(warehouse), "tw_scratch"))
    assert "tw_scratch" not in schemas(warehouse)


def test_a_schema_that_is_there_is_left_alone(warehouse: Warehouse) -> None:
    warehouse.write(["CREATE SCHEMA mine", "CREATE TABLE mine.t AS SELECT 1 AS n"])
    with pytest.raises(WarehouseError):
        list(examine([RIGHT], warehouse, "mine"))
    assert warehouse.query("SELECT n FROM mine.t")


def test_a_schema_that_cannot_be_dropped_is_named(tmp_path: Path) -> None:
    sqlite3.connect(tmp_path / "w.db").close()
    profile = Profile("sqlite", {"type": "sqlite", "path": "w.db"}, tmp_path / "profiles.yml", "p", "t")
    with connect(profile, Terms(writes=True)) as opened, pytest.raises(WarehouseError) as caught, opened.scratch("tw"):
        opened.write(['DETACH "tw"'])
    assert caught.value.problem == "the scratch schema tw could not be dropped"
    assert caught.value.hint.startswith("drop it yourself where it is still there: ")


def test_every_keyword_that_compiles_has_cases_in_every_form_it_can_land_in() -> None:
    every = cases()
    assert len({case.name for case in every}) == len(every)
    assert {case.keyword for case in every} >= set(RULES)
    assert {case.form for case in every} == set(FORMS)


def selftest(folder: Path, *arguments: str) -> tuple[int, str]:
    duckdb.connect(str(folder / "w.duckdb")).close()
    outputs = {"own": {"type": "duckdb", "path": "w.duckdb"}, "none": {"type": "duckdb", "path": "none.duckdb"}}
    (folder / "profiles.yml").write_text(yaml.safe_dump({"p": {"target": "own", "outputs": outputs}}))
    (folder / "trackwarden.yml").write_text(
        "plan: {path: .}\nprofile: {name: p}\nlandings: [{layout: segment, source: web, schema: s}]\n"
    )
    done = CliRunner(env={"HOME": str(folder)}).invoke(main, ["-C", str(folder), "selftest", *arguments])
    return done.exit_code, done.output


def test_the_command_prints_the_matrix_and_leaves_nothing(tmp_path: Path) -> None:
    code, said = selftest(tmp_path, "--keyword", "const", "--keyword", "maxLength")
    assert (code, "DIFFER" in said) == (ExitCode.OK, False)
    matrix = {line.split()[0]: line for line in said.splitlines() if "passed" in line}
    assert set(matrix) == {"const", "maxLength"}
    assert duckdb.connect(str(tmp_path / "w.duckdb")).execute("SELECT count(*) FROM duckdb_tables()").fetchone() == (0,)


def test_what_is_wrong_with_the_question_is_told(tmp_path: Path) -> None:
    assert selftest(tmp_path, "--keyword", "nothing")[0] == ExitCode.USAGE
    assert selftest(tmp_path, "--target", "nowhere")[0] == ExitCode.USAGE
    assert selftest(tmp_path, "--target", "none")[0] == ExitCode.UNREACHABLE
    assert selftest(tmp_path, "--keyword", "const", "--schema", "main")[0] == ExitCode.UNREACHABLE
