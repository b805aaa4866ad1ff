"""Every rule case on every engine: the very functions that `trackwarden selftest` runs."""

from collections.abc import Mapping

import pytest

from monitor.selftest.case import Case, cases
from monitor.selftest.examine import Passed, Refused, Verdict, examine
from monitor.warehouse import Profile, connect
from monitor.warehouse.adapters.base import Terms

UNSAID: Mapping[str, tuple[str, ...]] = {}
"""Engine → beginnings of the names of cases whose rules it has no words for. A case that is not here has to pass."""


@pytest.fixture(scope="session")
def answers(profile: Profile) -> Mapping[str, Verdict]:
    with connect(profile, Terms(writes=True)) as warehouse:
        return {case.name: verdict for case, verdict in examine(cases(), warehouse, "tw_rule_cases")}


@pytest.mark.parametrize("case", cases(), ids=lambda case: case.name)
def test_the_rows_that_break_each_rule_are_counted(case: Case, engine: str, answers: Mapping[str, Verdict]) -> None:
    verdict = answers[case.name]
    if isinstance(verdict, Refused) and (_lacks_a_kind(verdict) or case.name.startswith(UNSAID.get(engine, ()))):
        pytest.skip(verdict.reason)
    assert verdict == Passed()


def _lacks_a_kind(verdict: Refused) -> bool:
    return " has no columns of the kind " in verdict.reason or " does not keep " in verdict.reason


def test_the_scratch_schema_is_gone_afterwards(profile: Profile, answers: Mapping[str, Verdict]) -> None:
    assert answers
    with connect(profile) as warehouse:
        assert not warehouse.catalog(["tw_rule_cases"]).tables
