"""`trackwarden`: the options that every command shares, and the list of commands."""

import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import click

from monitor import __version__
from monitor.cli.boundary import boundary
from monitor.cli.debugging import log_everything

COMMANDS: Mapping[str, str] = {
    "demo": "monitor.cli.demo:demo",
    "init": "monitor.cli.init:init",
    "doctor": "monitor.cli.doctor:doctor",
    "selftest": "monitor.cli.selftest:selftest",
    "run": "monitor.cli.run:run",
    "incidents": "monitor.cli.incidents:incidents",
    "report": "monitor.cli.report:report",
    "generate": "monitor.cli.generate:generate",
    "plan": "monitor.cli.plan:plan",
    "schedule": "monitor.cli.schedule:schedule",
    "history": "monitor.cli.history:history",
}
"""Every command and where it is, in the order of `--help`. A module is imported when its command is asked for."""


@dataclass(frozen=True, slots=True)
class Asked:
    """What was said before the command: the same for all of them."""

    workspace: Path
    debug: bool = False
    quiet: bool = False


class Commands(click.Group):
    """The group whose commands are imported one by one, and whose errors are told in one place."""

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002 - click's signature
        """The names, in the order of `COMMANDS`."""
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:  # noqa: ARG002 - as above
        """One command; None: there is none of that name."""
        place = COMMANDS.get(cmd_name)
        if place is None:
            return None
        module, _, name = place.partition(":")
        __import__(module)
        command: click.Command = getattr(sys.modules[module], name)
        return command

    def invoke(self, ctx: click.Context) -> Any:
        """Run the command; its errors become words and an exit code."""
        with boundary(debug=bool(ctx.params.get("debug"))):
            return super().invoke(ctx)


@click.group(
    cls=Commands,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
    epilog="`trackwarden COMMAND --help` tells more of each; `trackwarden demo` shows all of it on a made-up shop.",
)
@click.option(
    "-C",
    "workspace",
    type=click.Path(path_type=Path),
    default=Path(),
    metavar="DIR",
    help="The workspace: the folder of trackwarden.yml.  [default: here]",
)
@click.option("-v", "--debug", is_flag=True, help="Log every statement to stderr, and show where an error came from.")
@click.option("-q", "--quiet", is_flag=True, help="Only errors, and messages that could not go to Slack.")
@click.version_option(__version__, prog_name="trackwarden", message="%(prog)s %(version)s")
@click.pass_context
def main(ctx: click.Context, workspace: Path, *, debug: bool, quiet: bool) -> None:
    """Hold the event tables that landed in your warehouse against your tracking plan.

    Which events arrive, in which versions, how many, with what share of rows that break the plan; what is new in
    the tables that nobody planned. Findings go to the owning team in Slack, once.
    """
    ctx.obj = Asked(workspace, debug, quiet)
    if debug:
        log_everything()
