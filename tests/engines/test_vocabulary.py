"""Every operation of the vocabulary, asked of a running engine; many questions are one statement."""

import pytest
import sqlalchemy as sa

from monitor.sql.engines import writer
from monitor.warehouse import Profile, connect
from monitor.warehouse.adapters import adapter
from monitor.warehouse.adapters.base import Adapter
from tests.fakes.said import asked

ANSWER_ALL = ("bigquery", "clickhouse", "snowflake", "spark")
"""Engines that have words for every operation, and keep numbers of 38 digits."""
BEYOND = {"numbers beyond floats": "1e400 ", "digits beyond 64 bits": "123456789012345678.5 "}
"""How questions begin that speak of what some warehouses' documents do not keep (`Adapter.loses`)."""
MORE = {"bigquery": ("39 digits",)}
"""What an engine keeps beyond what is asked of all."""
_AT_ONCE = 40


def connected_by(profile: Profile) -> Adapter:
    found = adapter(profile.type)
    assert found is not None
    return found


def test_every_operation_means_what_the_vocabulary_says(engine: str, profile: Profile) -> None:
    if engine not in ANSWER_ALL:
        pytest.skip(f"{engine} is asked by its own unit tests")
    lost = connected_by(profile).loses.get("text", frozenset())
    spared = (*(start for what, start in BEYOND.items() if what in lost), *MORE.get(engine, ()))
    questions = tuple(one for one in asked() if not one[0].startswith(spared))
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
