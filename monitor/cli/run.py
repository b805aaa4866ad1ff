"""`trackwarden run`: the main job, once."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import TYPE_CHECKING, TypedDict, Unpack

import click

from monitor.cli.boundary import tell
from monitor.cli.entry import Asked
from monitor.cli.moments import MOMENT, Moment, resolved
from monitor.cli.words import visible
from monitor.errors import ExitCode, TrackwardenError, WarehouseError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from monitor.judge.model import Severity
    from monitor.run import Options, Outcome
    from monitor.wiring import Workspace

FAIL_ON = ("info", "warning", "critical", "never")


class Chosen(TypedDict):
    """The command's options."""

    since: Moment | None
    until: Moment | None
    events: tuple[str, ...]
    dry_run: bool
    as_json: bool
    fail_on: str
    notify: bool
    outputs: bool
    explain: bool


@click.command()
@click.option("--since", type=MOMENT, help="Measure again from here. Such a run tells nobody, unless --notify.")
@click.option("--until", type=MOMENT, help="Take this moment for now: what arrived later does not exist.")
@click.option(
    "--event", "events", multiple=True, metavar="NAME", help="Only tables that hold this event; may be repeated."
)
@click.option("--dry-run", is_flag=True, help="Measure and judge; keep nothing and tell nobody.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object on stdout, and nothing else there.")
@click.option(
    "--fail-on",
    type=click.Choice(FAIL_ON),
    default="never",
    show_default=True,
    help="End with 1 where a finding is at least so severe.",
)
@click.option("--notify", is_flag=True, help="With --since: tell the teams all the same.")
@click.option("--outputs", is_flag=True, help="Write the suites, the sources and the report as well: all in one go.")
@click.option("--explain", is_flag=True, help="Say what each table would be asked; run no scan and keep nothing.")
@click.pass_obj
def run(asked: Asked, **chosen: Unpack[Chosen]) -> None:
    """Measure what has arrived, judge it, tell the owners.

    One statement per table that has something new, over the hours that are due. The first run reads everything and
    lists what is already wrong as known at adoption; later runs read what is new and tell what is new or worse. A
    second run without new rows measures nothing and says nothing.

    TIME is ISO 8601 (2026-06-30T18:00, UTC unless it says a zone) or how long ago (24h, 7d).

    \b
    Exit codes:
      0   done
      1   findings at or above --fail-on
      2   the configuration, the plan or an option is wrong
      3   some tables could not be measured; the others were
      4   the warehouse or the history failed
      5   measured and kept, but messages are still waiting to be sent
      75  another run of this workspace is under way

    \b
    Examples:
      trackwarden run
      trackwarden run --outputs
      trackwarden run --explain
      trackwarden run --event "Order Completed" --since 7d --dry-run
      trackwarden run --json --fail-on critical | jq .findings
    """  # noqa: D301 - click's mark: the lines below it stay lines
    from monitor.wiring import Workspace

    options = _options(workspace := Workspace.open(asked.workspace), chosen)
    if chosen["explain"]:
        _explain(workspace, options, as_json=chosen["as_json"])
    elif chosen["outputs"] and options.dry_run:
        raise click.UsageError("--dry-run keeps nothing, and --outputs writes")
    else:
        raise click.exceptions.Exit(_run(asked, workspace, options, chosen))


def _options(workspace: Workspace, chosen: Chosen) -> Options:
    """What the run is asked to do. Raises click.UsageError and ConfigError."""
    from monitor.run import Options

    until, since = chosen["until"], chosen["since"]
    now = resolved(until, datetime.now(UTC)) if until is not None else datetime.now(UTC)
    start = resolved(since, now) if since is not None else None
    if start is not None and start >= now:
        raise click.UsageError("--since is not before --until (or now)")
    return Options(
        now=now,
        since=start,
        events=_planned(workspace, chosen["events"]),
        dry_run=chosen["dry_run"],
        notify=chosen["notify"],
        sums=chosen["as_json"],
    )


def _run(asked: Asked, workspace: Workspace, options: Options, chosen: Chosen) -> ExitCode:
    """The run, told; what the command ends with."""
    from monitor.cli.present.outcome import summary
    from monitor.cli.progress import watching
    from monitor.run import run as run_the_line

    with watching(quiet=asked.quiet, prints_to_stderr=chosen["as_json"]) as witness:
        outcome = run_the_line(workspace, options, witness)
    if chosen["outputs"]:
        _write_outputs(workspace)
    code = outcome.exit_code(_severity(chosen["fail_on"]))
    if chosen["as_json"]:
        _print_json(outcome)
    elif not (asked.quiet and code is ExitCode.OK):
        summary(outcome, options, workspace, reported=chosen["outputs"])
    tell(trouble(outcome))
    return code


def _explain(workspace: Workspace, options: Options, *, as_json: bool) -> None:
    """What a run would ask, table by table."""
    from monitor.cli.present.explained import document, lines
    from monitor.run import explain

    steps = tuple(explain(workspace, options))
    if as_json:
        click.echo(json.dumps(document(steps), ensure_ascii=False, allow_nan=False))
        return
    for line in lines(steps):
        click.echo(visible(line))


def _write_outputs(workspace: Workspace) -> None:
    """What `generate` and `report` write."""
    from monitor.cli.generated import generated
    from monitor.cli.site import write_report

    generated(workspace).write()
    write_report(workspace)


def _planned(workspace: Workspace, names: tuple[str, ...]) -> frozenset[str]:
    """The planned events of those names or keys. Raises ConfigError for one that is not planned."""
    if not names:
        return frozenset()
    from monitor.cli.find import planned_event

    plan = workspace.plan()
    return frozenset(planned_event(plan, name, "--event").name for name in names)


def _severity(word: str) -> Severity | None:
    from monitor.judge.model import Severity

    return None if word == "never" else Severity[word.upper()]


def _print_json(outcome: Outcome) -> None:
    from monitor.cli.present.document import document

    click.echo(json.dumps(document(outcome), ensure_ascii=False, allow_nan=False))


def trouble(outcome: Outcome) -> Iterator[TrackwardenError]:
    """What ends in an exit code other than findings: it is told on stderr, in every form of output."""
    for one in outcome.unmeasured:
        yield WarehouseError(f"could not be measured: {one.problem}", where=one.table, hint=one.hint)
    for table, words in outcome.missed:
        yield WarehouseError(words, where=table, hint="its rows and failures were counted all the same")
    yield from outcome.delivery.problems
