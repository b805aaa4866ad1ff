"""`trackwarden demo`: the whole job on a made-up shop."""

from pathlib import Path

import click

from monitor.cli.entry import Asked

FOLDER = Path("demo-workspace")


@click.command()
@click.option(
    "--dir",
    "folder",
    type=click.Path(path_type=Path),
    default=FOLDER,
    show_default=True,
    metavar="DIR",
    help="Where to make it.",
)
@click.pass_obj
def demo(asked: Asked, folder: Path) -> None:
    """Run the whole job on a made-up shop, and say what it found.

    Three apps, twelve events, sixty days, about two million rows in a DuckDB file, in a workspace of its own. The job
    is run on it as its operator would have: a baseline on the first weeks, then the last days, in which things go
    wrong. Suites, sources and the report are written; Slack messages go to a file. It takes about half a minute and
    writes nowhere but in that folder; an earlier demo there is replaced, anything else is refused.

    \b
    Exit codes:
      0  done
      2  the folder holds something else, or cannot be written

    \b
    Example:
      trackwarden demo --dir /tmp/shop
    """  # noqa: D301 - click's mark: the lines below it stay lines
    from monitor.cli.story import tell_story

    tell_story(folder, quiet=asked.quiet)
