"""Failing rows by rule, kept as the few hours that have some."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from monitor.judge.model import Sparse


@given(st.lists(st.integers(0, 5), min_size=1, max_size=30), st.integers(0, 30), st.integers(0, 30))
def test_sparse_hours_are_those_of_an_array(dense: list[int], start: int, end: int) -> None:
    hours = np.flatnonzero(dense)
    failed = np.array(dense, np.int64)[hours]
    sparse = Sparse({"rule": (hours, failed, int(failed.sum()))}, len(dense))
    end = min(end, len(dense))
    assert sparse["rule"].tolist() == dense
    assert sparse.between("rule", start, end).tolist() == dense[start:end]
    assert sparse.total("rule") == sum(dense)
    assert dict(sparse).keys() == {"rule"}
    assert len(sparse) == 1
