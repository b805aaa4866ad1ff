"""The line: plan → contract → scans → measurements → findings → incidents → messages. Readable on one screen."""

import gc
import json
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, nullcontext
from dataclasses import replace
from datetime import datetime

from monitor.history.store import History, Recording, RunRecord
from monitor.landing.model import Landed, MissingTable
from monitor.measure.model import Measured, Unmeasured
from monitor.measure.windows import Mark, hour_of
from monitor.outcome import Options, Outcome, Place, Totals, Witness
from monitor.plan.dump import dump
from monitor.plan.model import Plan
from monitor.run.judging import judged
from monitor.run.keeping import keeping
from monitor.run.tally import count, recorded
from monitor.run.telling import tell
from monitor.run.tools import binder_of, tools_of
from monitor.scans import Scans
from monitor.survey import Planned, Reach, Untouched, chosen, survey
from monitor.survey import explain as explained


def run(place: Place, options: Options, witness: Witness) -> Outcome:
    """One run of the main job.

    Raises ConfigError, PlanError, WarehouseError (it cannot be reached), HistoryError and LeaseHeldError.
    What was measured before an error is kept.
    """
    with few_collections():
        return _leased(place, options, witness)


@contextmanager
def few_collections() -> Iterator[None]:
    """Nearly all that a run makes lives to its end: looking for garbage as often as usual is a tenth of its time."""
    before = gc.get_threshold()
    gc.set_threshold(200_000, 20, 50)
    try:
        yield
    finally:
        gc.set_threshold(*before)


def _leased(place: Place, options: Options, witness: Witness) -> Outcome:
    plan = place.plan()
    kept = place.history()
    try:
        with kept.lease(f"run at {options.now:%Y-%m-%d %H:%M} UTC", options.lease):
            if not options.dry_run:
                with kept.claimed(hour_of(options.now), options.run) if options.whole else nullcontext():
                    return _run(place, plan, kept, options, witness)
            scratch = kept.scratch()
            try:
                return _run(place, plan, scratch, options, witness)
            finally:
                scratch.close()
    finally:
        kept.close()


def _run(place: Place, plan: Plan, history: History, options: Options, witness: Witness) -> Outcome:
    began = time.perf_counter()
    outcome = _measure(place, plan, history, options, witness)
    record = RunRecord(outcome.run, options.now, plan.revision, whole=options.whole)
    history.begin_run(recorded(record, outcome, began))
    key = judged(place, history, outcome)
    tell(place, history, outcome, options, witness)
    if outcome.past is not None and not options.silent:
        history.keep_judgement(key, outcome.findings)  # last: a run that is killed before leaves it to the next one
    code = int(outcome.exit_code(None))
    history.finish_run(replace(recorded(record, outcome, began), finished_at=options.now, exit_code=code))
    return outcome


# ── plan → contract → scans → measurements ──────────────────────────────────────────────────────────


def _measure(place: Place, plan: Plan, history: History, options: Options, witness: Witness) -> Outcome:
    marks = _marks(history)
    with place.warehouse() as warehouse:
        landed = place.landed(plan, warehouse.catalog(place.schemas()))
        scans = Scans(place.cache, warehouse.engine, place.target)
        outcome = Outcome(
            options.run, options.now, plan, binder_of(plan, landed, scans), landed, scans.outlines, Totals()
        )
        outcome.first_run = history.first_run()
        _keep_plan(history, plan, options.now)
        tables = chosen(landed.everywhere, options.events)
        reach = Reach(options.now, place.lookback, options.since, place.budget)
        witness.begins(len(tables))
        failed: list[Unmeasured] = []
        moved: dict[str, int] = {}
        today = hour_of(place.clock()) + 1
        with keeping(history) as keeper:
            tools = tools_of(place, warehouse, scans, outcome, keeper.flush)
            for table, answer in survey(tables, marks, warehouse, reach, tools):
                match answer:
                    case Measured():
                        answer = not_ahead(answer, today)  # noqa: PLW2901 - the same measurement
                        contract = outcome.binder.table(table).hash
                        keeper.add(Recording(answer, table.table, contract, outcome.run))
                        count(outcome, answer, options)
                        outcome.missed += tuple((table.key, words) for words in answer.missed)
                    case Untouched():
                        if answer.until is not None:
                            moved[answer.table] = min(answer.until, today)
                    case Unmeasured():
                        failed.append(answer)
                witness.looked_at(table.key)
    history.touch_many(moved)
    scans.keep()
    outcome.unmeasured = (*_absent(landed), *failed)
    outcome.readable = not tables or len(failed) < len(tables)
    return outcome


def explain(place: Place, options: Options) -> Iterator[Planned | Untouched | Unmeasured]:
    """What a run would ask of each table, and what that would read. Nothing is kept; of the tables only the probe asks.

    Raises what `run` does, but for the lease, which it does not need.
    """
    plan, history = place.plan(), place.history()
    try:
        marks = _marks(history)
    finally:
        history.close()
    with place.warehouse() as warehouse:
        landed = place.landed(plan, warehouse.catalog(place.schemas()))
        scans = Scans(place.cache, warehouse.engine, place.target)
        outcome = Outcome(
            options.run, options.now, plan, binder_of(plan, landed, scans), landed, scans.outlines, Totals()
        )
        reach = Reach(options.now, place.lookback, options.since, place.budget)
        yield from _absent(landed)
        tables = chosen(landed.everywhere, options.events)
        yield from explained(tables, marks, warehouse, reach, tools_of(place, warehouse, scans, outcome))


def not_ahead(measured: Measured, today: int) -> Measured:
    """A run with a moment in the future measures what is there, and leaves the hours to come due."""
    if measured.until <= today:
        return measured
    windows = measured.counts.window
    newest = int(windows.max()) + 1 if len(windows) else today
    return replace(measured, until=max(today, newest, measured.since or today))


def _keep_plan(history: History, plan: Plan, now: datetime) -> None:
    """The plan in use, whole: its text is written once per revision."""
    kept = history.plan(plan.revision)
    body = json.dumps(dump(plan), separators=(",", ":")) if kept is None else kept.body
    history.keep_plan(plan.revision, body, now)


def _marks(history: History) -> Mapping[str, Mark]:
    return {name: Mark(w.until, w.no_time_rows, w.reread_at) for name, w in history.watermarks().items()}


def _absent(landed: Landed) -> list[Unmeasured]:
    """Tables that the configuration names and the warehouse does not have."""
    return [
        Unmeasured(str(missing.ref), "the table does not exist", "check the landing's settings", _held(missing))
        for missing in landed.missing
        if missing.required
    ]


def _held(missing: MissingTable) -> tuple[str, ...]:
    return missing.events or ((missing.event,) if missing.event else ())
