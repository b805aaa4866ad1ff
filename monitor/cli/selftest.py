"""`trackwarden selftest`: the rule cases that we test ourselves with, run in the user's own warehouse."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING
from uuid import uuid4

import click

from monitor.cli.boundary import say
from monitor.cli.entry import Asked
from monitor.errors import ExitCode

if TYPE_CHECKING:
    from rich.table import Table
    from rich.text import Text

    from monitor.selftest.case import Case
    from monitor.selftest.examine import Answer, Verdict

_SHOWN = 20
"""Cases of one kind that are listed; the rest is counted."""


@click.command()
@click.option("--profile", metavar="NAME", help="A profile of profiles.yml.  [default: trackwarden.yml's]")
@click.option(
    "--target", metavar="NAME", help="A target of the profile.  [default: trackwarden.yml's, or the profile's]"
)
@click.option("--schema", metavar="NAME", help="The scratch schema; it must not exist.  [default: a name of its own]")
@click.option("--keyword", "keywords", multiple=True, metavar="NAME", help="Only cases of this keyword; repeatable.")
@click.pass_obj
def selftest(
    asked: Asked, profile: str | None, target: str | None, schema: str | None, keywords: tuple[str, ...]
) -> None:
    """Land the rule cases in a scratch schema of your warehouse, scan them, and say what it counts otherwise.

    Our own tests run the same cases; this says whether your warehouse, its version and its settings agree. The user
    of the profile must be allowed to make a schema. The schema is dropped at the end, also after Ctrl-C. Nothing
    else of the warehouse is read or written. A SQLite file stays as it is: its cases land in memory.

    The matrix has a line per keyword of JSON Schema and a column per way of landing: in a JSON column, as JSON in a
    text column, in columns of their own. A case is refused where the warehouse lacks a type that it needs, or words
    for a rule: such rules are reported as unmeasurable by every run, never guessed.

    \b
    Exit codes:
      0  every case is counted as expected, or refused with a reason
      1  the warehouse counts some cases otherwise
      2  the configuration, the profile or an option is wrong
      3  the warehouse failed on some cases; the others are told
      4  the warehouse cannot be reached, or the schema cannot be made

    \b
    Examples:
      trackwarden selftest
      trackwarden selftest --target prod --schema tw_scratch --keyword pattern
    """  # noqa: D301 - click's mark: the lines below it stay lines
    from monitor.cli.screen import stdout
    from monitor.selftest.case import cases
    from monitor.selftest.examine import Differs, Failed, Refused, examine
    from monitor.wiring import Workspace

    chosen = _chosen(cases(), keywords)
    workspace = Workspace.open(asked.workspace)
    settings = workspace.settings
    told = settings.profile.model_copy(
        update={key: value for key, value in (("name", profile), ("target", target)) if value is not None}
    )
    workspace = replace(workspace, settings=settings.model_copy(update={"profile": told}))
    scratch = schema or f"tw_selftest_{uuid4().hex[:8]}"
    with workspace.scratch() as warehouse:
        if not asked.quiet:
            say(f"landing {len(chosen):,} cases in {warehouse.where}, schema {scratch}")
        answers = list(examine(chosen, warehouse, scratch))
    screen = stdout()
    if not asked.quiet:
        screen.print(_matrix(answers))
    for kind, title in ((Differs, "counted otherwise"), (Failed, "failed"), (Refused, "refused")):
        if kind is not Refused or not asked.quiet:
            _list([one for one in answers if isinstance(one[1], kind)], title)
    found = Counter(type(verdict) for _, verdict in answers)
    raise click.exceptions.Exit(
        ExitCode.PARTIAL if found[Failed] else ExitCode.FINDINGS if found[Differs] else ExitCode.OK
    )


def _chosen(every: Sequence["Case"], keywords: tuple[str, ...]) -> tuple["Case", ...]:
    """The cases of these keywords, or all."""
    known = {case.keyword for case in every}
    for keyword in keywords:
        if keyword not in known:
            raise click.BadParameter(
                f"no cases of {keyword!r}; there are {', '.join(sorted(known))}", param_hint="--keyword"
            )
    return tuple(case for case in every if not keywords or case.keyword in keywords)


def _matrix(answers: Sequence["Answer"]) -> "Table":
    """Keyword by way of landing: how many cases ended how."""
    from rich.table import Table

    from monitor.selftest.case import FORMS
    from monitor.selftest.examine import tally

    counted = tally(answers)
    table = Table("keyword", *FORMS.values(), box=None, pad_edge=False, header_style="bold")
    for keyword in sorted({case.keyword for case, _ in answers}):
        table.add_row(keyword, *(_cell(counted.get((keyword, form), Counter())) for form in FORMS))
    return table


def _cell(counted: Counter[type["Verdict"]]) -> "Text":
    from monitor.cli.screen import STYLES, words
    from monitor.selftest.examine import Differs, Failed, Passed, Refused

    said = (
        (Passed, "passed", "ok"),
        (Differs, "DIFFER", "problem"),
        (Failed, "FAILED", "problem"),
        (Refused, "refused", "info"),
    )
    parts: list[str | tuple[str, str]] = []
    for kind, word, style in said:
        if counted[kind]:
            parts += [", "] if parts else []
            parts.append((f"{counted[kind]} {word}", STYLES[style]))
    return words(*parts)


def _list(answers: Sequence["Answer"], title: str) -> None:
    """Cases that did not pass, each with its reason."""
    from monitor.cli.screen import stdout, words
    from monitor.selftest.examine import told

    if not answers:
        return
    screen = stdout()
    screen.print()
    screen.print(words((f"{title}: {len(answers):,}", "bold")))
    for case, verdict in answers[:_SHOWN]:
        screen.print(words("  ", case.name))
        for line in told(verdict):
            screen.print(words("      ", line))
    if len(answers) > _SHOWN:
        screen.print(words(f"  … and {len(answers) - _SHOWN:,} more: name their --keyword"))
