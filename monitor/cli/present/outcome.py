"""The summary of a run, readable at 80 columns: what was measured, what was found, what was told."""

from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING

from rich.console import Console
from rich.padding import Padding
from rich.text import Text

from monitor.cli.screen import STYLES, stdout, words
from monitor.cli.words import near
from monitor.incidents.fingerprint import fingerprint
from monitor.incidents.model import Intent, State, Transition
from monitor.judge.explain import EXPLANATIONS
from monitor.judge.model import Finding, Severity
from monitor.judge.words import count

if TYPE_CHECKING:
    from monitor.outcome import Totals
    from monitor.run import Options, Outcome
    from monitor.wiring import Workspace

MOST_LISTED = {Severity.CRITICAL: 50, Severity.WARNING: 50, Severity.INFO: 10}
"""Findings of one severity that are listed; the report and `--json` have all of them."""
_ENDED = (Intent.RESOLVED, Intent.WITHDRAWN)
_WIDE = 32
"""Columns of a finding's title, so that subjects stand below each other."""


def summary(outcome: "Outcome", options: "Options", workspace: "Workspace", *, reported: bool = False) -> None:
    """Print it on stdout; `reported`: this command has written the report as well."""
    screen = stdout()
    screen.print(_measured(outcome))
    screen.print(
        words((f"as of {outcome.now:%Y-%m-%d %H:%M} UTC · plan {outcome.plan.revision} · run {outcome.run}", "dim"))
    )
    findings(screen, outcome.findings, _states(outcome.transitions))
    for line in (*_ended(outcome.transitions), *_told(outcome, options)):
        screen.print(line)
    index = workspace.report_folder / "index.html"
    if index.is_file():
        how = "" if reported else "(`trackwarden report` brings it up to date)"
        screen.print(words(f"Report: {near(index)} ", (how, "dim")))


def findings(screen: Console, found: Sequence[Finding], states: Mapping[str, str]) -> None:
    """Findings by severity, the loudest first; `states` says by fingerprint what is new about them."""
    if not found:
        screen.print(words("Nothing is wrong.", ("", "")))
    for severity in sorted(Severity, reverse=True):
        group = [one for one in found if one.severity is severity]
        if not group:
            continue
        screen.print()
        screen.print(words((f"{len(group)} {severity.word}", STYLES[severity.word])))
        for one in group[: MOST_LISTED[severity]]:
            _finding(screen, one, states.get(fingerprint(one), ""))
        if len(group) > MOST_LISTED[severity]:
            more = (
                f"… and {len(group) - MOST_LISTED[severity]:,} more: the report and `trackwarden run --json` list all"
            )
            screen.print(words(("  " + more, "dim")))
    screen.print()


def subject(finding: Finding) -> str:
    """What a finding is about: `Order Completed 1-1-0 · ios`."""
    named = " ".join(part for part in (finding.event, finding.version) if part)
    env = finding.env if finding.env != "prod" else ""
    return " · ".join(part for part in (named or finding.property, finding.source, env) if part)


def _finding(screen: Console, finding: Finding, state: str) -> None:
    title = EXPLANATIONS[finding.kind].title.ljust(_WIDE)
    head = words("  ", ("● ", STYLES[finding.severity.word]), (title, "bold"), subject(finding), (f"  {state}", "dim"))
    head.rstrip()
    message = words(finding.message)
    if not screen.is_terminal:
        screen.print(head, end="")
        screen.print(Text("  ").append_text(message))
        return
    screen.print(head)
    screen.print(Padding(message, (0, 0, 0, 6), expand=False))


def _measured(outcome: "Outcome") -> Text:
    totals = outcome.totals
    if not totals.tables:
        looked = "no table could be measured" if outcome.unmeasured else "nothing new has arrived"
        return words(("Measured nothing: ", "bold"), f"{looked} ({totals.seconds:.1f} s)")
    parts = (
        count(totals.tables, "table"),
        count(totals.windows, "window"),
        count(totals.rows, "row"),
        *_sampled(totals),
        count(totals.queries, "query", "queries"),
        f"{totals.seconds:.1f} s",
    )
    return words(("Measured ", "bold"), " · ".join(parts))


def _sampled(totals: "Totals") -> Iterator[str]:
    if totals.checked < totals.planned:
        yield f"rules asked of a sample: {totals.checked:,} of {totals.planned:,} planned rows"


def _states(transitions: Sequence[Transition]) -> Mapping[str, str]:
    """By fingerprint: what this run changed about a finding."""
    states: dict[str, str] = {}
    for step in transitions:
        if step.intent in (Intent.OPENED, Intent.REOPENED, Intent.ESCALATED, Intent.REGRESSED, Intent.FLAPPING):
            states[step.after.fingerprint] = "new" if step.intent is Intent.OPENED else step.intent.value
        elif step.after.state is State.KNOWN:
            states[step.after.fingerprint] = "known at adoption"
        elif step.after.state in (State.ACKNOWLEDGED, State.SNOOZED, State.PENDING):
            states[step.after.fingerprint] = step.after.state.value
    return states


def _ended(transitions: Sequence[Transition]) -> Iterator[Text]:
    """What was wrong and no longer is."""
    for step in transitions:
        if step.intent in _ENDED:
            title = EXPLANATIONS[step.after.finding.kind].title
            yield words(
                (f"{step.intent.value.capitalize()}: ", STYLES["ok"]), f"{title}, {subject(step.after.finding)}"
            )


def _told(outcome: "Outcome", options: "Options") -> Iterator[Text]:
    """What became of the messages."""
    adopted = sum(step.intent is Intent.ADOPTED for step in outcome.transitions)
    if outcome.first_run:
        yield words(
            ("First run: ", "bold"),
            f"{count(adopted, 'finding')} known at adoption, told once in one summary; only what is new or worse alerts"
            if adopted
            else "nothing was wrong at adoption; only what is new from now on alerts",
        )
    if options.dry_run:
        yield words(("Dry run: ", "bold"), "nothing was kept, and nobody was told")
        return
    if options.since is not None and not options.notify:
        yield words(("Messages: ", "bold"), "none, since --since is silent without --notify")
    yield from _delivered(outcome)


def _delivered(outcome: "Outcome") -> Iterator[Text]:
    report = outcome.delivery
    parts = []
    if report.sent:
        parts.append(f"{report.sent} sent")
    if report.printed:
        parts.append(f"{report.printed} printed, not sent (no Slack token)")
    if report.waiting + report.failed:
        parts.append(f"{report.waiting + report.failed} waiting for the next run")
    if parts:
        yield words(("Messages: ", "bold"), ", ".join(parts))
    for note in report.notes:
        yield words(("Note: ", "bold"), note)
