"""Who watches a run from the terminal: a bar where one can be drawn, a line where not."""

import sys
from collections.abc import Iterator
from contextlib import contextmanager

import click
from rich.progress import BarColumn, MofNCompleteColumn, Progress, SpinnerColumn, TaskID, TextColumn, TimeElapsedColumn

from monitor.cli.screen import stderr
from monitor.cli.words import visible

_LOOKING = "Reading the plan and the catalog"


class Quiet:
    """Shows nothing but the messages that could not be sent: nobody would hear of them otherwise."""

    def __init__(self, *, to_stderr: bool) -> None:
        self._to_stderr = to_stderr

    def begins(self, tables: int) -> None:
        """Say nothing."""

    def looked_at(self, table: str) -> None:
        """Say nothing."""

    def prints(self, message: str) -> None:
        """One message, as Slack would have shown it."""
        text = "\n".join(visible(line) for line in message.split("\n"))
        click.echo(text, err=self._to_stderr)


class Line(Quiet):
    """Says once how much there is to do: for logs."""

    def begins(self, tables: int) -> None:
        """One line on stderr."""
        click.echo(f"looking at {tables:,} tables", err=True)


class Bar(Quiet):
    """A bar on stderr, one step a table."""

    def __init__(self, progress: Progress, *, to_stderr: bool) -> None:
        super().__init__(to_stderr=to_stderr)
        self._progress = progress
        self._task: TaskID = progress.add_task(_LOOKING, total=None)
        self._left = 0

    def begins(self, tables: int) -> None:
        """Draw the bar's whole length."""
        self._left = tables
        self._progress.update(self._task, description="Measuring", total=max(tables, 1))

    def looked_at(self, table: str) -> None:  # noqa: ARG002 - the bar counts; the summary names
        """One step."""
        self._left -= 1
        self._progress.update(self._task, advance=1, description="Measuring" if self._left else "Judging")

    def prints(self, message: str) -> None:
        """Put the bar away first: a message is to stay on the screen."""
        self._progress.stop()
        super().prints(message)


@contextmanager
def watching(*, quiet: bool, prints_to_stderr: bool = False) -> Iterator[Quiet]:
    """A witness for one run."""
    if quiet:
        yield Quiet(to_stderr=prints_to_stderr)
    elif not sys.stderr.isatty():
        yield Line(to_stderr=prints_to_stderr)
    else:
        columns = (
            SpinnerColumn(),
            TextColumn("{task.description}"),
            BarColumn(),
            MofNCompleteColumn(),
            TimeElapsedColumn(),
        )
        with Progress(*columns, console=stderr(), transient=True) as progress:
            yield Bar(progress, to_stderr=prints_to_stderr)
