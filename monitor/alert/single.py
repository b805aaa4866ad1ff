"""One message about one finding.

It answers, in this order: what is wrong and how much (the title, all that a phone shows), what that
means, the numbers, what fails most, what to do next.
"""

from collections.abc import Iterator, Sequence
from dataclasses import replace

from monitor.alert import downstream, wording
from monitor.alert.blocks import MAX_HEADER, Block, Element, button, context, fields, header, section
from monitor.alert.drift import drift
from monitor.alert.envelope import Place, footer, key_of, sealed
from monitor.alert.escape import code, code_block, mention, ours, plain, prose
from monitor.alert.routing import ALERTS, OVER, MessageContext, pages_somebody
from monitor.charts.evidence import chart_of
from monitor.history.codec import encode
from monitor.incidents.model import Delivery, Incident, Intent, Mode, State, Transition
from monitor.judge.explain import EXPLANATIONS
from monitor.judge.model import Finding

_TEXT = 600
_MESSAGE = 1_500
_EXPLANATION = 600
_FACTS = 14
_RULES = 3
_DIFF = 1_200
_ABSORBED = 3
_MOST_DRAWN = 100_000
"""Characters of a finding that is kept to be drawn."""


def single(transition: Transition, channel: str, told: MessageContext) -> Delivery:
    """The message about one transition that is to be told."""
    return _message(transition, Place(channel), Mode.POST, told)


def changed(transition: Transition, channel: str, told: MessageContext) -> Delivery:
    """The incident's first message as it is from now on: changed in place, nobody is mentioned."""
    return _message(transition, Place(channel, transition.after.root), Mode.UPDATE, told)


def answer(transition: Transition, channel: str, told: MessageContext) -> Delivery:
    """What happened, in the thread; bad news is seen in the channel too."""
    intent, incident = transition.intent or Intent.OPENED, transition.after
    loud = intent in ALERTS
    called = _called(transition, told) if loud else ""
    line = wording.title(_opening(transition), incident.finding, _TEXT, ", was: " if intent in OVER else ": ")
    body = [section(" ".join(filter(None, (called, line))))]
    if why := _why(transition, told):
        body.append(section(why))
    if intent in OVER:
        body += fields(_ended(incident, told))
    body.append(context([f"run {code(told.run, 60)}", f"as of {wording.at(told.now)}"]))
    return sealed(key_of(incident, intent, Mode.REPLY), Place(channel, incident.root, loud), line, body, told)


def chart(transition: Transition, channel: str, root: str, told: MessageContext) -> Delivery | None:
    """The hours that the finding was judged from, drawn in the thread; None: there is nothing to draw."""
    finding = transition.after.finding
    drawing = chart_of(finding)
    if drawing is None:
        return None
    key = key_of(transition.after, transition.intent or Intent.OPENED, Mode.FILE)
    text = plain(f"{drawing.title}: {wording.subject(finding)}", _TEXT)
    drawn = replace(sealed(key, Place(channel, root), text, [], told), blocks=encode([replace(finding, absorbed=())]))
    return drawn if len(drawn.blocks) <= _MOST_DRAWN else None


def _message(transition: Transition, place: Place, mode: Mode, told: MessageContext) -> Delivery:
    intent = transition.intent or Intent.OPENED
    over = intent in OVER
    opening, joint = _opening(transition), ", was: " if over else ": "
    incident, finding = transition.after, transition.after.finding
    title = header(wording.title(opening, finding, MAX_HEADER, joint))
    called = _called(transition, told) if mode is Mode.POST else ""
    body = _closed(transition, told) if over else _alert(transition, title["text"]["text"], called, told)
    notes = [] if over else _notes(incident, told)
    small = footer(told, finding.event, *notes, buttons=() if over else _buttons(incident, told))
    text = wording.title(opening, finding, _TEXT, joint)
    return sealed(key_of(incident, intent, mode), place, text, [title, *body, *small], told)


def _opening(transition: Transition) -> str:
    incident, detail = transition.after, ""
    if transition.intent is Intent.RESOLVED and incident.resolved_at:
        detail = f" after {wording.lasted(incident.resolved_at - incident.opened_at)}"
    elif transition.intent is Intent.SNOOZED and incident.until:
        detail = f" until {wording.at(incident.until)}"
    return f"{wording.opening(transition.intent, incident.severity, detail)} "


def _called(transition: Transition, told: MessageContext) -> str:
    finding = transition.after.finding
    return mention(told.destination(finding).mention) if pages_somebody(transition, told.owner(finding)) else ""


def _alert(transition: Transition, title: str, called: str, told: MessageContext) -> Iterator[Block]:
    incident = transition.after
    finding = incident.finding
    cut = plain(finding.message, len(title)) not in title
    yield section(_lead(finding, called, whole_message=cut))
    if why := _why(transition, told):
        yield section(why)
    yield from fields(_fields(incident, told))
    if rules := _rules(finding):
        yield section(rules)
    if change := drift(finding):
        yield section(code_block(change, _DIFF))
    if below := downstream.told(told.downstream(finding)):
        yield section(below)
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
    yield from fields(_ended(incident, told))


def _ended(incident: Incident, told: MessageContext) -> Sequence[tuple[str, str]]:
    """How long, how bad, how much, whose."""
    until = incident.resolved_at or told.now
    affected = incident.finding.evidence.affected
    return [
        ("open", f"{wording.at(incident.opened_at)} to {wording.at(until)}"),
        ("at worst", incident.peak.word),
        *([("rows affected", f"{affected:,}")] if affected else []),
        ("owner", _owner(incident.finding, told)),
    ]


def _lead(finding: Finding, called: str, *, whole_message: bool) -> str:
    message = prose(finding.message, _MESSAGE) if whole_message else ""
    meaning = ours(EXPLANATIONS[finding.kind].means, _EXPLANATION)
    return " ".join(filter(None, (called, message, meaning)))


def _why(transition: Transition, told: MessageContext) -> str:
    """What led to this message, beside the finding itself."""
    before, after, said = transition.before, transition.after, ""
    match transition.intent:
        case Intent.ESCALATED if before is not None:
            was, since = before.severity.word, wording.at(after.opened_at)
            said = f"Was {was}, is now {after.severity.word}. Open since {since}."
        case Intent.REOPENED if before is not None and before.resolved_at is not None:
            said = f"It was resolved {wording.lasted(told.now - before.resolved_at)} ago and is back."
        case Intent.REPEATED:
            said = f"Open since {wording.at(after.opened_at)}. {_sentence(transition.reason)}"
        case Intent.REGRESSED | Intent.FLAPPING:
            said = _sentence(transition.reason)
        case Intent.ACKNOWLEDGED | Intent.SNOOZED:
            said = _sentence(after.note or transition.reason)
        case Intent.RESOLVED if after.by and transition.reason.startswith("resolved by"):
            said = _sentence(transition.reason)
    return said


def _sentence(reason: str) -> str:
    said = prose(reason, _EXPLANATION)
    return f"{said[:1].upper()}{said[1:]}."


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


def _notes(incident: Incident, told: MessageContext) -> Sequence[str]:
    env = incident.finding.env
    if env != "prod":
        return [incident.severity.word, f"{code(env, 40)} landing: never pages"]
    by_hand = not told.buttons and incident.state not in (State.ACKNOWLEDGED, State.KNOWN)
    return [incident.severity.word, *([code(f"trackwarden incidents ack {short(incident)}")] if by_hand else [])]


def _buttons(incident: Incident, told: MessageContext) -> Sequence[Element]:
    """What a person may do about it, where somebody listens."""
    if not told.buttons or incident.finding.env != "prod":
        return ()
    value = f"{incident.fingerprint}/{incident.episode}"
    acknowledge = [button("Acknowledge", "ack", value)] if incident.state is not State.ACKNOWLEDGED else []
    snooze = [button(f"Snooze {hours} h", f"snooze_{hours}h", value) for hours in (4, 24)]
    return [*acknowledge, *(snooze if incident.state is not State.SNOOZED else [])]


def short(incident: Incident) -> str:
    """The incident's id as people type it: the first digits of its fingerprint."""
    return incident.fingerprint.partition(":")[2][:8] or incident.fingerprint
