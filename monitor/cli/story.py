"""The demo, step by step, as an operator would have lived through it."""

import os
import shlex
import shutil
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

from rich.console import Console

from monitor.cli.generated import generated
from monitor.cli.present.outcome import findings
from monitor.cli.screen import STYLES, stderr, stdout, words
from monitor.cli.site import write_report
from monitor.cli.words import visible
from monitor.demo import warehouse
from monitor.demo.clock import CLOCK
from monitor.demo.workspace import make_workspace
from monitor.errors import TrackwardenError
from monitor.judge.words import count
from monitor.run import Options, Outcome, run
from monitor.wiring import Workspace

MESSAGES = "slack-messages.txt"
PLACES = (
    ("report", "reports/index.html"),
    ("messages", f"{MESSAGES}  (not sent: no Slack token)"),
    ("suites", "expectations/"),
    ("sources", "dbt_project/models/"),
    ("plan", "tracking_plan/events/"),
    ("history", "state/history.db"),
)
"""What the demo leaves in its folder."""


@dataclass(slots=True)
class Collected:
    """A witness that keeps the messages for a file."""

    messages: list[str] = field(default_factory=list)

    def begins(self, tables: int) -> None:
        """The steps are told, not the tables."""

    def looked_at(self, table: str) -> None:
        """As above."""

    def prints(self, message: str) -> None:
        """Keep what would have gone to Slack."""
        self.messages.append(message)


def tell_story(folder: Path, *, quiet: bool = False) -> None:
    """All of it, at most a minute on two cores. Raises TrackwardenError."""
    screen = Console(quiet=True) if quiet else stdout()
    began = time.perf_counter()
    made = make_workspace(folder)
    # Neither this machine's profiles nor its Slack have a part in the demo.
    env = {name: value for name, value in os.environ.items() if name != "DBT_PROFILES_DIR"}
    workspace = Workspace.open(folder, env)
    with _step(screen, "Land the first weeks") as say:
        say(f"{count(warehouse.build(made.warehouse), 'row')} in {made.warehouse.name}")
    with _step(screen, "Run: the baseline") as say:
        _, said = _run(workspace, CLOCK.baseline_end)
        say(said)
    with _step(screen, "Land the last days") as say:
        say(f"{count(warehouse.advance(made.warehouse), 'row')}")
    collected = Collected()
    with _step(screen, "Run: the last days") as say:
        outcome, said = _run(workspace, CLOCK.as_of, collected)
        say(said)
    with _step(screen, "Generate suites and sources") as say:
        say(f"{count(generated(workspace).write().written, 'file')}")
    with _step(screen, "Write the report") as say:
        say(f"{count(write_report(workspace).written.pages, 'page')}")
    (folder / MESSAGES).write_text("\n\n".join(collected.messages) + "\n", encoding="utf-8")
    screen.print(words((f"{time.perf_counter() - began:6.1f} s  all of it", "bold")))
    _show(screen, folder, outcome, collected)


@contextmanager
def _step(screen: Console, name: str) -> Iterator[Callable[[str], None]]:
    """One step with its time, told when it is done."""
    began = time.perf_counter()
    said: list[str] = []
    with stderr().status(f"{name} …"):
        yield said.append
    elapsed = time.perf_counter() - began
    screen.print(words(f"{elapsed:6.1f} s  ", ("✓ ", STYLES["ok"]), f"{name}: {', '.join(said)}"))


def _run(workspace: Workspace, now: datetime, witness: Collected | None = None) -> tuple[Outcome, str]:
    """One run as of a moment, and what is to be said of it."""
    outcome = run(workspace, Options(now=now), witness or Collected())
    for one in outcome.unmeasured:
        raise TrackwardenError(one.problem, where=one.table, hint=one.hint)
    totals = outcome.totals
    read = (
        f"{count(totals.rows, 'row')} of {count(totals.tables, 'table')} in {count(totals.queries, 'query', 'queries')}"
    )
    return outcome, f"{read}, {count(len(outcome.findings), 'finding')}"


def _show(screen: Console, folder: Path, outcome: Outcome, collected: Collected) -> None:
    screen.print()
    screen.print(words((f"What it found on {outcome.now:%Y-%m-%d}, {outcome.now:%H:%M} UTC", "bold")))
    findings(screen, outcome.findings, {})
    if collected.messages:
        screen.print(
            words(("What Slack would have shown, the first of " + count(len(collected.messages), "message"), "bold"))
        )
        for line in collected.messages[0].split("\n"):
            screen.print(words(("  " + visible(line), "")))
        screen.print()
    screen.print(words(("Where everything is", "bold")))
    for what, name in PLACES:
        screen.print(words(f"  {what:<10}", str(folder / name)))
    screen.print()
    screen.print(words(("What to try next", "bold"), "  (the demo's data ends there, hence --until)"))
    for command in _commands(folder, outcome):
        screen.print(words("  ", (command, "cyan")))


def _commands(folder: Path, outcome: Outcome) -> Iterator[str]:
    """Commands that work when they are copied, however this one was called."""
    called = Path(sys.argv[0])
    known = shutil.which("trackwarden") or called.name != "trackwarden"
    us = f"{'trackwarden' if known else shlex.quote(str(called))} -C {shlex.quote(str(folder))}"
    until = f"--until {CLOCK.as_of:%Y-%m-%dT%H:%M}"
    yield f"{us} run {until}"
    yield f"{us} run {until} --since 2d --dry-run --fail-on critical"
    yield f'{us} plan show "{_an_event(outcome)}"'
    yield f"{us} generate --check"
    yield f"{us} doctor"


def _an_event(outcome: Outcome) -> str:
    """A planned event, best one that something was found about."""
    found = [one.event for one in outcome.findings if outcome.plan.event(one.event)]
    return next(iter((*found, *(event.name for event in outcome.plan.events))), "")
