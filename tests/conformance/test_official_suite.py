"""The official JSON Schema test suite: nothing is wrong, what does not pass is refused with a reason.

Always saying "valid" passes 59% of it, so the gate is that WRONG stays 0 and ERROR an explicit list; the floors under
PASS only rise. Documents that a remote reference leads to are brought along, as the suite wants it; without them such
references are refused.
"""

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest

from monitor.contract.scope import Reading
from tests.conformance.suite import DRAFTS, Group, Side, groups, remotes, tally
from tests.fakes.duck import Duck
from tests.fakes.plugged import plugged
from tests.fakes.warehouses import MissingError

PLUGGED = ("postgresql", "sqlite")
"""Engines beside DuckDB that the suite is run on, as our own adapters open them."""
FLOORS: Mapping[str, Mapping[str, int]] = {
    engine: {"draft4": 608, "draft6": 827, "draft7": 915, "draft2019-09": 994, "draft2020-12": 1013}
    for engine in ("duckdb", *PLUGGED)
}
"""Tests that pass; they may only become more."""
ERRORS: Mapping[tuple[str, str], frozenset[str]] = {}
"""Groups that compile and that an engine does not run, by engine and draft."""
OPTIONAL = ("bignum", "ecmascript-regex", "float-overflow", "non-bmp-regex")
LESS_EXACT = frozenset(
    {
        "WRONG bignum: float comparison with high precision: comparison works for high numbers: is invalid",
        "WRONG bignum: float comparison with high precision on negative numbers: "  # noqa: ISC004 - one long name
        "comparison works for very negative numbers: is invalid",
    }
)
"""Fractions are compared as floats, as nearly everything that reads JSON has them."""
LENIENT_FORMATS = frozenset(
    {
        "WRONG date-time: validation of date-time strings: "  # noqa: ISC004 - one long name
        "an invalid date-time with leap second on a wrong minute, UTC: is invalid",
        "WRONG date-time: validation of date-time strings: "  # noqa: ISC004 - one long name
        "an invalid date-time with leap second on a wrong hour, UTC: is invalid",
        "WRONG uri: validation of URIs: invalid userinfo: is invalid",
        "WRONG uri: validation of URIs: non-numeric port is invalid: is invalid",
        "WRONG uri: validation of URIs: leading zero in an embedded IPv4 address is invalid: is invalid",
        "WRONG uri: validation of URIs: square brackets are not allowed in a path segment: is invalid",
    }
)
"""Formats are patterns: these few texts pass them."""


@pytest.fixture(
    scope="module", params=[pytest.param(name, marks=pytest.mark.xdist_group(name)) for name in ("duckdb", *PLUGGED)]
)
def side(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Side]:
    if request.param == "duckdb":
        yield Side(Duck())
        return
    try:
        with plugged(request.param, tmp_path_factory.mktemp(request.param)) as session:
            # SQLite gives a column declared JSON numeric affinity: a bare number of 50 digits is damaged as it lands.
            document, parsed = ("text", True) if request.param == "sqlite" else ("json", False)
            yield Side(session, document, "text", "timestamp", parsed)
    except MissingError as missing:
        pytest.skip(f"{request.param} is not started here: {missing}")


@pytest.fixture
def suite(shared: Path) -> Path:
    return shared / "data" / "json-schema-test-suite"


def of(told: list[str], outcome: str) -> list[str]:
    return [line for line in told if line.startswith(outcome)]


@pytest.mark.parametrize("draft", DRAFTS)
def test_nothing_that_is_required_is_wrong(side: Side, suite: Path, draft: str) -> None:
    reading = Reading(formats=False, documents=remotes(suite, draft))
    counts, told = tally(side, groups(suite, draft), DRAFTS[draft], reading)
    engine = side.warehouse.engine
    assert not of(told, "WRONG")
    assert set(of(told, "ERROR")) == ERRORS.get((engine, draft), frozenset())
    assert counts["PASS"] >= FLOORS[engine][draft], "\n".join(told)


@pytest.mark.parametrize("draft", ["draft4", "draft7", "draft2020-12"])
@pytest.mark.parametrize("name", OPTIONAL)
def test_what_is_optional_is_right_but_for_fractions_beyond_a_float(
    side: Side, suite: Path, draft: str, name: str
) -> None:
    told = tally(side, groups(suite, draft, f"optional/{name}.json"), DRAFTS[draft], Reading(formats=False))[1]
    assert set(of(told, "WRONG")) <= LESS_EXACT
    assert not of(told, "ERROR")


def test_formats_are_right_but_for_what_a_pattern_cannot_say(side: Side, suite: Path) -> None:
    counts, told = tally(side, groups(suite, "draft7", "optional/format/*.json"), DRAFTS["draft7"], Reading())
    assert set(of(told, "WRONG")) <= LENIENT_FORMATS
    assert not of(told, "ERROR")
    assert counts["PASS"] >= 174


def test_a_remote_reference_is_refused_where_its_document_was_not_brought_along(side: Side, suite: Path) -> None:
    counts, told = tally(side, groups(suite, "draft7", "refRemote.json"), DRAFTS["draft7"], Reading(formats=False))
    assert counts["PASS"] == counts["WRONG"] == counts["ERROR"] == 0
    assert all("leads outside the schema" in line or "there is no such anchor" in line for line in told)


def test_a_wrong_answer_would_be_noticed(side: Side) -> None:
    lies: tuple[tuple[str, Any, bool], ...] = (("a text", "a", False), ("a number", 1, True))
    counts, told = tally(side, [Group("lies", {"type": "string"}, lies)], DRAFTS["draft7"], Reading())
    assert counts["WRONG"] == 2
    assert told == ["WRONG lies: a text: is invalid", "WRONG lies: a number: is valid"]
