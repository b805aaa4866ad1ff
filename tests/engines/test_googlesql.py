"""BigQuery's statements, asked of Google's own implementation of its SQL: every type and every function is BigQuery's.

bqemulator (test_rule_cases.py, test_whole_job.py) answers as the service does, by another database's functions; this
has the functions, and no service.
"""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest
import sqlalchemy as sa

from monitor.catalog import Family, TableRef
from monitor.errors import WarehouseError
from monitor.landing.model import Partition
from monitor.measure.partition import inside
from monitor.selftest.case import cases
from monitor.selftest.examine import Passed, Refused, examine
from monitor.sql import vocabulary as v
from monitor.sql.engines import writer
from tests.fakes.googlesql import GoogleSql, GoogleSqlMissingError, running
from tests.fakes.said import asked
from tests.fakes.shares import ALL

pytestmark = [
    pytest.mark.slow,
    pytest.mark.xdist_group("bigquery"),
    pytest.mark.skipif(not ALL, reason="compiling it takes 40 s; TRACKWARDEN_ALL_ENGINES=1 asks it"),
]

OTHERWISE = ("1e400 ", "123456789012345678.5 ", "39 digits")
"""How questions begin that BigQuery answers otherwise: JSON numbers are 64 bits wide, decimals hold 39 digits."""


@pytest.fixture(scope="module")
def googlesql() -> Iterator[GoogleSql]:
    try:
        with running() as started:
            started.query("SELECT 1 AS up")
            yield started
    except GoogleSqlMissingError as missing:
        pytest.skip(str(missing))


def test_the_same_rows_fail_as_on_every_engine(googlesql: GoogleSql) -> None:
    answers = {case.name: verdict for case, verdict in examine(cases(), googlesql, "tw_cases")}
    assert len(answers) == len(cases())
    refused = {name: verdict for name, verdict in answers.items() if isinstance(verdict, Refused)}
    assert all(" has no columns " in one.reason or " does not keep " in one.reason for one in refused.values())
    assert not {name: told for name, told in answers.items() if name not in refused and told != Passed()}


def test_every_operation_means_what_the_vocabulary_says(googlesql: GoogleSql) -> None:
    words = writer("bigquery")
    differs = []
    for told, expr, answer in asked():
        if told.startswith(OTHERWISE):
            continue
        try:
            got = googlesql.query(words.compile(sa.select(words.expr(expr).label("tw_0"))))[0][0]
        except WarehouseError as refused:
            got = refused.hint
        if got != answer or type(got) is not type(answer):
            differs.append(f"{told}: {got!r}, not {answer!r}")
    assert not differs


def test_what_bigquery_answers_otherwise_is_what_is_said_of_it(googlesql: GoogleSql) -> None:
    words = writer("bigquery")
    questions = {told: expr for told, expr, _ in asked() if told.startswith(OTHERWISE)}

    def answer(told: str) -> object:
        return googlesql.query(words.compile(sa.select(words.expr(questions[told]).label("tw_0"))))[0][0]

    assert answer("1e400 is of kind number") is None
    assert answer("123456789012345678.5 is of kind integer") is True
    assert answer("39 digits") == int("12345678901234567890123456789012345678" + "9")


def test_types_are_called_as_bigquery_calls_them(googlesql: GoogleSql) -> None:
    hours: sa.ColumnElement[int] = sa.literal_column("50")
    said = sa.select(sa.cast(sa.func.floor(hours / 24.0), sa.BigInteger), sa.cast(hours, sa.Text))
    assert googlesql.query(writer("bigquery").compile(said)) == [[2, "50"]]


_PARAM = (
    "STRUCT<key STRING, value STRUCT<string_value STRING, int_value INT64, float_value FLOAT64, double_value FLOAT64>>"
)
GA4 = f"""
SELECT ARRAY<{_PARAM}>[
  ('a', ('quo"te', NULL, NULL, NULL)), ('n', (NULL, 5, NULL, NULL)), ('d', (NULL, NULL, NULL, 1.5)),
  ('q"', (NULL, NULL, NULL, NULL))
] AS event_params, [STRUCT('sku' AS item_id, CAST(NULL AS FLOAT64) AS price)] AS items
UNION ALL SELECT NULL, NULL
"""
"""Rows as Google Analytics exports them: its export knows no other warehouse."""


def test_the_parameters_of_google_analytics_are_one_document(googlesql: GoogleSql) -> None:
    words = writer("bigquery")
    doc = v.Params(v.Column("event_params"), (("items", v.Column("items")),))
    said: list[v.Expr] = [v.Text(v.At(doc, ())), v.Text(v.At(doc, ("a",))), v.Is(v.At(doc, ("n",)), ("integer",))]
    chosen = ", ".join(words.compile(words.expr(expr)) for expr in said)
    rows = googlesql.query(f"SELECT {chosen} FROM ({GA4})")
    assert rows == [
        ['{"a":"quo\\"te","d":1.5,"items":[{"item_id":"sku"}],"n":5,"q\\"":null}', 'quo"te', True],
        ["{}", None, None],
    ]


def test_partitions_of_every_type_are_compared_with_constants(googlesql: GoogleSql) -> None:
    """The days of June 2026, and one row that says none."""
    said = [None, *(datetime(2026, 6, day) for day in range(1, 31))]  # noqa: DTZ001 - as landed
    columns = {"day": "date", "at": "timestamp", "slot": "text", "n": "integer"}
    rows = [(f"{at:%Y-%m-%d}", at, f"{at:%Y-%m-%d}", int(f"{at:%Y%m%d}")) if at else (None,) * 4 for at in said]
    googlesql.land(TableRef("tw_parts", "days"), columns, rows)
    since, until = datetime(2026, 6, 10, 7, tzinfo=UTC), datetime(2026, 6, 12, 9, tzinfo=UTC)
    words = writer("bigquery")
    for column, family in {
        "day": Family.DATE,
        "at": Family.TIMESTAMP,
        "slot": Family.TEXT,
        "n": Family.INTEGER,
    }.items():
        form = "%Y%m%d" if family is Family.INTEGER else "%Y-%m-%d"
        partition = Partition(column, family, "day", timedelta(days=1), form)
        wheres = [words.compile(inside(partition, begun, until, words)) for begun in (since, None)]
        told = googlesql.several([f"SELECT COUNT(*) FROM tw_parts.`days` WHERE {where}" for where in wheres], {})
        assert list(told) == [[[6]], [[31]]], column  # the 9th to the 13th, and what says no day
