"""What ClickHouse (chdb) answers to the vocabulary, values and names that break naive SQL included."""

from collections.abc import Iterator

import pytest
import sqlalchemy as sa

from monitor.sql import vocabulary as v
from monitor.sql.engines import writer
from monitor.warehouse import Profile, connect
from monitor.warehouse.adapters.base import Terms
from monitor.warehouse.session import Warehouse
from tests.fakes.clickhouse import output
from tests.fakes.said import Asked, asked

pytestmark = pytest.mark.xdist_group("clickhouse")
_PLENTY = 200_000


@pytest.fixture(scope="module")
def warehouse(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Warehouse]:
    folder = tmp_path_factory.mktemp("clickhouse")
    profile = Profile("clickhouse", output(folder), folder / "profiles.yml", "tests", "own")
    with connect(profile, Terms(writes=True)) as opened:
        yield opened


@pytest.mark.parametrize("question", tuple(asked()), ids=lambda question: question[0])
def test_every_operation_means_what_the_vocabulary_says(question: Asked, warehouse: Warehouse) -> None:
    _, expr, answer = question
    engine = writer("clickhouse")
    assert warehouse.query(engine.compile(sa.select(engine.expr(expr))))[0][0] == answer


def test_a_document_of_many_properties_stays_within_the_largest_statement() -> None:
    engine = writer("clickhouse")
    doc = engine.expr(v.Parsed(v.Column("payload")))
    texts, _ = engine.extract_many(doc, [(f"property_{n}",) for n in range(500)])
    assert len(engine.compile(sa.select(texts))) < _PLENTY


def test_properties_are_read_at_their_positions(warehouse: Warehouse) -> None:
    engine = writer("clickhouse")
    doc = engine.expr(v.Parsed(v.Literal('{"a": 1.0, "b": {"c": "x"}, "d": null, "a\'b": 2}')))
    texts, kinds = engine.extract_many(doc, [("a",), ("b", "c"), ("d",), ("a'b",), ("gone",)])
    engine.bind_extracted(lambda n: engine.at_position(texts, n), lambda n: engine.at_position(kinds, n))
    said = [engine.expr(v.Text(v.Extracted(n))) for n in range(5)]
    there = [engine.expr(v.Exists(v.Extracted(n))) for n in range(5)]
    row = warehouse.query(engine.compile(sa.select(*said, *there)))[0]
    assert list(row[:5]) == ["1.0", "x", None, "2", None]
    assert list(row[5:]) == [True, True, True, True, False]
