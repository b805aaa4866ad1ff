"""What bqemulator answers to BigQuery's scans. It is an emulator: docs/engines.md says what it cannot prove."""

from collections.abc import Iterator

import pytest

from monitor.selftest.case import Case, cases
from monitor.selftest.examine import Passed, Refused, examine
from monitor.warehouse import Profile, connect
from monitor.warehouse.adapters.base import Terms
from monitor.warehouse.session import Warehouse
from tests.fakes.bqemulator import BigQueryMissingError, running

pytestmark = [pytest.mark.slow, pytest.mark.xdist_group("bigquery")]

ASKED = ("exclusiveMaximum", "exclusiveMinimum", "additionalItems", "const", "contains")
"""Keywords whose cases are run: the emulator takes half a second for each."""


@pytest.fixture(scope="module")
def warehouse(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Warehouse]:
    folder = tmp_path_factory.mktemp("bigquery")
    try:
        with running(folder) as output:
            profile = Profile("bigquery", output, folder / "profiles.yml", "tests", "own")
            with connect(profile, Terms(writes=True, bytes_billed=10**9, statement_seconds=60)) as opened:
                yield opened
    except BigQueryMissingError as missing:
        pytest.skip(str(missing))


def provable(case: Case) -> bool:
    """Documents in text are parsed by functions that the emulator takes apart wrongly when values are nested."""
    return case.keyword in ASKED and (case.form != "text" or case.keyword.startswith("exclusive"))


def test_the_same_rows_fail_as_on_every_engine(warehouse: Warehouse) -> None:
    asked = [case for case in cases() if provable(case)]
    assert len(asked) > 8
    answers = {case.name: verdict for case, verdict in examine(asked, warehouse, "tw_cases")}
    differing = {name: verdict for name, verdict in answers.items() if not isinstance(verdict, Passed | Refused)}
    assert not differing
    assert sum(isinstance(verdict, Passed) for verdict in answers.values()) > 8
