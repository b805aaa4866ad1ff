"""An event of 300 properties and 1,500 rules: more than most engines take in one statement, counted all the same."""

import json
from pathlib import Path
from typing import Any

import pytest

from monitor.contract import bind
from monitor.landing.model import InDocument, Landed
from monitor.measure.model import Measured
from monitor.measure.parts import parts
from monitor.measure.read import read
from monitor.measure.rows import Range
from monitor.measure.scan import build
from monitor.measure.slices import whole
from monitor.sql import vocabulary as v
from monitor.sql.engines import ENGINES, writer
from tests.engines.test_postgresql import UNTIL
from tests.fakes.plugged import plugged
from tests.fakes.warehouses import MissingError
from tests.unit.measure.builders import landed, plan

VALUES = {"type": "string", "minLength": 2, "maxLength": 4, "enum": ["ab", "abc", "abcd", "x"]}
KINDS = {"version": "text", "source": "text", "payload": "text", "at": "timestamp"}


def measured(engine: str, folder: Path, properties: int, most: int) -> tuple[int, Any]:
    """How many statements it took, and what they counted."""
    names = [f"p{n}" for n in range(properties)]
    schema = {"type": "object", "required": names, "properties": dict.fromkeys(names, VALUES)}
    documents = [{name: "x" if (n + row) % 7 == 0 else "abc" for n, name in enumerate(names[row:])} for row in range(3)]
    rows = [("1-0-0", "web", json.dumps(document), "2026-06-01 10:00:00") for document in documents]
    with plugged(engine, folder) as bench:
        table = landed(bench.table("wide", KINDS, rows), ["A"], InDocument(v.Parsed(v.Column("payload")), "original"))
        wide = bind(plan({"A": [schema]}), Landed((table,))).tables[0]
        limits = type("Limits", (ENGINES[engine],), {"most_columns": min(most, ENGINES[engine].most_columns)})
        reach = Range(since=False, no_time=False)
        pieces = parts(wide, reach, lambda one, span: build(one, span, writer(engine)), limits)
        found = [read(bench.query(piece.scan.sql, UNTIL), piece.scan.map) for piece in pieces]
    together = whole([Measured("wide", None, 1, one.series, one.properties, one.counts, one.failures) for one in found])
    return len(pieces), (list(together.counts), set(together.failures), together.properties)


@pytest.fixture(scope="module")
def by_hand() -> tuple[int, int, int]:
    """Rows, invalid rows, failures of three rows over 300 properties, counted in Python."""
    bad = sum((n + row) % 7 == 0 for row in range(3) for n in range(300 - row))
    return 3, 3, bad + 1 + 2  # too short where it is an x, and what the second and third row lack


@pytest.mark.parametrize("engine", ["duckdb", "sqlite", "postgresql", "clickhouse"])
def test_three_hundred_properties_are_counted(engine: str, tmp_path: Path, by_hand: tuple[int, int, int]) -> None:
    try:
        statements, (counts, failures, properties) = measured(engine, tmp_path, 300, 10_000)
    except MissingError as missing:
        pytest.skip(str(missing))
    assert statements > 1
    assert len(properties[0]) == 300
    assert (counts[0].rows, counts[0].invalid, sum(one.failed for one in failures)) == by_hand


@pytest.mark.parametrize("engine", ["sqlite", "postgresql", "clickhouse"])
def test_slices_count_the_same_on_every_engine(engine: str, tmp_path: Path) -> None:
    (tmp_path / "one").mkdir()
    try:
        statements, several = measured(engine, tmp_path, 24, 60)
    except MissingError as missing:
        pytest.skip(str(missing))
    single, expected = measured("duckdb", tmp_path / "one", 24, 10_000)
    assert (single, statements > 2) == (1, True)
    assert several == expected
