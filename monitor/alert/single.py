"""One message about one finding.

It answers, in this order: what is wrong and how much (the title, all that a phone shows), what that
means, the numbers, what fails most, what to do next.
"""

from collections.abc import Iterator, Sequence

from monitor.alert import wording
from monitor.alert.blocks import MAX_HEADER, Block, fields, header, section
from monitor.alert.drift import drift
from monitor.alert.envelope import footer, key_of, sealed
from monitor.alert.escape import code, code_block, mention, ours, plain, prose
from monitor.alert.routing import MessageContext, pages_somebody
from monitor.incidents.model import Delivery, Incident, Intent, Transition
from monitor.judge.explain import EXPLANATIONS
from monitor.judge.model import Finding

_TEXT = 600
_MESSAGE = 1_500
_EXPLANATION = 600
_FACTS = 10
_RULES = 3
_DIFF = 1_200
_ABSORBED = 3


def single(transition: Transition, channel: str, told: MessageContext) -> Delivery:
    """The message about one transition that is to be told."""
    intent = transition.intent or Intent.OPENED
    over = intent in (Intent.RESOLVED, Intent.WITHDRAWN)
    opening, joint = _opening(transition), ", was: " if over else ": "
    finding = transition.after.finding
    title = header(wording.title(opening, finding, MAX_HEADER, joint))
    body = _closed(transition, told) if over else _alert(transition, title["text"]["text"], told)
    small = footer(told, finding.event, *([] if over else _notes(transition.after)))
    text = wording.title(opening, finding, _TEXT, joint)
    return sealed(key_of(transition.after, intent), channel, text, [title, *body, *small], told)


def _opening(transition: Transition) -> str:
    incident = transition.after
    mark = wording.MARKS[incident.severity]
    match transition.intent:
        case Intent.ESCALATED:
            return f"{mark} Worse: "
        case Intent.REOPENED:
            return f"{mark} Back: "
        case Intent.RESOLVED:
            held = f" after {wording.lasted(incident.resolved_at - incident.opened_at)}" if incident.resolved_at else ""
            return f"✅ Resolved{held}: "
        case Intent.WITHDRAWN:
            return "⚪ Closed: "
        case _:
            return f"{mark} "


def _alert(transition: Transition, title: str, told: MessageContext) -> Iterator[Block]:
    incident = transition.after
    finding, owner = incident.finding, told.owner(incident.finding)
    called = mention(told.destination(finding).mention) if pages_somebody(transition, owner) else ""
    cut = plain(finding.message, len(title)) not in title
    yield section(_lead(finding, called, whole_message=cut))
    if history := _so_far(transition, told):
        yield section(history)
    yield from fields(_fields(incident, told))
    if rules := _rules(finding):
        yield section(rules)
    if change := drift(finding):
        yield section(code_block(change, _DIFF))
    if absorbed := _absorbed(finding):
        yield section(absorbed)
    yield section(f"*What to do*\n{ours(EXPLANATIONS[finding.kind].next_step, _EXPLANATION)}")


def _closed(transition: Transition, told: MessageContext) -> Iterator[Block]:
    incident = transition.after
    if transition.intent is Intent.WITHDRAWN:
        why = prose(transition.reason, _EXPLANATION)
        yield section("It is no longer watched; nothing is known to be fixed." + (f" Why: {why}." if why else ""))
    elif len(incident.finding.message) > MAX_HEADER // 2:
        yield section(f"It was: {prose(incident.finding.message, _MESSAGE)}")
    until = incident.resolved_at or told.now
    held = f"{wording.at(incident.opened_at)} to {wording.at(until)}"
    yield from fields([("open", held), ("at worst", incident.peak.word), ("owner", _owner(incident.finding, told))])


def _lead(finding: Finding, called: str, *, whole_message: bool) -> str:
    message = prose(finding.message, _MESSAGE) if whole_message else ""
    meaning = ours(EXPLANATIONS[finding.kind].means, _EXPLANATION)
    return " ".join(filter(None, (called, message, meaning)))


def _so_far(transition: Transition, told: MessageContext) -> str:
    before, after = transition.before, transition.after
    if transition.intent is Intent.ESCALATED and before is not None:
        since = wording.at(after.opened_at)
        return f"Was {before.severity.word}, is now {after.severity.word}. Open since {since}."
    if transition.intent is Intent.REOPENED and before is not None and before.resolved_at is not None:
        return f"It was resolved {wording.lasted(told.now - before.resolved_at)} ago and is back."
    return ""


def _fields(incident: Incident, told: MessageContext) -> Sequence[tuple[str, str]]:
    finding = incident.finding
    named = (
        ("version", finding.version),
        ("source", finding.source),
        ("property", finding.property if finding.event else ""),
    )
    facts = [
        (wording.label(name), wording.value(name, fact))
        for name, fact in finding.evidence.facts
        if fact is not None and fact != ""
    ]
    return [
        *((label, code(name)) for label, name in named if name),
        *facts[:_FACTS],
        *([("owner", _owner(finding, told))] if finding.event else []),
    ]


def _owner(finding: Finding, told: MessageContext) -> str:
    owner = told.owner(finding)
    if owner.team:
        return f"{code(owner.team)} ({owner.tier.value} event)"
    return "nobody: the plan names no team" if finding.event in told.owners else "nobody: not in the plan"


def _rules(finding: Finding) -> str:
    rules = [(rule, count) for rule, count in finding.evidence.rules if count]  # a rule without rows was not asked
    shown = [
        f"• {code(rule.partition('#')[2].lstrip('/') or rule, 160)} {count:,} rows" for rule, count in rules[:_RULES]
    ]
    more = [f"… {len(rules) - _RULES} more rules fail"] if len(rules) > _RULES else []
    return "\n".join(["*Rows failing, by rule*", *shown, *more]) if shown else ""


def _absorbed(finding: Finding) -> str:
    listed = [wording.line("•", part, 300) for part in finding.absorbed[:_ABSORBED]]
    rest = len(finding.absorbed) - _ABSORBED
    more = [f"… {rest} more"] if rest > 0 else []
    return "\n".join(["*Explained by the same cause*", *listed, *more]) if listed else ""


def _notes(incident: Incident) -> Sequence[str]:
    env = incident.finding.env
    return [incident.severity.word, *([f"{code(env, 40)} landing: never pages"] if env != "prod" else [])]
