"""What a run adds up of what it did."""

import time
from dataclasses import replace

import numpy as np

from monitor.history.store import RunRecord
from monitor.measure.model import Measured
from monitor.outcome import Options, Outcome, Sum


def count(outcome: Outcome, measured: Measured, options: Options) -> None:
    """Add a table's measurement to what the run did; with `options.sums` to its versions and rules, too."""
    totals = outcome.totals
    totals.tables += 1
    totals.windows += len(np.unique(measured.counts.window))
    totals.rows += measured.rows
    planned, checked = measured.planned
    totals.planned += planned
    totals.checked += checked
    totals.queries += measured.queries
    if options.sums:
        for group in measured.counts:
            one = outcome.sums.setdefault(measured.series[group.series][:3], Sum())
            one.rows += group.rows
            one.checked += group.rows if group.checked is None else group.checked
            one.invalid += group.invalid
            one.tables.add(measured.table)
        for failure in measured.failures:
            outcome.sums[measured.series[failure.series][:3]].failed[failure.rule] += failure.failed


def recorded(record: RunRecord, outcome: Outcome, began: float) -> RunRecord:
    """The run's record with what it did since `began` (by `time.perf_counter`)."""
    outcome.totals.seconds = time.perf_counter() - began
    totals = outcome.totals
    return replace(
        record,
        tables=totals.tables,
        windows=totals.windows,
        rows=totals.rows or _adopted(outcome),
        queries=totals.queries,
        seconds=totals.seconds,
        unmeasured=len(outcome.unmeasured),
        findings=len(outcome.findings),
    )


def _adopted(outcome: Outcome) -> int:
    """Rows that a first run before this one measured, and was killed before it could judge them."""
    if not outcome.first_run or outcome.past is None:
        return 0
    return sum(one.recent_rows for one in outcome.past.series)
