"""`plan show`: the plan as a table, one event with every rule's verdict."""

from collections.abc import Iterator, Sequence

from rich.console import Console
from rich.table import Table
from rich.text import Text
from rich.tree import Tree

from monitor.cli.present.verdicts import REASONS, verdict_of
from monitor.cli.screen import STYLES, stdout, words
from monitor.contract.model import BoundTable, BoundVersion, Contract, Rule
from monitor.judge.words import count
from monitor.plan.model import Event, EventVersion, Plan, Status

_STATUS = {Status.LIVE: "green", Status.DRAFT: "dim", Status.DEPRECATED: "yellow", Status.RETIRED: "dim"}


def overview(plan: Plan) -> None:
    """All events, one line each."""
    screen = stdout()
    table = Table(box=None, padding=(0, 2, 0, 0), header_style="bold underline")
    for title in ("Event", "Versions", "Team", "Tier", "Sources"):
        table.add_column(title, overflow="fold")
    for event in plan.events:
        sources = ", ".join(event.sources) or "any"
        table.add_row(words(event.name), _versions(event), words(event.team or "–"), event.tier.value, words(sources))
    screen.print(table)
    for one in plan.refused:
        screen.print(words(("refused ", STYLES["warning"]), f"{one.name} {one.version}: {one.reason}"))
    versions = count(sum(len(event.versions) for event in plan.events), "version")
    refused = f", {count(len(plan.refused), 'schema')} refused" if plan.refused else ""
    screen.print(words(f"{count(len(plan.events), 'event')}, {versions}{refused}; revision {plan.revision}"))


def _versions(event: Event) -> Text:
    return Text("\n").join(
        words((one.version, _STATUS[one.status]), (_unless_live(one), "dim")) for one in event.versions
    )


def _unless_live(version: EventVersion) -> str:
    return "" if version.status is Status.LIVE else f" {version.status.value}"


def show_event(event: Event, contract: Contract) -> None:
    """One event: per version its properties, and each rule with its verdict where it landed."""
    screen = stdout()
    facts = (
        event.tier.value,
        f"team {event.team}" if event.team else "no team",
        ", ".join(event.sources) or "any source",
    )
    screen.print(words((event.name, "bold"), ("  " + " · ".join(facts), "dim")))
    if event.description:
        screen.print(words(event.description))
    screen.print(words((event.where, "dim")))
    for version in event.versions:
        bound = [
            (table, one)
            for table in contract.tables
            for one in table.versions
            if (one.event, one.version) == (event.name, version.version)
        ]
        _version(screen, version, bound)


def _version(screen: Console, version: EventVersion, bound: Sequence[tuple[BoundTable, BoundVersion]]) -> None:
    until = f" until {version.until}" if version.until else ""
    head = words((version.version, "bold"), f"  {version.status.value}{until}", (f"  {version.where}", "dim"))
    if not bound:
        screen.print()
        screen.print(head)
        screen.print(words(("  has landed nowhere yet: none of its rules can be asked", "dim")))
        return
    for alike in _alike(bound):
        tables = ", ".join(table.key for table, _ in alike)
        tree = Tree(Text("\n").join((head, words((tables, "dim")))))
        _rules(tree, alike[0][1])
        screen.print()
        screen.print(tree)


def _alike(bound: Sequence[tuple[BoundTable, BoundVersion]]) -> Iterator[list[tuple[BoundTable, BoundVersion]]]:
    """Tables in which the version has the same verdicts are shown once."""
    groups: dict[object, list[tuple[BoundTable, BoundVersion]]] = {}
    for table, version in bound:
        said = tuple((rule.id, type(rule.verdict), getattr(rule.verdict, "reason", "")) for rule in version.rules)
        groups.setdefault((said, tuple(one.native for one in version.properties)), []).append((table, version))
    yield from groups.values()


def _rules(tree: Tree, version: BoundVersion) -> None:
    if version.payload_missing:
        tree.add(words((f"payload not landed: there is no column {version.payload_missing}", STYLES["warning"])))
    declared = {one.pointer for one in version.properties}
    for one in version.properties:
        required = "required" if one.required else "optional"
        landed = f" · {one.column} {one.native}".rstrip() if one.column else ""
        absent = "" if one.landed else " · not landed"
        types = " or ".join(one.types) or "any type"
        branch = tree.add(words((one.name, "bold"), (f"  {types} · {required}{landed}{absent}", "dim")))
        for rule in version.rules:
            if rule.pointer == one.pointer:
                branch.add(_rule(rule))
    for rule in version.rules:
        if rule.pointer not in declared:
            tree.add(_rule(rule))


def _rule(rule: Rule) -> Text:
    verdict = verdict_of(rule)
    sentence = rule.sentence or f"{rule.keyword}: {rule.value}"
    mark, style = REASONS[verdict.word]
    said = words((mark + " ", style), sentence)
    if verdict.reason:
        said.append_text(words((f"  {verdict.word}: {verdict.reason}", style)))
    return said
