"""Every rule case on every engine: the very functions that `trackwarden selftest` runs.

Spark takes a third of a second to plan a case, emulators (BigQuery, Snowflake) to write it in another database's SQL,
so they are asked a share of them, the same in every run: the first of each keyword and landing, and every eighth.
`TRACKWARDEN_ALL_ENGINES=1` asks them all.
"""

from collections.abc import Mapping

import pytest

from monitor.selftest.case import Case, cases
from monitor.selftest.examine import Passed, Refused, Verdict, examine
from monitor.warehouse import Profile, connect
from monitor.warehouse.adapters.base import Terms
from tests.fakes.shares import ALL, share

UNSAID: Mapping[str, tuple[str, ...]] = {}
"""Engine → beginnings of the names of cases whose rules it has no words for. A case that is not here has to pass."""

SHARED = frozenset() if ALL else frozenset({"bigquery", "snowflake", "spark"})
"""Engines that are asked a share of the cases."""


@pytest.fixture(scope="session")
def answers(engine: str, profile: Profile) -> Mapping[str, Verdict]:
    asked = share(cases()) if engine in SHARED else cases()
    with connect(profile, Terms(writes=True)) as warehouse:
        return {case.name: verdict for case, verdict in examine(asked, warehouse, "tw_rule_cases")}


@pytest.mark.parametrize("case", cases(), ids=lambda case: case.name)
def test_the_rows_that_break_each_rule_are_counted(case: Case, engine: str, answers: Mapping[str, Verdict]) -> None:
    if engine in SHARED and case not in share(cases()):
        pytest.skip(f"{engine} is asked a share of the cases; TRACKWARDEN_ALL_ENGINES=1 asks it all")
    verdict = answers[case.name]
    if isinstance(verdict, Refused) and (_lacks_a_kind(verdict) or case.name.startswith(UNSAID.get(engine, ()))):
        pytest.skip(verdict.reason)
    assert verdict == Passed()


def _lacks_a_kind(verdict: Refused) -> bool:
    return " has no columns of the kind " in verdict.reason or " does not keep " in verdict.reason


def test_a_share_of_the_cases_has_every_keyword_in_every_landing() -> None:
    asked = share(cases())
    assert {(case.keyword, case.form) for case in asked} == {(case.keyword, case.form) for case in cases()}
    assert len(asked) < len(cases())


def test_the_scratch_schema_is_gone_afterwards(profile: Profile, answers: Mapping[str, Verdict]) -> None:
    assert answers
    with connect(profile) as warehouse:
        assert not warehouse.catalog(["tw_rule_cases"]).tables
