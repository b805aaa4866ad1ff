"""Incidents on the terminal, readable at 80 columns."""

from collections.abc import Iterator, Sequence
from datetime import datetime

from rich.console import Console
from rich.table import Table

from monitor.alert.single import short
from monitor.alert.waiting import what, why
from monitor.alert.wording import at, lasted, value
from monitor.cli.present.outcome import subject
from monitor.cli.screen import STYLES, stdout, words
from monitor.incidents.model import GOING_ON, Delivery, Incident, State, Step
from monitor.judge.explain import EXPLANATIONS
from monitor.judge.words import count

_STATES = {
    State.OPEN: "bold",
    State.ACKNOWLEDGED: "cyan",
    State.SNOOZED: "cyan",
    State.KNOWN: "dim",
    State.PENDING: "dim",
    State.RESOLVED: STYLES["ok"],
    State.WITHDRAWN: "dim",
}
_MOST_WAITING = 10


def overview(shown: Sequence[Incident], waiting: Sequence[Delivery], now: datetime, *, over: int) -> None:
    """Every incident with its id, where it stands and since when; and why messages wait."""
    screen = stdout()
    if not shown:
        screen.print(words("Nothing is wrong." if not over else "Nothing is wrong now."))
    for one in shown:
        _line(screen, one, now)
    if over:
        said = f"{count(over, 'incident')} over: `trackwarden incidents list --all` lists them"
        screen.print(words((said, "dim")))
    _waiting(screen, waiting, now)


def detail(one: Incident, story: Sequence[Step], messages: Sequence[Delivery], now: datetime) -> None:
    """One incident: what it is, its numbers, what happened, what was sent."""
    screen = stdout()
    _line(screen, one, now)
    explained = EXPLANATIONS[one.finding.kind]
    screen.print()
    screen.print(words(explained.means))
    screen.print(words(("What to do: ", "bold"), explained.next_step))
    screen.print()
    grid = Table.grid(padding=(0, 2, 0, 0))
    grid.add_column(style="dim", no_wrap=True)
    grid.add_column(overflow="fold")
    for name, said in _facts(one):
        grid.add_row(words(name), words(said))
    screen.print(grid)
    _section(screen, "What happened", ((at(s.at), f"{s.what}: {s.reason}") for s in story))
    _section(screen, "Messages", ((what(d), f"{_place(d)}{why(d, now)}") for d in messages))


def _line(screen: Console, one: Incident, now: datetime) -> None:
    title = EXPLANATIONS[one.finding.kind].title
    head = words(
        (f"{short(one)}  ", "bold"),
        ("● ", STYLES[one.severity.word]),
        (title, "bold"),
        f"  {subject(one.finding)}",
    )
    screen.print(head)
    stands = words("          ", (standing(one, now), _STATES[one.state]))
    if one.finding.message:
        stands.append_text(words(f" · {one.finding.message}"))
    screen.print(stands)


def standing(one: Incident, now: datetime) -> str:
    """Where it stands, in words: `open for 5 h`, `snoozed by ann until 2026-07-01 09:00 UTC`."""
    match one.state:
        case State.ACKNOWLEDGED:
            fixed = f", fixed in {one.fixed_in}" if one.fixed_in else ""
            return f"acknowledged by {one.by or 'nobody'}{fixed}"
        case State.SNOOZED if one.until is not None:
            return f"snoozed by {one.by or 'nobody'} until {at(one.until)}"
        case State.KNOWN:
            return f"known since {at(one.opened_at)}"
        case State.PENDING:
            return f"not told yet: {one.note}"
    if one.state in GOING_ON:
        later = f", {one.note.rpartition('; ')[2]}" if one.owed else ""
        return f"{'comes and goes' if one.flapping else 'open'} for {lasted(now - one.opened_at)}{later}"
    return f"{one.state.value} {at(one.resolved_at or one.seen_at)}"


def _facts(one: Incident) -> Iterator[tuple[str, str]]:
    yield "severity", one.severity.word + (f" ({one.peak.word} at worst)" if one.peak > one.severity else "")
    yield "since", f"{at(one.opened_at)}{f', episode {one.episode}' if one.episode > 1 else ''}"
    yield "seen last", at(one.seen_at)
    if one.note:
        yield "stands so", one.note
    for name, fact in one.finding.evidence.facts:
        if fact is not None and fact != "":
            yield name, value(name, fact).replace("`", "")
    for rule, failed in one.finding.evidence.rules:
        if failed:
            yield "rule", f"{rule} · {count(failed, 'row')}"
    for absorbed in one.finding.absorbed:
        yield "explains", f"{EXPLANATIONS[absorbed.kind].title}, {subject(absorbed)}"
    yield "id", one.fingerprint


def _section(screen: Console, title: str, rows: Iterator[tuple[str, str]]) -> None:
    listed = list(rows)
    if not listed:
        return
    screen.print()
    screen.print(words((title, "bold")))
    grid = Table.grid(padding=(0, 2, 0, 0))
    grid.add_column(no_wrap=True)
    grid.add_column(overflow="fold")
    for left, right in listed:
        grid.add_row(words("  ", left), words(right))
    screen.print(grid)


def _waiting(screen: Console, waiting: Sequence[Delivery], now: datetime) -> None:
    if not waiting:
        return
    screen.print()
    screen.print(words((f"{count(len(waiting), 'message')} waiting", "bold")))
    for one in waiting[:_MOST_WAITING]:
        screen.print(words(f"  {what(one)} ", (f"{_place(one)}{why(one, now)}", "dim")))
    if len(waiting) > _MOST_WAITING:
        screen.print(words((f"  … and {len(waiting) - _MOST_WAITING:,} more", "dim")))


def _place(one: Delivery) -> str:
    channel = one.slack_channel or one.root_channel or one.channel
    return f"{channel}: " if channel else ""
