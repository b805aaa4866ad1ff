"""The report written from what history knows, without reading a row of the warehouse."""

from dataclasses import dataclass
from pathlib import Path

from monitor.cli.catalogs import live_or_measured
from monitor.contract import Binder
from monitor.contract.model import Contract
from monitor.errors import ConfigError, TrackwardenError, WarehouseError
from monitor.history.store import History, RunRecord
from monitor.incidents.model import State
from monitor.judge.judge import judge
from monitor.judge.model import Kind
from monitor.landing.model import Landed
from monitor.measure.model import Unmeasured
from monitor.report.build import build_site
from monitor.report.model import RunInfo
from monitor.report.pages import Site
from monitor.report.write import INDEX, Written, write_site
from monitor.run import past_of
from monitor.scans import Scans
from monitor.wiring import Workspace

_HOLDS = (State.OPEN, State.KNOWN, State.ACKNOWLEDGED, State.SNOOZED)


@dataclass(frozen=True, slots=True)
class Reported:
    """What was written, and from what."""

    index: Path
    written: Written
    catalog: str
    """Where the tables' columns come from."""
    problem: TrackwardenError | None
    """Why they do not come from the warehouse."""


def write_report(workspace: Workspace) -> Reported:
    """Write the site as of the last run. Raises ConfigError where there was none, and ReportError."""
    plan = workspace.plan()
    try:
        known = live_or_measured(workspace)
    except WarehouseError:
        _must_have_run(workspace)
        raise
    landed = workspace.landed(plan, known.catalog)
    contract = Binder(plan, landed, Scans(workspace.cache, known.catalog.engine, workspace.target).refused).contract()
    history = workspace.history()
    try:
        site = _site(workspace, contract, landed, history)
    finally:
        history.close()
    folder = workspace.report_folder
    return Reported(folder / INDEX, write_site(site, folder), known.source, known.problem)


def _site(workspace: Workspace, contract: Contract, landed: Landed, history: History) -> Site:
    last = _last(history)
    past = past_of(history, landed, last.started_at, _unknown(history, landed), adopting=history.adopting())
    findings = judge(contract, past, workspace.thresholds())
    return build_site(contract, past, findings, history.incidents(), _told(workspace, last))


def _must_have_run(workspace: Workspace) -> None:
    """Before the first run that is what to be told of, not the warehouse that will be needed for it."""
    history = workspace.history()
    try:
        _last(history)
    finally:
        history.close()


def _last(history: History) -> RunRecord:
    runs = history.runs(1)
    if not runs:
        raise ConfigError("nothing has been measured yet", where="history", hint="run `trackwarden run` first")
    return runs[0]


def _unknown(history: History, landed: Landed) -> list[Unmeasured]:
    """The tables that the last run could not measure: as long as that holds, an incident says so."""
    held = {table.key: tuple(dict.fromkeys(one.event for one in table.events)) for table in landed.tables}
    unknown = []
    for one in history.incidents():
        finding = one.finding
        if finding.kind is Kind.MEASUREMENT_FAILED and one.state in _HOLDS:
            facts = dict(finding.evidence.facts)
            events = held.get(finding.property) or ((finding.event,) if finding.event else ())
            hint = str(facts.get("next step", ""))
            unknown.append(Unmeasured(finding.property, str(facts.get("problem", "")), hint, events))
    return unknown


def _told(workspace: Workspace, last: RunRecord) -> RunInfo:
    return RunInfo(
        generated_at=last.finished_at or last.started_at,
        run=last.id,
        plan_revision=last.plan_revision,
        workspace=workspace.root.resolve().name,
        tables=last.tables,
        windows=last.windows,
        rows=last.rows,
        queries=last.queries,
        seconds=last.seconds,
    )
