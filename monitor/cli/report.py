"""`trackwarden report`: the static site."""

from typing import TYPE_CHECKING

import click

from monitor.cli.boundary import say
from monitor.cli.entry import Asked
from monitor.cli.words import near, visible

if TYPE_CHECKING:
    from monitor.cli.site import Reported


@click.command()
@click.option("--open", "show", is_flag=True, help="Open it in the browser afterwards.")
@click.pass_obj
def report(asked: Asked, *, show: bool) -> None:
    """Write the report of what has been measured.

    A static site: an overview, and a page per event with its versions, volume, failure rates, rules and drift. It is
    written as of the last run, from history alone: no row is read. The tables' columns come from the warehouse or,
    where that cannot be reached, are those that each table was last measured with.

    Only pages that changed are written. It works from disk, without a network.

    \b
    Exit codes:
      0  written
      2  the configuration or the plan is wrong, or nothing has been measured yet
      4  the history failed, or the report's folder cannot be written

    \b
    Example:
      trackwarden report --open
    """  # noqa: D301 - click's mark: the lines below it stay lines
    from monitor.cli.site import write_report
    from monitor.wiring import Workspace

    done = write_report(Workspace.open(asked.workspace))
    if not asked.quiet:
        _tell(done)
    click.echo(near(done.index))
    if show:
        click.launch(done.index.absolute().as_uri())


def _tell(done: "Reported") -> None:
    """On stderr: stdout is the path."""
    written = done.written
    rest = f"{written.unchanged} unchanged, {written.removed} removed ({written.seconds:.1f} s)"
    say(f"{written.pages} pages written, {rest}")
    if done.problem is not None:
        where = f"{done.problem.where}: " if done.problem.where else ""
        say(f"columns are from {done.catalog}, since {visible(where + done.problem.problem)}")
