"""Many findings in one message: a digest, and the summary of what was already wrong at adoption."""

from collections import Counter
from collections.abc import Sequence

from monitor.alert import wording
from monitor.alert.blocks import Block, context, header, section
from monitor.alert.envelope import Place, footer, key_of_all, report_link, sealed
from monitor.alert.escape import mention
from monitor.alert.routing import OVER, MessageContext, pages_somebody
from monitor.incidents.model import Delivery, Intent, Mode, Transition
from monitor.judge.explain import EXPLANATIONS
from monitor.judge.words import count

_TOP = 10
_LINE = 270
_KINDS = 12


def digest(ranked: Sequence[Transition], channel: str, told: MessageContext) -> Delivery:
    """One message for everything that changed in one channel's events, worst first."""
    bad = [t for t in ranked if t.intent not in OVER]
    over = Counter(t.intent for t in ranked if t not in bad)
    parts = [count(len(bad), "finding")] if bad else []
    parts += [f"{over[Intent.RESOLVED]:,} resolved"] if over[Intent.RESOLVED] else []
    parts += [f"{over[Intent.WITHDRAWN]:,} closed"] if over[Intent.WITHDRAWN] else []
    worst = max((t.after.severity for t in bad), default=None)
    title = f"{wording.MARKS[worst] if worst else '✅'} {', '.join(parts)}"
    lead = " ".join(filter(None, (_called(ranked, told), _lead(bad))))
    body = [header(title), section(lead), *_listed(bad or ranked, told)]
    text = f"{title}: {wording.tally(t.after.severity for t in bad)}" if bad else title
    return sealed(key_of_all("digest", ranked), Place(channel), text, [*body, *footer(told)], told)


def adoption(ranked: Sequence[Transition], told: MessageContext) -> Delivery:
    """The baseline: what was already wrong when trackwarden first looked, said once in the default channel."""
    title = f"📋 Known at adoption: {len(ranked):,}"
    lead = (
        "This is what was already wrong when trackwarden first looked. It is listed once, here; from now on "
        f"only what is new or worse is told.\n*{wording.tally(t.after.severity for t in ranked)}*"
    )
    body = [header(title), section(f"{lead}\n{_by_kind(ranked)}"), *_listed(ranked, told)]
    text = f"{title} ({wording.tally(t.after.severity for t in ranked)})"
    return sealed(key_of_all("adoption", ranked), Place(), text, [*body, *footer(told)], told)


def news(ranked: Sequence[Transition], place: Place, told: MessageContext) -> Delivery:
    """What became of some incidents that a digest has told, as an answer in its thread."""
    over = Counter(t.intent for t in ranked)
    parts = [f"{over[intent]:,} {intent.value}" for intent in Intent if over[intent]]
    title = f"{wording.DONE if all(t.intent in OVER for t in ranked) else '🗒'} {', '.join(parts)}"
    small = context([f"as of {wording.at(told.now)}"])
    return sealed(
        key_of_all("news", ranked, Mode.REPLY), place, title, [section(title), *_listed(ranked, told), small], told
    )


def _called(ranked: Sequence[Transition], told: MessageContext) -> str:
    for transition in ranked:
        finding = transition.after.finding
        if pages_somebody(transition, told.owner(finding)) and told.destination(finding).mention:
            return mention(told.destination(finding).mention)
    return ""


def _lead(bad: Sequence[Transition]) -> str:
    if not bad:
        return "Everything below is over."
    return f"*{wording.tally(t.after.severity for t in bad)}*\n{_by_kind(bad)}"


def _by_kind(transitions: Sequence[Transition]) -> str:
    kinds = Counter(t.after.finding.kind for t in transitions).most_common()
    shown = [f"{number:,} × {EXPLANATIONS[kind].title.lower()}" for kind, number in kinds[:_KINDS]]
    return " · ".join(shown)


def _listed(ranked: Sequence[Transition], told: MessageContext) -> Sequence[Block]:
    lines = [wording.line(wording.opening(t.intent, t.after.severity), t.after.finding, _LINE) for t in ranked[:_TOP]]
    rest = len(ranked) - len(lines)
    worst = f"The {len(lines)} with the most impact" if rest else "All of them"
    blocks = [section("\n".join([f"*{worst}*", *lines]))]
    if rest:
        url = report_link(told)
        blocks.append(section(f"<{url}|+{rest:,} more in the report>" if url else f"+{rest:,} more"))
    return blocks
