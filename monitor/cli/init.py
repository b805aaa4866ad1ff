"""`trackwarden init`: an empty workspace that works."""

from collections.abc import Mapping
from importlib.resources import files
from pathlib import Path

import click

from monitor.cli.entry import Asked
from monitor.errors import ConfigError

BLANK: Mapping[str, str] = {
    "trackwarden.yml": "trackwarden.yml",
    "tracking_plan/events/example.yml": "example.yml",
    "profiles.example.yml": "profiles.example.yml",
    ".gitignore": "gitignore",
}
"""File of a workspace → the one in `monitor/cli/blank` that it begins as."""


@click.command()
@click.argument("directory", required=False, type=click.Path(path_type=Path), metavar="[DIR]")
@click.pass_obj
def init(asked: Asked, directory: Path | None) -> None:
    """Make a folder a workspace that works.

    It writes a commented trackwarden.yml, a first event of a plan, a profiles file to copy and a .gitignore, and says
    the next three steps. Nothing that is there is overwritten. Without DIR, the folder of -C, or this one.

    \b
    Exit codes:
      0  made, or there already
      2  the folder cannot be written

    \b
    Example:
      trackwarden init tracking
    """  # noqa: D301 - click's mark: the lines below it stay lines
    folder = directory or asked.workspace
    made, there = _write(folder)
    for name in made:
        click.echo(f"  made   {folder / name}")
    for name in there:
        click.echo(f"  kept   {folder / name} (it was there already)")
    if not asked.quiet:
        _next(folder)


def _write(folder: Path) -> tuple[list[str], list[str]]:
    """Files made, and those that were there. Raises ConfigError."""
    made, there = [], []
    try:
        for name, blank in BLANK.items():
            path = folder / name
            path.parent.mkdir(parents=True, exist_ok=True)
            try:
                with path.open("x", encoding="utf-8", newline="\n") as file:
                    file.write(files("monitor.cli").joinpath("blank", blank).read_text(encoding="utf-8"))
            except FileExistsError:
                there.append(name)
            else:
                made.append(name)
    except OSError as error:
        problem = f"the workspace cannot be written: {error.strerror or error}"
        raise ConfigError(problem, where=str(folder), hint="choose another folder: `trackwarden init DIR`") from error
    return made, there


def _next(folder: Path) -> None:
    at = "" if folder == Path() else f" -C {folder}"
    copy = f"cp {folder / 'profiles.example.yml'} {folder / 'profiles.yml'}"
    click.echo("\nNext:")
    click.echo(f"  1. {copy}, and set the output `dev` to your warehouse")
    click.echo(f"  2. in {folder / 'trackwarden.yml'} say where your events land, and write what they should be")
    click.echo(f"     into {folder / 'tracking_plan' / 'events'}")
    click.echo(f"  3. trackwarden{at} doctor, then trackwarden{at} run")
