"""Every operation of the vocabulary, asked of a running engine; many questions are one statement."""

import pytest
import sqlalchemy as sa

from monitor.sql.engines import writer
from monitor.warehouse import Profile, connect
from tests.fakes.said import asked

ANSWER_ALL = ("clickhouse", "spark")
"""Engines that have words for every operation, and keep numbers of 38 digits."""
_AT_ONCE = 40


def test_every_operation_means_what_the_vocabulary_says(engine: str, profile: Profile) -> None:
    if engine not in ANSWER_ALL:
        pytest.skip(f"{engine} is asked by its own unit tests")
    questions = tuple(asked())
    words = writer(engine)
    differs = []
    with connect(profile) as warehouse:
        for start in range(0, len(questions), _AT_ONCE):
            part = questions[start : start + _AT_ONCE]
            said = [words.expr(expr).label(f"tw_{n}") for n, (_, expr, _) in enumerate(part)]
            row = warehouse.query(words.compile(sa.select(*said)))[0]
            differs += [
                f"{told}: {got!r}, not {answer!r}"
                for (told, _, answer), got in zip(part, row, strict=True)
                if got != answer
            ]
    assert not differs
