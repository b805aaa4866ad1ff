"""`trackwarden doctor`: is everything in place, and what to do where it is not."""

from typing import TYPE_CHECKING

import click

from monitor.cli.boundary import say
from monitor.cli.entry import Asked
from monitor.errors import ExitCode

if TYPE_CHECKING:
    from rich.table import Table

    from monitor.cli.answer import Answer


@click.command()
@click.pass_obj
def doctor(asked: Asked) -> None:
    """Check that all is in place, and say what to do where not.

    In order: configuration, plan, profile, warehouse, tables of each landing, times, partitions, history, Slack,
    channels, folders.

    Each check says ok, or what is the matter and the next step. What depends on a check that failed is left out.
    Nothing is changed (a history that is not there yet is not made) and no message is sent.

    Of landings with a partition it counts rows that no run would see, since their partition lies outside the slack.
    That reads two columns: of up to 20 tables of each landing, in partitions of the 33 days before their newest row,
    of later ones and of before 1971. A table whose look would read more than 10 GB (or measure.statement.bytes) by the
    warehouse's own estimate is not looked at, and said to be unknown.

    \b
    Exit codes:
      0  everything is in place
      2  the configuration, the plan, a profile or a channel's url is wrong
      3  a table that the configuration names is not there, or cannot be measured, or has rows that no run sees
      4  the warehouse or the history cannot be reached
      5  Slack does not take messages

    \b
    Example:
      trackwarden doctor
    """  # noqa: D301 - click's mark: the lines below it stay lines
    from monitor.cli.checks import examine
    from monitor.cli.screen import STYLES, stdout

    screen = stdout()
    first = ExitCode.OK
    for answer in examine(asked.workspace):
        first = first or answer.code
        if answer.hint or answer.code:
            label = ("problem", STYLES["problem"]) if answer.code else ("note", STYLES["warning"])
            screen.print(_line(label, answer))
        elif not asked.quiet:
            screen.print(_line(("ok", STYLES["ok"]), answer))
    if first:
        say("something is to be done before `trackwarden run` can do its work")
    raise click.exceptions.Exit(first)


def _line(label: tuple[str, str], answer: "Answer") -> "Table":
    """One answer, its words in a column of their own."""
    from rich.table import Table

    from monitor.cli.screen import words

    said = words(answer.said)
    if answer.hint:
        said.append("\n").append_text(words(("next: ", "dim"), answer.hint))
    grid = Table.grid(padding=(0, 2, 0, 0))
    grid.add_column(width=7)
    grid.add_column(width=13)
    grid.add_column(overflow="fold")
    grid.add_row(words(label), words((answer.name, "bold")), said)
    return grid
