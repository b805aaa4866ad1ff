"""`plan lint`: each lint with its place."""

from collections.abc import Sequence

from rich.padding import Padding

from monitor.cli.screen import STYLES, stdout, words
from monitor.judge.words import count
from monitor.plan.lint import Lint, LintSeverity
from monitor.plan.model import Plan


def show_lints(plan: Plan, lints: Sequence[Lint]) -> None:
    """Warnings first, then notes; then what was read."""
    screen = stdout()
    for severity in (LintSeverity.WARNING, LintSeverity.INFO):
        group = [one for one in lints if one.severity is severity]
        if group:
            screen.print(words((f"{len(group)} {severity.value}", STYLES[severity.value])))
        for one in group:
            subject = " ".join(part for part in (one.event, one.version, one.pointer) if part)
            hint = f" ({one.hint})" if one.hint else ""
            screen.print(words("  ", (one.where, "bold")))
            said = words(f"{subject} {one.problem}", (hint, "dim"))
            screen.print(
                words("    ").append_text(said) if not screen.is_terminal else Padding(said, (0, 0, 0, 4), expand=False)
            )
    for refused in plan.refused:
        screen.print(words(("refused ", STYLES["warning"]), f"{refused.name} {refused.version}: {refused.reason}"))
    versions = sum(len(event.versions) for event in plan.events)
    read = f"{count(len(plan.events), 'event')}, {count(versions, 'version')}, revision {plan.revision}"
    screen.print(words(("Nothing to correct: " if not lints else "Read: ", "bold"), read))
