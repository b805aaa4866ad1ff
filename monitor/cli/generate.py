"""`trackwarden generate`: Great Expectations suites and dbt sources."""

from pathlib import Path
from typing import TYPE_CHECKING

import click

from monitor.cli.boundary import say
from monitor.cli.entry import Asked
from monitor.cli.words import near, visible
from monitor.errors import ExitCode

if TYPE_CHECKING:
    from monitor.cli.generated import Generated


@click.command()
@click.option(
    "--check", is_flag=True, help="Write nothing; end with 1 and print the diff where something is out of date."
)
@click.option("--offline", is_flag=True, help="Do not ask the warehouse: take the catalog that was kept the last time.")
@click.pass_obj
def generate(asked: Asked, *, check: bool, offline: bool) -> None:
    """Write Great Expectations suites and dbt sources.

    They follow the plan. One suite per event version, of stock expectations; a dbt source per schema that events land
    in, and a staging model that unites an event's versions. Where they are written is a setting (`targets`); a user's
    own keys in the same files stay.

    The columns are the warehouse's. They are kept in .trackwarden/catalog.json, which belongs in version control: where
    there is no warehouse, as in CI, `--check` takes them from there.

    \b
    Exit codes:
      0  written, or up to date
      1  --check: something is out of date
      2  the configuration or the plan is wrong, or a file there is somebody else's
      4  the warehouse cannot be read

    \b
    Examples:
      trackwarden generate
      trackwarden generate --check --offline
    """  # noqa: D301 - click's mark: the lines below it stay lines
    from monitor.cli.generated import generated
    from monitor.wiring import Workspace

    found = generated(Workspace.open(asked.workspace), check=check, offline=offline)
    if found.problem is not None and not asked.quiet:
        say(f"columns are from {found.source}, since {visible(str(found.problem))}")
    if check:
        _check(found, quiet=asked.quiet)
        return
    written = found.write()
    if not asked.quiet:
        click.echo(f"{written.written} files written, {written.unchanged} unchanged, {written.removed} removed")
        for folder in found.folders:
            click.echo(f"  {near(folder)}")


def _check(found: "Generated", *, quiet: bool) -> None:
    drift = found.drift()
    if not drift:
        if not quiet:
            click.echo(f"{found.files} files are up to date")
        return
    _show(drift.diff)
    said = (f"{len(drift.changed)} changed", f"{len(drift.missing)} missing", f"{len(drift.stale)} stale")
    say(f"out of date: {', '.join(said)}; `trackwarden generate` writes them")
    raise click.exceptions.Exit(ExitCode.FINDINGS)


def _show(diff: str) -> None:
    """Coloured where somebody looks; in a pipe as `patch` reads it."""
    from monitor.cli.screen import stdout

    text = "".join(_near(line) for line in diff.splitlines(keepends=True))
    screen = stdout()
    if not screen.is_terminal:
        click.echo(text, nl=False)
        return
    from rich.syntax import Syntax

    screen.print(Syntax(text, "diff", background_color="default", word_wrap=True))


def _near(line: str) -> str:
    """A line of a diff; where it names a file, by a path as it is typed here."""
    if not line.startswith(("--- /", "+++ /")):
        return line
    return f"{line[:4]}{near(Path(line[4:].rstrip()))}\n"
