"""The line: plan → contract → scans → measurements → findings → incidents → messages. Readable on one screen."""

import gc
import hashlib
import json
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, nullcontext, suppress
from dataclasses import replace
from datetime import datetime, timedelta

import numpy as np

from monitor import __version__
from monitor.alert.buttons import HEARD, LISTENER
from monitor.alert.outbox import Pace, empty
from monitor.alert.routing import MessageContext, owners
from monitor.alert.tell import decided
from monitor.contract import Binder
from monitor.contract.model import BoundTable
from monitor.contract.without import Refused, without
from monitor.errors import TrackwardenError, WarehouseError
from monitor.history.desk import Change
from monitor.history.store import History, RunRecord
from monitor.incidents.lifecycle import hushed, transitions
from monitor.incidents.model import Incident, Transition
from monitor.incidents.observe import observed
from monitor.judge.judge import judge
from monitor.judge.model import Past
from monitor.landing.model import Landed, LandedTable, MissingTable
from monitor.links import event_page
from monitor.measure.isolate import unsaid
from monitor.measure.model import Measured, Unmeasured
from monitor.measure.rows import Range
from monitor.measure.scan import Scan
from monitor.measure.windows import Mark, hour_of, settled_until
from monitor.outcome import Options, Outcome, Place, Session, Sum, Totals, Witness
from monitor.plan.dump import dump
from monitor.plan.model import Plan
from monitor.scans import Scans
from monitor.sql.writer import Unsayable
from monitor.survey import Planned, Reach, Tools, Untouched, chosen, survey
from monitor.survey import explain as explained

__all__ = ["Options", "Outcome", "Place", "Sum", "Totals", "Witness", "explain", "past_of", "run"]


def run(place: Place, options: Options, witness: Witness) -> Outcome:
    """One run of the main job.

    Raises ConfigError, PlanError, WarehouseError (it cannot be reached), HistoryError and LeaseHeldError.
    What was measured before an error is kept.
    """
    with _few_collections():
        return _leased(place, options, witness)


@contextmanager
def _few_collections() -> Iterator[None]:
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
    record = RunRecord(outcome.run, options.now, plan.revision)
    history.begin_run(_recorded(record, outcome, began))
    key = _judge(place, history, outcome)
    _tell(place, history, outcome, options, witness)
    if outcome.past is not None and not options.silent:
        history.keep_judgement(key, outcome.findings)  # last: a run that is killed before leaves it to the next one
    code = int(outcome.exit_code(None))
    history.finish_run(replace(_recorded(record, outcome, began), finished_at=options.now, exit_code=code))
    return outcome


# ── plan → contract → scans → measurements ──────────────────────────────────────────────────────────


def _measure(place: Place, plan: Plan, history: History, options: Options, witness: Witness) -> Outcome:
    marks = _marks(history)
    with place.warehouse() as warehouse:
        landed = place.landed(plan, warehouse.catalog(place.schemas()))
        scans = Scans(place.cache, warehouse.engine)
        outcome = Outcome(options.run, options.now, plan, Binder(plan, landed, scans.refused), landed, Totals())
        outcome.first_run = history.first_run()
        _keep_plan(history, plan, options.now)
        tables = chosen(landed.everywhere, options.events)
        tools = _tools(place, warehouse, scans, outcome)
        reach = Reach(options.now, place.lookback, options.since, place.budget)
        witness.begins(len(tables))
        failed: list[Unmeasured] = []
        moved: dict[str, int] = {}
        today = hour_of(place.clock()) + 1
        for table, answer in survey(tables, marks, warehouse, reach, tools):
            match answer:
                case Measured():
                    answer = not_ahead(answer, today)  # noqa: PLW2901 - the same measurement
                    history.record(answer, table.table, outcome.binder.table(table).hash, outcome.run)
                    _count(outcome, answer, options)
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
        scans = Scans(place.cache, warehouse.engine)
        outcome = Outcome(options.run, options.now, plan, Binder(plan, landed, scans.refused), landed, Totals())
        reach = Reach(options.now, place.lookback, options.since, place.budget)
        yield from _absent(landed)
        tables = chosen(landed.everywhere, options.events)
        yield from explained(tables, marks, warehouse, reach, _tools(place, warehouse, scans, outcome))


def _tools(place: Place, warehouse: Session, scans: Scans, outcome: Outcome) -> Tools:
    """What binds and writes; what a refused scan teaches holds for the rest of the run, and for its judgement."""
    binder = outcome.binder
    read_again: list[Landed] = []
    bound: dict[str, BoundTable] = {}

    def again(table: LandedTable) -> LandedTable | None:
        if not read_again:
            with suppress(TrackwardenError):  # what was refused is told; the catalog of before is as good as none
                outcome.landed = place.landed(outcome.plan, warehouse.catalog(place.schemas()))
                binder.renew(outcome.landed)
            read_again.append(outcome.landed)
        return next((one for one in outcome.landed.everywhere if one.key == table.key), None)

    def refuse(table: BoundTable, refused: Refused) -> None:
        scans.refuse(table, refused)
        binder.forget(table.landed)

    def scan(table: BoundTable, reach: Range) -> Scan:
        try:
            return scans.of(table, reach)
        except Unsayable as unsayable:  # rules that the engine has no words for are refused there; the others are asked
            refused = unsaid(table, scans.writer())
            if not refused:
                raise WarehouseError(f"the table's scan cannot be written: {unsayable}", where=table.key) from None
            whole = bound[table.key]  # the scan may be of a part of it
            if everything := unsaid(whole, scans.writer()):
                refuse(whole, everything)
                bound[table.key] = binder.table(whole.landed)
            return scans.of(without(table, refused), reach)

    def bind(table: LandedTable) -> BoundTable:
        bound[table.key] = binder.table(table)
        return bound[table.key]

    return Tools(bind, scan, scans.writer, again, refuse)


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


def _count(outcome: Outcome, measured: Measured, options: Options) -> None:
    totals = outcome.totals
    totals.tables += 1
    totals.windows += len(np.unique(measured.counts.window))
    totals.rows += measured.rows
    totals.queries += measured.queries
    if options.sums:
        for count in measured.counts:
            one = outcome.sums.setdefault(measured.series[count.series][:3], Sum())
            one.rows += count.rows
            one.invalid += count.invalid
            one.tables.add(measured.table)
        for failure in measured.failures:
            outcome.sums[measured.series[failure.series][:3]].failed[failure.rule] += failure.failed


# ── measurements → findings ─────────────────────────────────────────────────────────────────────────


def _judge(place: Place, history: History, outcome: Outcome) -> str:
    """Judge anew where anything that a judgement depends on has changed since the last one; that as a key."""
    key = _judgement_key(place, history, outcome)
    known = None if outcome.first_run else history.judgement(key)
    if known is not None:
        outcome.findings = known
        return key
    past = past_of(history, outcome.landed, outcome.now, outcome.unmeasured, adopting=history.adopting())
    outcome.past = past
    outcome.findings = judge(outcome.binder.contract(), past, place.thresholds())
    return key


def past_of(
    history: History, landed: Landed, now: datetime, unmeasured: Sequence[Unmeasured], *, adopting: bool = False
) -> Past:
    """What history knows of the landed tables, and of those that are gone; with `adopting`, all of it is news."""
    settled = {str(missing.ref): hour_of(now) for missing in landed.missing} | _settled(landed, now)
    return history.past(settled, hour_of(now), adopting=adopting, unmeasured=unmeasured)


def _settled(landed: Landed, now: datetime) -> dict[str, int]:
    return {table.key: settled_until(table, now) for table in landed.everywhere}


def _judgement_key(place: Place, history: History, outcome: Outcome) -> str:
    """Of all that a judgement depends on: the plan, what landed, the limits, the counts, the hour, the judge."""
    parts = [
        __version__,
        outcome.plan.revision,
        outcome.landed.fingerprint(),
        repr(place.thresholds()),
        repr(sorted(history.watermarks().items())),
        repr((hour_of(outcome.now), sorted(set(_settled(outcome.landed, outcome.now).values())))),
        repr(outcome.unmeasured),
        str(history.adopting()),
    ]
    return hashlib.sha256("\n".join(parts).encode()).hexdigest()


# ── findings → incidents → messages ─────────────────────────────────────────────────────────────────


def _tell(place: Place, history: History, outcome: Outcome, options: Options, witness: Witness) -> None:
    """Incidents and the messages about them are one transaction; what is in the outbox then is sent."""
    began, monotonic = place.clock(), time.monotonic()
    context = told(place, history, outcome.plan, outcome.now, outcome.run)
    desk = history.desk
    change = desk.change(lambda known: _decided(place, outcome, options, known, context))
    outcome.transitions = change.transitions if change else ()
    if not options.dry_run:
        pace = Pace(lambda: began + timedelta(seconds=time.monotonic() - monotonic), time.sleep)
        outcome.delivery = empty(desk, lambda: place.sender(witness.prints), pace)


def _decided(
    place: Place, outcome: Outcome, options: Options, known: Sequence[Incident], context: MessageContext
) -> Change:
    steps: tuple[Transition, ...] = ()
    if outcome.past is not None:
        contract, asked = outcome.binder.contract(), chosen(outcome.landed.everywhere, options.events)
        limits = hashlib.sha256(repr(place.thresholds()).encode()).hexdigest()[:12]
        looked = observed(contract, outcome.past, outcome.findings, asked, first_run=outcome.first_run, limits=limits)
        steps = transitions(known, looked, outcome.now, place.patience())
    return Change(hushed(steps)) if options.silent else decided(steps, known, context)


def told(place: Place, history: History, plan: Plan, now: datetime, run_id: str) -> MessageContext:
    """What messages say beside what happened; buttons only while somebody listens to them."""
    heard = history.desk.last_beat(LISTENER)
    return MessageContext(
        run=run_id,
        now=now,
        plan_revision=plan.revision,
        routing=place.routing(),
        owners=owners(plan),
        report_url=place.report_url,
        downstream=place.downstream(),
        pages={event.name: event_page(event.key) for event in plan.events},
        buttons=heard is not None and place.clock() - heard < HEARD,
    )


def _recorded(record: RunRecord, outcome: Outcome, began: float) -> RunRecord:
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
