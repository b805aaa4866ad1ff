"""`trackwarden schedule`: run whenever it is due."""

import sys
from contextlib import ExitStack
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import click

from monitor.cli.entry import Asked
from monitor.cli.logs import FORMS, Log
from monitor.errors import ConfigError, ExitCode, LeaseHeldError, TrackwardenError

if TYPE_CHECKING:
    from monitor.schedule.child import Runner
    from monitor.schedule.state import State
    from monitor.wiring import Workspace

_MAIN = "from monitor.cli import main; main()"


@click.command()
@click.option(
    "--report/--no-report", "with_report", default=True, show_default=True, help="Write the report after each run."
)
@click.option(
    "--log", "form", type=click.Choice(tuple(FORMS)), default="text", show_default=True,
    help="What is told: lines for people, or one JSON object a line, all on stdout.",
)  # fmt: skip
@click.option("--once", is_flag=True, hidden=True, help="The one run that a schedule has just begun.")
@click.pass_obj
def schedule(asked: Asked, *, with_report: bool, form: str, once: bool) -> None:
    """Run whenever it is due, until a signal says stop.

    It runs at once, and then whenever the configuration's `schedule` says:
    `schedule: {every: 1h}` or `{cron: "0 9 * * 1", timezone: Europe/Berlin}` (that is Monday at 9). Runs never overlap,
    not even those of several schedules on one history; a time that was missed is made up for once. One line per run
    goes to stdout; what goes wrong in one run is told on stderr, and the next run comes all the same. The
    configuration and the plan are read anew for each run. A run that takes longer than `schedule.limit` is ended.

    `/healthz` and `/metrics` answer at `schedule.listen` (127.0.0.1:9464): unhealthy is a schedule whose last run that
    measured everything is older than it should be.

    A stop signal lets the run that is under way go on for `schedule.grace`, then ends it; a second one ends it at once.
    What it measured is kept, and its windows are due again.

    \b
    Exit codes:
      0  stopped by a signal
      2  the configuration is wrong at the start

    \b
    Examples:
      trackwarden -C /srv/tracking schedule
      trackwarden -C /srv/tracking schedule --log json
    """  # noqa: D301 - click's mark: the lines below it stay lines
    told = FORMS[form]()
    if once:
        raise click.exceptions.Exit(_supervised(asked, told, with_report=with_report))
    from monitor.cli.listening import listening
    from monitor.schedule.child import Runner
    from monitor.schedule.loop import Stopping, loop, trigger
    from monitor.schedule.state import State
    from monitor.wiring import Workspace

    workspace = Workspace.open(asked.workspace)
    said = workspace.settings.schedule
    when = trigger(said)
    runner = Runner(_command(asked, form, with_report=with_report), said.limit, lambda pid: _gone(workspace, pid))
    state = State(workspace.history, when, said.limit, workspace.clock)
    with ExitStack() as stack:
        _serve(stack, workspace, state, told)
        stack.enter_context(listening(workspace))
        stopping = Stopping(said.grace, runner.ask, runner.end)
        loop(lambda: _told(runner, state, workspace, told), when, said=told.warn, stopping=stopping)
    told.info("stopped")


def _serve(stack: ExitStack, workspace: "Workspace", state: "State", told: Log) -> None:
    """Answer `/healthz` and `/metrics`. A taken port is an error only where the configuration names it."""
    from monitor.schedule.web import serving

    said = workspace.settings.schedule
    if said.listen is None:
        return
    try:
        place = stack.enter_context(serving(said.listen, state.answer))
    except ConfigError as error:
        if "listen" in said.model_fields_set:
            raise
        told.errors([error])
        return
    told.info(f"/healthz and /metrics at http://{place}", address=place)


def _told(runner: "Runner", state: "State", workspace: "Workspace", told: Log) -> None:
    """One run, and what went wrong around it: that must not end the loop."""
    from monitor.cli.boundary import errors_of

    try:
        _job(runner, state, workspace, told)
    except TrackwardenError as error:
        told.errors(errors_of(error))
    except Exception as error:  # noqa: BLE001 - as said
        told.errors([TrackwardenError(f"this is a bug in trackwarden: {type(error).__name__}")])


def _job(runner: "Runner", state: "State", workspace: "Workspace", told: Log) -> None:
    """One run, begun again while another holder of the lease leaves windows open."""
    from monitor.history.store import LEASE

    while True:
        state.begins()
        try:
            ended = runner.run()
        except BaseException:
            state.lost()
            raise
        state.ended(ended)
        if ended.stopped:
            return
        if ended.overdue:
            limit = workspace.settings.schedule.limit
            told.errors([TrackwardenError(f"the run took longer than {limit} and was ended", where="schedule.limit")])
        elif ended.code < 0:
            told.errors([TrackwardenError(f"the run was ended by signal {-ended.code}")])
        if ended.code != ExitCode.LEASE_HELD or not runner.waits(LEASE + timedelta(seconds=5)) or not _open(state):
            break
    _beat(ended.code, workspace, told)
    due = state.local().next_run
    if due:
        told.info(f"next run at {due:%Y-%m-%d %H:%M} UTC", next_run=due.isoformat())


def _open(state: "State") -> bool:
    """Windows are left that nobody has done."""
    from monitor.history.ledger import WindowState

    waiting = (WindowState.DUE, WindowState.CLAIMED, WindowState.FAILED)
    return any(state.kept().windows.get(one, 0) for one in waiting)


def _beat(code: int, workspace: "Workspace", told: Log) -> None:
    from monitor.schedule.health import MEASURED
    from monitor.schedule.heartbeat import call

    url = workspace.settings.schedule.heartbeat
    problem = call(url.get_secret_value()) if url is not None and code in MEASURED else ""
    if problem:
        told.errors([TrackwardenError(problem, where="trackwarden.yml schedule.heartbeat")])


def _gone(workspace: "Workspace", pid: int) -> None:
    """A run's process was ended: its lease and its windows are free at once."""
    history = workspace.history()
    try:
        history.give_back(pid)
    finally:
        history.close()


def _command(asked: Asked, form: str, *, with_report: bool) -> list[str]:
    before = ["--debug"] * asked.debug + ["--quiet"] * asked.quiet
    report = "--report" if with_report else "--no-report"
    place = ["-C", str(asked.workspace.absolute())]
    return [sys.executable, "-c", _MAIN, *place, *before, "schedule", "--once", report, "--log", form]


# ── in the process of one run ───────────────────────────────────────────────────────────────────────


def _supervised(asked: Asked, told: Log, *, with_report: bool) -> int:
    """One run, told in one line; its exit code. Stop signals are the supervisor's: it waits, or ends this process."""
    import signal

    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, signal.SIG_IGN)
    from monitor.cli.boundary import code_of, errors_of

    try:
        return _run(asked, told, with_report=with_report)
    except LeaseHeldError as error:  # several schedulers on one history are no trouble
        told.info(error.problem, exit_code=int(ExitCode.LEASE_HELD))
        return int(ExitCode.LEASE_HELD)
    except TrackwardenError as error:
        told.errors(errors_of(error))
        return int(code_of(error))
    except Exception as error:  # noqa: BLE001 - one run must not end the loop
        if asked.debug:
            import traceback

            told.warn(traceback.format_exc().rstrip())
        problem = f"this is a bug in trackwarden: {type(error).__name__}; the next run comes all the same"
        told.errors([TrackwardenError(problem)])
        return int(ExitCode.BUG)


def _run(asked: Asked, told: Log, *, with_report: bool) -> int:
    from monitor.cli.progress import Quiet
    from monitor.cli.run import trouble
    from monitor.run import Options
    from monitor.run import run as run_the_line
    from monitor.wiring import Workspace

    workspace = Workspace.open(asked.workspace)
    now = datetime.now(UTC)
    outcome = run_the_line(workspace, Options(now=now), Quiet(to_stderr=False))
    told.errors(trouble(outcome))
    totals, loud = outcome.totals, sum(one.severity.word == "critical" for one in outcome.findings)
    code = outcome.exit_code(None)
    told.info(
        f"{now:%Y-%m-%d %H:%M} UTC run {outcome.run}: {totals.tables} tables, {totals.rows:,} rows, "
        f"{len(outcome.findings)} findings ({loud} critical), {outcome.delivery.sent} messages sent, "
        f"exit code {int(code)}, {totals.seconds:.1f} s",
        run=outcome.run, tables=totals.tables, windows=totals.windows, rows=totals.rows,
        queries=totals.queries, unmeasured=len(outcome.unmeasured), findings=len(outcome.findings), critical=loud,
        sent=outcome.delivery.sent, waiting=outcome.delivery.waiting, exit_code=int(code),
        seconds=round(totals.seconds, 3),
    )  # fmt: skip
    if with_report:
        from monitor.cli.site import write_report

        write_report(workspace)
    return int(code)
