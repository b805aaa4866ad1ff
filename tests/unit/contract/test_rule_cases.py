"""Rule cases (tests/rules/*.yml) are executed on every engine by tests/engines/test_rule_cases.py."""

from monitor.contract.rules import RULES
from monitor.selftest.case import cases

WALKED = {"required", "additionalProperties", "items", "properties"}


def test_every_keyword_that_compiles_has_a_file_of_cases() -> None:
    assert {case.keyword for case in cases()} >= set(RULES) | WALKED
