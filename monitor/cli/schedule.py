"""`trackwarden schedule`: run whenever it is due."""

from datetime import UTC, datetime
from typing import TYPE_CHECKING

import click

from monitor.cli.boundary import errors_of, say, tell
from monitor.cli.entry import Asked
from monitor.errors import TrackwardenError

if TYPE_CHECKING:
    from pathlib import Path


@click.command()
@click.option(
    "--report/--no-report", "with_report", default=True, show_default=True, help="Write the report after each run."
)
@click.pass_obj
def schedule(asked: Asked, *, with_report: bool) -> None:
    """Run whenever it is due, until a signal says stop.

    It runs at once, and then whenever the configuration's `schedule` says:
    `schedule: {every: 1h}` or `{cron: "0 9 * * 1", timezone: Europe/Berlin}` (that is Monday at 9). Runs never overlap;
    a time that was missed is made up for once. One line per run goes to stdout; what goes wrong in one run is told on
    stderr, and the next run comes all the same. The configuration and the plan are read anew for each run.

    A stop signal lets the run that is under way finish; a second one ends it at once.

    \b
    Exit codes:
      0  stopped by a signal
      2  the configuration is wrong at the start

    \b
    Example:
      trackwarden -C /srv/tracking schedule
    """  # noqa: D301 - click's mark: the lines below it stay lines
    from monitor.schedule.loop import loop, next_time, trigger
    from monitor.wiring import Workspace

    when = trigger(Workspace.open(asked.workspace).settings.schedule)

    def job() -> None:
        _once(asked.workspace, with_report=with_report, debug=asked.debug)
        due = next_time(when)
        if due and not asked.quiet:
            click.echo(f"next run at {due:%Y-%m-%d %H:%M} UTC")

    loop(job, when, said=say)


def _once(folder: "Path", *, with_report: bool, debug: bool) -> None:
    """One run, told in one line; whatever goes wrong is told and not raised."""
    try:
        _run(folder, with_report=with_report)
    except TrackwardenError as error:
        tell(errors_of(error))
    except Exception as error:  # noqa: BLE001 - one run must not end the loop
        if debug:
            import traceback

            say(traceback.format_exc().rstrip())
        say(f"error: this is a bug in trackwarden: {type(error).__name__}; the next run comes all the same")


def _run(folder: "Path", *, with_report: bool) -> None:
    from monitor.cli.progress import Quiet
    from monitor.cli.run import trouble
    from monitor.run import Options
    from monitor.run import run as run_the_line
    from monitor.wiring import Workspace

    workspace = Workspace.open(folder)
    now = datetime.now(UTC)
    outcome = run_the_line(workspace, Options(now=now), Quiet(to_stderr=False))
    tell(trouble(outcome))
    totals, loud = outcome.totals, sum(one.severity.word == "critical" for one in outcome.findings)
    click.echo(
        f"{now:%Y-%m-%d %H:%M} UTC run {outcome.run}: {totals.tables} tables, {totals.rows:,} rows, "
        f"{len(outcome.findings)} findings ({loud} critical), {outcome.delivery.sent} messages sent, "
        f"exit code {int(outcome.exit_code(None))}, {totals.seconds:.1f} s"
    )
    if with_report:
        from monitor.cli.site import write_report

        write_report(workspace)
