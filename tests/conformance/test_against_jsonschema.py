"""What is counted as invalid is what the `jsonschema` library finds invalid, for schemas nobody thought of."""

import json
import os
from decimal import getcontext
from typing import Any

from hypothesis import HealthCheck, Phase, event, given, settings
from hypothesis import strategies as st

from monitor.contract.model import Compiled
from monitor.contract.scope import Reading
from tests.conformance.schemas import instances, validator, whole
from tests.conformance.suite import Side, bound, broken
from tests.fakes.duck import Duck

EXAMPLES = int(os.environ.get("TRACKWARDEN_FUZZ", "200"))
"""How many schemas are tried, the same ones each time; `TRACKWARDEN_FUZZ=20000` tries others for an hour."""
SIDE = Side(Duck())
getcontext().prec = 500


@st.composite
def cases(draw: st.DrawFn) -> tuple[Any, list[Any]]:
    schema = draw(whole())
    return schema, draw(instances(schema))


@settings(
    max_examples=EXAMPLES,
    deadline=None,
    derandomize="TRACKWARDEN_FUZZ" not in os.environ,
    suppress_health_check=list(HealthCheck),
    phases=(Phase.explicit, Phase.reuse, Phase.generate, Phase.shrink),
)
@given(cases())
def test_rows_are_invalid_where_jsonschema_says_so(case: tuple[Any, list[Any]]) -> None:
    agree(*case)


def agree(schema: Any, rows: list[Any]) -> None:
    """Fails where a row's verdict differs from the library's."""
    table = bound(SIDE, schema, rows, Reading(formats=False))
    refused = [rule for rule in table.versions[0].rules if not isinstance(rule.verdict, Compiled)]
    if refused:
        event(f"refused: {refused[0].verdict}")
        return
    judge = validator(schema)
    expected = {n for n, row in enumerate(rows) if not judge.is_valid(row)}
    found = broken(SIDE, table)
    wrong = [(json.dumps(rows[n]), "is valid" if n in found else "is invalid") for n in sorted(found ^ expected)]
    assert not wrong, json.dumps(schema)
