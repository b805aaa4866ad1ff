import json
from datetime import date
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitor.errors import PlanError
from monitor.plan.build import build_plan
from monitor.plan.dump import dump, load
from monitor.plan.model import Event, EventVersion, Plan, Refused, Status, Tier

text = st.text(max_size=10)
values: st.SearchStrategy[Any] = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | text,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(text, inner, max_size=3),
    max_leaves=6,
)
versions = st.builds(
    EventVersion,
    version=text,
    schema=st.dictionaries(text, values, max_size=3),
    status=st.sampled_from(Status),
    until=st.none() | st.dates(date(1, 1, 1)),
    where=text,
)
events = st.builds(
    Event,
    name=text,
    key=text,
    versions=st.lists(versions, max_size=3).map(tuple),
    description=text,
    team=text,
    tier=st.sampled_from(Tier),
    sources=st.lists(text, max_size=3).map(tuple),
    where=text,
)
plans = st.builds(
    build_plan,
    st.lists(events, max_size=3, unique_by=lambda event: event.name),
    st.lists(st.builds(Refused, text, text, text, text), max_size=2),
)


@given(plans)
def test_a_plan_survives_dump_and_load(plan: Plan) -> None:
    assert load(dump(plan)) == plan
    assert load(json.loads(json.dumps(dump(plan)))) == plan


@pytest.mark.parametrize(
    "dumped",
    [{}, {"format": 0}, {"format": 1, "events": [{}], "revision": "", "refused": []}, {"format": 1, "events": 3}],
)
def test_a_dump_of_another_shape_is_refused(dumped: dict[str, Any]) -> None:
    with pytest.raises(PlanError, match="kept plan cannot be used"):
        load(dumped)
