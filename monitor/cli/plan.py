"""`trackwarden plan`: what the plan says, and what it leaves unsaid."""

import json
from typing import TYPE_CHECKING

import click

from monitor.cli.boundary import say
from monitor.cli.entry import Asked
from monitor.cli.words import visible
from monitor.errors import ConfigError, ExitCode, Problems, WarehouseError

if TYPE_CHECKING:
    from monitor.contract.model import Contract
    from monitor.plan.model import Plan
    from monitor.wiring import Workspace


@click.group()
def plan() -> None:
    """Look at the tracking plan, and what of it is checked.

    \b
    Examples:
      trackwarden plan lint --strict
      trackwarden plan show "Order Completed"
    """  # noqa: D301 - click's mark: the lines below it stay lines


@plan.command("lint")
@click.option("--strict", is_flag=True, help="End with 1 where there is a warning.")
@click.pass_obj
def lint_plan(asked: Asked, *, strict: bool) -> None:
    """List what the plan leaves unsaid or probably says wrong.

    Owners and descriptions that are absent, versions without a last day, misspelt keywords, enums that no row can
    fit, events with almost the same name. A plan that cannot be read at all is an error: all of its errors are listed.

    \b
    Exit codes:
      0  the plan can be read
      1  --strict: there are warnings
      2  the plan or the configuration is wrong

    \b
    Example:
      trackwarden plan lint --strict
    """  # noqa: D301 - click's mark: the lines below it stay lines
    from monitor.cli.present.lints import show_lints
    from monitor.plan.lint import LintSeverity, lint
    from monitor.wiring import Workspace

    read = Workspace.open(asked.workspace).plan()
    lints = lint(read)
    warnings = sum(one.severity is LintSeverity.WARNING for one in lints)
    if not (asked.quiet and not warnings):
        show_lints(read, lints)
    raise click.exceptions.Exit(ExitCode.FINDINGS if strict and warnings else ExitCode.OK)


@plan.command("show")
@click.argument("event", required=False)
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object on stdout.")
@click.pass_obj
def show_plan(asked: Asked, event: str | None, *, as_json: bool) -> None:
    """Show the planned events, or one of them with all its rules.

    Of one EVENT it shows the versions, the properties, and every rule with its verdict.

    A rule is compiled (checked), undecidable (the landing loses what it speaks of), refused (its keyword is not
    understood), or unmeasurable (its column landed as a type that it cannot be asked of). None is silently unchecked.

    Verdicts depend on how events land, so the warehouse's catalog is read. Where it cannot be, the catalog that
    `generate` kept is taken; without one, the rules are shown as if every event landed in one JSON document.

    \b
    Exit codes:
      0  shown
      2  the plan or the configuration is wrong, or there is no such event

    \b
    Examples:
      trackwarden plan show
      trackwarden plan show "Order Completed"
      trackwarden plan show --json | jq '.events[].name'
    """  # noqa: D301 - click's mark: the lines below it stay lines
    from monitor.cli.find import planned_event
    from monitor.wiring import Workspace

    workspace = Workspace.open(asked.workspace)
    read = workspace.plan()
    one = planned_event(read, event, "plan") if event else None
    if one is None and not as_json:
        from monitor.cli.present.plan import overview

        overview(read)
        return
    contract = _contract(workspace, read, quiet=asked.quiet)
    if as_json:
        from monitor.cli.present.plan_document import document

        click.echo(json.dumps(document(contract, one), ensure_ascii=False))
        return
    from monitor.cli.present.plan import show_event

    if one is not None:
        show_event(one, contract)


def _contract(workspace: "Workspace", read: "Plan", *, quiet: bool) -> "Contract":
    """The plan bound to what landed, or to a document where that is not known."""
    from monitor.cli.catalogs import live_or_kept
    from monitor.cli.offline import as_documents
    from monitor.contract import Binder
    from monitor.scans import Scans

    try:
        known = live_or_kept(workspace)
        if known.problem is not None and not quiet:
            say(f"columns are from {known.source}, since {visible(str(known.problem))}")
        refused = Scans(workspace.cache, known.catalog.engine, workspace.target).refused
        return Binder(read, workspace.landed(read, known.catalog), refused).contract()
    except Problems:
        raise
    except (ConfigError, WarehouseError) as problem:
        if not quiet:
            say(f"the warehouse cannot be read: {visible(str(problem))}")
            say("the rules are shown as if all events landed in one JSON document")
        return Binder(read, as_documents(read)).contract()
